/* SPDX-License-Identifier: Apache-2.0 */
/* answer_parts.h: an answer that is too long for one prompt, kept between the prompts that ask for its parts.
 *
 * OpenSSH's client runs askpass anew for each prompt, so the rest of an answer waits in a folder of the
 * user's own (own_folder_run()). Its file is named by a hash of who asked (host, audience, account) and the
 * nonce: only the same asker gets the rest, and no text of a prompt becomes part of a path.
 */
#ifndef AGENTAUTH_AGENT_ANSWER_PARTS_H
#define AGENTAUTH_AGENT_ANSWER_PARTS_H

#include <stddef.h>
#include <time.h>

#include "tools/agentauth/credential/ask_prompt.h"

/* sudo takes 511 bytes, the least of all. A part that another follows ends in a plus sign. */
#define ANSWER_PART_MAX 510
#define ANSWER_KEPT_SECONDS 300

/* Keeps an answer for the parts after the first; `folder` is a descriptor. 0 or -1, the reason said. */
int answer_keep(int folder, const struct ask_prompt *prompt, const char *answer);
/* The whole answer that was kept for this asker; from malloc(), NULL with the reason said. */
char *answer_kept(int folder, const struct ask_prompt *prompt);
void answer_forget(int folder, const struct ask_prompt *prompt);
/* Removes what was kept longer ago than ANSWER_KEPT_SECONDS. */
void answer_clean(int folder, time_t now);

/* Where part `part` of an answer of `len` bytes begins and how long it is. 1: another follows, 0: it is the
 * last one, -1: there is no such part. */
int answer_part(size_t len, unsigned part, size_t *ret_begin, size_t *ret_len);

#endif
