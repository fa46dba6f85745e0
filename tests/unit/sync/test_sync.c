/* SPDX-License-Identifier: Apache-2.0 */
/* test_sync.c: the parts of agentauth-sync: which file an entry is, what RFC 4533's values mean, which server is asked when. */
#include <config.h>

#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"
#include "tools/sync/carried.h"
#include "tools/sync/control.h"
#include "tools/sync/manifest_names.h"
#include "tools/sync/state.h"
#include "tools/sync/sync_conf.h"
#include "tools/sync/turns.h"

#define HEX "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" /* of "hello" */
#define BASE "ou=agentauth,dc=example,dc=com"

/* ---- names ------------------------------------------------------------------------------ */

static bool is_file(const char *dn, enum carried_kind kind)
{
	struct carried file;

	return carried_of_dn(dn, BASE, &file) && file.kind == kind &&
	       strcmp(file.hex, kind == CARRIED_MANIFEST ? "" : HEX) == 0;
}

TEST(an_entry_below_the_base_is_a_file_of_its_folder)
{
	assert_true(is_file("agentauthDigest=" HEX ",ou=files," BASE, CARRIED_FILE));
	assert_true(
	    is_file("AgentAuthDigest=" HEX " , OU=stops , ou=AgentAuth,dc=Example,DC=com", CARRIED_STOP));
	assert_true(is_file("cn=manifest," BASE, CARRIED_MANIFEST));
}

TEST(an_entry_with_another_name_is_no_file)
{
	static const char *const others[] = {
	    "",
	    BASE,
	    "agentauthDigest=" HEX "," BASE,
	    "agentauthDigest=" HEX ",ou=hosts," BASE,
	    "agentauthDigest=" HEX ",ou=files,ou=agentauth,dc=example,dc=org",
	    "agentauthDigest=" HEX ",ou=files,ou=deeper," BASE,
	    "agentauthDigest=" HEX ",ou=files,dc=com",
	    "agentauthDigest=" HEX "0,ou=files," BASE,
	    "agentauthDigest=../../../../etc/cron.d/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,ou=files," BASE,
	    "agentauthDigest=2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824,ou=files," BASE,
	    "agentauthDigest=" HEX "+cn=x,ou=files," BASE,
	    "cn=" HEX ",ou=files," BASE,
	    "cn=manifest,ou=files," BASE,
	    "cn=manifest2," BASE,
	};

	for (size_t i = 0; i < COUNT(others); i++) {
		struct carried file;

		if (carried_of_dn(others[i], BASE, &file))
			fail_msg("taken: %s", others[i]);
	}
}

TEST(a_deep_name_is_not_looked_at)
{
	char dn[8192] = "agentauthDigest=" HEX ",ou=files";
	struct carried file;

	for (int i = 0; i < 1000; i++)
		strcat(dn, ",a=b");
	assert_false(carried_of_dn(dn, BASE, &file));
	assert_true(is_file("agentauthDigest=" HEX ",ou=files," BASE, CARRIED_FILE));
}

TEST(a_content_fits_its_name_alone)
{
	struct carried file = {CARRIED_FILE, HEX}, manifest = {CARRIED_MANIFEST, ""};
	char path[CARRIED_PATH_SIZE];

	assert_true(carried_fits(&file, "hello", 5));
	assert_false(carried_fits(&file, "hallo", 5));
	assert_false(carried_fits(&file, "hello", 4));
	assert_true(carried_fits(&manifest, "hello", 5));
	assert_string_equal(manifest.hex, HEX);
	carried_path(&file, path);
	assert_string_equal(path, "files/" HEX);
	file.kind = CARRIED_STOP;
	carried_path(&file, path);
	assert_string_equal(path, "stops/" HEX ".jws");
	assert_true(carried_of_name(HEX ".jws", CARRIED_STOP, &file));
	assert_false(carried_of_name(HEX, CARRIED_STOP, &file));
	assert_false(carried_of_name(HEX ".jws", CARRIED_FILE, &file));
	assert_false(carried_of_name("index", CARRIED_STOP, &file));
}

/* ---- RFC 4533 ------------------------------------------------------------------------------ */

