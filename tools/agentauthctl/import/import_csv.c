/* SPDX-License-Identifier: Apache-2.0 */
/* import_csv.c reads agents from CSV: a line that names the columns, then a line for each agent. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text/number.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/import/import_internal.h"
#include "tools/cli/guess.h"

/* These are what the options of `register` do, which the columns are made of. */
enum column_how {
	COLUMN_NAME,
	COLUMN_UID,
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_TIME,
	COLUMN_ADD,
	COLUMN_KEY,
	COLUMN_BIND
};

struct column {
	const char *option; /* "local-user" */
	enum column_how how;
	const char *setting; /* "delegation.local_users" */
};

static const struct column columns[] = {
    {"name", COLUMN_NAME, "name"},
    {"uid", COLUMN_UID, "uid"},
#define OPTION(command, ...) COLUMN_##command(__VA_ARGS__)
#define COLUMN_agent(name, how, argument, path, help) {name, COLUMN_##how, #path},
#define COLUMN_role(...)
#define COLUMN_issuer(...)
#include "common/verify/settings.def"
#undef COLUMN_agent
#undef COLUMN_role
#undef COLUMN_issuer
};

#define N_COLUMNS (sizeof(columns) / sizeof(*columns))

struct import_column {
	const struct column *is; /* NULL: none, which was reported */
};

/* ---- the columns ---------------------------------------------------------------- */

static const char *last_part(const char *setting)
{
	const char *dot = strrchr(setting, '.');

	return dot ? dot + 1 : setting;
}

/* all_columns() names them for a person. The caller frees. */
static char *all_columns(void)
{
	struct buffer b = {0};

	for (size_t i = 0; i < N_COLUMNS; i++)
		buffer_printf(&b, "%s%s", i ? ", " : "", last_part(columns[i].setting));
	return buffer_take(&b);
}

/* A column has the name of its option or of its setting, in small letters or not, with - or _. */
static bool is_called(const char *text, const char *name)
{
	size_t i = 0;

	while (text[i] == ' ')
		text++;
	for (; name[i]; i++)
		if (strncasecmp(&text[i], &name[i], 1) != 0 &&
		    !(strchr("-_ ", text[i]) && strchr("-_", name[i])))
			return false;
	return text[i + strspn(text + i, " ")] == '\0';
}

static const struct column *column_of(const char *text, struct guess *guess)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		if (is_called(text, columns[i].option) || is_called(text, last_part(columns[i].setting)) ||
		    is_called(text, columns[i].setting))
			return &columns[i];
		guess_try(guess, last_part(columns[i].setting));
	}
	return NULL;
}

static struct position position_of(const struct import *import, const struct csv_cell *cell)
{
	return (struct position){.file = import->file, .line = cell->line, .column = cell->column};
}

static bool has_column(const struct import *import, const struct column *column)
{
	for (size_t i = 0; i < import->n_columns; i++)
		if (import->columns[i].is == column)
			return true;
	return false;
}

static void read_column(struct import *import, const struct csv_cell *cell)
{
	const struct position position = position_of(import, cell);
	struct guess guess = {cell->text, NULL, 0};
	const struct column *is = column_of(cell->text, &guess);
	char *all;

	if (!is && strchr(cell->text, ';')) {
		problem_error(import->problems, &position,
			      "the columns are separated by semicolons here, and are by commas in CSV");
	} else if (!is) {
		all = all_columns();
		problem_error(import->problems, &position, "%s is no column%s; columns are %s",
			      quoted(cell->text), guess_asked(&guess, ""), all);
		free(all);
	} else if (has_column(import, is)) {
		problem_error(import->problems, &position, "the column %s is there twice",
			      quoted(cell->text));
		is = NULL;
	}
	import->columns[import->n_columns++].is = is;
}

static void read_header(struct import *import, const struct csv_row *header)
{
	const struct position position = position_of(import, header->cells);

	import->columns = xcalloc(header->n, sizeof(*import->columns));
	for (size_t i = 0; i < header->n; i++)
		read_column(import, &header->cells[i]);
	if (!has_column(import, &columns[0]) && import->problems->errors == 0)
		problem_error(import->problems, &position,
			      "the first line names the columns, and none is \"name\"");
}

/* ---- cells ------------------------------------------------------------------------ */

/* next_value() cuts the next of several values, which are separated by semicolons or line ends. */
static char *next_value(char **rest)
{
	char *value;

	while ((value = strsep(rest, ";\n"))) {
		char *end = value + strlen(value);

		value += strspn(value, " \t\r");
		while (end > value && strchr(" \t\r", end[-1]))
			*--end = '\0';
		if (*value)
			return value;
	}
	return NULL;
}

static json_t *read_list(const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *value;
	json_t *list = json_array();

	while ((value = next_value(&rest)))
		json_array_append_new(list, json_string(value));
	free(copy);
	return list;
}

static json_t *read_bindings(const struct import *import, const struct position *position, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *value;
	json_t *list = json_array();

	while ((value = next_value(&rest))) {
		char *colon = strchr(value, ':');

		if (!colon || colon == value || !colon[1]) {
			problem_error(
			    import->problems, position,
			    "%s is no binding: write ISSUER:CLIENT, an issuer's name in agentauth.conf "
			    "and how it names the agent",
			    quoted(value));
			continue;
		}
		*colon = '\0';
		json_array_append_new(list, json_pack("{s:s, s:s}", "issuer", value, "client", colon + 1));
	}
	free(copy);
	return list;
}

