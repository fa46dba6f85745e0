/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c: the order in which a generation comes to serve, see publish.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "build.h"
#include "check_value.h"
#include "jose/json.h"
#include "registry/generation.h"
#include "spawn.h"
#include "sudoers.h"

struct commit {
	struct registry *r;
	const struct publish_options *options;
	struct publish_result *ret;
	struct build build;
	uint32_t number;
	int gen_fd;
	bool stopped;
	struct conf_text old_text; /* what the changed file held; path NULL: there was none */
	bool text_written;
};

/* 0: go on. */
static int step(struct commit *c, const char *name)
{
	if (c->options->step && c->options->step(c->options->step_data, name) != 0)
		c->stopped = true;
	return c->stopped ? -1 : 0;
}

static int failed(struct commit *c, const char *what, int error)
{
	struct problem_place place = {.file = c->r->places->statedir};

	problem_error(c->r->problems, &place, "%s: %s; the generation before serves on", what,
		      strerror(-error));
	return -1;
}

/* ---- the changed text ---------------------------------------------------- */

/* Which file the change is of, and where. NULL: no change. The caller frees. */
static char *changed_file(const struct commit *c, int *ret_dirfd, const struct conf_text **ret_text)
{
	const struct text_change *change = &c->options->change;

	if (change->agent) {
		*ret_dirfd = c->r->agents_fd;
		*ret_text = change->agent_text;
		return xasprintf("%s" AGENT_SUFFIX, change->agent);
	}
	*ret_dirfd = c->r->conf_fd;
	*ret_text = change->main_text;
	return change->main_text ? xstrdup(CONF_FILE) : NULL;
}

static void keep_old_text(struct commit *c, int dirfd, const char *name)
{
	struct problems ignored = {0};

	if (conf_text_read(dirfd, "", name, c->r->places->owner, &ignored, &c->old_text) < 0)
		conf_text_free(&c->old_text);
	problems_free(&ignored);
}

static int write_text(struct commit *c)
{
	const struct conf_text *text;
	int dirfd, r;
	char *name = changed_file(c, &dirfd, &text), *aside;

	if (!name)
		return 0;
	if (text) {
		keep_old_text(c, dirfd, name);
		r = conf_text_write(dirfd, name, text->bytes, text->len);
	} else {
		aside = xasprintf("%s.retired", name);
		r = renameat(dirfd, name, dirfd, aside) < 0 || fsync(dirfd) < 0 ? -errno : 0;
		free(aside);
	}
	free(name);
	if (r < 0)
		return failed(c, "the changed text cannot be written", r);
	c->text_written = true;
	return 0;
}

/* As it was before write_text(). */
static void restore_text(struct commit *c)
{
	const struct conf_text *text;
	int dirfd, r = 0;
	char *name = changed_file(c, &dirfd, &text), *aside;

	if (!name || !c->text_written) {
		free(name);
		return;
	}
	if (!text) {
		aside = xasprintf("%s.retired", name);
		r = renameat(dirfd, aside, dirfd, name) < 0 ? -errno : 0;
		free(aside);
	} else if (c->old_text.path) {
		r = conf_text_write(dirfd, name, c->old_text.bytes, c->old_text.len);
	} else {
		r = unlinkat(dirfd, name, 0) < 0 ? -errno : 0;
	}
	if (r < 0)
		problem_error(c->r->problems, NULL, "%s was changed and cannot be put back as it was: %s",
			      name, strerror(-r));
	free(name);
}

/* ---- the generation ------------------------------------------------------ */

static char *manifest_text(const struct commit *c)
{
	const struct model *m = &c->r->model;
	char when[32], *text;
	json_t *json;

	time_format(c->options->now, when);
	json = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "generation", (json_int_t)c->number,
			 "digest", c->build.digest, "time", when, "host", m->facts->fqdn, "agents",
			 (json_int_t)c->build.agents, "retired", (json_int_t)c->build.retired, "roles",
			 (json_int_t)m->roles.n, "issuers", (json_int_t)m->issuers.n);
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
	return r < 0 ? failed(c, "the new generation cannot be written", r) : 0;
}

