/* SPDX-License-Identifier: Apache-2.0 */
/* rollback.c makes an earlier generation current, see rollback.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/generation.h"
#include "common/state/last_look.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/journal.h"
#include "tools/agentauthctl/publish/journal_texts.h"
#include "tools/agentauthctl/publish/nscd.h"
#include "tools/agentauthctl/publish/rollback.h"
#include "tools/agentauthctl/publish/sudoers.h"

static int roll_back(struct workspace *ws, uint32_t number, const char *rules)
{
	const struct paths *p = ws->paths;
	const struct journal journal = {number, false, ws->ids.length};
	bool stage = p->sudoers && !sudoers_is_installed(p->sudoers, rules, p->owner);
	int n = journal_begin(ws->state_fd, &journal);

	journal_texts_end(ws->state_fd); /* of a command that did not come to its journal */
	if (n == 0 && stage)
		n = sudoers_stage(p->sudoers, rules);
	stage = stage && n == 0;
	if (n == 0 || n == -ENOTDIR)
		n = generation_switch(ws->state_fd, number);
	if (n == 0)
		aa_last_look_settle(0);
	if (n == 0 && stage)
		n = sudoers_commit(p->sudoers, rules);
	if (n < 0 && stage)
		sudoers_forget(p->sudoers);
	return n;
}

int publish_rollback(struct workspace *ws, uint32_t number)
{
	struct position position = {.file = ws->paths->statedir};
	uint32_t current = 0;
	char *rules = NULL;
	int n;

	n = generation_read(ws->state_fd, number, SUDOERS_FILE, &rules);
	if (n == 0 || n == -ENOENT)
		n = aa_generation_number(ws->paths->statedir, &current);
	if (n == 0)
		n = roll_back(ws, number, rules);
	free(rules);
	/* Where that fails too, the journal stays for the next command. */
	if (n == 0 || (current && generation_switch(ws->state_fd, current) == 0))
		journal_end(ws->state_fd);
	if (n < 0)
		problem_error(
		    ws->problems, &position,
		    "generation %u cannot be made current: %s. When that is mended, run the command again",
		    number, strerror(-n));
	else if (ws->paths->sudoers)
		nscd_invalidate();
	return n < 0 ? -1 : 0;
}
