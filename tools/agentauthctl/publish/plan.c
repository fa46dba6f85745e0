/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c shows changes, see plan.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/publish/plan.h"
#include "tools/agentauthctl/publish/plan_words.h"
#include "tools/cli/alloc.h"

#define LINE_ITEMS 4  /* of those that a line names */
#define ITEM_LINES 40 /* of an item that are printed; --json has them all */

/* ---- for a person -------------------------------------------------------- */

struct printing {
	FILE *out;
	const char *indent, *leaving;
	size_t lines;
};

static void print_line(void *data, const char *line)
{
	struct printing *p = data;

	if (p->lines++ < ITEM_LINES)
		fprintf(p->out, "%s      %s\n", p->indent, line);
}

static void print_item(struct printing *p, const struct change_item *item)
{
	p->lines = 0;
	fprintf(p->out, "%s%c %s %s\n", p->indent, "+~-"[item->sign], item -> kind, item -> name);
	plan_words(item, print_line, p);
	if (item->sign == CHANGE_REMOVED && p->leaving && strcmp(item->kind, "issuer") != 0)
		print_line(p, p->leaving);
	if (p->lines > ITEM_LINES)
		fprintf(p->out, "%s      and %zu lines more\n", p->indent, p->lines - ITEM_LINES);
}

/* Where not all are shown, what is taken away is shown before what is changed or new. */
void plan_print(FILE *out, const struct changes *c, const char *indent, size_t at_most, const char *leaving)
{
	static const char *const kinds[] = {"host", "accounts", "issuer", "role", "agent"};
	struct printing p = {.out = out, .indent = indent, .leaving = leaving};
	size_t shown = 0, all = changes_count(c);

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (int sign = CHANGE_REMOVED; sign >= CHANGE_ADDED; sign--)
			for (size_t i = 0; i < c->n && shown < at_most; i++) {
				if ((int)c->v[i].sign != sign || strcmp(c->v[i].kind, kinds[k]) != 0)
					continue;
				print_item(&p, &c->v[i]);
				shown++;
			}
	if (all > shown)
		fprintf(out, "%sand %zu more\n", indent, all - shown);
}

/* ---- in a line ----------------------------------------------------------- */

static void add_to_line(struct buffer *line, const struct change_item *item)
{
	const char *member, *between = " (";
	json_t *pair;

	buffer_printf(line, "%c %s", "+~-"[item->sign], item -> kind);
	if (strcmp(item->name, item->kind) != 0)
		buffer_printf(line, " %s", item->name);
	if (item->sign != CHANGE_CHANGED)
		return;
	json_object_foreach(item->members, member, pair)
	{
		buffer_printf(line, "%s%s", between, member);
		between = ", ";
	}
	if (json_object_size(item->members))
		buffer_puts(line, ")");
}

char *plan_line(const struct changes *c)
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

static void join_line(void *data, const char *line)
{
	struct buffer *b = data;

	buffer_printf(b, "%s%s", b->len ? "; " : "", line);
}

char *plan_words_joined(const struct change_item *item)
{
	struct buffer b = {0};

	plan_words(item, join_line, &b);
	return buffer_take(&b);
}

/* ---- for a script -------------------------------------------------------- */

static void append_line(void *data, const char *line)
{
	json_array_append_new(data, json_string(line));
}

static json_t *item_json(const struct change_item *item)
{
	json_t *words = json_array(), *o;

	plan_words(item, append_line, words);
	o = json_pack("{s:s, s:s, s:O*, s:o}", "kind", item->kind, "name", item->name, "members",
		      item->members, "words", words);
	if (item->agents)
		json_object_update_new(o, json_pack("{s:I, s:O}", "agents_touched", (json_int_t)item->touched,
						    "agents", item->agents));
	return o;
}

json_t *plan_json(const struct changes *c)
{
	static const char *const names[] = {"added", "changed", "removed"};
	json_t *o = json_pack("{s:[], s:[], s:[]}", names[0], names[1], names[2]);

	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(json_object_get(o, names[c->v[i].sign]), item_json(&c->v[i]));
	for (int sign = 0; sign < 3; sign++) {
		char name[32];

		snprintf(name, sizeof(name), "agents_%s", names[sign]);
		json_object_set_new(o, name, json_integer((json_int_t)c->agents[sign]));
	}
	return o;
}
