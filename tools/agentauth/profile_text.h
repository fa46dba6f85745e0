/* profile_text.h: the profiles' text, before libconfig is let at it. */
#ifndef AGENTAUTH_AGENT_PROFILE_TEXT_H
#define AGENTAUTH_AGENT_PROFILE_TEXT_H

#include <stdbool.h>

/* No @include, and no number of ten digits or more, outside strings and comments. `path` is for messages. */
bool profile_text_is_safe(const char *text, const char *path);

#endif
