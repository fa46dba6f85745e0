/* SPDX-License-Identifier: Apache-2.0 */
/* test_last_refusal.c: what the end of an audit log says of an agent's last login. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/commands/last_refusal.h"
#include "tools/cli/alloc.h"

#define RECORD(agent, event, result, reason) \
	"{\"time\":\"2027-01-31T00:00:00.123456Z\",\"event\":\"" event \
	"\",\"service\":\"sshd\",\"agent\":\"" agent "\",\"rhost\":\"192.0.2.1\",\"result\":\"" result \
	"\",\"reason\":\"" reason "\"}\n"
#define IN(agent) RECORD(agent, "auth", "ok", "ok")
#define OUT(agent, reason) RECORD(agent, "auth", "denied", reason)

static char dir[] = "/tmp/last-refusal-XXXXXX";

static void write_log(const char *before, const char *lines)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(before, f);
	fputs(lines, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* The words in the parentheses, and what is to be done. NULL: no refusal. */
static void assert_refused(const char *agent, const char *text, const char *cure)
{
	struct ctl ctl = {.logdir = dir, .paths = {.owner = geteuid()}};
	json_t *record = last_refusal(&ctl, agent);
	char *said, *done;

	if (!text) {
		assert_null(record);
		return;
	}
	assert_non_null(record);
	said = last_refusal_text(record);
	done = last_refusal_cure(record);
	assert_string_equal(said, text);
	if (cure)
		assert_string_equal(done, cure);
	else
		assert_null(done);
	free(said);
	free(done);
	json_decref(record);
}

TEST(the_last_login_counts_and_no_other_agents)
{
	write_log(IN("bot") OUT("bot", "agent_suspended"), OUT("bot-2", "revoked") IN("other"));
	assert_refused("bot",
		       "2027-01-31T00:00:00Z, sshd from 192.0.2.1: the agent is suspended (agent_suspended)",
		       "agentauthctl resume bot");
	write_log(OUT("bot", "agent_suspended"), IN("bot"));
	assert_refused("bot", NULL, NULL);
	assert_refused("nobody", NULL, NULL);
}

TEST(what_is_no_login_is_no_refusal_of_one)
{
	write_log(OUT("bot", "source_denied"),
		  RECORD("bot", "sudo", "ok", "ok") RECORD("bot", "admin", "ok", "ok"));
	assert_refused("bot",
		       "2027-01-31T00:00:00Z, sshd from 192.0.2.1: none of the agent's roles admits this "
		       "address (source_denied)",
		       "agentauthctl set bot --source 192.0.2.1");
	write_log("", RECORD("bot", "sudo", "denied", "role_denied"));
	assert_refused("bot", NULL, NULL);
}

static void write_refusal_from(const char *rhost)
{
	char *line =
	    xasprintf("{\"time\":\"2027-01-31T00:00:00Z\",\"event\":\"auth\",\"service\":\"sshd\",\"agent\":"
		      "\"bot\",\"rhost\":\"%s\",\"result\":\"denied\",\"reason\":\"source_denied\"}\n",
		      rhost);

	write_log("", line);
	free(line);
}

TEST(a_strangers_text_is_in_no_command)
{
	static const char sentence[] = ": none of the agent's roles admits this address (source_denied)";
	char *text;

	write_refusal_from("2001:db8::1");
	text = xasprintf("2027-01-31T00:00:00Z, sshd from 2001:db8::1%s", sentence);
	assert_refused("bot", text, "agentauthctl set bot --source 2001:db8::1");
	free(text);
	write_refusal_from("a.example;reboot");
	text = xasprintf("2027-01-31T00:00:00Z, sshd from a.example;reboot%s", sentence);
	assert_refused("bot", text, "agentauthctl set bot --source CIDR, the network that it comes from");
	free(text);
	write_refusal_from("a\\u001b[2J");
	text = xasprintf("2027-01-31T00:00:00Z, sshd from a\\x1b[2J%s", sentence);
	assert_refused("bot", text, "agentauthctl set bot --source CIDR, the network that it comes from");
	free(text);
}

TEST(torn_lines_and_unknown_words_are_borne)
{
	write_log("\"agent\":\"bot\"}\n{\"agent\":\"bot\",\n[]\n", OUT("bot", "of_the_future"));
	assert_refused("bot",
		       "2027-01-31T00:00:00Z, sshd from 192.0.2.1: a reason that this version does not know "
		       "(of_the_future)",
		       NULL);
	write_log("{\"agent\":\"bot\",\"event\":\"auth\",\"result\":\"denied\"}\n", "");
	assert_refused("bot", "Z, : a reason that this version does not know ()", NULL);
}

TEST(the_end_of_a_long_log_is_read)
{
	char *much = malloc(600001);

	assert_non_null(much);
	memset(much, 'x', 600000);
	for (size_t i = 99; i < 600000; i += 100)
		much[i] = '\n';
	much[600000] = 0;
	write_log(much, OUT("bot", "replayed"));
	assert_refused(
	    "bot", "2027-01-31T00:00:00Z, sshd from 192.0.2.1: this credential was used before (replayed)",
	    "have the agent present a new one: each opens one login");
	free(much);
}

BEFORE_ALL(make_folder)
{
	assert_non_null(mkdtemp(dir));
}

AFTER_ALL(remove_folder)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", dir);
	(void)unlink(path);
	assert_int_equal(rmdir(dir), 0);
}
