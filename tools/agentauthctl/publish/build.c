/* SPDX-License-Identifier: Apache-2.0 */
/* build.c checks all of the text and makes a generation's records of it, see build.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/sha256.h"
#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/build_agents.h"
#include "tools/agentauthctl/publish/build_main.h"
#include "tools/agentauthctl/publish/build_work.h"
#include "tools/agentauthctl/publish/compile.h"
#include "tools/agentauthctl/publish/role_rules.h"
#include "tools/agentauthctl/publish/rule_risk.h"
#include "tools/agentauthctl/publish/sudoers.h"

/* The ids tell whether a role that they know goes. */
static bool exists(const void *data, const char *kind, const char *name)
{
	const struct workspace *ws = data;

	if (strcmp(kind, "role") == 0)
		return model_role(&ws->model, name) || ids_by_name(&ws->ids, ID_ROLE, name);
	return model_issuer(&ws->model, name) != NULL;
}

static void list_leaving(struct build_work *w)
{
	const struct ids *ids = &w->ws->ids;

	for (size_t i = 0; i < ids->n; i++)
		if (given_id_goes(&ids->v[i]))
			changes_add(&w->out->changes, CHANGE_REMOVED, id_kind_name(ids->v[i].kind),
				    ids->v[i].name);
	changes_removed(&w->out->changes, w->published, exists, w->ws);
}

static void finish_digest(struct build_work *w)
{
	unsigned char md[EVP_MAX_MD_SIZE];

	EVP_DigestFinal_ex(w->digest, md, NULL);
	aa_hex(w->out->digest, md, DIGEST_SIZE);
}

static void report_write_error(const struct build_work *w)
{
	struct position position = {.file = w->ws->paths->statedir};

	if (w->error == -EFBIG)
		problem_error(w->ws->problems, &position,
			      "the registry is too large for its files, which hold 4 GiB each");
	else
		problem_error(
		    w->ws->problems, &position,
		    "the new generation cannot be written: %s. When that is mended, run the command "
		    "again",
		    strerror(-w->error));
}

static void build_all(struct build_work *w, uint32_t number)
{
	build_main_digest(w);
	build_main_check_audience(w);
	build_main_claim(w);
	/* Values that are wrong have been reported, and records are made only of a text without errors. */
	if (w->ws->problems->errors == 0)
		build_main_put(w, number);
	if (w->ws->problems->errors == 0)
		w->advice = w->options->advice;
	if (w->ws->model.file.has_config)
		rule_risks_check(&w->ws->model, w->published, w->options->accept_risk, w->ws->paths->owner,
				 w->ws->problems);
	build_agents_find_retired(w);
	build_agents_put(w);
	newcomers_check(&w->newcomers, w->ws, w->options->adopt);
	build_agents_check_overlaps(w);
	if (w->advice)
		advice_main(w->advice, &w->ws->model, w->published, w->ws->paths->owner,
			    w->ws->paths->sysconfdir);
	list_leaving(w);
	if (w->ws->problems->errors == 0)
		sudoers_make(&w->ws->model, w->ws->problems, &w->out->sudoers);
}

int build_generation(struct workspace *ws, const struct publish_options *options, int gen_fd, uint32_t number,
		     struct build *ret)
{
	struct build_work w = {
	    .ws = ws, .options = options, .out = ret, .gen_fd = gen_fd, .digest = EVP_MD_CTX_new()};
	size_t errors_before = ws->problems->errors;

	if (!w.digest || EVP_DigestInit_ex(w.digest, EVP_sha256(), NULL) != 1)
		w.error = -ENOMEM;
	if (w.error == 0 && gen_fd >= 0)
		w.error = cdb_write_begin(gen_fd, &ws->model, &w.writer);
	w.published = published_open(ws->paths->statedir, ws->paths->owner);
	w.has_served = aa_accounts_open(ws->paths->statedir, ws->paths->owner, &w.served) == 0;
	if (w.error == 0)
		build_all(&w, number);
	if (w.error == 0)
		finish_digest(&w);
	if (build_writes(&w))
		w.error = role_rules_write(gen_fd, &ws->model);
	if (build_writes(&w))
		w.error = cdb_write_finish(w.writer);
	else
		cdb_write_free(w.writer);
	if (w.error < 0)
		report_write_error(&w);
	published_close(w.published);
	if (w.has_served)
		aa_accounts_close(&w.served);
	EVP_MD_CTX_free(w.digest);
	free(w.retired);
	free(w.bindings);
	newcomers_free(&w.newcomers);
	free(w.keys);
	arena_free(&w.arena);
	buffer_free(&w.record);
	return ws->problems->errors > errors_before || w.error < 0 ? -1 : 0;
}

void build_check_agents(struct workspace *ws)
{
	const struct compile_source source = {.model = &ws->model,
					      .agents_fd = ws->agents_fd,
					      .dir = ws->agents_dir,
					      .owner = ws->paths->owner};
	struct compilation *compilation;
	struct compiled_agent *a;

	if (!ws->model.facts)
		return; /* the text was not come to */
	compilation = compile_start(&source, &ws->names);
	while ((a = compile_next(compilation)))
		problems_move(ws->problems, &a->problems);
	compile_end(compilation);
}

static bool stands_in_text(const void *data, const char *kind, const char *name)
{
	const struct model *m = data;

	return strcmp(kind, "role") == 0 ? model_role(m, name) != NULL : model_issuer(m, name) != NULL;
}

void build_main_changes(struct workspace *ws, struct changes *ret)
{
	struct build build = {0};
	struct build_work w = {.ws = ws, .out = &build};

	w.published = published_open(ws->paths->statedir, ws->paths->owner);
	build_main_put(&w, 0);
	changes_removed(&build.changes, w.published, stands_in_text, &ws->model);
	published_close(w.published);
	buffer_free(&w.record);
	*ret = build.changes;
}

void build_agent_changes(struct workspace *ws, const char *name, struct changes *ret)
{
	const struct compile_source source = {.model = &ws->model,
					      .agents_fd = ws->agents_fd,
					      .dir = ws->agents_dir,
					      .owner = ws->paths->owner};
	char *key = xasprintf("agent:%s", name);
	struct published *published = published_open(ws->paths->statedir, ws->paths->owner);
	struct buffer record = {0};

	if (compile_record(&source, name, &record))
		changes_compare(ret, published, "agent", key, name, record.data, record.len);
	else
		changes_add(ret, CHANGE_CHANGED, "agent", name);
	published_close(published);
	buffer_free(&record);
	free(key);
}

void build_free(struct build *build)
{
	free(build->sudoers);
	changes_free(&build->changes);
}
