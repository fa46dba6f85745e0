/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c is the order in which a generation comes to serve, see publish.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/json.h"
#include "common/registry/generation.h"
#include "common/state/last_look.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/journal.h"
#include "tools/agentauthctl/publish/journal_texts.h"
#include "tools/agentauthctl/publish/nscd.h"
#include "tools/agentauthctl/publish/pending.h"
#include "tools/agentauthctl/publish/plan.h"
#include "tools/agentauthctl/publish/publish.h"
#include "tools/agentauthctl/publish/publish_text.h"
#include "tools/agentauthctl/publish/stamps.h"
#include "tools/agentauthctl/publish/sudoers.h"

struct commit {
	struct workspace *ws;
	const struct publish_options *options;
	struct publish_result *ret;
	struct build build;
	uint32_t number, before; /* before: what served until now; 0: nothing */
	int gen_fd;
	bool stopped; /* a test wants it to end as if it were killed */
	struct text_undo text;
	struct journal journal;
	bool journal_begun, rules_staged, switched;
};

/* A stage says what it does, and what is said of which place where it fails. */
struct stage {
	const char *name;
	int (*act)(struct commit *c); /* 0 or a negative errno */
	const char *what;
	enum { IN_STATE, IN_TEXT, IN_SUDOERS } where;
};

static int write_text(struct commit *c)
{
	return text_change_write(c->ws, &c->options->change, &c->text);
}

static const char *in_words(int error)
{
	return error == -ENOTDIR ? "its directory is not there" : strerror(-error);
}

static int failed_in(struct commit *c, const char *file, const char *what, int error)
{
	struct position position = {.file = file};

	problem_error(c->ws->problems, &position, "%s: %s. When that is mended, run the command again", what,
		      in_words(error));
	return -1;
}

static int failed(struct commit *c, const char *what, int error)
{
	return failed_in(c, c->ws->paths->statedir, what, error);
}

static int stage_failed(struct commit *c, const struct stage *stage, int error)
{
	const struct paths *p = c->ws->paths;
	const char *const files[] = {[IN_STATE] = p->statedir,
				     [IN_TEXT] =
					 c->options->change.main_text ? p->confdir : c->ws->agents_dir,
				     [IN_SUDOERS] = p->sudoers ? p->sudoers : p->statedir};

	if (stage->act == write_text && error == -ESTALE)
		return text_change_is_stale(c->ws, &c->options->change);
	return failed_in(c, files[stage->where], stage->what, error);
}

/* take_step() returns 0, or -1 where the test stops here or the step failed, which is reported. */
static int take_step(struct commit *c, const struct stage *stage)
{
	int r = c->options->step ? c->options->step(c->options->step_data, stage->name) : 0;

	c->stopped = r > 0;
	if (r == 0 && stage->act)
		r = stage->act(c);
	return c->stopped ? -1 : r < 0 ? stage_failed(c, stage, r) : 0;
}

/* ---- the generation ------------------------------------------------------ */

/* put_making() notes how the generation came to be, beside what is in it. */
static void put_making(const struct commit *c, json_t *manifest)
{
	char *line = plan_line(&c->build.changes);

	json_object_set_new(manifest, "from", json_integer((json_int_t)c->before));
	json_object_set_new(manifest, "by", json_string(c->options->by));
	json_object_set_new(manifest, "command", json_string(c->options->command));
	json_object_set_new(manifest, "changed", json_string(line ? line : ""));
	free(line);
	if (!c->options->change.release)
		return;
	json_object_set_new(manifest, "release", json_integer(c->options->change.release));
	json_object_set_new(manifest, "release_digest", json_string(c->options->change.release_digest));
}

static char *manifest_text(const struct commit *c)
{
	const struct model *m = &c->ws->model;
	char when[32], *text;
	json_t *json;

	aa_utc_print(c->options->now, when);
	json = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "generation", (json_int_t)c->number,
			 "digest", c->build.digest, "time", when, "host", m->facts->fqdn, "agents",
			 (json_int_t)c->build.agents, "retired", (json_int_t)c->build.retired, "roles",
			 (json_int_t)m->roles.n, "issuers", (json_int_t)m->issuers.n);
	if (json)
		put_making(c, json);
	text = aa_json_text(json, JSON_INDENT(1));
	json_decref(json);
	return text;
}

