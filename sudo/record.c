/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: whether a sudo's terminal is recorded, see record.h.
 *
 * sudo calls this with the real uid and the limits of the agent, so that each step stands in a guard (guard.h): neither a
 * signal nor a limit of the agent's makes a recording end before the command.
 */
#include "config.h"

#include "sudo/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "common/state/audit_record.h"
#include "common/state/cast_store.h"
#include "common/state/context.h"
#include "common/user/guard.h"
#include "common/state/kill.h"
#include "common/state/session_find.h"
#include "common/state/user.h"
#include "common/verify/recording.h"
#include "sudo/described.h"

#define SENTENCE 256
#define END_MS 5000

struct aa_record {
	struct aa_sudo sudo; /* its strings are sudo's, which lives as long as this */
	json_t *about;
	struct aa_cast *cast; /* NULL: there is no more to be recorded */
	char name[AA_CAST_NAME_SIZE];
};

static struct aa_context context_of(const struct aa_sudo *sudo, const struct aa_guard *guard)
{
	return (struct aa_context){.statedir = sudo->statedir,
				   .rundir = sudo->rundir,
				   .logdir = sudo->logdir,
				   .owner = geteuid(),
				   .now = time(NULL),
				   .starved = guard->starved,
				   .gen_fd = -1,
				   .accounts.fd = -1};
}

/* ---- where it cannot be recorded -------------------------------------------------------------------- */

static const char *why_not(int err)
{
	switch (err) {
	case -EFBIG:
		return "the recording has reached 64 MiB";
	case -EDQUOT:
		return "the recordings of this agent have reached 2 GiB";
	case -ENOSPC:
		return "the disk that recordings are on is nearly full";
	default:
		return "the recording cannot be written";
	}
}

/* Logs that there is no recording, or no more of it. Returns whether the command may go on: it may where the host's policy
 * says so, and a recording that has reached its bound ends no command. The sentence is for the agent, once the guard is
 * lowered, since its terminal may keep us waiting. */
static bool goes_on(struct aa_context *ctx, const json_t *about, const char *name, int err,
		    char ret_sentence[SENTENCE])
{
	const struct aa_host *host = ctx->policy ? aa_policy_host(ctx->policy) : NULL;
	bool bound = err == -EFBIG,
	     on = bound || (host && host->audit_failure == AA_AUDIT_FAILURE_WARN && !ctx->starved);
	json_t *record = aa_audit_recording(about, bound ? "cut" : "failed", name, on ? "error" : "denied",
					    AA_AUDIT_UNAVAILABLE);

	aa_audit_set(record, "why", why_not(err));
	if (aa_context_audit(ctx, record) != AA_OK)
		on = false;
	(void)snprintf(ret_sentence, SENTENCE, "agentauth: %s: %s\n", why_not(err),
		       on ? "what follows is not recorded" : "this command must be recorded, and is ended");
	return on;
}

/* ---- the beginning -------------------------------------------------------------------------------------- */

static json_t *describe(const struct aa_sudo *sudo, const struct aa_session *s)
{
	struct aa_described texts;
	struct aa_audit_command command = aa_described_record(sudo, &texts);
	json_t *about = json_object();

	aa_audit_set(about, "agent", s->agent);
	aa_audit_put(about, "uid", json_integer(s->uid));
	aa_audit_set(about, "session", s->id);
	aa_audit_set(about, "rhost", s->rhost);
	aa_audit_set(about, "on_behalf_of", s->on_behalf_of);
	aa_audit_set(about, "task", s->task);
	aa_audit_set(about, "runas", command.runas);
	aa_audit_set(about, "tty", command.tty);
	aa_audit_set(about, "command", command.line ? command.line : "?");
	return about;
}

/* Answers AA_OK where it is to be recorded, AA_AGENT_UNKNOWN where it is not, and else why that cannot be told. */
static enum aa_reason find_session(struct aa_context *ctx, uint32_t uid, struct aa_session **ret)
{
	struct aa_user user;
	struct aa_agent *agent = NULL;
	enum aa_user_kind kind = aa_user_by_uid(ctx, uid, &user);
	enum aa_reason reason;
	bool recorded;

	if (kind != AA_USER_AGENT)
		return kind == AA_USER_OTHER ? AA_AGENT_UNKNOWN : AA_REGISTRY_UNAVAILABLE;
	reason = aa_context_agent(ctx, &user.account, &agent);
	if (reason != AA_OK)
		return reason;
	recorded = aa_recording_of_agent(ctx->policy, agent) & AA_RECORDING_TTY;
	aa_agent_free(agent);
	return recorded ? aa_session_find(ctx->rundir, ctx->owner, uid, ret) : AA_AGENT_UNKNOWN;
}

static enum aa_record_answer begin(const struct aa_sudo *sudo, struct aa_context *ctx,
				   const struct aa_session *session, unsigned columns, unsigned lines,
				   struct aa_record **ret, char ret_sentence[SENTENCE])
{
	struct aa_record *record = calloc(1, sizeof(*record));
	json_t *about = describe(sudo, session);
	struct aa_cast *cast = NULL;
	int r = record && json_object_get(about, "command")
		    ? aa_cast_begin(sudo->logdir, ctx->owner, about, columns, lines, &cast)
		    : -ENOMEM;

