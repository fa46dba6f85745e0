/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c: raises and restores signals, limits and the real uid. */
#include "config.h"

#include "common/user/guard.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MIB ((rlim_t)1 << 20)

/* ---- limits, which all threads have in common -------------------------------------------- */

static const struct limit {
	__rlimit_resource_t resource;
	rlim_t want; /* descriptors: what the kernel's own limit (fs.nr_open) is set to */
	/* below this a decision may fail half way; 0: a decision needs nothing of it */
	rlim_t need;
} limits[] = {
    {RLIMIT_NOFILE, 1 << 20, 1024},	   {RLIMIT_FSIZE, RLIM_INFINITY, 1024 * MIB},
    {RLIMIT_AS, RLIM_INFINITY, 256 * MIB}, {RLIMIT_DATA, RLIM_INFINITY, 256 * MIB},
    {RLIMIT_STACK, 64 * MIB, 1 * MIB},	   {RLIMIT_CPU, RLIM_INFINITY, 0},
    {RLIMIT_NPROC, RLIM_INFINITY, 0},
};
#define N_LIMITS (sizeof(limits) / sizeof(limits[0]))

/* The first guard of a process raises the limits, and the last one sets them back. The variables are not
 * thread-local: a module's thread-local variables come from malloc(), and the process is ended where that fails. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned holders;
static uid_t caller; /* while there are holders */
static bool starved;
static bool changed[N_LIMITS];
static struct rlimit before[N_LIMITS];

static rlim_t larger(rlim_t a, rlim_t b)
{
	return a > b ? a : b; /* RLIM_INFINITY is the largest */
}

/* Raises the limit over the hard one where we may, else up to it. */
static rlim_t raise_limit(const struct limit *limit, struct rlimit *ret_before, bool *ret_changed)
{
	struct rlimit new;

	*ret_changed = false;
	if (getrlimit(limit->resource, ret_before) < 0)
		return 0;
	if (ret_before->rlim_cur >= limit->want)
		return ret_before->rlim_cur;
	new = (struct rlimit){limit->want, larger(limit->want, ret_before->rlim_max)};
	*ret_changed = setrlimit(limit->resource, &new) == 0;
	if (*ret_changed)
		return new.rlim_cur;
	new = (struct rlimit){ret_before->rlim_max, ret_before->rlim_max};
	*ret_changed = setrlimit(limit->resource, &new) == 0;
	return *ret_changed ? new.rlim_cur : ret_before->rlim_cur;
}

static bool raise_limits(void)
{
	bool short_of_one;

	(void)pthread_mutex_lock(&lock);
	if (holders++ == 0) {
		starved = false;
		caller = getuid();
		for (size_t i = 0; i < N_LIMITS; i++)
			if (raise_limit(&limits[i], &before[i], &changed[i]) < limits[i].need)
				starved = true;
	}
	short_of_one = starved;
	(void)pthread_mutex_unlock(&lock);
	return short_of_one;
}

static void restore_limits(void)
{
	(void)pthread_mutex_lock(&lock);
	if (--holders == 0)
		for (size_t i = 0; i < N_LIMITS; i++)
			if (changed[i])
				(void)setrlimit(limits[i].resource, &before[i]);
	(void)pthread_mutex_unlock(&lock);
}

uid_t aa_guard_caller_uid(void)
{
	uid_t uid;

	(void)pthread_mutex_lock(&lock);
	uid = holders ? caller : getuid();
	(void)pthread_mutex_unlock(&lock);
	return uid;
}

/* ---- signals --------------------------------------------------------------------------------- */

/* Blocks all signals but those that report a fault of our own. */
static void block_signals(struct aa_guard *guard)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&all, faults[i]);
	(void)pthread_sigmask(SIG_BLOCK, &all, &guard->mask);
	(void)sigpending(&guard->pending);
}

/* A file that reached a limit which could not be raised has left its signal. Delivered now, the signal would end the
 * process. */
static void unblock_signals(const struct aa_guard *guard)
{
	static const struct timespec at_once = {0, 0};
	sigset_t pending, size;

	sigemptyset(&size);
	sigaddset(&size, SIGXFSZ);
	if (!sigismember(&guard->pending, SIGXFSZ) && sigpending(&pending) == 0 &&
	    sigismember(&pending, SIGXFSZ))
		(void)sigtimedwait(&size, NULL, &at_once);
	(void)pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}

/* ---- the guard -------------------------------------------------------------------------------- */

/* Makes the raw call: only the thread that decides matters, and glibc's wrapper would signal all of them. */
static bool set_uids(uid_t ruid, uid_t euid, uid_t suid)
{
	return syscall(SYS_setresuid, ruid, euid, suid) == 0;
}

void aa_guard_raise(struct aa_guard *guard)
{
	block_signals(guard);
	guard->starved = raise_limits();
	if (getresuid(&guard->ruid, &guard->euid, &guard->suid) < 0)
		guard->ruid = guard->euid = 0;
	guard->as_root = guard->euid == 0 && guard->ruid != 0 && set_uids(0, 0, 0);
	guard->raised = true;
}

/* The uids are set back before the limits, since the kernel counts the caller's processes when the real uid becomes
 * the caller's again. */
bool aa_guard_lower(struct aa_guard *guard)
{
	bool ok;

	if (!guard->raised)
		return true;
	guard->raised = false;
	ok = !guard->as_root || set_uids(guard->ruid, guard->euid, guard->suid);
	restore_limits();
	unblock_signals(guard);
	return ok;
}
