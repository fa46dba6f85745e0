/* SPDX-License-Identifier: Apache-2.0 */
/* given_file.h reads files that a person names in a command: --key, --file. They are read whole and at once, before
 * any lock is taken, and never waited for: a FIFO or a device under that name is told, and not read. */
#ifndef AGENTAUTHCTL_GIVEN_FILE_H
#define AGENTAUTHCTL_GIVEN_FILE_H

#include "tools/agentauthctl/commands/ctl.h"

struct given_file {
	char *name;
	struct buffer bytes; /* wiped at the end: it may be a private key, given by mistake */
	struct given_file *next;
};

/* given_files_read() reads the files of all --key options, so that ctl_read_input() has them. It returns CTL_FAILED
 * where the failure was reported. */
enum ctl_status given_files_read(struct ctl *ctl, const struct arguments *arguments);
/* Tells whether the value of such an option names a file, and is neither "-" nor the line of a key. */
bool given_is_file(const char *given);
void given_files_free(struct ctl *ctl);

/* ctl_read_file() reads all of a file ("-": standard input), of at most `max` bytes. It returns 0, or -1 where the failure
 * was reported. The caller wipes the buffer where it may hold a secret. */
int ctl_read_file(struct ctl *ctl, const char *file, size_t max, struct buffer *ret);

#endif
