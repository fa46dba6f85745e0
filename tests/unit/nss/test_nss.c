/* SPDX-License-Identifier: Apache-2.0 */
/* test_nss.c: what glibc is told: fields, sizes, what is never served, and that nothing is left behind or
 * held. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nss/enumerate.h"
#include "nss/group.h"
#include "nss/initgroups.h"
#include "nss/passwd.h"
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

/* ---- a host of its own for each test ------------------------------------------ */

static char *dir, statedir[256], current[300], passwd_file[300], group_file[300];
static char withheld_passwd[300], withheld_group[300];
static struct aa_nss_cache cache;
static int64_t clock_offset, tick_now;

static int64_t test_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec + clock_offset;
}

static int64_t test_tick(void)
{
	return tick_now;
}

static struct aa_nss host = {.statedir = statedir,
			     .current = current,
			     .passwd = passwd_file,
			     .group = group_file,
			     .withheld_passwd = withheld_passwd,
			     .withheld_group = withheld_group,
			     .now = test_now,
			     .tick = test_tick,
			     .cache = &cache};

#define LOCAL_PASSWD "root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/sh\n"
#define LOCAL_GROUP "root:x:0:\nalice:x:1001:\n"

static void write_text(const char *path, const char *text)
{
	support_write_file(path, text, strlen(text));
}

static int setup(void **state)
{
	(void)state;
	dir = support_tmpdir();
	snprintf(statedir, sizeof(statedir), "%s/state", dir);
	snprintf(current, sizeof(current), "%s/current/accounts.cdb", statedir);
	snprintf(passwd_file, sizeof(passwd_file), "%s/passwd", dir);
	snprintf(group_file, sizeof(group_file), "%s/group", dir);
	snprintf(withheld_passwd, sizeof(withheld_passwd), "%s/withheld.passwd", dir);
	snprintf(withheld_group, sizeof(withheld_group), "%s/withheld.group", dir);
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
	(void)state;
	aa_nss_cache_forget(&cache);
	support_remove(dir);
	free(dir);
	return 0;
}

FIXTURE(here, setup, teardown);

/* ---- asking --------------------------------------------------------------------- */

struct answer {
	enum nss_status status;
	int err;
	struct passwd pw;
	struct group gr;
	char buf[2048];
};

static struct answer *new_answer(void)
{
	static struct answer a;

	memset(&a, 0, sizeof(a));
	a.err = 1234;
	return &a;
}

static struct answer *pwnam(const char *name)
{
	struct answer *a = new_answer();

	a->status = aa_passwd_by_name(&host, name, &a->pw, a->buf, sizeof(a->buf), &a->err);
	return a;
}

static struct answer *pwuid(uid_t uid)
{
	struct answer *a = new_answer();

	a->status = aa_passwd_by_uid(&host, uid, &a->pw, a->buf, sizeof(a->buf), &a->err);
	return a;
}

static struct answer *grnam(const char *name)
{
	struct answer *a = new_answer();

	a->status = aa_grp_by_name(&host, name, &a->gr, a->buf, sizeof(a->buf), &a->err);
	return a;
}

static struct answer *grgid(gid_t gid)
{
	struct answer *a = new_answer();

	a->status = aa_grp_by_gid(&host, gid, &a->gr, a->buf, sizeof(a->buf), &a->err);
	return a;
}

static struct answer *pwent(aa_cursor *cursor)
{
	struct answer *a = new_answer();

	a->status = aa_enumerate_passwd(&host, cursor, &a->pw, a->buf, sizeof(a->buf), &a->err);
	return a;
}

static struct answer *grent(aa_cursor *cursor)
{
	struct answer *a = new_answer();

	a->status = aa_enumerate_group(&host, cursor, &a->gr, a->buf, sizeof(a->buf), &a->err);
	return a;
}

static bool served(const struct answer *a)
{
	assert_int_equal(a->status, NSS_STATUS_SUCCESS);
	assert_int_equal(a->err, 1234);
	return true;
}

static bool not_found(const struct answer *a)
{
	assert_int_equal(a->status, NSS_STATUS_NOTFOUND);
	assert_int_equal(a->err, 1234);
	return true;
}

