/* SPDX-License-Identifier: Apache-2.0 */
/* fault_scenes.c: see fault_scenes.h. */
#include <config.h>

#include "tests/unit/agentauthctl/fault_scenes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/process.h"
#include "tests/unit/http/http_server.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/cli/alloc.h"

/* ---- what changes the text ---------------------------------------------------------------------- */

static void by_hand(struct fault_host *host)
{
	char *twin = xasprintf("%s/conf/agents.d/twin.conf", host->root);

	fault_write(host, "conf/agentauth.conf",
		    "host = { audience = [ \"ssh://web01.example.com\" ]; audit_failure = \"deny\"; };\n"
		    "roles = { deploy = { gid = 99001; }; logs = { gid = 99002; sudo = [ \"(root) "
		    "/usr/bin/id -u\" ]; }; };\n");
	fault_write(host, "conf/agents.d/bot.conf", "uid = 70001; roles = [ \"deploy\", \"logs\" ];\n");
	fault_write(host, "conf/agents.d/fresh.conf", "uid = 70003; roles = [ \"logs\" ];\n");
	assert_int_equal(unlink(twin), 0);
	free(twin);
}

const struct fault_scene fault_scene_apply = {
    .name = "apply", .words = {"apply", "--yes"}, .prepare = by_hand};
const struct fault_scene fault_scene_register = {
    .name = "register", .words = {"register", "fresh", "--role", "deploy", "--key", "one.pub"}};
const struct fault_scene fault_scene_retire = {.name = "retire", .words = {"retire", "twin"}};

static void have_key(struct fault_host *host)
{
	fault_ctl(host, (const char *const[]){"set", "bot", "--key", "one.pub", NULL});
}

const struct fault_scene fault_scene_rotate = {
    .name = "rotate",
    .words = {"rotate", "bot", "--key", "two.pub", "--grace", "1h"},
    .undo = {"rotate", "bot", "--undo"},
    .prepare = have_key};

/* ---- what decides beside it ---------------------------------------------------------------------- */

static void suspend_bot(struct fault_host *host)
{
	fault_ctl(host, (const char *const[]){"suspend", "bot", NULL});
}

const struct fault_scene fault_scene_suspend = {.name = "suspend",
						.words = {"suspend", "bot", "--why", "drill"}};
const struct fault_scene fault_scene_suspend_many = {
    .name = "suspend_many", .words = {"suspend", "bot", "twin", "--why", "drill"}, .many = true};
const struct fault_scene fault_scene_resume = {
    .name = "resume", .words = {"resume", "bot"}, .prepare = suspend_bot};

/* ---- sessions --------------------------------------------------------------------------------------- */

#define SESSION "0123456789abcdef0123456789abcdef"
#define ROOTS_OWN "fedcba9876543210fedcba9876543210"

static void write_session(const struct fault_host *host, const char *id, const struct aa_process *opener,
			  time_t deadline)
{
	char boot[AA_BOOT_ID_SIZE], *text, *path;

	assert_int_equal(aa_boot_id(boot), 0);
	text = xasprintf(
	    "{\"id\":\"%s\",\"agent\":\"bot\",\"service\":\"sshd\",\"kind\":\"assertion\",\"boot_id\":\"%s\","
	    "\"uid\":70001,\"login_uid\":4294967295,\"audit_session\":4294967295,\"created\":%lld,"
	    "\"opened\":%lld,\"deadline\":%lld,\"rhost\":\"192.0.2.7\",\"roles\":[\"deploy\"],"
	    "\"creator\":[0,0,0],\"parent\":[0,0,0],\"opener\":[%ld,%ld,%llu]}",
	    id, boot, (long long)host->now - 60, (long long)host->now - 60, (long long)deadline,
	    (long)opener->pid, (long)opener->ppid, (unsigned long long)opener->start);
	path = xasprintf("run/sessions/%s.json", id);
	fault_write(host, path, text);
	free(path);
	path = xasprintf("run/sessions/by-agent/bot/%s", id);
	fault_write(host, path, "");
	free(path);
	free(text);
}

/* A process that a session's end ends. */
static void start_victim(struct fault_host *host)
{
	host->victim = fork();
	assert_true(host->victim >= 0);
	if (host->victim == 0) {
		for (;;)
			pause();
	}
}

static void end_victim(struct fault_host *host)
{
	if (host->victim <= 0)
		return;
	(void)kill(host->victim, SIGKILL);
	(void)waitpid(host->victim, NULL, 0);
	host->victim = 0;
}

static void open_session(struct fault_host *host)
{
	struct aa_process opener;

	start_victim(host);
	assert_int_equal(aa_process_read(host->victim, &opener), 0);
	write_session(host, SESSION, &opener, 0);
}

static void open_session_past(struct fault_host *host)
{
	struct aa_process opener;

	start_victim(host);
	assert_int_equal(aa_process_read(host->victim, &opener), 0);
	write_session(host, SESSION, &opener, host->now - 1);
}

const struct fault_scene fault_scene_kill = {.name = "kill",
					     .words = {"session", "kill", "0123456789"},
					     .reaped = true,
					     .each = open_session,
					     .each_ended = end_victim};

