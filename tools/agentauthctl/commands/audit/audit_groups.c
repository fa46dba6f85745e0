/* SPDX-License-Identifier: Apache-2.0 */
/* audit_groups.c: see audit_groups.h. */
#include "config.h"

#include "tools/agentauthctl/commands/audit/audit_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/audit/log_index.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/alloc.h"

struct entry {
	char *text;
	json_t *sudo; /* the record, of what sudo was asked or did and may say more of; NULL: that is all */
};

struct audit_group {
	char *session;
	struct entry *v;
	size_t n, cap;
	bool dropped;
	size_t next; /* of the same bucket, from 1; 0: none */
};

#define BUCKETS 65536

static size_t bucket_of(const char *session)
{
	return index_term("", 0, session, strlen(session)) >> INDEX_TERM_SIZE & (BUCKETS - 1);
}

static struct audit_group *find(const struct audit_groups *groups, const char *session)
{
	size_t i = groups->buckets ? groups->buckets[bucket_of(session)] : 0;

	while (i && (groups->v[i - 1].dropped || strcmp(groups->v[i - 1].session, session) != 0))
		i = groups->v[i - 1].next;
	return i ? &groups->v[i - 1] : NULL;
}

bool audit_groups_has(const struct audit_groups *groups, const char *session)
{
	return find(groups, session) != NULL;
}

static struct audit_group *add_group(struct audit_groups *groups, const char *session)
{
	size_t *bucket;

	if (!groups->buckets)
		groups->buckets = xcalloc(BUCKETS, sizeof(*groups->buckets));
	bucket = &groups->buckets[bucket_of(session)];
	grow(&groups->v, &groups->cap, groups->n + 1, sizeof(*groups->v));
	groups->v[groups->n] = (struct audit_group){.session = xstrdup(session), .next = *bucket};
	*bucket = ++groups->n;
	return &groups->v[groups->n - 1];
}

void audit_groups_begin(struct audit_groups *groups, const char *session)
{
	if (!find(groups, session))
		(void)add_group(groups, session);
}

static void free_group(struct audit_group *group)
{
	for (size_t i = 0; i < group->n; i++) {
		free(group->v[i].text);
		json_decref(group->v[i].sudo);
	}
	free(group->v);
	free(group->session);
}

void audit_groups_drop(struct audit_groups *groups, const char *session)
{
	struct audit_group *group = find(groups, session);

	if (group)
		group->dropped = true;
}

/* ---- a command of sudo ------------------------------------------------------------- */

static bool is(const json_t *record, const char *event)
{
	return strcmp(view_text(record, "event"), event) == 0;
}

static bool is_ok(const json_t *record)
{
	return strcmp(view_text(record, "result"), "ok") == 0;
}

/* Says whether the later record is on the same command, and says more: a sudo has a process, and its command an end, or
 * is refused at the last moment. */
static bool goes_on(const json_t *earlier, const json_t *later)
{
	int64_t pid = view_number(later, "pid");
	bool within = json_object_get(later, "within");

	if (!pid || view_number(earlier, "pid") != pid ||
	    within != (json_object_get(earlier, "within") != NULL))
		return false;
	if (is(earlier, "sudo-asked"))
		return is(later, "sudo") &&
		       (!within || strcmp(view_text(earlier, "command"), view_text(later, "command")) == 0);
	if (within) /* one of several, with no end of its own */
		return false;
	return is(later, "sudo-exit") || (is(later, "sudo") && !is_ok(later));
}

/* The line of a command keeps the time at which it began. What was refused has no end worth telling. */
static json_t *with_end(json_t *began, const json_t *ended)
{
	json_t *whole = json_copy(began);

	if (!is_ok(began))
		return whole;
	for (const char *const *name = (const char *const[]){"status", "signal", "why", "micros", NULL};
	     *name; name++)
		if (json_object_get(ended, *name))
			json_object_set(whole, *name, json_object_get(ended, *name));
	if (!is_ok(ended)) {
		json_object_set(whole, "result", json_object_get(ended, "result"));
		json_object_set(whole, "reason", json_object_get(ended, "reason"));
	}
	return whole;
}

static struct entry *find_earlier(const struct audit_group *group, const json_t *record)
{
	bool may = is(record, "sudo") || is(record, "sudo-exit");

	for (size_t i = group->n; may && i-- > 0;)
		if (group->v[i].sudo && goes_on(group->v[i].sudo, record))
			return &group->v[i];
	return NULL;
}

/* Shows the record below its session's first line, which has the login already. */
static char *text_of(const struct audit_group *group, json_t *record, bool why)
{
	static const char *const login[] = {"rhost", "kind",	     "issuer", "kid",
					    "jti",   "on_behalf_of", "roles",  "task"};
	bool repeats = group->n > 1 && (is(record, "session-open") || is(record, "session-close"));
	json_t *shown = json_copy(record);
	char *text;

	for (size_t i = 0; i < sizeof(login) / sizeof(login[0]) && repeats; i++)
		(void)json_object_del(shown, login[i]);
	text = audit_text(shown, why);
	json_decref(shown);
	return text;
}

static struct entry *add_entry(struct audit_group *group)
{
	grow(&group->v, &group->cap, group->n + 1, sizeof(*group->v));
	group->v[group->n] = (struct entry){.text = NULL};
	return &group->v[group->n++];
}

void audit_groups_add(struct audit_groups *groups, json_t *record)
{
	const char *session = view_text(record, "session");
	struct audit_group *group = *session ? find(groups, session) : NULL;
	struct entry *entry = group ? find_earlier(group, record) : NULL;
	bool ended = is(record, "sudo-exit");

	if (!group)
		group = add_group(groups, session);
	if (!entry)
		entry = add_entry(group);
	record = entry->sudo && !is(entry->sudo, "sudo-asked") ? with_end(entry->sudo, record)
							       : json_incref(record);
	free(entry->text);
	json_decref(entry->sudo);
	entry->text = text_of(group, record, groups->why);
	entry->sudo = !ended && view_number(record, "pid") ? json_incref(record) : NULL;
	json_decref(record);
}

/* ---- all of them ------------------------------------------------------------------- */

static void print_indented(const char *text, const char *indent)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		printf("%s%.*s\n", indent, (int)n, text);
	}
}

/* The records of a session stand below its first line. */
void audit_groups_print(const struct audit_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		for (size_t k = 0; k < groups->v[i].n; k++)
			print_indented(groups->v[i].v[k].text, k ? "  " : "");
}

void audit_groups_free(struct audit_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		free_group(&groups->v[i]);
	free(groups->v);
	free(groups->buckets);
}
