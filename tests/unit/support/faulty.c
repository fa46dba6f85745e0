/* SPDX-License-Identifier: Apache-2.0 */
/* faulty.c: the library that has one call of a program fail, see faulty.h. It is preloaded. */
#undef _FORTIFY_SOURCE /* whose inline functions would stand in front of these */
#include <config.h>

#include "tests/unit/support/faulty.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 20 /* seconds, until a command counts as hung */

/* ---- which call fails -------------------------------------------------------------- */

enum trait { READS = 0, WAITS = 1, CHANGES = 2, NAMES = 4 };

static struct faulty_order order;
static struct faulty_answer *answer; /* shared with the children of the child */
static _Thread_local int busy;	     /* with what is no call of the program's */

#define REAL(name) \
	({ \
		static __typeof__(&name) real_; \
		if (!real_) \
			real_ = (__typeof__(&name))look_up(#name); \
		real_; \
	})

static void *look_up(const char *name)
{
	void *function;

	busy++;
	function = dlsym(RTLD_NEXT, name);
	busy--;
	return function;
}

/* Names the call and the library or program that made it, for whoever reads the test's words. */
static void note(const char *name, const void *from)
{
	void *frames[48];
	Dl_info info = {0};
	int n;

	busy++;
	(void)dladdr(from, &info);
	(void)snprintf(answer->call, sizeof(answer->call), "%s from %s%s%s+0x%lx", name,
		       info.dli_fname ? strrchr(info.dli_fname, '/') ?: info.dli_fname : "?",
		       info.dli_sname ? " " : "", info.dli_sname ?: "",
		       (unsigned long)((const char *)from - (const char *)info.dli_fbase));
	if (getenv(FAULTY_SHOW)) {
		n = backtrace(frames, 48);
		backtrace_symbols_fd(frames, n, 2);
	}
	busy--;
}

static bool is_the_one(const char *name, const void *from)
{
	unsigned now;

	if (busy || !answer)
		return false;
	now = __atomic_add_fetch(&answer->count, 1, __ATOMIC_RELAXED);
	if (now != order.n)
		return false;
	answer->reached = true;
	note(name, from);
	return true;
}

/* 0: the call is made; 1: it fails, with errno; 2: it says that it was made. */
static int fails(const char *name, int error, int traits, const void *from)
{
	int kind = order.kind;

	if ((kind == FAULTY_CALL || (kind == FAULTY_INTERRUPTED && (traits & WAITS))) &&
	    is_the_one(name, from)) {
		errno = kind == FAULTY_CALL ? error : EINTR;
		return 1;
	}
	if (kind == FAULTY_KILLED && (traits & CHANGES) && is_the_one(name, from))
		(void)syscall(SYS_kill, getpid(), SIGKILL);
	return kind == FAULTY_LIE && (traits & NAMES) && is_the_one(name, from) ? 2 : 0;
}

static size_t shortened(const char *name, size_t size, const void *from)
{
	return order.kind == FAULTY_SHORT && size > 1 && is_the_one(name, from) ? size / 2 : size;
}

#define FROM __builtin_return_address(0)

/* A call of libc's that fails with `error` and returns `bad`. */
#define CALL(type, name, params, args, error, traits, bad) \
	type name params; \
	type name params \
	{ \
		int fails_ = fails(#name, error, traits, FROM); \
		return fails_ == 2 ? (type)0 : fails_ ? (type)(bad) : REAL(name) args; \
	}

/* ---- memory ------------------------------------------------------------------------- */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static bool no_memory(const char *name, const void *from)
{
	if (order.kind != FAULTY_MEMORY || !is_the_one(name, from))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return no_memory("malloc", FROM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return no_memory("calloc", FROM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory("realloc", FROM) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	if (no_memory("reallocarray", FROM))
		return NULL;
	if (!__builtin_mul_overflow(n, size, &bytes))
		return __libc_realloc(old, bytes);
	errno = ENOMEM;
	return NULL;
}

CALL(void *, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t from),
     (at, n, prot, flags, fd, from), ENOMEM, READS, MAP_FAILED)

/* ---- files: by descriptor ------------------------------------------------------------ */

#define HALF(name) size = shortened(#name, size, FROM)

ssize_t read(int fd, void *buf, size_t size)
{
	HALF(read);
	return fails("read", EIO, WAITS, FROM) ? -1 : REAL(read)(fd, buf, size);
}

ssize_t pread(int fd, void *buf, size_t size, off_t at)
{
	HALF(pread);
	return fails("pread", EIO, READS, FROM) ? -1 : REAL(pread)(fd, buf, size, at);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	HALF(write);
	return fails("write", ENOSPC, WAITS | CHANGES, FROM) ? -1 : REAL(write)(fd, buf, size);
}

ssize_t pwrite(int fd, const void *buf, size_t size, off_t at)
{
	HALF(pwrite);
	return fails("pwrite", ENOSPC, CHANGES, FROM) ? -1 : REAL(pwrite)(fd, buf, size, at);
}

/* As the kernel has it: the descriptor is gone in any case. */
int close(int fd)
{
	int error = fails("close", EIO, READS, FROM) ? EIO : 0, r = REAL(close)(fd);

	if (error)
		errno = error;
	return error ? -1 : r;
}

CALL(int, fsync, (int fd), (fd), EIO, CHANGES, -1)
CALL(int, fdatasync, (int fd), (fd), EIO, CHANGES, -1)
CALL(int, syncfs, (int fd), (fd), EIO, CHANGES, -1)
CALL(int, ftruncate, (int fd, off_t size), (fd, size), EIO, CHANGES, -1)
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, CHANGES, -1)
CALL(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), EPERM, CHANGES, -1)
CALL(int, futimens, (int fd, const struct timespec times[2]), (fd, times), EPERM, CHANGES, -1)
CALL(int, flock, (int fd, int how), (fd, how), ENOLCK, WAITS, -1)
CALL(int, fstat, (int fd, struct stat *st), (fd, st), EIO, READS, -1)
CALL(int, fstatvfs, (int fd, struct statvfs *st), (fd, st), EIO, READS, -1)
CALL(off_t, lseek, (int fd, off_t to, int whence), (fd, to, whence), EIO, READS, -1)
CALL(ssize_t, flistxattr, (int fd, char *list, size_t size), (fd, list, size), EIO, READS, -1)
CALL(ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t size), (fd, name, value, size), EIO,
     READS, -1)
