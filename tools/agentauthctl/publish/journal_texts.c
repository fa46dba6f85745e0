/* SPDX-License-Identifier: Apache-2.0 */
/* journal_texts.c notes which files a command is about to write, see journal_texts.h. */
#include "config.h"

#include "tools/agentauthctl/publish/journal_texts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/cli/alloc.h"

#define LIST_FILE "journal.texts"
#define LIST_MAX ((size_t)256 * 1024 * 1024)

#define MAIN "." /* agentauth.conf, among agents' names */
#define USUAL_MODE 0640

static char *file_of(const char *name)
{
	return strcmp(name, MAIN) == 0 ? xstrdup(CONF_FILE) : xasprintf("%s" AGENT_SUFFIX, name);
}

/* ---- the list -------------------------------------------------------------------------- */

/* add_file() takes away what an earlier command left beside the file, which would be put back otherwise. */
static int add_file(struct buffer *list, int dirfd, const char *name, const struct conf_text *text)
{
	char *file = file_of(name), *aside = xasprintf(TEXT_BEFORE, file);
	char digest[AA_SHA256_HEX_SIZE] = "";
	struct stat st = {.st_mode = USUAL_MODE};
	bool exists = fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int r = text ? aa_sha256_hex(digest, text->bytes, text->len) : 0;

	unlinkat(dirfd, aside, 0);
	if (text)
		buffer_printf(list, "%s %s %s\n", exists ? "was" : "new", name, digest);
	else
		buffer_printf(list, "gone %s %04o\n", name, st.st_mode & 07777U);
	free(aside);
	free(file);
	return r;
}

static int make_list(int conf_fd, int agents_fd, const struct text_change *change, struct buffer *list)
{
	int r = 0;

	if (change->main_text)
		r = add_file(list, conf_fd, MAIN, change->main_text);
	if (r == 0 && change->agent)
		r = add_file(list, agents_fd, change->agent, change->agent_text);
	for (size_t i = 0; change->texts && i < change->texts->n && r == 0; i++)
		r = add_file(list, agents_fd, change->texts->v[i].name,
			     change->texts->v[i].gone ? NULL : &change->texts->v[i].text);
	return r;
}

int journal_texts_begin(int state_fd, int conf_fd, int agents_fd, const struct text_change *change)
{
	const struct aa_replace how = {.synced = true, .locked = true};
	struct buffer list = {0};
	int r = make_list(conf_fd, agents_fd, change, &list);

	if (r == 0 && list.len)
		r = aa_replace(state_fd, LIST_FILE, list.data, list.len, &how);
	else if (r == 0)
		journal_texts_end(state_fd);
	buffer_free(&list);
	return r;
}

void journal_texts_end(int state_fd)
{
	unlinkat(state_fd, LIST_FILE, 0);
	aa_replace_forget(state_fd, LIST_FILE);
}

/* ---- what was killed ------------------------------------------------------------------- */

struct settling {
	int conf_fd, agents_fd;
	uid_t owner;
	bool undo;
	size_t undone;
};

/* is_written() returns true where the file is what the killed command wrote, and nobody has changed it since. */
static bool is_written(const struct settling *s, int dirfd, const char *file, const char *digest)
{
	struct problems ignored = {0};
	struct conf_text text = {0};
	char now[AA_SHA256_HEX_SIZE];
	bool is = conf_text_read(dirfd, "", file, s->owner, &ignored, &text) == 0 &&
		  aa_sha256_hex(now, text.bytes, text.len) == 0 && strcmp(now, digest) == 0;

	problems_free(&ignored);
	conf_text_free(&text);
	return is;
}

