/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c: waits for the answer to a request, see wait.h. */
#include "config.h"

#include "sudo/wait.h"

#include <signal.h>
#include <time.h>

/* sudo keeps signals for the command that it is to run. While there is no command they end the wait. */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_ENDS (sizeof(ends) / sizeof(ends[0]))
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void catch_ends(struct sigaction ret_old[N_ENDS], sigset_t *ret_mask)
{
	struct sigaction action = {.sa_handler = interrupt};
	sigset_t mask;

	interrupted = 0;
	sigemptyset(&mask);
	for (size_t i = 0; i < N_ENDS; i++) {
		(void)sigaction(ends[i], &action, &ret_old[i]);
		(void)sigaddset(&mask, ends[i]);
	}
	(void)sigprocmask(SIG_UNBLOCK, &mask, ret_mask);
}

static void release_ends(const struct sigaction old[N_ENDS], const sigset_t *mask)
{
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	for (size_t i = 0; i < N_ENDS; i++)
		(void)sigaction(ends[i], &old[i], NULL);
}

static enum aa_request_state look_for_answer(const char *rundir, uid_t owner, const char *id, int64_t until,
					     json_t **ret_answer)
{
	struct aa_guard guard;
	enum aa_request_state state;

	aa_guard_raise(&guard);
	state = aa_approval_poll(rundir, owner, id, until, time(NULL), ret_answer);
	(void)aa_guard_lower(&guard);
	return state;
}

/* Waits without the guard: the agent may interrupt its own sudo, and stop it. An answer that came in time and is
 * acted upon too late does not count. */
enum aa_request_state aa_wait_answer(const char *rundir, struct aa_guard *guard, const struct aa_context *ctx,
				     const char *id, json_t **ret_answer)
{
	const struct timespec step = {0, 100000000};
	int64_t until = ctx->now + AA_APPROVAL_WAIT;
	struct sigaction old[N_ENDS];
	enum aa_request_state state;
	sigset_t mask;

	(void)aa_guard_lower(guard);
	catch_ends(old, &mask);
	for (;;) {
		state = look_for_answer(rundir, ctx->owner, id, until, ret_answer);
		if (state != AA_REQUEST_OPEN || interrupted)
			break;
		(void)nanosleep(&step, NULL);
	}
	release_ends(old, &mask);
	aa_guard_raise(guard);
	if (state == AA_REQUEST_OPEN)
		return AA_REQUEST_WITHDRAWN;
	return state == AA_REQUEST_APPROVED && time(NULL) > until ? AA_REQUEST_TIMED_OUT : state;
}
