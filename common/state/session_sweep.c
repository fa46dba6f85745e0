/* SPDX-License-Identifier: Apache-2.0 */
/* session_sweep.c: removes what crashed connections leave in RUNDIR/sessions/. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/session_find.h"
#include "common/state/session_id.h"
#include "common/state/session_index.h"
#include "common/state/session_store.h"
#include "common/state/session_sweep.h"
#include "common/text/sort.h"

/* Ids of records that were read and stay, so that they are not looked for again; sorted once all are there. */
struct ids {
	char (*v)[AA_SESSION_ID_SIZE];
	size_t n, cap;
};

struct sweep {
	const char *rundir;
	uid_t owner;
	int dir; /* RUNDIR/sessions */
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

/* Removes the record and the names that are the session's alone; true: the record was still there. sweep_names() removes its
 * name and its slot among the agent's, in one pass for all of them. */
static bool forget(const struct sweep *sweep, const struct aa_session *session)
{
	aa_index_drop(sweep->dir, "by-pid", (uint32_t)session->opener.pid, session->id);
	aa_index_drop(sweep->dir, "by-audit", session->audit_session, session->id);
	return aa_session_remove(sweep->dir, session->id);
}

static bool sweep_one(void *data, struct aa_session *session)
{
	struct sweep *sweep = data;

	if (!aa_session_holds_slot(session, sweep->now)) {
		bool mine = forget(sweep, session);

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
static void sweep_files(struct sweep *sweep)
{
	DIR *list = list_of(sweep->dir, ".");
	struct dirent *entry;

	while (list && (entry = readdir(list))) {
		size_t len = strlen(entry->d_name);
		char id[AA_SESSION_ID_SIZE] = "";
		struct aa_session *session = NULL;

		if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		if (len == sizeof(id) + 4)
			memcpy(id, entry->d_name, sizeof(id) - 1);
		if (ids_have(&sweep->known, id) || !is_old(sweep->dir, entry->d_name, sweep->now))
			continue;
		if (aa_session_load(sweep->rundir, sweep->owner, id, &session) < 0 &&
		    unlinkat(sweep->dir, entry->d_name, 0) == 0)
			sweep->removed++;
		aa_session_free(session);
	}
	if (list)
		closedir(list);
}

static bool is_gone(const void *data, const char *id)
{
	const struct sweep *sweep = data;
	char name[64];

	if (ids_have(&sweep->known, id))
		return false;
	(void)snprintf(name, sizeof(name), "%.32s.json", id);
	return faccessat(sweep->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

/* Removes names of sessions that have no record. A record is written before its names, so no such name belongs to a
 * session to come. */
static void sweep_index(const struct sweep *sweep, const char *index)
{
	DIR *list = list_of(sweep->dir, index);
	struct dirent *entry;

	while (list && (entry = readdir(list))) {
		char id[AA_SESSION_ID_SIZE + 1];
		ssize_t n = readlinkat(dirfd(list), entry->d_name, id, sizeof(id));

		if (n <= 0)
			continue;
		id[n < AA_SESSION_ID_SIZE ? n : AA_SESSION_ID_SIZE] = '\0';
		if (!aa_session_id_is_valid(id) || is_gone(sweep, id))
			(void)unlinkat(dirfd(list), entry->d_name, 0);
	}
	if (list)
		closedir(list);
}

static void sweep_names(const struct sweep *sweep)
{
	DIR *list = list_of(sweep->dir, "by-agent");
	struct dirent *entry;

	sweep_index(sweep, "by-pid");
	sweep_index(sweep, "by-audit");
	while (list && (entry = readdir(list)))
		if (entry->d_name[0] != '.')
			aa_index_agent_sweep(sweep->dir, entry->d_name, is_gone, sweep);
	if (list)
		closedir(list);
}

long aa_session_sweep(const char *rundir, uid_t owner, int64_t now, aa_session_gone_fn *gone,
		      aa_session_stays_fn *stays, void *data)
{
	struct sweep sweep = {rundir,	    owner, aa_sessions_dir(rundir), now, gone, stays, data,
			      {NULL, 0, 0}, 0};
	int err;

	if (sweep.dir < 0)
		return sweep.dir == -ENOENT ? 0 : sweep.dir;
	err = aa_session_each(rundir, owner, sweep_one, &sweep);
	aa_sort(sweep.known.v, sweep.known.n, sizeof(*sweep.known.v), compare_ids);
	if (err == 0) {
		sweep_files(&sweep);
		sweep_names(&sweep);
	}
	close(sweep.dir);
	free(sweep.known.v);
	return err < 0 ? err : sweep.removed;
}
