/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c clears up after a command that was killed, see recover.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/generation.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/ids.h"
#include "tools/agentauthctl/publish/journal.h"
#include "tools/agentauthctl/publish/journal_texts.h"
#include "tools/agentauthctl/publish/recover.h"
#include "tools/agentauthctl/publish/sudoers.h"

/* The generation became current, and what it grants by sudo may not have followed. */
static int end_it(const struct paths *paths, int state_fd, const struct journal *j, struct problems *problems)
{
	char *rules = NULL;
	int n = 0;

	if (paths->sudoers) {
		n = generation_read(state_fd, j->number, SUDOERS_FILE, &rules);
		if (n == 0 || n == -ENOENT)
			n = sudoers_install(paths->sudoers, rules, paths->owner);
	}
	free(rules);
	if (n == 0 || n == -ENOTDIR)
		n = journal_texts_settle(paths, state_fd, false, problems);
	return n;
}

static int undo_it(const struct paths *paths, int state_fd, const struct journal *j,
		   struct problems *problems)
{
	int n = j->is_new ? journal_texts_settle(paths, state_fd, true, problems) : 0;

	if (n == 0 && j->is_new)
		n = ids_take_back(state_fd, j->ids_length);
	if (n == 0 && j->is_new)
		generation_discard(state_fd, j->number);
	if (n == 0 && paths->sudoers)
		sudoers_forget(paths->sudoers);
	return n;
}

int recover(const struct paths *paths, int state_fd, struct problems *problems)
{
	struct position position = {.file = paths->statedir};
	uint32_t current = 0;
	struct journal j;
	int n = journal_read(state_fd, paths->owner, &j);

	if (n == -ENOENT) {
		journal_clean(state_fd);
		journal_texts_end(state_fd);
		return 0;
	}
	if (n == -EBADMSG)
		problem_error(problems, &position, "%s", journal_damage());
	if (n == 0)
		n = aa_generation_number(paths->statedir, &current);
	if (n == 0 || n == -ENOENT)
		n = current == j.number ? end_it(paths, state_fd, &j, problems)
					: undo_it(paths, state_fd, &j, problems);
	if (n == 0)
		n = journal_end(state_fd);
	if (n == 0)
		journal_texts_end(state_fd);
	if (n < 0 && n != -EBADMSG)
		problem_error(
		    problems, &position,
		    "what an agentauthctl that was interrupted left undone cannot be ended: %s. When that "
		    "is mended, run the command again",
		    strerror(-n));
	return n < 0 ? -1 : 0;
}
