/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c opens what a command works on, see workspace.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/recover.h"
#include "tools/agentauthctl/publish/workspace.h"

static int open_state(struct workspace *ws, bool lock)
{
	struct position position = {.file = ws->paths->statedir};
	struct stat st;

	if (lstat(ws->paths->statedir, &st) < 0 && errno == ENOENT) {
		if (!lock)
			return 0;
		problem_error(ws->problems, &position,
			      "does not exist; agentauthctl init makes what is needed");
		return -1;
	}
	return conf_dir_open(ws->paths->statedir, ws->paths->owner, ws->problems, &ws->state_fd);
}

/* take_lock() waits for another agentauthctl, and tells a person so. */
static int take_lock(struct workspace *ws)
{
	struct position position = {.file = ws->paths->statedir};

	ws->lock_fd =
	    openat(ws->state_fd, WORKSPACE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	if (ws->lock_fd < 0) {
		problem_error(ws->problems, &position, "the file lock cannot be opened in it: %s",
			      strerror(errno));
		return -1;
	}
	if (flock(ws->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK && isatty(STDERR_FILENO))
		fputs("agentauthctl: waiting for another agentauthctl to finish\n", stderr);
	while (flock(ws->lock_fd, LOCK_EX) < 0)
		if (errno != EINTR) {
			problem_error(ws->problems, &position, "cannot be locked: %s", strerror(errno));
			return -1;
		}
	return 0;
}

static int open_conf(struct workspace *ws)
{
	const struct paths *p = ws->paths;
	struct position position = {.file = p->confdir};

	if (access(p->confdir, F_OK) < 0 && errno == ENOENT) {
		problem_error(ws->problems, &position,
			      "does not exist; agentauthctl init makes it, with a first " CONF_FILE);
		return -1;
	}
	if (conf_dir_open(p->confdir, p->owner, ws->problems, &ws->conf_fd) < 0)
		return -1;
	return conf_dir_open(ws->agents_dir, p->owner, ws->problems, &ws->agents_fd);
}

static int read_facts(struct workspace *ws)
{
	struct published *published;
	json_t *host;

	if (host_facts_read(&ws->facts, ws->paths->sysconfdir, ws->problems) < 0)
		return -1;
	published = published_open(ws->paths->statedir, ws->paths->owner);
	host = published ? published_json(published, "host", "") : NULL;
	host_facts_keep(&ws->facts, host);
	json_decref(host);
	published_close(published);
	return 0;
}

static int read_main(struct workspace *ws)
{
	struct position position = {.file = ws->paths->confdir};
	int n = conf_text_read(ws->conf_fd, ws->paths->confdir, CONF_FILE, ws->paths->owner, ws->problems,
			       &ws->model.file.text);

	if (n == -ENOENT)
		problem_error(ws->problems, &position,
			      "holds no " CONF_FILE "; agentauthctl init makes a first one");
	if (n < 0) {
		model_begin(&ws->model, &ws->facts);
		return -1;
	}
	return model_read(&ws->model, &ws->facts, ws->problems);
}

static void begin(struct workspace *ws, const struct paths *paths, struct problems *problems)
{
	*ws =
	    (struct workspace){.paths = paths, .conf_fd = -1, .agents_fd = -1, .state_fd = -1, .lock_fd = -1};
	ws->problems = problems;
	ws->agents_dir = xasprintf("%s/" AGENTS_DIR, paths->confdir);
}

int workspace_open_state(struct workspace *ws, const struct paths *paths, struct problems *problems)
{
	begin(ws, paths, problems);
	if (open_state(ws, true) < 0 || take_lock(ws) < 0 ||
	    recover(ws->paths, ws->state_fd, ws->problems) < 0)
		return -1;
	return ids_read(&ws->ids, ws->state_fd, paths->statedir, paths->owner, problems);
}

int workspace_open(struct workspace *ws, const struct paths *paths, bool lock, struct problems *problems)
{
	int ret = 0;

	begin(ws, paths, problems);
	if (open_state(ws, lock) < 0 ||
	    (lock && (take_lock(ws) < 0 || recover(ws->paths, ws->state_fd, ws->problems) < 0)) ||
	    open_conf(ws) < 0)
		return -1;
	if (read_facts(ws) < 0)
		return -1;
	if (ws->state_fd >= 0 &&
	    ids_read(&ws->ids, ws->state_fd, paths->statedir, paths->owner, problems) < 0)
		ret = -1;
	if (agent_names_read(&ws->names, ws->agents_fd, ws->agents_dir, problems) < 0)
		ret = -1;
	/* publish() tells what is wrong in the text together with what is wrong with the agents. */
	read_main(ws);
	return ws->model.file.has_config ? ret : -1;
}

void workspace_close(struct workspace *ws)
{
	int fds[] = {ws->conf_fd, ws->agents_fd, ws->state_fd, ws->lock_fd};

	changes_free(&ws->main_pending);
	model_free(&ws->model);
	host_facts_free(&ws->facts);
	ids_free(&ws->ids);
	agent_names_free(&ws->names);
	free(ws->agents_dir);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
