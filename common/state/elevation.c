/* SPDX-License-Identifier: Apache-2.0 */
/* elevation.c: roles for a time, one file each, see elevation.h. */
#include "config.h"

#include "common/state/elevation.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/trusted.h"
#include "common/state/decision.h"
#include "common/state/process.h"
#include "common/text/list.h"
#include "common/text/name.h"
#include "common/verify/roles.h"

#define FOLDER "elevated"

/* ---- one file --------------------------------------------------------------------- */

static int64_t uptime(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec;
}

/* The folder of an agent, below state/. */
static bool folder_of(char ret[64], const char *agent)
{
	(void)snprintf(ret, 64, FOLDER "/%s", agent);
	return aa_agent_name_is_valid(agent);
}

static bool is_this_boot(const char *boot)
{
	char now[AA_BOOT_ID_SIZE];

	return aa_boot_id(now) == 0 && strcmp(boot, now) == 0;
}

/* Says whether a file that can be understood holds: "active" or "over"; else "damaged". */
static const char *state_of(const json_t *one, int64_t now)
{
	json_int_t at = 0, until = 0, up = 0;
	const char *boot = "";
	int64_t passed;

	if (json_unpack((json_t *)(uintptr_t)one, "{s:I, s:I, s:s, s:I}", "at", &at, "until", &until,
			"boot_id", &boot, "uptime", &up) < 0 ||
	    until <= at || until - at > AA_ELEVATION_MAX)
		return "damaged";
	passed = is_this_boot(boot) ? uptime() - up : now - at;
	return now < until && passed >= 0 && passed < until - at ? "active" : "over";
}

/* ---- listing ------------------------------------------------------------------------ */

static int add(const char *statedir, const char *agent, const char *role, int64_t now, json_t *list)
{
	char folder[64];
	json_t *one;
	int r;

	if (!folder_of(folder, agent))
		return 0;
	one = aa_decision_load(statedir, folder, role);
	if (strcmp(state_of(one, now), "damaged") == 0) {
		json_decref(one);
		one = json_object();
		r = json_object_set_new(one, "state", json_string("damaged"));
	} else {
		r = json_object_set_new(one, "state", json_string(state_of(one, now)));
	}
	r |= json_object_set_new(one, "agent", json_string(agent));
	r |= json_object_set_new(one, "role", json_string(role));
	r |= json_array_append_new(list, one);
	return r < 0 ? -ENOMEM : 0;
}

/* Opens state/elevated, or an agent's folder in it. -ENOENT: there is none. */
static int open_folder(const char *statedir, const char *agent, DIR **ret)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "state/" FOLDER "%s%s", *agent ? "/" : "", agent);
	fd = aa_folder_open(statedir, path);
	if (fd < 0)
		return fd;
	*ret = fdopendir(fd);
	if (*ret)
		return 0;
	close(fd);
	return -errno;
}

static int add_all_of(const char *statedir, const char *agent, int64_t now, json_t *list)
{
	const struct dirent *entry;
	DIR *folder;
	int r = open_folder(statedir, agent, &folder);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && aa_name_is_valid(entry->d_name, AA_ROLE_NAME_MAX))
			r = add(statedir, agent, entry->d_name, now, list);
	closedir(folder);
	return r;
}

static int answer(json_t *list, int r, json_t **ret)
{
	if (r == 0)
		*ret = list;
	else
		json_decref(list);
	return r;
}

int aa_elevations(const char *statedir, const char *agent, int64_t now, json_t **ret)
{
	json_t *list = json_array();

	return answer(list, aa_agent_name_is_valid(agent) ? add_all_of(statedir, agent, now, list) : -EINVAL,
		      ret);
}

int aa_elevations_of_all(const char *statedir, int64_t now, json_t **ret)
{
	json_t *list = json_array();
	const struct dirent *entry;
	DIR *folder;
	int r = open_folder(statedir, "", &folder);

	if (r < 0)
		return answer(list, r == -ENOENT ? 0 : r, ret);
	while (r == 0 && (entry = readdir(folder)))
		if (aa_agent_name_is_valid(entry->d_name))
			r = add_all_of(statedir, entry->d_name, now, list);
	closedir(folder);
	return answer(list, r, ret);
}

/* ---- making and ending ---------------------------------------------------------------- */

