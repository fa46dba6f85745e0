/* SPDX-License-Identifier: Apache-2.0 */
/* linux_audit.h: hands a record to the kernel's audit, beside what PAM and sudo report there of the same login. */
#ifndef AGENTAUTH_STATE_LINUX_AUDIT_H
#define AGENTAUTH_STATE_LINUX_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define AA_LINUX_AUDIT_MAX 8192 /* bytes of a text; the kernel takes 8560 */

/* Writes the record's text, NAME="VALUE" with blanks between them, and returns its type. A value with anything else in it than
 * letters, digits and a few marks is written as hexadecimal digits, as ausearch(8) expects it. PAM and sudo report logins and
 * commands themselves (USER_AUTH, USER_CMD, …), so that these are TRUSTED_APP here, and counted once. */
unsigned aa_linux_audit_text(const json_t *record, const char *program, char ret[AA_LINUX_AUDIT_MAX]);

/* False: the kernel did not take it. It has no audit, or this is a container, or the right is missing: no reason to refuse
 * anything. */
bool aa_linux_audit_send(const json_t *record);

#endif
