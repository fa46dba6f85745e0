/* SPDX-License-Identifier: Apache-2.0 */
/* key_options.c: the options of commands that use a key, see key_options.h. */
#include "config.h"

#include "tools/agentauth/commands/key_options.h"

#include "tools/cli/say.h"

bool key_options_alg(const struct arguments *arguments, enum aa_alg *ret)
{
	const char *name = arguments_value(arguments, "alg");

	*ret = name ? aa_alg_from_name(name) : AA_ALG_INVALID;
	if (!name || *ret != AA_ALG_INVALID)
		return true;
	(void)say_usage("\"%s\" is not an algorithm that a host accepts", name);
	return false;
}

bool key_options_source(const struct arguments *arguments, const char *key, struct key_source *ret)
{
	*ret = (struct key_source){.name = arguments_value(arguments, key),
				   .passphrase = {.file = arguments_value(arguments, "passphrase-file"),
						  .env = arguments_value(arguments, "passphrase-env")}};
	if (!ret->passphrase.file || !ret->passphrase.env)
		return true;
	(void)say_usage("--passphrase-file and --passphrase-env: one of them is enough");
	return false;
}
