/* SPDX-License-Identifier: Apache-2.0 */
/* bench_exec.h: what both programs of the benchmark of execve know. */
#ifndef AGENTAUTH_BENCH_EXEC_H
#define AGENTAUTH_BENCH_EXEC_H

struct count {
	long long left, count, rate,
	    began; /* rate: a second, 0 as fast as it goes; began: ns of the monotonic clock */
};

#endif
