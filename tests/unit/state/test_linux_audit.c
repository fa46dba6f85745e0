/* SPDX-License-Identifier: Apache-2.0 */
/* test_linux_audit.c: the text that the kernel's audit gets; tests/integration/linux_audit.bats reads it by ausearch. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "common/state/linux_audit.h"
#include "tests/unit/support/test.h"

static char text[AA_LINUX_AUDIT_MAX];

static unsigned text_for(const char *json)
{
	json_t *record = json_loads(json, 0, NULL);
	unsigned type;

	assert_non_null(record);
	type = aa_linux_audit_text(record, "/usr/sbin/sshd", text);
	json_decref(record);
	return type;
}

TEST(a_decision_is_a_record_of_a_trusted_program_so_that_no_login_is_counted_twice)
{
	assert_int_equal(
	    text_for(
		"{\"seq\":7,\"event\":\"auth\",\"agent\":\"builder-7\",\"rhost\":\"10.0.0.7\",\"result\":"
		"\"denied\",\"reason\":\"expired\",\"on_behalf_of\":\"alice@example.com\","
		"\"roles\":[\"deploy\"]}"),
	    1121);
	assert_string_equal(text,
			    "op=agentauth:auth acct=\"builder-7\" on_behalf_of=\"alice@example.com\" "
			    "reason=\"expired\" seq=7 role=\"deploy\" exe=\"/usr/sbin/sshd\" hostname=? "
			    "addr=10.0.0.7 terminal=? res=failed");
	assert_int_equal(
	    text_for("{\"event\":\"sudo\",\"agent\":\"builder-7\",\"result\":\"ok\",\"tty\":\"/dev/pts/3\"}"),
	    1121);
	assert_non_null(strstr(text, " terminal=/dev/pts/3 res=success"));
}

TEST(a_change_by_an_administrator_is_one_of_an_account_or_a_group)
{
	static const struct {
		const char *command;
		unsigned type;
	} changes[] = {{"register builder-7 --role deploy", 1114},
		       {"retire builder-7", 1115},
		       {"suspend builder-7", 1102},
		       {"resume builder-7", 1102},
		       {"set builder-7 --owner x", 1102},
		       {"agent builder-7 added by apply", 1102}};
	char json[200];

	for (size_t i = 0; i < COUNT(changes); i++) {
		(void)snprintf(json, sizeof(json),
			       "{\"event\":\"admin\",\"agent\":\"builder-7\",\"command\":\"%s\"}",
			       changes[i].command);
		assert_int_equal(text_for(json), changes[i].type);
	}
	assert_int_equal(
	    text_for("{\"event\":\"admin\",\"roles\":[\"deploy\"],\"command\":\"role deploy changed\"}"),
	    1132);
	assert_non_null(strstr(text, " grp=\"deploy\""));
	/* What does not name an agent changes none, and what is no administrator's does not either. */
	assert_int_equal(text_for("{\"event\":\"admin\",\"command\":\"suspend --role deploy\"}"), 1121);
	assert_int_equal(
	    text_for("{\"event\":\"sudo\",\"agent\":\"builder-7\",\"command\":\"suspend builder-7\"}"), 1121);
}

TEST(a_value_cannot_be_taken_for_a_name_or_for_the_end)
{
	static const char *const hostile[] = {
	    "x res=success", "a\\\"b", "it's", "exe=", "\\n", "type=AVC msg", "\\u00e4", "a b"};
	char json[200];

	for (size_t i = 0; i < COUNT(hostile); i++) {
		(void)snprintf(json, sizeof(json),
			       "{\"event\":\"auth\",\"task\":\"%s\",\"jti\":\"%s\",\"tty\":\"%s\"}",
			       hostile[i], hostile[i], hostile[i]);
		(void)text_for(json);
		assert_non_null(strstr(text, " jti="));
		assert_null(strstr(text, "jti=\""));
		assert_non_null(strstr(text, " terminal=? res=failed"));
	}
	(void)text_for("{\"event\":\"auth\",\"jti\":\"a b\"}");
	assert_non_null(strstr(text, " jti=612062 "));
	(void)text_for("{\"event\":\"auth\",\"jti\":\"ab\"}");
	assert_non_null(strstr(text, " jti=\"ab\" "));
	/* An address that is a name or a network is none. */
	(void)text_for("{\"event\":\"a b\",\"rhost\":\"2001:db8::/64\"}");
	assert_non_null(strstr(text, "op=agentauth:? "));
	assert_non_null(strstr(text, " addr=? "));
}

TEST(the_longest_record_keeps_its_end)
{
	static const char *const members[] = {"agent", "session", "on_behalf_of", "reason", "issuer",  "kid",
					      "jti",   "by",	  "request",	  "runas",  "command", "tty"};
	json_t *record = json_pack("{s:s, s:[s]}", "event", "auth", "roles", "deploy");
	char big[4096];

	memset(big, ' ', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (size_t i = 0; i < COUNT(members); i++)
		json_object_set_new(record, members[i], json_string(big));
	assert_int_equal(aa_linux_audit_text(record, big, text), 1121);
	assert_non_null(strstr(text, " hostname=? addr=? terminal=? res=failed"));
	json_decref(record);
}

TEST(a_kernel_that_does_not_take_it_is_no_error)
{
	json_t *record =
	    json_pack("{s:s, s:s, s:s}", "event", "admin", "result", "ok", "command", "unit test");

	errno = ENOTTY;
	print_message("the kernel %s a record here\n",
		      aa_linux_audit_send(record) ? "takes" : "does not take");
	assert_int_equal(errno, ENOTTY);
	json_decref(record);
}
