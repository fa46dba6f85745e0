/* SPDX-License-Identifier: Apache-2.0 */
/* support_users.h: the system's users for tests: the agents of support_policy.h, alice and root.
 *
 * Whatever links support_users.c has these in place of libc's getpwnam_r() and getpwuid_r(). */
#ifndef AGENTAUTH_TESTS_SUPPORT_USERS_H
#define AGENTAUTH_TESTS_SUPPORT_USERS_H

#include <stdint.h>

/* What the system answers for any name; 0: what is true. */
void support_users_uid(uint32_t uid);
/* What the system answers for any uid; NULL: what is true. */
void support_users_name(const char *name);

#endif
