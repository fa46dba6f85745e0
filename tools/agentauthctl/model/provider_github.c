/* SPDX-License-Identifier: Apache-2.0 */
/* provider_github.c: GitHub Actions, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_github = {
    .name = "github",
    .issuer = "https://token.actions.githubusercontent.com",
    .algorithms = RSA_ONLY,
    .client_claim = "sub",
    .client = "the workflow's subject, as repo:ORG/REPO:environment:production",
    .user_claim = "sub",
    .reuse = ONCE,
    .people = NO_PEOPLE,
    .about = "GitHub Actions. The workflow asks for its audience (core.getIDToken('ssh://HOST')), and sub "
	     "says what runs:\n"
	     "repo:ORG/REPO:environment:ENV, repo:ORG/REPO:ref:refs/heads/BRANCH, "
	     "repo:ORG/REPO:pull_request. Bind to an\n"
	     "environment with reviewers rather than to a branch, and never to pull_request. Repositories "
	     "that were made,\n"
	     "renamed or moved since the summer of 2026, and others by choice, have ids beside the names: "
	     "take sub as the\n"
	     "repository's OIDC settings show it. Without ids a name that is given up can be taken by "
	     "others: have the\n"
	     "binding require repository_id or repository_owner_id. To bind to a workflow that repositories "
	     "share, set\n"
	     "client_claim to \"job_workflow_ref\" and require repository_owner_id. actor is whoever pushed "
	     "the button, and\n"
	     "proves nothing: such a token is never a person's.\n",
};
