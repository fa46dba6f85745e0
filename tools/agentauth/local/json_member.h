/* SPDX-License-Identifier: Apache-2.0 */
/* json_member.h: copies texts out of a JSON object. */
#ifndef AGENTAUTH_AGENT_JSON_MEMBER_H
#define AGENTAUTH_AGENT_JSON_MEMBER_H

#include <jansson.h>

/* Returns a copy of the member `name`, from malloc(), or NULL where there is no such member, or no text in it. */
char *json_member_text(const json_t *object, const char *name);

#endif
