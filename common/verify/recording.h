/* SPDX-License-Identifier: Apache-2.0 */
/* recording.h: what is recorded of an agent's sessions, by its roles' setting `record`. */
#ifndef AGENTAUTH_VERIFY_RECORDING_H
#define AGENTAUTH_VERIFY_RECORDING_H

#include "common/verify/policy.h"

#define AA_RECORDING_EXEC 1u /* each program that is started */
#define AA_RECORDING_TTY 2u  /* what a terminal showed */

/* Returns the bit of a word of the setting; 0: there is no such word. */
unsigned aa_recording_of(const char *word);

/* Returns what is recorded of the agent's sessions. Every role of its record counts, those that it has for a time too
 * (aa_context_agent() adds these), whatever roles a login asked for: asking for less hides nothing. A role that cannot be
 * read may record everything. */
unsigned aa_recording_of_agent(const struct aa_policy *policy, const struct aa_agent *agent);

#endif
