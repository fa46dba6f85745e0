/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c finds what differs from the published generation, see changes.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "tools/agentauthctl/publish/changes.h"
#include "tools/cli/alloc.h"

#define LINE_ITEMS 4 /* of those that a line names */

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
	json_t *from = json_loadb(was, was_len, 0, NULL), *to = json_loadb(record, len, 0, NULL);
	json_t *members = differing(from, to);
	struct change_item *item;

	if (json_object_size(members) > 0) { /* the host's record has its generation's number in it */
		item = add_item(c, CHANGE_CHANGED, kind, name);
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
	if (!was)
		add_item(c, CHANGE_ADDED, kind, name);
	else if (was_len == len && memcmp(was, record, len) == 0)
		return;
	else if (strcmp(kind, "agent") == 0 && c->agents[CHANGE_CHANGED] >= CHANGES_DETAILED)
		add_item(c, CHANGE_CHANGED, kind, name);
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

void changes_compare_agent(struct changes *c, struct published *p, const char *name, const char *record,
			   size_t len)
{
	size_t was_len = 0;
	const char *was = p ? published_next_agent(p, name, &was_len) : NULL;

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
		if (copy)
			copy->members = json_incref(item->members);
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

/* ---- showing ------------------------------------------------------------- */

/* in_short() returns a key's kid, and of anything else its JSON. The caller frees. */
static char *in_short(const json_t *value)
{
	const json_t *kid = json_object_get(value, "kid");
	char *text;

	if (!value || json_is_null(value))
		return xstrdup("-");
	if (kid)
		return xasprintf("%s (%s)", json_string_value(kid),
				 json_string_value(json_object_get(value, "state")));
	text = aa_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text && strlen(text) > 100)
		strcpy(text + 97, "...");
	return text ? text : xstrdup("?");
}

static void add_to_line(struct buffer *line, const struct change_item *item)
{
	const char *member, *between = " (";
	json_t *pair;

	buffer_printf(line, "%c %s", "+~-"[item->sign], item -> kind);
	if (strcmp(item->name, item->kind) != 0)
		buffer_printf(line, " %s", item->name);
	json_object_foreach(item->members, member, pair)
	{
		buffer_printf(line, "%s%s", between, member);
		between = ", ";
	}
	if (json_object_size(item->members))
		buffer_puts(line, ")");
}

char *changes_line(const struct changes *c)
{
	size_t shown = c->n < LINE_ITEMS ? c->n : LINE_ITEMS, all = changes_count(c);
	struct buffer line = {0};

	for (size_t i = 0; i < shown; i++) {
		buffer_puts(&line, i ? ", " : "");
		add_to_line(&line, &c->v[i]);
	}
	if (all > shown)
		buffer_printf(&line, " and %zu more", all - shown);
	return buffer_take(&line);
}

static bool list_has(const json_t *list, const json_t *value)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, value))
			return true;
	}
	return false;
}

/* print_missing() prints what `list` has and `other` lacks, each on a line with `sign` before it. */
static void print_missing(FILE *out, const char *indent, const char *member, char sign, const json_t *list,
			  const json_t *other)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		char *text;

		if (list_has(other, one))
			continue;
		text = in_short(one);
		fprintf(out, "%s      %s: %c %s\n", indent, member, sign, text);
		free(text);
	}
}

static void print_member(FILE *out, const char *indent, const char *name, const json_t *pair)
{
	const json_t *from = json_object_get(pair, "from"), *to = json_object_get(pair, "to");
	char *before, *after;

	if (json_is_array(from) || json_is_array(to)) {
		print_missing(out, indent, name, '-', from, to);
		print_missing(out, indent, name, '+', to, from);
		return;
	}
	before = in_short(from);
	after = in_short(to);
	fprintf(out, "%s      %s: %s -> %s\n", indent, name, before, after);
	free(before);
	free(after);
}

void changes_print(FILE *out, const struct changes *c, const char *indent, size_t at_most)
{
	size_t shown = c->n < at_most ? c->n : at_most, all = changes_count(c);

	for (size_t i = 0; i < shown; i++) {
		const struct change_item *item = &c->v[i];
		const char *member;
		json_t *pair;

		fprintf(out, "%s%c %s %s\n", indent, "+~-"[item->sign], item -> kind, item -> name);
		json_object_foreach(item->members, member, pair)
		{
			print_member(out, indent, member, pair);
		}
	}
	if (all > shown)
		fprintf(out, "%sand %zu more\n", indent, all - shown);
}

json_t *changes_json(const struct changes *c)
{
	static const char *const names[] = {"added", "changed", "removed"};
	json_t *o = json_pack("{s:[], s:[], s:[]}", names[0], names[1], names[2]);

	for (size_t i = 0; i < c->n; i++) {
		const struct change_item *item = &c->v[i];

		json_array_append_new(json_object_get(o, names[item->sign]),
				      json_pack("{s:s, s:s, s:O*}", "kind", item->kind, "name", item->name,
						"members", item->members));
	}
	for (int sign = 0; sign < 3; sign++) {
		char name[32];

		snprintf(name, sizeof(name), "agents_%s", names[sign]);
		json_object_set_new(o, name, json_integer((json_int_t)c->agents[sign]));
	}
	return o;
}
