/* SPDX-License-Identifier: Apache-2.0 */
/* coverage_exit.c: counts what ends by _exit(), too. tests/coverage links this into all that it builds, with --wrap=_exit: gcov
 * writes its counts where a process ends by exit(), which children of the tests and of the product must not do. */
#include <signal.h>
#include <sys/resource.h>

extern void __gcov_dump(void);
extern void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
	struct rlimit files;

	/* A test's limit is not for what is counted of it. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_FSIZE, &files);
	}
	__gcov_dump();
	__real__exit(status);
}
