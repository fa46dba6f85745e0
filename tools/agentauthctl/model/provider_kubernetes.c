/* SPDX-License-Identifier: Apache-2.0 */
/* provider_kubernetes.c: Kubernetes, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_kubernetes = {
    .name = "kubernetes",
    .issuer_looks = "https://kubernetes.default.svc.cluster.local",
    .algorithms = "[ \"RS256\", \"ES256\" ]",
    .client_claim = "sub",
    .client = "system:serviceaccount:NAMESPACE:NAME",
    .user_claim = "sub",
    .reuse = UNTIL_EXPIRY,
    .people = NO_PEOPLE,
    .about =
	"Kubernetes: projected service account tokens. Let the pod's volume ask for the audience "
	"ssh://HOST; one for\n"
	"the API server must not be taken. The issuer is the cluster's: kubectl get --raw\n"
	"/.well-known/openid-configuration. sub is system:serviceaccount:NAMESPACE:NAME. To bind by the "
	"name alone,\n"
	"set client_claim to \"/kubernetes.io/serviceaccount/name\" and require the namespace, which is "
	"part of it.\n"
	"A pod reads the same token from its file until it is renewed, so one is good until it expires.\n"
	"Keys come from the API server, to who may read them: ca_file is the cluster's CA, bearer_file a "
	"token of a\n"
	"service account with the cluster role system:service-account-issuer-discovery.\n",
};
