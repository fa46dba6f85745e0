/* SPDX-License-Identifier: Apache-2.0 */
/* bench_exec.c: has a program start itself COUNT times, RATE a second (0: as fast as it goes), and prints how many a second it
 * were. Usage: bench_exec COUNT RATE PROGRAM, which is bench_exec_again. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_exec.h"

static long long now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct count c = {0};
	int fd = memfd_create("count", 0);
	pid_t pid;

	if (argc != 4 || fd < 0)
		return 2;
	c.left = c.count = strtoll(argv[1], NULL, 10) - 1; /* the first is started below */
	c.rate = strtoll(argv[2], NULL, 10);
	c.began = now();
	if (write(fd, &c, sizeof(c)) != (ssize_t)sizeof(c))
		return 2;
	pid = fork();
	if (pid == 0) {
		(void)dup2(fd, 3);
		execl(argv[3], argv[3], (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) < 0 || pread(fd, &c, sizeof(c), 0) != (ssize_t)sizeof(c) ||
	    c.left)
		return 1;
	printf("%.0f\n", (double)(c.count + 1) * 1e9 / (double)(now() - c.began));
	return 0;
}
