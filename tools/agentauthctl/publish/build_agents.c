/* SPDX-License-Identifier: Apache-2.0 */
/* build_agents.c puts the agents into a generation, see build_agents.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/publish/build_agents.h"
#include "tools/agentauthctl/publish/compile.h"
#include "tools/agentauthctl/publish/stamps_basis.h"
#include "tools/cli/progress.h"

#define OVERLAPS_TOLD 8	     /* pairs of agents that one credential is of: a list of thousands is not read */
#define OVERLAPS_CHECKED 100 /* where a command is to name them all */

/* ---- retired agents ------------------------------------------------------ */

static int compare_names(const void *a, const void *b, void *data)
{
	const struct ids *ids = data;
	const uint32_t *x = a, *y = b;

	return strcmp(ids->v[*x].name, ids->v[*y].name);
}

void build_agents_find_retired(struct build_work *w)
{
	struct ids *ids = &w->ws->ids;

	w->retired = xmalloc((ids->n + 1) * sizeof(*w->retired));
	for (size_t i = 0; i < ids->n; i++) {
		const struct given_id *e = &ids->v[i];

		if (e->kind == ID_AGENT && !e->elsewhere &&
		    (e->retired || !agent_names_have(&w->ws->names, e->name)))
			w->retired[w->n_retired++] = (uint32_t)i;
	}
	qsort_r(w->retired, w->n_retired, sizeof(*w->retired), compare_names, ids);
}

/* A retired agent's SSH keys go on being known as they were served last, so that asking sshd about a key does not
 * tell that its agent is retired; account refuses the login. The caller frees; NULL says that there are none. */
static char *keys_served(const struct build_work *w, const char *name)
{
	char *keys = NULL;

	if (w->has_served && aa_account_ssh_keys(&w->served, name, &keys) < 0)
		keys = NULL;
	return keys;
}

static void put_retired(struct build_work *w, const struct given_id *e)
{
	const struct aa_accounts_policy *a = &w->ws->model.host.accounts;
	struct cdb_account account = {e->name, e->id, AA_ACCOUNT_RETIRED, "retired agent", NULL, 0, NULL, 0};
	char *keys;

	build_digest_text(w, e->name);
	build_digest(w, &e->id, sizeof(e->id));
	if (e->id < a->uid_min || e->id > a->uid_max) {
		problem_warning(w->ws->problems, NULL,
				"the retired agent %s is not served: its uid %u lies outside of "
				"accounts.uid_min to uid_max",
				e->name, e->id);
		return;
	}
	w->out->retired++;
	if (!build_writes(w))
		return;
	keys = keys_served(w, e->name);
	account.ssh = keys;
	account.ssh_len = keys ? strlen(keys) : 0;
	w->error = cdb_write_account(w->writer, &account);
	free(keys);
}

/* put_retired_before() puts the retired agents whose names come before `name`, or with NULL all that are left. */
static void put_retired_before(struct build_work *w, const char *name)
{
	while (w->next_retired < w->n_retired) {
		const struct given_id *e = &w->ws->ids.v[w->retired[w->next_retired]];

		if (name && strcmp(e->name, name) >= 0)
			return;
		put_retired(w, e);
		w->next_retired++;
	}
}

/* ---- agents -------------------------------------------------------------- */

static void claim_agent(struct build_work *w, const struct compiled_agent *a)
{
	struct position position = {
	    .line = a->uid_at.line, .column = a->uid_at.column, .setting = "uid", .code = "id"};
	const struct given_id *e = ids_by_name(&w->ws->ids, ID_AGENT, a->name);
	char why[384], *file;

	if (!e || e->is_new)
		newcomers_add_agent(&w->newcomers, a->name, a->uid, e != NULL);
	if (ids_claim(&w->ws->ids, ID_AGENT, a->name, a->uid, why, sizeof(why)))
		return;
	file = xasprintf("%s/%s" AGENT_SUFFIX, w->ws->agents_dir, a->name);
	position.file = file;
	problem_error(w->ws->problems, &position, "%s", why);
	free(file);
}

/* The last space of a line of the "s" record, TYPE SP BASE64 SP NOT_AFTER LF, ends the key. A key that has ended is
 * nobody's any more. */
static void keep_keys(struct build_work *w, const struct compiled_agent *a)
{
	const char *end;

	for (const char *line = a->ssh; line && (end = strchr(line, '\n')); line = end + 1) {
		const char *space = memrchr(line, ' ', (size_t)(end - line));
		int64_t until = space ? strtoll(space + 1, NULL, 10) : 0;

		if (until && until <= w->options->now)
			continue;
		grow(&w->keys, &w->keys_cap, w->n_keys + 1, sizeof(*w->keys));
		w->keys[w->n_keys++] = (struct held_key){
		    overlap_hash(line, space ? (size_t)(space - line) : 0), a->name, a->keys_at};
	}
}

static void keep_bindings(struct build_work *w, const struct compiled_agent *a)
{
	for (size_t i = 0; i < a->n_bindings; i++) {
		struct bound *bound;

		grow(&w->bindings, &w->bindings_cap, w->n_bindings + 1, sizeof(*w->bindings));
		bound = &w->bindings[w->n_bindings++];
		*bound = a->bindings[i];
		if (bound->rules)
			bound->rules = bound_rules_copy(bound->rules, &w->arena);
	}
}

/* An agent whose file is there keeps its name and uid, whatever is wrong in the file. */
static void keep_agent(struct build_work *w, const struct compiled_agent *a)
{
	struct given_id *id = ids_by_name(&w->ws->ids, ID_AGENT, a->name);

	if (id)
		id->seen = true;
}

