/* SPDX-License-Identifier: Apache-2.0 */
/* open_sessions.h: the sessions that were opened and not yet closed, at the record that is being read. */
#ifndef AGENTAUTHCTL_OPEN_SESSIONS_H
#define AGENTAUTHCTL_OPEN_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPEN_SESSIONS_MAX 4096
#define OPEN_SESSIONS_ID 64 /* bytes of an id that count */

struct open_session {
	char id[OPEN_SESSIONS_ID];
	size_t agent; /* its number in the report */
	int64_t start, last;
	uint64_t ran, refused;
	size_t next; /* in the list of its hash: its number and 1 */
	uint64_t order;
};

/* Open sessions begin zeroed. */
struct open_sessions {
	struct open_session *v;
	size_t n, cap;
	size_t heads[1024]; /* by hash: number and 1 */
	uint64_t opened;
};

/* Returns NULL where no such session is open. */
struct open_session *open_sessions_find(struct open_sessions *open, const char *id);
/* Adds a session. Where there are too many, the one that was opened first is given in *ret_oldest, and is gone; it is of
 * those whose end no record tells. Answers true then. */
bool open_sessions_add(struct open_sessions *open, const struct open_session *session,
		       struct open_session *ret_oldest);
void open_sessions_remove(struct open_sessions *open, struct open_session *session);
void open_sessions_free(struct open_sessions *open);

#endif