#define VALUE(text) ((struct berval){sizeof(text) - 1, (char *)(uintptr_t)(text)})

TEST(the_values_of_RFC_4533_are_read)
{
	struct berval entry = VALUE("\x30\x19\x0a\x01\x02\x04\x10"
				    "0123456789abcdef"
				    "\x04\x02"
				    "ck");
	struct berval set = VALUE("\xa3\x19\x01\x01\xff\x31\x14\x04\x10"
				  "0123456789abcdef"
				  "\x04\x00");
	struct berval done = VALUE("\xa2\x00"), next = VALUE("\xa1\x03\x01\x01\x00");
	struct control_entry read;
	struct control_info info;

	assert_true(control_entry_read(&entry, &read));
	assert_int_equal(read.state, CONTROL_MODIFY);
	assert_memory_equal(read.uuid, "0123456789abcdef", 16);
	assert_int_equal(read.cookie.bv_len, 2);
	control_entry_free(&read);
	assert_true(control_info_read(&done, &info));
	assert_true(info.kind == CONTROL_REFRESH_PRESENT && info.done);
	assert_true(control_info_read(&next, &info));
	assert_true(info.kind == CONTROL_REFRESH_DELETE && !info.done);
	assert_false(control_info_read(&set, &info)); /* its second UUID has no bytes */
	set = VALUE("\xa3\x17\x01\x01\xff\x31\x12\x04\x10"
		    "0123456789abcdef");
	assert_true(control_info_read(&set, &info));
	assert_true(info.deletes && info.uuids[0].bv_len == 16 && !info.uuids[1].bv_val);
	control_info_free(&info);
}

TEST(a_value_that_is_cut_or_wrong_is_refused)
{
	static const char whole[] = "\x30\x19\x0a\x01\x02\x04\x10"
				    "0123456789abcdef"
				    "\x04\x02"
				    "ck";
	struct control_entry read;
	struct control_info info;
	struct berval short_uuid = VALUE("\x30\x14\x0a\x01\x02\x04\x0f"
					 "0123456789abcde"),
		      odd = VALUE("\x30\x15\x0a\x01\x09\x04\x10"
				  "0123456789abcdef");

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		struct berval cut = {len, (char *)(uintptr_t)whole};

		if (control_entry_read(&cut, &read))
			fail_msg("taken: %zu bytes", len);
		assert_false(control_info_read(&cut, &info));
	}
	assert_false(control_entry_read(&short_uuid, &read));
	assert_false(control_entry_read(&odd, &read));
}

/* ---- what a manifest names --------------------------------------------------------------------- */

static bool count(const struct carried *file, void *context)
{
	assert_string_equal(file->hex, HEX);
	return ++*(int *)context < 2;
}

TEST(a_manifest_names_the_digests_in_its_payload)
{
	static const char one[] =
	    "{\"payload\":\"eyJmaWxlcyI6eyJhIjoiMmNmMjRkYmE1ZmIwYTMwZTI2ZTgzYjJhYzViOWUyOWUxYjE2MWU1YzFmYTc0"
	    "MjVlNzMwNDMzNjI5MzhiOTgyNCIsImIiOiJubyJ9fQ\",\"signatures\":[]}";
	int n = 0;

	assert_true(manifest_names(one, strlen(one), count, &n));
	assert_int_equal(n, 1);
	assert_false(manifest_names("{}", 2, count, &n));
	assert_false(manifest_names("HTML", 4, count, &n));
	assert_false(manifest_names("{\"payload\":\"=\"}", 15, count, &n));
}

/* ---- turns -------------------------------------------------------------------------------------- */

TEST(servers_are_asked_in_their_order_and_then_after_a_wait_that_grows)
{
	struct turns turns = {.n = 2};
	int64_t before = 0, wait;

	assert_int_equal(turns_failed(&turns, 0, 7), 0);
	assert_int_equal(turns.next, 1);
	for (int i = 0; i < 12; i++) {
		wait = turns_failed(&turns, 0, 0);
		assert_int_equal(turns.next, 0);
		assert_true(wait >= before && wait >= TURNS_FIRST / 2 && wait <= TURNS_MOST);
		assert_int_equal(turns_failed(&turns, 0, 0), 0);
		before = wait;
	}
	assert_int_equal(before, TURNS_MOST / 2);
	/* A connection that was good begins the count, and the order, anew. */
	assert_true(turns_failed(&turns, TURNS_GOOD, 0) <= TURNS_FIRST);
	assert_int_equal(turns.next, 0);
}

