/* SPDX-License-Identifier: Apache-2.0 */
/* nss_steps.c: see nss_steps.h. */
#include <config.h>

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nss/enumerate.h"
#include "nss/group.h"
#include "nss/initgroups.h"
#include "nss/passwd.h"
#include "tests/unit/nss/nss_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

char statedir[256], current[300], passwd_file[300], group_file[300];
char withheld_passwd[300], withheld_group[300];
struct aa_nss_cache cache;
int64_t clock_offset, tick_now;

static int64_t test_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec + clock_offset;
}

int64_t test_tick(void)
{
	return tick_now;
}

struct aa_nss host = {.statedir = statedir,
		      .current = current,
		      .passwd = passwd_file,
		      .group = group_file,
		      .withheld_passwd = withheld_passwd,
		      .withheld_group = withheld_group,
		      .now = test_now,
		      .tick = test_tick,
		      .cache = &cache};

void write_text(const char *path, const char *text)
{
	support_write_file(path, text, strlen(text));
}

static int setup(void **state)
{
	(void)test_dir_setup(state);
	snprintf(statedir, sizeof(statedir), "%s/state", test_dir);
	snprintf(current, sizeof(current), "%s/current/accounts.cdb", statedir);
	snprintf(passwd_file, sizeof(passwd_file), "%s/passwd", test_dir);
	snprintf(group_file, sizeof(group_file), "%s/group", test_dir);
	snprintf(withheld_passwd, sizeof(withheld_passwd), "%s/withheld.passwd", test_dir);
	snprintf(withheld_group, sizeof(withheld_group), "%s/withheld.group", test_dir);
	write_text(passwd_file, LOCAL_PASSWD);
	write_text(group_file, LOCAL_GROUP);
	support_publish(statedir, 1, &sample);
	host.owner = getuid();
	clock_offset = 0; /* the files are new: nothing of them is remembered */
	tick_now = 1;
	errno = 1234;
	return 0;
}

static int teardown(void **state)
{
	aa_nss_cache_forget(&cache);
	return test_dir_teardown(state);
}

const struct test_fixture fixture_nss = {setup, teardown};

static struct answer *new_answer(void)
{
	static struct answer a;

	memset(&a, 0, sizeof(a));
	a.err = 1234;
	return &a;
}

struct answer *pwnam(const char *name)
{
	struct answer *a = new_answer();

	a->status = aa_passwd_by_name(&host, name, &a->pw, a->buf, sizeof(a->buf), &a->err);
	return a;
}

struct answer *pwuid(uid_t uid)
{
	struct answer *a = new_answer();

	a->status = aa_passwd_by_uid(&host, uid, &a->pw, a->buf, sizeof(a->buf), &a->err);
	return a;
}

struct answer *grnam(const char *name)
{
	struct answer *a = new_answer();

	a->status = aa_grp_by_name(&host, name, &a->gr, a->buf, sizeof(a->buf), &a->err);
	return a;
}

struct answer *grgid(gid_t gid)
{
	struct answer *a = new_answer();

	a->status = aa_grp_by_gid(&host, gid, &a->gr, a->buf, sizeof(a->buf), &a->err);
	return a;
}

struct answer *pwent(aa_cursor *cursor)
{
	struct answer *a = new_answer();

	a->status = aa_enumerate_passwd(&host, cursor, &a->pw, a->buf, sizeof(a->buf), &a->err);
	return a;
}

struct answer *grent(aa_cursor *cursor)
{
	struct answer *a = new_answer();

	a->status = aa_enumerate_group(&host, cursor, &a->gr, a->buf, sizeof(a->buf), &a->err);
	return a;
}

bool served(const struct answer *a)
{
	assert_int_equal(a->status, NSS_STATUS_SUCCESS);
	assert_int_equal(a->err, 1234);
	return true;
}

bool not_found(const struct answer *a)
{
	assert_int_equal(a->status, NSS_STATUS_NOTFOUND);
	assert_int_equal(a->err, 1234);
	return true;
}

bool unavailable(const struct answer *a)
{
	assert_int_equal(a->status, NSS_STATUS_UNAVAIL);
	assert_int_equal(a->err, ENOENT);
	return true;
}

void assert_passwd(const struct answer *a, const char *name, uid_t uid, const char *gecos, const char *home,
		   const char *shell)
{
	served(a);
	assert_string_equal(a->pw.pw_name, name);
	assert_string_equal(a->pw.pw_passwd, "*");
	assert_int_equal(a->pw.pw_uid, uid);
	assert_int_equal(a->pw.pw_gid, uid);
	assert_string_equal(a->pw.pw_gecos, gecos);
	assert_string_equal(a->pw.pw_dir, home);
	assert_string_equal(a->pw.pw_shell, shell);
}

void assert_group(const struct answer *a, const char *name, gid_t gid)
{
	served(a);
	assert_string_equal(a->gr.gr_name, name);
	assert_string_equal(a->gr.gr_passwd, "*");
	assert_int_equal(a->gr.gr_gid, gid);
	assert_null(a->gr.gr_mem[0]);
}

struct list list_of(long room, long n, gid_t fill)
{
	struct list l = {n, room, calloc((size_t)room + 1, sizeof(gid_t)), 1234};

	assert_non_null(l.gids);
	for (long i = 0; i < n; i++)
		l.gids[i] = fill + (gid_t)i;
	return l;
}

enum nss_status ask_groups(struct list *l, const char *user, gid_t group, long limit)
{
	return aa_initgroups(&host, user, group, &l->n, &l->room, &l->gids, limit, &l->err);
}

void settle(void)
{
	clock_offset = 60 * SECOND;
}

void ask_everything(void)
{
	static const char *const names[] = {"alpha", "builder-7", "old", "nobody-here"};
	aa_cursor cursor = 0;
	struct list l;
	int steps = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_in_range(pwnam(names[i])->status - NSS_STATUS_TRYAGAIN, 0, 3);
		assert_in_range(grnam(names[i])->status - NSS_STATUS_TRYAGAIN, 0, 3);
	}
	for (uint32_t i = 0; i < 8; i++) {
		struct answer *a = pwuid(UID(i));

		assert_true(a->status != NSS_STATUS_SUCCESS || a->pw.pw_uid == UID(i));
		a = grgid(UID(i));
		assert_true(a->status != NSS_STATUS_SUCCESS || a->gr.gr_gid == UID(i));
	}
	grgid(GID_AGENTS);
	grnam("agents");
	while (grent(&cursor)->status == NSS_STATUS_SUCCESS)
		assert_true(++steps < 100);
	l = list_of(1, 1, 5000);
	ask_groups(&l, "alpha", UID(1), -1);
	free(l.gids);
}
