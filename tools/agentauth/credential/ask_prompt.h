/* SPDX-License-Identifier: Apache-2.0 */
/* ask_prompt.h: the prompt that a host asks an agent's credential with, as OpenSSH's client hands it to
 * askpass. */
#ifndef AGENTAUTH_AGENT_ASK_PROMPT_H
#define AGENTAUTH_AGENT_ASK_PROMPT_H

#include <stdbool.h>

#define ASK_PARTS_MAX 64
#define ASK_HOST_MAX 255
#define ASK_AUDIENCE_MAX 512
#define ASK_NONCE_MAX 64

/* What stands in parentheses ssh itself wrote before the prompt; the rest is the server's. */
struct ask_prompt {
	char user[32], host[ASK_HOST_MAX + 1];
	char agent[32], audience[ASK_AUDIENCE_MAX + 1], nonce[ASK_NONCE_MAX + 1];
	unsigned part; /* from 1 */
};

/* (USER@HOST) Agent credential for NAME at AUDIENCE [agentauth/1 part N nonce XXXX]:
 *
 * Whether the text is that and nothing more, and without anything that is not in the plain alphabet of each
 * field. *ret is untouched where it is not. */
bool ask_prompt_parse(const char *text, struct ask_prompt *ret);

/* Whether it is the prompt as the server wrote it, without ssh's words before it: an old client's. */
bool ask_prompt_lacks_host(const char *text);

#endif
