/* SPDX-License-Identifier: Apache-2.0 */
/* nss_steps.h: a host for the NSS module, and its questions. */
#ifndef AGENTAUTH_TESTS_NSS_STEPS_H
#define AGENTAUTH_TESTS_NSS_STEPS_H

#include <stdalign.h>
#include <unistd.h>

#include "nss/enumerate.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define UID(n) (AA_UID_MIN_DEFAULT + (n))
#define GID_AGENTS AA_GID_AGENTS_DEFAULT
#define SECOND INT64_C(1000000000)

static const struct support_account accounts[] = {
    {.name = "alpha", .uid = UID(1), .gecos = "First of all"},
    {.name = "builder-7", .uid = UID(7), .home = "/srv/b7", .shell = "/bin/sh"},
    {.name = "old", .uid = UID(3), .flags = AA_ACCOUNT_RETIRED, .shell = "/bin/zsh"},
};
static const struct support_group groups[] = {{"agent-deploy", 99001}};
static const struct support_registry sample = {
    .accounts = accounts, .n_accounts = 3, .groups = groups, .n_groups = 1};

extern char *dir, statedir[256], current[300], passwd_file[300], group_file[300];
extern char withheld_passwd[300], withheld_group[300];
extern struct aa_nss_cache cache;
extern int64_t clock_offset, tick_now;
int64_t test_tick(void);

extern struct aa_nss host;

#define LOCAL_PASSWD "root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/sh\n"
#define LOCAL_GROUP "root:x:0:\nalice:x:1001:\n"

void write_text(const char *path, const char *text);
extern const struct test_fixture fixture_nss;

struct answer {
	enum nss_status status;
	int err;
	struct passwd pw;
	struct group gr;
	char buf[2048];
};

struct answer *pwnam(const char *name);
struct answer *pwuid(uid_t uid);
struct answer *grnam(const char *name);
struct answer *grgid(gid_t gid);
struct answer *pwent(aa_cursor *cursor);
struct answer *grent(aa_cursor *cursor);
bool served(const struct answer *a);
bool not_found(const struct answer *a);
bool unavailable(const struct answer *a);
void assert_passwd(const struct answer *a, const char *name, uid_t uid, const char *gecos, const char *home,
		   const char *shell);
void assert_group(const struct answer *a, const char *name, gid_t gid);

struct list {
	long n, room;
	gid_t *gids;
	int err;
};

struct list list_of(long room, long n, gid_t fill);
enum nss_status ask_groups(struct list *l, const char *user, gid_t group, long limit);
void settle(void);
void ask_everything(void);

#endif