static void install_sudoers(const struct registry *r, const char *text, bool *ret_changed)
{
	struct problem_place place = {.file = r->places->sudoers};
	int n;

	*ret_changed = false;
	if (!r->places->sudoers)
		return;
	n = sudoers_install(r->places->sudoers, text, r->places->owner);
	if (n == -ENOTDIR)
		problem_warning(r->problems, &place,
				"its directory does not exist, so that the roles' sudo rules are not "
				"installed; they will be at the next apply when sudo is there");
	else if (n < 0)
		problem_error(r->problems, &place,
			      "cannot be written, so that sudo goes on with the rules before: %s. Run "
			      "agentauthctl apply when that is mended",
			      strerror(-n));
	*ret_changed = n > 0;
}

/* nscd keeps what it was told, unless it is told otherwise. */
static void invalidate_nscd(void)
{
	static const char *const tables[] = {"passwd", "group"};
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/var/run/nscd/socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool running = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	char *program = running ? program_find("nscd") : NULL;

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; program && i < sizeof(tables) / sizeof(*tables); i++) {
		char *table = xstrdup(tables[i]), *argv[] = {program, (char[]){"-i"}, table, NULL};

		program_run(argv, "", 0, NULL);
		free(table);
	}
	free(program);
}

static int retire_ids(struct registry *r, int64_t now)
{
	int n = ids_write_retired(&r->ids, r->state_fd, now);

	if (n == 0)
		return 0;
	problem_error(r->problems, NULL,
		      "the ids of what was retired cannot be written down: %s. Run agentauthctl apply when "
		      "that is mended",
		      strerror(-n));
	return -1;
}

/* Up to the moment in which the new generation serves. */
static int make_current(struct commit *c)
{
	int r;

	if (step(c, "text") < 0 || write_text(c) < 0)
		return -1;
	if (step(c, "ids") < 0)
		return -1;
	r = ids_write_used(&c->r->ids, c->r->state_fd, c->options->now);
	if (r < 0)
		return failed(c, "the ids cannot be written", r);
	if (step(c, "settle") < 0)
		return -1;
	r = generation_settle(c->r->state_fd, c->number);
	if (r < 0)
		return failed(c, "the new generation cannot be put in place", r);
	if (step(c, "switch") < 0)
		return -1;
	r = generation_switch(c->r->state_fd, c->number);
	return r < 0 ? failed(c, "the new generation cannot be made current", r) : 0;
}

/* What follows once it serves; what fails here is reported, and mended by the next apply. */
static void after_switch(struct commit *c)
{
	if (step(c, "retire") < 0)
		return;
	retire_ids(c->r, c->options->now);
	if (step(c, "sudoers") < 0)
		return;
	install_sudoers(c->r, c->build.sudoers, &c->ret->sudoers_changed);
	if (c->r->places->sudoers)
		invalidate_nscd();
	if (step(c, "prune") < 0)
		return;
	generations_prune(c->r->state_fd, GENERATIONS_KEPT, c->number);
	step(c, "end");
}

/* ---- publishing ---------------------------------------------------------- */

/* The text is what the generation that serves was made of. */
static bool is_unchanged(const struct commit *c)
{
	struct published *published = published_open(c->r->places->statedir, c->r->places->owner);
	const char *digest;
	uint32_t number;
	json_t *manifest;
	bool same;

	if (!published || aa_generation_number(c->r->places->statedir, &number) < 0) {
		published_close(published);
		return false;
	}
	manifest = generation_manifest(c->r->state_fd, number);
	digest = json_string_value(json_object_get(manifest, "digest"));
	same = digest && strcmp(digest, c->build.digest) == 0;
	if (same)
		c->ret->generation = number;
	json_decref(manifest);
	published_close(published);
	return same;
}

