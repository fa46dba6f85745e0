/* SPDX-License-Identifier: Apache-2.0 */
/* acl.c: POSIX ACLs, see acl.h. */
#include "config.h"

#include "common/file/acl.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

/* An attribute cannot be reached by an O_PATH descriptor, but by its name in /proc, which leads to that very file. */
static const char *path_of(int fd, char buf[32])
{
	(void)snprintf(buf, 32, "/proc/self/fd/%d", fd);
	return buf;
}

void aa_acl_of_mode(struct aa_acl *acl, mode_t mode)
{
	acl->n = 3;
	acl->v[0] = (struct aa_acl_entry){ACL_USER_OBJ, mode >> 6 & 7, (uint32_t)ACL_UNDEFINED_ID};
	acl->v[1] = (struct aa_acl_entry){ACL_GROUP_OBJ, mode >> 3 & 7, (uint32_t)ACL_UNDEFINED_ID};
	acl->v[2] = (struct aa_acl_entry){ACL_OTHER, mode & 7, (uint32_t)ACL_UNDEFINED_ID};
}

struct wire {
	struct posix_acl_xattr_header head;
	struct posix_acl_xattr_entry v[AA_ACL_MAX];
};

/* Returns the number of entries, 0 where there is no such attribute. */
static int read_attribute(int fd, const char *name, struct aa_acl *ret)
{
	struct wire wire;
	char path[32];
	ssize_t len = getxattr(path_of(fd, path), name, &wire, sizeof(wire));
	size_t n;

	if (len < 0)
		return errno == ENODATA ? 0 : errno == ERANGE ? -E2BIG : -errno;
	n = ((size_t)len - sizeof(wire.head)) / sizeof(wire.v[0]);
	if ((size_t)len < sizeof(wire.head) || le32toh(wire.head.a_version) != POSIX_ACL_XATTR_VERSION)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++)
		ret->v[i] = (struct aa_acl_entry){le16toh(wire.v[i].e_tag), le16toh(wire.v[i].e_perm),
						  le32toh(wire.v[i].e_id)};
	ret->n = n;
	return (int)n;
}

int aa_acl_read(int fd, mode_t mode, struct aa_acl *ret)
{
	int n = read_attribute(fd, ACCESS, ret);

	if (n == 0)
		aa_acl_of_mode(ret, mode);
	return n < 0 ? n : 0;
}

int aa_acl_read_default(int fd, struct aa_acl *ret)
{
	int n = read_attribute(fd, DEFAULT, ret);

	if (n == 0)
		ret->n = 0;
	return n < 0 ? n : 0;
}

static int write_attribute(int fd, const char *name, const struct aa_acl *acl)
{
	struct wire wire = {.head.a_version = htole32(POSIX_ACL_XATTR_VERSION)};
	char path[32];

	for (size_t i = 0; i < acl->n; i++) {
		wire.v[i].e_tag = htole16(acl->v[i].tag);
		wire.v[i].e_perm = htole16(acl->v[i].perm);
		wire.v[i].e_id = htole32(acl->v[i].id);
	}
	return setxattr(path_of(fd, path), name, &wire, sizeof(wire.head) + acl->n * sizeof(wire.v[0]), 0) < 0
		   ? -errno
		   : 0;
}

int aa_acl_write(int fd, const struct aa_acl *acl)
{
	return write_attribute(fd, ACCESS, acl);
}

int aa_acl_write_default(int fd, const struct aa_acl *acl)
{
	char path[32];

	if (acl->n)
		return write_attribute(fd, DEFAULT, acl);
	return removexattr(path_of(fd, path), DEFAULT) < 0 && errno != ENODATA ? -errno : 0;
}

/* ---- entries ------------------------------------------------------------------------ */

static size_t find(const struct aa_acl *acl, unsigned tag, uint32_t id)
{
	size_t i = 0;

	while (i < acl->n &&
	       !(acl->v[i].tag == tag && ((tag != ACL_USER && tag != ACL_GROUP) || acl->v[i].id == id)))
		i++;
	return i;
}

