/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_issuer.c adds identity providers to agentauth.conf, and lists what is kept of their keys. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/cmd_issuer.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/issuer_block.h"
#include "tools/cli/table.h"

/* ---- add --------------------------------------------------------------------------------- */

static const struct option_spec add_options[] = {
    {"provider", "P",
     "a provider that is known, such as keycloak, entra, okta, github or kubernetes (agentauthctl(8) has "
     "them "
     "all); without it any OpenID Connect provider",
     0, NULL},
    {"issuer", "URL", "what its tokens have as iss", 0, NULL},
    {"audience", "A",
     "what its tokens for this host have as aud; may be given several times; without it the host's own, "
     "ssh://HOST",
     0, NULL},
    {"jwks-uri", "URL", "where its keys are (it is asked: discovery)", 0, NULL},
    {"jwks-file", "FILE", "a file with its keys, which nothing fetches", 0, NULL},
    {"ca-file", "FILE", "certificates its server is verified with (the system's)", 0, NULL},
    {"bearer-file", "FILE", "a token to fetch keys with, for a Kubernetes API server", 0, NULL},
    {"client-claim", "CLAIM", "the claim that names the agent (the provider's usual one)", 0, NULL},
    {"delegation", NULL, "entra, entra-agent, auth0: take tokens on a person's behalf as well", 0, NULL},
    {"scope", "VALUE:ROLE", "which role a scope is good for; may be given several times", 0, NULL},
    {"scope-claim", "CLAIM", "the claim that --scope is about (scope or scp)", 0, NULL},
    {"algorithm", "ALG", "what it may sign with (the provider's usual ones); may be given several times", 0,
     NULL},
    {"tenant", "ID", "entra, entra-agent: the Directory (tenant) ID", 0, NULL},
    {"token-version", "N", "entra, entra-agent: 1 or 2 (2)", 0, NULL},
    {"blueprint", "ID", "entra-agent: the Application ID of the agents' blueprint", 0, NULL},
    {"namespace", "NS", "kubernetes: with --client-claim, which namespace", 0, NULL},
    CTL_WITH_PENDING,
    {0},
};

static struct aa_list values_of(const struct arguments *arguments, const char *option)
{
	struct aa_list texts = {0, xcalloc(arguments->n_given + 1, sizeof(char *))};

	for (size_t i = 0; i < arguments->n_given; i++)
		if (strcmp(arguments->given[i].option->name, option) == 0)
			texts.v[texts.n++] = arguments->given[i].value;
	return texts;
}

static struct issuer_request read_request(const struct arguments *arguments)
{
	return (struct issuer_request){
	    .name = arguments->words[0],
	    .issuer = arguments_value(arguments, "issuer"),
	    .tenant = arguments_value(arguments, "tenant"),
	    .token_version = arguments_value(arguments, "token-version"),
	    .jwks_file = arguments_value(arguments, "jwks-file"),
	    .jwks_uri = arguments_value(arguments, "jwks-uri"),
	    .ca_file = arguments_value(arguments, "ca-file"),
	    .bearer_file = arguments_value(arguments, "bearer-file"),
	    .client_claim = arguments_value(arguments, "client-claim"),
	    .namespace = arguments_value(arguments, "namespace"),
	    .scope_claim = arguments_value(arguments, "scope-claim"),
	    .audience = values_of(arguments, "audience"),
	    .scopes = values_of(arguments, "scope"),
	    .algorithms = values_of(arguments, "algorithm"),
	    .blueprint = arguments_value(arguments, "blueprint"),
	    .delegation = arguments_have(arguments, "delegation"),
	};
}

/* With --dry-run the block itself is what a person wants to see. */
static void show_block(struct ctl *ctl, const char *name, const char *block)
{
	ctl_answer(ctl, "block", json_string(block));
	if (!ctl->json && ctl->dry_run)
		printf("\t%s = %s;\n", name, block);
}

static enum ctl_status add_issuer(struct ctl *ctl, struct workspace *workspace,
				  const struct arguments *arguments, const struct open_template *template,
				  const struct issuer_request *request, const char *block)
{
	const char *name = request->name;
	struct text_edit edit;
	enum ctl_status status;

	if (edit_main_is_new(ctl, workspace, "issuer", name) != CTL_DONE)
		return CTL_FAILED;
	edit_main_begin(&edit, ctl, workspace, arguments, "issuer", name);
	status = edit_main_insert(&edit, block);
	if (status == CTL_DONE)
		show_block(ctl, name, block);
	return edit_end(
	    &edit, status,
	    "The issuer %s is there; what is to be known of it stands beside it in " CONF_FILE ".\n"
	    "%s%s%s"
	    "An agent is bound to it by: agentauthctl set AGENT --bind %s:CLIENT\nCLIENT is %s.",
	    name, request->jwks_file ? "" : "Its keys are fetched by: agentauthctl issuer refresh ",
	    request->jwks_file ? "" : name, request->jwks_file ? "" : "\n", name,
	    issuer_client(template, request));
}