static bool unavailable(const struct answer *a)
{
	assert_int_equal(a->status, NSS_STATUS_UNAVAIL);
	assert_int_equal(a->err, ENOENT);
	return true;
}

/* ---- passwd ------------------------------------------------------------------------ */

static void assert_passwd(const struct answer *a, const char *name, uid_t uid, const char *gecos,
			  const char *home, const char *shell)
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

TEST(serves_accounts_by_name_and_uid, here)
{
	for (int i = 0; i < 2; i++) { /* from the file, then from the cache */
		assert_passwd(pwnam("alpha"), "alpha", UID(1), "First of all", "/home/agents/alpha",
			      "/bin/bash");
		assert_passwd(pwuid(UID(1)), "alpha", UID(1), "First of all", "/home/agents/alpha",
			      "/bin/bash");
		assert_passwd(pwnam("builder-7"), "builder-7", UID(7), "", "/srv/b7", "/bin/sh");
		assert_passwd(pwuid(UID(7)), "builder-7", UID(7), "", "/srv/b7", "/bin/sh");
		clock_offset = 60 * SECOND;
	}
	assert_int_equal(errno, 1234);
}

TEST(serves_retired_accounts_without_a_shell, here)
{
	assert_passwd(pwnam("old"), "old", UID(3), "", "/home/agents/old", "/usr/sbin/nologin");
	assert_passwd(pwuid(UID(3)), "old", UID(3), "", "/home/agents/old", "/usr/sbin/nologin");
	assert_passwd(pwnam("builder-7"), "builder-7", UID(7), "", "/srv/b7", "/bin/sh");
}