/* compare_agent() also counts what of it the command is about, since a long list of changes is cut. */
static void compare_agent(struct build_work *w, const struct compiled_agent *a)
{
	struct changes *changes = &w->out->changes;
	size_t before[2] = {changes->agents[CHANGE_ADDED], changes->agents[CHANGE_CHANGED]};

	if (a->taken)
		changes_note_agent(changes, a->name, a->policy, a->policy_len);
	else
		changes_compare_agent(changes, w->published, a->name, a->policy, a->policy_len);
	if (!text_change_of(&w->options->change, a->name))
		return;
	w->out->own[CHANGE_ADDED] += changes->agents[CHANGE_ADDED] - before[0];
	w->out->own[CHANGE_CHANGED] += changes->agents[CHANGE_CHANGED] - before[1];
}

static void put_agent(struct build_work *w, const struct compiled_agent *a)
{
	struct cdb_account account = {a->name,	    a->uid,	   0, a->gecos, a->ssh, a->ssh_len,
				      a->role_gids, a->n_role_gids};
	char key[64];

	build_digest_text(w, a->name);
	build_digest(w, a->digest, sizeof(a->digest));
	snprintf(key, sizeof(key), "agent:%s", a->name);
	compare_agent(w, a);
	build_put_policy(w, key, a->policy, a->policy_len);
	if (build_writes(w))
		w->error = cdb_write_account(w->writer, &account);
	stamps_write(w->stamps_writer, a);
	keep_bindings(w, a);
	keep_keys(w, a);
}

/* begin_stamps() has agents taken from the generation that serves where the command is about some of them alone. A person
 * who edited the text, and publishes it or asks what is wrong with it, has every file read. */
static void begin_stamps(struct build_work *w, struct compile_source *source)
{
	const struct text_change *change = &w->options->change;
	bool about_some = (change->agent || change->texts) && !change->main_text && !w->options->advice;

	if (!stamps_basis(&w->ws->model, w->basis))
		return;
	source->basis = w->basis;
	if (w->published && about_some)
		w->stamps = stamps_open(w->published, w->basis, w->ws->paths->owner);
	source->stamps = w->stamps;
	if (w->writer)
		w->stamps_writer = stamps_write_begin(w->gen_fd, w->basis);
}

static void end_stamps(struct build_work *w)
{
	stamps_write_end(w->stamps_writer, build_writes(w));
	stamps_free(w->stamps);
	w->stamps_writer = NULL;
	w->stamps = NULL;
}

void build_agents_put(struct build_work *w)
{
	struct compile_source source = {.model = &w->ws->model,
					.agents_fd = w->ws->agents_fd,
					.dir = w->ws->agents_dir,
					.owner = w->ws->paths->owner,
					.pending = &w->options->change,
					.advice = w->advice,
					.now = w->options->now};
	struct compilation *compilation;
	struct compiled_agent *a;
	struct progress progress = {
	    .program = "agentauthctl", .what = "agents", .off = !w->options->progress};
	size_t done = 0;

	begin_stamps(w, &source);
	compilation = compile_start(&source, &w->ws->names);
	while ((a = compile_next(compilation)) && w->error == 0) {
		put_retired_before(w, a->name);
		problems_move(w->ws->problems, &a->problems);
		if (w->advice)
			problems_move(&w->advice->problems, &a->advice);
		if (a->ok) {
			w->out->taken += a->taken;
			claim_agent(w, a);
			put_agent(w, a);
		} else {
			keep_agent(w, a);
			if (w->advice)
				w->advice->in_part = true;
		}
		if (++done % 512 == 0)
			progress_show(&progress, done, w->ws->names.n);
	}
	progress_end(&progress);
	put_retired_before(w, NULL);
	w->out->agents = done;
	compile_end(compilation);
	end_stamps(w);
}

/* ---- what is of two agents ------------------------------------------------ */

static void report_token_of_two(void *data, const char *agent, struct conf_place at, const char *other,
				const char *why)
{
	struct position position = {
	    .line = at.line, .column = at.column, .setting = "bindings", .code = "token-of-two"};
	struct build_work *w = data;
	char *file = xasprintf("%s/%s" AGENT_SUFFIX, w->ws->agents_dir, agent);

	position.file = file;
	problem_error(w->ws->problems, &position,
		      "one token could be of %s and of %s: %s. Bind another client, or have require demand "
		      "what only the "
		      "one has, or subject where the issuer's delegation is \"never\", so that the log can "
		      "tell which of "
		      "them acted",
		      other, agent, why);
	free(file);
}

static void report_key_of_two(void *data, const char *agent, struct conf_place at, const char *other,
			      const char *why)
{
	struct position position = {
	    .line = at.line, .column = at.column, .setting = "keys", .code = "shared-key"};
	struct build_work *w = data;
	char *file = xasprintf("%s/%s" AGENT_SUFFIX, w->ws->agents_dir, agent);

	(void)why;
	position.file = file;
	problem_warning(
	    w->ws->problems, &position,
	    "%s and %s have the same public key: whoever has its private half is both of them, and the log "
	    "cannot tell who acted. Give each a key of its own: agentauthctl rotate",
	    other, agent);
	free(file);
}

void build_agents_check_overlaps(struct build_work *w)
{
	size_t shared, most = w->options->advice ? OVERLAPS_CHECKED : OVERLAPS_TOLD;

	overlaps_of_bindings(w->bindings, w->n_bindings, most, report_token_of_two, w);
	shared = overlaps_of_keys(w->keys, w->n_keys, most, report_key_of_two, w);
	if (shared > most)
		problem_warning(w->ws->problems, NULL, "%zu more agents share a public key with another",
				shared - most);
}
