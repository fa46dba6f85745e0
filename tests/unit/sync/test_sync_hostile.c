/* SPDX-License-Identifier: Apache-2.0 */
/* test_sync_hostile.c: what a directory can do to a host that watches it, with the daemon's own protocol code: each time beside the
 * server that does the same as it should. */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"
#include "tests/unit/sync/fake_directory.h"
#include "tools/cli/clock.h"
#include "tools/sync/mirror.h"

#define MANIFEST "cn=manifest," FAKE_BASE
#define PATIENCE 3000 /* milliseconds of a test */

static struct incoming incoming;
static struct mirror mirror;
static struct watch watch;

static const struct link_conf link_conf = {.sasl = LINK_SIMPLE,
					   .bind_dn = "cn=h",
					   .password = "secret",
					   .ca_file = "/dev/null",
					   .message_max = 65536};

static void open_folders(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/incoming", test_dir);
	assert_true(mkdir(path, 0755) == 0 || access(path, F_OK) == 0);
	assert_int_equal(incoming_open(path, &incoming), 0);
	mirror =
	    (struct mirror){.base = FAKE_BASE,
			    .limits = {.file = 1000, .manifest = 2000, .files = 5, .stops = 5, .disk = 3000},
			    .incoming = &incoming,
			    .state = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	mirror_load(&mirror);
}

static void close_folders(void)
{
	mirror_free(&mirror);
	close(mirror.state);
	incoming_close(&incoming);
}

static size_t files(const char *folder)
{
	char path[256];
	DIR *dir;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/incoming/%s", test_dir, folder);
	dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *d = readdir(dir); d; d = readdir(dir))
		n += d->d_type == DT_REG;
	closedir(dir);
	return n;
}

/* Watches until the server ends it, or the time is over; true: the server, or a limit, ended it. */
static bool watch_for(LDAP *ld, int64_t ms)
{
	int64_t end = clock_ms() + ms;
	enum watch_result result = WATCH_MORE;

	watch = (struct watch){.events = &mirror_events, .context = &mirror};
	assert_int_equal(watch_begin(&watch, ld, FAKE_BASE, mirror_begin(&mirror, clock_ms())), 0);
	while (result != WATCH_ENDED && clock_ms() < end) {
		struct pollfd fd = {link_fd(ld), POLLIN, 0};

		result = watch_take(&watch);
		if (result == WATCH_QUIET && !watch_pending(&watch))
			poll(&fd, 1, 50);
		assert_int_equal(mirror_settle(&mirror, clock_ms()), 0);
	}
	watch_end(&watch);
	return result == WATCH_ENDED;
}

/* The script's whole conversation; the words in which it ended are watch.why. */
static bool against(fake_script_fn *script, int64_t ms)
{
	const char *uri = fake_start(false, 0, script);
	char why[LINK_WHY_SIZE] = "";
	LDAP *ld = link_open(&link_conf, uri, why);
	bool ended;

	if (!ld)
		fail_msg("%s: %s", uri, why);
	ended = watch_for(ld, ms);
	link_close(ld);
	fake_stop();
	return ended;
}

static int begin(void **state)
{
	char why[LINK_WHY_SIZE];

	if (test_dir_setup(state) || link_prepare(&link_conf, why) < 0)
		return -1;
	open_folders();
	return 0;
}

static int end(void **state)
{
	close_folders();
	return test_dir_teardown(state);
}
FIXTURE(host, begin, end);

/* ---- a server as it should be ------------------------------------------------------------ */

static void good(struct fake *fake)
{
	fake_entry(fake, 1, FAKE_UUID(1), MANIFEST, "{\"payload\":\"e30\"}");
	fake_file(fake, FAKE_UUID(2), "a file");
	fake_file(fake, FAKE_UUID(3), "another");
	fake_refreshed(fake, "first");
	fake_result(fake, LDAP_BUSY);
}