TEST(knows_nothing_of_anyone_else, here)
{
	static const char *const names[] = {
	    "root", "alice",	"nobody",  "",	    "agents", "agent-deploy",
	    "-x",   "../alpha", "alpha\n", "ALPHA", "alpha:", "a very long name that is none of ours, ever"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		not_found(pwnam(names[i]));
	not_found(pwuid(0));
	not_found(pwuid(1001));
	not_found(pwuid(65534));
	not_found(pwuid(UID(2)));
	not_found(pwuid((uid_t)-1));
	not_found(pwuid(GID_AGENTS));
	assert_int_equal(errno, 1234);
}

TEST(never_serves_a_name_or_uid_that_passwd_has, here)
{
	served(pwnam("alpha"));
	served(pwuid(UID(1)));
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	served(pwnam("builder-7"));
	write_text(passwd_file, LOCAL_PASSWD "bob:x:70001:1002::/:/bin/sh\n");
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	served(pwnam("builder-7"));
	write_text(passwd_file, LOCAL_PASSWD "bob:x:1002:70001::/:/bin/sh\n"); /* a gid: no matter here */
	served(pwnam("alpha"));
	write_text(group_file, LOCAL_GROUP "alpha:x:70001:\n"); /* neither is group */
	served(pwnam("alpha"));
}

TEST(does_not_serve_what_it_cannot_check, here)
{
	assert_int_equal(unlink(passwd_file), 0);
	served(pwnam("alpha")); /* no local file: nobody is local */
	assert_int_equal(mkfifo(passwd_file, 0600), 0);
	unavailable(pwnam("alpha"));
	unavailable(pwuid(UID(1)));
	not_found(pwnam("nobody-here"));
	served(grnam("alpha"));
	assert_int_equal(unlink(group_file), 0);
	assert_int_equal(mkdir(group_file, 0700), 0);
	unavailable(grnam("alpha"));
	unavailable(grgid(GID_AGENTS));
}

/* ---- group -------------------------------------------------------------------------- */

static void assert_group(const struct answer *a, const char *name, gid_t gid)
{
	served(a);
	assert_string_equal(a->gr.gr_name, name);
	assert_string_equal(a->gr.gr_passwd, "*");
	assert_int_equal(a->gr.gr_gid, gid);
	assert_null(a->gr.gr_mem[0]);
}

TEST(serves_own_groups_agents_and_roles, here)
{
	for (int i = 0; i < 2; i++) {
		assert_group(grnam("alpha"), "alpha", UID(1));
		assert_group(grgid(UID(1)), "alpha", UID(1));
		assert_group(grnam("old"), "old", UID(3));
		assert_group(grnam("agents"), "agents", GID_AGENTS);
		assert_group(grgid(GID_AGENTS), "agents", GID_AGENTS);
		assert_group(grnam("agent-deploy"), "agent-deploy", 99001);
		assert_group(grgid(99001), "agent-deploy", 99001);
		clock_offset = 60 * SECOND;
	}
	not_found(grnam("agent-other"));
	not_found(grnam("root"));
	not_found(grnam("alice"));
	not_found(grgid(0));
	not_found(grgid(1001));
	not_found(grgid(UID(2)));
	assert_int_equal(errno, 1234);
}

TEST(never_serves_a_name_or_gid_that_group_has, here)
{
	served(grnam("alpha"));
	served(grnam("agents"));
	write_text(group_file, LOCAL_GROUP "alpha:x:1002:\nagents:x:1003:\n");
	not_found(grnam("alpha"));
	not_found(grgid(UID(1)));
	not_found(grnam("agents"));
	not_found(grgid(GID_AGENTS));
	served(grnam("agent-deploy"));
	write_text(group_file, LOCAL_GROUP "x:x:70001:\ny:x:99001:\n");
	not_found(grnam("alpha"));
	not_found(grgid(UID(1)));
	not_found(grnam("agent-deploy"));
	not_found(grgid(99001));
	served(grnam("agents"));
	served(pwnam("alpha"));
}

/* ---- buffers -------------------------------------------------------------------------- */

/* Of exactly this size and with this alignment, so that ASan sees a byte too many at either end. */
static char *exact_buffer(size_t size, size_t shift, void **ret_free)
{
	char *block = malloc(size + shift + 1);

	assert_non_null(block);
	*ret_free = block;
	memset(block, 0x5a, size + shift + 1);
	return block + shift;
}

static void assert_inside(const void *p, size_t len, const char *buf, size_t size)
{
	assert_true((const char *)p >= buf && (const char *)p + len <= buf + size);
}

TEST(fits_a_passwd_entry_into_any_buffer_or_says_ERANGE, here)
{
	const size_t need = sizeof("alpha") + sizeof("*") + sizeof("First of all") +
			    sizeof("/home/agents/alpha") + sizeof("/bin/bash");
	enum nss_status status;
	struct passwd pw;
	void *block;
	char *buf;
	int err;

	for (size_t size = 0; size < need + 20; size++) {
		for (size_t shift = 0; shift < 9; shift++) {
			buf = exact_buffer(size, shift, &block);
			err = 1234;
			status = aa_passwd_by_name(&host, "alpha", &pw, buf, size, &err);
			if (size < need) {
				assert_int_equal(status, NSS_STATUS_TRYAGAIN);
				assert_int_equal(err, ERANGE);
				for (size_t i = 0; i < size; i++)
					assert_int_equal(buf[i], 0x5a); /* nothing was written */
			} else {
				assert_int_equal(status, NSS_STATUS_SUCCESS);
				assert_int_equal(err, 1234);
				assert_inside(pw.pw_name, strlen(pw.pw_name) + 1, buf, size);
				assert_inside(pw.pw_passwd, 2, buf, size);
				assert_inside(pw.pw_gecos, strlen(pw.pw_gecos) + 1, buf, size);
				assert_inside(pw.pw_dir, strlen(pw.pw_dir) + 1, buf, size);
				assert_inside(pw.pw_shell, strlen(pw.pw_shell) + 1, buf, size);
			}
			assert_int_equal(buf[size], 0x5a);
			free(block);
		}
	}
}

TEST(fits_a_group_entry_into_any_buffer_or_says_ERANGE, here)
{
	const size_t least = sizeof("alpha") + sizeof("*") + sizeof(char *);
	enum nss_status status;
	struct group gr;
	size_t need;
	void *block;
	char *buf;
	int err;

	for (size_t size = 0; size < least + 20; size++) {
		for (size_t shift = 0; shift < 2 * alignof(char *); shift++) {
			buf = exact_buffer(size, shift, &block);
			need = least + (size_t)(-(uintptr_t)buf % alignof(char *));
			err = 1234;
			status = aa_grp_by_name(&host, "alpha", &gr, buf, size, &err);
			assert_int_equal(status, size < need ? NSS_STATUS_TRYAGAIN : NSS_STATUS_SUCCESS);
			assert_int_equal(err, size < need ? ERANGE : 1234);
			if (status == NSS_STATUS_SUCCESS) {
				assert_int_equal((uintptr_t)gr.gr_mem % alignof(char *), 0);
				assert_inside(gr.gr_mem, sizeof(char *), buf, size);
				assert_null(gr.gr_mem[0]);
				assert_inside(gr.gr_name, sizeof("alpha"), buf, size);
				assert_inside(gr.gr_passwd, sizeof("*"), buf, size);
			}
			assert_int_equal(buf[size], 0x5a);
			free(block);
		}
	}
}

/* ---- initgroups ---------------------------------------------------------------------- */

struct list {
	long n, room;
	gid_t *gids;
	int err;
};

static struct list list_of(long room, long n, gid_t fill)
{
	struct list l = {n, room, calloc((size_t)room + 1, sizeof(gid_t)), 1234};

	assert_non_null(l.gids);
	for (long i = 0; i < n; i++)
		l.gids[i] = fill + (gid_t)i;
	return l;
}

static enum nss_status ask_groups(struct list *l, const char *user, gid_t group, long limit)
{
	return aa_initgroups(&host, user, group, &l->n, &l->room, &l->gids, limit, &l->err);
}

TEST(adds_the_group_of_all_agents_and_no_role, here)
{
	struct list l = list_of(8, 1, UID(1));

	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.room, 8);
	assert_int_equal(l.gids[0], UID(1));
	assert_int_equal(l.gids[1], GID_AGENTS);
	assert_int_equal(l.err, 1234);
	/* No duplicate, though asked again. */
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	free(l.gids);
	/* Nor where it is the caller's group, which the caller adds. */
	l = list_of(8, 0, 0);
	assert_int_equal(ask_groups(&l, "alpha", GID_AGENTS, -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 0);
	free(l.gids);
}

TEST(adds_nothing_for_anyone_else, here)
{
	static const char *const names[] = {"root", "alice", "nobody-here", "agents", ""};
	struct list l = list_of(8, 1, 100);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(ask_groups(&l, names[i], 100, -1), NSS_STATUS_NOTFOUND);
	/* An agent's name that a local user has: not our agent. */
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	assert_int_equal(ask_groups(&l, "alpha", 1002, -1), NSS_STATUS_NOTFOUND);
	/* A local group of its name or gid is not ours to put anybody into. */
	write_text(passwd_file, LOCAL_PASSWD);
	write_text(group_file, LOCAL_GROUP "wheel:x:99999:\n");
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_NOTFOUND);
	write_text(group_file, LOCAL_GROUP "agents:x:1003:\n");
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_NOTFOUND);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.err, 1234);
	write_text(group_file, LOCAL_GROUP);
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	free(l.gids);
}

