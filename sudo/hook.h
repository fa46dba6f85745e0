/* SPDX-License-Identifier: Apache-2.0 */
/* hook.h: runs the program that hears of a request for approval. */
#ifndef AGENTAUTH_SUDO_HOOK_H
#define AGENTAUTH_SUDO_HOOK_H

#include <jansson.h>

/* Starts the hook with the request as JSON on its standard input, and does not wait for it. There is no shell, and
 * the environment is the hook's own. Nothing is run where somebody but root can write the hook. */
void aa_hook_run(const char *path, const json_t *request);

#endif
