/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_faults.c: each phase of the built module, with each of its allocations, and each of its system
 * calls, failing in turn (THREATS 24). A fault may never turn into PAM_SUCCESS with something left out, nor
 * into an answer that sends PAM on to the next module.
 *
 * The program's own malloc() and system calls stand in front of libc's, for the module, jansson and OpenSSL
 * alike. A child process runs the phase with the n-th call failing, for n = 1, 2, … until the phase ends
 * before it. */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "state/session.h"
#include "support_accounts.h"
#include "support_pam.h"
#include "support_tokens.h"

#define FAULTS_MAX 20000

/* ---- what fails -------------------------------------------------------------------- */

enum fault { NO_FAULT, FAULT_MEMORY, FAULT_CALL };

static enum fault armed;
static unsigned countdown;
static const char *failed; /* the call that did */

static bool fails(enum fault kind, const char *name)
{
	if (armed != kind || failed || --countdown > 0)
		return false;
	failed = name;
	return true;
}

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *old, size_t size);

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	return fails(FAULT_MEMORY, "malloc") ? no_memory() : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(FAULT_MEMORY, "calloc") ? no_memory() : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails(FAULT_MEMORY, "realloc") ? no_memory() : __libc_realloc(old, size);
}

/* The real one, found once, before anything is armed. */
#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
	static struct {
		const char *name;
		void *function;
	} known[32];
	enum fault before = armed;
	size_t i = 0;

	while (known[i].name && strcmp(known[i].name, name) != 0)
		i++;
	if (!known[i].name) {
		armed = NO_FAULT;
		known[i].name = name;
		known[i].function = dlsym(RTLD_NEXT, name);
		armed = before;
	}
	return known[i].function;
}

static int io_error(void)
{
	errno = EIO;
	return -1;
}

ssize_t read(int fd, void *buf, size_t size)
{
	return fails(FAULT_CALL, "read") ? io_error() : REAL(read)(fd, buf, size);
}

ssize_t pread(int fd, void *buf, size_t size, off_t at)
{
	return fails(FAULT_CALL, "pread") ? io_error() : REAL(pread)(fd, buf, size, at);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	return fails(FAULT_CALL, "write") ? io_error() : REAL(write)(fd, buf, size);
}

ssize_t pwrite(int fd, const void *buf, size_t size, off_t at)
{
	return fails(FAULT_CALL, "pwrite") ? io_error() : REAL(pwrite)(fd, buf, size, at);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails(FAULT_CALL, "open") ? io_error() : REAL(open)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails(FAULT_CALL, "openat") ? io_error() : REAL(openat)(dir, path, flags, mode);
}

int fstat(int fd, struct stat *ret)
{
	return fails(FAULT_CALL, "fstat") ? io_error() : REAL(fstat)(fd, ret);
}

int fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return fails(FAULT_CALL, "fstatat") ? io_error() : REAL(fstatat)(dir, path, ret, flags);
}

int linkat(int a, const char *b, int c, const char *d, int e)
{
	return fails(FAULT_CALL, "linkat") ? io_error() : REAL(linkat)(a, b, c, d, e);
}

int symlinkat(const char *target, int dir, const char *path)
{
	return fails(FAULT_CALL, "symlinkat") ? io_error() : REAL(symlinkat)(target, dir, path);
}

int renameat(int a, const char *b, int c, const char *d)
{
	return fails(FAULT_CALL, "renameat") ? io_error() : REAL(renameat)(a, b, c, d);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	return fails(FAULT_CALL, "mkdirat") ? io_error() : REAL(mkdirat)(dir, path, mode);
}

int flock(int fd, int operation);
int flock(int fd, int operation)
{
	return fails(FAULT_CALL, "flock") ? io_error() : REAL(flock)(fd, operation);
}

int getgroups(int n, gid_t *ret)
{
	return fails(FAULT_CALL, "getgroups") ? io_error() : REAL(getgroups)(n, ret);
}

/* ---- a phase ------------------------------------------------------------------------ */

struct phase {
	const char *name, *service;
	int (*before)(struct support_pam *p); /* what comes before it, without a fault; NULL: nothing */
	int (*run)(struct support_pam *p);
	bool (*is_whole)(struct support_pam *p); /* nothing is missing of what a yes means */
};

struct outcome {
	bool reached; /* there were as many calls */
	int answer;
	bool whole;
	char call[32];
};

static int authenticate(struct support_pam *p)
{
	return pam_authenticate(p->pamh, 0);
}

static int account(struct support_pam *p)
{
	return pam_acct_mgmt(p->pamh, 0);
}

static int log_in(struct support_pam *p)
{
	int err = authenticate(p);

	return err == PAM_SUCCESS ? account(p) : err;
}

