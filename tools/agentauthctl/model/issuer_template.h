/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_template.h reads what is known of an identity provider from DATADIR/agentauth/issuers/NAME.conf.
 *
 * A provider is such a file, a line of etc/Makefile.am, and a token of each shape in tests/unit/providers. The settings
 * are explained in etc/issuers/oidc.conf. */
#ifndef AGENTAUTHCTL_ISSUER_TEMPLATE_H
#define AGENTAUTHCTL_ISSUER_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/text/list.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/cli/problems.h"
#include "tools/conf/conf_read.h"

#define ISSUER_TEMPLATES_DIR AA_DATADIR "/agentauth/issuers" /* where make install puts them */
#define ISSUER_TEMPLATE_ANY "oidc"			     /* taken where no provider is named */

/* A template says how a person's token is told from the agent's own. */
enum people {
	NO_PEOPLE, /* no token is a person's */
	BY_CLAIM,  /* the agent's own has a claim that is required, unless tokens for people are wanted too */
	BY_SUBJECT, /* a sub that is neither the client nor the binding's subject is a person */
};

/* own_claim is what an agent's own token has, and no person's. */
struct own_claim {
	bool given;
	struct aa_claim_rule claim;
};

/* template_version is what follows from a tenant, for one version of the provider's tokens. */
struct template_version {
	const char *version, *issuer, *jwks_uri, *client_claim;
	struct aa_claim_rules require;
};

struct issuer_template {
	struct aa_list about, about_own, about_people;
	const char *issuer, *example;
	const char *issuer_is, *issuer_is_not, *issuer_otherwise;
	const char *client;
	struct aa_list algorithms;
	const char *client_claim, *user_claim, *scope_claim, *without_sub, *reuse;
	int64_t max_token_ttl; /* 0: the host's */
	bool needs_audience;
	int people;	      /* enum people */
	struct own_claim own; /* of BY_CLAIM */
	struct aa_claim_rules require;
	struct {
		size_t n;
		struct template_version *v;
	} versions;
	const char *blueprint_claim, *namespace_claim;
};

struct issuer_templates {
	const char *dir;
	uid_t owner; /* the files may be this user's, beside root's */
};

/* open_template holds a template, with the name that it was asked for by. */
struct open_template {
	const char *name;
	struct issuer_template t;
	struct conf_file file;
	struct arena arena;
};

/* issuer_template_open() reads the template of the provider `name`, or with NULL that of any provider. It returns 0, or
 * -1 where the failure was reported; issuer_template_close() follows in any case. */
int issuer_template_open(const struct issuer_templates *where, const char *name, struct open_template *ret,
			 struct problems *problems);
void issuer_template_close(struct open_template *open);

/* issuer_template_version() returns what follows from `version` of the provider's tokens, or with NULL from the last one.
 * It returns NULL for a provider without versions, and for a version that there is not. */
const struct template_version *issuer_template_version(const struct issuer_template *t, const char *version);

/* issuer_template_fill() returns a copy of `text` with `value` for each `mark`, such as $TENANT; the caller frees. */
char *issuer_template_fill(const char *text, const char *mark, const char *value);

/* issuer_template_names() returns the name of each template that is installed, sorted; issuer_template_names_free()
 * frees the list. */
struct aa_list issuer_template_names(const struct issuer_templates *where);
void issuer_template_names_free(struct aa_list *names);

#endif
