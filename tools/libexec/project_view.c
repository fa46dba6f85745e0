/* SPDX-License-Identifier: Apache-2.0 */
/* project_view.c: what an agent sees of a person's folders, see project_view.h.
 *
 * A person's home is closed to others, and opening it by a bit for one agent would open all that is readable in it to whoever
 * knows its name. In a mount namespace of its own the agent needs no such bit. The person can change the folders meanwhile:
 * each is opened from the one above, without following a link, and mounted by its descriptor. */
#include "config.h"

#include "tools/libexec/project_view.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/acl.h"

struct way {
	int cover, project; /* descriptors (O_PATH): the topmost folder of the person's, and the shared one */
	const char *below;  /* the path of the project, from `cover` */
	size_t below_len;
};

/* Asks the kernel whether the agent gets to a folder by its path. */
static bool agent_reaches(const char *path, const struct passwd *agent)
{
	bool ok = false;

	if (setegid(agent->pw_gid) == 0 && seteuid(agent->pw_uid) == 0)
		ok = faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
	if (seteuid(0) < 0 || setegid(0) < 0)
		_exit(126);
	return ok;
}

static bool is_shared(int fd, const struct stat *st, uid_t agent)
{
	struct aa_acl acl;

	return aa_acl_read(fd, st->st_mode, &acl) == 0 && aa_acl_user(&acl, agent) > 0 &&
	       aa_acl_user(&acl, agent) & AA_ACL_X;
}

static void way_close(struct way *way)
{
	if (way->cover >= 0)
		close(way->cover);
	if (way->project >= 0)
		close(way->project);
}

/* Takes the next folder of the way, whose name ends at `end`. False: this is the end of the search. */
static bool take_folder(struct way *way, int fd, const char *end, uid_t person, uid_t agent)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_uid != person && way->cover >= 0))
		return false;
	if (st.st_uid != person)
		return true;
	if (way->cover < 0) {
		way->cover = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		way->below = end;
		return way->cover >= 0;
	}
	if (!is_shared(fd, &st, agent))
		return true;
	way->project = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	way->below_len = (size_t)(end - way->below);
	return false;
}

/* Finds the folders on the way to `cwd`. False: none is shared below another of the person's. */
static bool find_way(struct way *way, const char *cwd, uid_t person, uid_t agent)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), next;
	bool go_on = fd >= 0;
	char name[256];

	*way = (struct way){.cover = -1, .project = -1};
	while (go_on && *cwd == '/' && cwd[1]) {
		size_t len = strcspn(++cwd, "/");

		go_on = len > 0 && len < sizeof(name);
		if (!go_on)
			break;
		memcpy(name, cwd, len);
		name[len] = 0;
		next = openat(fd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
		cwd += len;
		go_on = fd >= 0 && take_folder(way, fd, cwd, person, agent);
	}
	if (fd >= 0)
		close(fd);
	if (way->project < 0)
		way_close(way);
	return way->project >= 0;
}

/* Makes a file system that holds nothing, in which no program is run: a descriptor, or a negative errno. */
static int make_cover(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), fd, err;

	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "size", "64k", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fd = -1;
	else
		fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	err = errno;
	close(fs);
	return fd < 0 ? -err : fd;
}

/* Makes the folders of `path`, of `len` bytes and beginning with a slash, and opens the last. */
static int make_folders(int cover, const char *path, size_t len)
{
	char name[256];
	int fd = fcntl(cover, F_DUPFD_CLOEXEC, 0), next;

	for (const char *at = path + 1, *end = path + len; fd >= 0 && at < end;) {
		size_t n = strcspn(at, "/");

		memcpy(name, at, n); /* find_way() has seen that it fits */
		name[n] = 0;
		next = mkdirat(fd, name, 0755) < 0 ? -1 : openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
		at += n + 1;
	}
	return fd < 0 ? -errno : fd;
}

static int mount_way(const struct way *way)
{
	int project = open_tree(way->project, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	int cover = project < 0 ? -errno : make_cover(), target = -1, r;
	const unsigned by_fd = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

	r = cover;
	if (cover >= 0 && move_mount(cover, "", way->cover, "", by_fd) < 0)
		r = -errno;
	if (r >= 0)
		r = target = make_folders(cover, way->below, way->below_len);
	if (r >= 0)
		r = move_mount(project, "", target, "", by_fd) < 0 ? -errno : 0;
	if (target >= 0)
		close(target);
	if (cover >= 0)
		close(cover);
	if (project >= 0)
		close(project);
	return r;
}

int project_view(const char *cwd, uid_t person, const struct passwd *agent)
{
	struct way way;
	int r;

	if (person == 0 || agent_reaches(cwd, agent) || !find_way(&way, cwd, person, agent->pw_uid))
		return 0;
	way_close(&way);
	/* Later mounts of the host come in, and these do not go out. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	if (!find_way(&way, cwd, person, agent->pw_uid))
		return -ENOENT;
	r = mount_way(&way);
	way_close(&way);
	return r;
}