static int open_session(struct support_pam *p)
{
	return pam_open_session(p->pamh, 0);
}

/* The record of the session that PAM's environment names, and a line of the log that says so. */
static bool has_session(struct support_pam *p)
{
	const char *id = pam_getenv(p->pamh, "AGENTAUTH_SESSION");
	json_t *log = support_pam_log(p);
	const char *result = json_string_value(json_object_get(log, "result"));
	char name[128];
	bool has;

	snprintf(name, sizeof(name), "sessions/%s.json", id ? id : "");
	has = id && access(support_path(p->site->rundir, name), R_OK) == 0 && result &&
	      strcmp(result, "ok") == 0;
	json_decref(log);
	return has;
}

static bool is_open(struct support_pam *p)
{
	return has_session(p) && pam_getenv(p->pamh, "AGENTAUTH_AGENT") &&
	       pam_getenv(p->pamh, "AGENTAUTH_ROLES") && pam_getenv(p->pamh, "AGENTAUTH_EXPIRES");
}

static const struct phase phases[] = {
    {"auth", "sshd", NULL, authenticate, has_session},
    {"account", "sshd", authenticate, account, has_session},
    {"session", "sshd", log_in, open_session, is_open},
};

/* In a child, which ends without returning. */
static void run_with_fault(struct support_pam *p, const struct phase *phase, enum fault kind, unsigned n,
			   struct outcome *ret)
{
	char *credential = support_assertion(p->now);

	support_pam_start(p, phase->service, "builder-7");
	support_pam_say(p, credential);
	if (phase->before && phase->before(p) != PAM_SUCCESS)
		_exit(2);
	countdown = n;
	armed = kind;
	ret->answer = phase->run(p);
	armed = NO_FAULT;
	ret->reached = failed != NULL;
	ret->whole = ret->answer == PAM_SUCCESS && phase->is_whole(p);
	snprintf(ret->call, sizeof(ret->call), "%s", failed ? failed : "");
	_exit(0);
}

static void is_no_way_in(const struct phase *phase, enum fault kind, unsigned n,
			 const struct outcome *outcome)
{
	const char *what = kind == FAULT_MEMORY ? "allocation" : "system call";

	if (outcome->answer == PAM_SUCCESS && !outcome->whole)
		fail_msg("%s: with %s %u (%s) failing it said yes, and something is missing", phase->name,
			 what, n, outcome->call);
	if (outcome->answer == PAM_IGNORE || outcome->answer == PAM_USER_UNKNOWN)
		fail_msg("%s: with %s %u (%s) failing it said %s", phase->name, what, n, outcome->call,
			 outcome->answer == PAM_IGNORE ? "PAM_IGNORE" : "PAM_USER_UNKNOWN");
}

static unsigned try_each(struct support_pam *p, const struct phase *phase, enum fault kind)
{
	struct outcome *outcome =
	    mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned denied = 0, n;
	int status;
	pid_t pid;

	assert_true(outcome != MAP_FAILED);
	for (n = 1; n < FAULTS_MAX; n++) {
		memset(outcome, 0, sizeof(*outcome));
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			run_with_fault(p, phase, kind, n, outcome);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			fail_msg("%s: the process ended with status %x at fault %u (%s)", phase->name,
				 (unsigned)status, n, outcome->call);
		if (!outcome->reached)
			break;
		is_no_way_in(phase, kind, n, outcome);
		if (outcome->answer != PAM_SUCCESS)
			denied++;
		else if (getenv("SHOW_HARMLESS"))
			print_message("%s: %u (%s) did no harm\n", phase->name, n, outcome->call);
	}
	/* The control: with no call left to fail, the phase says yes and all is there. */
	assert_int_equal(outcome->answer, PAM_SUCCESS);
	assert_true(outcome->whole);
	assert_true(n > 1 && n < FAULTS_MAX);
	print_message("%s: %u faults, %u denied, %u harmless\n", phase->name, n - 1, denied, n - 1 - denied);
	munmap(outcome, sizeof(*outcome));
	return denied;
}

static void try_phases(enum fault kind)
{
	struct support_pam *p = support_pam_new();

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		assert_true(try_each(p, &phases[i], kind) > 0);
	support_pam_free(p);
}

static void no_failed_allocation_lets_anybody_in(void **state)
{
	(void)state;
	try_phases(FAULT_MEMORY);
}

static void no_failed_system_call_lets_anybody_in(void **state)
{
	(void)state;
	try_phases(FAULT_CALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_failed_allocation_lets_anybody_in),
	    cmocka_unit_test(no_failed_system_call_lets_anybody_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
