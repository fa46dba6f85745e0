/* SPDX-License-Identifier: Apache-2.0 */
/* approval.c: requests for approval, and their answers, as files. */
#include "config.h"

#include "common/state/approval.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/crypto.h"
#include "common/jose/json.h"
#include "common/registry/accounts.h"
#include "common/state/process.h"
#include "common/state/session.h"
#include "common/state/session_store.h"

#define REQUEST_MAX 65536

static bool is_id(const char *id)
{
	return strlen(id) == AA_APPROVAL_ID_SIZE - 1 && strspn(id, "0123456789") == AA_APPROVAL_ID_SIZE - 1;
}

/* ---- files ------------------------------------------------------------------------------ */

static int open_dir(const char *rundir)
{
	return aa_folder_open(rundir, "approvals");
}

static json_t *load(int dir, uid_t owner, const char *name)
{
	size_t size = 0;
	char *text;
	json_t *json = NULL;

	if (aa_trusted_read(dir, name, owner, REQUEST_MAX, &text, &size) < 0)
		return NULL;
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

/* Writes the file whole. Of two writers one succeeds. */
static int put(int dir, const char *name, const json_t *what)
{
	const struct aa_replace how = {.only_new = true};
	char *text = aa_json_text(what, JSON_COMPACT | JSON_ENSURE_ASCII);
	int ret = text ? aa_replace(dir, name, text, strlen(text), &how) : -ENOMEM;

	free(text);
	return ret;
}

static void names_of(const char *id, char request[16], char answer[16])
{
	(void)snprintf(request, 16, "%.6s.json", id);
	(void)snprintf(answer, 16, "%.6s.answer", id);
}

/* ---- slots ------------------------------------------------------------------------------ */

#define SLOT ".slot."

/* A request that outlasts its sudo keeps the slot, which then holds the request's number. */
static bool is_kept(int dir, int fd)
{
	char id[AA_APPROVAL_ID_SIZE] = "", request[16], answer[16];
	struct stat st;

	if (pread(fd, id, sizeof(id) - 1, 0) != sizeof(id) - 1 || !is_id(id))
		return false;
	names_of(id, request, answer);
	return fstatat(dir, request, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int lock_slot(int dir, const char *agent, int n)
{
	char name[AA_AGENT_NAME_MAX + sizeof(SLOT) + 12];
	int fd, err;

	(void)snprintf(name, sizeof(name), "%s" SLOT "%d", agent, n);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (err == -EWOULDBLOCK || (err == 0 && is_kept(dir, fd)))
		err = -EBUSY;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

int aa_approval_slot(const char *rundir, const char *agent)
{
	int dir, ret = aa_session_init(rundir);

	if (ret < 0)
		return ret;
	dir = open_dir(rundir);
	if (dir < 0)
		return dir;
	ret = -EBUSY;
	for (int n = 0; n < AA_APPROVAL_SLOTS && ret == -EBUSY; n++)
		ret = lock_slot(dir, agent, n);
	close(dir);
	return ret;
}

bool aa_approval_keep(int slot, const char *id)
{
	return pwrite(slot, id, AA_APPROVAL_ID_SIZE - 1, 0) == AA_APPROVAL_ID_SIZE - 1;
}

/* ---- requests ---------------------------------------------------------------------------- */

static bool new_id(char ret[AA_APPROVAL_ID_SIZE])
{
	uint32_t n;

	if (!aa_random(&n, sizeof(n)))
		return false;
	(void)snprintf(ret, AA_APPROVAL_ID_SIZE, "%06u", 100000 + n % 900000);
	return true;
}

/* A request that lacks its agent was emptied (aa_audit_set()). An approver must not be shown half of a request. */
static bool complete(json_t *request, const char *id, int64_t now, const struct aa_process *self,
		     const char *boot_id)
{
	return json_object_get(request, "agent") &&
	       json_object_set_new(request, "id", json_string(id)) == 0 &&
	       json_object_set_new(request, "created", json_integer(now)) == 0 &&
	       json_object_set_new(request, "until",
				   json_integer(now + (json_is_true(json_object_get(request, "lasting"))
							   ? AA_APPROVAL_LASTS
							   : AA_APPROVAL_WAIT))) == 0 &&
	       json_object_set_new(request, "pid", json_integer(self->pid)) == 0 &&
	       json_object_set_new(request, "start", json_integer((json_int_t)self->start)) == 0 &&
	       json_object_set_new(request, "boot_id", json_string(boot_id)) == 0;
}

int aa_approval_request(const char *rundir, json_t *request, int64_t now, char ret_id[AA_APPROVAL_ID_SIZE])
{
	struct aa_process self;
	char id[AA_APPROVAL_ID_SIZE], name[16], answer[16], boot_id[AA_BOOT_ID_SIZE];
	int dir, err = aa_session_init(rundir);

	dir = err < 0 ? err : open_dir(rundir);
	if (dir >= 0 && (aa_process_read(getpid(), &self) < 0 || aa_boot_id(boot_id) < 0))
		err = -EIO;
	for (int tries = 0; dir >= 0 && (err == 0 || err == -EEXIST) && tries < 100; tries++) {
		err = -EIO;
		if (!new_id(id))
			break;
		names_of(id, name, answer);
		err = complete(request, id, now, &self, boot_id) ? put(dir, name, request) : -ENOMEM;
		if (err == 0)
			(void)unlinkat(dir, answer, 0); /* of an earlier one; nobody knows of this one yet */
		if (err != -EEXIST)
			break;
	}
	json_decref(request);
	if (dir < 0)
		return dir;
	close(dir);
	if (err == 0)
		memcpy(ret_id, id, sizeof(id));
	return err;
}

/* A request is open while its sudo runs, unless it was made to outlast that, in this boot, and its time is not over. */
static bool is_open(const json_t *request, int64_t now)
{
	const struct aa_process asker = {(pid_t)json_integer_value(json_object_get(request, "pid")), 0,
					 (uint64_t)json_integer_value(json_object_get(request, "start"))};
	const char *boot = json_string_value(json_object_get(request, "boot_id"));
	char boot_id[AA_BOOT_ID_SIZE];

	return json_integer_value(json_object_get(request, "until")) > now && boot &&
	       aa_boot_id(boot_id) == 0 && strcmp(boot, boot_id) == 0 &&
	       (json_is_true(json_object_get(request, "lasting")) || aa_process_alive(&asker));
}

static void remove_in(int dir, const char *id)
{
	char request[16], answer[16];

	names_of(id, request, answer);
	(void)unlinkat(dir, answer, 0); /* first: alone it would answer a later request of this number */
	(void)unlinkat(dir, request, 0);
}

void aa_approval_withdraw(const char *rundir, const char *id)
{
	int dir = open_dir(rundir);

	if (dir < 0)
		return;
	remove_in(dir, id);
	close(dir);
}

static json_t *read_in(int dir, uid_t owner, const char *id)
{
	char name[16], answer[16];

	names_of(id, name, answer);
	return load(dir, owner, name);
}

static json_t *get_in(int dir, uid_t owner, const char *id, int64_t now)
{
	json_t *request = read_in(dir, owner, id);

	if (request && is_open(request, now))
		return request;
	json_decref(request);
	return NULL;
}

json_t *aa_approval_get(const char *rundir, uid_t owner, const char *id, int64_t now)
{
	int dir = is_id(id) ? open_dir(rundir) : -1;
	json_t *request;

	if (dir < 0)
		return NULL;
	request = get_in(dir, owner, id, now);
	close(dir);
	return request;
}

/* Removes a request whose sudo is gone or was stopped past its end. */
static void remove_over(int dir, const char *id, json_t *request, aa_approval_each_fn *gone, void *data)
{
	remove_in(dir, id);
	if (request && gone)
		gone(data, json_incref(request));
	json_decref(request);
}

/* Removes half-written files of killed sudos, and answers to requests that are gone. */
static void remove_stale(int dir, const char *name, int64_t now)
{
	struct stat st;

	if (strstr(name, SLOT)) /* stays: whoever locks one must find it under its name */
		return;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    now - st.st_mtime > 2 * AA_APPROVAL_WAIT)
		(void)unlinkat(dir, name, 0);
}

int aa_approval_each(const char *rundir, uid_t owner, int64_t now, aa_approval_each_fn *each,
		     aa_approval_each_fn *gone, void *data)
{
	int dir = open_dir(rundir), copy;
	struct dirent *entry;
	DIR *list;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = copy < 0 ? NULL : fdopendir(copy);
	while (list && (entry = readdir(list))) {
		char id[AA_APPROVAL_ID_SIZE];
		json_t *request;

		if (strlen(entry->d_name) != sizeof(id) + 4 ||
		    strcmp(entry->d_name + sizeof(id) - 1, ".json") != 0) {
			remove_stale(dir, entry->d_name, now);
			continue;
		}
		memcpy(id, entry->d_name, sizeof(id) - 1);
		id[sizeof(id) - 1] = '\0';
		if (!is_id(id))
			continue;
		request = read_in(dir, owner, id);
		if (request && is_open(request, now))
			each(data, request);
		else
			remove_over(dir, id, request, gone, data);
	}
	if (list)
		closedir(list);
	close(dir);
	return list ? 0 : -EIO;
}

int aa_approval_answer(const char *rundir, uid_t owner, const char *id, bool approve, const char *by,
		       const char *why, int64_t now)
{
	char request_name[16], name[16];
	json_t *request, *answer;
	int dir, err;

	if (!is_id(id))
		return -ENOENT;
	dir = open_dir(rundir);
	if (dir < 0)
		return dir;
	names_of(id, request_name, name);
	request = get_in(dir, owner, id, now);
	answer = json_pack("{s:s, s:s, s:I, s:s*}", "answer", approve ? "approve" : "deny", "by", by, "at",
			   (json_int_t)now, "why", why);
	if (!request)
		err = -ENOENT;
	else
		err = answer ? put(dir, name, answer) : -ENOMEM;
	json_decref(answer);
	json_decref(request);
	close(dir);
	return err;
}

enum aa_request_state aa_approval_poll(const char *rundir, uid_t owner, const char *id, int64_t until,
				       int64_t now, json_t **ret_answer)
{
	char request_name[16], name[16];
	int dir = open_dir(rundir);
	json_t *answer = NULL;
	const char *word;

	*ret_answer = NULL;
	if (dir >= 0) {
		names_of(id, request_name, name);
		answer = load(dir, owner, name);
		close(dir);
	}
	/* A sudo that was stopped past its end gets no answer, whatever was answered meanwhile. */
	if (now > until) {
		json_decref(answer);
		return AA_REQUEST_TIMED_OUT;
	}
	if (!answer)
		return AA_REQUEST_OPEN;
	*ret_answer = answer;
	word = json_string_value(json_object_get(answer, "answer"));
	return word && strcmp(word, "approve") == 0 ? AA_REQUEST_APPROVED : AA_REQUEST_DENIED;
}
