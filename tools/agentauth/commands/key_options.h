/* SPDX-License-Identifier: Apache-2.0 */
/* key_options.h: reads the options of commands that sign with a key, or show one. */
#ifndef AGENTAUTH_AGENT_KEY_OPTIONS_H
#define AGENTAUTH_AGENT_KEY_OPTIONS_H

#include "tools/agentauth/local/key_source.h"
#include "tools/cli/arguments.h"

/* Reads --alg, which is AA_ALG_INVALID where it is not given. False comes with the reason said. */
bool key_options_alg(const struct arguments *arguments, enum aa_alg *ret);

/* Reads the key that the option `key` names, with --passphrase-file or --passphrase-env. False comes with the reason said. */
bool key_options_source(const struct arguments *arguments, const char *key, struct key_source *ret);

#endif