CALL(int, memfd_create, (const char *name, unsigned flags), (name, flags), EMFILE, READS, -1)
CALL(int, pipe2, (int fds[2], int flags), (fds, flags), EMFILE, READS, -1)

int fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return fails("fcntl", EIO, WAITS, FROM) ? -1 : REAL(fcntl)(fd, command, arg);
}

/* ---- files: by name ------------------------------------------------------------------ */

#define OPENS(name, params, args) \
	int name params; \
	int name params \
	{ \
		va_list args_; \
		mode_t mode; \
\
		va_start(args_, flags); \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args_, mode_t) : 0; \
		va_end(args_); \
		if (fails(#name, flags & O_CREAT ? ENOSPC : EIO, WAITS | (flags & O_CREAT ? CHANGES : 0), \
			  FROM)) \
			return -1; \
		return REAL(name) args; \
	}

OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
CALL(int, __openat_2, (int dir, const char *path, int flags), (dir, path, flags), EIO, WAITS, -1)
CALL(int, stat, (const char *path, struct stat *st), (path, st), EIO, READS, -1)
CALL(int, lstat, (const char *path, struct stat *st), (path, st), EIO, READS, -1)
CALL(int, fstatat, (int dir, const char *path, struct stat *st, int flags), (dir, path, st, flags), EIO,
     READS, -1)
