/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: says how far long work has come: a line on a terminal that is written over, and nothing elsewhere. */
#ifndef AGENTAUTH_CLI_PROGRESS_H
#define AGENTAUTH_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* A progress begins with {.program = …, .what = …}: "agentauthctl", "agents". */
struct progress {
	const char *program, *what;
	bool off;		   /* never shown: the answer is JSON */
	int64_t began_ms, next_ms; /* of clock_ms(): when the work began, and when it is shown again */
	bool shown;
};

/* Shows "PROGRAM: DONE of ALL WHAT (40 %), 300 a second, 7 s left", once the work has taken long enough to be asked about.
 * `all` 0: it is not known. */
void progress_show(struct progress *progress, uint64_t done, uint64_t all);
/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
