/* SPDX-License-Identifier: Apache-2.0 */
/* support_accounts.h: registries for tests: writes accounts.cdb with libcdb, as the contract in accounts.h
 * has it.
 *
 * What is given is written, valid or not, so that tests can ask what readers make of it. A failing system
 * call ends the test program.
 */
#ifndef AGENTAUTH_TESTS_SUPPORT_ACCOUNTS_H
#define AGENTAUTH_TESTS_SUPPORT_ACCOUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "tests/unit/support/fixture.h"

struct support_account {
	const char *name;
	uint32_t uid, flags;
	const char *gecos, *home, *shell; /* NULL: "", /home/agents/NAME, /bin/bash */
	const char *ssh_keys;		  /* the "s" record; NULL: none */
	const char *role_gids;		  /* the "r" record, its bytes; NULL: none */
	size_t role_gids_len;
};

struct support_group {
	const char *name;
	uint32_t gid;
};

struct support_registry {
	const char *magic, *group;	       /* NULL: AGENTAU1, agents */
	uint32_t uid_min, uid_max, gid_agents; /* 0: the defaults of accounts.h */
	const struct support_account *accounts;
	size_t n_accounts;
	const struct support_group *groups; /* `agents` is added by itself, first */
	size_t n_groups;
};

/* A new directory below $TMPDIR or /tmp, 0755. The caller frees the name; support_remove() removes all of it.
 */
char *support_tmpdir(void);
void support_remove(const char *dir);
/* The fixture `folder`: such a directory while a test runs, and its name; for fixtures that have more, its two halves. */
extern char *test_dir;
int test_dir_setup(void **state);
int test_dir_teardown(void **state);
extern const struct test_fixture fixture_folder;

void support_write_file(const char *path, const void *bytes, size_t len);
/* From malloc(), with a zero byte behind it. */
char *support_read_file(const char *path, size_t *ret_len);

/* Writes accounts.cdb, mode 0644. */
void support_write_accounts(const char *path, const struct support_registry *registry);
/* Writes STATEDIR/generations/NUMBER/accounts.cdb, and renames a new `current` into place. */
void support_publish(const char *statedir, uint32_t number, const struct support_registry *registry);
/* Only the link. */
void support_point_current(const char *statedir, const char *target);

#endif
