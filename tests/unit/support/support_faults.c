/* SPDX-License-Identifier: Apache-2.0 */
/* support_faults.c: malloc() and system calls that fail when they are told to. */
#define _GNU_SOURCE
#include <config.h>

#include "tests/unit/support/support_faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

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
	} known[48];
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

ssize_t readlinkat(int dir, const char *path, char *buf, size_t size)
{
	return fails(FAULT_CALL, "readlinkat") ? io_error() : REAL(readlinkat)(dir, path, buf, size);
}

int stat(const char *path, struct stat *ret)
{
	return fails(FAULT_CALL, "stat") ? io_error() : REAL(stat)(path, ret);
}

DIR *fdopendir(int fd)
{
	return fails(FAULT_CALL, "fdopendir") ? (io_error(), NULL) : REAL(fdopendir)(fd);
}

struct dirent *readdir(DIR *dir)
{
	return fails(FAULT_CALL, "readdir") ? (io_error(), NULL) : REAL(readdir)(dir);
}

int getresgid(gid_t *r, gid_t *e, gid_t *s)
{
	return fails(FAULT_CALL, "getresgid") ? io_error() : REAL(getresgid)(r, e, s);
}

int getgroups(int n, gid_t *ret)
{
	return fails(FAULT_CALL, "getgroups") ? io_error() : REAL(getgroups)(n, ret);
}

/* ---- a scene ------------------------------------------------------------------------ */

struct outcome {
	bool reached; /* there were as many calls */
	int answer;
	char wrong[128], call[32];
};

void support_faults_pause(bool pause)
{
	static enum fault before;

	if (pause)
		before = armed;
	armed = pause ? NO_FAULT : before;
}

/* In a child, which ends without returning. */
static void run_with_fault(const struct support_scene *scene, enum fault kind, unsigned n, void *data,
			   struct outcome *ret)
{
	const char *wrong;

	if (scene->before)
		scene->before(data);
	countdown = n;
	armed = kind;
	ret->answer = scene->run(data);
	armed = NO_FAULT;
	ret->reached = failed != NULL;
	wrong = scene->wrong(data, ret->answer);
	snprintf(ret->wrong, sizeof(ret->wrong), "%s", wrong ? wrong : "");
	snprintf(ret->call, sizeof(ret->call), "%s", failed ? failed : "");
	_exit(0);
}

static void try_one(const struct support_scene *scene, enum fault kind, unsigned n, void *data,
		    struct outcome *ret)
{
	int status;
	pid_t pid;

	memset(ret, 0, sizeof(*ret));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_with_fault(scene, kind, n, data, ret);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s: the process ended with status %x at fault %u (%s)", scene->name,
			 (unsigned)status, n, ret->call);
	if (ret->wrong[0])
		fail_msg("%s: with %s %u (%s) failing it %s", scene->name,
			 kind == FAULT_MEMORY ? "allocation" : "system call", n, ret->call, ret->wrong);
}

/* Every allocation fails in turn, or with FAULTS=some in the environment every fourth: a scene has hundreds of them. */
static unsigned step_of(enum fault kind)
{
	const char *asked = getenv("FAULTS");

	return kind == FAULT_MEMORY && asked && strcmp(asked, "some") == 0 ? 4 : 1;
}

/* Of allocations behind the first `dense` ones a 64th is tried. */
static void try_kind(const struct support_scene *scene, enum fault kind, unsigned dense, void *data)
{
	struct outcome *outcome =
	    mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned changed = 0, tried = 0, step = step_of(kind), n;

	assert_true(outcome != MAP_FAILED);
	for (n = 1; n < FAULTS_MAX; n += n < dense ? step : 64, tried++) {
		try_one(scene, kind, n, data, outcome);
		if (!outcome->reached)
			break;
		if (outcome->answer != scene->answer)
			changed++;
		else if (getenv("SHOW_HARMLESS"))
			print_message("%s: %u (%s) did no harm\n", scene->name, n, outcome->call);
	}
	/* The control: with no call left to fail, the answer is the scene's. */
	assert_int_equal(outcome->answer, scene->answer);
	assert_true(n > 1 && n < FAULTS_MAX);
	print_message("%s: %u %s failed in turn, %u changed the answer\n", scene->name, tried,
		      kind == FAULT_MEMORY ? "allocations" : "system calls", changed);
	munmap(outcome, sizeof(*outcome));
}

