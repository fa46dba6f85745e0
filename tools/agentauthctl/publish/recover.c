/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c clears up after a command that was killed, see recover.h. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/registry/generation.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/ids.h"
#include "tools/agentauthctl/publish/journal.h"
#include "tools/agentauthctl/publish/journal_texts.h"
#include "tools/agentauthctl/publish/recover.h"
#include "tools/agentauthctl/publish/sudoers.h"

/* The generation became current, and what it grants by sudo may not have followed. */
static int end_it(const struct paths *paths, int state_fd, const struct journal *j, struct problems *problems)
{
	char *rules = NULL;
	int n = 0;

	if (paths->sudoers) {
		n = generation_read(state_fd, j->number, SUDOERS_FILE, &rules);
		if (n == 0 || n == -ENOENT)
			n = sudoers_install(paths->sudoers, rules, paths->owner);
	}
	free(rules);
	if (n == 0 || n == -ENOTDIR)
		n = journal_texts_settle(paths, state_fd, false, problems);
	return n;
}

static int undo_it(const struct paths *paths, int state_fd, const struct journal *j,
		   struct problems *problems)
{
	int n = j->is_new ? journal_texts_settle(paths, state_fd, true, problems) : 0;

	if (n == 0 && j->is_new)
		n = ids_take_back(state_fd, j->ids_length);
	if (n == 0 && j->is_new)
		generation_discard(state_fd, j->number);
	if (n == 0 && paths->sudoers)
		sudoers_forget(paths->sudoers);
	return n;
}

/* Says whether it is the file that a killed command wrote beside a text: ".NAME.conf.new", or ".agentauth.conf.new". */
static bool is_unfinished(const char *name, bool of_agents)
{
	static const char suffix[] = ".new";
	size_t len = strlen(name);
	char file[64], why[256], *end;

	if (name[0] != '.' || len < sizeof(suffix) || len - 1 >= sizeof(file) ||
	    strcmp(name + len - strlen(suffix), suffix) != 0)
		return false;
	(void)snprintf(file, sizeof(file), "%.*s", (int)(len - 1 - strlen(suffix)), name + 1);
	if (!of_agents)
		return strcmp(file, CONF_FILE) == 0;
	end = file + strlen(file) - strlen(AGENT_SUFFIX);
	if (end <= file || strcmp(end, AGENT_SUFFIX) != 0)
		return false;
	*end = '\0';
	return check_agent_name(file, why, sizeof(why));
}

/* The lock is held, so that nobody is writing one. */
static void remove_unfinished(const char *folder, bool of_agents)
{
	int fd = aa_folder_open(folder, ".");
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	while (list && (entry = readdir(list)))
		if (is_unfinished(entry->d_name, of_agents) &&
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			(void)unlinkat(fd, entry->d_name, 0);
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
}

static void remove_unfinished_texts(const struct paths *paths)
{
	char *agents = xasprintf("%s/" AGENTS_DIR, paths->confdir);

	remove_unfinished(paths->confdir, false);
	remove_unfinished(agents, true);
	free(agents);
}

int recover(const struct paths *paths, int state_fd, struct problems *problems)
{
	struct position position = {.file = paths->statedir};
	uint32_t current = 0;
	struct journal j;
	int n = journal_read(state_fd, paths->owner, &j);

	if (n == -ENOENT) {
		journal_clean(state_fd);
		journal_texts_end(state_fd);
		return 0;
	}
	if (n == -EBADMSG)
		problem_error(problems, &position, "%s", journal_damage());
	if (n == 0)
		n = aa_generation_number(paths->statedir, &current);
	if (n == 0 || n == -ENOENT)
		n = current == j.number ? end_it(paths, state_fd, &j, problems)
					: undo_it(paths, state_fd, &j, problems);
	if (n == 0)
		n = journal_end(state_fd);
	if (n == 0) {
		journal_texts_end(state_fd);
		remove_unfinished_texts(paths);
	}
	if (n < 0 && n != -EBADMSG)
		problem_error(
		    problems, &position,
		    "what an agentauthctl that was interrupted left undone cannot be ended: %s. When that "
		    "is mended, run the command again",
		    strerror(-n));
	return n < 0 ? -1 : 0;
}
