/* SPDX-License-Identifier: Apache-2.0 */
/* process_table.c: takes one look at /proc, and marks the processes of a set. */
#include "config.h"

#include "common/state/process_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "common/text/sort.h"

/* ---- one look at /proc ------------------------------------------------------------ */

/* 1, 0: it is none that runs, or a negative errno. So do those that follow. */
static int look_at(int dir, pid_t pid, struct aa_process_row *ret)
{
	static const uint32_t unknown = UINT32_MAX;
	struct aa_proc_stat stat;
	int err = aa_proc_stat(dir, pid, &stat);

	if (err < 0 || stat.dead)
		return err < 0 && aa_proc_is_unseen(err) ? err : 0;
	*ret = (struct aa_process_row){.id = {pid, stat.ppid, stat.start},
				       .uids = {unknown, unknown, unknown, unknown},
				       .login_uid = unknown,
				       .audit_session = unknown,
				       .tty = stat.tty,
				       .member = AA_PROCESS_OUTSIDE};
	return 1;
}

static int look_at_uids(int dir, struct aa_process_row *ret)
{
	char status[2048], *at;
	ssize_t n = aa_proc_text(dir, "status", status, sizeof(status));

	if (n < 0)
		return aa_proc_is_unseen((int)n) ? (int)n : 0;
	at = strstr(status, "\nUid:");
	return at && sscanf(at, "\nUid: %u %u %u %u", &ret->uids[0], &ret->uids[1], &ret->uids[2],
			    &ret->uids[3]) == 4;
}

/* Reads the ids by which the set is told, and no more: with thousands of processes each file counts. */
static int look_at_owner(int dir, const struct aa_process_set *set, struct aa_process_row *ret)
{
	int err = set->sessions ? aa_proc_id(dir, "sessionid", &ret->audit_session) : 0;

	if (!aa_proc_is_unseen(err) && (!set->sessions || ret->audit_session != UINT32_MAX))
		err = aa_proc_id(dir, "loginuid", &ret->login_uid);
	if (aa_proc_is_unseen(err))
		return err;
	return set->sessions ? 1 : look_at_uids(dir, ret);
}

/* A process that ends while it is looked at does not count. */
static int look_at_pid(pid_t pid, const struct aa_process_set *set, struct aa_process_row *ret)
{
	char path[32];
	int dir, found;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return aa_proc_is_unseen(-errno) ? -errno : 0;
	found = look_at(dir, pid, ret);
	if (found > 0)
		found = look_at_owner(dir, set, ret);
	close(dir);
	return found;
}

static bool table_add(struct aa_process_table *table, const struct aa_process_row *row)
{
	if (table->n == table->cap) {
		size_t cap = table->cap ? 2 * table->cap : 256;
		struct aa_process_row *v = realloc(table->v, cap * sizeof(*v));

		if (!v)
			return false;
		table->v = v;
		table->cap = cap;
	}
	table->v[table->n++] = *row;
	return true;
}

static int take_table(const struct aa_process_set *set, struct aa_process_table *ret)
{
	DIR *proc = opendir("/proc");
	struct aa_process_row row;
	int found = 0;
	pid_t pid = 0;

	memset(ret, 0, sizeof(*ret));
	if (!proc)
		return -errno;
	while (found >= 0 && (pid = aa_proc_next(proc)) > 0) {
		found = pid == 1 || pid == getpid() ? 0 : look_at_pid(pid, set, &row);
		if (found > 0 && !table_add(ret, &row))
			found = -ENOMEM;
	}
	closedir(proc);
	return found < 0 ? found : pid;
}

/* ---- which are of the set ------------------------------------------------------------------- */

/* Indexes into `sessions`, sorted for look-ups. */
struct finder {
	const struct aa_process_set *set;
	size_t *by_pid, *by_audit;
};

static int compare_opener(const void *a, const void *b, void *data)
{
	struct aa_session *const *sessions = data;
	pid_t x = sessions[*(const size_t *)a]->opener.pid, y = sessions[*(const size_t *)b]->opener.pid;

	return (x > y) - (x < y);
}

static int compare_audit(const void *a, const void *b, void *data)
{
	struct aa_session *const *sessions = data;
	uint32_t x = sessions[*(const size_t *)a]->audit_session,
		 y = sessions[*(const size_t *)b]->audit_session;

	return (x > y) - (x < y);
}

static void finder_free(struct finder *f)
{
	free(f->by_pid);
	free(f->by_audit);
}

static bool finder_make(const struct aa_process_set *set, struct finder *ret)
{
	size_t n = set->n_sessions;
	void *sessions = (void *)(uintptr_t)set->sessions;

	*ret = (struct finder){set, calloc(n + 1, sizeof(size_t)), calloc(n + 1, sizeof(size_t))};
	if (!ret->by_pid || !ret->by_audit)
		return false;
	for (size_t i = 0; i < n; i++)
		ret->by_pid[i] = ret->by_audit[i] = i;
	qsort_r(ret->by_pid, n, sizeof(size_t), compare_opener, sessions);
	qsort_r(ret->by_audit, n, sizeof(size_t), compare_audit, sessions);
	return true;
}