static json_t *read_number(const struct import *import, const struct position *position, const char *text)
{
	int64_t number;

	if (aa_number_parse(text, 0, INT32_MAX, &number))
		return json_integer((json_int_t)number);
	problem_error(import->problems, position, "%s is no number from 0 to %d", quoted(text), INT32_MAX);
	return NULL;
}

static json_t *read_time(const struct import *import, const struct position *position, const char *text)
{
	char when[32];
	int64_t t;

	if (!aa_utc_parse_loose(text, import->now, &t)) {
		problem_error(import->problems, position,
			      "%s is no time like 2027-01-31T00:00:00Z, 2027-01-31 or 90d", quoted(text));
		return NULL;
	}
	aa_utc_print(t, when);
	return json_string(when);
}

static json_t *read_value(const struct import *import, const struct column *is, const struct csv_cell *cell)
{
	const struct position position = position_of(import, cell);
	json_t *keys;

	switch (is->how) {
	case COLUMN_UID:
	case COLUMN_NUMBER:
		return read_number(import, &position, cell->text);
	case COLUMN_TIME:
		return read_time(import, &position, cell->text);
	case COLUMN_ADD:
		return read_list(cell->text);
	case COLUMN_BIND:
		return read_bindings(import, &position, cell->text);
	case COLUMN_KEY:
		keys = json_array();
		import_keys(import, &position, cell->text, strlen(cell->text), keys);
		if (json_array_size(keys) > 0)
			return keys;
		json_decref(keys); /* which has been reported */
		return NULL;
	case COLUMN_NAME:
	case COLUMN_TEXT:
		break;
	}
	return json_string(cell->text);
}

/* put() sets the member at a path of at most two parts: "delegation.users". */
static void put(json_t *settings, const char *path, json_t *value)
{
	const char *dot = strchr(path, '.');
	char *group = dot ? xstrndup(path, (size_t)(dot - path)) : NULL;

	if (group && !json_object_get(settings, group))
		json_object_set_new(settings, group, json_object());
	json_object_set_new(group ? json_object_get(settings, group) : settings, dot ? dot + 1 : path, value);
	free(group);
}

/* An empty cell says nothing. */
static void read_row(struct import *import, size_t row)
{
	const struct csv_row *r = &import->csv.rows[row];
	struct import_agent *agent = import_add(import);

	agent->row = row;
	for (size_t i = 0; i < r->n && i < import->n_columns; i++) {
		const struct column *is = import->columns[i].is;
		json_t *value = NULL;

		if (!is || !*r->cells[i].text)
			continue;
		if (is->how == COLUMN_NAME)
			agent->name = r->cells[i].text;
		else
			value = read_value(import, is, &r->cells[i]);
		if (value)
			put(agent->settings, is->setting, value);
	}
	if (!*agent->name && has_column(import, &columns[0]))
		import_wrong(import, agent, "name", "an agent has a name, and this one has none");
	if (r->n != import->n_columns) {
		const struct position position = position_of(import, &r->cells[r->n - 1]);

		problem_error(import->problems, &position,
			      "this line has %zu cell%s, and the first line names %zu column%s", r->n,
			      r->n == 1 ? "" : "s", import->n_columns, import->n_columns == 1 ? "" : "s");
	}
}

void import_read_csv(struct import *import, const char *bytes, size_t len)
{
	const struct position whole = {.file = import->file};

	if (csv_read(&import->csv, import->file, bytes, len, import->problems) < 0 && import->csv.n == 0)
		return;
	if (import->csv.n == 0) {
		problem_error(import->problems, &whole,
			      "there is nothing in it; the first line names the columns");
		return;
	}
	read_header(import, &import->csv.rows[0]);
	if (!has_column(import, &columns[0]))
		return; /* so that it is no table of agents, and each line would be wrong */
	for (size_t row = 1; row < import->csv.n; row++) {
		read_row(import, row);
		progress_show(&import->progress, row, import->csv.n - 1);
	}
}

void import_csv_free(struct import *import)
{
	free(import->columns);
	csv_free(&import->csv);
}

/* ---- positions -------------------------------------------------------------------- */

static bool is_within(const char *setting, const char *of)
{
	size_t n = strlen(of);

	return strncmp(setting, of, n) == 0 && (setting[n] == '\0' || setting[n] == '[' || setting[n] == '.');
}

void import_csv_position(const struct import *import, const struct import_agent *agent, const char *setting,
			 struct position *ret, bool *ret_given)
{
	const struct csv_row *row = &import->csv.rows[agent->row];
	const struct csv_cell *found = row->cells;

	*ret_given = false;
	for (size_t i = 0; i < row->n && i < import->n_columns && !*ret_given; i++) {
		const struct column *is = import->columns[i].is;

		if (is && is->how == COLUMN_NAME)
			found = &row->cells[i];
		*ret_given = is && is_within(setting, is->setting) && *row->cells[i].text;
		if (*ret_given)
			found = &row->cells[i];
	}
	ret->line = found->line;
	ret->column = found->column;
}
