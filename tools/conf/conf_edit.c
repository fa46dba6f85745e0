/* SPDX-License-Identifier: Apache-2.0 */
/* conf_edit.c: edits a text in place, see conf_edit.h. Each edit parses the text, finds an offset, and splices bytes
 * there. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/conf/conf_edit.h"
#include "tools/conf/conf_tree.h"

struct edit {
	struct conf_text *text;
	struct conf_tree tree;
};

static int edit_begin(struct edit *e, struct conf_text *text)
{
	struct problems ignored = {0};
	int r;

	*e = (struct edit){.text = text};
	r = conf_tree_read(&e->tree, text, &ignored);
	problems_free(&ignored);
	return r;
}

static void edit_end(struct edit *e)
{
	conf_tree_free(&e->tree);
}

static const struct conf_node *node_at(const struct edit *e, int64_t n)
{
	return &e->tree.v[n];
}

/* Puts `new` in the place of the bytes [from, to). The tree is out of date from then on. */
static void splice(struct conf_text *text, size_t from, size_t to, const char *new)
{
	struct buffer b = {0};
	char *path = xstrdup(text->path);

	buffer_add(&b, text->bytes, from);
	buffer_puts(&b, new);
	buffer_add(&b, text->bytes + to, text->len - to);
	conf_text_set(text, path, b.data, b.len);
	buffer_free(&b);
	free(path);
}

char *conf_quote(const char *text)
{
	struct buffer b = {0};

	buffer_puts(&b, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buffer_puts(&b, "\\");
		if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f)
			buffer_printf(&b, "\\x%02x", (unsigned char)*text);
		else
			buffer_add(&b, text, 1);
	}
	buffer_puts(&b, "\"");
	return buffer_take(&b);
}

/* ---- lines --------------------------------------------------------------- */

static size_t line_start(const struct conf_text *text, size_t at)
{
	while (at > 0 && text->bytes[at - 1] != '\n')
		at--;
	return at;
}

static size_t skip_blank(const struct conf_text *text, size_t at)
{
	while (at < text->len &&
	       (text->bytes[at] == ' ' || text->bytes[at] == '\t' || text->bytes[at] == '\r'))
		at++;
	return at;
}

/* Returns the blanks that the line of `at` begins with. The caller frees. */
static char *indent_of(const struct conf_text *text, size_t at)
{
	size_t start = line_start(text, at);

	return xstrndup(text->bytes + start, skip_blank(text, start) - start);
}

/* Returns the offset of the line feed that ends the line of `at`, where nothing but blanks or a comment stand before it;
 * else `at`. */
static size_t rest_of_line(const struct conf_text *text, size_t at)
{
	size_t i = skip_blank(text, at);

	if (i < text->len && (text->bytes[i] == '#' || strncmp(text->bytes + i, "//", 2) == 0))
		while (i < text->len && text->bytes[i] != '\n')
			i++;
	return i >= text->len || text->bytes[i] == '\n' ? i : at;
}

/* ---- adding -------------------------------------------------------------- */

/* Inserts behind the group's last member, on a line of its own where that member ends its line. */
static void insert_after(struct edit *e, int64_t last, const char *setting)
{
	const struct conf_node *node = node_at(e, last);
	size_t at = rest_of_line(e->text, node->end);
	bool own_line = at >= e->text->len || e->text->bytes[at] == '\n';
	bool ended = node->end > node->value_end;
	size_t value_end = node->value_end;
	char *indent = indent_of(e->text, node->start), *new;

	if (own_line)
		new = xasprintf("\n%s%s", indent, setting);
	else
		new = xasprintf(" %s", setting);
	splice(e->text, at, at, new);
	if (!ended)
		splice(e->text, value_end, value_end, ";");
	free(indent);
	free(new);
}

