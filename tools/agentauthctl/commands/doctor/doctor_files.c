/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_files.c checks owners and modes of our own files and folders. --fix mends those of folders, of the text and of
 * the log. What is believed and acted upon once it is root's is left to a person: whoever could write the file decided
 * what stands in it. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/generation.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

#define DEPTH_MAX 4
#define NAMED 16 /* files in one command; more than these are all of the folder */

enum fault { FAULT_OWNER, FAULT_MODE, FAULT_N };

static const struct {
	const char *command[4], *all[4]; /* the same for all that is in a folder */
	const char *what;
} faults[FAULT_N] = {
    {{"chown", "-h", "root"}, {"chown", "-hR", "root"}, "not root's"},
    {{"chmod", "go-w"}, {"chmod", "-R", "go-w"}, "writable by others than root"},
};

struct found {
	char *v[NAMED];
	size_t n;
};

static bool has_fault(const struct doctor *d, const struct stat *st, enum fault fault)
{
	if (fault == FAULT_OWNER)
		return st->st_uid != 0 && st->st_uid != d->ctl->paths.owner;
	return (st->st_mode & 022) != 0;
}

/* ---- telling ---------------------------------------------------------------------- */

/* words_of() writes the command for what was found in `dir`. */
static void words_of(const struct found *found, enum fault fault, const char *dir,
		     const char *words[NAMED + 4])
{
	const char *const *command = found->n > NAMED ? faults[fault].all : faults[fault].command;
	size_t n = 0;

	while (command[n]) {
		words[n] = command[n];
		n++;
	}
	for (size_t i = 0; found->n <= NAMED && i < found->n; i++)
		words[n++] = found->v[i];
	if (found->n > NAMED)
		words[n++] = dir;
	words[n] = NULL;
}

static char *names_of(const struct found *found)
{
	struct buffer b = {0};

	for (size_t i = 0; i < found->n && i < 3; i++)
		buffer_printf(&b, "%s%s", i ? ", " : "", found->v[i]);
	if (found->n > 3)
		buffer_printf(&b, " and %zu more", found->n - 3);
	return buffer_take(&b);
}

static void tell(struct doctor *d, const struct found *found, enum fault fault, const char *dir,
		 bool may_mend)
{
	const char *words[NAMED + 4];
	char *names;

	if (found->n == 0)
		return;
	names = names_of(found);
	words_of(found, fault, dir, words);
	if (may_mend)
		doctor_mendable(d, DOCTOR_PROBLEM, words, "%s %s %s", names, found->n == 1 ? "is" : "are",
				faults[fault].what);
	else
		doctor_problem(d, doctor_command_text(words),
			       "%s %s %s; look at what it says first, since it is believed from then on",
			       names, found->n == 1 ? "is" : "are", faults[fault].what);
	free(names);
}

/* ---- looking ----------------------------------------------------------------------- */

/* look_at_folder() returns true where what is in the folder is ours alone. */
static bool look_at_folder(struct doctor *d, const char *path)
{
	struct found found = {{(char *)(uintptr_t)path}, 1};
	bool ours = true;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return false; /* the commands that need the folder say so */
	for (enum fault fault = 0; fault < FAULT_N; fault++) {
		if (!has_fault(d, &st, fault))
			continue;
		tell(d, &found, fault, path, true);
		ours = false;
	}
	return ours;
}

struct looking {
	struct doctor *d;
	const char *suffix; /* of the names that are ours; NULL: all of them */
	bool may_mend;
};

static bool is_ours(const struct looking *l, const char *name)
{
	size_t len = strlen(name), suffix = l->suffix ? strlen(l->suffix) : 0;

	return *name != '.' && (!l->suffix || (len > suffix && strcmp(name + len - suffix, l->suffix) == 0));
}

static void note_file(const struct looking *l, const char *dir, const char *name, const struct stat *st,
		      struct found found[FAULT_N])
{
	for (enum fault fault = 0; fault < FAULT_N; fault++) {
		if (!has_fault(l->d, st, fault))
			continue;
		if (found[fault].n < NAMED)
			found[fault].v[found[fault].n] = xasprintf("%s/%s", dir, name);
		found[fault].n++;
	}
}

static void look_in(const struct looking *l, const char *dir, int depth)
{
	struct found found[FAULT_N] = {0};
	DIR *list = look_at_folder(l->d, dir) ? opendir(dir) : NULL;
	const struct dirent *entry;
	struct stat st;

	while (list && (entry = readdir(list))) {
		if (!is_ours(l, entry->d_name) ||
		    fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			note_file(l, dir, entry->d_name, &st, found);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			char *below = xasprintf("%s/%s", dir, entry->d_name);

			look_in(l, below, depth + 1);
			free(below);
		}
	}
	for (enum fault fault = 0; fault < FAULT_N; fault++) {
		tell(l->d, &found[fault], fault, dir, l->may_mend);
		for (size_t i = 0; i < found[fault].n && i < NAMED; i++)
			free(found[fault].v[i]);
	}
	if (list)
		closedir(list);
}

static void look_below(const struct looking *l, const char *base, const char *name)
{
	char *dir = xasprintf("%s%s", base, name);

	look_in(l, dir, 0);
	free(dir);
}

/* ---- what NSS reads, as whoever asks ----------------------------------------------- */

void doctor_served(struct doctor *d)
{
	static const char *const served[] = {"", "/" AA_GENERATIONS_DIR, "/" AA_CURRENT_LINK "/",
					     "/" AA_CURRENT_LINK "/" AA_ACCOUNTS_FILE};
	const char *words[8] = {"chmod", "a+rX"};
	char *paths[sizeof(served) / sizeof(served[0])];
	size_t n = 0;
	struct stat st;

	for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++) {
		mode_t needed;
		char *path = xasprintf("%s%s", d->ctl->paths.statedir, served[i]);

		needed = stat(path, &st) == 0 ? (S_ISDIR(st.st_mode) ? 0555 : 0444) : 0;
		if ((st.st_mode & needed) != needed)
			paths[n++] = path;
		else
			free(path);
	}
	for (size_t i = 0; i < n; i++)
		words[2 + i] = paths[i];
	if (n)
		doctor_mendable(
		    d, DOCTOR_PROBLEM, words,
		    "%s cannot be read by everybody, so that names of agents are known to root alone",
		    paths[0]);
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
}

void doctor_files(struct doctor *d)
{
	const struct paths *paths = &d->ctl->paths;
	const struct looking text = {d, ".conf", true}, all = {d, NULL, false}, log = {d, NULL, true};
	unsigned before = d->problems;
	struct stat st;

	look_below(&text, paths->confdir, "");
	look_below(&text, paths->confdir, "/" AGENTS_DIR);
	look_below(&all, paths->confdir, "/hooks");
	look_below(&all, paths->statedir, "");
	/* The check of the log's folder tells of the folder itself. */
	if (d->ctl->logdir && lstat(d->ctl->logdir, &st) == 0 && !has_fault(d, &st, FAULT_OWNER) &&
	    !has_fault(d, &st, FAULT_MODE))
		look_below(&log, d->ctl->logdir, "");
	if (d->problems == before)
		doctor_fine(d, "our own files and folders are root's alone to write");
}