/* The kernel takes entries in the order of their tags only. */
static bool insert(struct aa_acl *acl, unsigned tag, uint32_t id, unsigned perm)
{
	size_t i = 0;

	if (acl->n == AA_ACL_MAX)
		return false;
	while (i < acl->n && (acl->v[i].tag < tag || (acl->v[i].tag == tag && acl->v[i].id < id)))
		i++;
	memmove(acl->v + i + 1, acl->v + i, (acl->n - i) * sizeof(acl->v[0]));
	acl->v[i] = (struct aa_acl_entry){(uint16_t)tag, (uint16_t)perm, id};
	acl->n++;
	return true;
}

static void erase(struct aa_acl *acl, size_t i)
{
	acl->n--;
	memmove(acl->v + i, acl->v + i + 1, (acl->n - i) * sizeof(acl->v[0]));
}

static bool is_masked(const struct aa_acl_entry *e)
{
	return e->tag == ACL_USER || e->tag == ACL_GROUP || e->tag == ACL_GROUP_OBJ;
}

static unsigned mask_of(const struct aa_acl *acl)
{
	size_t i = find(acl, ACL_MASK, 0);

	return i < acl->n ? acl->v[i].perm : 7U;
}

int aa_acl_user(const struct aa_acl *acl, uid_t uid)
{
	size_t i = find(acl, ACL_USER, uid);

	return i < acl->n ? (int)(acl->v[i].perm & mask_of(acl)) : -1;
}

unsigned aa_acl_group(const struct aa_acl *acl)
{
	size_t i = find(acl, ACL_GROUP_OBJ, 0);

	return i < acl->n ? acl->v[i].perm & mask_of(acl) : 0;
}

/* Writes into each entry what the mask leaves of it, so that another mask gives nobody more. */
static void apply_mask(struct aa_acl *acl)
{
	unsigned mask = mask_of(acl);

	for (size_t i = 0; i < acl->n; i++)
		if (is_masked(acl->v + i))
			acl->v[i].perm &= (uint16_t)mask;
}

/* Has the mask be what its entries need together; without such an entry there is none. */
static bool renew_mask(struct aa_acl *acl)
{
	size_t mask = find(acl, ACL_MASK, 0);
	bool named = aa_acl_names_others(acl, (uid_t)-1);
	unsigned all = 0;

	for (size_t i = 0; i < acl->n; i++)
		if (is_masked(acl->v + i))
			all |= acl->v[i].perm;
	if (mask < acl->n)
		erase(acl, mask);
	return !named || insert(acl, ACL_MASK, (uint32_t)ACL_UNDEFINED_ID, all);
}

bool aa_acl_grant(struct aa_acl *acl, uid_t uid, unsigned perm)
{
	size_t i;

	apply_mask(acl);
	i = find(acl, ACL_USER, uid);
	if (i < acl->n)
		acl->v[i].perm = (uint16_t)perm;
	else if (!insert(acl, ACL_USER, uid, perm))
		return false;
	return renew_mask(acl);
}

bool aa_acl_take(struct aa_acl *acl, uid_t uid)
{
	size_t i = find(acl, ACL_USER, uid);

	if (i == acl->n)
		return false;
	apply_mask(acl);
	erase(acl, i);
	return renew_mask(acl);
}

bool aa_acl_names_others(const struct aa_acl *acl, uid_t uid)
{
	for (size_t i = 0; i < acl->n; i++)
		if ((acl->v[i].tag == ACL_USER && acl->v[i].id != uid) || acl->v[i].tag == ACL_GROUP)
			return true;
	return false;
}

bool aa_acl_equal(const struct aa_acl *a, const struct aa_acl *b)
{
	return a->n == b->n && memcmp(a->v, b->v, a->n * sizeof(a->v[0])) == 0;
}