/* Another source comes first and has a person of an agent's name, with a group of the person's own. */
TEST(adds_nothing_for_a_person_of_an_agents_name, here)
{
	struct list l = list_of(8, 1, 20001);

	assert_int_equal(ask_groups(&l, "alpha", 20001, -1), NSS_STATUS_NOTFOUND);
	assert_int_equal(l.n, 1);
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	free(l.gids);
	/* nscd does not say whose group it is. */
	l = list_of(8, 0, 0);
	assert_int_equal(ask_groups(&l, "alpha", (gid_t)-1, -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.gids[0], GID_AGENTS);
	free(l.gids);
}

/* For a person whom another source knows: by whichever of name and id. */
TEST(does_not_serve_what_is_withheld, here)
{
	struct list l = list_of(8, 0, 0);

	write_text(withheld_passwd, "alpha:x:70001:\n");
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_NOTFOUND);
	served(grnam("alpha"));
	served(pwnam("builder-7"));
	write_text(withheld_group, "alpha:x:70001:\n");
	not_found(grnam("alpha"));
	not_found(grgid(UID(1)));
	served(grnam("agents"));
	assert_int_equal(unlink(withheld_passwd), 0);
	assert_int_equal(unlink(withheld_group), 0);
	served(pwnam("alpha"));
	served(grnam("alpha"));
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	free(l.gids);
}

