/* SPDX-License-Identifier: Apache-2.0 */
/* session_sweep.c: removes what crashed connections leave in RUNDIR/sessions/. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/state/session_id.h"
#include "common/state/session_index.h"
#include "common/state/session_store.h"
#include "common/text/sort.h"
#include "common/state/session_sweep.h"

/* Ids of records that were read and stay, so that they are not looked for again; sorted once all are there. */
struct ids {
	char (*v)[AA_SESSION_ID_SIZE];
	size_t n, cap;
};

struct sweep {
	const char *rundir;
	uid_t owner;
	int64_t now;
	aa_session_gone_fn *gone;
	aa_session_stays_fn *stays;
	void *data;
	struct ids known;
	long removed;
};

/* Where memory is out, an id is not kept, and its record is looked for again. */
static void ids_add(struct ids *ids, const char *id)
{
	if (ids->n == ids->cap) {
		size_t cap = ids->cap ? 2 * ids->cap : 64;
		void *v = realloc(ids->v, cap * sizeof(*ids->v));

		if (!v)
			return;
		ids->v = v;
		ids->cap = cap;
	}
	memcpy(ids->v[ids->n++], id, AA_SESSION_ID_SIZE);
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, AA_SESSION_ID_SIZE);
}

static bool ids_have(const struct ids *ids, const char *id)
{
	return aa_search(id, ids->v, ids->n, sizeof(*ids->v), compare_ids);
}

static bool sweep_one(void *data, struct aa_session *session)
{
	struct sweep *sweep = data;

	if (!aa_session_holds_slot(session, sweep->now)) {
		bool mine = aa_session_close(sweep->rundir, sweep->owner, session->id, session->agent);

		if (mine && sweep->gone && session->opened)
			sweep->gone(sweep->data, session);
		sweep->removed += mine;
		aa_session_free(session);
		return true;
	}
	ids_add(&sweep->known, session->id);
	if (sweep->stays && session->opened)
		sweep->stays(sweep->data, session);
	else
		aa_session_free(session);
	return true;
}

/* Opens a directory below sessions/, or sessions/ itself ("."). */
static DIR *list_of(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list && fd >= 0)
		close(fd);
	return list;
}

static bool is_old(int dir, const char *name, int64_t now)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       now - st.st_mtime > AA_SESSION_PENDING_MAX;
}

/* Removes files that are no record, half written or damaged, once nobody can be writing them. */
static void sweep_files(struct sweep *sweep, int dir)
{
	DIR *list = list_of(dir, ".");
	struct dirent *entry;

	while (list && (entry = readdir(list))) {
		size_t len = strlen(entry->d_name);
		char id[AA_SESSION_ID_SIZE] = "";
		struct aa_session *session = NULL;

		if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		if (len == sizeof(id) + 4)
			memcpy(id, entry->d_name, sizeof(id) - 1);
		if (ids_have(&sweep->known, id) || !is_old(dir, entry->d_name, sweep->now))
			continue;
		if (aa_session_load(sweep->rundir, sweep->owner, id, &session) < 0 &&
		    unlinkat(dir, entry->d_name, 0) == 0)
			sweep->removed++;
		aa_session_free(session);
	}
	if (list)
		closedir(list);
}

static bool has_record(const struct sweep *sweep, int dir, const char *id)
{
	char name[64];

	if (ids_have(&sweep->known, id))
		return true;
	(void)snprintf(name, sizeof(name), "%.32s.json", id);
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Removes names of sessions that have no record. A record is written before its names, so no such name belongs to a
 * session to come. */
static void sweep_index(const struct sweep *sweep, int dir, const char *index)
{
	DIR *list = list_of(dir, index);
	struct dirent *entry;

	while (list && (entry = readdir(list))) {
		char id[AA_SESSION_ID_SIZE + 1];
		ssize_t n = readlinkat(dirfd(list), entry->d_name, id, sizeof(id));

		if (n <= 0)
			continue;
		id[n < AA_SESSION_ID_SIZE ? n : AA_SESSION_ID_SIZE] = '\0';
		if (!aa_session_id_is_valid(id) || !has_record(sweep, dir, id))
			(void)unlinkat(dirfd(list), entry->d_name, 0);
	}
	if (list)
		closedir(list);
}

static void sweep_agent(const struct sweep *sweep, int dir, const char *agent)
{
	DIR *list = aa_index_agent_sessions(dir, agent);
	struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (aa_session_id_is_valid(entry->d_name) && !has_record(sweep, dir, entry->d_name))
			aa_index_agent_drop(dir, agent, entry->d_name);
	if (list)
		closedir(list);
}

static void sweep_names(const struct sweep *sweep, int dir)
{
	DIR *list = list_of(dir, "by-agent");
	struct dirent *entry;

	sweep_index(sweep, dir, "by-pid");
	sweep_index(sweep, dir, "by-audit");
	while (list && (entry = readdir(list)))
		if (entry->d_name[0] != '.')
			sweep_agent(sweep, dir, entry->d_name);
	if (list)
		closedir(list);
}

long aa_session_sweep(const char *rundir, uid_t owner, int64_t now, aa_session_gone_fn *gone,
		      aa_session_stays_fn *stays, void *data)
{
	struct sweep sweep = {rundir, owner, now, gone, stays, data, {NULL, 0, 0}, 0};
	int err = aa_session_each(rundir, owner, sweep_one, &sweep), dir;

	aa_sort(sweep.known.v, sweep.known.n, sizeof(*sweep.known.v), compare_ids);
	dir = err < 0 ? -1 : aa_sessions_dir(rundir);
	if (dir >= 0) {
		sweep_files(&sweep, dir);
		sweep_names(&sweep, dir);
		close(dir);
	}
	free(sweep.known.v);
	return err < 0 ? err : sweep.removed;
}