static enum ctl_status unknown_provider(struct ctl *ctl, const char *name, const struct aa_list *names)
{
	struct buffer known = {0};
	enum ctl_status status;

	for (size_t i = 0; i < names->n; i++)
		buffer_printf(&known, "%s%s", i ? ", " : "", names->v[i]);
	status = ctl_usage(
	    ctl, "--provider %s: it is one of %s; without --provider any OpenID Connect provider will do",
	    quoted(name), known.data);
	buffer_free(&known);
	return status;
}

static enum ctl_status open_template(struct ctl *ctl, const char *provider, struct open_template *ret)
{
	const struct issuer_templates where = {ISSUER_TEMPLATES_DIR, ctl->paths.owner};
	struct aa_list names = issuer_template_names(&where);
	enum ctl_status status = CTL_DONE;

	*ret = (struct open_template){0};
	if (provider && names.n && !aa_list_has(&names, provider))
		status = unknown_provider(ctl, provider, &names);
	else if (issuer_template_open(&where, names.n ? provider : NULL, ret, &ctl->problems) < 0)
		status = CTL_FAILED;
	issuer_template_names_free(&names);
	return status;
}

static enum ctl_status add_block(struct ctl *ctl, const struct arguments *arguments,
				 const struct open_template *template, const struct issuer_request *request,
				 const char *block)
{
	struct workspace workspace;
	enum ctl_status status = ctl_open(ctl, &workspace, true);

	if (status == CTL_DONE)
		status = add_issuer(ctl, &workspace, arguments, template, request, block);
	workspace_close(&workspace);
	return status;
}

static int run_add(struct ctl *ctl, const struct arguments *arguments)
{
	struct issuer_request request = read_request(arguments);
	struct open_template template = {0};
	char why[512], *block = NULL;
	enum ctl_status status;

	status = ctl_check_name(ctl, check_issuer_name, request.name);
	if (status != CTL_DONE)
		goto out;
	status = open_template(ctl, arguments_value(arguments, "provider"), &template);
	if (status != CTL_DONE)
		goto out;
	block = issuer_block(&template, &request, why, sizeof(why));
	if (block)
		status = add_block(ctl, arguments, &template, &request, block);
	else
		status = ctl_usage(ctl, "%s", why);
out:
	issuer_template_close(&template);
	free(block);
	free(request.audience.v);
	free(request.scopes.v);
	free(request.algorithms.v);
	return status;
}

static const struct command issuer_add = {
    .name = "add",
    .words = "NAME",
    .min_words = 1,
    .max_words = 1,
    .summary = "take tokens of an identity provider, and publish that at once",
    .about = "The issuer is written into agentauth.conf, with comments that say what is particular about "
	     "the provider and what must be set up there; comments and layout of the rest stay. --dry-run "
	     "shows the block and writes nothing.",
    .options = add_options,
    .run = run_add,
};

/* ---- list ---------------------------------------------------------------------------------- */

struct key_store ctl_key_store(const struct ctl *ctl)
{
	return (struct key_store){.statedir = ctl->paths.statedir,
				  .owner = ctl->paths.owner,
				  .now = ctl->now,
				  .dry_run = ctl->dry_run};
}

struct all_issuers {
	struct aa_issuer **v;
	size_t n, cap;
	bool damaged;
};

static bool note_issuer(void *data, const char *name, const char *record, size_t len)
{
	struct all_issuers *all = data;
	json_t *json = json_loadb(record, len, JSON_REJECT_DUPLICATES, NULL);
	struct aa_issuer *issuer = json ? aa_issuer_from_json(json) : NULL;

	(void)name;
	json_decref(json);
	all->damaged = !issuer;
	if (all->damaged)
		return false;
	grow(&all->v, &all->cap, all->n + 1, sizeof(*all->v));
	all->v[all->n++] = issuer;
	return true;
}

/* The audit log has the host's name as it is published. */
static void note_host(struct ctl *ctl, struct published *published)
{
	struct aa_host *host = published_host(published);

	if (host) {
		free(ctl->host);
		ctl->host = xstrdup(host->name);
	}
	aa_host_free(host);
}

enum ctl_status ctl_issuers(struct ctl *ctl, struct aa_issuer ***ret, size_t *ret_n)
{
	struct published *published = ctl_published(ctl);
	struct all_issuers all = {0};
	bool whole;

