/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_issuer_set.c changes an identity provider of agentauth.conf, and takes it away. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/commands/cmd_issuer.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/conf/conf_edit.h"

#define BOUND_SHOWN 10

static const struct option_spec set_options[] = {
#define ISSUER_OPTIONS
#define OF_WHAT_IS_THERE
#include "tools/agentauthctl/commands/setting_options.def"
    CTL_WITH_PENDING,
    {0},
};

/* ---- rules: scopes and require ------------------------------------------------- */

struct rule {
	const char *claim, *value, *role; /* role NULL: a rule of require */
};

/* rules is the list as it is to stand in the text. */
struct rules {
	struct rule *v;
	size_t n, cap;
	char **copies; /* what its strings were parted from */
	size_t n_copies, copies_cap;
};

static void add_rule(struct rules *rules, const char *claim, const char *value, const char *role)
{
	grow(&rules->v, &rules->cap, rules->n + 1, sizeof(*rules->v));
	rules->v[rules->n++] = (struct rule){claim, value, role};
}

static void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->n_copies; i++)
		free(rules->copies[i]);
	free(rules->copies);
	free(rules->v);
}

/* find_rule() returns the index of the rule, or n where there is none. A rule without a claim is found whatever its
 * claim. */
static size_t find_rule(const struct rules *rules, const struct rule *wanted)
{
	size_t i = 0;

	for (; i < rules->n; i++) {
		const struct rule *r = &rules->v[i];

		if (strcmp(r->value, wanted->value) == 0 &&
		    (!wanted->role || strcmp(r->role, wanted->role) == 0) &&
		    (!wanted->claim || strcmp(r->claim, wanted->claim) == 0))
			break;
	}
	return i;
}

/* part() cuts the text at `at`, within a copy that the rules keep. */
static void part(struct rules *rules, const char *text, const char *at, const char **ret_left,
		 const char **ret_right)
{
	char *copy = xstrdup(text);

	copy[at - text] = '\0';
	*ret_left = copy;
	*ret_right = copy + (at - text) + 1;
	grow(&rules->copies, &rules->copies_cap, rules->n_copies + 1, sizeof(*rules->copies));
	rules->copies[rules->n_copies++] = copy;
}

/* --scope takes VALUE:ROLE, and --require CLAIM=VALUE. */
static enum ctl_status read_rule(struct editing *e, struct rules *rules, const struct given_option *g,
				 struct rule *ret)
{
	bool scope = strcmp(g->option->setting, "scopes") == 0;
	const char *at = scope ? strrchr(g->value, ':') : strchr(g->value, '=');

	*ret = (struct rule){0};
	if (!at || at == g->value || !at[1])
		return ctl_usage(e->ctl, "--%s %s: write %s", g->option->name, quoted(g->value),
				 g->option->argument);
	if (scope)
		part(rules, g->value, at, &ret->value, &ret->role);
	else
		part(rules, g->value, at, &ret->claim, &ret->value);
	if (scope)
		ret->claim = arguments_value(e->arguments, "scope-claim");
	return CTL_DONE;
}

static enum ctl_status change_rules(struct editing *e, struct rules *rules, const struct given_option *g)
{
	struct rule rule;
	enum ctl_status status = read_rule(e, rules, g, &rule);
	bool add = strncmp(g->option->name, "no-", 3) != 0;
	size_t i;

	if (status != CTL_DONE)
		return status;
	if (add && !rule.claim)
		rule.claim = rules->n ? rules->v[0].claim : "scope";
	i = find_rule(rules, &rule);
	if (add && i == rules->n)
		add_rule(rules, rule.claim, rule.value, rule.role);
	if (!add && i == rules->n)
		return ctl_fail(e->ctl, "--%s %s: there is no such rule in %s", g->option->name,
				quoted(g->value), e->text->path);
	if (!add)
		memmove(&rules->v[i], &rules->v[i + 1], (--rules->n - i) * sizeof(*rules->v));
	return CTL_DONE;
}

static void put_member(struct buffer *b, const char *name, const char *value)
{
	char *text = value ? conf_quote(value) : NULL;

	if (text)
		buffer_printf(b, " %s = %s;", name, text);
	free(text);
}

/* write_rules() replaces the list that is there. Without the last scope an agent's own token would grant all of its
 * roles, and whoever takes one scope away does not ask for that. */
static enum ctl_status write_rules(struct editing *e, const char *setting, const struct rules *rules)
{
	char *path = xasprintf("%s%s", e->prefix, setting);
	struct buffer b = {0};
	int r = 0;

