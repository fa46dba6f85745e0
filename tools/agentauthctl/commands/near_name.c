/* SPDX-License-Identifier: Apache-2.0 */
/* near_name.c finds the name that a mistyped word was probably meant to be, see near_name.h. */
#include "config.h"

#include "tools/agentauthctl/commands/near_name.h"

#include "common/registry/accounts.h"
#include "tools/cli/guess.h"

struct near {
	struct guess guess;
	char kept[GUESS_KEPT_SIZE];
};

const char *near_agent(const char *statedir, uid_t owner, const char *word)
{
	struct near near = {.guess = {.word = word}};
	struct aa_accounts accounts;
	struct aa_registry_record entry;
	uint32_t pos = 0;

	if (aa_accounts_open(statedir, owner, &accounts) < 0)
		return "";
	while (aa_accounts_next(&accounts, &pos, &entry) == 0 && !entry.is_group)
		if (!(entry.account.flags & AA_ACCOUNT_RETIRED))
			guess_try_kept(&near.guess, entry.account.name, near.kept);
	aa_accounts_close(&accounts);
	return guess_asked(&near.guess, "");
}

static bool try_role(void *data, const char *name, const char *record, size_t len)
{
	struct near *near = data;

	(void)record, (void)len;
	guess_try_kept(&near->guess, name, near->kept);
	return true;
}

const char *near_role(struct published *published, const char *word)
{
	struct near near = {.guess = {.word = word}};

	(void)published_walk(published, "role:", try_role, &near);
	return guess_asked(&near.guess, "");
}
