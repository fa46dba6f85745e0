/* SPDX-License-Identifier: Apache-2.0 */
/* module.c: libnss_agentauth.so.2: the functions that glibc calls, for this host. */
#include <time.h>

#include "common/registry/local.h"
#include "nss/enumerate.h"
#include "nss/group.h"
#include "nss/initgroups.h"
#include "nss/passwd.h"

#define EXPORTED(name) _nss_agentauth_##name

enum nss_status EXPORTED(getpwnam_r)(const char *name, struct passwd *ret, char *buf, size_t size,
				     int *errnop);
enum nss_status EXPORTED(getpwuid_r)(uid_t uid, struct passwd *ret, char *buf, size_t size, int *errnop);
enum nss_status EXPORTED(setpwent)(int stayopen);
enum nss_status EXPORTED(getpwent_r)(struct passwd *ret, char *buf, size_t size, int *errnop);
enum nss_status EXPORTED(endpwent)(void);
enum nss_status EXPORTED(getgrnam_r)(const char *name, struct group *ret, char *buf, size_t size,
				     int *errnop);
enum nss_status EXPORTED(getgrgid_r)(gid_t gid, struct group *ret, char *buf, size_t size, int *errnop);
enum nss_status EXPORTED(setgrent)(int stayopen);
enum nss_status EXPORTED(getgrent_r)(struct group *ret, char *buf, size_t size, int *errnop);
enum nss_status EXPORTED(endgrent)(void);
enum nss_status EXPORTED(initgroups_dyn)(const char *user, gid_t group, long *start, long *room,
					 gid_t **groups, long limit, int *errnop);

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return -1;
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t real_time(void)
{
	return read_clock(CLOCK_REALTIME);
}

static int64_t coarse_tick(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

static struct aa_nss_cache cache;
static aa_cursor passwd_cursor, group_cursor;

static const struct aa_nss host = {
    .statedir = AA_STATEDIR,
    .current = AA_STATEDIR "/current/accounts.cdb",
    .passwd = "/etc/passwd",
    .group = "/etc/group",
    .withheld_passwd = AA_STATEDIR "/" AA_WITHHELD_PASSWD,
    .withheld_group = AA_STATEDIR "/" AA_WITHHELD_GROUP,
    .owner = 0,
    .now = real_time,
    .tick = coarse_tick,
    .cache = &cache,
};

enum nss_status EXPORTED(getpwnam_r)(const char *name, struct passwd *ret, char *buf, size_t size,
				     int *errnop)
{
	return aa_passwd_by_name(&host, name, ret, buf, size, errnop);
}

enum nss_status EXPORTED(getpwuid_r)(uid_t uid, struct passwd *ret, char *buf, size_t size, int *errnop)
{
	return aa_passwd_by_uid(&host, uid, ret, buf, size, errnop);
}

enum nss_status EXPORTED(setpwent)(int stayopen)
{
	(void)stayopen; /* nothing is kept open in either case */
	atomic_store(&passwd_cursor, 0);
	return NSS_STATUS_SUCCESS;
}

enum nss_status EXPORTED(getpwent_r)(struct passwd *ret, char *buf, size_t size, int *errnop)
{
	return aa_enumerate_passwd(&host, &passwd_cursor, ret, buf, size, errnop);
}

enum nss_status EXPORTED(endpwent)(void)
{
	atomic_store(&passwd_cursor, 0);
	return NSS_STATUS_SUCCESS;
}

enum nss_status EXPORTED(getgrnam_r)(const char *name, struct group *ret, char *buf, size_t size, int *errnop)
{
	return aa_grp_by_name(&host, name, ret, buf, size, errnop);
}

enum nss_status EXPORTED(getgrgid_r)(gid_t gid, struct group *ret, char *buf, size_t size, int *errnop)
{
	return aa_grp_by_gid(&host, gid, ret, buf, size, errnop);
}

enum nss_status EXPORTED(setgrent)(int stayopen)
{
	(void)stayopen;
	atomic_store(&group_cursor, 0);
	return NSS_STATUS_SUCCESS;
}

enum nss_status EXPORTED(getgrent_r)(struct group *ret, char *buf, size_t size, int *errnop)
{
	return aa_enumerate_group(&host, &group_cursor, ret, buf, size, errnop);
}

enum nss_status EXPORTED(endgrent)(void)
{
	atomic_store(&group_cursor, 0);
	return NSS_STATUS_SUCCESS;
}

enum nss_status EXPORTED(initgroups_dyn)(const char *user, gid_t group, long *start, long *room,
					 gid_t **groups, long limit, int *errnop)
{
	return aa_initgroups(&host, user, group, start, room, groups, limit, errnop);
}
