/* SPDX-License-Identifier: Apache-2.0 */
/* explain_position.c: finds the setting that decides a step, and its position in the text. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/explain/explain.h"
#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/workspace.h"
#include "tools/conf/conf_tree.h"

#define ANY AA_REASON_COUNT
#define VALUE_MAX 60

enum where { NOWHERE, MAIN, AGENT, STATE };

/* A path has {r} for the role, {i} for the issuer; a row with {i} is a token's alone. The first row that fits holds. */
static const struct row {
	enum aa_step step;
	enum aa_reason reason;
	enum where where;
	const char *path;
} rows[] = {
    {AA_STEP_ACCOUNT, AA_REGISTRY_UNAVAILABLE, NOWHERE, ""},
    {AA_STEP_ACCOUNT, ANY, AGENT, "uid"},
    {AA_STEP_FAILURES, ANY, MAIN, "host.max_failures"},
    {AA_STEP_ISSUER, AA_UNKNOWN_ISSUER, MAIN, "issuers"},
    {AA_STEP_ISSUER, ANY, MAIN, "issuers.{i}.issuer"},
    {AA_STEP_KEY, AA_ALG_NOT_ALLOWED, MAIN, "issuers.{i}.algorithms"},
    {AA_STEP_KEY, ANY, MAIN, "issuers.{i}"},
    {AA_STEP_KEY, ANY, AGENT, "keys"},
    {AA_STEP_IDENTITY, ANY, MAIN, "issuers.{i}.reuse"},
    {AA_STEP_AUDIENCE, ANY, MAIN, "issuers.{i}.audience"},
    {AA_STEP_AUDIENCE, ANY, MAIN, "host.audience"},
    {AA_STEP_TIMES, AA_LIFETIME_TOO_LONG, MAIN, "issuers.{i}.max_token_ttl"},
    {AA_STEP_TIMES, AA_LIFETIME_TOO_LONG, MAIN, "host.max_assertion_ttl"},
    {AA_STEP_TIMES, ANY, MAIN, "host.clock_skew"},
    {AA_STEP_NONCE, ANY, MAIN, "host.nonce"},
    {AA_STEP_REQUIRE, ANY, MAIN, "issuers.{i}.require"},
    {AA_STEP_BINDING, ANY, AGENT, "bindings"},
    {AA_STEP_BEHALF, ANY, AGENT, "delegation"},
    {AA_STEP_EXPIRY, ANY, AGENT, "expires"},
    {AA_STEP_ADDRESS, ANY, AGENT, "sources"},
    {AA_STEP_ASKED, ANY, AGENT, "roles"},
    {AA_STEP_ROLE, AA_SERVICE_DENIED, MAIN, "roles.{r}.services"},
    {AA_STEP_ROLE, AA_SOURCE_DENIED, MAIN, "roles.{r}.sources"},
    {AA_STEP_ROLE, AA_DELEGATION_DENIED, MAIN, "roles.{r}.delegable"},
    {AA_STEP_ROLE, AA_ROLE_DENIED, MAIN, "issuers.{i}.scopes"},
    {AA_STEP_ROLE, AA_ROLE_DENIED, AGENT, "roles"},
    {AA_STEP_ROLE, ANY, MAIN, "roles.{r}"},
    {AA_STEP_ROLES, ANY, AGENT, "roles"},
    {AA_STEP_SUSPENSION, AA_AGENT_SUSPENDED, STATE, "state/suspended/{a}"},
    {AA_STEP_UNASKED, ANY, AGENT, "roles"},
    {AA_STEP_REVOCATION, AA_REVOKED, STATE, "state/revoked"},
    {AA_STEP_SERVICE, ANY, AGENT, "roles"},
    {AA_STEP_ELEVATION, ANY, STATE, "state/elevated/{a}"},
    {AA_STEP_BUDGET, ANY, MAIN, "roles.{r}.max_sudo"},
    {AA_STEP_APPROVAL, ANY, MAIN, "roles.{r}.approval"},
    {AA_STEP_RECORDER, ANY, MAIN, "host.audit_failure"},
    {AA_STEP_ROOM, AA_ROLE_DENIED, AGENT, "mixed_sessions"},
    {AA_STEP_ROOM, ANY, AGENT, "max_sessions"},
    {AA_STEP_LOG, ANY, MAIN, "host.audit_failure"},
    {AA_STEP_COUNT, ANY, MAIN, "roles.{r}.sudo"},
};

/* The open text comes with the parts of it that are not published. */
struct texts_open {
	struct workspace ws;
	struct problems problems; /* of the text; `check` tells them */
	struct changes main_changes, agent_changes;
	struct conf_text agent_text;
	struct conf_tree agent_tree;
	bool has_agent;
};

static void open_texts(const struct explanation *e, struct texts_open *t)
{
	bool whole = workspace_open(&t->ws, &e->ctl->paths, false, &t->problems) == 0;
	char *name = xasprintf("%s" AGENT_SUFFIX, e->q.name);

	if (whole && t->problems.errors == 0) {
		build_main_changes(&t->ws, &t->main_changes);
		if (agent_names_have(&t->ws.names, e->q.name))
			build_agent_changes(&t->ws, e->q.name, &t->agent_changes);
	}
	t->has_agent = t->ws.agents_fd >= 0 &&
		       conf_text_read(t->ws.agents_fd, t->ws.agents_dir, name, e->ctl->paths.owner,
				      &t->problems, &t->agent_text) == 0 &&
		       conf_tree_read(&t->agent_tree, &t->agent_text, &t->problems) >= 0;
	free(name);
}