static int write_small_files(struct commit *c)
{
	char *manifest = manifest_text(c);
	int r = manifest ? generation_write(c->gen_fd, MANIFEST_FILE, manifest) : -ENOMEM;

	if (r == 0 && c->build.sudoers)
		r = generation_write(c->gen_fd, SUDOERS_FILE, c->build.sudoers);
	free(manifest);
	return r;
}

/* ---- the steps ------------------------------------------------------------ */

static int begin_journal(struct commit *c)
{
	int r;

	c->journal = (struct journal){c->number, true, c->ws->ids.length};
	r = journal_texts_begin(c->ws->state_fd, c->ws->conf_fd, c->ws->agents_fd, &c->options->change);
	if (r == 0)
		r = journal_begin(c->ws->state_fd, &c->journal);
	c->journal_begun = true; /* or may be */
	return r;
}

static int write_ids(struct commit *c)
{
	return ids_write(&c->ws->ids, c->ws->state_fd, c->options->now, true);
}

static int settle(struct commit *c)
{
	return generation_settle(c->ws->state_fd, c->number);
}

/* The rules are written beside the file that sudo reads, so that what can fail fails before anything serves. */
static int stage_rules(struct commit *c)
{
	const struct paths *p = c->ws->paths;
	struct position position = {.file = p->sudoers};
	int r = 0;

	if (p->sudoers && !sudoers_is_installed(p->sudoers, c->build.sudoers, p->owner))
		r = sudoers_stage(p->sudoers, c->build.sudoers);
	else
		return 0;
	if (r == -ENOTDIR)
		problem_warning(c->ws->problems, &position,
				"its directory does not exist, so that the roles' sudo rules are not "
				"installed; they will be at the next apply when sudo is there");
	c->rules_staged = r == 0;
	return r == -ENOTDIR ? 0 : r;
}

static int make_current(struct commit *c)
{
	int r = generation_switch(c->ws->state_fd, c->number);

	c->switched = r == 0;
	if (r == 0)
		aa_last_look_settle(0); /* what an agent's sudo was let through by may be gone */
	return r;
}

static int install_rules(struct commit *c)
{
	int r = c->rules_staged ? sudoers_commit(c->ws->paths->sudoers, c->build.sudoers) : 0;

	c->ret->sudoers_changed = c->rules_staged && r == 0;
	return r;
}

/* nscd keeps what it was told of names, unless it is told otherwise. */
static int tell_nscd(struct commit *c)
{
	if (c->ws->paths->sudoers)
		nscd_invalidate();
	return 0;
}

/* Only the generation that serves is taken from. */
static int prune(struct commit *c)
{
	if (c->before)
		generation_forget(c->ws->state_fd, c->before, STAMPS_FILE);
	generations_prune(c->ws->state_fd, GENERATIONS_KEPT, c->number);
	return 0;
}

/* These lead up to the moment in which the new generation serves, with all that belongs to it. A failure in any of
 * them undoes them all. */
static const struct stage publishing[] = {
    {"files", write_small_files, "the new generation cannot be written", IN_STATE},
    {"journal", begin_journal, "the journal cannot be written", IN_STATE},
    {"text", write_text, "the changed text cannot be written", IN_TEXT},
    {"ids", write_ids, "the ids cannot be written", IN_STATE},
    {"settle", settle, "the new generation cannot be put in place", IN_STATE},
    {"rules", stage_rules, "the sudo rules of the roles cannot be written", IN_SUDOERS},
    {"switch", make_current, "the new generation cannot be made current", IN_STATE},
    {"sudoers", install_rules, "the sudo rules of the roles cannot be put in place", IN_SUDOERS},
};

/* Where the journal stays, the next command removes what is left of the old text, and finds that there is nothing else to do. */
static int end_journal(struct commit *c)
{
	if (!text_change_keep(&c->text))
		return 0;
	journal_end(c->ws->state_fd);
	journal_texts_end(c->ws->state_fd);
	return 0;
}

/* These follow once the generation serves, and undo nothing any more. */
static const struct stage after[] = {
    {"end-journal", end_journal, "", IN_STATE},
    {"nscd", tell_nscd, "", IN_STATE},
    {"prune", prune, "", IN_STATE},
    {"end", NULL, "", IN_STATE},
};

