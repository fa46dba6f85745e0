/* SPDX-License-Identifier: Apache-2.0 */
/* mixed.c: whether another login of an agent is left. */
#include "config.h"

#include "common/state/mixed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/state/process_table.h"
#include "common/state/session_id.h"
#include "common/state/session_index.h"
#include "common/state/session_store.h"
#include "common/text/list.h"
#include "common/text/sort.h"

/* ---- rights ---------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Joins the roles as "ROLE ROLE " in the order of their names. From malloc(). */
static char *join_sorted(const struct aa_list *roles)
{
	const char **sorted = calloc(roles->n + 1, sizeof(*sorted));
	size_t len = 1;
	char *text, *end;

	for (size_t i = 0; sorted && i < roles->n; i++) {
		sorted[i] = roles->v[i];
		len += strlen(roles->v[i]) + 1;
	}
	text = end = sorted ? malloc(len) : NULL;
	if (text) {
		aa_sort(sorted, roles->n, sizeof(*sorted), compare_names);
		*end = '\0';
		for (size_t i = 0; i < roles->n; i++)
			end += sprintf(end, "%s ", sorted[i]);
	}
	free(sorted);
	return text;
}

static int hash_rights(const struct aa_list *roles, const char *user, char ret[AA_SHA256_HEX_SIZE])
{
	char *text = join_sorted(roles);
	int err = text ? aa_sha256_pair(ret, text, user ? user : "") : -ENOMEM;

	free(text);
	return err;
}

static int rights_of_verdict(const struct aa_verdict *verdict, char ret[AA_SHA256_HEX_SIZE])
{
	struct aa_list roles = {0, calloc(verdict->roles.n + 1, sizeof(*roles.v))};
	int err;

	if (!roles.v)
		return -ENOMEM;
	while (roles.n < verdict->roles.n) {
		roles.v[roles.n] = verdict->roles.v[roles.n]->name;
		roles.n++;
	}
	err = hash_rights(&roles, verdict->on_behalf_of, ret);
	free(roles.v);
	return err;
}

/* ---- the other sessions ---------------------------------------------------------------- */

struct others {
	struct aa_session **v; /* that are open or on their way, with the same rights */
	size_t n, cap;
	/* the agent's systemd --user, which opened a session of root's making; pid 0: none */
	struct aa_process manager;
	bool mixed; /* one has other rights */
};

static void others_free(struct others *others)
{
	for (size_t i = 0; i < others->n; i++)
		aa_session_free(others->v[i]);
	free(others->v);
}

static int keep_session(struct others *others, struct aa_session *session)
{
	if (others->n == others->cap) {
		size_t cap = others->cap ? 2 * others->cap : 8;
		void *v = realloc(others->v, cap * sizeof(*others->v));

		if (!v)
			return -ENOMEM;
		others->v = v;
		others->cap = cap;
	}
	others->v[others->n++] = session;
	return 0;
}

/* Takes ownership of the session. */
static int look_at_session(struct others *others, struct aa_session *session, const char *rights, int64_t now)
{
	char its[AA_SHA256_HEX_SIZE];
	int err = 0;

	if (session->kind == AA_KIND_ROOT && strcmp(session->service, "systemd-user") == 0 &&
	    aa_session_is_live(session))
		others->manager = session->opener;
	if (session->kind != AA_KIND_ROOT && aa_session_holds_slot(session, now)) {
		err = hash_rights(&session->roles, session->on_behalf_of, its);
		if (err == 0 && strcmp(its, rights) != 0)
			others->mixed = true;
		else if (err == 0 && (err = keep_session(others, session)) == 0)
			session = NULL;
	}
	aa_session_free(session);
	return err;
}

static int look_at_others(int dir, uid_t owner, const char *agent, const char *id, const char *rights,
			  int64_t now, struct others *ret)
{
	DIR *list = aa_index_agent_sessions(dir, agent);
	struct dirent *entry;
	int err = 0;

	while (list && err == 0 && !ret->mixed && (entry = readdir(list))) {
		struct aa_session *other = NULL;

		if (!aa_session_id_is_valid(entry->d_name) || strcmp(entry->d_name, id) == 0)
			continue;
		if (aa_session_load_at(dir, owner, entry->d_name, NULL, &other) == 0)
			err = look_at_session(ret, other, rights, now);
	}
	if (list)
		closedir(list);
	return err;
}

/* ---- what is left ------------------------------------------------------------------------ */

static void note_name(char *ret, size_t cap, const char *agent)
{
	(void)snprintf(ret, cap, "by-agent/%s/rights", agent);
}

static bool is_noted(int dir, const char *agent, const char *rights)
{
	char name[64], noted[AA_SHA256_HEX_SIZE];
	ssize_t n;

	note_name(name, sizeof(name), agent);
	n = readlinkat(dir, name, noted, sizeof(noted));
	return n == AA_SHA256_HEX_SIZE - 1 && memcmp(noted, rights, AA_SHA256_HEX_SIZE - 1) == 0;
}

enum aa_reason aa_mixed_check(int dir, uid_t owner, const struct aa_agent *agent, const char *id,
			      const struct aa_verdict *verdict, int64_t now)
{
	struct others others = {.mixed = false};
	char rights[AA_SHA256_HEX_SIZE];
	enum aa_reason reason = AA_INTERNAL;
	long left = 0;

	if (rights_of_verdict(verdict, rights) < 0 ||
	    look_at_others(dir, owner, agent->name, id, rights, now, &others) < 0)
		goto out;
	if (!others.mixed && !is_noted(dir, agent->name, rights))
		left = aa_processes_strays(agent->uid, others.v, others.n, &others.manager);
	if (left >= 0)
		reason = others.mixed || left > 0 ? AA_ROLE_DENIED : AA_OK;
out:
	others_free(&others);
	return reason;
}

static int forget(int dir, const char *name)
{
	return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int aa_mixed_note(int dir, const struct aa_agent *agent, const struct aa_login *login,
		  const struct aa_verdict *verdict)
{
	char name[64], temp[80], rights[AA_SHA256_HEX_SIZE];
	int err;

	note_name(name, sizeof(name), agent->name);
	/* The user manager is no login of its own: it starts with the first login and ends with the last. */
	if (verdict->kind == AA_KIND_ROOT && strcmp(login->service, "systemd-user") == 0)
		return 0;
	if (verdict->kind == AA_KIND_ROOT || agent->mixed_sessions != AA_MIXED_SESSIONS_REFUSE)
		return forget(dir, name);
	err = rights_of_verdict(verdict, rights);
	if (err < 0 || is_noted(dir, agent->name, rights))
		return err;
	(void)snprintf(temp, sizeof(temp), "%s.%d", name, (int)getpid());
	err = forget(dir, temp);
	if (err == 0 && symlinkat(rights, dir, temp) < 0)
		err = -errno;
	if (err == 0 && renameat(dir, temp, dir, name) < 0)
		err = -errno;
	return err;
}