/* ---- requests ---------------------------------------------------------------------------------------- */

static void write_request(const struct fault_host *host, const char *id, const struct aa_process *asker,
			  const char *more)
{
	char boot[AA_BOOT_ID_SIZE], path[64], *text;

	assert_int_equal(aa_boot_id(boot), 0);
	text = xasprintf(
	    "{\"id\":\"%s\",\"agent\":\"bot\",\"uid\":70001,\"command\":\"/usr/bin/id\",\"runas\":\"root\","
	    "\"cwd\":\"/\",\"host\":\"web01.example.com\",\"rhost\":\"192.0.2.7\",\"role\":\"deploy\","
	    "\"session\":\"" SESSION "\",\"created\":%lld,\"until\":%lld,\"pid\":%ld,\"start\":%llu,"
	    "\"boot_id\":\"%s\"%s}",
	    id, (long long)host->now, (long long)host->now + 3600, (long)asker->pid,
	    (unsigned long long)asker->start, boot, more);
	(void)snprintf(path, sizeof(path), "run/approvals/%s.json", id);
	fault_write(host, path, text);
	free(text);
}

static void ask_for_command(struct fault_host *host)
{
	struct aa_process self;

	assert_int_equal(aa_process_read(getpid(), &self), 0);
	write_request(host, "123456", &self, "");
}

static void ask_for_role(struct fault_host *host)
{
	static const struct aa_process gone = {0, 0, 0};

	write_request(host, "123456", &gone, ",\"elevate\":\"logs\",\"lasting\":true,\"why\":\"to look\"");
}

const struct fault_scene fault_scene_approve = {.name = "approve",
						.words = {"approval", "approve", "123456", "--why", "fine"},
						.prepare = ask_for_command};
const struct fault_scene fault_scene_approve_role = {
    .name = "approve_role",
    .words = {"approval", "approve", "123456", "--for", "30m"},
    .prepare = ask_for_role,
    .many = true, /* the answer, then the role */
};
const struct fault_scene fault_scene_deny = {
    .name = "deny", .words = {"approval", "deny", "123456"}, .prepare = ask_for_command};

/* ---- what is over -------------------------------------------------------------------------------------- */

/* Requests and sessions whose processes are gone, and a writer's file. */
static void leave_behind(struct fault_host *host)
{
	static const struct aa_process gone = {0, 0, 0};

	write_request(host, "654321", &gone, "");
	write_session(host, ROOTS_OWN, &gone, 0);
}

const struct fault_scene fault_scene_reap = {.name = "reap",
					     .words = {"session", "reap", "--grace", "0"},
					     .reaped = true,
					     .many = true, /* one thing that was left after the other */
					     .prepare = leave_behind,
					     .each = open_session_past,
					     .each_ended = end_victim};

/* ---- keys of an issuer ------------------------------------------------------------------------------------ */

/* The server answers in a thread of the test's own, until the test ends. */
static unsigned serve_keys(const struct fault_host *host)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *file = xasprintf("%s/ca.pem", host->top);
	X509 *authority, *cert;

	assert_non_null(key);
	authority = make_cert(key, "Test authority", NULL, NULL, key, false);
	cert = make_cert(key, "server", "IP:127.0.0.1", authority, key, false);
	write_cert(file, authority);
	(void)signal(SIGPIPE, SIG_IGN); /* of clients that are killed */
	free(file);
	return start(cert, key)->port;
}

static void have_issuer(struct fault_host *host)
{
	char *text =
	    xasprintf("host = { audience = [ \"ssh://web01.example.com\" ]; audit_failure = \"deny\"; };\n"
		      "issuers = { corp = { issuer = \"https://idp.example.com\"; "
		      "jwks_uri = \"https://127.0.0.1:%u/keys\"; ca_file = \"%s/ca.pem\"; "
		      "client_claim = \"azp\"; reuse = \"once\"; }; };\n"
		      "roles = { deploy = { gid = 99001; }; logs = { gid = 99002; }; };\n",
		      serve_keys(host), host->top);

	fault_write(host, "conf/agentauth.conf", text);
	fault_ctl(host, (const char *const[]){"apply", "--yes", NULL});
	free(text);
}

const struct fault_scene fault_scene_refresh = {
    .name = "refresh", .words = {"issuer", "refresh", "corp"}, .prepare = have_issuer};

/* ---- the log ------------------------------------------------------------------------------------------------ */

static void have_lines(struct fault_host *host)
{
	fault_ctl(host, (const char *const[]){"suspend", "bot", NULL});
	fault_ctl(host, (const char *const[]){"audit", "seal", NULL});
	fault_ctl(host, (const char *const[]){"resume", "bot", NULL});
}

const struct fault_scene fault_scene_audit_show = {
    .name = "audit_show", .words = {"audit", "show", "--agent", "bot"}, .prepare = have_lines};
const struct fault_scene fault_scene_audit_verify = {
    .name = "audit_verify", .words = {"audit", "verify"}, .prepare = have_lines};
const struct fault_scene fault_scene_audit_seal = {.name = "audit_seal",
						   .words = {"audit", "seal"},
						   .prepare = suspend_bot,
						   .many = true}; /* the key, then the seal */