/* ---- undoing -------------------------------------------------------------- */

static int switch_back(const struct commit *c)
{
	if (!c->switched)
		return 0;
	return c->before ? generation_switch(c->ws->state_fd, c->before) : generation_none(c->ws->state_fd);
}

static void cannot_undo(struct commit *c, const char *what, int error)
{
	struct position position = {.file = c->ws->paths->statedir};

	c->ret->left_changed = true;
	problem_error(c->ws->problems, &position, "%s: %s", what, strerror(-error));
}

/* undo() puts all back as it was before. What cannot be put back is reported, and then the journal stays for the next
 * command. */
static void undo(struct commit *c)
{
	int back = switch_back(c), text = text_change_undo(&c->text), ids = 0;

	if (c->rules_staged)
		sudoers_forget(c->ws->paths->sudoers);
	if (text < 0)
		cannot_undo(
		    c,
		    "the text was changed and cannot be put back as it was, so that it now holds a change "
		    "that is not published: agentauthctl diff shows it",
		    text);
	if (back < 0) {
		cannot_undo(c, "the new generation serves and the one before cannot be brought back", back);
		return;
	}
	if (c->journal_begun)
		ids = ids_take_back(c->ws->state_fd, c->journal.ids_length);
	if (ids < 0) {
		cannot_undo(c, "the ids cannot be put back as they were; the next agentauthctl does it", ids);
		return;
	}
	generation_discard(c->ws->state_fd, c->number);
	if (c->journal_begun)
		journal_end(c->ws->state_fd);
	journal_texts_end(c->ws->state_fd);
}

/* ---- publishing ---------------------------------------------------------- */

/* is_unchanged() returns true where the text is what the serving generation was made of, and that generation still
 * says what was published. */
static bool is_unchanged(const struct commit *c)
{
	struct published *published = published_open(c->ws->paths->statedir, c->ws->paths->owner);
	const char *digest;
	uint32_t number;
	json_t *manifest;
	bool same;

	if (!published || aa_generation_number(c->ws->paths->statedir, &number) < 0) {
		published_close(published);
		return false;
	}
	manifest = generation_manifest(c->ws->state_fd, number);
	digest = json_string_value(json_object_get(manifest, "digest"));
	/* Records that were damaged since are published anew: a record of the same text must be what it was. */
	same = digest && strcmp(digest, c->build.digest) == 0 && !changes_any(&c->build.changes) &&
	       published_accounts_are_whole(c->ws->paths->statedir, c->ws->paths->owner);
	if (same)
		c->ret->generation = number;
	json_decref(manifest);
	published_close(published);
	return same;
}

/* goes() returns 1 where that name is being retired, and 0 otherwise. */
static size_t goes(const struct commit *c, enum id_kind kind, const char *name)
{
	const struct given_id *e = name ? ids_by_name(&c->ws->ids, kind, name) : NULL;

	return e && given_id_goes(e);
}

/* asks_to_retire() returns true where something goes that the command did not say. */
static bool asks_to_retire(const struct commit *c)
{
	const struct changes *changes = &c->build.changes;
	const struct text_change *change = &c->options->change;
	bool issuer_goes = change->issuer && !model_issuer(&c->ws->model, change->issuer);

	return changes->agents[CHANGE_REMOVED] > goes(c, ID_AGENT, change->agent) ||
	       changes->roles[CHANGE_REMOVED] > goes(c, ID_ROLE, change->role) ||
	       changes->others[CHANGE_REMOVED] > issuer_goes;
}

/* The text may differ all the same, where the command took back what was not published. What may have changed beside
 * it is put right as well: the sudo rules, and ids that the file has lost. */
static enum publish_outcome keep_serving(struct commit *c)
{
	static const struct stage mending[] = {
	    {"text", write_text, "the changed text cannot be written", IN_TEXT},
	    {"rules", stage_rules, "the sudo rules of the roles cannot be written", IN_SUDOERS},
	    {"sudoers", install_rules, "the sudo rules of the roles cannot be put in place", IN_SUDOERS},
	};
	int r;