/* An earlier version's list has "." in the mode's place. */
static int bring_back(int dirfd, const char *aside, const char *file, const char *mode)
{
	char *end;
	unsigned long bits = strtoul(mode, &end, 8);

	if (*end || bits > 07777)
		bits = USUAL_MODE;
	if (faccessat(dirfd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    fchmodat(dirfd, aside, (mode_t)bits, 0) < 0)
		return -ENOENT;
	return renameat(dirfd, aside, dirfd, file) < 0 ? -errno : 0;
}

static int undo_file(const struct settling *s, int dirfd, const char *verb, const char *file,
		     const char *digest)
{
	char *aside =
	    strcmp(verb, "gone") == 0 ? xasprintf(TEXT_RETIRED, file) : xasprintf(TEXT_BEFORE, file);
	int r = -ENOENT;

	if (strcmp(verb, "gone") == 0)
		r = bring_back(dirfd, aside, file, digest);
	else if (is_written(s, dirfd, file, digest))
		r = (strcmp(verb, "new") == 0 ? unlinkat(dirfd, file, 0)
					      : renameat(dirfd, aside, dirfd, file)) < 0
			? -errno
			: 0;
	free(aside);
	return r;
}

static int settle_file(struct settling *s, const char *verb, const char *name, const char *digest)
{
	int dirfd = strcmp(name, MAIN) == 0 ? s->conf_fd : s->agents_fd, r = -ENOENT;
	char *file = file_of(name), *aside = xasprintf(TEXT_BEFORE, file);

	if (s->undo)
		r = undo_file(s, dirfd, verb, file, digest);
	s->undone += r == 0;
	aa_replace_forget(dirfd, file);
	unlinkat(dirfd, aside, 0); /* where nothing was written over it, the file has both names */
	free(aside);
	free(file);
	return r == -ENOENT ? 0 : r;
}

static int settle_line(struct settling *s, const char *line)
{
	char verb[5], name[40], digest[AA_SHA256_HEX_SIZE], why[256];

	if (sscanf(line, "%4s %39s %64s", verb, name, digest) != 3 ||
	    (strcmp(name, MAIN) != 0 && !check_agent_name(name, why, sizeof(why))))
		return -EIO;
	return settle_file(s, verb, name, digest);
}

static int settle_lines(struct settling *s, char *list)
{
	char *save;
	int r = 0;

	for (char *line = strtok_r(list, "\n", &save); line && r == 0; line = strtok_r(NULL, "\n", &save))
		r = settle_line(s, line);
	if (r == 0 && (fsync(s->agents_fd) < 0 || fsync(s->conf_fd) < 0))
		r = -errno;
	return r;
}

static int settle(const struct paths *paths, struct settling *s, char *list)
{
	char *agents = xasprintf("%s/" AGENTS_DIR, paths->confdir);
	struct problems ignored = {
	    0}; /* the same directories are opened next, and what is wrong is told then */
	int r = -EACCES;

	if (access(agents, F_OK) < 0 && errno == ENOENT)
		r = 0; /* there is no text any more, and a rollback does without */
	else if (conf_dir_open(paths->confdir, paths->owner, &ignored, &s->conf_fd) == 0 &&
		 conf_dir_open(agents, paths->owner, &ignored, &s->agents_fd) == 0)
		r = settle_lines(s, list);
	problems_free(&ignored);
	free(agents);
	return r;
}

int journal_texts_settle(const struct paths *paths, int state_fd, bool undo, struct problems *problems)
{
	struct position position = {.file = paths->confdir};
	struct settling s = {.conf_fd = -1, .agents_fd = -1, .owner = paths->owner, .undo = undo};
	char *list = NULL;
	size_t size = 0;
	int r = aa_trusted_read(state_fd, LIST_FILE, paths->owner, LIST_MAX, &list, &size);

	if (r == 0)
		r = settle(paths, &s, list);
	if (s.undone)
		problem_warning(problems, &position,
				"a command that was interrupted had written into %zu file%s of it; that "
				"was undone",
				s.undone, s.undone == 1 ? "" : "s");
	if (s.conf_fd >= 0)
		close(s.conf_fd);
	if (s.agents_fd >= 0)
		close(s.agents_fd);
	free(list);
	return r == -ENOENT ? 0 : r;
}
