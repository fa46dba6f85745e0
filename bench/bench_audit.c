/* SPDX-License-Identifier: Apache-2.0 */
/* bench_audit.c: what a line of the audit log costs, beside what takes the same bytes without a chain.
 *
 * Usage: bench_audit DIRECTORY LINES. LINES are written by 1 and by 16 processes together, each of which opens
 * everything anew for each line, as a login does. A row is `METHOD WRITERS MEAN P50 P99`, in nanoseconds: the mean is
 * the time that all lines took, divided by their number; the percentiles are of what each writer waited for its line.
 */
#define _GNU_SOURCE 1
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/audit.h"
#include "common/state/audit_record.h"

#define LINE_LEN 560 /* bytes of the peers' lines; ours prints its own mean length */

static const char *dir;
static char path[4096], sock[100];

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ---- what is measured ------------------------------------------------------ */

static bool ours(bool sync)
{
	const struct aa_audit audit = {
	    .logdir = dir, .host = "web01.example.com", .owner = geteuid(), .sync = sync, .quiet = true};
	const struct aa_audit_event login = {.event = "auth",
					     .service = "sshd",
					     .agent = "builder-7",
					     .uid = 70007,
					     .rhost = "192.0.2.7",
					     .reason = AA_OK,
					     .role = "deploy",
					     .micros = 1234};
	json_t *record = aa_audit_event(&login);

	aa_audit_set(record, "kind", "assertion");
	aa_audit_set(record, "kid", "k2J0cP3aG1m3F4s5v6W7x8Y9z0A1B2C3D4E5F6G7H8I");
	aa_audit_set(record, "jti", "5f0c7d51-8b7e-4a3d-9b51-6a3f1c0e9d22");
	aa_audit_set(record, "session", "9b516a3f1c0e9d225f0c7d518b7e4a3d");
	return aa_audit_append(&audit, record) == AA_OK;
}

static bool chained(void)
{
	return ours(false);
}

static bool chained_synced(void)
{
	return ours(true);
}

static bool plain(bool sync)
{
	char line[LINE_LEN];
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok;

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	ok = fd >= 0 && write(fd, line, sizeof(line)) == (ssize_t)sizeof(line) &&
	     (!sync || fdatasync(fd) == 0);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool appended(void)
{
	return plain(false);
}

static bool appended_synced(void)
{
	return plain(true);
}

/* Takes a lock as the log does, and writes no chain. */
static bool locked(void)
{
	char line[LINE_LEN];
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok;

	memset(line, 'x', sizeof(line));
	ok = fd >= 0 && flock(fd, LOCK_EX) == 0 && write(fd, line, sizeof(line)) == (ssize_t)sizeof(line);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Does what syslog(3) does in a new process, to a socket that a process of ours reads. */
static bool logged(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char line[LINE_LEN];
	bool ok;

	memset(line, 'x', sizeof(line));
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", sock);
	ok = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	     send(fd, line, sizeof(line), 0) == (ssize_t)sizeof(line);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- measuring ------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Waits for the start, and then writes its lines, at once one after another or with a pause of 1 to 3 ms before each. */
static void write_lines(bool (*one)(void), size_t n, int start, bool pauses, int64_t *took)
{
	struct pollfd go = {.fd = start, .events = POLLHUP};
	unsigned seed = (unsigned)getpid();

	(void)poll(&go, 1, -1);
	for (size_t i = 0; i < n; i++) {
		int64_t begun;

		if (pauses)
			(void)usleep(1000 + (unsigned)rand_r(&seed) % 2000);
		begun = now_ns();
		if (!one())
			_exit(1);
		took[i] = now_ns() - begun;
	}
	_exit(0);
}

static bool all_ended(size_t writers)
{
	bool ok = true;
	int status;

	for (size_t w = 0; w < writers; w++)
		ok = wait(&status) > 0 && status == 0 && ok;
	return ok;
}

static void measure(const char *name, bool (*one)(void), size_t writers, size_t lines, bool pauses)
{
	size_t each = lines / writers, n = each * writers, size = n * sizeof(int64_t);
	int64_t *took = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t begun, whole;
	int start[2];

	if (took == MAP_FAILED || pipe(start) < 0)
		exit(2);
	memset(took, 0, size); /* no page is made while time is taken */
	for (size_t w = 0; w < writers; w++)
		if (fork() == 0) {
			close(start[1]);
			write_lines(one, each, start[0], pauses, took + w * each);
		}
	(void)usleep(20000);
	begun = now_ns();
	close(start[1]);
	close(start[0]);
	if (!all_ended(writers)) {
		fprintf(stderr, "bench_audit: %s: a line could not be written\n", name);
		exit(2);
	}
	whole = now_ns() - begun;
	qsort(took, n, sizeof(*took), by_time);
	printf("%s %zu %lld %lld %lld\n", name, writers, (long long)(whole / (int64_t)n),
	       (long long)took[n / 2], (long long)took[n - 1 - n / 100]);
	(void)fflush(stdout);
	(void)munmap(took, size);
}

/* Stands for the system's log: reads what is sent, until it is ended. */
static pid_t log_daemon(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char line[4096];
	pid_t pid;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", sock);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		for (;;)
			(void)!recv(fd, line, sizeof(line), 0);
	close(fd);
	return pid;
}

int main(int argc, char **argv)
{
	static const size_t writers[] = {1, 16};
	size_t lines = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	pid_t daemon;

	if (lines < 1600) {
		fputs("usage: bench_audit DIRECTORY LINES (1600 or more)\n", stderr);
		return 2;
	}
	dir = argv[1];
	(void)snprintf(path, sizeof(path), "%s/plain", dir);
	(void)snprintf(sock, sizeof(sock), "%s/socket", dir);
	for (size_t i = 0; i < 2; i++) {
		measure("append", appended, writers[i], lines, false);
		measure("append+flock", locked, writers[i], lines, false);
		measure("ours", chained, writers[i], lines, false);
		measure("append+fdatasync", appended_synced, writers[i], lines / 16, false);
		measure("ours+fdatasync", chained_synced, writers[i], lines / 16, false);
		if (writers[i] > 1) {
			measure("append+flock+pauses", locked, writers[i], lines / 4, true);
			measure("ours+pauses", chained, writers[i], lines / 4, true);
		}
		daemon = log_daemon();
		if (daemon < 0)
			return 2;
		measure("syslog", logged, writers[i], lines, false);
		(void)kill(daemon, SIGKILL);
		(void)waitpid(daemon, NULL, 0);
		(void)unlink(sock);
	}
	return 0;
}
