/* SPDX-License-Identifier: Apache-2.0 */
/* write_together.c: sixteen processes that write to an audit log and are killed at any moment, for a test of what they leave.
 *
 * Usage: write_together LOGDIR SECONDS, or with a third argument, the rate of the brake. Each line's jti is
 * together-WRITER-NUMBER; on standard output stands the jti of each line that was acknowledged, so that a test looks for it in
 * the log. A writer that is killed is replaced by another. Status 1: a line was refused.
 */
#define _GNU_SOURCE 1
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/audit.h"
#include "common/state/audit_record.h"

#define WRITERS 16

struct acknowledged {
	uint32_t writer, number; /* number 0: the log refused a line */
};

static struct aa_audit audit = {.host = "web01.example.com", .quiet = true};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static json_t *record_of(struct acknowledged id)
{
	const struct aa_audit_event login = {.event = "auth",
					     .service = "sshd",
					     .agent = "builder-7",
					     .uid = 70007,
					     .rhost = "192.0.2.7",
					     .reason = audit.brake ? AA_BAD_SIGNATURE : AA_OK,
					     .role = "deploy",
					     .micros = 1234};
	json_t *record = aa_audit_event(&login);
	char jti[64], task[512];

	(void)snprintf(jti, sizeof(jti), "together-%u-%u", id.writer, id.number);
	aa_audit_set(record, "jti", jti);
	memset(task, 'x', sizeof(task)); /* lines of many lengths */
	task[(id.writer * 31 + id.number * 17) % sizeof(task)] = '\0';
	aa_audit_set(record, "task", task);
	return record;
}

/* Writes until it is killed. */
static void write_lines(uint32_t writer, int acknowledge)
{
	struct acknowledged id = {writer, 1};

	(void)signal(SIGPIPE, SIG_DFL);
	for (;; id.number++) {
		struct acknowledged said = id;

		if (aa_audit_append(&audit, record_of(id)) != AA_OK)
			said.number = 0;
		if (write(acknowledge, &said, sizeof(said)) != (ssize_t)sizeof(said) || !said.number)
			_exit(1);
	}
}

static pid_t begin(uint32_t writer, const int acknowledge[2])
{
	pid_t pid = fork();

	if (pid < 0)
		exit(2);
	if (pid == 0) {
		close(acknowledge[0]);
		write_lines(writer, acknowledge[1]);
	}
	return pid;
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Prints what was acknowledged so far, and returns how many lines were refused. */
static unsigned print_acknowledged(int fd)
{
	struct acknowledged said;
	unsigned refused = 0;

	while (read(fd, &said, sizeof(said)) == (ssize_t)sizeof(said)) {
		if (said.number)
			printf("together-%u-%u\n", said.writer, said.number);
		else
			refused++;
	}
	return refused;
}

int main(int argc, char **argv)
{
	int64_t until = now_ms() + (argc >= 3 ? strtol(argv[2], NULL, 10) * 1000 : 0);
	unsigned refused = 0, killed = 0;
	uint32_t next = 1;
	pid_t writers[WRITERS];
	int acknowledge[2];

	if (argc < 3 || pipe2(acknowledge, O_CLOEXEC) < 0 || fcntl(acknowledge[0], F_SETFL, O_NONBLOCK) < 0)
		return 2;
	audit.logdir = argv[1];
	audit.owner = geteuid();
	audit.brake = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	srand((unsigned)getpid());
	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = begin(next++, acknowledge);
	while (now_ms() < until) {
		size_t i = (size_t)rand() % WRITERS;

		(void)usleep((useconds_t)rand() % 5000);
		refused += print_acknowledged(acknowledge[0]);
		end(writers[i]);
		killed++;
		writers[i] = begin(next++, acknowledge);
	}
	for (size_t i = 0; i < WRITERS; i++)
		end(writers[i]);
	refused += print_acknowledged(acknowledge[0]);
	fprintf(stderr, "%u writers were killed, %u lines refused\n", killed + WRITERS, refused);
	return refused > 0;
}
