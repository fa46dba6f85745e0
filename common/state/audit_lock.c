/* SPDX-License-Identifier: Apache-2.0 */
/* audit_lock.c: waits in the kernel, with a timer that ends the wait, see audit_lock.h.
 *
 * A writer that only looked again and again would be overtaken by those that came later, for milliseconds. The kernel
 * serves in order. But a writer that was woken and is not given the processor (SCHED_IDLE, a cgroup's quota) keeps all
 * that came after it waiting, though nobody holds the lock: so that wait is short, and then the writer looks for itself.
 */
#include "config.h"

#include "common/state/audit_lock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/state/monotonic.h"

#define IN_ORDER_US 20000
#define AGAIN_NS 5000000 /* the timer's signal may come just before the wait begins */
#define WAKE (SIGRTMAX - 1)

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* The action of a signal is the whole process's: one thread at a time changes it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void interrupt(int signal)
{
	(void)signal;
}

static bool wait_in_order(int fd, int64_t until)
{
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR || aa_monotonic_us() >= until)
			return false;
	return true;
}

/* Waits with the signal let through to this thread. The timer may have sent one more, which is taken away, since it
 * ends the process once its action is the old one again. */
static bool wait_with_signal(int fd, timer_t timer, int64_t wait_us)
{
	static const struct timespec at_once = {0, 0};
	struct itimerspec when = {{0, AGAIN_NS}, {0, wait_us * 1000}};
	sigset_t wake, before;
	bool locked;

	sigemptyset(&wake);
	sigaddset(&wake, WAKE);
	(void)pthread_sigmask(SIG_UNBLOCK, &wake, &before);
	locked = timer_settime(timer, 0, &when, NULL) == 0 && wait_in_order(fd, aa_monotonic_us() + wait_us);
	(void)pthread_sigmask(SIG_BLOCK, &wake, NULL);
	(void)timer_delete(timer);
	(void)sigtimedwait(&wake, NULL, &at_once);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return locked;
}

/* False at once where there can be no timer, as under a caller's limit of pending signals. */
static bool wait_by_timer(int fd, int64_t wait_us)
{
	struct sigaction action = {.sa_handler = interrupt}, before;
	struct sigevent event;
	timer_t timer;
	bool locked = false;

	if (pthread_mutex_trylock(&lock) != 0)
		return false;
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = WAKE;
	event.sigev_notify_thread_id = gettid();
	sigemptyset(&action.sa_mask);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
		(void)sigaction(WAKE, &action, &before);
		locked = wait_with_signal(fd, timer, wait_us);
		(void)sigaction(WAKE, &before, NULL);
	}
	(void)pthread_mutex_unlock(&lock);
	return locked;
}

/* Looks again in steps that grow from 0.1 to 2 ms. */
static bool wait_in_steps(int fd, int64_t until)
{
	struct timespec step = {0, 100000};

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || aa_monotonic_us() >= until)
			return false;
		(void)nanosleep(&step, NULL);
		if (step.tv_nsec < 2000000)
			step.tv_nsec += step.tv_nsec / 2;
	}
	return true;
}

bool aa_audit_lock(int fd, int64_t wait_us)
{
	int64_t until = aa_monotonic_us() + wait_us;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK && errno != EINTR)
		return false;
	return wait_by_timer(fd, wait_us < IN_ORDER_US ? wait_us : IN_ORDER_US) || wait_in_steps(fd, until);
}
