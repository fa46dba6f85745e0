/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h keeps STATEDIR/journal, which says that a command has begun to make a generation serve and has not ended.
 *
 * The journal is written before anything that others see is changed, and taken away when all is done. A journal that
 * is found under the lock is a killed command's, which is undone or ended by whether its generation became current. */
#ifndef AGENTAUTHCTL_JOURNAL_H
#define AGENTAUTHCTL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct journal {
	uint32_t number;   /* of the generation that is to serve */
	bool is_new;	   /* it never served before */
	size_t ids_length; /* of the file ids, before */
};

/* journal_begin() and journal_end() are durable, and return 0 or a negative errno. */
int journal_begin(int state_fd, const struct journal *journal);
int journal_end(int state_fd);
/* journal_read() returns -ENOENT where there is none, and -EBADMSG where it is damaged. */
int journal_read(int state_fd, uid_t owner, struct journal *ret);

/* journal_clean() removes what a command leaves that was killed while it wrote its journal. */
void journal_clean(int state_fd);

/* journal_damage() returns what a person is told of a damaged journal, as a sentence about STATEDIR. */
const char *journal_damage(void);

#endif
