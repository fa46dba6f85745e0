/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c clears up after a command that was killed, see recover.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/generation.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/journal.h"
#include "tools/agentauthctl/publish/recover.h"
#include "tools/agentauthctl/publish/sudoers.h"

/* The generation became current, and what it grants by sudo may not have followed. */
static int end_it(const struct workspace *ws, const struct journal *j)
{
	char *rules = NULL;
	int n = 0;

	if (ws->paths->sudoers) {
		n = generation_read(ws->state_fd, j->number, SUDOERS_FILE, &rules);
		if (n == 0 || n == -ENOENT)
			n = sudoers_install(ws->paths->sudoers, rules, ws->paths->owner);
	}
	free(rules);
	return n == -ENOTDIR ? 0 : n;
}

static int undo_it(const struct workspace *ws, const struct journal *j)
{
	int n = j->is_new ? ids_take_back(ws->state_fd, j->ids_length) : 0;

	if (n == 0 && j->is_new)
		generation_discard(ws->state_fd, j->number);
	return n;
}

int recover(struct workspace *ws)
{
	struct problem_place place = {.file = ws->paths->statedir};
	uint32_t current = 0;
	struct journal j;
	int n = journal_read(ws->state_fd, ws->paths->owner, &j);

	if (n == -ENOENT)
		return 0;
	if (n == -EBADMSG)
		problem_error(ws->problems, &place, "%s", journal_damage());
	if (n == 0)
		n = aa_generation_number(ws->paths->statedir, &current);
	if (n == 0 || n == -ENOENT)
		n = current == j.number ? end_it(ws, &j) : undo_it(ws, &j);
	if (n == 0)
		n = journal_end(ws->state_fd);
	if (n < 0 && n != -EBADMSG)
		problem_error(
		    ws->problems, &place,
		    "what an agentauthctl that was interrupted left undone cannot be ended: %s. When that "
		    "is mended, run the command again",
		    strerror(-n));
	return n < 0 ? -1 : 0;
}