/* Something goes that the command itself did not say. */
static bool asks_to_retire(const struct commit *c)
{
	const struct changes *changes = &c->build.changes;
	const struct text_change *change = &c->options->change;
	size_t said = change->agent && !change->agent_text;

	return changes->agents[CHANGE_REMOVED] > said ||
	       (changes->roles[CHANGE_REMOVED] && !change->main_text);
}

static enum publish_outcome decide(struct commit *c)
{
	bool changed;

	if (is_unchanged(c)) {
		if (c->options->dry_run)
			return PUBLISH_UNCHANGED;
		retire_ids(c->r, c->options->now);
		install_sudoers(c->r, c->build.sudoers, &changed);
		c->ret->sudoers_changed = changed;
		return c->r->problems->errors ? PUBLISH_FAILED : PUBLISH_UNCHANGED;
	}
	c->ret->generation = c->number;
	if (asks_to_retire(c) && c->options->may_retire &&
	    !c->options->may_retire(c->options->retire_data, &c->build.changes))
		return PUBLISH_STOPPED;
	if (c->options->dry_run)
		return PUBLISH_WOULD;
	if (step(c, "files") < 0 || write_small_files(c) < 0 || make_current(c) < 0) {
		if (c->stopped)
			return PUBLISH_STOPPED;
		restore_text(c);
		return PUBLISH_FAILED;
	}
	after_switch(c);
	return c->stopped ? PUBLISH_STOPPED : PUBLISH_DONE;
}

static int begin(struct commit *c)
{
	const struct text_change *change = &c->options->change;
	int r;

	if (change->agent && change->agent_text && !agent_names_have(&c->r->names, change->agent))
		agent_names_add(&c->r->names, change->agent);
	if (change->agent && !change->agent_text)
		agent_names_remove(&c->r->names, change->agent);
	if (c->options->dry_run)
		return 0;
	generations_clean(c->r->state_fd);
	r = generation_new(c->r->state_fd, &c->number, &c->gen_fd);
	if (r < 0)
		return failed(c, "a new generation cannot be begun", r);
	return step(c, "build");
}

enum publish_outcome publish(struct registry *r, const struct publish_options *options,
			     struct publish_result *ret)
{
	struct commit c = {.r = r, .options = options, .ret = ret, .gen_fd = -1};

	*ret = (struct publish_result){.outcome = PUBLISH_FAILED};
	if (begin(&c) < 0) {
		ret->outcome = c.stopped ? PUBLISH_STOPPED : PUBLISH_FAILED;
		goto out;
	}
	if (build_generation(r, options, c.gen_fd, c.number, &c.build) == 0 && r->problems->errors == 0)
		ret->outcome = decide(&c);
	ret->agents = c.build.agents;
	ret->retired = c.build.retired;
	ret->changes = c.build.changes;
	c.build.changes = (struct changes){0};
out:
	if (c.gen_fd >= 0)
		close(c.gen_fd);
	if (c.gen_fd >= 0 && ret->outcome != PUBLISH_DONE && !c.stopped)
		generation_discard(r->state_fd, c.number);
	build_free(&c.build);
	conf_text_free(&c.old_text);
	return ret->outcome;
}

void publish_result_free(struct publish_result *result)
{
	changes_free(&result->changes);
}

int publish_rollback(struct registry *r, uint32_t number)
{
	struct problem_place place = {.file = r->places->statedir};
	bool changed = false;
	char *sudoers = NULL;
	int n;

	n = generation_read(r->state_fd, number, SUDOERS_FILE, &sudoers);
	if (n < 0 && n != -ENOENT) {
		problem_error(r->problems, &place, "generation %u cannot be read: %s", number, strerror(-n));
		return -1;
	}
	n = generation_switch(r->state_fd, number);
	if (n < 0) {
		problem_error(r->problems, &place, "generation %u cannot be made current: %s", number,
			      strerror(-n));
		free(sudoers);
		return -1;
	}
	install_sudoers(r, sudoers, &changed);
	if (r->places->sudoers)
		invalidate_nscd();
	free(sudoers);
	return r->problems->errors ? -1 : 0;
}