/* Inserts into a group without members, behind its comments. */
static void insert_into_empty(struct edit *e, int64_t group, const char *setting)
{
	const struct conf_node *node = node_at(e, group);
	size_t close = group == 0 ? e->text->len : node->value_end - 1;
	size_t start = line_start(e->text, close);
	char *indent = indent_of(e->text, node->start), *new;

	if (group == 0)
		new = xasprintf("%s%s\n", start == close ? "" : "\n", setting);
	else if (skip_blank(e->text, start) == close)
		new = xasprintf("\t%s\n%s", setting, indent);
	else
		new = xasprintf(" %s ", setting);
	splice(e->text, close, close, new);
	free(indent);
	free(new);
}

static void insert_setting(struct edit *e, int64_t group, const char *name, const char *value)
{
	char *setting = xasprintf("%s = %s;", name, value);

	if (node_at(e, group)->last)
		insert_after(e, node_at(e, group)->last, setting);
	else
		insert_into_empty(e, group, setting);
	free(setting);
}

int conf_edit_set(struct conf_text *text, const char *path, const char *value)
{
	const char *dot = strrchr(path, '.');
	char *parent = xstrndup(path, dot ? (size_t)(dot - path) : 0), *wrapped;
	struct edit e;
	int64_t n, group;
	int r;

	r = edit_begin(&e, text);
	if (r < 0)
		goto out;
	n = conf_tree_find(&e.tree, text, path);
	group = conf_tree_find(&e.tree, text, parent);
	if (n > 0) {
		splice(text, node_at(&e, n)->value, node_at(&e, n)->value_end, value);
	} else if (group < 0) {
		wrapped = xasprintf("{ %s = %s; }", dot + 1, value);
		r = conf_edit_set(text, parent, wrapped);
		free(wrapped);
	} else if (node_at(&e, group)->kind != CONF_GROUP) {
		r = -1;
	} else {
		insert_setting(&e, group, dot ? dot + 1 : path, value);
	}
out:
	edit_end(&e);
	free(parent);
	return r;
}

static void add_element(struct edit *e, int64_t n, const char *value)
{
	const struct conf_node *node = node_at(e, n), *last = node_at(e, node->last);
	size_t close = node->value_end - 1, at;
	char *indent, *new;

	if (!node->last) {
		new = xasprintf("%c %s ", e->text->bytes[node->value], value);
		splice(e->text, node->value, close, new);
		free(new);
		return;
	}
	at = rest_of_line(e->text, last->value_end);
	if (at < close && e->text->bytes[at] == '\n') {
		indent = indent_of(e->text, last->start);
		new = xasprintf("\n%s%s", indent, value);
		splice(e->text, at, at, new);
		splice(e->text, last->value_end, last->value_end, ",");
		free(indent);
	} else {
		new = xasprintf(", %s", value);
		splice(e->text, last->value_end, last->value_end, new);
	}
	free(new);
}

static void add_to_string(struct edit *e, int64_t n, const char *value)
{
	size_t from = node_at(e, n)->value, to = node_at(e, n)->value_end;
	char *both = xasprintf("[ %.*s, %s ]", (int)(to - from), e->text->bytes + from, value);

	splice(e->text, from, to, both);
	free(both);
}

int conf_edit_add(struct conf_text *text, const char *path, const char *value, bool list)
{
	struct edit e;
	char *whole;
	int64_t n;
	int r;

	r = edit_begin(&e, text);
	if (r < 0)
		goto out;
	n = conf_tree_find(&e.tree, text, path);
	if (n > 0 && (node_at(&e, n)->kind == CONF_ARRAY || node_at(&e, n)->kind == CONF_LIST)) {
		add_element(&e, n, value);
	} else if (n > 0 && node_at(&e, n)->kind == CONF_STRING && !list) {
		add_to_string(&e, n, value);
	} else if (n > 0) {
		r = -1;
	} else {
		whole = xasprintf(list ? "( %s )" : "[ %s ]", value);
		r = conf_edit_set(text, path, whole);
		free(whole);
	}
out:
	edit_end(&e);
	return r;
}

/* ---- taking away --------------------------------------------------------- */