/* Locks the folder of all elevations, and makes it and the agent's where they are not there, so that nobody takes an
 * elevation for over that another is making anew. A descriptor, to be closed, or a negative errno. */
static int lock(const char *statedir, const char *folder)
{
	const char *const names[] = {FOLDER, folder};
	char path[4096];
	int fd, err = aa_path_join(path, sizeof(path), statedir, "state");

	if (err == 0)
		err = aa_folder_make(path, names, 2);
	if (err < 0)
		return err;
	fd = aa_folder_open(path, FOLDER);
	if (fd < 0 || flock(fd, LOCK_EX) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static bool is_full(const char *statedir, const char *agent, const char *role, int64_t now)
{
	size_t i, others = 0;
	json_t *list, *one;

	if (aa_elevations(statedir, agent, now, &list) < 0)
		return false; /* the folder cannot be written either */
	json_array_foreach(list, i, one)
	{
		others += strcmp(json_string_value(json_object_get(one, "role")), role) != 0 &&
			  strcmp(json_string_value(json_object_get(one, "state")), "over") != 0;
	}
	json_decref(list);
	return others >= AA_ELEVATIONS_MAX;
}

int aa_elevation_make(const char *statedir, const char *agent, const char *role, const char *by,
		      const char *why, int64_t now, int64_t until)
{
	char folder[64], boot_id[AA_BOOT_ID_SIZE];
	int fd, err;

	if (!folder_of(folder, agent) || !aa_name_is_valid(role, AA_ROLE_NAME_MAX) || until <= now ||
	    until - now > AA_ELEVATION_MAX)
		return -EINVAL;
	err = aa_boot_id(boot_id);
	fd = err < 0 ? err : lock(statedir, folder);
	if (fd < 0)
		return fd;
	if (is_full(statedir, agent, role, now))
		err = -EDQUOT;
	else
		err = aa_decision_write(statedir, folder, role,
					json_pack("{s:s, s:I, s:I, s:s, s:s, s:I}", "by", by, "at",
						  (json_int_t)now, "until", (json_int_t)until, "why", why,
						  "boot_id", boot_id, "uptime", (json_int_t)uptime()),
					true);
	close(fd);
	return err;
}

int aa_elevation_end(const char *statedir, const char *agent, const char *role)
{
	char folder[64];

	if (!folder_of(folder, agent) || !aa_name_is_valid(role, AA_ROLE_NAME_MAX))
		return -EINVAL;
	return aa_decision_withdraw(statedir, folder, role);
}

int aa_elevation_forget(const char *statedir, const char *agent, const char *role, int64_t now)
{
	char folder[64];
	json_t *one;
	int fd, err = -EAGAIN;

	if (!folder_of(folder, agent))
		return -EINVAL;
	fd = lock(statedir, folder);
	if (fd < 0)
		return fd;
	one = aa_decision_load(statedir, folder, role);
	if (strcmp(state_of(one, now), "over") == 0)
		err = aa_elevation_end(statedir, agent, role);
	json_decref(one);
	close(fd);
	return err;
}

/* ---- what it gives ---------------------------------------------------------------------- */

static bool is_published(const struct aa_policy *policy, const char *name)
{
	struct aa_role *role = NULL;
	bool published = aa_policy_role(policy, name, &role) == AA_OK;

	aa_role_free(role);
	return published;
}

static enum aa_reason holds(const struct aa_policy *policy, const json_t *one, const char *role)
{
	if (strcmp(json_string_value(json_object_get(one, "state")), "active") != 0)
		return AA_ROLE_DENIED;
	return is_published(policy, role) ? AA_OK : AA_ROLE_DENIED;
}

void aa_elevation_add(const char *statedir, const struct aa_policy *policy, int64_t now,
		      const struct aa_trace *trace, struct aa_agent *agent)
{
	json_t *list, *one;
	size_t i;

	if (aa_elevations(statedir, agent->name, now, &list) < 0)
		return;
	json_array_foreach(list, i, one)
	{
		const char *role = json_string_value(json_object_get(one, "role"));

		if (aa_list_has(&agent->roles, role))
			continue;
		if (aa_step(trace, AA_STEP_ELEVATION, role, holds(policy, one, role)) == AA_OK)
			(void)aa_roles_lend(agent, role, json_integer_value(json_object_get(one, "until")));
	}
	json_decref(list);
}