	for (size_t i = 0; i < rules->n; i++) {
		buffer_printf(&b, "%s\n\t\t\t{", i ? "," : "(");
		put_member(&b, "claim", rules->v[i].claim);
		put_member(&b, "value", rules->v[i].value);
		put_member(&b, "role", rules->v[i].role);
		buffer_puts(&b, " }");
	}
	buffer_puts(&b, "\n\t\t)");
	if (rules->n)
		r = conf_edit_set(e->text, path, b.data);
	else
		conf_edit_unset(e->text, path);
	buffer_free(&b);
	free(path);
	if (r == 0)
		return CTL_DONE;
	return ctl_fail(
	    e->ctl, "%s cannot be set in %s: the text there is not in order; agentauthctl check says where",
	    setting, e->text->path);
}

static enum ctl_status edit_rules(struct editing *e, const char *setting, struct rules *rules)
{
	enum ctl_status status = CTL_DONE;
	bool any = false;

	for (size_t i = 0; i < e->arguments->n_given && status == CTL_DONE; i++) {
		const struct given_option *g = &e->arguments->given[i];

		if (g->option->how != EDIT_NONE || !g->option->setting ||
		    strcmp(g->option->setting, setting) != 0)
			continue;
		any = true;
		status = change_rules(e, rules, g);
	}
	if (status == CTL_DONE && any && rules->n == 0 && strcmp(setting, "scopes") == 0)
		return ctl_fail(
		    e->ctl,
		    "--no-scope: it is the last one, and without any an agent's own token grants all of its "
		    "roles; if that is meant, take scopes away in %s and run agentauthctl apply",
		    e->text->path);
	return status == CTL_DONE && any ? write_rules(e, setting, rules) : status;
}

static enum ctl_status edit_all_rules(struct editing *e, const struct aa_issuer *issuer)
{
	struct rules scopes = {0}, require = {0};
	enum ctl_status status;

	for (size_t i = 0; i < issuer->scopes.n; i++)
		add_rule(&scopes, issuer->scopes.v[i].claim, issuer->scopes.v[i].value,
			 issuer->scopes.v[i].role);
	for (size_t i = 0; i < issuer->require.n; i++)
		add_rule(&require, issuer->require.v[i].claim, issuer->require.v[i].value, NULL);
	status = edit_rules(e, "scopes", &scopes);
	if (status == CTL_DONE)
		status = edit_rules(e, "require", &require);
	rules_free(&scopes);
	rules_free(&require);
	return status;
}

/* ---- set ------------------------------------------------------------------------ */

/* The algorithms that the default stands for are written out before one is added to or taken from them. */
static void spell_out_algorithms(struct editing *e)
{
	char *path = xasprintf("%salgorithms", e->prefix);

	if ((arguments_have(e->arguments, "algorithm") || arguments_have(e->arguments, "no-algorithm")) &&
	    conf_edit_count(e->text, path) < 0)
		(void)conf_edit_set(e->text, path, "[ \"RS256\", \"ES256\" ]");
	free(path);
}

/* Keys come from one place, so that the source that is named replaces the others. */
static enum ctl_status choose_source(struct editing *e)
{
	static const char *const options[] = {"discovery", "jwks-uri", "jwks-file"}, *const settings[] = {
											 "discovery",
											 "jwks_uri",
											 "jwks_file"};
	size_t given = 0, chosen = 0;

	for (size_t i = 0; i < 3; i++)
		if (arguments_have(e->arguments, options[i])) {
			given++;
			chosen = i;
		}
	if (given > 1)
		return ctl_usage(e->ctl,
				 "its keys come from one place: give one of --discovery, --jwks-uri and "
				 "--jwks-file");
	for (size_t i = 0; i < 3 && given; i++) {
		char *path = xasprintf("%s%s", e->prefix, settings[i]);

		if (i != chosen)
			conf_edit_unset(e->text, path);
		free(path);
	}
	return CTL_DONE;
}

static bool changes_keys(const struct arguments *arguments)
{
	static const char *const about_keys[] = {"issuer", "discovery", "jwks-uri", "ca-file", "bearer-file"};

	for (size_t i = 0; i < sizeof(about_keys) / sizeof(*about_keys); i++)
		if (arguments_have(arguments, about_keys[i]))
			return true;
	return false;
}

