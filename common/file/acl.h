/* SPDX-License-Identifier: Apache-2.0 */
/* acl.h: reads, changes and writes the POSIX ACLs of files (acl(5)) by the kernel's own form of them. libc only.
 *
 * A file is named by a descriptor, O_PATH or not, so that no path is walked a second time. Functions answer 0 or a negative
 * errno value; -EOPNOTSUPP: the file system keeps no ACLs. */
#ifndef AGENTAUTH_FILE_ACL_H
#define AGENTAUTH_FILE_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define AA_ACL_MAX 64 /* entries; a file with more is refused (-E2BIG) */

enum { AA_ACL_R = 4, AA_ACL_W = 2, AA_ACL_X = 1 };

/* An entry as the kernel has it, in the host's byte order: `tag` is one of linux/posix_acl.h, `id` a uid or gid. */
struct aa_acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};
struct aa_acl {
	size_t n;
	struct aa_acl_entry v[AA_ACL_MAX];
};

/* Reads the ACL by which a file is opened. Where there is none it is made of the mode. */
int aa_acl_read(int fd, mode_t mode, struct aa_acl *ret);
/* Reads the ACL that new files of a folder get. Where there is none it has no entry. */
int aa_acl_read_default(int fd, struct aa_acl *ret);
/* Writes it. An ACL that says no more than a mode becomes the mode. */
int aa_acl_write(int fd, const struct aa_acl *acl);
/* Writes it, or takes the folder's away where it has no entry. */
int aa_acl_write_default(int fd, const struct aa_acl *acl);

/* Makes an ACL of the three owners alone. */
void aa_acl_of_mode(struct aa_acl *acl, mode_t mode);
/* Returns what the entry of a user permits, the mask considered; -1: there is no entry of this user. */
int aa_acl_user(const struct aa_acl *acl, uid_t uid);
/* Returns what the entry of the file's group permits, the mask considered. */
unsigned aa_acl_group(const struct aa_acl *acl);
/* Gives a user these permissions, and the mask what it must have for them; nobody else gets more than before. False: there
 * is no room. */
bool aa_acl_grant(struct aa_acl *acl, uid_t uid, unsigned perm);
/* Takes the entry of a user out, and the mask where it has nothing more to say. False: there is none. */
bool aa_acl_take(struct aa_acl *acl, uid_t uid);
/* Says whether there are entries of users or groups that a mode does not have, one of `uid` aside. */
bool aa_acl_names_others(const struct aa_acl *acl, uid_t uid);
bool aa_acl_equal(const struct aa_acl *a, const struct aa_acl *b);

#endif