CALL(int, statvfs, (const char *path, struct statvfs *st), (path, st), EIO, READS, -1)
CALL(int, access, (const char *path, int how), (path, how), EIO, READS, -1)
CALL(int, faccessat, (int dir, const char *path, int how, int flags), (dir, path, how, flags), EIO, READS, -1)
CALL(ssize_t, readlink, (const char *path, char *buf, size_t size), (path, buf, size), EIO, READS, -1)
CALL(ssize_t, readlinkat, (int dir, const char *path, char *buf, size_t size), (dir, path, buf, size), EIO,
     READS, -1)
CALL(char *, realpath, (const char *path, char *ret), (path, ret), EIO, READS, NULL)
CALL(int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), EIO,
     CHANGES | NAMES, -1)
CALL(int, symlinkat, (const char *target, int dir, const char *path), (target, dir, path), ENOSPC,
     CHANGES | NAMES, -1)
CALL(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), EIO, CHANGES | NAMES,
     -1)
CALL(int, unlink, (const char *path), (path), EIO, CHANGES | NAMES, -1)
CALL(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), EIO, CHANGES | NAMES, -1)
CALL(int, remove, (const char *path), (path), EIO, CHANGES | NAMES, -1)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, CHANGES, -1)
CALL(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), ENOSPC, CHANGES, -1)
CALL(int, chmod, (const char *path, mode_t mode), (path, mode), EPERM, CHANGES, -1)
CALL(int, fchmodat, (int dir, const char *path, mode_t mode, int flags), (dir, path, mode, flags), EPERM,
     CHANGES, -1)
CALL(int, utimensat, (int dir, const char *path, const struct timespec times[2], int flags),
     (dir, path, times, flags), EPERM, CHANGES, -1)

/* ---- folders -------------------------------------------------------------------------- */

static DIR *proc; /* the last that was opened of /proc */

DIR *opendir(const char *path)
{
	DIR *dir = fails("opendir", EMFILE, READS, FROM) ? NULL : REAL(opendir)(path);

	proc = dir && strcmp(path, "/proc") == 0 ? dir : dir == proc ? NULL : proc;
	return dir;
}

DIR *fdopendir(int fd)
{
	DIR *dir = fails("fdopendir", EIO, READS, FROM) ? NULL : REAL(fdopendir)(fd);

	proc = dir == proc ? NULL : proc; /* which was closed, and its memory is this one's */
	return dir;
}

static bool is_hidden(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && atoi(entry->d_name) != order.only &&
	       atoi(entry->d_name) != getpid();
}

struct dirent *readdir(DIR *dir)
{
	struct dirent *entry;

	if (fails("readdir", EIO, READS, FROM))
		return NULL;
	do
		entry = REAL(readdir)(dir);
	while (entry && answer && dir == proc && is_hidden(entry));
	return entry;
}

/* ---- streams --------------------------------------------------------------------------- */

/* What libc's own read() or write() in a stream would leave of a failure. */
static void spoil(FILE *file)
{
	file->_flags |= 0x20; /* what ferror() looks at */
}

CALL(FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE, WAITS, NULL)
CALL(FILE *, fopen64, (const char *path, const char *mode), (path, mode), EMFILE, WAITS, NULL)

int fflush(FILE *file)
{
	if (!fails("fflush", ENOSPC, CHANGES, FROM))
		return REAL(fflush)(file);
	if (file)
		spoil(file);
	return EOF;
}

char *fgets(char *line, int size, FILE *file)
{
	if (!fails("fgets", EIO, READS, FROM))
		return REAL(fgets)(line, size, file);
	spoil(file);
	return NULL;
}

size_t fread(void *to, size_t size, size_t n, FILE *file)
{
	if (!fails("fread", EIO, READS, FROM))
		return REAL(fread)(to, size, n, file);
	spoil(file);
	return 0;
}

/* ---- processes and sockets -------------------------------------------------------------- */

CALL(pid_t, fork, (void), (), EAGAIN, CHANGES, -1)
CALL(pid_t, _Fork, (void), (), EAGAIN, CHANGES, -1)
CALL(int, kill, (pid_t pid, int signal), (pid, signal), EPERM, CHANGES, -1)
CALL(pid_t, waitpid, (pid_t pid, int *status, int how), (pid, status, how), ECHILD, WAITS, -1)
CALL(int, socket, (int domain, int type, int protocol), (domain, type, protocol), EMFILE, READS, -1)
CALL(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len), ECONNREFUSED,
     WAITS | CHANGES, -1)
