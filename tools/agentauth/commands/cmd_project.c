/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_project.c: agentauth project, by which a person shares a folder with an agent of this host, and takes it back. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/acl.h"
#include "common/text/name.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/run_as.h"
#include "tools/agentauth/project/place.h"
#include "tools/agentauth/project/shared_list.h"
#include "tools/agentauth/project/tree.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"
#include "tools/cli/table.h"

/* ---- what is told ------------------------------------------------------------------- */

static const char *const left_words[TREE_LEFT_COUNT] = {
    [TREE_LEFT_LINKED] = "have another name (a hard link), and may so lie elsewhere as well",
    [TREE_LEFT_SETID] = "run as their owner or group, whoever starts them",
    [TREE_LEFT_FOREIGN] = "belong to somebody else",
    [TREE_LEFT_MOUNTED] = "are another file system, which is shared by itself",
    [TREE_LEFT_AGENTS] = "belong to the agent, and only it or root can change that",
    [TREE_LEFT_FAILED] = "could not be changed",
};

static void tell_left(const struct tree *t)
{
	for (size_t why = 0; why < TREE_LEFT_COUNT; why++) {
		if (!t->n_left[why])
			continue;
		printf("Left as they are, since they %s%s%s: %zu\n", left_words[why],
		       why == TREE_LEFT_FAILED ? " - " : "", why == TREE_LEFT_FAILED ? strerror(t->err) : "",
		       t->n_left[why]);
		for (size_t i = 0; i < TREE_NAMED_MAX && t->left[why][i]; i++) {
			char *shown = print_shown(t->left[why][i]);

			printf("  %s\n", shown);
			free(shown);
		}
		if (t->n_left[why] > TREE_NAMED_MAX)
			printf("  and %zu more\n", t->n_left[why] - TREE_NAMED_MAX);
	}
}

static void tell_done(const struct tree *t, const struct place *p, const char *agent)
{
	char *shown = print_shown(p->path);

	if (t->take)
		printf("%s is no longer shared with %s", shown, agent);
	else if (t->read)
		printf("%s may read %s and all in it, and write nothing there", agent, shown);
	else
		printf("%s may read and write %s and all in it, and its owner what %s makes there", agent,
		       shown, agent);
	printf(" (%zu files and folders, %zu %schanged).\n", t->seen, t->changed,
	       t->dry ? "of them would be " : "of them ");
	free(shown);
	tell_left(t);
}

/* Tells by which way the agent gets to the folder, and what else it finds on it. */
static void tell_way(const struct place *p, const char *agent)
{
	struct stat st;

	if (p->closed)
		printf(
		    "%s is closed to others and stays so: %s gets to the project by 'agentauth run' alone, "
		    "started in it, and finds nothing else of %s there.\n",
		    p->closed, agent, p->closed);
	else if (p->home && strncmp(p->path, p->home, strlen(p->home)) == 0 && stat(p->home, &st) == 0 &&
		 st.st_mode & S_IROTH)
		printf("Everybody on this host may look into %s, and so may %s. To close it: chmod 700 %s\n",
		       p->home, agent, p->home);
}

/* ---- git ------------------------------------------------------------------------------ */

/* Has the agent's git take a folder for its own, which git would not do with another's; or no longer. */
static int set_safe_folder(const char *path, const char *agent, bool safe)
{
	/* Where the caller stands the agent may not, and git would look around there. */
	const char *const config[] = {"git",
				      "-C",
				      "/",
				      "config",
				      "--global",
				      "--fixed-value",
				      safe ? "--replace-all" : "--unset-all",
				      "safe.directory",
				      path,
				      path};
	struct buffer said = {0};
	int status = run_as(agent, config, safe ? 10 : 9, &said);

	if (status != 0 && safe) {
		say("%s's git does not take the repository for safe, since it could not be started to be "
		    "told so "
		    "(safe.directory):",
		    agent);
		say_text(said.data ? said.data : "sudo cannot be run\n");
	}
	buffer_free(&said);
	return status && safe ? PROGRAM_FAILED : PROGRAM_DONE;
}

/* A clone asks about the folder with the settings, all else about the folder above. */
static int set_safe(const struct place *p, const char *agent, bool safe)
{
	char *git = xasprintf("%s/.git", p->path);
	int status = PROGRAM_DONE;

	if (geteuid() != 0 && access(git, F_OK) == 0) {
		status = set_safe_folder(p->path, agent, safe);
		if (status == PROGRAM_DONE)
			status = set_safe_folder(git, agent, safe);
	}
	free(git);
	return status;
}

/* ---- share and unshare ------------------------------------------------------------------- */

static int change(const struct place *p, const char *agent, struct tree *t)
{
	int r = tree_walk(t, p->fd);

	if (r == -EOPNOTSUPP)
		return say_failed(
		    "the file system of %s keeps no ACLs, by which a folder is shared: ext4, xfs, btrfs and "
		    "tmpfs do",
		    p->path);
	if (r < 0)
		return say_failed("%s cannot be shared: %s", p->path, strerror(-r));
	tell_done(t, p, agent);
	return t->n_left[TREE_LEFT_FAILED] ? PROGRAM_FAILED : PROGRAM_DONE;
}

