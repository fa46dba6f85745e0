/* SPDX-License-Identifier: Apache-2.0 */
/* conf_read.c: reads a text against a table of settings, see conf_read.h.
 *
 * The tree and libconfig's settings are walked side by side, since the tree knows where a setting stands, and libconfig its
 * value. A text of which the two find different settings is refused. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "common/text/utc.h"
#include "tools/cli/find_control.h"
#include "tools/cli/guess.h"
#include "tools/conf/conf_read.h"

struct walk {
	const struct conf_file *file;
	struct problems *problems;
	struct arena *arena;
};

/* A spot is a setting as both readers see it. */
struct spot {
	uint32_t node;
	const config_setting_t *value;
};

/* ---- reporting ----------------------------------------------------------- */

static void report(struct walk *w, struct spot at, const char *code, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static void report(struct walk *w, struct spot at, const char *code, const char *format, va_list args)
{
	const struct conf_finding finding = {.code = code, .node = at.node};

	conf_report(w->file, w->problems, &finding, format, args);
}

static void wrong(struct walk *w, struct spot at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void wrong(struct walk *w, struct spot at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(w, at, "value", format, args);
	va_end(args);
}

static void wrong_as(struct walk *w, struct spot at, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void wrong_as(struct walk *w, struct spot at, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(w, at, code, format, args);
	va_end(args);
}

/* ---- the two readers side by side ---------------------------------------- */

static const struct conf_node *node_of(const struct walk *w, struct spot at)
{
	return &w->file->tree.v[at.node];
}

static const char *kind_name(enum conf_kind kind)
{
	static const char *const names[] = {"a group in { }", "an array in [ ]", "a list in ( )",
					    "a string",	      "a number",	 "a number",
					    "a fraction",     "true or false"};

	return names[kind];
}

static bool same_kind(enum conf_kind kind, int type)
{
	switch (kind) {
	case CONF_GROUP:
		return type == CONFIG_TYPE_GROUP;
	case CONF_ARRAY:
		return type == CONFIG_TYPE_ARRAY;
	case CONF_LIST:
		return type == CONFIG_TYPE_LIST;
	case CONF_STRING:
		return type == CONFIG_TYPE_STRING;
	case CONF_INTEGER:
		return type == CONFIG_TYPE_INT;
	case CONF_INTEGER64:
		return type == CONFIG_TYPE_INT64;
	case CONF_FLOAT:
		return type == CONFIG_TYPE_FLOAT;
	case CONF_BOOLEAN:
		return type == CONFIG_TYPE_BOOL;
	}
	return false;
}

static bool agree(const struct walk *w, struct spot at)
{
	const struct conf_node *node = node_of(w, at);
	const char *name = config_setting_name(at.value);

	if (!same_kind(node->kind, config_setting_type(at.value)))
		return false;
	if (node->kind <= CONF_LIST && node->count != (uint32_t)config_setting_length(at.value))
		return false;
	if (!node->name_len)
		return true;
	return name && strlen(name) == node->name_len &&
	       memcmp(name, w->file->text.bytes + node->name, node->name_len) == 0;
}

/* Gives the first child, or the child after `child`. False: there is none, or a problem was reported. */
static bool step(struct walk *w, struct spot parent, unsigned number, uint32_t node, struct spot *ret)
{
	struct spot child = {.node = node};

	if (!node)
		return false;
	child.value = config_setting_get_elem((config_setting_t *)(uintptr_t)parent.value, number);
	if (!child.value || !agree(w, child)) {
		wrong(w, child, "libconfig reads this otherwise than it looks; write it more plainly");
		return false;
	}
	*ret = child;
	return true;
}

static bool first_child(struct walk *w, struct spot parent, struct spot *ret)
{
	return step(w, parent, 0, node_of(w, parent)->first, ret);
}

static bool next_child(struct walk *w, struct spot parent, unsigned number, struct spot *at)
{
	return step(w, parent, number, node_of(w, *at)->next, at);
}

static bool of_kind_or_told(struct walk *w, struct spot at, enum conf_kind kind, const char *hint)
{
	if (node_of(w, at)->kind == kind)
		return true;
	wrong(w, at, "must be %s, and is %s%s%s", kind_name(kind), kind_name(node_of(w, at)->kind),
	      hint ? ": " : "", hint ? hint : "");
	return false;
}

static bool of_kind(struct walk *w, struct spot at, enum conf_kind kind)
{
	return of_kind_or_told(w, at, kind, NULL);
}

/* ---- values -------------------------------------------------------------- */

static bool read_text(struct walk *w, struct spot at, const struct conf_setting *s, const char **ret)
{
	const char *text, *control;
	char why[256];

	if (!of_kind(w, at, CONF_STRING))
		return false;
	text = config_setting_get_string(at.value);
	control = s->several_lines ? NULL : find_control(text);
	if (control) {
		wrong(w, at, "%s holds %s", quoted(text), control);
		return false;
	}
	if (s->type != CONF_TEXTS && (int64_t)strlen(text) < s->min) {
		wrong(w, at, *text ? "is shorter than %lld bytes" : "must not be empty", (long long)s->min);
		return false;
	}
	if (s->type != CONF_TEXTS && s->max && (int64_t)strlen(text) > s->max) {
		wrong(w, at, "is longer than %lld bytes", (long long)s->max);
		return false;
	}
	if (s->check && !s->check(text, why, sizeof why)) {
		wrong(w, at, "%s %s", quoted(text), why);
		return false;
	}
	*ret = text;
	return true;
}

static void read_number(struct walk *w, struct spot at, const struct conf_setting *s, int64_t *ret)
{
	int64_t number;

	if (node_of(w, at)->kind != CONF_INTEGER64 && !of_kind(w, at, CONF_INTEGER))
		return;
	number = config_setting_get_int64(at.value);
	if (number < s->min || (s->max && number > s->max))
		wrong(w, at, "%lld is out of range: it goes from %lld to %lld", (long long)number,
		      (long long)s->min, (long long)s->max);
	else
		*ret = number;
}

static void read_id(struct walk *w, struct spot at, const struct conf_setting *s, uint32_t *ret)
{
	int64_t number = *ret;

	read_number(w, at, s, &number);
	*ret = (uint32_t)number;
}

static void list_words(const struct conf_setting *s, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; s->words[i] && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s\"%s\"", i ? " or " : "", s->words[i]);
}

static void read_word(struct walk *w, struct spot at, const struct conf_setting *s, int *ret)
{
	char words[256] = "";
	const char *text;

	if (!of_kind(w, at, CONF_STRING))
		return;
	text = config_setting_get_string(at.value);
	for (int i = 0; s->words[i]; i++)
		if (strcmp(text, s->words[i]) == 0) {
			*ret = i;
			return;
		}
	list_words(s, words, sizeof words);
	wrong(w, at, "%s is not one of %s", quoted(text), words);
}

static void read_time(struct walk *w, struct spot at, int64_t *ret)
{
	const char *text;

	if (!of_kind(w, at, CONF_STRING))
		return;
	text = config_setting_get_string(at.value);
	if (!aa_utc_parse(text, ret))
		wrong(w, at, "%s is not a time like \"2027-01-31T00:00:00Z\" (RFC 3339, in UTC)",
		      quoted(text));
}

static bool counts(struct walk *w, struct spot at, const struct conf_setting *s)
{
	if (node_of(w, at)->count == 0 && s->if_empty)
		wrong(w, at, "is empty; leave the setting out where %s is meant", s->if_empty);
	else if (node_of(w, at)->count < s->min)
		wrong(w, at, "must hold at least %lld", (long long)s->min);
	else if (s->max && node_of(w, at)->count > s->max)
		wrong(w, at, "holds more than %lld", (long long)s->max);
	else
		return true;
	return false;
}

static bool read_alone(struct walk *w, struct spot at, const struct conf_setting *s, struct aa_list *ret)
{
	if (!s->or_text || node_of(w, at)->kind != CONF_STRING)
		return false;
	ret->v = arena_alloc(w->arena, 2 * sizeof *ret->v);
	ret->n = read_text(w, at, s, &ret->v[0]);
	return true;
}

static void read_texts(struct walk *w, struct spot at, const struct conf_setting *s, struct aa_list *ret)
{
	struct aa_list texts = {0};
	struct spot child;
	unsigned i = 0;

	if (read_alone(w, at, s, ret))
		return;
	if (node_of(w, at)->kind != CONF_LIST && !of_kind_or_told(w, at, CONF_ARRAY, s->hint))
		return;
	if (!counts(w, at, s))
		return;
	texts.v = arena_alloc(w->arena, (node_of(w, at)->count + 1) * sizeof *texts.v);
	for (bool more = first_child(w, at, &child); more; more = next_child(w, at, ++i, &child)) {
		const char *text;

		if (read_text(w, child, s, &text)) {
			if (!s->repeats && aa_list_has(&texts, text))
				wrong(w, child, "%s stands here twice", quoted(text));
			texts.v[texts.n++] = text;
		}
	}
	*ret = texts;
}

/* ---- groups -------------------------------------------------------------- */

static void read_members(struct walk *w, struct spot at, const struct conf_setting *table, char *into);

static char *new_item(const struct conf_setting *s, char *items, size_t number)
{
	char *item = items + number * s->size;

	if (s->defaults)
		memcpy(item, s->defaults, s->size);
	return item;
}

/* `ret` is a struct { size_t n; T *v; } of some T. */
static void give_items(char *ret, size_t n, char *items)
{
	memcpy(ret, &n, sizeof n);
	memcpy(ret + sizeof n, &items, sizeof items);
}

static void read_items(struct walk *w, struct spot at, const struct conf_setting *s, char *ret)
{
	struct spot child;
	unsigned i = 0;
	char *items;

	if (!of_kind(w, at, CONF_LIST) || !counts(w, at, s))
		return;
	items = arena_alloc(w->arena, node_of(w, at)->count * s->size);
	for (bool more = first_child(w, at, &child); more; more = next_child(w, at, ++i, &child)) {
		char *item = new_item(s, items, i);

		if (of_kind(w, child, CONF_GROUP))
			read_members(w, child, s->members, item);
	}
	give_items(ret, i, items);
}

static void read_named(struct walk *w, struct spot at, const struct conf_setting *s, char *ret)
{
	struct spot child;
	char *items, why[256];
	unsigned i = 0;

	if (!of_kind(w, at, CONF_GROUP) || !counts(w, at, s))
		return;
	items = arena_alloc(w->arena, node_of(w, at)->count * s->size);
	for (bool more = first_child(w, at, &child); more; more = next_child(w, at, ++i, &child)) {
		const char *name = config_setting_name(child.value);
		char *item = new_item(s, items, i);

		memcpy(item, &name, sizeof name);
		if (s->check && !s->check(name, why, sizeof why))
			wrong(w, child, "%s %s", quoted(name), why);
		if (of_kind(w, child, CONF_GROUP))
			read_members(w, child, s->members, item);
	}
	give_items(ret, i, items);
}

static void read_setting(struct walk *w, struct spot at, const struct conf_setting *s, char *into)
{
	void *target = into + s->offset;

	switch (s->type) {
	case CONF_TEXT:
		read_text(w, at, s, target);
		break;
	case CONF_NUMBER:
		read_number(w, at, s, target);
		break;
	case CONF_ID:
		read_id(w, at, s, target);
		break;
	case CONF_FLAG:
		if (of_kind(w, at, CONF_BOOLEAN))
			*(bool *)target = config_setting_get_bool(at.value);
		break;
	case CONF_WORD:
		read_word(w, at, s, target);
		break;
	case CONF_TIME:
		read_time(w, at, target);
		break;
	case CONF_TEXTS:
		read_texts(w, at, s, target);
		break;
	case CONF_MEMBERS:
		if (of_kind_or_told(w, at, CONF_GROUP, s->hint)) {
			*(bool *)target = true;
			read_members(w, at, s->members, target);
		}
		break;
	case CONF_ITEMS:
		read_items(w, at, s, target);
		break;
	case CONF_NAMED:
		read_named(w, at, s, target);
		break;
	}
}

static const struct conf_setting *in_table(const struct conf_setting *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static void unknown_setting(struct walk *w, struct spot at, const struct conf_setting *table)
{
	struct guess guess = {.word = config_setting_name(at.value)};
	char known[512] = "";
	size_t len = 0;

	for (; table->name && len < sizeof known; table++) {
		len +=
		    (size_t)snprintf(known + len, sizeof known - len, "%s%s", len ? ", " : "", table->name);
		guess_try(&guess, table->name);
	}
	if (guess.best)
		wrong_as(w, at, "unknown-setting", "there is no such setting%s", guess_asked(&guess, ""));
	else
		wrong_as(w, at, "unknown-setting", "there is no such setting; here there may be: %s", known);
}

static void missing_settings(struct walk *w, struct spot at, const struct conf_setting *table)
{
	for (; table->name; table++) {
		if (!table->required || conf_tree_member(&w->file->tree, &w->file->text, at.node, table->name,
							 strlen(table->name)))
			continue;
		wrong_as(w, at, "missing-setting", "the setting %s is missing", table->name);
	}
}

static void read_members(struct walk *w, struct spot at, const struct conf_setting *table, char *into)
{
	struct spot child;
	unsigned i = 0;

	for (bool more = first_child(w, at, &child); more; more = next_child(w, at, ++i, &child)) {
		const char *name = config_setting_name(child.value);
		const struct conf_setting *s = in_table(table, name);

		if (s)
			read_setting(w, child, s, into);
		else
			unknown_setting(w, child, table);
	}
	missing_settings(w, at, table);
}

/* A text is read up to its first mistake of syntax, and what stands behind is not judged. */
static void say_rest_is_unread(const char *path, struct problems *problems)
{
	struct problem *last = problems->n ? &problems->v[problems->n - 1] : NULL;
	char *what;

	if (!last || !last->file || strcmp(last->file, path) != 0)
		return;
	what = xasprintf("%s. What else is wrong in this file shows once that is mended", last->what);
	free(last->what);
	last->what = what;
}

static int parse(struct conf_file *file, struct problems *problems)
{
	struct position position = {.file = file->text.path, .column = 1, .code = "syntax"};

	if (file->has_config)
		config_destroy(&file->config);
	file->has_config = false;
	if (conf_tree_read(&file->tree, &file->text, problems) < 0) {
		say_rest_is_unread(file->text.path, problems);
		return -1;
	}
	config_init(&file->config);
	file->has_config = config_read_string(&file->config, file->text.bytes) == CONFIG_TRUE;
	if (file->has_config)
		return 0;
	position.line = (unsigned)config_error_line(&file->config);
	problem_error(problems, &position, "%s (libconfig)", config_error_text(&file->config));
	say_rest_is_unread(file->text.path, problems);
	config_destroy(&file->config);
	return -1;
}

int conf_read(struct conf_file *file, const struct conf_setting *table, void *into, struct arena *arena,
	      struct problems *problems)
{
	struct walk w = {.file = file, .problems = problems, .arena = arena};
	size_t errors_before = problems->errors;
	struct spot root = {0};

	if (parse(file, problems) < 0)
		return -1;
	root.value = config_root_setting(&file->config);
	if (!agree(&w, root))
		wrong(&w, root, "libconfig reads this file otherwise than it looks; write it more plainly");
	else
		read_members(&w, root, table, into);
	return problems->errors > errors_before ? -1 : 0;
}
