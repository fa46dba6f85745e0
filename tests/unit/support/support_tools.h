/* SPDX-License-Identifier: Apache-2.0 */
/* support_tools.h: a host of one's own in a temporary directory: etc (passwd, group, sudo.conf), conf, state.
 */
#ifndef SUPPORT_TOOLS_H
#define SUPPORT_TOOLS_H

#include <stdbool.h>

#include "tests/unit/support/fixture.h"
#include "tools/agentauthctl/publish/publish.h"
#include "tools/agentauthctl/publish/workspace.h"

struct house {
	char root[64];
	char etc[96], conf[96], state[96], sudoers[128];
	struct paths paths;
};

#define TEST_PEM \
	"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELGAY8JDVvcukhP1SQmAGwKweocYc\n" \
	"SEabplo7Ohvbj0by2nk11bdmR2hvfJdQHp673hgNYJvemwxq3kTxoJ8D9A==\n-----END PUBLIC KEY-----\n"
#define TEST_PEM_ED25519 \
	"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEASq21cO3ZbgBf+Z9cv5aEMJvHn3mlCyxy9PG0OFMF2V0=\n" \
	"-----END PUBLIC KEY-----\n"

#define TEST_HOST "host = { audience = [ \"ssh://web01.example.com\" ]; };\n"

/* For cmocka: *state is the house. */
int house_setup(void **state);
int house_teardown(void **state);
extern const struct test_fixture fixture_house;

/* Writes a file below the house's root: "conf/agentauth.conf", behind which TEST_HOST goes where it has no
 * audience. */
void house_write(const struct house *house, const char *name, const char *text);
/* Makes a directory there. */
void house_make_dir(const struct house *house, const char *name);
void house_remove(const struct house *house, const char *name);
/* The whole file, from malloc(); NULL: there is none. */
char *house_read(const struct house *house, const char *name);

/* The problem whose text holds `words`; NULL: there is none. */
const struct problem *problem_with(const struct problems *problems, const char *words);

#endif
