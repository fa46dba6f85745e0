/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_plan.c shows, asks about and logs what differs, see ctl_plan.h. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/state/audit_record.h"
#include "tools/agentauthctl/commands/ctl_plan.h"
#include "tools/agentauthctl/publish/plan.h"

#define NAMES_ASKED 20
#define TYPED_KEPT 200 /* bytes */

void ctl_tell_plan(const struct ctl *ctl, const struct changes *changes, const char *leaving)
{
	if (!ctl->json && !ctl->plan_shown)
		plan_print(stdout, changes, "  ", CTL_CHANGES_SHOWN, leaving);
}

/* ---- the question -------------------------------------------------------- */

static char *name_leaving(const struct changes *changes)
{
	size_t shown = 0, all = changes_removes(changes);
	struct buffer names = {0};

	for (size_t i = 0; i < changes->n && shown < NAMES_ASKED; i++) {
		const struct change_item *item = &changes->v[i];

		if (item->sign == CHANGE_REMOVED)
			buffer_printf(&names, "%s%s %s", shown++ ? ", " : "", item->kind, item->name);
	}
	if (all > shown)
		buffer_printf(&names, " and %zu more", all - shown);
	return buffer_take(&names);
}

static bool ask(struct ctl *ctl, const struct changes *changes, const struct removal_words *words,
		const char *names)
{
	char answer[16] = "";

	plan_print(stderr, changes, "  ", CTL_CHANGES_SHOWN, words->leaving);
	ctl->plan_shown = true;
	fprintf(stderr, "%c%s: %s.\n%s [y/N] ", toupper((unsigned char)words->these[0]), words->these + 1,
		names, words->follows);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	ctl_error(ctl, "nothing was changed");
	return false;
}

bool ctl_may_remove(struct ctl *ctl, const struct changes *changes, const struct removal_words *words)
{
	bool yes = ctl->yes || ctl->dry_run;
	char *names = name_leaving(changes);

	if (!yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !ctl->json)
		yes = ask(ctl, changes, words, names);
	else if (!yes)
		ctl_error(ctl, "%s: %s. %s. Nothing was changed", words->these, names, words->refused);
	free(names);
	return yes;
}

/* ---- the log ------------------------------------------------------------- */

/* name_item() names what a change is about in the record's own members. */
static void name_item(json_t *record, const struct change_item *item)
{
	if (strcmp(item->kind, "agent") == 0)
		aa_audit_set(record, "agent", item->name);
	else if (strcmp(item->kind, "issuer") == 0)
		aa_audit_set(record, "issuer", item->name);
	else if (strcmp(item->kind, "role") == 0)
		json_object_set_new(record, "roles", json_pack("[s]", item->name));
}

/* typed_shortly() returns how much of the command is repeated with each item, in whole characters: what differs needs the
 * room, and the command has a record of its own. */
static int typed_shortly(const char *typed)
{
	size_t len = strlen(typed), kept = len < TYPED_KEPT ? len : TYPED_KEPT;

	while (kept < len && kept > 0 && ((unsigned char)typed[kept] & 0xc0) == 0x80)
		kept--;
	return (int)kept;
}

/* The record says in `command` what the command did to the item, and what of it differs: keys by their ids alone. What
 * exceeds the length of a member is cut, and its whole length told. */
static void audit_item(struct ctl *ctl, const struct change_item *item, const char *gone)
{
	const char *const words[] = {"added", "changed",
				     strcmp(item->kind, "issuer") == 0 ? "removed" : gone};
	int typed = typed_shortly(ctl->typed);
	char *differs = plan_words_joined(item);
	char *what = xasprintf("%s %s %s by %.*s%s%s%s", item->kind, item->name, words[item->sign], typed,
			       ctl->typed, ctl->typed[typed] ? "…" : "", *differs ? ": " : "", differs);
	json_t *record = json_pack("{s:s, s:s}", "result", "ok", "reason", "ok");

	aa_audit_set(record, "command", what);
	if (strlen(what) > AA_AUDIT_STRING_MAX)
		aa_audit_put(record, "command_length", json_integer((json_int_t)strlen(what)));
	name_item(record, item);
	ctl_audit_record(ctl, record);
	free(differs);
	free(what);
}

void ctl_audit_changes(struct ctl *ctl, const struct changes *c, const char *gone)
{
	size_t all = changes_count(c);
	json_t *record;
	char *what;

	for (size_t i = 0; i < c->n && ctl->logdir; i++)
		audit_item(ctl, &c->v[i], gone);
	if (all <= c->n)
		return;
	what = xasprintf("%zu more changed by %s", all - c->n, ctl->typed);
	record =
	    json_pack("{s:s, s:s, s:I}", "result", "ok", "reason", "ok", "count", (json_int_t)(all - c->n));
	aa_audit_set(record, "command", what);
	ctl_audit_record(ctl, record);
	free(what);
}