TEST(makes_the_list_larger_within_the_limit, here)
{
	for (long n = 0; n < 40; n++) {
		struct list l = list_of(n, n, 5000);

		assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
		assert_int_equal(l.n, n + 1);
		assert_true(l.room > n);
		assert_int_equal(l.gids[n], GID_AGENTS);
		free(l.gids);
		l = list_of(n + 1, n, 5000); /* the limit is one more: it fits exactly */
		assert_int_equal(ask_groups(&l, "alpha", UID(1), n + 1), NSS_STATUS_SUCCESS);
		assert_int_equal(l.n, n + 1);
		assert_int_equal(l.room, n + 1);
		free(l.gids);
		if (n == 0)
			continue;
		l = list_of(n, n, 5000); /* the limit is reached */
		assert_int_equal(ask_groups(&l, "alpha", UID(1), n), NSS_STATUS_SUCCESS);
		assert_int_equal(l.n, n);
		assert_int_equal(l.room, n);
		free(l.gids);
	}
}

/* ---- enumeration --------------------------------------------------------------------- */

TEST(enumerates_accounts_and_groups, here)
{
	aa_cursor cursor = 0;

	assert_passwd(pwent(&cursor), "alpha", UID(1), "First of all", "/home/agents/alpha", "/bin/bash");
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
	assert_passwd(pwent(&cursor), "old", UID(3), "", "/home/agents/old", "/usr/sbin/nologin");
	not_found(pwent(&cursor));
	not_found(pwent(&cursor));
	cursor = 0;
	assert_group(grent(&cursor), "alpha", UID(1));
	assert_group(grent(&cursor), "builder-7", UID(7));
	assert_group(grent(&cursor), "old", UID(3));
	assert_group(grent(&cursor), "agents", GID_AGENTS);
	assert_group(grent(&cursor), "agent-deploy", 99001);
	not_found(grent(&cursor));
	assert_int_equal(errno, 1234);
}

TEST(enumerates_nothing_that_is_local, here)
{
	aa_cursor cursor = 0;

	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\nbob:x:70003:1::/:/x\n");
	write_text(group_file, LOCAL_GROUP "agents:x:1003:\nz:x:70001:\n");
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
	not_found(pwent(&cursor));
	cursor = 0;
	assert_group(grent(&cursor), "builder-7", UID(7));
	assert_group(grent(&cursor), "old", UID(3));
	assert_group(grent(&cursor), "agent-deploy", 99001);
	not_found(grent(&cursor));
}

TEST(enumerates_what_stands_behind_a_bad_record, here)
{
	static const struct support_account some[] = {
	    {.name = "a", .uid = UID(1)}, {.name = "b", .uid = 27}, {.name = "c", .uid = UID(3)}};
	struct support_registry r = {.accounts = some, .n_accounts = 3};
	aa_cursor cursor = 0;

	support_publish(statedir, 2, &r);
	assert_string_equal(pwent(&cursor)->pw.pw_name, "a");
	assert_string_equal(pwent(&cursor)->pw.pw_name, "c");
	not_found(pwent(&cursor));
	unavailable(pwnam("b"));
	not_found(pwuid(27));
	/* What cannot be checked is no bad record: the list is not cut short as if that were all. */
	cursor = 0;
	assert_int_equal(unlink(passwd_file), 0);
	assert_int_equal(mkfifo(passwd_file, 0600), 0);
	unavailable(pwent(&cursor));
}

TEST(gives_an_entry_again_that_did_not_fit, here)
{
	aa_cursor cursor = 0;
	struct passwd pw;
	char buf[8];
	int err;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(aa_enumerate_passwd(&host, &cursor, &pw, buf, sizeof(buf), &err),
				 NSS_STATUS_TRYAGAIN);
		assert_int_equal(err, ERANGE);
	}
	assert_string_equal(pwent(&cursor)->pw.pw_name, "alpha");
	assert_int_equal(aa_enumerate_passwd(&host, &cursor, &pw, buf, sizeof(buf), &err),
			 NSS_STATUS_TRYAGAIN);
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
}

