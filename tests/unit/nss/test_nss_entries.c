/* SPDX-License-Identifier: Apache-2.0 */
/* test_nss_entries.c: single entries of passwd and group, in buffers of every size. */
#include <config.h>

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nss/group.h"
#include "nss/passwd.h"
#include "tests/unit/nss/nss_steps.h"
#include "tests/unit/support/test.h"

/* ---- passwd ------------------------------------------------------------------------ */

TEST(nss_serves_accounts_by_name_and_uid, nss)
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

TEST(nss_serves_retired_accounts_without_a_shell, nss)
{
	assert_passwd(pwnam("old"), "old", UID(3), "", "/home/agents/old", "/usr/sbin/nologin");
	assert_passwd(pwuid(UID(3)), "old", UID(3), "", "/home/agents/old", "/usr/sbin/nologin");
	assert_passwd(pwnam("builder-7"), "builder-7", UID(7), "", "/srv/b7", "/bin/sh");
}

TEST(nss_knows_nothing_of_anyone_else, nss)
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

TEST(nss_never_serves_a_name_or_uid_that_passwd_has, nss)
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

TEST(nss_does_not_serve_what_it_cannot_check, nss)
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

TEST(nss_serves_own_groups_agents_and_roles, nss)
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

TEST(nss_never_serves_a_name_or_gid_that_group_has, nss)
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

TEST(nss_fits_a_passwd_entry_into_any_buffer_or_says_ERANGE, nss)
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

TEST(nss_fits_a_group_entry_into_any_buffer_or_says_ERANGE, nss)
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
