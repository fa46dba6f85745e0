/* SPDX-License-Identifier: Apache-2.0 */
/* conf_report.c: reports what is wrong with a setting, see conf_report.h. */
#include "config.h"

#include "tools/conf/conf_report.h"

#include <stdio.h>
#include <string.h>

#include "tools/cli/alloc.h"

#define PATH_ROOM 512

static size_t number_of(const struct conf_tree *tree, uint32_t node)
{
	size_t number = 0;

	for (uint32_t n = tree->v[tree->v[node].parent].first; n != node; n = tree->v[n].next)
		number++;
	return number;
}

/* "keys[0].pem" */
static void put_path(struct buffer *path, const struct conf_file *file, uint32_t node)
{
	const struct conf_node *n = &file->tree.v[node];

	if (node == 0)
		return;
	put_path(path, file, n->parent);
	if (!n->name_len) {
		buffer_printf(path, "[%zu]", number_of(&file->tree, node));
		return;
	}
	buffer_puts(path, path->len ? "." : "");
	buffer_add(path, file->text.bytes + n->name, n->name_len);
}

void conf_report(const struct conf_file *file, struct problems *problems, const struct conf_finding *finding,
		 const char *format, va_list args)
{
	struct position position = {.file = file->text.path, .code = finding->code};
	struct buffer path = {0};

	if (!finding->setting)
		put_path(&path, file, finding->node);
	position.setting = finding->setting ? finding->setting : path.data;
	if (finding->node)
		conf_text_position(&file->text, file->tree.v[finding->node].start, &position.line,
				   &position.column);
	problems_add(problems, finding->warning, &position, format, args);
	buffer_free(&path);
}

/* Finds the node of the setting, or of the nearest one around it that there is. */
static uint32_t nearest_node(const struct conf_file *file, const char *setting)
{
	char path[PATH_ROOM];
	int64_t node;

	snprintf(path, sizeof path, "%s", setting);
	while ((node = conf_tree_find(&file->tree, &file->text, path)) < 0) {
		char *dot = strrchr(path, '.'), *bracket = strrchr(path, '[');
		char *cut = dot > bracket ? dot : bracket;

		if (!cut)
			return 0;
		*cut = '\0';
	}
	return (uint32_t)node;
}

void conf_error(const struct conf_file *file, struct problems *problems, const char *setting,
		const char *format, ...)
{
	const struct conf_finding finding = {false, NULL, setting, nearest_node(file, setting)};
	va_list args;

	va_start(args, format);
	conf_report(file, problems, &finding, format, args);
	va_end(args);
}

void conf_warning(const struct conf_file *file, struct problems *problems, const char *setting,
		  const char *format, ...)
{
	const struct conf_finding finding = {true, NULL, setting, nearest_node(file, setting)};
	va_list args;

	va_start(args, format);
	conf_report(file, problems, &finding, format, args);
	va_end(args);
}

void conf_error_as(const struct conf_file *file, struct problems *problems, const char *code,
		   const char *setting, const char *format, ...)
{
	const struct conf_finding finding = {false, code, setting, nearest_node(file, setting)};
	va_list args;

	va_start(args, format);
	conf_report(file, problems, &finding, format, args);
	va_end(args);
}

void conf_warning_as(const struct conf_file *file, struct problems *problems, const char *code,
		     const char *setting, const char *format, ...)
{
	const struct conf_finding finding = {true, code, setting, nearest_node(file, setting)};
	va_list args;

	va_start(args, format);
	conf_report(file, problems, &finding, format, args);
	va_end(args);
}