CALL(int, poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout), ENOMEM, WAITS, -1)
CALL(ssize_t, send, (int fd, const void *buf, size_t n, int flags), (fd, buf, n, flags), EPIPE,
     WAITS | CHANGES, -1)
CALL(ssize_t, recv, (int fd, void *buf, size_t n, int flags), (fd, buf, n, flags), ECONNRESET, WAITS, -1)
CALL(ssize_t, sendto,
     (int fd, const void *buf, size_t n, int flags, const struct sockaddr *to, socklen_t len),
     (fd, buf, n, flags, to, len), EPIPE, WAITS | CHANGES, -1)

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	return fails("posix_spawn", EAGAIN, CHANGES, FROM)
		   ? EAGAIN
		   : REAL(posix_spawn)(pid, path, actions, attr, argv, env);
}

/* Of pidfd_open() and its kin. */
long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return fails("syscall", EPERM, number == SYS_pidfd_send_signal ? CHANGES : READS, FROM)
		   ? -1
		   : REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- the time that it is ---------------------------------------------------------------- */

static time_t fixed;

time_t time(time_t *ret)
{
	time_t now = fixed ? fixed : REAL(time)(NULL);

	if (ret)
		*ret = now;
	return now;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	if (clock != CLOCK_REALTIME || !fixed)
		return REAL(clock_gettime)(clock, ret);
	*ret = (struct timespec){.tv_sec = fixed};
	return 0;
}

/* ---- orders ----------------------------------------------------------------------------- */

static void redirect(int to, const char *name, int flags)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv(FAULTY_OUT), name);
	fd = REAL(open)(name[0] == '/' ? name : path, flags | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, to) < 0)
		_exit(99);
	if (fd != to)
		REAL(close)(fd);
}

/* Returns to the program's main(). */
static void begin_child(int orders, const struct faulty_order *given, const sigset_t *mask)
{
	redirect(0, "/dev/null", O_RDONLY);
	redirect(1, "out", O_WRONLY | O_CREAT);
	redirect(2, "err", O_WRONLY | O_CREAT);
	REAL(close)(orders);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	unsetenv("LD_PRELOAD");
	unsetenv(FAULTY_FD);
	memset(answer, 0, sizeof(*answer));
	order = *given;
	busy = 0;
}

static void wait_for(pid_t pid, const sigset_t *child, struct faulty_answer *ret)
{
	const struct timespec patience = {PATIENCE, 0};

	while (waitpid(pid, &ret->status, WNOHANG) == 0)
		if (sigtimedwait(child, NULL, &patience) < 0 && errno == EAGAIN) {
			ret->hung = true;
			(void)REAL(kill)(pid, SIGKILL);
			(void)waitpid(pid, &ret->status, 0);
			break;
		}
}

static void serve(int fd)
{
	struct faulty_order given;
	sigset_t child, before;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, &before);
	while (REAL(read)(fd, &given, sizeof(given)) == (ssize_t)sizeof(given)) {
		pid = REAL(fork)();
		if (pid == 0) {
			begin_child(fd, &given, &before);
			return;
		}
		if (pid < 0)
			_exit(99);
		wait_for(pid, &child, answer);
		if (REAL(write)(fd, answer, sizeof(*answer)) != (ssize_t)sizeof(*answer))
			break;
	}
	_exit(0);
}

__attribute__((constructor)) static void begin(void)
{
	const char *fd = getenv(FAULTY_FD), *now = getenv(FAULTY_NOW);

	if (!fd)
		return;
	busy = 1;
	fixed = now ? (time_t)atoll(now) : 0;
	answer = REAL(mmap)(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answer == MAP_FAILED)
		_exit(99);
	serve(atoi(fd));
}
