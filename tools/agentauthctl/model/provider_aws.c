/* SPDX-License-Identifier: Apache-2.0 */
/* provider_aws.c: AWS, see providers.h. */
#include "config.h"

#include <string.h>

#include "tools/agentauthctl/model/providers.h"

static bool check_issuer(const char *issuer, char *why, size_t size)
{
	if (strstr(issuer, "://sts.") || providers_issuer_ends_in_slash(issuer))
		return providers_refuse(
		    why, size,
		    "that is no account's issuer: it is https://UUID.tokens.sts.global.api.aws, as aws iam "
		    "get-outbound-web-identity-federation-info shows it, without a slash at the end");
	return true;
}

const struct provider provider_aws = {
    .name = "aws",
    .issuer_looks = "https://UUID.tokens.sts.global.api.aws",
    .check_issuer = check_issuer,
    .algorithms = "[ \"RS256\", \"ES384\" ]",
    .client_claim = "sub",
    .client = "the role's ARN, as arn:aws:iam::123456789012:role/builder",
    .user_claim = "sub",
    .reuse = ONCE,
    .people = NO_PEOPLE,
    .about = "AWS: IAM outbound identity federation. The issuer is the account's own: aws iam\n"
	     "get-outbound-web-identity-federation-info. The workload asks a regional STS: aws sts "
	     "get-web-identity-token\n"
	     "--audience ssh://HOST --signing-algorithm ES384 --duration-seconds 300. sub is the ARN of the "
	     "role or user that\n"
	     "asked, whatever session it was. Bind no role that people take on "
	     "(aws-reserved/sso.amazonaws.com/…): "
	     "the token is the\n"
	     "role's, and never a person's here. request_tags are the asker's own words, and prove nothing.\n"
	     "Workloads of EKS have Kubernetes' tokens: --provider kubernetes with the cluster's own issuer. "
	     "Cognito's tokens by\n"
	     "client credentials have no aud, and are refused.\n",
};
