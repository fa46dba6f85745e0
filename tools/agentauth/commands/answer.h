/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: chooses the profile that may answer a host's prompt, and makes the credential. */
#ifndef AGENTAUTH_AGENT_ANSWER_H
#define AGENTAUTH_AGENT_ANSWER_H

#include "tools/agentauth/credential/ask_prompt.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/arguments.h"

/* These variables replace the scope and the task of the profile for a login. The variables of an agent's session have other
 * names, so that a login out of the session does not ask for what the session was for. */
#define ANSWER_SCOPE "AGENTAUTH_ASK_SCOPE"
#define ANSWER_TASK "AGENTAUTH_ASK_TASK"

/* Returns the value of a variable of the environment, or NULL where that is not set or empty. */
const char *answer_variable(const char *name);
/* Returns the name of the profile that --profile or AGENTAUTH_PROFILE demands, or NULL. */
const char *answer_profile(const struct arguments *arguments);

/* Returns the one profile that lists the prompt's host, audience and account together, which must be named `only` unless that
 * is NULL. NULL comes with the reason said. */
const struct profile *answer_choose(const struct profiles *profiles, const struct ask_prompt *prompt,
				    const char *only);

/* Says that two profiles could answer for the agent at the host; `what` is the consequence, "nothing was tried". */
void answer_say_two(const char *what, const struct profile *one, const struct profile *other,
		    const char *host, const char *path);

/* Makes the whole credential, an assertion or a token, with ANSWER_SCOPE and ANSWER_TASK of the environment in place of the
 * profile's. Returns a text for own_wipe(), or NULL with the reason said. */
char *answer_make(const struct profiles *profiles, const struct profile *chosen,
		  const struct ask_prompt *prompt);

#endif
