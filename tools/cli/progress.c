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

void progress_show(struct progress *p, uint64_t done, uint64_t all)
{
	int64_t now;

	if (p->off)
		return;
	now = clock_ms();
	if (!p->next_ms)
		p->off = !isatty(STDERR_FILENO);
	if (!p->next_ms)
		p->next_ms = now + FIRST_MS;
	if (p->off || now < p->next_ms)
		return;
	p->next_ms = now + STEP_MS;
	p->shown = true;
	if (all)
		fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " %s (%d %%)\033[K", p->program, done, all,
			p->what, (int)(done * 100 / all));
	else
		fprintf(stderr, "\r%s: %" PRIu64 " %s\033[K", p->program, done, p->what);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
