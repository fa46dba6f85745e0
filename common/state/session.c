/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: session records: made, taken over, opened, closed. */
#include "config.h"

#include "common/state/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "common/file/replace.h"
#include "common/jose/json.h"
#include "common/jose/sha256.h"
#include "common/state/mixed.h"
#include "common/registry/accounts.h"
#include "common/file/trusted.h"
#include "common/state/session_index.h"

#define RECORD_MAX 65536

/* ---- the record as JSON ------------------------------------------------------------ */

void aa_session_free(struct aa_session *session)
{
	if (!session)
		return;
	free(session->roles.v);
	json_decref(session->json);
	free(session);
}

bool aa_session_id_is_valid(const char *id)
{
	return strlen(id) == AA_SESSION_ID_SIZE - 1 &&
	       strspn(id, "0123456789abcdef") == AA_SESSION_ID_SIZE - 1;
}

static bool get_process(const json_t *json, const char *name, struct aa_process *ret)
{
	json_int_t pid, ppid, start;

	if (json_unpack((json_t *)(uintptr_t)json_object_get(json, name), "[I,I,I]", &pid, &ppid, &start) < 0)
		return false;
	*ret = (struct aa_process){(pid_t)pid, (pid_t)ppid, (uint64_t)start};
	return true;
}

static json_t *put_process(const struct aa_process *p)
{
	return json_pack("[I,I,I]", (json_int_t)p->pid, (json_int_t)p->ppid, (json_int_t)p->start);
}

static bool get_roles(const json_t *json, struct aa_strings *ret)
{
	const json_t *roles = json_object_get(json, "roles"), *item;
	size_t i;

	ret->v = calloc(json_array_size(roles) + 1, sizeof(*ret->v));
	if (!ret->v || !json_is_array(roles))
		return false;
	json_array_foreach(roles, i, item)
	{
		if (!json_is_string(item))
			return false;
		ret->v[ret->n++] = json_string_value(item);
	}
	return true;
}

/* Takes the reference. NULL: not a whole record. */
static struct aa_session *from_json(json_t *json)
{
	struct aa_session *s = calloc(1, sizeof(*s));
	json_int_t uid, login_uid, audit_session, created, opened, deadline;
	const char *kind;

	if (!s) {
		json_decref(json);
		return NULL;
	}
	s->json = json;
	if (json_unpack(
		json, "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s?s, s?s, s?s, s?s, s?s, s?s}",
		"id", &s->id, "agent", &s->agent, "service", &s->service, "kind", &kind, "boot_id",
		&s->boot_id, "uid", &uid, "login_uid", &login_uid, "audit_session", &audit_session, "created",
		&created, "opened", &opened, "deadline", &deadline, "rhost", &s->rhost, "issuer", &s->issuer,
		"kid", &s->kid, "jti", &s->jti, "task", &s->task, "on_behalf_of", &s->on_behalf_of) < 0 ||
	    !get_process(json, "creator", &s->creator) || !get_process(json, "parent", &s->parent) ||
	    !get_process(json, "opener", &s->opener) || !get_roles(json, &s->roles) ||
	    !aa_session_id_is_valid(s->id) || !aa_agent_name_is_valid(s->agent)) {
		aa_session_free(s);
		return NULL;
	}
	s->kind = aa_kind_from_name(kind);
	s->uid = (uint32_t)uid;
	s->login_uid = (uint32_t)login_uid;
	s->audit_session = (uint32_t)audit_session;
	s->created = created;
	s->opened = opened;
	s->deadline = deadline;
	return s;
}

static json_t *roles_json(const struct aa_grant *grant)
{
	json_t *roles = json_array();

	for (size_t i = 0; i < grant->n; i++)
		(void)json_array_append_new(roles, json_string(grant->roles[i]->name));
	return roles;
}

