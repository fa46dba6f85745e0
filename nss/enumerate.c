/* SPDX-License-Identifier: Apache-2.0 */
/* enumerate.c: getpwent and getgrent. An enumeration goes on in the generation in which it began, whatever is
 * published meanwhile, as long as that generation exists. */
#include "nss/enumerate.h"

#include <errno.h>

#include "common/registry/generation.h"
#include "nss/group.h"
#include "nss/passwd.h"
#include "nss/status.h"

/* Takes the account or group at *pos, and moves *pos past it and past what may not be served. */
static int next(const struct aa_nss *nss, uint32_t number, bool groups, uint32_t *pos,
		struct aa_registry_record *ret)
{
	struct aa_accounts a;
	int r;

	r = aa_accounts_open_generation(nss->statedir, number, nss->owner, &a);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r; /* it is gone: that is not the end of the list */
	r = aa_find_next(nss, &a, groups, pos, ret);
	aa_accounts_close(&a);
	return r;
}

typedef int write_fn(const struct aa_registry_record *e, void *ret, char *buf, size_t size);

static int write_passwd(const struct aa_registry_record *e, void *ret, char *buf, size_t size)
{
	return aa_passwd_write(&e->account, ret, buf, size);
}

static int write_group(const struct aa_registry_record *e, void *ret, char *buf, size_t size)
{
	const char *name = e->is_group ? e->group.name : e->account.name;

	return aa_grp_write(name, e->is_group ? e->group.gid : e->account.uid, ret, buf, size);
}

/* The cursor is moved only when the answer is written, so that an answer that does not fit is given again. Where
 * another thread moved it meanwhile, that thread has this record, and the next is taken here. */
static int enumerate(const struct aa_nss *nss, aa_cursor *cursor, bool groups, write_fn *write, void *ret,
		     char *buf, size_t size)
{
	uint64_t now = atomic_load(cursor), then;
	uint32_t number, pos;
	struct aa_registry_record e;
	int r;

	do {
		number = (uint32_t)(now >> 32);
		pos = (uint32_t)now;
		r = number != 0 ? 0 : aa_generation_number(nss->statedir, &number);
		if (r == 0)
			r = next(nss, number, groups, &pos, &e);
		if (r == 0)
			r = write(&e, ret, buf, size);
		if (r < 0)
			return r;
		then = (uint64_t)number << 32 | pos;
	} while (!atomic_compare_exchange_weak(cursor, &now, then));
	return 0;
}

enum nss_status aa_enumerate_passwd(const struct aa_nss *nss, aa_cursor *cursor, struct passwd *ret,
				    char *buf, size_t size, int *errnop)
{
	return aa_nss_status(enumerate(nss, cursor, false, write_passwd, ret, buf, size), errnop);
}

enum nss_status aa_enumerate_group(const struct aa_nss *nss, aa_cursor *cursor, struct group *ret, char *buf,
				   size_t size, int *errnop)
{
	return aa_nss_status(enumerate(nss, cursor, true, write_group, ret, buf, size), errnop);
}