/* Widens [*from, *to) to whole lines where nothing else stands on them. */
static void widen_to_lines(const struct conf_text *text, size_t *from, size_t *to)
{
	size_t start = line_start(text, *from), end = skip_blank(text, *to);

	if (skip_blank(text, start) != *from)
		return;
	if (end < text->len && text->bytes[end] == '\n') {
		*from = start;
		*to = end + 1;
	} else if (end >= text->len) {
		*from = start;
		*to = end;
	}
}

/* Takes the blanks before a setting with it, where others stand on its line. */
static void widen_to_blanks(const struct conf_text *text, size_t *from)
{
	while (*from > 0 && (text->bytes[*from - 1] == ' ' || text->bytes[*from - 1] == '\t'))
		(*from)--;
}

static uint32_t node_before(const struct edit *e, int64_t n)
{
	uint32_t before = 0;

	for (uint32_t i = node_at(e, node_at(e, n)->parent)->first; i != (uint32_t)n; i = node_at(e, i)->next)
		before = i;
	return before;
}

/* The last element takes the comma before it along, any other the comma behind it. */
static void remove_element(struct edit *e, int64_t n)
{
	const struct conf_node *node = node_at(e, n);
	uint32_t before = node_before(e, n);
	size_t from = node->start, to = node->end;

	if (!node->next && before) {
		size_t comma = node_at(e, before)->end - 1;

		to = node->value_end;
		widen_to_lines(e->text, &from, &to);
		if (from == node->start)
			widen_to_blanks(e->text, &from);
		splice(e->text, from, to, "");
		splice(e->text, comma, comma + 1, "");
		return;
	}
	widen_to_lines(e->text, &from, &to);
	if (from == node->start && node->next)
		to = skip_blank(e->text, to);
	splice(e->text, from, to, "");
}

static void remove_setting(struct edit *e, int64_t n)
{
	size_t from = node_at(e, n)->start, to = node_at(e, n)->end;

	widen_to_lines(e->text, &from, &to);
	if (from == node_at(e, n)->start)
		widen_to_blanks(e->text, &from);
	splice(e->text, from, to, "");
}

int conf_edit_unset(struct conf_text *text, const char *path)
{
	struct edit e;
	int64_t n;
	int r;

	r = edit_begin(&e, text);
	if (r < 0)
		goto out;
	n = conf_tree_find(&e.tree, text, path);
	if (n <= 0)
		r = 1;
	else if (node_at(&e, n)->name_len)
		remove_setting(&e, n);
	else
		remove_element(&e, n);
out:
	edit_end(&e);
	return r;
}

/* ---- looking ------------------------------------------------------------- */

int conf_edit_count(const struct conf_text *text, const char *path)
{
	struct problems ignored = {0};
	struct conf_tree tree = {0};
	int64_t n = -1;
	int count = -1;

	if (conf_tree_read(&tree, text, &ignored) == 0)
		n = conf_tree_find(&tree, text, path);
	if (n >= 0)
		count = (int)tree.v[n].count;
	problems_free(&ignored);
	conf_tree_free(&tree);
	return count;
}

static bool is_value(const struct conf_text *text, const struct conf_node *node, const char *value)
{
	size_t len = node->value_end - node->value;

	return len == strlen(value) && memcmp(text->bytes + node->value, value, len) == 0;
}

int conf_edit_index(const struct conf_text *text, const char *path, const char *value)
{
	struct problems ignored = {0};
	struct conf_tree tree = {0};
	char *wanted = conf_quote(value);
	int64_t n = -1;
	int found = -1, i = 0;

	if (conf_tree_read(&tree, text, &ignored) == 0)
		n = conf_tree_find(&tree, text, path);
	if (n > 0 && tree.v[n].kind == CONF_STRING && is_value(text, &tree.v[n], wanted))
		found = 0;
	for (uint32_t c = n > 0 ? tree.v[n].first : 0; c && found < 0; c = tree.v[c].next, i++)
		if (is_value(text, &tree.v[c], wanted))
			found = i;
	free(wanted);
	problems_free(&ignored);
	conf_tree_free(&tree);
	return found;
}
