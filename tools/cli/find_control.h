/* SPDX-License-Identifier: Apache-2.0 */
/* find_control.h: finds characters that no file and no terminal may hold. */
#ifndef AGENTAUTH_CLI_FIND_CONTROL_H
#define AGENTAUTH_CLI_FIND_CONTROL_H

/* Names, in words, the first control character or the like that the line holds. NULL: it holds none. */
const char *find_control(const char *text);

#endif
