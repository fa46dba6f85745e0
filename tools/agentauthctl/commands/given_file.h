/* SPDX-License-Identifier: Apache-2.0 */
/* given_file.h: files that a person names in a command: --key, --file. Read whole and at once, before any lock is taken, and
 * never waited for: a FIFO or a device that lies about under the name is told, and not read.
 */
#ifndef AGENTAUTHCTL_GIVEN_FILE_H
#define AGENTAUTHCTL_GIVEN_FILE_H

#include "tools/agentauthctl/commands/ctl.h"

struct given_file {
	char *name;
	struct buffer bytes; /* wiped at the end: it may be a private key, given by mistake */
	struct given_file *next;
};

/* Reads the files of all --key options, so that ctl_read_input() has them. CTL_FAILED: reported. */
enum ctl_status given_files_read(struct ctl *ctl, const struct arguments *arguments);
void given_files_free(struct ctl *ctl);

#endif
