/* SPDX-License-Identifier: Apache-2.0 */
/* last_look.c: see last_look.h. */
#include "config.h"

#include "common/state/last_look.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "common/state/admit.h"
#include "common/state/monotonic.h"
#include "common/user/guard.h"

#define NAME_SIZE 16 /* of a process, proc(5) */
#define SETTLE_MS 2000

static bool copy(char *ret, size_t cap, const char *text)
{
	int n = snprintf(ret, cap, "%s", text ? text : "");

	return n >= 0 && (size_t)n < cap;
}

/* Keeps as much of each text as the log takes. */
static void describe(struct aa_last_look *look, const struct aa_audit_command *command)
{
	(void)copy(look->line, sizeof(look->line), command->line);
	(void)copy(look->directory, sizeof(look->directory), command->directory);
	(void)copy(look->runas, sizeof(look->runas), command->runas);
	(void)copy(look->tty, sizeof(look->tty), command->tty);
	(void)copy(look->role, sizeof(look->role), command->role);
}

static const char *known(const char *text)
{
	return *text ? text : NULL;
}

bool aa_last_look_set(struct aa_last_look *ret, const struct aa_context *ctx,
		      const struct aa_session *session, const char *service,
		      const struct aa_audit_command *command, int64_t until)
{
	struct aa_last_look look = {
	    .owner = ctx->owner, .uid = session->uid, .sudo = getpid(), .until = until};

	if (command)
		describe(&look, command);
	if (!copy(look.statedir, sizeof(look.statedir), ctx->statedir) ||
	    !copy(look.rundir, sizeof(look.rundir), ctx->rundir) ||
	    !copy(look.logdir, sizeof(look.logdir), ctx->logdir) ||
	    !copy(look.agent, sizeof(look.agent), session->agent) ||
	    !copy(look.session, sizeof(look.session), session->id) ||
	    !copy(look.service, sizeof(look.service), service))
		return false;
	*ret = look;
	return true;
}

/* ---- the look --------------------------------------------------------------------------------- */

static enum aa_reason admit(const struct aa_last_look *look, struct aa_context *ctx,
			    struct aa_session **ret_session)
{
	struct aa_account account;
	struct aa_agent *agent = NULL;
	enum aa_reason reason;

	if (aa_context_find(ctx, look->agent, &account) < 0)
		return AA_REGISTRY_UNAVAILABLE;
	reason = aa_context_agent(ctx, &account, &agent);
	if (reason == AA_OK)
		reason = aa_admit_again(ctx, agent, look->session, look->service, ret_session);
	if (reason == AA_OK && look->until && ctx->now > look->until)
		reason = AA_APPROVAL_TIMEOUT;
	aa_agent_free(agent);
	return reason;
}

enum aa_reason aa_last_look(const struct aa_last_look *look)
{
	struct aa_context ctx = {.statedir = look->statedir,
				 .rundir = look->rundir,
				 .logdir = look->logdir,
				 .owner = look->owner,
				 .now = time(NULL),
				 .gen_fd = -1,
				 .accounts.fd = -1};
	const struct aa_audit_command command = {.line = known(look->line),
						 .directory = known(look->directory),
						 .runas = known(look->runas),
						 .tty = known(look->tty),
						 .role = known(look->role),
						 .pid = look->sudo};
	struct aa_audit_event record = {
	    .event = "sudo", .service = look->service, .agent = look->agent, .uid = look->uid};
	int64_t started_us = aa_monotonic_us();
	struct aa_session *session = NULL;

	record.reason = admit(look, &ctx, &session);
	if (record.reason != AA_OK) {
		record.session = session;
		record.command = &command;
		record.micros = aa_monotonic_us() - started_us;
		(void)aa_context_audit(&ctx, aa_audit_event(&record));
	}
	aa_session_free(session);
	aa_context_close(&ctx);
	return record.reason;
}

/* ---- at forks ----------------------------------------------------------------------------------- */

