/* SPDX-License-Identifier: Apache-2.0 */
/* decision.c: suspended agents and revoked credentials, one file a decision. */
#include "config.h"

#include "common/state/decision.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/json.h"
#include "common/jose/sha256.h"
#include "common/registry/accounts.h"

#define DECISION_MAX 4096

static const char *const dirs[] = {"suspended", "revoked", "revoked/jti", "revoked/kid", "revoked/before"};

/* Opens STATEDIR/state. -ENOENT does not mean that nothing was decided: see the callers. */
static int open_state(const char *statedir)
{
	return aa_folder_open(statedir, "state");
}

/* Says whether DIR/NAME exists in the open state/: 1, 0, or a negative errno. A folder that is not there cannot tell, nor
 * can a link in its place. */
static int has_in(int state, const char *dir, const char *name)
{
	char path[512];
	struct stat st;

	if (fstatat(state, dir, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -EIO : -errno;
	if (!S_ISDIR(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -ENOTDIR;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (fstatat(state, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

static int has(const char *statedir, const char *dir, const char *name)
{
	int state = open_state(statedir), ret;

	if (state < 0)
		return state;
	ret = has_in(state, dir, name);
	close(state);
	return ret;
}

static int jti_name(char ret[65], const char *issuer, const char *jti)
{
	return aa_sha256_pair(ret, issuer, jti);
}

static json_t *load_in(int state, const char *dir, const char *name)
{
	char path[512], *text;
	json_t *json = NULL;
	struct stat st;
	size_t len;
	int r = -EIO;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	/* The folder's owner decides in any case, by making and removing files. */
	if (fstat(state, &st) == 0)
		r = aa_trusted_read(state, path, st.st_uid, DECISION_MAX, &text, &len);
	if (r < 0)
		return NULL;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	return json;
}

json_t *aa_decision_load(const char *statedir, const char *dir, const char *name)
{
	int state = open_state(statedir);
	json_t *json;

	if (state < 0)
		return NULL;
	json = load_in(state, dir, name);
	close(state);
	return json;
}

enum aa_reason aa_decision_agent(const char *statedir, const char *agent)
{
	int r = has(statedir, "suspended", agent);

	if (r < 0)
		return AA_REGISTRY_UNAVAILABLE;
	return r ? AA_AGENT_SUSPENDED : AA_OK;
}

/* Says whether a date cut off the agent's credentials of `iat`. A file that cannot be understood cuts off all. */
static enum aa_reason check_before(int state, const char *agent, int64_t iat)
{
	json_t *json, *before;
	enum aa_reason reason = AA_REVOKED;
	int r = has_in(state, "revoked/before", agent);

	if (r <= 0)
		return r < 0 ? AA_REGISTRY_UNAVAILABLE : AA_OK;
	json = load_in(state, "revoked/before", agent);
	before = json_object_get(json, "before");
	if (json_is_integer(before) && iat >= json_integer_value(before))
		reason = AA_OK;
	json_decref(json);
	return reason;
}

static enum aa_reason check_name(int state, const char *dir, const char *name)
{
	int r = has_in(state, dir, name);

	if (r < 0)
		return AA_REGISTRY_UNAVAILABLE;
	return r ? AA_REVOKED : AA_OK;
}

static enum aa_reason check_jti(int state, const char *issuer, const char *jti)
{
	char name[65];

	return jti_name(name, issuer, jti) < 0 ? AA_INTERNAL : check_name(state, "revoked/jti", name);
}

/* One handle of state/ is for all questions about a credential. */
static enum aa_reason check_in(int state, const char *agent, const char *issuer, const char *jti,
			       const char *kid, int64_t iat, const char **ret_claim)
{
	enum aa_reason reason = check_before(state, agent, iat);
	char name[65];

	*ret_claim = "iat";
	if (reason == AA_OK && jti) {
		*ret_claim = "jti";
		reason = check_jti(state, issuer ? issuer : "", jti);
	}
	if (reason == AA_OK && jti)
		reason = check_jti(state, "*", jti);
	if (reason == AA_OK && kid) {
		*ret_claim = "kid";
		if (aa_sha256_hex(name, kid, strlen(kid)) < 0)
			return AA_INTERNAL;
		reason = check_name(state, "revoked/kid", name);
	}
	return reason;
}

enum aa_reason aa_decision_credential(const char *statedir, const char *agent, const char *issuer,
				      const char *jti, const char *kid, int64_t iat, const char **ret_claim)
{
	int state = open_state(statedir);
	enum aa_reason reason;
	const char *claim;

	if (state < 0)
		return AA_REGISTRY_UNAVAILABLE;
	reason = check_in(state, agent, issuer, jti, kid, iat, &claim);
	close(state);
	if (reason == AA_REVOKED && ret_claim)
		*ret_claim = claim;
	return reason;
}

static int write_as(const char *statedir, const char *dir, const char *name, json_t *what,
		    const struct aa_replace *how)
{
	char path[600], *text = aa_json_text(what, JSON_COMPACT);
	int state = open_state(statedir), ret = state;

	json_decref(what);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!text)
		ret = -ENOMEM;
	else if (state >= 0)
		ret = aa_replace(state, path, text, strlen(text), how);
	if (state >= 0)
		close(state);
	free(text);
	return ret;
}

int aa_decision_write(const char *statedir, const char *dir, const char *name, json_t *what, bool replace)
{
	const struct aa_replace how = {.synced = true, .only_new = !replace};

	return write_as(statedir, dir, name, what, &how);
}

static int withdraw(const char *statedir, const char *dir, const char *name, bool synced)
{
	int state = open_state(statedir), ret;
	char path[512];

	if (state < 0)
		return state;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ret = unlinkat(state, path, 0) < 0 ? -errno : 0;
	/* A decision that was taken back must stay so after a loss of power. */
	if (ret == 0 && synced)
		ret = aa_folder_sync(state, dir);
	close(state);
	return ret;
}

int aa_decision_withdraw(const char *statedir, const char *dir, const char *name)
{
	return withdraw(statedir, dir, name, true);
}

/* ---- suspending ------------------------------------------------------------- */

static json_t *suspension(const char *by, const char *why, int64_t now)
{
	return json_pack("{s:s*, s:I, s:s*}", "by", by, "at", (json_int_t)now, "why", why);
}

int aa_decision_suspend(const char *statedir, const char *agent, const char *by, const char *why, int64_t now)
{
	if (!aa_agent_name_is_valid(agent))
		return -EINVAL;
	return aa_decision_write(statedir, "suspended", agent, suspension(by, why, now), false);
}

int aa_decision_suspend_one_of_many(const char *statedir, const char *agent, const char *by, const char *why,
				    int64_t now)
{
	static const struct aa_replace how = {.only_new = true};

	if (!aa_agent_name_is_valid(agent))
		return -EINVAL;
	return write_as(statedir, "suspended", agent, suspension(by, why, now), &how);
}

int aa_decision_resume(const char *statedir, const char *agent)
{
	return aa_agent_name_is_valid(agent) ? aa_decision_withdraw(statedir, "suspended", agent) : -EINVAL;
}

int aa_decision_resume_one_of_many(const char *statedir, const char *agent)
{
	return aa_agent_name_is_valid(agent) ? withdraw(statedir, "suspended", agent, false) : -EINVAL;
}

int aa_decision_sync(const char *statedir)
{
	int state = open_state(statedir), ret;

	if (state < 0)
		return state;
	ret = syncfs(state) < 0 ? -errno : 0;
	close(state);
	return ret;
}

/* ---- revoking -------------------------------------------------------------- */

int aa_decision_revoke_jti(const char *statedir, const char *issuer, const char *jti, const char *by,
			   const char *why, int64_t now)
{
	char name[65];

	if (jti_name(name, issuer, jti) < 0)
		return -ENOMEM;
	return aa_decision_write(statedir, "revoked/jti", name,
				 json_pack("{s:s, s:s, s:s*, s:I, s:s*}", "issuer", issuer, "jti", jti, "by",
					   by, "at", (json_int_t)now, "why", why),
				 false);
}

int aa_decision_revoke_kid(const char *statedir, const char *kid, const char *by, const char *why,
			   int64_t now)
{
	char name[65];

	if (aa_sha256_hex(name, kid, strlen(kid)) < 0)
		return -ENOMEM;
	return aa_decision_write(
	    statedir, "revoked/kid", name,
	    json_pack("{s:s, s:s*, s:I, s:s*}", "kid", kid, "by", by, "at", (json_int_t)now, "why", why),
	    false);
}

/* Says whether an earlier date cuts off as much. A second date must not let in what the first shut out. */
static bool is_cut_off(const char *statedir, const char *agent, int64_t before)
{
	json_t *json;
	const json_t *there;
	bool cut_off;

	if (has(statedir, "revoked/before", agent) <= 0)
		return false;
	json = aa_decision_load(statedir, "revoked/before", agent);
	there = json_object_get(json, "before");
	cut_off = !json_is_integer(there) || json_integer_value(there) >= before;
	json_decref(json);
	return cut_off;
}

int aa_decision_revoke_before(const char *statedir, const char *agent, int64_t before, const char *by,
			      const char *why, int64_t now)
{
	if (!aa_agent_name_is_valid(agent))
		return -EINVAL;
	if (is_cut_off(statedir, agent, before))
		return -EEXIST;
	return aa_decision_write(statedir, "revoked/before", agent,
				 json_pack("{s:I, s:s*, s:I, s:s*}", "before", (json_int_t)before, "by", by,
					   "at", (json_int_t)now, "why", why),
				 true);
}

/* ---- taking it back ---------------------------------------------------------- */

int aa_decision_unrevoke_jti(const char *statedir, const char *issuer, const char *jti)
{
	char name[65];

	return jti_name(name, issuer, jti) < 0 ? -ENOMEM
					       : aa_decision_withdraw(statedir, "revoked/jti", name);
}

int aa_decision_unrevoke_kid(const char *statedir, const char *kid)
{
	char name[65];

	return aa_sha256_hex(name, kid, strlen(kid)) < 0
		   ? -ENOMEM
		   : aa_decision_withdraw(statedir, "revoked/kid", name);
}

int aa_decision_unrevoke_before(const char *statedir, const char *agent)
{
	return aa_agent_name_is_valid(agent) ? aa_decision_withdraw(statedir, "revoked/before", agent)
					     : -EINVAL;
}

/* ---- listing ------------------------------------------------------------------ */

/* Adds the content of revoked/KIND/NAME, with the members that tell which file it is. */
static int add_revocation(const char *statedir, const char *kind, const char *name, json_t *list)
{
	char dir[32], file[320];
	json_t *one;
	int r;

	(void)snprintf(dir, sizeof(dir), "revoked/%s", kind);
	(void)snprintf(file, sizeof(file), "%s/%s", dir, name);
	one = aa_decision_load(statedir, dir, name);
	if (!json_is_object(one)) {
		json_decref(one);
		one = json_object();
	}
	r = json_object_set_new(one, "kind", json_string(kind));
	r |= json_object_set_new(one, "file", json_string(file));
	if (strcmp(kind, "before") == 0)
		r |= json_object_set_new(one, "agent", json_string(name));
	r |= json_array_append_new(list, one);
	return r < 0 ? -ENOMEM : 0;
}

static int add_revocations(const char *statedir, int state, const char *kind, json_t *list)
{
	char dir[32];
	const struct dirent *entry;
	DIR *files;
	int fd, r = 0;

	(void)snprintf(dir, sizeof(dir), "revoked/%s", kind);
	fd = openat(state, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	files = fd < 0 ? NULL : fdopendir(fd);
	if (!files) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(files)))
		if (entry->d_name[0] != '.')
			r = add_revocation(statedir, kind, entry->d_name, list);
	closedir(files);
	return r;
}

int aa_decision_revocations(const char *statedir, json_t **ret)
{
	static const char *const kinds[] = {"jti", "kid", "before"};
	json_t *list = json_array();
	int state = open_state(statedir), r = state < 0 ? state : 0;

	for (size_t i = 0; r == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		r = add_revocations(statedir, state, kinds[i], list);
	if (state >= 0)
		close(state);
	if (r == 0)
		*ret = list;
	else
		json_decref(list);
	return r;
}

int aa_decision_revoked_keys(const char *statedir, json_t **ret)
{
	json_t *list = json_array(), *all = json_object(), *one;
	int state = open_state(statedir),
	    r = state < 0 ? state : add_revocations(statedir, state, "kid", list);
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *file = json_string_value(json_object_get(one, "file"));

		if (json_object_set(all, file + strlen("revoked/kid/"), one) < 0)
			r = -ENOMEM;
	}
	json_decref(list);
	if (state >= 0)
		close(state);
	if (r == 0)
		*ret = all;
	else
		json_decref(all);
	return r;
}

json_t *aa_decision_suspension(const char *statedir, const char *agent)
{
	return aa_agent_name_is_valid(agent) ? aa_decision_load(statedir, "suspended", agent) : NULL;
}

json_t *aa_decision_cutoff(const char *statedir, const char *agent)
{
	return aa_agent_name_is_valid(agent) ? aa_decision_load(statedir, "revoked/before", agent) : NULL;
}

int aa_decision_init(const char *statedir)
{
	char path[4096];
	int state, err = aa_path_join(path, sizeof(path), statedir, "state");

	if (err == 0)
		err = aa_folder_make(path, NULL, 0);
	if (err < 0)
		return err;
	state = open_state(statedir); /* as it is read: no symbolic link */
	if (state < 0)
		return state;
	close(state);
	return aa_folder_make(path, dirs, sizeof(dirs) / sizeof(dirs[0]));
}
