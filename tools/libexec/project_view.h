/* SPDX-License-Identifier: Apache-2.0 */
/* project_view.h: shows an agent the project in which a person starts it, and nothing else of the person's folders above. */
#ifndef AGENTAUTH_LIBEXEC_PROJECT_VIEW_H
#define AGENTAUTH_LIBEXEC_PROJECT_VIEW_H

#include <pwd.h>

/* Where `cwd` lies in a folder that the person shares with the agent (agentauth project share), and the agent may not pass
 * what is above: puts an empty folder over the topmost of the person's, for this process and its children alone, and in it the
 * project. Called as root with the agent's groups. Returns 0, also where nothing is to be done, or a negative errno. */
int project_view(const char *cwd, uid_t person, const struct passwd *agent);

#endif