static struct aa_last_look armed;
static bool is_armed, is_registered;
static bool
    is_command; /* the fork is sudo's own, which begins with all signals blocked, and not that of a PAM module */
static bool is_child; /* this process was forked for a command: it, or sudo's monitor, which forks it */
static char name_before[NAME_SIZE];

static void before_fork(void)
{
	static const int some[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM, SIGUSR1};
	sigset_t mask;

	is_command = is_armed && pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0;
	for (size_t i = 0; is_command && i < sizeof(some) / sizeof(some[0]); i++)
		is_command = sigismember(&mask, some[i]) == 1;
}

/* A monitor has forked the command: from now on the child is between its look and its command. */
static void in_parent(void)
{
	if (is_child && is_armed)
		(void)prctl(PR_SET_NAME, name_before, 0UL, 0UL, 0UL);
}

static void name_of(uint32_t uid, char ret[NAME_SIZE])
{
	(void)snprintf(ret, NAME_SIZE, "aalook-%08x", uid);
}

/* Takes the name before the look. A command that changes something, and finds no such name after it, knows that every
 * later look sees the change. */
static void be_known(void)
{
	char name[NAME_SIZE];

	if (!is_child)
		(void)prctl(PR_GET_NAME, name_before, 0UL, 0UL, 0UL);
	is_child = true;
	name_of(armed.uid, name);
	(void)prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL);
}

static void look_or_end(void)
{
	struct aa_guard guard;
	enum aa_reason reason;

	aa_guard_raise(&guard);
	reason = aa_last_look(&armed);
	(void)aa_guard_lower(&guard);
	if (reason == AA_OK)
		return;
	(void)dprintf(STDERR_FILENO, "agentauth: %s is refused: %s\n", armed.service,
		      aa_reason_sentence(reason));
	_exit(1);
}

/* A child that a PAM module forks, as a helper of its own, is left alone. */
static void in_child(void)
{
	uid_t ruid, euid, suid;

	if (!is_armed)
		return;
	if (is_command && getresuid(&ruid, &euid, &suid) == 0 && euid == 0) {
		(void)syscall(SYS_setresuid, 0, 0, 0);
		be_known();
	}
	look_or_end();
}

bool aa_last_look_at_forks(const struct aa_last_look *look)
{
	if (!is_registered && pthread_atfork(before_fork, in_parent, in_child) != 0)
		return false;
	is_registered = true;
	armed = *look;
	is_armed = true;
	return true;
}

void aa_last_look_forget(void)
{
	is_armed = false;
}

/* ---- waiting for those that looked ------------------------------------------------------------------ */

/* Says whether the process has such a name. An agent may give its own processes any name, so only root's count. */
static bool is_looking(int proc, pid_t pid, uint32_t uid)
{
	char path[64], text[NAME_SIZE + 1], name[NAME_SIZE];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%d/comm", (int)pid);
	if (fstatat(proc, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid != 0 ||
	    aa_proc_text(proc, path, text, sizeof(text)) <= 0)
		return false;
	name_of(uid, name);
	return strncmp(text, name, uid ? NAME_SIZE - 1 : strlen("aalook-")) == 0;
}

/* Counts them; `end`: ends them. */
static unsigned count(uint32_t uid, bool end)
{
	DIR *proc = opendir("/proc");
	unsigned n = 0;
	pid_t pid;

	while (proc && (pid = aa_proc_next(proc)) > 0) {
		if (!is_looking(dirfd(proc), pid, uid))
			continue;
		n++;
		if (end)
			(void)kill(pid, SIGKILL);
	}
	if (proc)
		closedir(proc);
	return n;
}

void aa_last_look_settle(uint32_t uid)
{
	const struct timespec step = {0, 2000000};
	int64_t begin = aa_monotonic_us(), passed = 0;

	while (passed < 2 * SETTLE_MS && count(uid, passed > SETTLE_MS) > 0) {
		(void)nanosleep(&step, NULL);
		passed = (aa_monotonic_us() - begin) / 1000;
	}
}