TEST(goes_on_in_the_generation_in_which_it_began, here)
{
	struct support_registry next = sample;
	aa_cursor cursor = 0, fresh = 0;
	char path[512];

	assert_string_equal(pwent(&cursor)->pw.pw_name, "alpha");
	next.n_accounts = 1;
	support_publish(statedir, 2, &next);
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
	assert_string_equal(pwent(&fresh)->pw.pw_name, "alpha");
	not_found(pwent(&fresh));
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", statedir);
	assert_int_equal(unlink(path), 0);
	unavailable(pwent(&cursor)); /* cut off is not the same as complete */
	cursor = 0;
	assert_string_equal(pwent(&cursor)->pw.pw_name, "alpha");
}

/* ---- cache ---------------------------------------------------------------------------- */

static void settle(void)
{
	clock_offset = 60 * SECOND;
}

static void publish_with_shell(uint32_t number, const char *shell)
{
	struct support_account a = accounts[0];
	struct support_registry r = {.accounts = &a, .n_accounts = 1};

	a.shell = shell;
	support_publish(statedir, number, &r);
}

TEST(remembers_within_a_tick_and_sees_a_publish_at_the_next, here)
{
	settle();
	for (int i = 0; i < 2; i++) {
		assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/bash");
		assert_string_equal(pwuid(UID(1))->pw.pw_shell, "/bin/bash");
	}
	publish_with_shell(2, "/bin/dash");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/bash");
	assert_string_equal(pwuid(UID(1))->pw.pw_shell, "/bin/bash");
	tick_now++;
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/dash");
	assert_string_equal(pwuid(UID(1))->pw.pw_shell, "/bin/dash");
	tick_now++;
	assert_int_equal(unlink(current), 0);
	unavailable(pwnam("alpha"));
}

TEST(sees_a_new_agent_within_the_tick, here)
{
	struct support_registry fewer = sample;

	fewer.n_accounts = 1;
	support_publish(statedir, 2, &fewer);
	settle();
	served(pwnam("alpha"));
	not_found(pwnam("builder-7"));
	support_publish(statedir, 3, &sample);
	served(pwnam("builder-7"));
	served(pwnam("alpha"));
}

TEST(sees_a_local_user_within_the_tick, here)
{
	settle();
	served(pwnam("alpha"));
	served(pwuid(UID(1)));
	served(grnam("alpha"));
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	served(grnam("alpha"));
	write_text(group_file, LOCAL_GROUP "alpha:x:1002:\n");
	not_found(grnam("alpha"));
	write_text(passwd_file, LOCAL_PASSWD);
	served(pwnam("alpha"));
}

TEST(sees_what_is_withheld_within_the_tick, here)
{
	settle();
	served(pwnam("alpha"));
	served(grnam("alpha"));
	write_text(withheld_passwd, "alpha:x:70001:\n");
	write_text(withheld_group, "alpha:x:70001:\n");
	tick_now++;
	not_found(pwnam("alpha"));
	not_found(grnam("alpha"));
	served(pwnam("builder-7"));
	assert_int_equal(unlink(withheld_passwd), 0);
	served(pwnam("alpha"));
}

/* A file that was changed a moment ago may change again without its stamp's telling. */
TEST(remembers_nothing_of_files_that_are_new, here)
{
	served(pwnam("alpha"));
	publish_with_shell(2, "/bin/dash");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/dash");
	clock_offset = -3600 * SECOND; /* the clock was set back: the files seem to be of the future */
	publish_with_shell(3, "/bin/ksh");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/ksh");
	publish_with_shell(4, "/bin/sh");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/sh");
}

TEST(serves_what_is_too_long_to_be_remembered, here)
{
	char home[400];
	struct support_account a = {.name = "alpha", .uid = UID(1), .home = home};
	struct support_registry r = {.accounts = &a, .n_accounts = 1};

	for (size_t len = 150; len < sizeof(home); len++) {
		memset(home, 'x', len);
		home[0] = '/';
		home[len] = '\0';
		support_publish(statedir, 2, &r);
		settle();
		tick_now++;
		assert_string_equal(pwnam("alpha")->pw.pw_dir, home);
		assert_string_equal(pwnam("alpha")->pw.pw_dir, home);
		assert_string_equal(pwuid(UID(1))->pw.pw_dir, home);
	}
}

