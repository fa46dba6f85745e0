/* SPDX-License-Identifier: Apache-2.0 */
/* withheld.c keeps the lists of what NSS is not to serve, see withheld.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "common/registry/local.h"
#include "common/text/number.h"
#include "tools/agentauthctl/publish/newcomers.h"
#include "tools/agentauthctl/publish/nscd.h"
#include "tools/agentauthctl/publish/withheld.h"

#define NEXT_FILE "withheld.next" /* in STATEDIR: the number of ids that were asked about */
#define SLICE 200		  /* one process asks about so many ids */
#define MOMENT_MS 100		  /* after which no further slice is begun */

struct survey {
	const struct paths *paths;
	int state_fd;
	struct ids ids;
	struct local_names old_users, old_groups; /* what is withheld now */
	struct buffer users, groups;		  /* what is to be */
	bool changed;
	withheld_fn *tell;
	void *data;
	struct problems *problems;
};

/* ---- the lists ------------------------------------------------------------- */

static int read_list(const struct survey *s, const char *name, struct local_names *ret)
{
	char *path = xasprintf("%s/%s", s->paths->statedir, name);
	int r = local_names_read(ret, path, s->problems);

	free(path);
	return r;
}

/* An empty list is no file. */
static int write_list(const struct survey *s, const char *name, const struct buffer *text)
{
	const struct aa_replace how = {.mode = 0644};

	if (text->len == 0)
		return unlinkat(s->state_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	return aa_replace(s->state_fd, name, text->data, text->len, &how);
}

/* ---- whom the others are asked about ------------------------------------------- */

/* Of the group of all agents only the gid is asked about: by its name sshd keeps agents apart, and a directory's
 * group of that name would take that from them. doctor says how to change the name. */
static void ask_about(struct newcomers *asked, const struct given_id *e)
{
	char group[AA_GROUP_NAME_MAX + 8];

	if (e->kind == ID_AGENT) {
		newcomers_add_agent(asked, e->name, e->id, false);
		return;
	}
	snprintf(group, sizeof(group), AA_ROLE_GROUP_PREFIX "%s", e->name);
	newcomers_add_group(asked, e->kind == ID_ROLE ? group : "", e->id, "");
}

static bool is_withheld(const struct survey *s, uint32_t id)
{
	return local_by_id(&s->old_users, id) || local_by_id(&s->old_groups, id);
}

static void add_withheld(const struct survey *s, struct newcomers *asked)
{
	for (size_t i = 0; i < s->ids.n; i++)
		if (is_withheld(s, s->ids.v[i].id))
			ask_about(asked, &s->ids.v[i]);
}

/* take_answers() puts onto the lists what the answers say. The name of the group of all agents is not asked about,
 * and is found by its gid. */
static void take_answers(struct survey *s, const struct newcomers *asked)
{
	for (size_t i = 0; i < asked->n; i++) {
		const struct newcomer *n = &asked->v[i];
		const struct given_id *e = ids_by_id(&s->ids, n->id);
		const char *name = *n->group ? n->group : e->name;
		bool known = n->known != NULL;

		if (known) {
			if (n->user)
				buffer_printf(&s->users, "%s:x:%u:\n", name, n->id);
			buffer_printf(&s->groups, "%s:x:%u:\n", name, n->id);
		}
		if (is_withheld(s, n->id) != known)
			s->tell(s->data, name, n->known, e->retired);
		s->changed = s->changed ||
			     (n->user && (local_by_id(&s->old_users, n->id) != NULL) != known) ||
			     (local_by_id(&s->old_groups, n->id) != NULL) != known;
	}
}

/* ask() returns -1 where some source did not answer, so that nothing is known. */
static int ask(struct survey *s, struct newcomers *asked)
{
	size_t before = s->problems->warnings;

	strangers_ask(asked->v, asked->n, s->paths->sysconfdir, s->problems);
	if (s->problems->warnings != before)
		return -1;
	take_answers(s, asked);
	return 0;
}

/* ---- going round ------------------------------------------------------------------- */

static int64_t milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t read_next(const struct survey *s)
{
	int fd = openat(s->state_fd, NEXT_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[24] = "";
	int64_t n = 0;

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0 && !aa_number_parse(text, 0, UINT32_MAX, &n))
		n = 0;
	close(fd);
	return (size_t)n;
}

/* Names that are withheld were asked about before, and are passed over here. */
static size_t add_slice(const struct survey *s, size_t from, size_t left, struct newcomers *asked)
{
	size_t n = 0;

	for (; n < left && n < SLICE; n++) {
		const struct given_id *e = &s->ids.v[(from + n) % s->ids.n];

		if (!is_withheld(s, e->id))
			ask_about(asked, e);
	}
	return n;
}

static int ask_in_turn(struct survey *s)
{
	int64_t end = milliseconds() + MOMENT_MS;
	size_t next = read_next(s), left = s->ids.n;
	struct buffer text = {0};
	int r = 0;

	while (r == 0 && left && (left == s->ids.n || milliseconds() < end)) {
		struct newcomers asked = {0};
		size_t n = add_slice(s, next, left, &asked);

		r = ask(s, &asked);
		next = (next + n) % s->ids.n;
		left -= n;
		newcomers_free(&asked);
	}
	/* A host that is asked about as a whole needs no number to go on at. */
	if (left)
		buffer_printf(&text, "%zu", next);
	if (r == 0)
		(void)write_list(s, NEXT_FILE, &text);
	buffer_free(&text);
	return r;
}

/* ---- all of it ------------------------------------------------------------------------ */

static int write_lists(struct survey *s)
{
	struct position position = {.file = s->paths->statedir};
	int r = 0;

	if (!s->changed)
		return 0;
	/* The groups come first: an account whose group is somebody else's is served for a shorter time then. */
	r = write_list(s, AA_WITHHELD_GROUP, &s->groups);
	if (r == 0)
		r = write_list(s, AA_WITHHELD_PASSWD, &s->users);
	if (r < 0)
		problem_error(s->problems, &position,
			      "what is withheld for people of other sources cannot be written down: %s",
			      strerror(-r));
	else if (s->paths->sudoers)
		nscd_invalidate();
	return r < 0 ? -1 : 0;
}

static int ask_all(struct survey *s, const char *only)
{
	const struct given_id *e = only ? ids_by_name(&s->ids, ID_AGENT, only) : NULL;
	struct newcomers asked = {0};
	int r;

	add_withheld(s, &asked);
	if (e && !is_withheld(s, e->id))
		ask_about(&asked, e);
	r = ask(s, &asked);
	newcomers_free(&asked);
	return r == 0 && !only ? ask_in_turn(s) : r;
}

/* may_change() returns false where there is no other source to ask, and nothing to give back. The length of the ids
 * tells how many there may be at most without their being read, since a line is longer than that. */
static bool may_change(const struct survey *s)
{
	struct stat ids;

	if (fstatat(s->state_fd, AA_WITHHELD_PASSWD, &ids, AT_SYMLINK_NOFOLLOW) == 0 ||
	    fstatat(s->state_fd, AA_WITHHELD_GROUP, &ids, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return fstatat(s->state_fd, "ids", &ids, 0) == 0 &&
	       strangers_are_there(s->paths->sysconfdir, (size_t)ids.st_size / 32);
}

int withheld_update(const struct paths *paths, const char *only, withheld_fn *tell, void *data,
		    struct problems *problems)
{
	struct survey s = {.paths = paths, .tell = tell, .data = data, .problems = problems};
	int r = -1;

	s.state_fd = open(paths->statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.state_fd < 0)
		return errno == ENOENT ? 0 : -1; /* nothing was published yet */
	if (!may_change(&s)) {
		close(s.state_fd);
		return 0;
	}
	if (ids_read(&s.ids, s.state_fd, paths->statedir, paths->owner, problems) < 0 ||
	    read_list(&s, AA_WITHHELD_PASSWD, &s.old_users) < 0 ||
	    read_list(&s, AA_WITHHELD_GROUP, &s.old_groups) < 0)
		goto out;
	r = s.ids.n ? ask_all(&s, only) : 0;
	if (r == 0)
		r = write_lists(&s);
out:
	close(s.state_fd);
	ids_free(&s.ids);
	local_names_free(&s.old_users);
	local_names_free(&s.old_groups);
	buffer_free(&s.users);
	buffer_free(&s.groups);
	return r;
}

bool withheld_has(const struct paths *paths, const char *name)
{
	char *path = xasprintf("%s/" AA_WITHHELD_PASSWD, paths->statedir);
	bool has = aa_local_has(path, name, UINT32_MAX) == 1;

	free(path);
	return has;
}
