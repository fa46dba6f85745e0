/* SPDX-License-Identifier: Apache-2.0 */
/* session_id.h: the name of a session, by which its record is found. */
#ifndef AGENTAUTH_STATE_SESSION_ID_H
#define AGENTAUTH_STATE_SESSION_ID_H

#include <stdbool.h>

#define AA_SESSION_ID_SIZE 33 /* 128 random bits in hexadecimal and a zero */

/* Says whether the id may stand in a file's name: 32 lower case hexadecimal digits. */
bool aa_session_id_is_valid(const char *id);
/* Makes a new id. False: there is no randomness. */
bool aa_session_id_new(char ret[AA_SESSION_ID_SIZE]);

#endif
