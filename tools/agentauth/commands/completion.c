/* SPDX-License-Identifier: Apache-2.0 */
/* completion.c: the lists of names that agentauth --complete offers. */
#include "config.h"

#include "tools/agentauth/commands/completion.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/complete.h"

/* A person who is typing is not told why the profiles cannot be read. */
static struct profiles *load_silently(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		return NULL;
	close(null);
	return profiles_load(NULL);
}

static void list_profiles(void)
{
	struct profiles *profiles = load_silently();

	for (size_t i = 0; profiles && i < profiles_count(profiles); i++)
		complete_offer(profiles_at(profiles, i)->name, profiles_at(profiles, i)->agent);
	profiles_free(profiles);
}

static void list_algorithms(void)
{
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		complete_offer(aa_alg_name((enum aa_alg)alg), NULL);
}

void completion_list(const char *kind)
{
	if (strcmp(kind, "profiles") == 0)
		list_profiles();
	else if (strcmp(kind, "algorithms") == 0)
		list_algorithms();
}

const struct complete_value completion_values[] = {
    {"--profile", "profiles"}, {"PROFILE", "profiles"},
    {"ALG", "algorithms"},     {"FILE", ":files"},
    {"F", ":files"},	       {"KEY", ":files"},
    {"V", ":variables"},       {"--passphrase-env", ":variables"},
    {"ARGUMENT", ":hosts"},    {"NAME@HOST", ":hosts"},
    {"COMMAND", ":commands"},  {0},
};
