/* SPDX-License-Identifier: Apache-2.0 */
/* test_journal.c: what reaches the journal, held against a fake socket; tests/integration/audit_export.bats has the real
 * journal. */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "common/state/journal.h"
#include "common/state/monotonic.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define PRIORITY (LOG_AUTHPRIV | LOG_NOTICE)

static int fake = -1; /* the socket that stands for the journal's */
static char datagram[65536];
static size_t datagram_len;

static int setup(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)test_dir_setup(state);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", test_dir);
	fake = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fake >= 0 && bind(fake, (struct sockaddr *)&at, sizeof(at)) == 0);
	return 0;
}

static int teardown(void **state)
{
	close(fake);
	return test_dir_teardown(state);
}

FIXTURE(journal, setup, teardown);

static bool send_text(const char *json)
{
	json_t *record = json_loads(json, 0, NULL);
	bool taken;

	assert_non_null(record);
	taken = aa_journal_send(test_dir, geteuid(), PRIORITY, "agentauth: a line", record);
	json_decref(record);
	return taken;
}

static void receive(void)
{
	ssize_t n = recv(fake, datagram, sizeof(datagram), 0);

	assert_true(n > 0);
	datagram_len = (size_t)n;
}

/* Walks over the fields as the journal does, and gives the n-th of this name; NULL: there are fewer. */
static const char *field(const char *name, unsigned n)
{
	static char value[2048];
	const char *at = datagram, *end = datagram + datagram_len, *line;
	uint64_t len;

	while (at < end) {
		line = memchr(at, '\n', (size_t)(end - at));
		assert_non_null(line);
		memcpy(&len, line + 1, sizeof(len));
		len = le64toh(len);
		assert_true(len < sizeof(value) && line + 1 + sizeof(len) + len < end);
		assert_int_equal(line[1 + sizeof(len) + len], '\n');
		if ((size_t)(line - at) == strlen(name) && memcmp(at, name, strlen(name)) == 0 && n-- == 1) {
			memcpy(value, line + 1 + sizeof(len), len);
			value[len] = '\0';
			return value;
		}
		at = line + 1 + sizeof(len) + len + 1;
	}
	return NULL;
}

static void assert_field(const char *name, unsigned n, const char *value)
{
	const char *found = field(name, n);

	assert_non_null(found);
	assert_string_equal(found, value);
}

TEST(each_member_of_a_record_is_a_field_of_its_own, journal)
{
	assert_true(
	    send_text("{\"seq\":7,\"event\":\"sudo\",\"agent\":\"builder-7\",\"roles\":[\"deploy\",\"view\"],"
		      "\"unchained\":true}"));
	receive();
	assert_field("MESSAGE", 1, "agentauth: a line");
	assert_field("PRIORITY", 1, "5");
	assert_field("SYSLOG_FACILITY", 1, "10");
	assert_field("SYSLOG_IDENTIFIER", 1, program_invocation_short_name);
	assert_field("AGENTAUTH_SEQ", 1, "7");
	assert_field("AGENTAUTH_EVENT", 1, "sudo");
	assert_field("AGENTAUTH_AGENT", 1, "builder-7");
	assert_field("AGENTAUTH_ROLES", 1, "deploy");
	assert_field("AGENTAUTH_ROLES", 2, "view");
	assert_null(field("AGENTAUTH_ROLES", 3));
	assert_field("AGENTAUTH_UNCHAINED", 1, "true");
}

TEST(a_value_cannot_begin_a_field_nor_a_member_take_the_name_of_another, journal)
{
	assert_true(
	    send_text("{\"agent\":\"builder-7\",\"task\":\"x\\nAGENTAUTH_AGENT=root\\nMESSAGE\\n\","
		      "\"_uid\":\"0\",\"a b\":\"c\",\"\\u00e4\":\"c\",\"nested\":{\"agent\":\"root\"}}"));
	receive();
	assert_field("AGENTAUTH_AGENT", 1, "builder-7");
	assert_null(field("AGENTAUTH_AGENT", 2));
	assert_null(field("MESSAGE", 2));
	assert_null(field("_UID", 1));
	assert_field("AGENTAUTH_TASK", 1, "x\nAGENTAUTH_AGENT=root\nMESSAGE\n");
	assert_null(field("AGENTAUTH_A B", 1));
	assert_null(field("AGENTAUTH_NESTED", 1));
}

TEST(without_a_journal_the_caller_is_told_to_ask_syslog, journal)
{
	char path[300];

	assert_true(send_text("{\"agent\":\"builder-7\"}"));
	close(fake); /* nobody listens */
	assert_false(send_text("{\"agent\":\"builder-7\"}"));
	(void)snprintf(path, sizeof(path), "%s/socket", test_dir);
	assert_int_equal(unlink(path), 0);
	assert_false(send_text("{\"agent\":\"builder-7\"}"));
	fake = -1;
}

TEST(a_socket_that_others_could_have_put_there_is_sent_nothing, journal)
{
	char link[300];
	json_t *record = json_pack("{s:s}", "agent", "builder-7");

	assert_int_equal(chmod(test_dir, 0777), 0);
	assert_false(send_text("{\"agent\":\"builder-7\"}"));
	assert_int_equal(recv(fake, datagram, sizeof(datagram), 0), -1);
	assert_int_equal(chmod(test_dir, 0755), 0);
	assert_true(send_text("{\"agent\":\"builder-7\"}"));
	(void)snprintf(link, sizeof(link), "%s/link", test_dir);
	assert_int_equal(symlink(test_dir, link), 0);
	assert_false(aa_journal_send(link, geteuid(), PRIORITY, "x", record));
	assert_int_equal(unlink(link), 0);
	json_decref(record);
}

TEST(a_full_socket_holds_nobody_up_and_errno_is_left_alone, journal)
{
	int64_t begun;
	unsigned sent = 0;

	/* Until the queue is full a message takes no time. */
	do {
		begun = aa_monotonic_us();
		assert_true(send_text("{\"agent\":\"builder-7\"}"));
		sent++;
	} while (aa_monotonic_us() - begun < AA_JOURNAL_WAIT_MS * 1000 && sent < 100000);
	begun = aa_monotonic_us();
	errno = ENOTTY;
	assert_true(send_text("{\"agent\":\"builder-7\"}"));
	assert_int_equal(errno, ENOTTY);
	print_message("full after %u messages; one more is given up after %lld ms\n", sent,
		      (long long)(aa_monotonic_us() - begun) / 1000);
	assert_true(aa_monotonic_us() - begun >= AA_JOURNAL_WAIT_MS * 1000);
	assert_true(aa_monotonic_us() - begun < 40 * AA_JOURNAL_WAIT_MS * 1000);
	receive();
	assert_field("AGENTAUTH_AGENT", 1, "builder-7");
}

TEST(a_record_that_no_datagram_holds_is_left_to_syslog, journal)
{
	size_t len = 4 << 20;
	char *big = malloc(len + 1);
	json_t *record;

	assert_non_null(big);
	memset(big, 'x', len);
	big[len] = '\0';
	record = json_pack("{s:s}", "command", big);
	assert_false(aa_journal_send(test_dir, geteuid(), PRIORITY, big, record));
	assert_false(aa_journal_send(test_dir, geteuid(), PRIORITY, "short", record));
	json_decref(record);
	free(big);
}
