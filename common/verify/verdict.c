/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c: the words for kinds, and the end of a verdict. */
#include "config.h"

#include "common/verify/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "common/verify/policy_record.h"

static const char *const kind_names[AA_KIND_COUNT] = {
    [AA_KIND_NONE] = "none",	       [AA_KIND_ASSERTION] = "assertion", [AA_KIND_TOKEN] = "token",
    [AA_KIND_DELEGATED] = "delegated", [AA_KIND_PUBLICKEY] = "publickey", [AA_KIND_LOCAL] = "local",
    [AA_KIND_ROOT] = "entry", /* the word of the log since its beginning */
};

const char *aa_kind_name(enum aa_kind kind)
{
	return (unsigned)kind < AA_KIND_COUNT ? kind_names[kind] : kind_names[AA_KIND_NONE];
}

enum aa_kind aa_kind_from_name(const char *name)
{
	for (unsigned i = 0; name && i < AA_KIND_COUNT; i++)
		if (strcmp(name, kind_names[i]) == 0)
			return (enum aa_kind)i;
	return AA_KIND_NONE;
}

void aa_verdict_clear_roles(struct aa_roles *roles)
{
	for (size_t i = 0; i < roles->n; i++)
		aa_role_free(roles->v[i]);
	free(roles->v);
	roles->v = NULL;
	roles->n = 0;
}

void aa_verdict_clear(struct aa_verdict *verdict)
{
	free(verdict->issuer);
	free(verdict->kid);
	free(verdict->jti);
	free(verdict->scope);
	free(verdict->task);
	free(verdict->on_behalf_of);
	free(verdict->replay_space);
	free(verdict->claim);
	json_decref(verdict->actors);
	aa_verdict_clear_roles(&verdict->roles);
	memset(verdict, 0, sizeof(*verdict));
}

/* Where memory is out the name is missing, which changes no verdict. */
enum aa_reason aa_verdict_about(struct aa_verdict *verdict, const char *claim, enum aa_reason reason)
{
	if (reason != AA_OK && reason != AA_INTERNAL && claim && !verdict->claim)
		verdict->claim = strdup(claim);
	return reason;
}
