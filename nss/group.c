/* SPDX-License-Identifier: Apache-2.0 */
/* group.c: getgrnam and getgrgid. */
#include "nss/group.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "nss/status.h"

int aa_grp_write(const char *name, gid_t gid, struct group *ret, char *buf, size_t size)
{
	size_t name_size = strlen(name) + 1;
	/* The list of members, which is empty, is an array of pointers and needs their alignment. */
	size_t pad = -(uintptr_t)buf % alignof(char *);
	size_t need = pad + sizeof(char *) + name_size + sizeof("*");

	if (size < need)
		return -ERANGE;
	buf += pad;
	ret->gr_mem = (char **)(void *)buf;
	ret->gr_mem[0] = NULL;
	buf += sizeof(char *);
	ret->gr_name = memcpy(buf, name, name_size);
	ret->gr_passwd = memcpy(buf + name_size, "*", sizeof("*"));
	ret->gr_gid = gid;
	return 0;
}

static enum nss_status answer(int r, const struct aa_registry_record *found, struct group *ret, char *buf,
			      size_t size, int *errnop)
{
	if (r == 0)
		r = aa_grp_write(found->group.name, found->group.gid, ret, buf, size);
	return aa_nss_status(r, errnop);
}

enum nss_status aa_grp_by_name(const struct aa_nss *nss, const char *name, struct group *ret, char *buf,
			       size_t size, int *errnop)
{
	struct aa_registry_record found;

	return answer(aa_find_group_by_name(nss, name, &found), &found, ret, buf, size, errnop);
}

enum nss_status aa_grp_by_gid(const struct aa_nss *nss, gid_t gid, struct group *ret, char *buf, size_t size,
			      int *errnop)
{
	struct aa_registry_record found;

	return answer(aa_find_group_by_gid(nss, gid, &found), &found, ret, buf, size, errnop);
}