/* Finds the first index whose key is not below `key`. */
static size_t lower(const struct finder *f, const size_t *order, bool audit, uint64_t key)
{
	size_t low = 0, high = f->set->n_sessions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct aa_session *s = f->set->sessions[order[mid]];

		if ((audit ? (uint64_t)s->audit_session : (uint64_t)s->opener.pid) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t session_of(const struct finder *f, const struct aa_process_row *p)
{
	size_t n = f->set->n_sessions;

	for (size_t i = lower(f, f->by_pid, false, (uint64_t)p->id.pid); i < n; i++) {
		const struct aa_session *s = f->set->sessions[f->by_pid[i]];

		if (s->opener.pid != p->id.pid)
			break;
		if (s->opener.start == p->id.start)
			return f->by_pid[i];
	}
	for (size_t i = lower(f, f->by_audit, true, p->audit_session);
	     i < n && p->audit_session != UINT32_MAX; i++) {
		const struct aa_session *s = f->set->sessions[f->by_audit[i]];

		if (s->audit_session != p->audit_session)
			break;
		if (s->uid == p->login_uid)
			return f->by_audit[i];
	}
	return AA_PROCESS_OUTSIDE;
}

static int compare_uid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static size_t agent_of(const struct aa_process_set *set, uint32_t uid)
{
	const uint32_t *found = aa_search(&uid, set->uids, set->n_uids, sizeof(uid), compare_uid);

	return found ? (size_t)(found - set->uids) : AA_PROCESS_OUTSIDE;
}

static size_t member_of(const struct finder *f, const struct aa_process_row *p)
{
	size_t member = AA_PROCESS_OUTSIDE;

	if (f->set->sessions)
		return session_of(f, p);
	for (size_t i = 0; i < 4 && member == AA_PROCESS_OUTSIDE; i++)
		member = agent_of(f->set, p->uids[i]);
	return member == AA_PROCESS_OUTSIDE ? agent_of(f->set, p->login_uid) : member;
}

static int compare_pid(const void *a, const void *b)
{
	pid_t x = ((const struct aa_process_row *)a)->id.pid, y = ((const struct aa_process_row *)b)->id.pid;

	return (x > y) - (x < y);
}

static const struct aa_process_row *find_pid(const struct aa_process_table *table, pid_t pid)
{
	const struct aa_process_row key = {.id.pid = pid};

	return aa_search(&key, table->v, table->n, sizeof(*table->v), compare_pid);
}

/* Marks the set and its descendants, until a round adds none. */
static int mark(struct aa_process_table *table, const struct aa_process_set *set)
{
	struct finder finder;
	bool again = finder_make(set, &finder);
	int err = again ? 0 : -ENOMEM;

	aa_sort(table->v, table->n, sizeof(*table->v), compare_pid);
	for (size_t i = 0; again && i < table->n; i++)
		table->v[i].member = member_of(&finder, &table->v[i]);
	while (again) {
		again = false;
		for (size_t i = 0; i < table->n; i++) {
			struct aa_process_row *p = &table->v[i];
			const struct aa_process_row *parent =
			    p->member == AA_PROCESS_OUTSIDE ? find_pid(table, p->id.ppid) : NULL;

			if (parent && parent->member != AA_PROCESS_OUTSIDE) {
				p->member = parent->member;
				again = true;
			}
		}
	}
	finder_free(&finder);
	return err;
}

int aa_processes_take(const struct aa_process_set *set, struct aa_process_table *ret)
{
	int err = take_table(set, ret);

	if (err == 0)
		err = mark(ret, set);
	if (err < 0)
		aa_processes_free(ret);
	return err;
}

void aa_processes_free(struct aa_process_table *table)
{
	free(table->v);
	*table = (struct aa_process_table){NULL, 0, 0};
}

long aa_processes_count(const struct aa_process_set *set)
{
	struct aa_process_table table;
	long n = aa_processes_take(set, &table);

	for (size_t i = 0; i < table.n && n >= 0; i++)
		n += table.v[i].member != AA_PROCESS_OUTSIDE;
	aa_processes_free(&table);
	return n;
}

/* systemd forks a process of this name, which waits for the manager's end. */
static bool keeps_pam_session(const struct aa_process_row *p)
{
	char path[32], name[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)p->id.pid);
	return aa_proc_text(AT_FDCWD, path, name, sizeof(name)) > 0 && strcmp(name, "(sd-pam)\n") == 0;
}

static bool is_managers(const struct aa_process_row *p, const struct aa_process *manager)
{
	if (manager->pid == 0)
		return false;
	return aa_process_same(&p->id, manager) || (p->id.ppid == manager->pid && keeps_pam_session(p));
}

long aa_processes_strays(uint32_t uid, struct aa_session *const *sessions, size_t n,
			 const struct aa_process *manager)
{
	static struct aa_session *const none[1];
	const struct aa_process_set all = {.uids = &uid, .n_uids = 1},
				    theirs = {.sessions = n ? sessions : none, .n_sessions = n};
	struct aa_process_table agents, known = {NULL, 0, 0};
	long strays = aa_processes_take(&all, &agents);

	if (strays == 0)
		strays = aa_processes_take(&theirs, &known);
	for (size_t i = 0; i < agents.n && strays >= 0; i++) {
		const struct aa_process_row *p = &agents.v[i], *same = find_pid(&known, p->id.pid);

		if (p->member == AA_PROCESS_OUTSIDE || is_managers(p, manager))
			continue;
		strays += !(same && same->member != AA_PROCESS_OUTSIDE && aa_process_same(&same->id, &p->id));
	}
	aa_processes_free(&agents);
	aa_processes_free(&known);
	return strays;
}

int aa_processes_counts(const struct aa_process_set *set, long *ret)
{
	struct aa_process_table table;
	int err = aa_processes_take(set, &table);

	memset(ret, 0, (set->sessions ? set->n_sessions : set->n_uids) * sizeof(*ret));
	for (size_t i = 0; i < table.n && err == 0; i++)
		if (table.v[i].member != AA_PROCESS_OUTSIDE)
			ret[table.v[i].member]++;
	aa_processes_free(&table);
	return err;
}
