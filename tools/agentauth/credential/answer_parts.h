/* SPDX-License-Identifier: Apache-2.0 */
/* answer_parts.h: keeps an answer that is too long for one prompt until the prompts for its other parts come.
 *
 * OpenSSH's client runs askpass anew for each prompt, so the rest of an answer waits in a folder of the user's own
 * (own_folder_run()). Its file is named by a hash of the host, the audience, the account and the nonce: a host gets only the
 * rest of an answer that the host itself was given, and no text of a prompt becomes part of a path.
 */
#ifndef AGENTAUTH_AGENT_ANSWER_PARTS_H
#define AGENTAUTH_AGENT_ANSWER_PARTS_H

#include <stddef.h>
#include <time.h>

#include "tools/agentauth/credential/ask_prompt.h"

/* sudo takes 511 bytes, fewer than any other program. A part that is not the last ends in a plus sign. */
#define ANSWER_PART_MAX 510
#define ANSWER_KEPT_SECONDS 300

/* Keeps an answer in the folder with this descriptor. Returns 0, or -1 with the reason said. */
int answer_keep(int folder, const struct ask_prompt *prompt, const char *answer);
/* Returns the whole answer that was kept for this prompt, for own_wipe(), or NULL with the reason said. */
char *answer_kept(int folder, const struct ask_prompt *prompt);
void answer_forget(int folder, const struct ask_prompt *prompt);
/* Removes the answers that were kept longer than ANSWER_KEPT_SECONDS. */
void answer_clean(int folder, time_t now);

/* Computes where part `part` of an answer of `len` bytes begins and how long it is. Returns 1 where another part follows, 0
 * for the last part, and -1 where there is no such part. */
int answer_part(size_t len, unsigned part, size_t *ret_begin, size_t *ret_len);

#endif