	if (!published)
		return CTL_FAILED;
	note_host(ctl, published);
	whole = published_walk(published, "issuer:", note_issuer, &all);
	published_close(published);
	if (!whole || all.damaged) {
		ctl_issuers_free(all.v, all.n);
		return ctl_damaged(ctl);
	}
	*ret = all.v;
	*ret_n = all.n;
	return CTL_DONE;
}

void ctl_issuers_free(struct aa_issuer **issuers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		aa_issuer_free(issuers[i]);
	free(issuers);
}

static const char *source_of(const struct aa_issuer *issuer)
{
	if (issuer->jwks_file)
		return issuer->jwks_file;
	return issuer->jwks_uri ? issuer->jwks_uri : "discovery";
}

static void when_text(int64_t when, const char *none, char text[32])
{
	if (when)
		aa_utc_print(when, text);
	else
		snprintf(text, 32, "%s", none);
}

static void list_json(struct ctl *ctl, const struct aa_issuer *issuer, const struct keys_state *state,
		      json_t *skipped)
{
	char fetched[32], stale[32];
	json_t *one = json_pack("{s:s, s:s, s:s, s:I, s:b}", "name", issuer->name, "issuer", issuer->issuer,
				"source", source_of(issuer), "keys", (json_int_t)state->usable, "fresh",
				state->there && (!state->stale || ctl->now <= state->stale));

	when_text(state->fetched, "", fetched);
	when_text(state->stale, "", stale);
	json_object_set_new(one, "fetched", *fetched ? json_string(fetched) : json_null());
	json_object_set_new(one, "stale", *stale ? json_string(stale) : json_null());
	json_object_set(one, "skipped", skipped);
	json_array_append_new(json_object_get(ctl->answer, "issuers"), one);
}

static const struct table_column columns[] = {
    {"NAME", 0}, {"KEYS", 0}, {"FETCHED", 0}, {"GOOD UNTIL", 0}, {"ISSUER", 0}, {NULL, 0},
};

static void add_row(struct table *table, const struct ctl *ctl, const struct aa_issuer *issuer,
		    const struct keys_state *state, const json_t *skipped)
{
	const char *place = issuer->jwks_file || issuer->jwks_uri ? source_of(issuer) : NULL;
	char fetched[32], stale[32];
	size_t i;
	json_t *one;

	when_text(state->fetched, "never", fetched);
	when_text(state->stale, state->there ? "never" : "no keys", stale);
	table_add(table, issuer->name);
	if (state->there)
		table_printf(table, "%zu", state->usable);
	else
		table_add(table, "-");
	table_add(table, fetched);
	table_printf(table, "%s%s", stale, state->stale && ctl->now > state->stale ? "!" : "");
	table_printf(table, "%s%s%s", issuer->issuer, place ? ", keys in " : "", place ? place : "");
	json_array_foreach(skipped, i, one)
	{
		char *line = ctl_skipped_text(one);

		table_note(table, "%s", line);
		free(line);
	}
}

static void list_issuer(struct ctl *ctl, struct table *table, const struct aa_issuer *issuer)
{
	const struct key_store store = ctl_key_store(ctl);
	json_t *skipped = json_array();
	struct keys_state state = keys_state(&store, issuer, skipped);

	if (ctl->json)
		list_json(ctl, issuer, &state, skipped);
	else
		add_row(table, ctl, issuer, &state, skipped);
	json_decref(skipped);
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct table table = {.columns = columns};
	struct aa_issuer **issuers = NULL;
	size_t n = 0;
	enum ctl_status status = ctl_issuers(ctl, &issuers, &n);

	(void)arguments;
	if (status != CTL_DONE)
		return status;
	ctl_answer(ctl, "issuers", json_array());
	for (size_t i = 0; i < n; i++)
		list_issuer(ctl, &table, issuers[i]);
	if (table.n)
		table_print(&table);
	else if (!ctl->json)
		puts("There is no issuer; agentauthctl issuer add makes one.");
	table_free(&table);
	ctl_issuers_free(issuers, n);
	return CTL_DONE;
}

static const struct command issuer_list = {
    .name = "list",
    .words = "",
    .summary = "list the issuers that are published, and their keys",
    .about = "KEYS counts the keys that the issuer's algorithms admit; the others are named below it. A ! "
	     "marks keys that are too old to be used: tokens of that issuer are refused (keys_stale).",
    .run = run_list,
};

const struct command cmd_issuer = {
    .name = "issuer",
    .summary = "add, change, refresh, list and remove identity providers, whose tokens are taken",
    .sub = (const struct command *const[]){&issuer_add, &issuer_set, &issuer_refresh, &issuer_list,
					   &issuer_remove, NULL},
};
