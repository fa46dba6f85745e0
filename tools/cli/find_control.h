/* SPDX-License-Identifier: Apache-2.0 */
/* find_control.h: what of a line no file and no terminal may hold. */
#ifndef AGENTAUTH_CLI_FIND_CONTROL_H
#define AGENTAUTH_CLI_FIND_CONTROL_H

/* What of a control character or the like a line holds, in words; NULL: nothing. */
const char *find_control(const char *text);

#endif
