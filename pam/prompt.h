/* SPDX-License-Identifier: Apache-2.0 */
/* prompt.h: asks for a credential, in parts. */
#ifndef AGENTAUTH_PAM_PROMPT_H
#define AGENTAUTH_PAM_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/verify/reason.h"
#include "pam/call.h"

struct aa_answer {
	char *text; /* wiped and freed by aa_prompt_clear() */
	size_t len;
	enum aa_reason reason; /* AA_OK, or why there is no whole answer */
	size_t last_part;      /* bytes of the last part, with which a cut can be told */
	char nonce[32];
};
/* Asks for the credential, in parts (prompt version 1). */
void aa_prompt(struct aa_call *call, const char *audience, struct aa_answer *ret);
/* Takes PAM_AUTHTOK, where an argument says that an earlier module has asked. False: nothing was taken, and the
 * caller asks. */
bool aa_prompt_first_pass(struct aa_call *call, struct aa_answer *ret);
void aa_prompt_clear(struct aa_answer *answer);
/* Says whether a client may have cut a credential that did not hold: its last part has one of the lengths that
 * clients cut at. */
bool aa_prompt_looks_cut(const struct aa_answer *answer);

#endif
