/* SPDX-License-Identifier: Apache-2.0 */
/* session_index.c: makes, reads and replaces symbolic links that name a session, in one step each. */
#include "config.h"

#include "common/state/session_id.h"
#include "common/state/session_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES 100
#define LOCK_STEP_NS 500000 /* 50 ms in all */

static bool read_id(int dir, const char *name, char *ret_id)
{
	char id[AA_SESSION_ID_SIZE + 1];
	ssize_t n = readlinkat(dir, name, id, sizeof(id));

	if (n != AA_SESSION_ID_SIZE - 1)
		return false;
	id[n] = '\0';
	if (!aa_session_id_is_valid(id))
		return false;
	memcpy(ret_id, id, AA_SESSION_ID_SIZE);
	return true;
}

int aa_index_put(int dir, const char *index, uint32_t key, const char *id)
{
	char name[64], temp[96];

	(void)snprintf(name, sizeof(name), "%s/%u", index, key);
	(void)snprintf(temp, sizeof(temp), "%s/.%s", index, id);
	if (symlinkat(id, dir, temp) < 0 && errno != EEXIST)
		return -errno;
	return renameat(dir, temp, dir, name) < 0 ? -errno : 0;
}

bool aa_index_get(int dir, const char *index, uint32_t key, char *ret_id)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s/%u", index, key);
	return read_id(dir, name, ret_id);
}

void aa_index_drop(int dir, const char *index, uint32_t key, const char *id)
{
	char name[64], found[AA_SESSION_ID_SIZE];

	(void)snprintf(name, sizeof(name), "%s/%u", index, key);
	if (read_id(dir, name, found) && strcmp(found, id) == 0)
		(void)unlinkat(dir, name, 0);
}

static int open_agent(int dir, const char *agent)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "by-agent/%s", agent);
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int aa_index_agent_add(int dir, const char *agent, const char *id)
{
	char name[128];
	int fd;

	(void)snprintf(name, sizeof(name), "by-agent/%s", agent);
	if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	(void)snprintf(name, sizeof(name), "by-agent/%s/%s", agent, id);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

DIR *aa_index_agent_sessions(int dir, const char *agent)
{
	int fd = open_agent(dir, agent);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list && fd >= 0)
		close(fd);
	return list;
}

/* Locks the agent's directory, or answers -1. A slot that is held is taken over or given up under this lock alone; a
 * free slot is taken without it. A process that is stopped while it holds the lock is in the way of its own agent's
 * stale slots, and of nothing else: nobody waits for long, and a process that does not get the lock does without. */
static int lock_agent(int dir, const char *agent)
{
	const struct timespec step = {0, LOCK_STEP_NS};
	int fd = open_agent(dir, agent);

	for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (i == LOCK_TRIES || (errno != EWOULDBLOCK && errno != EINTR)) {
			close(fd);
			return -1;
		}
		(void)nanosleep(&step, NULL);
	}
	return fd;
}

static void drop_slots(DIR *list, const char *id)
{
	struct dirent *entry;
	char holder[AA_SESSION_ID_SIZE];

	while ((entry = readdir(list)))
		if (strncmp(entry->d_name, "slot.", 5) == 0 && read_id(dirfd(list), entry->d_name, holder) &&
		    strcmp(holder, id) == 0)
			(void)unlinkat(dirfd(list), entry->d_name, 0);
}

void aa_index_agent_drop(int dir, const char *agent, const char *id)
{
	int lock = lock_agent(dir, agent);
	DIR *list = lock < 0 ? NULL : aa_index_agent_sessions(dir, agent);
	char name[128];

	if (list) {
		drop_slots(list, id);
		closedir(list);
	}
	if (lock >= 0)
		close(lock);
	(void)snprintf(name, sizeof(name), "by-agent/%s/%s", agent, id);
	(void)unlinkat(dir, name, 0);
}

void aa_index_agent_sweep(int dir, const char *agent, bool (*is_gone)(const void *data, const char *id),
			  const void *data)
{
	int lock = lock_agent(dir, agent);
	DIR *list = aa_index_agent_sessions(dir, agent);
	char holder[AA_SESSION_ID_SIZE];
	struct dirent *entry;
	bool gone;

	while (list && (entry = readdir(list))) {
		if (strncmp(entry->d_name, "slot.", 5) == 0)
			gone =
			    lock >= 0 && read_id(dirfd(list), entry->d_name, holder) && is_gone(data, holder);
		else
			gone = aa_session_id_is_valid(entry->d_name) && is_gone(data, entry->d_name);
		if (gone)
			(void)unlinkat(dirfd(list), entry->d_name, 0);
	}
	if (list)
		closedir(list);
	if (lock >= 0)
		close(lock);
}

static void slot_name(char *ret, size_t cap, const char *agent, int64_t n)
{
	(void)snprintf(ret, cap, "by-agent/%s/slot.%lld", agent, (long long)n);
}

bool aa_index_slot_take(int dir, const char *agent, int64_t n, const char *id)
{
	char name[128];

	slot_name(name, sizeof(name), agent, n);
	return symlinkat(id, dir, name) == 0;
}

bool aa_index_slot_holder(int dir, const char *agent, int64_t n, char *ret_id)
{
	char name[128];

	ret_id[0] = '\0';
	slot_name(name, sizeof(name), agent, n);
	return read_id(dir, name, ret_id);
}

bool aa_index_slot_take_over(int dir, const char *agent, int64_t n, const char *holder, const char *id)
{
	int lock = lock_agent(dir, agent);
	char name[128], now[AA_SESSION_ID_SIZE];
	bool taken = false;

	if (lock < 0)
		return false;
	slot_name(name, sizeof(name), agent, n);
	(void)aa_index_slot_holder(dir, agent, n, now);
	if (strcmp(now, holder) == 0 && (unlinkat(dir, name, 0) == 0 || errno == ENOENT))
		taken = symlinkat(id, dir, name) == 0;
	close(lock);
	return taken;
}