	if (r < 0) {
		bool on = goes_on(ctx, about, NULL, r, ret_sentence);

		json_decref(about);
		free(record);
		return on ? AA_RECORD_NONE : AA_RECORD_REFUSED;
	}
	record->sudo = *sudo;
	record->about = about;
	record->cast = cast;
	memcpy(record->name, aa_cast_name(cast), sizeof(record->name));
	*ret = record;
	return AA_RECORD_BEGUN;
}

enum aa_record_answer aa_record_begin(const struct aa_sudo *sudo, unsigned columns, unsigned lines,
				      struct aa_record **ret)
{
	enum aa_record_answer answer = AA_RECORD_REFUSED;
	struct aa_session *session = NULL;
	char sentence[SENTENCE] = "";
	struct aa_guard guard;
	struct aa_context ctx;
	enum aa_reason reason;

	aa_guard_raise(&guard);
	ctx = context_of(sudo, &guard);
	reason = find_session(&ctx, sudo->uid, &session);
	if (reason == AA_OK)
		answer = begin(sudo, &ctx, session, columns, lines, ret, sentence);
	else if (reason == AA_AGENT_UNKNOWN)
		answer = AA_RECORD_NONE;
	else
		(void)snprintf(sentence, sizeof(sentence), "agentauth: refused, since %s\n",
			       aa_reason_sentence(reason));
	aa_session_free(session);
	aa_context_close(&ctx);
	if (!aa_guard_lower(&guard))
		answer = AA_RECORD_REFUSED;
	if (sentence[0])
		sudo->say(sudo->say_data, sentence);
	return answer;
}

const char *aa_record_name(const struct aa_record *record)
{
	return record->name;
}

/* ---- what is shown ------------------------------------------------------------------------------------- */

/* Ends the process with all below it. */
static void end_below(const struct aa_process *process)
{
	struct aa_session all = {.opener = *process, .audit_session = UINT32_MAX, .login_uid = UINT32_MAX};
	struct aa_session *const sessions[] = {&all};
	const struct aa_process_set set = {.sessions = sessions, .n_sessions = 1};
	long killed;

	(void)aa_kill(&set, END_MS, &killed);
}

/* Ends all that this sudo has started. sudo itself would end the command alone, and where the command has no terminal would
 * wait for ever after that. */
static void end_command(void)
{
	DIR *proc = opendir("/proc");
	struct aa_process process;
	pid_t pid;

	while (proc && (pid = aa_proc_next(proc)) > 0)
		if (aa_process_read(pid, &process) == 0 && process.ppid == getpid())
			end_below(&process);
	if (proc)
		closedir(proc);
}

/* Tells what has happened in the recording too, as far as that can be written still. */
static bool give_up(struct aa_record *record, const struct aa_guard *guard, int err,
		    char ret_sentence[SENTENCE])
{
	struct aa_context ctx = context_of(&record->sudo, guard);
	bool on;

	(void)aa_cast_event(record->cast, 'm', "the recording ends here, the command does not");
	(void)aa_user_registry(&ctx);
	if (ctx.gen_fd >= 0)
		(void)aa_policy_openat(ctx.gen_fd, ctx.owner, &ctx.policy);
	on = goes_on(&ctx, record->about, record->name, err, ret_sentence);
	aa_context_close(&ctx);
	aa_cast_close(record->cast);
	record->cast = NULL;
	return on;
}

void aa_record_output(struct aa_record *record, enum aa_cast_stream stream, const char *piece, size_t len)
{
	char sentence[SENTENCE] = "";
	struct aa_guard guard;
	int r;

	if (!record->cast)
		return;
	aa_guard_raise(&guard);
	r = aa_cast_output(record->cast, stream, piece, len);
	if (r < 0 && !give_up(record, &guard, r, sentence))
		end_command();
	if (!aa_guard_lower(&guard))
		end_command();
	if (sentence[0])
		record->sudo.say(record->sudo.say_data, sentence);
}

void aa_record_event(struct aa_record *record, char code, const char *text)
{
	struct aa_guard guard;

	if (!record->cast)
		return;
	aa_guard_raise(&guard);
	(void)aa_cast_event(record->cast, code, text);
	(void)aa_guard_lower(&guard);
}

/* ---- the end --------------------------------------------------------------------------------------------- */

static enum aa_reason log_line(void *data, json_t *record)
{
	return aa_context_audit(data, record);
}

void aa_record_end(struct aa_record *record)
{
	struct aa_guard guard;
	struct aa_context ctx;
	char file[AA_CAST_NAME_SIZE + 8];

	if (!record)
		return;
	aa_guard_raise(&guard);
	ctx = context_of(&record->sudo, &guard);
	(void)aa_user_registry(&ctx);
	aa_cast_close(record->cast);
	(void)snprintf(file, sizeof(file), "%s.cast", record->name);
	/* A recording that cannot be sealed now is left to the next sweep. */
	(void)aa_cast_seal(ctx.logdir, ctx.owner, json_string_value(json_object_get(record->about, "agent")),
			   file, "recorded", log_line, &ctx);
	aa_context_close(&ctx);
	json_decref(record->about);
	free(record);
	(void)aa_guard_lower(&guard);
}