static bool new_id(char ret[AA_SESSION_ID_SIZE])
{
	unsigned char random[16];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
	aa_hex(ret, random, sizeof(random));
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* jansson leaves out what there is no memory for where a member may be missing: what sudo is decided by must not be. */
static bool is_whole(const struct aa_session *s, const struct aa_login *login,
		     const struct aa_verdict *verdict)
{
	return same_text(s->rhost, login->address) && same_text(s->issuer, verdict->issuer) &&
	       same_text(s->kid, verdict->kid) && same_text(s->jti, verdict->jti) &&
	       same_text(s->task, verdict->task) && same_text(s->on_behalf_of, verdict->on_behalf_of) &&
	       s->roles.n == verdict->grant.n;
}

/* The pending record of this verdict, by this process. NULL where memory or /proc fails. */
static struct aa_session *new_record(const struct aa_agent *agent, const struct aa_login *login,
				     const struct aa_verdict *verdict, int64_t deadline)
{
	static const struct aa_process nobody = {0, 0, 0};
	struct aa_process self, parent;
	char id[AA_SESSION_ID_SIZE], boot_id[AA_BOOT_ID_SIZE];
	struct aa_session *session;
	json_t *json;

	if (!new_id(id) || aa_boot_id(boot_id) < 0 || aa_process_read(getpid(), &self) < 0)
		return NULL;
	if (aa_process_read(self.ppid, &parent) < 0)
		parent = nobody;
	json = json_pack("{s:s, s:s, s:I, s:s, s:s*, s:s, s:o, s:s*, s:s*, s:s*, s:s*, s:s*, s:O*, s:I, s:I, "
			 "s:I, s:o, s:o, s:o, "
			 "s:s, s:I, s:I}",
			 "id", id, "agent", agent->name, "uid", (json_int_t)agent->uid, "service",
			 login->service, "rhost", login->address, "kind", aa_kind_name(verdict->kind),
			 "roles", roles_json(&verdict->grant), "issuer", verdict->issuer, "kid", verdict->kid,
			 "jti", verdict->jti, "task", verdict->task, "on_behalf_of", verdict->on_behalf_of,
			 "actors", verdict->actors, "created", (json_int_t)login->now, "opened",
			 (json_int_t)0, "deadline", (json_int_t)deadline, "creator", put_process(&self),
			 "parent", put_process(&parent), "opener", put_process(&nobody), "boot_id", boot_id,
			 "login_uid", (json_int_t)UINT32_MAX, "audit_session", (json_int_t)UINT32_MAX);
	session = json ? from_json(json) : NULL;
	if (session)
		session->this_boot = true;
	if (session && !is_whole(session, login, verdict)) {
		aa_session_free(session);
		session = NULL;
	}
	return session;
}

/* ---- the record as a file -------------------------------------------------------------- */

int aa_session_init(const char *rundir)
{
	static const char *const dirs[] = {"sessions", "approvals", "sessions/by-pid", "sessions/by-audit",
					   "sessions/by-agent"};
	int fd, ret = 0;

	if (mkdir(rundir, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(rundir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && ret == 0; i++)
		if (mkdirat(fd, dirs[i], 0700) < 0 && errno != EEXIST)
			ret = -errno;
	close(fd);
	return ret;
}

static bool record_name(char *ret, size_t cap, const char *id)
{
	int n = snprintf(ret, cap, "%s.json", id);

	return n > 0 && (size_t)n < cap;
}

static int save(int dir, const struct aa_session *session)
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

/* boot_id: the kernel's, where the caller has it; NULL: it is read. */
static int load(int dir, uid_t owner, const char *id, const char *boot_id, struct aa_session **ret)
{
	char name[64], boot[AA_BOOT_ID_SIZE], *text = NULL;
	struct aa_session *session = NULL;
	json_t *json = NULL;
	size_t size = 0;
	int fd = -1, err;

	if (!aa_session_id_is_valid(id) || !record_name(name, sizeof(name), id))
		return -EINVAL;
	err = boot_id ? 0 : aa_boot_id(boot);
	if (err == 0)
		err = aa_open_trusted(dir, name, owner, &fd, &size);
	if (err < 0)
		return err;
	text = size <= RECORD_MAX ? malloc(size + 1) : NULL;
	if (text && pread(fd, text, size, 0) == (ssize_t)size)
		json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	free(text);
	session = json ? from_json(json) : NULL;
	if (!session || strcmp(session->id, id) != 0) {
		aa_session_free(session);
		return -EBADMSG;
	}
	session->this_boot = strcmp(session->boot_id, boot_id ? boot_id : boot) == 0;
	*ret = session;
	return 0;
}

int aa_session_load_at(int dir, uid_t owner, const char *id, struct aa_session **ret)
{
	return load(dir, owner, id, NULL, ret);
}

int aa_session_load(const char *rundir, uid_t owner, const char *id, struct aa_session **ret)
{
	int dir = aa_sessions_dir(rundir), err;

	if (dir < 0)
		return dir;
	err = load(dir, owner, id, NULL, ret);
	close(dir);
	return err;
}

/* ---- liveness ------------------------------------------------------------------------------ */

bool aa_session_is_live(const struct aa_session *session)
{
	return session->opened && session->this_boot && aa_process_alive(&session->opener);
}

static bool is_young(const struct aa_session *session, int64_t now)
{
	return now >= session->created && now - session->created <= AA_SESSION_PENDING_MAX;
}

/* On its way is what may still be opened: by who made it, or by sshd, whose child did. */
bool aa_session_holds_place(const struct aa_session *session, int64_t now)
{
	if (session->opened)
		return aa_session_is_live(session);
	return session->this_boot && is_young(session, now) &&
	       (aa_process_alive(&session->creator) || aa_process_alive(&session->parent));
}

static bool id_holds_place(int dir, uid_t owner, const char *id, int64_t now)
{
	struct aa_session *session = NULL;
	bool holds = load(dir, owner, id, NULL, &session) == 0 && aa_session_holds_place(session, now);

	aa_session_free(session);
	return holds;
}

bool aa_session_is_mine(const struct aa_session *session, const char *agent, int64_t now)
{
	struct aa_process self;

	return !session->opened && strcmp(session->agent, agent) == 0 && session->this_boot &&
	       is_young(session, now) && aa_process_read(getpid(), &self) == 0 &&
	       (aa_process_same(&session->creator, &self) || aa_process_same(&session->parent, &self));
}

/* ---- making one -------------------------------------------------------------------------------- */

/* Takes one of the agent's places: a free one, or one whose holder is gone. */
static enum aa_reason take_place(int dir, uid_t owner, const struct aa_session *session, int64_t max_sessions,
				 int64_t now)
{
	char holder[AA_SESSION_ID_SIZE];

	for (int64_t i = 0; i < max_sessions; i++) {
		if (aa_slot_take(dir, session->agent, i, session->id))
			return AA_OK;
		if (aa_slot_holder(dir, session->agent, i, holder) && id_holds_place(dir, owner, holder, now))
			continue;
		if (aa_slot_take_over(dir, session->agent, i, holder, session->id))
			return AA_OK;
	}
	return max_sessions ? AA_SESSION_LIMIT : AA_OK;
}

static bool has_place(int dir, uid_t owner, const char *agent, int64_t max_sessions, int64_t now)
{
	char holder[AA_SESSION_ID_SIZE];
	bool room = max_sessions == 0;

	for (int64_t i = 0; !room && i < max_sessions; i++)
		room = !aa_slot_holder(dir, agent, i, holder) || !id_holds_place(dir, owner, holder, now);
	return room;
}

enum aa_reason aa_session_has_room(const char *rundir, uid_t owner, const struct aa_agent *agent,
				   const struct aa_verdict *verdict, int64_t now)
{
	enum aa_reason reason = AA_OK;
	int dir = verdict->kind == AA_KIND_ENTRY ? -ENOENT : aa_sessions_dir(rundir);

	if (dir < 0)
		return dir == -ENOENT ? AA_OK : AA_INTERNAL;
	if (!has_place(dir, owner, agent->name, aa_grant_max_sessions(&verdict->grant, agent), now))
		reason = AA_SESSION_LIMIT;
	else if (agent->mixed_refused)
		reason = aa_mixed_check(dir, owner, agent, "", verdict, now);
	close(dir);
	return reason;
}

static enum aa_reason create_in(int dir, const struct aa_agent *agent, const struct aa_login *login,
				const struct aa_verdict *verdict, struct aa_session *session)
{
	enum aa_reason reason;

	if (save(dir, session) < 0 || aa_agent_add(dir, session->agent, session->id) < 0)
		return AA_INTERNAL;
	/* What root starts on the agent's behalf, its user manager above all, is no login of its own. */
	if (verdict->kind == AA_KIND_ENTRY)
		return aa_mixed_note(dir, agent, login, verdict) < 0 ? AA_INTERNAL : AA_OK;
	reason =
	    take_place(dir, login->owner, session, aa_grant_max_sessions(&verdict->grant, agent), login->now);
	/* Its own entry stands before it looks at the others: of two that come at once, at least one sees the other. */
	if (reason == AA_OK && agent->mixed_refused)
		reason = aa_mixed_check(dir, login->owner, agent, session->id, verdict, login->now);
	if (reason == AA_OK && aa_mixed_note(dir, agent, login, verdict) < 0)
		reason = AA_INTERNAL;
	return reason;
}

enum aa_reason aa_session_create(const char *rundir, const struct aa_agent *agent,
				 const struct aa_login *login, const struct aa_verdict *verdict,
				 int64_t deadline, struct aa_session **ret)
{
	struct aa_session *session = new_record(agent, login, verdict, deadline);
	enum aa_reason reason = AA_INTERNAL;
	int dir = -1;

	if (!session || aa_session_init(rundir) < 0)
		goto out;
	dir = aa_sessions_dir(rundir);
	if (dir < 0)
		goto out;
	reason = create_in(dir, agent, login, verdict, session);
	if (reason != AA_OK)
		aa_session_close(rundir, login->owner, session->id, session->agent);
out:
	if (dir >= 0)
		close(dir);
	if (reason == AA_OK)
		*ret = session;
	else
		aa_session_free(session);
	return reason;
}

/* ---- open and close --------------------------------------------------------------------------------- */

int aa_session_open(const char *rundir, struct aa_session *session, int64_t now)
{
	struct aa_process self;
	int dir, err = aa_process_read(getpid(), &self);

	if (err < 0)
		return err;
	dir = aa_sessions_dir(rundir);
	if (dir < 0)
		return dir;
	session->opener = self;
	session->opened = now;
	session->audit_session = aa_audit_session_id();
	session->login_uid = aa_login_uid();
	if (json_object_set_new(session->json, "opener", put_process(&self)) < 0 ||
	    json_object_set_new(session->json, "opened", json_integer(now)) < 0 ||
	    json_object_set_new(session->json, "audit_session", json_integer(session->audit_session)) < 0 ||
	    json_object_set_new(session->json, "login_uid", json_integer(session->login_uid)) < 0)
		err = -ENOMEM;
	if (err == 0)
		err = save(dir, session);
	if (err == 0)
		err = aa_index_put(dir, "by-pid", (uint32_t)self.pid, session->id);
	if (err == 0 && session->audit_session != UINT32_MAX && session->login_uid == session->uid)
		err = aa_index_put(dir, "by-audit", session->audit_session, session->id);
	close(dir);
	return err;
}

void aa_session_close(const char *rundir, uid_t owner, const char *id, const char *agent)
{
	int dir = aa_sessions_dir(rundir);
	struct aa_session *session = NULL;
	char name[64];

	if (dir < 0)
		return;
	if (load(dir, owner, id, NULL, &session) == 0) {
		aa_index_drop(dir, "by-pid", (uint32_t)session->opener.pid, id);
		aa_index_drop(dir, "by-audit", session->audit_session, id);
	}
	if (aa_session_id_is_valid(id) && record_name(name, sizeof(name), id))
		(void)unlinkat(dir, name, 0);
	aa_agent_drop(dir, agent, id);
	aa_session_free(session);
	close(dir);
}

/* ---- finding ------------------------------------------------------------------------------------------- */

/* The live session that the index names, of this uid. */
static bool indexed(int dir, uid_t owner, const char *index, uint32_t key, uint32_t uid,
		    struct aa_session **ret)
{
	char id[AA_SESSION_ID_SIZE];
	struct aa_session *session = NULL;

	if (!aa_index_get(dir, index, key, id) || load(dir, owner, id, NULL, &session) < 0)
		return false;
	if (session->uid == uid && aa_session_is_live(session)) {
		*ret = session;
		return true;
	}
	aa_session_free(session);
	return false;
}

/* Up from this process: the first ancestor that opened a live session. Each ppid is read again after the parent was
 * looked at, so that a parent that died in between, and whose pid went to another, is not taken for it. */
static bool by_ancestors(int dir, uid_t owner, uint32_t uid, struct aa_session **ret)
{
	struct aa_process at, parent, again;

	if (aa_process_read(getpid(), &at) < 0)
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

enum aa_reason aa_session_find(const char *rundir, uid_t owner, uint32_t uid, struct aa_session **ret)
{
	int dir = aa_sessions_dir(rundir);
	uint32_t audit_session = aa_audit_session_id();
	struct aa_session *session = NULL;
	bool found = false;

	if (dir < 0)
		return AA_NO_SESSION;
	if (audit_session != UINT32_MAX && aa_login_uid() == uid)
		found = indexed(dir, owner, "by-audit", audit_session, uid, &session);
	if (!found)
		found = by_ancestors(dir, owner, uid, &session);
	close(dir);
	if (found)
		*ret = session;
	return found ? AA_OK : AA_NO_SESSION;
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

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
		if (load(dir, owner, id, boot_id, &session) < 0)
			continue;
		if (!each(data, session))
			break;
	}
	if (list)
		closedir(list);
	close(dir);
	return list ? 0 : -EIO;
}