TEST(a_release_is_carried_and_its_cookie_kept, host)
{
	assert_true(against(good, PATIENCE));
	assert_int_equal(files("."), 1);
	assert_int_equal(files("files"), 2);
	assert_non_null(strstr(watch.why, "as the test says"));
	/* A daemon that begins anew goes on from there. */
	close_folders();
	open_folders();
	assert_int_equal(mirror.held.n[CARRIED_FILE], 2);
	assert_int_equal(mirror.cookie.bv_len, 5);
}

TEST(what_somebody_removed_from_the_folder_comes_again, host)
{
	char path[256];

	assert_true(against(good, PATIENCE));
	close_folders();
	snprintf(path, sizeof(path), "%s/incoming/manifest.jws", test_dir);
	assert_int_equal(unlink(path), 0);
	open_folders();
	assert_null(mirror.cookie.bv_val);
	assert_true(against(good, PATIENCE));
	assert_int_equal(files("."), 1);
	assert_int_equal(files("files"), 2);
}

/* Of the entries of `good` one is there, one is gone. */
static void fewer(struct fake *fake)
{
	fake_entry(fake, 0, FAKE_UUID(2), "", "");
	fake_entry(fake, 0, FAKE_UUID(1), "", "");
	fake_refreshed(fake, "second");
	fake_entry(fake, 3, FAKE_UUID(2), "", "");
	fake_result(fake, LDAP_BUSY);
}

TEST(what_a_refresh_does_not_name_and_what_is_deleted_goes, host)
{
	assert_true(against(good, PATIENCE));
	assert_true(against(fewer, PATIENCE));
	assert_int_equal(files("files"), 0);
	assert_int_equal(files("."), 1);
}

static void forgetful(struct fake *fake)
{
	fake_result(fake, LDAP_SYNC_REFRESH_REQUIRED);
}

TEST(a_cookie_that_the_server_does_not_know_is_said, host)
{
	assert_true(against(good, PATIENCE));
	assert_false(watch.must_refresh);
	assert_true(against(forgetful, PATIENCE));
	assert_true(watch.must_refresh);
	assert_int_equal(files("files"), 2);
}

/* ---- what it should not be ------------------------------------------------------------------ */

static void liar(struct fake *fake)
{
	char deep[8192] = "agentauthDigest=0";

	for (int i = 0; i < 2000; i++)
		strcat(deep, ",a=b");
	fake_entry(fake, 1, FAKE_UUID(7), deep, "deep");
	fake_entry(fake, 1, FAKE_UUID(8),
		   "agentauthDigest=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824,ou="
		   "files," FAKE_BASE,
		   "not hello");
	fake_entry(fake, 1, FAKE_UUID(9), "agentauthDigest=../../x,ou=files," FAKE_BASE, "x");
	fake_referral(fake);
	good(fake);
}

TEST(entries_that_are_no_files_and_referrals_are_refused_and_the_others_are_taken, host)
{
	assert_true(against(liar, PATIENCE));
	assert_int_equal(mirror.refused, 4);
	assert_int_equal(files("files"), 2);
}

static void endless(struct fake *fake)
{
	for (unsigned i = 0;; i++) {
		char text[16];
		unsigned char uuid[16] = {0};

		memcpy(uuid, &i, sizeof(i));
		snprintf(text, sizeof(text), "%u", i);
		fake_file(fake, uuid, text);
	}
}

TEST(endless_entries_end_at_the_number_that_is_allowed, host)
{
	assert_true(against(endless, PATIENCE));
	assert_non_null(strstr(watch.why, "more than 5 files"));
	assert_int_equal(files("files"), 5);
}

static void endless_lies(struct fake *fake)
{
	for (;;)
		fake_entry(fake, 1, FAKE_UUID(1), "cn=x," FAKE_BASE, "x");
}

TEST(endless_entries_that_are_refused_end_too, host)
{
	assert_true(against(endless_lies, PATIENCE));
	assert_non_null(strstr(watch.why, "no files of a release"));
	assert_int_equal(files("."), 0);
}

