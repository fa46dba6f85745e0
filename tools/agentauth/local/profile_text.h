/* SPDX-License-Identifier: Apache-2.0 */
/* profile_text.h: the profiles' text, before libconfig is let at it. */
#ifndef AGENTAUTH_AGENT_PROFILE_TEXT_H
#define AGENTAUTH_AGENT_PROFILE_TEXT_H

#include <stdbool.h>

/* No @include, and no number of ten digits or more, outside strings and comments. `path` is for messages. */
bool profile_text_is_safe(const char *text, const char *path);

/* Behind a string or a comment that begins at `p`; `p` itself where none does. libconfig has # and // to the end of a
 * line, C's comments, and strings in double quotes. */
const char *profile_text_skip(const char *p);

#endif
