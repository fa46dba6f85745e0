/* SPDX-License-Identifier: Apache-2.0 */
/* ask_prompt.h: reads the prompt by which a host asks for an agent's credential, as OpenSSH's client hands it to askpass. */
#ifndef AGENTAUTH_AGENT_ASK_PROMPT_H
#define AGENTAUTH_AGENT_ASK_PROMPT_H

#include <stdbool.h>

#define ASK_PARTS_MAX 64
#define ASK_HOST_MAX 255
#define ASK_AUDIENCE_MAX 512
#define ASK_NONCE_MAX 64

/* The user and the host were written by ssh itself, in parentheses before the prompt; the rest is the server's. */
struct ask_prompt {
	char user[32], host[ASK_HOST_MAX + 1];
	char agent[32], audience[ASK_AUDIENCE_MAX + 1], nonce[ASK_NONCE_MAX + 1];
	unsigned part; /* from 1 */
};

/* Reads a text of this form, in which each field keeps to a plain alphabet of its own:
 *
 *   (USER@HOST) Agent credential for NAME at AUDIENCE [agentauth/1 part N nonce XXXX]:
 *
 * *ret stays untouched where the text is another. */
bool ask_prompt_parse(const char *text, struct ask_prompt *ret);

/* Tells whether the text is such a prompt without ssh's words before it, as an old client hands it over. */
bool ask_prompt_lacks_host(const char *text);

#endif
