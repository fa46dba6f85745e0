/* SPDX-License-Identifier: Apache-2.0 */
/* session_index.h: the names by which a session is found, and an agent's slots. For session.c and its kin. */
#ifndef AGENTAUTH_STATE_SESSION_INDEX_H
#define AGENTAUTH_STATE_SESSION_INDEX_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/state/session_id.h"

/* Lets INDEX/KEY name this session. An older link is replaced: its pid or audit session went to this session. */
int aa_index_put(int dir, const char *index, uint32_t key, const char *id);
bool aa_index_get(int dir, const char *index, uint32_t key, char *ret_id);
/* Removes INDEX/KEY while it names this session. */
void aa_index_drop(int dir, const char *index, uint32_t key, const char *id);

int aa_index_agent_add(int dir, const char *agent, const char *id);
/* Removes the session from the agent's, with the slots that it holds. Where the lock is not to be had the slots stay,
 * and are taken over in time. */
void aa_index_agent_drop(int dir, const char *agent, const char *id);
DIR *aa_index_agent_sessions(int dir, const char *agent);
/* Does so for all of the agent's sessions that are gone, in one pass over its names. */
void aa_index_agent_sweep(int dir, const char *agent, bool (*is_gone)(const void *data, const char *id),
			  const void *data);

/* Takes the agent's slot N: a symbolic link, which is there or is not. */
bool aa_index_slot_take(int dir, const char *agent, int64_t n, const char *id);
/* Gives the slot's holder. False, and "" in ret_id: nobody holds it. */
bool aa_index_slot_holder(int dir, const char *agent, int64_t n, char *ret_id);
/* Atomically replaces a stale slot holder; `holder` is "" if it could not be read. Of two that try, one succeeds. */
bool aa_index_slot_take_over(int dir, const char *agent, int64_t n, const char *holder, const char *id);

#endif
