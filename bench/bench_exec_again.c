/* SPDX-License-Identifier: Apache-2.0 */
/* bench_exec_again.c: starts itself again until the count in its descriptor 3 is zero. It has no start files and needs nothing of
 * libc, so that a start costs as little as it can: what a recorder takes shows then. bench_exec.c prepares the descriptor. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench_exec.h"

static void wait_until(long long when)
{
	struct timespec now, left = {0, 0};

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	left.tv_nsec = when - ((long long)now.tv_sec * 1000000000 + now.tv_nsec);
	if (left.tv_nsec > 0 && left.tv_nsec < 1000000000)
		(void)syscall(SYS_nanosleep, &left, (void *)0);
}

/* The kernel enters here, with a stack that no function has called. */
#ifdef __x86_64__
__attribute__((force_align_arg_pointer))
#endif
void _start(void);
void _start(void)
{
	static char *argv[] = {(char *)"again", (char *)"one of many", 0};
	struct count c;

	if (syscall(SYS_pread64, 3, &c, sizeof(c), 0L) == (long)sizeof(c) && c.left > 0) {
		c.left--;
		(void)syscall(SYS_pwrite64, 3, &c, sizeof(c), 0L);
		if (c.rate > 0)
			wait_until(c.began + (c.count - c.left) * 1000000000 / c.rate);
		(void)syscall(SYS_execve, "/proc/self/exe", argv, argv + 2);
	}
	(void)syscall(SYS_exit_group, 0);
}
