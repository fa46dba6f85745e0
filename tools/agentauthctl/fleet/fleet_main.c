/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_main.c brings a release's issuers and roles into agentauth.conf, see fleet_main.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/fleet_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/fleet/ceiling.h"
#include "tools/conf/conf_edit.h"

static const char *const kinds[] = {"issuers", "roles"};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

/* ---- a release's part ---------------------------------------------------- */

/* part is the text of a release's agentauth.conf, taken apart. */
struct part {
	struct conf_text text;
	struct conf_tree tree;
};

static bool name_is(const struct part *p, const struct conf_node *node, const char *name)
{
	return node->name_len == strlen(name) &&
	       memcmp(p->text.bytes + node->name, name, node->name_len) == 0;
}

/* part_read() returns false for a text that has anything beside groups of issuers and roles. */
static bool part_read(struct part *p, const char *bytes, size_t len, struct fleet_refusal *refusal)
{
	struct problems problems = {0};
	bool good;

	conf_text_set(&p->text, "agentauth.conf of the release", bytes, len);
	good = conf_tree_read(&p->tree, &p->text, &problems) == 0;
	for (uint32_t i = good ? p->tree.v[0].first : 0; i && good; i = p->tree.v[i].next)
		good = p->tree.v[i].kind == CONF_GROUP &&
		       (name_is(p, &p->tree.v[i], kinds[0]) || name_is(p, &p->tree.v[i], kinds[1]));
	problems_free(&problems);
	return good || fleet_refuse(refusal, AA_MALFORMED,
				    "its agentauth.conf has more than issuers and roles, or cannot be read");
}

static void part_free(struct part *p)
{
	conf_tree_free(&p->tree);
	conf_text_free(&p->text);
}

typedef bool each_fn(void *data, const char *path, const char *value);

/* part_each() calls `each` with the path and the text of each issuer and role, until it returns false. */
static bool part_each(const struct part *p, each_fn *each, void *data)
{
	bool good = true;

	for (uint32_t group = p->tree.v[0].first; group && good; group = p->tree.v[group].next)
		for (uint32_t i = p->tree.v[group].first; i && good; i = p->tree.v[i].next) {
			const struct conf_node *g = &p->tree.v[group], *n = &p->tree.v[i];
			char *path = xasprintf("%.*s.%.*s", (int)g->name_len, p->text.bytes + g->name,
					       (int)n->name_len, p->text.bytes + n->name);
			char *value = xstrndup(p->text.bytes + n->value, n->value_end - n->value);

			good = each(data, path, value);
			free(value);
			free(path);
		}
	return good;
}

/* ---- bringing it in -------------------------------------------------------- */

struct bringing {
	struct fleet_main *out;
	const struct part *now;
	const struct fleet_ceiling *ceiling;
	struct fleet_refusal *refusal;
};

static bool set_one(void *data, const char *path, const char *value)
{
	struct bringing *b = data;

	return conf_edit_set(&b->out->text, path, value) == 0 ||
	       fleet_refuse(b->refusal, AA_MALFORMED, "%s cannot be set in this host's agentauth.conf",
			    quoted(path));
}

static bool unset_if_gone(void *data, const char *path, const char *value)
{
	struct bringing *b = data;

	(void)value;
	if (conf_tree_find(&b->now->tree, &b->now->text, path) < 0)
		(void)conf_edit_unset(&b->out->text, path);
	return true;
}

static void unset_gone(struct bringing *b, const char *before)
{
	struct fleet_refusal ignored;
	struct part was = {0};

	if (part_read(&was, before, strlen(before), &ignored))
		(void)part_each(&was, unset_if_gone, b);
	part_free(&was);
}

static bool read_model(struct workspace *ws, struct fleet_main *out, struct fleet_refusal *refusal)
{
	struct problems problems = {0};
	bool good;

	conf_text_set(&out->model.file.text, out->text.path, out->text.bytes, out->text.len);
	good = model_read(&out->model, &ws->facts, &problems) == 0 && problems.errors == 0;
	if (!good)
		fleet_refuse(refusal, AA_MALFORMED,
			     "with its issuers and roles this host's agentauth.conf is not in order: %s%s%s",
			     problems.n && problems.v[0].setting ? problems.v[0].setting : "",
			     problems.n && problems.v[0].setting ? ": " : "",
			     problems.n ? problems.v[0].what : "it cannot be read");
	problems_free(&problems);
	return good;
}

static bool is_allowed(void *data, const char *path, const char *value)
{
	struct bringing *b = data;
	const char *name = strchr(path, '.') + 1;
	const struct aa_role *role = model_role(&b->out->model, name);
	const struct aa_issuer *issuer = model_issuer(&b->out->model, name);

	(void)value;
	if (strncmp(path, "roles.", 6) == 0)
		return role && ceiling_allows_role(b->ceiling, role, b->refusal);
	return issuer && ceiling_allows_issuer(b->ceiling, issuer, b->refusal);
}

bool fleet_main_make(struct workspace *ws, const struct fleet_ceiling *ceiling, const char *bytes, size_t len,
		     const char *before, struct fleet_main *ret, struct fleet_refusal *refusal)
{
	const struct conf_text *text = &ws->model.file.text;
	struct part now = {0};
	struct bringing b = {ret, &now, ceiling, refusal};
	bool good;

	*ret = (struct fleet_main){0};
	conf_text_set(&ret->text, text->path, text->bytes, text->len);
	good = part_read(&now, bytes, len, refusal);
	if (good && before)
		unset_gone(&b, before);
	good = good && part_each(&now, set_one, &b) && read_model(ws, ret, refusal) &&
	       part_each(&now, is_allowed, &b);
	ret->changed = ret->text.len != text->len || memcmp(ret->text.bytes, text->bytes, text->len) != 0;
	part_free(&now);
	return good;
}

void fleet_main_free(struct fleet_main *made)
{
	conf_text_free(&made->text);
	model_free(&made->model);
}

/* ---- cutting it out ---------------------------------------------------------- */

char *fleet_main_cut(const struct conf_file *file)
{
	struct buffer b = {0};

	for (size_t i = 0; i < N_KINDS; i++) {
		int64_t at = conf_tree_find(&file->tree, &file->text, kinds[i]);
		const struct conf_node *n = at > 0 ? &file->tree.v[at] : NULL;

		if (n)
			buffer_printf(&b, "%s = %.*s;\n", kinds[i], (int)(n->value_end - n->value),
				      file->text.bytes + n->value);
	}
	return buffer_take(&b);
}
