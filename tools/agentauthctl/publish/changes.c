/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c finds what differs from the published generation, see changes.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/publish/changes.h"
#include "tools/cli/alloc.h"

/* ---- gathering ----------------------------------------------------------- */

static size_t *counter(struct changes *c, const char *kind, enum change_sign sign)
{
	if (strcmp(kind, "agent") == 0)
		return &c->agents[sign];
	return strcmp(kind, "role") == 0 ? &c->roles[sign] : &c->others[sign];
}

static struct change_item *add_item(struct changes *c, enum change_sign sign, const char *kind,
				    const char *name)
{
	(*counter(c, kind, sign))++;
	if (c->n >= CHANGES_LISTED)
		return NULL;
	grow(&c->v, &c->cap, c->n + 1, sizeof(*c->v));
	c->v[c->n] = (struct change_item){.sign = sign, .kind = kind, .name = xstrdup(name)};
	return &c->v[c->n++];
}

void changes_add(struct changes *c, enum change_sign sign, const char *kind, const char *name)
{
	add_item(c, sign, kind, name);
}

static void add_member(json_t *members, const char *name, json_t *from, json_t *to)
{
	if (json_equal(from, to) || strcmp(name, "generation") == 0)
		return;
	json_object_set_new(members, name, json_pack("{s:O?, s:O?}", "from", from, "to", to));
}

/* differing() returns {MEMBER: {"from", "to"}} for the members that differ between two objects. */
static json_t *differing(json_t *from, json_t *to)
{
	json_t *members = json_object(), *value;
	const char *name;

	json_object_foreach(from, name, value)
	{
		add_member(members, name, value, json_object_get(to, name));
	}
	json_object_foreach(to, name, value)
	{
		if (!json_object_get(from, name))
			add_member(members, name, NULL, value);
	}
	return members;
}

static void compare_members(struct changes *c, const char *kind, const char *name, const char *was,
			    size_t was_len, const char *record, size_t len)
{
	json_t *from = was ? json_loadb(was, was_len, 0, NULL) : NULL, *to = json_loadb(record, len, 0, NULL);
	json_t *members = differing(from, to);
	struct change_item *item;

	if (!was || json_object_size(members) > 0) { /* the host's record has its generation's number in it */
		item = add_item(c, was ? CHANGE_CHANGED : CHANGE_ADDED, kind, name);
		if (item)
			item->members = json_incref(members);
	}
	json_decref(members);
	json_decref(from);
	json_decref(to);
}

static void compare(struct changes *c, const char *kind, const char *name, const char *was, size_t was_len,
		    const char *record, size_t len)
{
	if (was && was_len == len && memcmp(was, record, len) == 0)
		return;
	if (strcmp(kind, "agent") == 0 && c->n >= CHANGES_LISTED)
		add_item(c, was ? CHANGE_CHANGED : CHANGE_ADDED, kind, name);
	else
		compare_members(c, kind, name, was, was_len, record, len);
}

void changes_compare(struct changes *c, struct published *p, const char *kind, const char *key,
		     const char *name, const char *record, size_t len)
{
	size_t was_len = 0;
	const char *was = p ? published_get(p, key, &was_len) : NULL;

	compare(c, kind, name, was, was_len, record, len);
}

void changes_compare_records(struct changes *c, const char *kind, const char *name, const char *was,
			     size_t was_len, const char *record, size_t len)
{
	compare(c, kind, name, was, was_len, record, len);
}

/* span is a part of a record's text. */
struct span {
	const char *at;
	size_t len;
};

/* find_roles() returns the inside of the agent's list of roles. A record is written compactly, and in a string a quote
 * has a backslash before it, so that a member's name and its bracket stand there as themselves only. */
static struct span find_roles(const char *record, size_t len)
{
	static const char member[] = "\"roles\":[";
	const char *list = memmem(record, len, member, sizeof(member) - 1);
	const char *end = list ? memchr(list, ']', len - (size_t)(list - record)) : NULL;

	return end ? (struct span){list, (size_t)(end - list)} : (struct span){record, 0};
}

static bool holds(struct span span, const char *before, const char *name)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "%s\"%s\"", before, name);

	return len < (int)sizeof(text) && memmem(span.at, span.len, text, (size_t)len);
}

void changes_note_agent(struct changes *c, const char *name, const char *record, size_t len)
{
	struct span roles = {record, 0}, all = {record, len};

	for (size_t i = 0; i < c->n && strcmp(c->v[i].kind, "agent") != 0; i++) {
		struct change_item *item = &c->v[i];
		bool is_role = strcmp(item->kind, "role") == 0;

		if (!is_role && strcmp(item->kind, "issuer") != 0)
			continue;
		if (is_role && !roles.len)
			roles = find_roles(record, len);
		if (!(is_role ? holds(roles, "", item->name) : holds(all, "\"issuer\":", item->name)))
			continue;
		if (!item->agents)
			item->agents = json_array();
		if (item->touched++ < CHANGES_TOUCHED)
			json_array_append_new(item->agents, json_string(name));
	}
}