TEST(ten_thousand_hosts_do_not_come_back_at_once)
{
	int64_t least = TURNS_MOST, most = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		struct turns turns = {.n = 1, .rounds = 3};
		int64_t wait = turns_failed(&turns, 0, i * 2654435761U);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_true(most <= 8 * TURNS_FIRST && most - least > 3 * TURNS_FIRST);
}

/* ---- settings -------------------------------------------------------------------------------------- */

/* In the text PASSWORD stands for the file's path. */
static char *with_password(const char *text, const char *path)
{
	const char *at = strstr(text, "PASSWORD");

	return at ? xasprintf("%.*s%s%s", (int)(at - text), text, path, at + strlen("PASSWORD"))
		  : xstrdup(text);
}

static int read_conf(const char *format, struct sync_conf *conf)
{
	char path[256], password[256], *text;

	snprintf(password, sizeof(password), "%s/password", test_dir);
	support_write_file(password, "secret\n", 7);
	snprintf(path, sizeof(path), "%s/sync.conf", test_dir);
	text = with_password(format, password);
	support_write_file(path, text, strlen(text));
	free(text);
	return sync_conf_read(path, geteuid(), conf);
}

#define GOOD \
	"servers = [ \"ldaps://a\", \"ldap://b\" ]; base = \"" BASE \
	"\"; ca_file = \"/ca\"; bind_dn = \"cn=h," BASE "\";"

TEST(settings_are_read_and_what_does_not_go_together_is_refused, folder)
{
	static const char *const bad[] = {
	    "",
	    "servers = [ \"http://a\" ];",
	    "servers = [ \"ldaps://a\" ]; base = \"" BASE "\"; sasl = \"EXTERNAL\";",
	    "servers = [ \"ldaps://a\" ]; ca_file = \"/ca\"; sasl = \"EXTERNAL\";",
	    "servers = [ \"ldaps://a\" ]; base = \"nonsense\"; ca_file = \"/ca\"; sasl = \"EXTERNAL\";",
	    GOOD,
	    GOOD " password_file = \"/nowhere\";",
	    GOOD " password_file = \"PASSWORD\"; certificate = \"/c\";",
	    GOOD " password_file = \"PASSWORD\"; sever = 1;",
	    GOOD " password_file = \"PASSWORD\"; keepalive = 1;",
	    "https = { url = \"http://a\"; };",
	};
	struct sync_conf conf;

	assert_int_equal(read_conf(GOOD " password_file = \"PASSWORD\"; limits = { files = 7; };", &conf), 0);
	assert_int_equal(conf.servers.n, 2);
	assert_string_equal(conf.servers.v[1], "ldap://b");
	assert_string_equal(conf.link.password, "secret");
	assert_int_equal(conf.limits.most.files, 7);
	assert_int_equal(conf.limits.most.stops, 10000);
	sync_conf_free(&conf);
	assert_int_equal(read_conf("https = { url = \"https://a/b\"; };", &conf), 0);
	sync_conf_free(&conf);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (read_conf(bad[i], &conf) == 0)
			fail_msg("taken: %s", bad[i]);
		sync_conf_free(&conf);
	}
}

/* ---- state ------------------------------------------------------------------------------------------- */

TEST(a_line_of_the_state_is_read_as_it_was_written)
{
	struct carried file = {CARRIED_STOP, HEX}, read;
	struct buffer text = {NULL, 0, 0};
	const char *more;

	state_begin(&text);
	state_file(&text, &file, "5 x");
	assert_true(state_has(text.data, &file));
	assert_true(state_line(strchr(text.data, '\n') + 1, &read, &more));
	assert_true(read.kind == CARRIED_STOP && strcmp(read.hex, HEX) == 0);
	assert_string_equal(more, " 5 x\n");
	file.kind = CARRIED_FILE;
	assert_false(state_has(text.data, &file));
	assert_false(state_has(NULL, &file));
	buffer_free(&text);
}