void support_faults_try(const struct support_scene *scene, void *data)
{
	try_kind(scene, FAULT_MEMORY, FAULTS_MAX, data);
	try_kind(scene, FAULT_CALL, FAULTS_MAX, data);
}

void support_faults_try_first(const struct support_scene *scene, unsigned dense, void *data)
{
	try_kind(scene, FAULT_MEMORY, dense, data);
}

/* ---- under limits ---------------------------------------------------------------------- */

struct limited {
	__rlimit_resource_t resource;
	rlim_t value;
	bool soft;
};

/* As in a container whose root may not go over hard limits. */
static void lose_sys_resource(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &head, sets) < 0)
		_exit(3);
	for (unsigned i = 0; i < 2; i++) {
		sets[i].effective &= i ? ~0U : ~(1U << CAP_SYS_RESOURCE);
		sets[i].permitted = sets[i].effective;
		sets[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, sets) < 0)
		_exit(3);
}

static struct rlimit limit(const struct limited *how)
{
	struct rlimit before;

	if (!how->soft)
		lose_sys_resource();
	if (getrlimit(how->resource, &before) < 0 ||
	    setrlimit(how->resource, &(struct rlimit){how->value, how->soft ? before.rlim_max : how->value}) <
		0)
		_exit(3);
	return before;
}

/* The process that asks what came of it needs descriptors too. */
static void end_limit(const struct limited *how, const struct rlimit *before)
{
	if (how->soft && setrlimit(how->resource, before) < 0)
		_exit(3);
	if (!how->soft)
		for (int fd = 0; fd < 3; fd++)
			close(fd);
}

/* In a child, which ends without returning. */
static void run_limited(const struct support_scene *scene, const struct limited *how, void *data,
			void (*ready)(void *data), struct outcome *ret)
{
	struct rlimit before;
	const char *wrong;

	if (scene->before)
		scene->before(data);
	ready(data);
	before = limit(how);
	ret->answer = scene->run(data);
	end_limit(how, &before);
	wrong = scene->wrong(data, ret->answer);
	snprintf(ret->wrong, sizeof(ret->wrong), "%s", wrong ? wrong : "");
	_exit(0);
}

static void try_limit(const struct support_scene *scene, const struct limited *how, void *data,
		      void (*ready)(void *data), struct outcome *outcome)
{
	const char *what = how->resource == RLIMIT_NOFILE ? "descriptors" : "bytes of a file";
	int status;
	pid_t pid;

	memset(outcome, 0, sizeof(*outcome));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_limited(scene, how, data, ready, outcome);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s: the process ended with status %x under %u %s", scene->name, (unsigned)status,
			 (unsigned)how->value, what);
	if (outcome->wrong[0])
		fail_msg("%s: under %u %s%s it %s", scene->name, (unsigned)how->value, what,
			 how->soft ? "" : " for good", outcome->wrong);
	/* With fewer, libpam's own end of a phase fails (Linux audit), whatever we said. */
	if (how->soft && outcome->answer != scene->answer &&
	    (how->value >= 8 || how->resource != RLIMIT_NOFILE))
		fail_msg("%s: under %u %s the answer is %d", scene->name, (unsigned)how->value, what,
			 outcome->answer);
}

void support_limits_try(const struct support_scene *scene, void *data, bool soft, void (*ready)(void *data))
{
	struct outcome *outcome =
	    mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct limited how = {RLIMIT_NOFILE, 3, soft};
	unsigned same = 0;

	assert_true(outcome != MAP_FAILED);
	for (; how.value <= 64; how.value++) {
		try_limit(scene, &how, data, ready, outcome);
		same += outcome->answer == scene->answer;
	}
	how = (struct limited){RLIMIT_FSIZE, 0, soft};
	try_limit(scene, &how, data, ready, outcome);
	print_message("%s: under %u of 63 limits the answer is as without\n", scene->name, same);
	assert_true(same > 0);
	munmap(outcome, sizeof(*outcome));
}
