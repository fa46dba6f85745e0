/* SPDX-License-Identifier: Apache-2.0 */
/* name.h: which names accounts and groups can have. */
#ifndef AGENTAUTH_TEXT_NAME_H
#define AGENTAUTH_TEXT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define AA_AGENT_NAME_MAX 31 /* bytes, without the zero */
#define AA_GROUP_NAME_MAX 32
#define AA_ROLE_NAME_MAX 26 /* so that "agent-ROLE" fits into 32 */
#define AA_ROLE_GROUP_PREFIX "agent-"

/* Admits [a-z][a-z0-9-]*, no hyphen at the end, at most `max` bytes. */
bool aa_name_is_valid(const char *name, size_t max);
/* Admits an agent's name: valid, at most 31 bytes, not `agents`, not beginning with `agent-`. */
bool aa_agent_name_is_valid(const char *name);

#endif
