/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c: opening what a command works on: the text, the state, the ids, the host's facts. See publish.h.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/publish.h"
#include "tools/agentauthctl/publish/recover.h"

#define LOCK_FILE "lock"

static int open_state(struct registry *r, bool lock)
{
	struct problem_place place = {.file = r->places->statedir};
	struct stat st;

	if (lstat(r->places->statedir, &st) < 0 && errno == ENOENT) {
		if (!lock)
			return 0;
		problem_error(r->problems, &place, "does not exist; agentauthctl init makes what is needed");
		return -1;
	}
	return conf_dir_open(r->places->statedir, r->places->owner, r->problems, &r->state_fd);
}

/* Waits for another agentauthctl; a person is told so. */
static int take_lock(struct registry *r)
{
	struct problem_place place = {.file = r->places->statedir};

	r->lock_fd =
	    openat(r->state_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	if (r->lock_fd < 0) {
		problem_error(r->problems, &place, "the file lock cannot be opened in it: %s",
			      strerror(errno));
		return -1;
	}
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK && isatty(STDERR_FILENO))
		fputs("agentauthctl: waiting for another agentauthctl to finish\n", stderr);
	while (flock(r->lock_fd, LOCK_EX) < 0)
		if (errno != EINTR) {
			problem_error(r->problems, &place, "cannot be locked: %s", strerror(errno));
			return -1;
		}
	return 0;
}

static int open_conf(struct registry *r)
{
	const struct places *p = r->places;
	struct problem_place place = {.file = p->confdir};

	if (access(p->confdir, F_OK) < 0 && errno == ENOENT) {
		problem_error(r->problems, &place,
			      "does not exist; agentauthctl init makes it, with a first " CONF_FILE);
		return -1;
	}
	if (conf_dir_open(p->confdir, p->owner, r->problems, &r->conf_fd) < 0)
		return -1;
	return conf_dir_open(r->agents_dir, p->owner, r->problems, &r->agents_fd);
}

static int read_facts(struct registry *r)
{
	struct published *published;
	json_t *host;

	if (host_facts_read(&r->facts, r->places->sysconfdir, r->problems) < 0)
		return -1;
	published = published_open(r->places->statedir, r->places->owner);
	host = published ? published_json(published, "host", "") : NULL;
	host_facts_keep(&r->facts, host);
	json_decref(host);
	published_close(published);
	return 0;
}

static int read_main(struct registry *r)
{
	struct problem_place place = {.file = r->places->confdir};
	int n = conf_text_read(r->conf_fd, r->places->confdir, CONF_FILE, r->places->owner, r->problems,
			       &r->model.file.text);

	if (n == -ENOENT)
		problem_error(r->problems, &place,
			      "holds no " CONF_FILE "; agentauthctl init makes a first one");
	if (n < 0)
		return -1;
	return model_read(&r->model, &r->facts, r->problems);
}

static void begin(struct registry *r, const struct places *places, struct problems *problems)
{
	*r = (struct registry){
	    .places = places, .conf_fd = -1, .agents_fd = -1, .state_fd = -1, .lock_fd = -1};
	r->problems = problems;
	r->agents_dir = xasprintf("%s/" AGENTS_DIR, places->confdir);
}

int registry_open_state(struct registry *r, const struct places *places, struct problems *problems)
{
	begin(r, places, problems);
	if (open_state(r, true) < 0 || take_lock(r) < 0 || recover(r) < 0)
		return -1;
	return ids_read(&r->ids, r->state_fd, places->statedir, places->owner, problems);
}

int registry_open(struct registry *r, const struct places *places, bool lock, struct problems *problems)
{
	int ret = 0;

	begin(r, places, problems);
	if (open_state(r, lock) < 0 || (lock && (take_lock(r) < 0 || recover(r) < 0)) || open_conf(r) < 0)
		return -1;
	if (read_facts(r) < 0)
		return -1;
	if (r->state_fd >= 0 && ids_read(&r->ids, r->state_fd, places->statedir, places->owner, problems) < 0)
		ret = -1;
	if (agent_names_read(&r->names, r->agents_fd, r->agents_dir, problems) < 0)
		ret = -1;
	/* What is wrong in the text is told together with what is wrong with the agents, by publish(). */
	read_main(r);
	return r->model.file.has_config ? ret : -1;
}

int registry_reread(struct registry *r, const struct conf_text *text)
{
	const struct host_facts *facts = &r->facts;

	changes_free(&r->main_pending);
	if (r->problems->errors == 0)
		build_main_changes(r, &r->main_pending);
	problems_forget_warnings(r->problems, text->path);
	model_free(&r->model);
	conf_text_set(&r->model.file.text, text->path, text->bytes, text->len);
	return model_read(&r->model, facts, r->problems);
}

void registry_close(struct registry *r)
{
	int fds[] = {r->conf_fd, r->agents_fd, r->state_fd, r->lock_fd};

	changes_free(&r->main_pending);
	model_free(&r->model);
	host_facts_free(&r->facts);
	ids_free(&r->ids);
	agent_names_free(&r->names);
	free(r->agents_dir);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
