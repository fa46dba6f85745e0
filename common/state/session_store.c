/* SPDX-License-Identifier: Apache-2.0 */
/* session_store.c: records of sessions as files. */
#include "config.h"

#include "common/state/session_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/json.h"
#include "common/state/session_id.h"

#define RECORD_MAX 65536

int aa_sessions_dir(const char *rundir)
{
	return aa_folder_open(rundir, "sessions");
}

int aa_session_init(const char *rundir)
{
	static const char *const dirs[] = {"sessions", "approvals", "sessions/by-pid", "sessions/by-audit",
					   "sessions/by-agent"};

	return aa_folder_make(rundir, dirs, sizeof(dirs) / sizeof(dirs[0]));
}

static bool record_name(char *ret, size_t cap, const char *id)
{
	int n = snprintf(ret, cap, "%s.json", id);

	return n > 0 && (size_t)n < cap;
}

int aa_session_save(int dir, const struct aa_session *session)
{
	const struct aa_replace how = {0};
	char name[64], *text;
	int ret;

	if (!record_name(name, sizeof(name), session->id))
		return -ENAMETOOLONG;
	text = aa_json_text(session->json, JSON_COMPACT);
	ret = text ? aa_replace(dir, name, text, strlen(text), &how) : -ENOMEM;
	free(text);
	return ret;
}

int aa_session_load_at(int dir, uid_t owner, const char *id, const char *boot_id, struct aa_session **ret)
{
	char name[64], boot[AA_BOOT_ID_SIZE], *text = NULL;
	struct aa_session *session = NULL;
	json_t *json = NULL;
	size_t size = 0;
	int err;

	if (!aa_session_id_is_valid(id) || !record_name(name, sizeof(name), id))
		return -EINVAL;
	err = boot_id ? 0 : aa_boot_id(boot);
	if (err == 0)
		err = aa_trusted_read(dir, name, owner, RECORD_MAX, &text, &size);
	if (err < 0)
		return err;
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	session = json ? aa_session_from_json(json) : NULL;
	if (!session || strcmp(session->id, id) != 0) {
		aa_session_free(session);
		return -EBADMSG;
	}
	session->this_boot = strcmp(session->boot_id, boot_id ? boot_id : boot) == 0;
	*ret = session;
	return 0;
}

int aa_session_load(const char *rundir, uid_t owner, const char *id, struct aa_session **ret)
{
	int dir = aa_sessions_dir(rundir), err;

	if (dir < 0)
		return dir;
	err = aa_session_load_at(dir, owner, id, NULL, ret);
	close(dir);
	return err;
}

bool aa_session_remove(int dir, const char *id)
{
	char name[64];

	return aa_session_id_is_valid(id) && record_name(name, sizeof(name), id) &&
	       unlinkat(dir, name, 0) == 0;
}
