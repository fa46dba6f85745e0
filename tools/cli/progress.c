/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c: says how far long work has come, see progress.h. */
#include "config.h"

#include "tools/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/cli/clock.h"

#define FIRST_MS 500 /* of work that nobody is told about */
#define STEP_MS 100

/* The rate is that since the beginning, and the rest is taken to be as fast. */
static void show_rate(const struct progress *p, uint64_t done, uint64_t all, int64_t now)
{
	uint64_t took_ms = (uint64_t)(now - p->began_ms);

	if (done == 0 || took_ms == 0 || done > all)
		return;
	fprintf(stderr, ", %" PRIu64 " a second, %" PRIu64 " s left", done * 1000 / took_ms,
		((all - done) * took_ms / done + 999) / 1000);
}

void progress_show(struct progress *p, uint64_t done, uint64_t all)
{
	int64_t now;

	if (p->off)
		return;
	now = clock_ms();
	if (!p->next_ms) {
		p->off = !isatty(STDERR_FILENO);
		p->began_ms = now;
		p->next_ms = now + FIRST_MS;
	}
	if (p->off || now < p->next_ms)
		return;
	p->next_ms = now + STEP_MS;
	p->shown = true;
	fprintf(stderr, "\r%s: %" PRIu64, p->program, done);
	if (all)
		fprintf(stderr, " of %" PRIu64 " %s (%d %%)", all, p->what, (int)(done * 100 / all));
	else
		fprintf(stderr, " %s", p->what);
	show_rate(p, done, all, now);
	fputs("\033[K", stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