/* The list is written first, so that a command that is killed has not shared what no list has. */
static int share(const struct place *p, const char *agent, struct tree *t)
{
	int status;

	if (p->closed && p->closed_by_other)
		return say_failed(
		    "%s lets not everybody pass and is not the owner's of %s, so that %s would not get "
		    "there: root can open it, or the project lies elsewhere",
		    p->closed, p->path, agent);
	if (!t->dry && shared_list_put(agent, p->path, true) < 0)
		return PROGRAM_FAILED;
	status = change(p, agent, t);
	if (status == PROGRAM_FAILED && !t->seen)
		return status;
	if (t->n_left[TREE_LEFT_AGENTS] && !t->read)
		printf("Root opens them to %s as well: agentauth project share %s %s\n", p->owner, p->path,
		       agent);
	tell_way(p, agent);
	if (!t->read)
		printf("What %s changes there and you run runs as you, and git runs what a repository's "
		       "settings say; "
		       "'agentauth run %s -- COMMAND' runs it as %s.\n",
		       agent, agent, agent);
	if (!t->dry && set_safe(p, agent, true) != PROGRAM_DONE)
		status = PROGRAM_FAILED;
	return status;
}

static int unshare_it(const struct place *p, const char *agent, struct tree *t)
{
	int status = change(p, agent, t);

	if (status == PROGRAM_DONE && !t->dry && shared_list_put(agent, p->path, false) < 0)
		status = PROGRAM_FAILED;
	if (t->n_left[TREE_LEFT_AGENTS])
		printf("Root takes those as well, and gives them to %s: agentauth project unshare %s %s\n",
		       p->owner, p->path, agent);
	if (!t->dry)
		(void)set_safe(p, agent, false);
	return status;
}

static int with_place(const struct arguments *a, bool take)
{
	const char *agent = a->n_words > 1 ? a->words[1] : NULL;
	struct tree tree = {
	    .take = take, .read = arguments_have(a, "read"), .dry = arguments_have(a, "dry-run")};
	struct place place;
	int status;

	if (!agent)
		return say_usage("a folder and an agent's name are needed");
	if (!aa_agent_name_is_valid(agent))
		return say_usage("\"%s\" is no agent's name", agent);
	if (take && a->words[0][0] == '/' && access(a->words[0], F_OK) < 0 && errno == ENOENT)
		return shared_list_put(agent, a->words[0], false) < 0 ? PROGRAM_FAILED : PROGRAM_DONE;
	if (place_open(&place, a->words[0], agent) < 0)
		return PROGRAM_FAILED;
	tree.person = place.person;
	tree.group = place.group;
	tree.agent = place.agent;
	status = take ? unshare_it(&place, agent, &tree) : share(&place, agent, &tree);
	tree_free(&tree);
	place_close(&place);
	return status;
}

static int run_share(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	return with_place(a, false);
}

static int run_unshare(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	return with_place(a, true);
}

static const struct command share_command = {
    .name = "share",
    .words = "DIR NAME",
    .max_words = 2,
    .summary = "give an agent of this host its rights in a folder and all in it",
    .about =
	"By ACLs, as the folder's owner and without root: both read and write what either makes there. "
	"Given once more it mends what tools have undone.\n\n"
	"What is made in the folder is the agent's doing, and what you run of it runs as you. With --read "
	"the agent changes nothing there, and works in a copy of its own.",
    .values = ":folders",
    .options =
	(const struct option_spec[]){{"read", NULL, "to read only", 0, NULL},
				     {"dry-run", NULL, "change nothing, and say what would be", 0, NULL},
				     {0}},
    .run = run_share,
};

static const struct command unshare_command = {
    .name = "unshare",
    .words = "DIR NAME",
    .max_words = 2,
    .summary = "take an agent's rights in a folder away again",
    .values = ":folders",
    .options =
	(const struct option_spec[]){{"dry-run", NULL, "change nothing, and say what would be", 0, NULL},
				     {0}},
    .run = run_unshare,
};

/* ---- list ------------------------------------------------------------------------------ */

static const char *may_now(const struct shared *s)
{
	const struct passwd *pw = getpwnam(s->agent);
	int fd = open(s->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), perm = -1;
	struct aa_acl acl;
	struct stat st;
	bool there = fd >= 0;

	if (pw && there && fstat(fd, &st) == 0 && aa_acl_read(fd, st.st_mode, &acl) == 0)
		perm = aa_acl_user(&acl, pw->pw_uid);
	if (fd >= 0)
		close(fd);
	if (!there)
		return "gone";
	return perm < 0 || !(perm & AA_ACL_R) ? "no" : perm & AA_ACL_W ? "write" : "read";
}

static int run_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct table_column columns[] = {{"AGENT", 31}, {"MAY", 0}, {"FOLDER", 0}, {0}};
	struct table table = {.columns = columns};
	json_t *array = json_array();
	struct shared_list list;
	int status = shared_list_read(&list) < 0 ? PROGRAM_FAILED : PROGRAM_DONE;

	(void)ctl;
	for (size_t i = 0; status == PROGRAM_DONE && i < list.n; i++) {
		const struct shared *s = list.v + i;

		table_add(&table, s->agent);
		table_add(&table, may_now(s));
		table_add(&table, s->path);
		json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "agent", s->agent, "may",
						       may_now(s), "folder", s->path));
	}
	if (status == PROGRAM_DONE && a->json)
		status = print_json(json_pack("{s:O}", "projects", array));
	else if (status == PROGRAM_DONE)
		table_print(&table);
	json_decref(array);
	table_free(&table);
	shared_list_free(&list);
	return status;
}

static const struct command list_command = {
    .name = "list",
    .summary = "the folders that you share, and what their agents may there now",
    .options = (const struct option_spec[]){{"json", NULL, "as JSON", 0, NULL}, {0}},
    .run = run_list,
};

const struct command command_project = {
    .name = "project",
    .summary = "share a folder with an agent of this host, and take it back",
    .sub = (const struct command *const[]){&share_command, &unshare_command, &list_command, NULL},
};