/* Many more agents than there are cells: whatever is pushed out by what, the answers are right. */
TEST(remembers_the_right_one_of_many, here)
{
	enum { N = 5000 };
	struct support_account *many = calloc(N, sizeof(*many));
	struct support_registry r = {.accounts = many, .n_accounts = N};
	char(*names)[16] = calloc(N, sizeof(*names));

	assert_non_null(many);
	assert_non_null(names);
	for (uint32_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "a%u", i);
		many[i].name = names[i];
		many[i].uid = UID(i);
	}
	support_publish(statedir, 2, &r);
	settle();
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < N; i += round == 0 ? 1 : 7) {
			assert_int_equal(pwnam(names[i])->pw.pw_uid, UID(i));
			assert_string_equal(pwuid(UID(i))->pw.pw_name, names[i]);
			assert_string_equal(grgid(UID(i))->gr.gr_name, names[i]);
		}
	}
	free(many);
	free(names);
}

/* ---- damage ------------------------------------------------------------------------------ */

TEST(finds_nobody_where_there_is_no_registry, here)
{
	aa_cursor cursor = 0;
	char link[300];

	snprintf(link, sizeof(link), "%s/current", statedir);
	assert_int_equal(unlink(link), 0);
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	not_found(grnam("agents"));
	not_found(pwent(&cursor));
	not_found(grent(&cursor));
	snprintf(statedir, sizeof(statedir), "/nonexistent/agentauth");
	not_found(pwnam("alpha"));
}

TEST(is_unavailable_where_the_registry_is_not_to_be_trusted, here)
{
	char path[400];

	served(pwnam("alpha"));
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", statedir);
	assert_int_equal(chmod(path, 0666), 0);
	unavailable(pwnam("alpha"));
	assert_int_equal(chmod(path, 0644), 0);
	served(pwnam("alpha"));
	assert_int_equal(unlink(path), 0);
	unavailable(pwnam("alpha"));
	assert_int_equal(symlink("/dev/zero", path), 0);
	unavailable(pwnam("alpha"));
}

static void ask_everything(void)
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

TEST(survives_every_byte_changed_and_every_length, here)
{
	char path[400], *bytes, flipped;
	size_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", statedir);
	bytes = support_read_file(path, &len);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i += i < 2048 ? 3 : 1) { /* the head is positions and lengths */
		flipped = (char)(bytes[i] ^ 0xff);
		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
		ask_everything();
		assert_int_equal(pwrite(fd, bytes + i, 1, (off_t)i), 1);
	}
	served(pwnam("builder-7"));
	while (len-- > 0) {
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		unavailable(pwnam("builder-7"));
	}
	close(fd);
	free(bytes);
}

/* ---- the process that asks ----------------------------------------------------------------- */

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

TEST(leaves_no_descriptor_behind, here)
{
	int before = count_fds();

	ask_everything();
	settle();
	ask_everything();
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	ask_everything();
	assert_int_equal(count_fds(), before);
}

/* In a child of its own; cmocka's report needs the descriptors. */
static int in_child(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int ask_without_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	for (int i = 0; i < 3; i++) {
		if (pwnam("alpha")->status != NSS_STATUS_SUCCESS ||
		    grgid(UID(1))->status != NSS_STATUS_SUCCESS)
			return 1;
		clock_offset = 60 * SECOND;
	}
	return count_fds() == 0 ? 0 : 2;
}

TEST(works_with_every_descriptor_closed, here)
{
	assert_int_equal(in_child(ask_without_descriptors), 0);
}

/* The caller takes whatever number is free for a file of its own: it is not touched. */
static int reuse_descriptors(void)
{
	char buf[4];
	int fd;

	served(pwnam("alpha"));
	for (fd = 3; fd < 64; fd++)
		close(fd);
	fd = open(passwd_file, O_RDWR);
	for (int i = 0; i < 5; i++) {
		served(pwnam("alpha"));
		served(grnam("agent-deploy"));
		settle();
	}
	if (read(fd, buf, 4) != 4 || memcmp(buf, "root", 4) != 0)
		return 1;
	return close(fd) == 0 && count_fds() == 3 ? 0 : 2;
}

