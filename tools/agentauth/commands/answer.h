/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: which profile may answer a host's prompt, and the credential that answers it. */
#ifndef AGENTAUTH_AGENT_ANSWER_H
#define AGENTAUTH_AGENT_ANSWER_H

#include "tools/agentauth/credential/ask_prompt.h"
#include "tools/agentauth/local/profile.h"

/* What a login asks for in place of its profile's scope and task. A session of an agent has variables of other names, so
 * that what one login was for is not asked for by the next. */
#define ANSWER_SCOPE "AGENTAUTH_ASK_SCOPE"
#define ANSWER_TASK "AGENTAUTH_ASK_TASK"

/* The value of a variable of the environment; NULL where it is not set or empty. */
const char *answer_variable(const char *name);

/* The one profile that lists the prompt's host, audience and account together; only the one named `only`, where
 * that is not NULL. NULL with the reason said. */
const struct profile *answer_choose(const struct profiles *profiles, const struct ask_prompt *prompt,
				    const char *only);

/* Says that two profiles could answer for the agent at the host, after `what` has not happened because of it. */
void answer_say_two(const char *what, const struct profile *one, const struct profile *other,
		    const char *host, const char *path);

/* The whole credential, an assertion or a token, with ANSWER_SCOPE and ANSWER_TASK of the environment in
 * place of the profile's. For own_wipe(); NULL with the reason said. */
char *answer_make(const struct profiles *profiles, const struct profile *chosen,
		  const struct ask_prompt *prompt);

#endif
