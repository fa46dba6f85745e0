/* SPDX-License-Identifier: Apache-2.0 */
/* session_find.c: the session that a process is in, and all of them. */
#include "config.h"

#include "common/state/session_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/state/session_index.h"
#include "common/state/session_store.h"

#define ANY_UID UINT32_MAX

/* Finds the live session of this uid that the index names. */
static bool indexed(int dir, uid_t owner, const char *index, uint32_t key, uint32_t uid,
		    struct aa_session **ret)
{
	char id[AA_SESSION_ID_SIZE];
	struct aa_session *session = NULL;

	if (!aa_index_get(dir, index, key, id) || aa_session_load_at(dir, owner, id, NULL, &session) < 0)
		return false;
	if ((uid == ANY_UID || session->uid == uid) && aa_session_is_live(session)) {
		*ret = session;
		return true;
	}
	aa_session_free(session);
	return false;
}

/* Goes up from a process to the first ancestor that opened a live session. Each ppid is read again after the
 * parent was looked at, so that a parent that died in between, and whose pid went to another process, is not taken
 * for it. */
static bool by_ancestors(int dir, uid_t owner, pid_t pid, uint32_t uid, struct aa_session **ret)
{
	struct aa_process at, parent, again;

	if (aa_process_read(pid, &at) < 0)
		return false;
	for (int depth = 0; depth < 1024 && at.pid > 1; depth++) {
		if (indexed(dir, owner, "by-pid", (uint32_t)at.pid, uid, ret)) {
			if (aa_process_same(&(*ret)->opener, &at))
				return true;
			aa_session_free(*ret);
			return false;
		}
		if (at.ppid <= 0 || aa_process_read(at.ppid, &parent) < 0 ||
		    aa_process_read(at.pid, &again) < 0 || again.ppid != at.ppid || again.start != at.start)
			return false;
		at = parent;
	}
	return false;
}

static enum aa_reason find(const char *rundir, uid_t owner, uint32_t uid, uint32_t audit_session, pid_t pid,
			   uint32_t ancestors_uid, struct aa_session **ret)
{
	int dir = aa_sessions_dir(rundir);
	struct aa_session *session = NULL;
	bool found = false;

	if (dir < 0)
		return AA_NO_SESSION;
	if (audit_session != UINT32_MAX)
		found = indexed(dir, owner, "by-audit", audit_session, uid, &session);
	if (!found && pid)
		found = by_ancestors(dir, owner, pid, ancestors_uid, &session);
	close(dir);
	if (found)
		*ret = session;
	return found ? AA_OK : AA_NO_SESSION;
}

enum aa_reason aa_session_find(const char *rundir, uid_t owner, uint32_t uid, struct aa_session **ret)
{
	uint32_t audit_session = aa_login_uid() == uid ? aa_audit_session_id() : UINT32_MAX;

	return find(rundir, owner, uid, audit_session, getpid(), uid, ret);
}

enum aa_reason aa_session_find_of(const char *rundir, uid_t owner, uint32_t login_uid, uint32_t audit_session,
				  pid_t pid, struct aa_session **ret)
{
	return find(rundir, owner, login_uid, login_uid == UINT32_MAX ? UINT32_MAX : audit_session, pid,
		    ANY_UID, ret);
}

int aa_session_each(const char *rundir, uid_t owner, aa_session_each_fn *each, void *data)
{
	int dir = aa_sessions_dir(rundir), copy, err;
	struct dirent *entry;
	char id[AA_SESSION_ID_SIZE], boot_id[AA_BOOT_ID_SIZE];
	DIR *list;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	err = aa_boot_id(boot_id);
	if (err < 0) {
		close(dir);
		return err;
	}
	copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = copy < 0 ? NULL : fdopendir(copy);
	while (list && (entry = readdir(list))) {
		struct aa_session *session = NULL;

		if (strlen(entry->d_name) != sizeof(id) + 4 ||
		    strcmp(entry->d_name + sizeof(id) - 1, ".json") != 0)
			continue;
		memcpy(id, entry->d_name, sizeof(id) - 1);
		id[sizeof(id) - 1] = '\0';
		if (aa_session_load_at(dir, owner, id, boot_id, &session) < 0)
			continue;
		if (!each(data, session))
			break;
	}
	if (list)
		closedir(list);
	close(dir);
	return list ? 0 : -EIO;
}