TEST(does_not_touch_descriptors_that_the_caller_reuses, here)
{
	assert_int_equal(in_child(reuse_descriptors), 0);
}

static int ask_without_free_descriptors(void)
{
	struct answer *a;

	while (open("/dev/null", O_RDONLY) >= 0)
		;
	a = pwnam("alpha");
	return a->status == NSS_STATUS_TRYAGAIN && a->err == EMFILE ? 0 : 1;
}

TEST(says_try_again_where_descriptors_have_run_out, here)
{
	assert_int_equal(in_child(ask_without_free_descriptors), 0);
}

/* ---- threads and forks ------------------------------------------------------------------------ */

#define N_THREADS 32
#define N_ROUNDS 150

static _Atomic int n_wrong;
static _Atomic bool publishing;
static aa_cursor shared_cursor;

/* Everything on the stack: `new_answer` is for one thread. */
static void ask_from_thread(unsigned i)
{
	char buf[1024];
	struct passwd pw;
	struct group gr;
	enum nss_status status;
	int err;

	status = aa_passwd_by_name(&host, "alpha", &pw, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_SUCCESS || pw.pw_uid != UID(1) || strcmp(pw.pw_name, "alpha") != 0)
		n_wrong++;
	status = aa_passwd_by_uid(&host, UID(i % 2 ? 7 : 3), &pw, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_SUCCESS || strcmp(pw.pw_name, i % 2 ? "builder-7" : "old") != 0)
		n_wrong++;
	status = aa_grp_by_gid(&host, GID_AGENTS, &gr, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_SUCCESS || strcmp(gr.gr_name, "agents") != 0)
		n_wrong++;
	status = aa_enumerate_passwd(&host, &shared_cursor, &pw, buf, sizeof(buf), &err);
	if (status == NSS_STATUS_NOTFOUND)
		atomic_store(&shared_cursor, 0);
	else if (status != NSS_STATUS_SUCCESS)
		n_wrong++;
}

static void *thread_main(void *arg)
{
	unsigned n = *(unsigned *)arg;
	int status;
	pid_t pid;

	for (unsigned i = 0; i < N_ROUNDS; i++) {
		ask_from_thread(i + n);
		if ((i + n * 7) % 50 != 0)
			continue;
		pid = fork();
		if (pid == 0) {
			alarm(300); /* a lock that a thread left behind would be waited for for ever */
			for (unsigned k = 0; k < 3; k++)
				ask_from_thread(k);
			_exit(n_wrong == 0 ? 0 : 1);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 0)
			n_wrong++;
	}
	return NULL;
}

static _Atomic int64_t shared_tick;

static int64_t moving_tick(void)
{
	return shared_tick++ / 8;
}

static void *publisher_main(void *arg)
{
	(void)arg;
	for (uint32_t number = 2; publishing; number++)
		support_publish(statedir, number, &sample);
	return NULL;
}

TEST(answers_threads_and_forks_while_it_is_published, here)
{
	pthread_t threads[N_THREADS], publisher;
	unsigned numbers[N_THREADS];

	settle();
	n_wrong = 0;
	publishing = true;
	host.tick = moving_tick;
	assert_int_equal(pthread_create(&publisher, NULL, publisher_main, NULL), 0);
	for (unsigned i = 0; i < N_THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main, &numbers[i]), 0);
	}
	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	publishing = false;
	pthread_join(publisher, NULL);
	host.tick = test_tick;
	assert_int_equal(n_wrong, 0);
}

/* Between them, threads that share an enumeration get every entry once. */
static _Atomic int n_entries;

static void *enumerate_main(void *arg)
{
	char buf[1024];
	struct group gr;
	int err;

	(void)arg;
	while (aa_enumerate_group(&host, &shared_cursor, &gr, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS)
		n_entries++;
	return NULL;
}

TEST(gives_each_entry_to_one_thread, here)
{
	pthread_t threads[8];

	for (int round = 0; round < 20; round++) {
		atomic_store(&shared_cursor, 0);
		n_entries = 0;
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, enumerate_main, NULL), 0);
		for (size_t i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
		/* A thread that comes when all others are done would begin anew; the cursor stays at the end.
		 */
		assert_int_equal(n_entries, 5);
	}
}