static void close_texts(struct texts_open *t)
{
	changes_free(&t->main_changes);
	changes_free(&t->agent_changes);
	conf_tree_free(&t->agent_tree);
	conf_text_free(&t->agent_text);
	workspace_close(&t->ws);
	problems_free(&t->problems);
}

/* ---- the row's path ------------------------------------------------------------- */

static const char *filler(char letter, const struct explanation *e, const struct explain_step *s)
{
	switch (letter) {
	case 'r':
		return s->subject;
	case 'i':
		return e->verdict.issuer;
	default:
		return e->q.name;
	}
}

/* Returns the path with its names filled in; NULL: a name is not known. The caller frees. */
static char *fill(const char *path, const struct explanation *e, const struct explain_step *s)
{
	const char *open = strchr(path, '{'), *name;

	if (!open)
		return xstrdup(path);
	name = filler(open[1], e, s);
	return name ? xasprintf("%.*s%s%s", (int)(open - path), path, name, open + 3) : NULL;
}

static const struct row *find_row(const struct explanation *e, const struct explain_step *s, char **ret_path)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].step != s->step || (rows[i].reason != ANY && rows[i].reason != s->reason))
			continue;
		*ret_path = fill(rows[i].path, e, s);
		if (*ret_path)
			return &rows[i];
	}
	return NULL;
}

/* ---- the position --------------------------------------------------------------------- */

/* Adds the text of the node, where it is one short line. */
static void add_value(struct buffer *b, const struct conf_text *text, const struct conf_node *node)
{
	const char *value = text->bytes + node->value;
	size_t len = node->value_end - node->value;

	if (node->kind == CONF_GROUP || node->kind == CONF_LIST || memchr(value, '\n', len))
		return;
	buffer_printf(b, " = %.*s%s", (int)(len > VALUE_MAX ? VALUE_MAX : len), value,
		      len > VALUE_MAX ? "…" : "");
}

/* Finds the setting, or the nearest that stands above it. */
static void find_in(struct explain_step *s, const struct conf_tree *tree, const struct conf_text *text,
		    char *path)
{
	struct buffer setting = {0};
	int64_t node = conf_tree_find(tree, text, path);
	unsigned column;

	buffer_puts(&setting, path);
	if (node >= 0)
		add_value(&setting, text, &tree->v[node]);
	else
		buffer_puts(&setting, " is not set");
	while (node < 0) {
		char *dot = strrchr(path, '.');

		if (!dot)
			break;
		*dot = '\0';
		node = conf_tree_find(tree, text, path);
	}
	if (node > 0)
		conf_text_position(text, tree->v[node].start, &s->line, &column);
	s->file = xstrdup(text->path);
	s->setting = buffer_take(&setting);
}

/* ---- whether it is published --------------------------------------------------------- */

/* Tells whether the change is of the path: "roles.deploy.sources" is the role deploy and its member sources. */
static bool item_is_of(const struct change_item *item, const char *path)
{
	static const char *const kinds[][2] = {{"role", "roles."}, {"issuer", "issuers."}};
	const char *member = strrchr(path, '.');
	size_t n = strlen(item->name);

	member = member ? member + 1 : path;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(item->kind, kinds[i][0]) == 0) {
			size_t prefix = strlen(kinds[i][1]);

			if (strncmp(path, kinds[i][1], prefix - 1) == 0 && !path[prefix - 1])
				return true; /* "issuers": any of them */
			if (strncmp(path, kinds[i][1], prefix) != 0 ||
			    strncmp(path + prefix, item->name, n) != 0 ||
			    (path[prefix + n] && path[prefix + n] != '.'))
				return false;
			return !path[prefix + n] || !item->members || json_object_get(item->members, member);
		}
	if (strcmp(item->kind, "host") == 0 && strncmp(path, "host.", 5) != 0)
		return false;
	return !item->members || json_object_get(item->members, member);
}

static bool is_pending(const struct changes *changes, const char *path)
{
	for (size_t i = 0; i < changes->n; i++)
		if (item_is_of(&changes->v[i], path))
			return true;
	return false;
}

static void find_position(const struct explanation *e, const struct texts_open *t, struct explain_step *s)
{
	char *path = NULL;
	const struct row *row = find_row(e, s, &path);

	if (!row)
		return;
	if (row->where == STATE) {
		s->file = xasprintf("%s/%s", e->ctl->paths.statedir, path);
	} else if (row->where == AGENT && t->has_agent) {
		s->pending = is_pending(&t->agent_changes, path);
		find_in(s, &t->agent_tree, &t->agent_text, path);
	} else if (row->where == MAIN && t->ws.model.file.has_config) {
		s->pending = is_pending(&t->main_changes, path);
		find_in(s, &t->ws.model.file.tree, &t->ws.model.file.text, path);
	}
	free(path);
}

void explain_positions(struct explanation *e)
{
	struct texts_open texts = {.has_agent = false};

	open_texts(e, &texts);
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].result != EXPLAIN_NOT_ASKED)
			find_position(e, &texts, &e->v[i]);
	if (texts.problems.errors)
		ctl_warning(e->ctl, "the text is not in order, and what is published decides; agentauthctl "
				    "check says where");
	close_texts(&texts);
}
