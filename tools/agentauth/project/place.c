/* SPDX-License-Identifier: Apache-2.0 */
/* place.c: the folder that is shared, see place.h. */
#include "config.h"

#include "tools/agentauth/project/place.h"

#include <errno.h>
#include <fcntl.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

/* Tells whether a path is a folder, or lies below it. */
static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == 0 || path[len] == '/' || folder[len - 1] == '/');
}

static int find_person(struct place *p)
{
	const struct passwd *pw = getpwuid(p->person);

	p->home = pw && pw->pw_dir[0] == '/' ? realpath(pw->pw_dir, NULL) : NULL;
	p->owner = pw ? xstrdup(pw->pw_name) : xasprintf("%u", (unsigned)p->person);
	if (geteuid() != 0 && geteuid() != p->person)
		return say_error("%s belongs to %s, and only its owner or root may share it", p->path,
				 p->owner);
	if (p->person == 0)
		return say_error(
		    "%s is root's own, and an agent that writes there could change what root runs", p->path);
	if (strcmp(p->path, "/") == 0 || (p->home && is_within(p->home, p->path)))
		return say_error("%s holds all of a home, with its keys and settings: a folder for the "
				 "project alone is shared",
				 p->path);
	return 0;
}

/* Only the registry is asked who is an agent, so that a person of the same name is none. */
static int find_agent(struct place *p, const char *name)
{
	const struct passwd *pw;

	if (__nss_configure_lookup("passwd", "agentauth") < 0)
		return say_error("the registry of agents cannot be asked: %s", strerror(errno));
	errno = 0;
	pw = getpwnam(name);
	if (!pw)
		return say_error("there is no agent %s on this host", name);
	p->agent = pw->pw_uid;
	if (p->agent == p->person)
		return say_error("%s is %s's own already", p->path, name);
	return 0;
}

static void find_closed(struct place *p)
{
	struct stat st;

	for (char *slash = p->path; !p->closed && (slash = strchr(slash + 1, '/'));) {
		*slash = 0;
		if (stat(p->path, &st) == 0 && !(st.st_mode & S_IXOTH)) {
			p->closed = xstrdup(p->path);
			p->closed_by_other = st.st_uid != p->person;
		}
		*slash = '/';
	}
}

static int open_folder(struct place *p, const char *dir)
{
	struct stat st;

	p->path = realpath(dir, NULL);
	if (!p->path)
		return say_error("%s cannot be found: %s", dir, strerror(errno));
	for (const char *c = p->path; *c; c++)
		if ((unsigned char)*c < ' ')
			return say_error(
			    "%s has a control character in its name, and cannot be kept in a list", p->path);
	p->fd = open(p->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return say_error("%s cannot be opened: %s", p->path, strerror(errno));
	p->person = st.st_uid;
	p->group = st.st_gid;
	return 0;
}

int place_open(struct place *ret, const char *dir, const char *agent)
{
	*ret = (struct place){.fd = -1};
	if (open_folder(ret, dir) < 0 || find_person(ret) < 0 || find_agent(ret, agent) < 0) {
		place_close(ret);
		return -1;
	}
	find_closed(ret);
	return 0;
}

void place_close(struct place *place)
{
	if (place->fd >= 0)
		close(place->fd);
	free(place->path);
	free(place->owner);
	free(place->home);
	free(place->closed);
}