void changes_compare_agent(struct changes *c, struct published *p, const char *name, const char *record,
			   size_t len)
{
	size_t was_len = 0;
	const char *was = p ? published_next_agent(p, name, &was_len) : NULL;

	changes_note_agent(c, name, record, len);
	compare(c, "agent", name, was, was_len, record, len);
}

struct removal {
	struct changes *changes;
	const char *kind;
	bool (*exists)(const void *data, const char *kind, const char *name);
	const void *data;
};

static bool note_removed(void *data, const char *name, const char *record, size_t len)
{
	const struct removal *r = data;

	(void)record;
	(void)len;
	if (!r->exists(r->data, r->kind, name))
		add_item(r->changes, CHANGE_REMOVED, r->kind, name);
	return true;
}

void changes_removed(struct changes *c, struct published *p,
		     bool (*exists)(const void *data, const char *kind, const char *name), const void *data)
{
	struct removal roles = {c, "role", exists, data}, issuers = {c, "issuer", exists, data};

	if (!p)
		return;
	published_walk(p, "role:", note_removed, &roles);
	published_walk(p, "issuer:", note_removed, &issuers);
}

/* ---- two generations ------------------------------------------------------ */

struct comparison {
	struct changes *changes;
	struct published *with; /* the other generation */
	const char *kind;	/* "agent", "role", "issuer", "host", "accounts" */
};

static bool compare_record(void *data, const char *name, const char *record, size_t len)
{
	const struct comparison *c = data;
	char *key = xasprintf("%s%s%s", c->kind, *name ? ":" : "", name);

	if (strcmp(c->kind, "agent") == 0)
		changes_compare_agent(c->changes, c->with, name, record, len);
	else
		changes_compare(c->changes, c->with, c->kind, key, *name ? name : "settings", record, len);
	free(key);
	return true;
}

static bool is_published(const void *data, const char *kind, const char *name)
{
	struct published *const *to = data;
	char *key = xasprintf("%s:%s", kind, name);
	size_t len;
	bool there = published_get(*to, key, &len) != NULL;

	free(key);
	return there;
}

bool changes_between(struct changes *c, struct published *from, struct published *to)
{
	static const char *const kinds[][2] = {{"host", "host"},
					       {"accounts", "accounts"},
					       {"issuer", "issuer:"},
					       {"role", "role:"},
					       {"agent", "agent:"}};
	struct removal agents = {c, "agent", is_published, &to};
	bool whole = true;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct comparison comparison = {c, from, kinds[i][0]};

		whole = published_walk(to, kinds[i][1], compare_record, &comparison) && whole;
	}
	changes_removed(c, from, is_published, &to);
	return published_walk(from, "agent:", note_removed, &agents) && whole;
}

/* ---- taking and counting -------------------------------------------------- */

/* listed() counts the agents of that sign in the list. */
static size_t listed(const struct changes *c, int sign)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += (int)c->v[i].sign == sign && strcmp(c->v[i].kind, "agent") == 0;
	return n;
}

/* The host's name comes from the host, and a record of a kind that is new comes from a newer version of this program. */
static bool is_of_text(const struct change_item *item)
{
	if (strcmp(item->kind, "accounts") == 0)
		return item->sign != CHANGE_ADDED;
	return strcmp(item->kind, "host") != 0 || json_object_size(item->members) != 1 ||
	       !json_object_get(item->members, "name");
}

void changes_take(struct changes *to, const struct changes *from,
		  bool (*wanted)(const void *data, const struct change_item *item), const void *data)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct change_item *item = &from->v[i];
		struct change_item *copy;

		if (!is_of_text(item) || !wanted(data, item))
			continue;
		copy = add_item(to, item->sign, item->kind, item->name);
		if (!copy)
			continue;
		copy->members = json_incref(item->members);
		copy->agents = json_incref(item->agents);
		copy->touched = item->touched;
	}
	/* Changes that were counted only are added to the counts: among so many nobody needs to know whose one of
	 * them is. */
	for (int sign = 0; sign < 3 && from->n >= CHANGES_LISTED; sign++)
		to->agents[sign] += from->agents[sign] - listed(from, sign);
}

void changes_free(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		json_decref(c->v[i].members);
		json_decref(c->v[i].agents);
	}
	free(c->v);
	*c = (struct changes){0};
}

size_t changes_count(const struct changes *c)
{
	size_t all = 0;

	for (int sign = 0; sign < 3; sign++)
		all += c->agents[sign] + c->roles[sign] + c->others[sign];
	return all;
}

bool changes_any(const struct changes *c)
{
	return changes_count(c) > 0;
}

size_t changes_removes(const struct changes *c)
{
	return c->agents[CHANGE_REMOVED] + c->roles[CHANGE_REMOVED] + c->others[CHANGE_REMOVED];
}
