/* SPDX-License-Identifier: Apache-2.0 */
/* browser.h: shows an address to the person at this machine. */
#ifndef AGENTAUTH_AGENT_BROWSER_H
#define AGENTAUTH_AGENT_BROWSER_H

#include <stdbool.h>

/* Starts $BROWSER, or xdg-open, without waiting for its end. Tells whether a program was started. */
bool browser_open(const char *address);

#endif
