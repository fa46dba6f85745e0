/* SPDX-License-Identifier: Apache-2.0 */
/* fault_host.h: a host whose agentauthctl fails on purpose, and what is true of it before, after, and never. */
#ifndef AGENTAUTH_TESTS_FAULT_HOST_H
#define AGENTAUTH_TESTS_FAULT_HOST_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "tests/unit/support/support_faulty.h"
#include "tests/unit/support/support_tree.h"

struct fault_host {
	char top[64];  /* with the files `out` and `err` of what ran last, and keys */
	char root[72]; /* with conf, state, run, log and etc */
	time_t now;    /* that agentauthctl sees */
	pid_t victim;  /* a process of an agent's, for those that end some; 0: none */
	/* audit verify; apply; session reap, now and two days later, when nobody can be writing any more */
	struct faulty_program verify, settle, reap, later;
};

void fault_host_make(struct fault_host *host);
void fault_host_free(struct fault_host *host);

/* Starts agentauthctl for these words, up to its main(); NULL at their end. */
struct faulty_program fault_program(const struct fault_host *host, const char *const words[]);
/* Has it run without a fault; its exit status. */
int fault_free(const struct fault_host *host, const struct faulty_program *program);
/* Runs it once, which must succeed. */
void fault_ctl(const struct fault_host *host, const char *const words[]);

/* Give what it printed last; the caller frees. */
char *fault_out(const struct fault_host *host);
char *fault_err(const struct fault_host *host);

/* Makes a file below the root, and the folders on the way. */
void fault_write(const struct fault_host *host, const char *path, const char *text);

/* Gives of the whole tree what decides: text, what serves, ids, sudo's rules, decisions, sessions, requests. Numbers of
 * generations, locks, the log, and what a command had not put in place yet, are left out. */
void fault_decides(const struct tree *whole, struct tree *ret);
/* Says whether a command that is at its end leaves such a file to nobody. */
bool fault_is_litter(const char *path);

#endif