static void endless_changes(struct fake *fake)
{
	fake_refreshed(fake, "c");
	for (unsigned i = 0;; i++) {
		char text[800];

		memset(text, 'x', sizeof(text));
		snprintf(text, sizeof(text), "%u", i);
		text[strlen(text)] = ' ';
		text[sizeof(text) - 1] = '\0';
		fake_file(fake, FAKE_UUID(1), text);
	}
}

TEST(a_directory_that_never_stops_changing_is_left, host)
{
	assert_true(against(endless_changes, PATIENCE));
	assert_non_null(strstr(watch.why, "within an hour"));
	assert_true(files("files") <= 1);
}

static void large(struct fake *fake)
{
	fake_big_entry(fake, FAKE_UUID(6), MANIFEST, 3000);
	good(fake);
}

TEST(a_content_over_its_limit_is_refused, host)
{
	assert_true(against(large, PATIENCE));
	assert_int_equal(mirror.refused, 1);
	assert_int_equal(files("."), 1);
}

static void huge(struct fake *fake)
{
	fake_big_entry(fake, FAKE_UUID(6), MANIFEST, 10 << 20);
	fake_wait(fake);
}

TEST(a_message_over_its_limit_ends_the_connection_before_it_is_read, host)
{
	assert_true(against(huge, PATIENCE));
	assert_int_equal(files("."), 0);
}

/* Says that 40,000 bytes follow, and sends one now and then. */
static void slow(struct fake *fake)
{
	static const char head[] = "\x30\x82\x9c\x40\x02";

	fake_bytes(fake, head, sizeof(head) - 1);
	for (;;) {
		usleep(100000);
		fake_bytes(fake, "x", 1);
	}
}

TEST(a_message_that_does_not_end_keeps_nobody_waiting, host)
{
	int64_t begun = clock_ms();

	assert_false(against(slow, 500));
	assert_true(clock_ms() - begun < PATIENCE);
	assert_int_equal(watch.probe, -1);
}

static void garbage(struct fake *fake)
{
	for (int i = 0; i < 10; i++)
		fake_bytes(fake, "HTTP/1.1 200 OK\r\n\r\n", 19);
	fake_wait(fake);
}

TEST(what_is_no_LDAP_ends_the_connection, host)
{
	assert_true(against(garbage, PATIENCE));
}

static void stateless(struct fake *fake)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval *bytes = NULL;

	assert_true(ber_printf(ber, "{it{s{}}}", fake->id, LDAP_RES_SEARCH_ENTRY, MANIFEST) > 0 &&
		    ber_flatten(ber, &bytes) == 0);
	fake_bytes(fake, bytes->bv_val, bytes->bv_len);
	ber_bvfree(bytes);
	ber_free(ber, 1);
	fake_wait(fake);
}

TEST(an_entry_without_a_sync_state_ends_the_connection, host)
{
	assert_true(against(stateless, PATIENCE));
	assert_non_null(strstr(watch.why, "RFC 4533"));
}

/* ---- TLS ---------------------------------------------------------------------------------------- */

TEST(a_server_without_TLS_hears_no_password, host)
{
	static const int answers[] = {LDAP_SUCCESS, LDAP_UNAVAILABLE, LDAP_PROTOCOL_ERROR};
	char why[LINK_WHY_SIZE], uri[600];

	for (size_t i = 0; i < COUNT(answers); i++) {
		/* Where it says yes, what follows is no handshake. */
		snprintf(uri, sizeof(uri), "ldap://%s", fake_start(true, answers[i], good));
		assert_null(link_open(&link_conf, uri, why));
		assert_int_equal(fake_stop(), 0);
	}
	snprintf(uri, sizeof(uri), "ldaps://%s", fake_start(true, 0, good));
	assert_null(link_open(&link_conf, uri, why));
	assert_int_equal(fake_stop(), 0);
	assert_null(link_open(&link_conf, "cldap://localhost", why));
	/* The same server where no TLS is wanted. */
	assert_true(against(good, PATIENCE));
	assert_int_equal(files("files"), 2);
}
