/* SPDX-License-Identifier: Apache-2.0 */
/* hook.h: the program that a request for approval runs. */
#ifndef AGENTAUTH_SUDO_HOOK_H
#define AGENTAUTH_SUDO_HOOK_H

#include <jansson.h>

/* Starts the hook with the request as JSON on its standard input, and does not wait for it. No shell; an environment of its
 * own. Nothing, where there is no hook that root alone can write. */
void aa_hook_run(const char *path, const json_t *request);

#endif