	if (c->options->dry_run)
		return PUBLISH_UNCHANGED;
	r = ids_write(&c->ws->ids, c->ws->state_fd, c->options->now, false);
	if (r < 0)
		failed(c, "the ids cannot be written", r);
	for (size_t i = 0; r == 0 && i < sizeof(mending) / sizeof(*mending); i++)
		r = take_step(c, &mending[i]);
	if (r < 0)
		undo(c);
	else
		(void)text_change_keep(&c->text);
	return r < 0 ? PUBLISH_FAILED : PUBLISH_UNCHANGED;
}

static enum publish_outcome carry_out(struct commit *c)
{
	for (size_t i = 0; i < sizeof(publishing) / sizeof(*publishing); i++) {
		if (take_step(c, &publishing[i]) == 0)
			continue;
		if (c->stopped)
			return PUBLISH_STOPPED;
		undo(c);
		return PUBLISH_FAILED;
	}
	for (size_t i = 0; i < sizeof(after) / sizeof(*after); i++)
		if (take_step(c, &after[i]) < 0 && c->stopped)
			return PUBLISH_STOPPED;
	return PUBLISH_DONE;
}

static enum publish_outcome decide(struct commit *c)
{
	pending_find(c->ws, &c->options->change, &c->build, &c->ret->pending);
	if (changes_any(&c->ret->pending) && !c->options->with_pending)
		return PUBLISH_PENDING;
	if (is_unchanged(c))
		return keep_serving(c);
	c->ret->generation = c->number;
	if (asks_to_retire(c) && c->options->may_retire &&
	    !c->options->may_retire(c->options->retire_data, &c->build.changes))
		return PUBLISH_STOPPED;
	return c->options->dry_run ? PUBLISH_WOULD : carry_out(c);
}

static int begin(struct commit *c)
{
	const struct text_change *change = &c->options->change;
	int r;

	if (change->agent && change->agent_text && !agent_names_have(&c->ws->names, change->agent))
		agent_names_add(&c->ws->names, change->agent);
	for (size_t i = 0; change->texts && i < change->texts->n; i++)
		if (change->texts->v[i].gone)
			agent_names_remove(&c->ws->names, change->texts->v[i].name);
		else if (!agent_names_have(&c->ws->names, change->texts->v[i].name))
			agent_names_add(&c->ws->names, change->texts->v[i].name);
	if (change->restores)
		ids_restore(ids_by_name(&c->ws->ids, ID_AGENT, change->agent));
	if (change->agent && !change->agent_text)
		agent_names_remove(&c->ws->names, change->agent);
	if (c->options->dry_run)
		return 0;
	generations_clean(c->ws->state_fd);
	r = aa_generation_number(c->ws->paths->statedir, &c->before);
	if (r == 0 || r == -ENOENT)
		r = generation_new(c->ws->state_fd, &c->number, &c->gen_fd);
	if (r < 0)
		return failed(c, "a new generation cannot be begun", r);
	return take_step(
	    c, &(const struct stage){"build", NULL, "the new generation cannot be written", IN_STATE});
}

enum publish_outcome publish(struct workspace *ws, const struct publish_options *options,
			     struct publish_result *ret)
{
	struct commit c = {.ws = ws, .options = options, .ret = ret, .gen_fd = -1};

	*ret = (struct publish_result){.outcome = PUBLISH_FAILED};
	if (begin(&c) < 0) {
		ret->outcome = c.stopped ? PUBLISH_STOPPED : PUBLISH_FAILED;
		goto out;
	}
	if (build_generation(ws, options, c.gen_fd, c.number, &c.build) == 0 && ws->problems->errors == 0)
		ret->outcome = decide(&c);
	ret->agents = c.build.agents;
	ret->retired = c.build.retired;
	ret->taken = c.build.taken;
	ret->changes = c.build.changes;
	c.build.changes = (struct changes){0};
out:
	if (c.gen_fd >= 0)
		close(c.gen_fd);
	if (c.gen_fd >= 0 && ret->outcome != PUBLISH_DONE && !c.stopped && !c.switched)
		generation_discard(ws->state_fd, c.number);
	build_free(&c.build);
	text_undo_free(&c.text);
	return ret->outcome;
}

void publish_result_free(struct publish_result *result)
{
	changes_free(&result->changes);
	changes_free(&result->pending);
}
