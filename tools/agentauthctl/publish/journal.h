/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h: STATEDIR/journal, what a command has begun and not ended: making a generation serve.
 *
 * It is written before anything that others see is changed, and taken away when all is done. Where one is found
 * under the lock, its command was killed, and is undone or ended by whether its generation became current.
 */
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

/* All give 0 or a negative errno. Durable. */
int journal_begin(int state_fd, const struct journal *journal);
int journal_end(int state_fd);
/* -ENOENT: there is none. -EBADMSG: it is damaged. */
int journal_read(int state_fd, uid_t owner, struct journal *ret);

/* journal_damage() returns what a person is told of a damaged one, as a sentence about STATEDIR. */
const char *journal_damage(void);

#endif