static enum ctl_status set_issuer(struct ctl *ctl, struct workspace *workspace,
				  const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	bool fetch = changes_keys(arguments);
	struct text_edit edit;
	enum ctl_status status;

	if (edit_main_is_there(ctl, workspace, "issuer", name) != CTL_DONE)
		return CTL_FAILED;
	edit_main_begin(&edit, ctl, workspace, arguments, "issuer", name);
	spell_out_algorithms(&edit.editing);
	status = choose_source(&edit.editing);
	if (status == CTL_DONE)
		status = edit_by_options(&edit.editing, set_options);
	if (status == CTL_DONE)
		status = edit_all_rules(&edit.editing, model_issuer(&workspace->model, name));
	return edit_end(
	    &edit, status, "The issuer %s is changed. Logins that are open go on as they began.%s%s", name,
	    fetch ? "\nIts keys are fetched by: agentauthctl issuer refresh " : "", fetch ? name : "");
}

static int run_set(struct ctl *ctl, const struct arguments *arguments)
{
	return edit_run(ctl, arguments, "issuer set", "--algorithm", set_issuer);
}

const struct command issuer_set = {
    .name = "set",
    .words = "NAME",
    .values = "issuers",
    .min_words = 1,
    .max_words = 1,
    .summary = "change an issuer's settings, and publish them at once",
    .about = "Options that add something may be given several times. With another --issuer, the keys of "
	     "the issuer before are not used any more.",
    .options = set_options,
    .run = run_set,
};

/* ---- remove ---------------------------------------------------------------------- */

/* bound_agents are the agents that are bound to an issuer, as it is published. */
struct bound_agents {
	const char *issuer;
	struct buffer commands; /* a command that takes a binding away, on each line */
	json_t *agents;
	size_t n;
};

static bool note_bound(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct bound_agents *bound = data;

	for (size_t i = 0; agent && i < agent->bindings.n; i++) {
		const struct aa_binding *binding = &agent->bindings.v[i];

		if (strcmp(binding->issuer, bound->issuer) != 0)
			continue;
		json_array_append_new(bound->agents,
				      json_pack("{s:s, s:s}", "agent", name, "client", binding->client));
		if (bound->n++ < BOUND_SHOWN)
			buffer_printf(&bound->commands, "\n  agentauthctl set %s --no-bind %s:%s", name,
				      binding->issuer, binding->client);
	}
	aa_agent_free(agent);
	return true;
}

/* is_bound() returns true where published agents are bound to the issuer. Publishing finds a binding that only the
 * text has. */
static bool is_bound(struct ctl *ctl, const char *issuer)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct bound_agents bound = {.issuer = issuer, .agents = json_array()};

	if (published)
		published_walk(published, "agent:", note_bound, &bound);
	if (bound.n)
		ctl_error(ctl,
			  "%zu binding%s of agents name%s the issuer %s, and without it they would say "
			  "nothing. Take "
			  "them away first; nothing was changed:%s%s",
			  bound.n, bound.n == 1 ? "" : "s", bound.n == 1 ? "s" : "", issuer,
			  bound.commands.data, bound.n > BOUND_SHOWN ? "\n  and so on" : "");
	ctl_answer(ctl, "bound", bound.agents);
	buffer_free(&bound.commands);
	published_close(published);
	return bound.n > 0;
}

static enum ctl_status remove_issuer(struct ctl *ctl, struct workspace *workspace,
				     const struct arguments *arguments)
{
	const struct key_store store = ctl_key_store(ctl);
	const char *name = arguments->words[0];
	struct text_edit edit;
	enum ctl_status status;

	if (edit_main_is_there(ctl, workspace, "issuer", name) != CTL_DONE || is_bound(ctl, name))
		return CTL_FAILED;
	edit_main_begin(&edit, ctl, workspace, arguments, "issuer", name);
	conf_edit_unset(&edit.text, edit.path);
	status = edit_end(
	    &edit, CTL_DONE,
	    "The issuer %s is gone, and its keys: its tokens are refused from now on.\n"
	    "Logins that its tokens opened go on until their end: agentauthctl session list shows "
	    "them,\nagentauthctl session kill ends them. agentauthctl issuer add %s --issuer URL takes its "
	    "tokens again.",
	    name, name);
	if (status == CTL_DONE)
		keys_forget(&store, name);
	return status;
}

static int run_remove(struct ctl *ctl, const struct arguments *arguments)
{
	return edit_in_workspace(ctl, arguments, remove_issuer);
}

const struct command issuer_remove = {
    .name = "remove",
    .words = "NAME",
    .values = "issuers",
    .min_words = 1,
    .max_words = 1,
    .summary = "remove an issuer that no agent is bound to any more",
    .about = "Sessions that its tokens opened go on. Where agents are bound to the issuer, the commands "
	     "that take the bindings away are shown, and nothing is changed.",
    .options = (const struct option_spec[]){CTL_WITH_PENDING, {0}},
    .run = run_remove,
};
