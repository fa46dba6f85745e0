/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_config.h: reads sshd's configuration files in the order in which sshd does. */
#ifndef AGENTAUTH_HOST_SSHD_CONFIG_H
#define AGENTAUTH_HOST_SSHD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* A setting's strings live until the callback returns. */
struct aa_sshd_setting {
	const char *keyword;   /* as it is written: compare without regard to case */
	const char *arguments; /* what follows, without a comment */
	/* the criteria of the Match block that it stands in; NULL: in none, or in "Match all" */
	const char *match;
	const char *file;
	unsigned line;
};

/* Calls `each` with every setting, but for Match and Include themselves, as long as it answers true. Names of
 * included files are relative to the directory of `file`. 0, or a negative errno, and then `failed`, of `size` bytes,
 * names the file that could not be read. */
int aa_sshd_config_each(const char *file, bool (*each)(void *data, const struct aa_sshd_setting *setting),
			void *data, char *failed, size_t size);

/* Copies the next word of the arguments, without its quotes, and moves *arguments behind it. false: there is
 * none, or it is longer than `size`. */
bool aa_sshd_config_word(const char **arguments, char *ret, size_t size);

#endif
