/* SPDX-License-Identifier: Apache-2.0 */
/* accounts.h: the public half of the registry, generations/N/accounts.cdb (mode 0644).
 *
 * THE CONTRACT BETWEEN THE WRITER (tools/agentauthctl) AND THE READERS (nss/, pam/, authorized-keys).
 * Keys begin with one byte that tells their kind; numbers are 32 bits, little endian; strings end in a zero
 * byte. Records of one kind stand together, in the order of this list, accounts sorted by name:
 *
 *   key         value
 *   "H"         magic "AGENTAU1", uid_min, uid_max, gid of `agents`, number of accounts, number of groups,
 *               name of the group `agents`
 *   "n" NAME    an account: uid, flags (1 = retired, 2 = it has an "r" record), NAME, gecos, home, shell
 *   "g" NAME    a group: gid, NAME (`agents` and every agent-ROLE)
 *   "u" uid     the same value as "n" NAME
 *   "i" gid     the same value as "g" NAME
 *   "s" NAME    public SSH keys, one a line: TYPE SP BASE64 SP NOT_AFTER LF (seconds since 1970, 0: none)
 *   "r" NAME    the gids of the groups of its roles, where NSS serves them (beside "s", in any order)
 *
 * NAME is as aa_agent_name_is_valid() has it; a group's name is valid within 32 bytes. gecos, home and shell
 * hold no colon and no control character, and home and shell begin with a slash. uids lie within uid_min and
 * uid_max; every id is one that aa_id_is_servable() admits. Anything else is damage.
 *
 * An account's primary group has the account's name and its uid as gid; it has no record of its own.
 * A retired account's "s" record is the one that it had. No value is longer than AA_ACCOUNTS_VALUE_MAX, "s" up to
 * AA_SSH_KEYS_MAX.
 */
#ifndef AGENTAUTH_REGISTRY_ACCOUNTS_H
#define AGENTAUTH_REGISTRY_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/file/stamp.h"
#include "common/registry/cdb_read.h"
#include "common/text/name.h"

#define AA_ACCOUNTS_MAGIC "AGENTAU1"
#define AA_ACCOUNTS_VALUE_MAX 1024
#define AA_SSH_KEYS_MAX 65536
#define AA_ACCOUNT_RETIRED 1u
#define AA_ACCOUNT_ROLES 2u
#define AA_ACCOUNT_ROLES_MAX 64 /* gids of an "r" record */

/* Agents' uids lie here unless the configuration says otherwise; the gids of roles and of the group of all agents
 * come behind them. The range lies below the subordinate ids of containers (100000), above systemd's dynamic users
 * (65519) and outside of SSSD's id mapping (200000 and up). It is small, since lastlog is as long as the largest uid
 * that ever logged in. */
#define AA_UID_MIN_DEFAULT 70000u
#define AA_UID_MAX_DEFAULT 98999u
#define AA_GID_AGENTS_DEFAULT 99999u
/* This was the range at first. Registries that were made then go on in it. */
#define AA_UID_MIN_FORMER 1900000000u
#define AA_UID_MAX_FORMER 1900999999u

/* Says whether the uid lies in agents' default range, today's or the former one. This decides while the registry
 * cannot be read. */
bool aa_uid_is_built_in(uint32_t uid);

/* Says whether an id may be served at all: 1000 and up, below 2^31 - 1, and none of those that systemd, nobody and
 * the 16-bit -1 take (60001 to 65535). It holds for uids and gids, whatever the registry says. */
bool aa_id_is_servable(uint32_t id);

struct aa_accounts_header {
	uint32_t uid_min, uid_max, gid_agents, n_accounts, n_groups;
	char group[AA_GROUP_NAME_MAX + 1];
};

struct aa_accounts {
	int fd; /* accounts.cdb */
	struct aa_stamp stamp;
	struct aa_cdb cdb;
	struct aa_accounts_header header; /* read and checked when it is opened */
};

struct aa_account {
	uint32_t uid; /* and gid of its own group */
	uint32_t flags;
	const char *name, *gecos, *home, *shell; /* point into buf */
	char buf[AA_ACCOUNTS_VALUE_MAX];
};

struct aa_group {
	uint32_t gid;
	const char *name; /* points into buf */
	char buf[AA_ACCOUNTS_VALUE_MAX];
};

struct aa_registry_record {
	bool is_group;
	union {
		struct aa_account account;
		struct aa_group group;
	};
};

/* Opens accounts.cdb of the generation open as `gen_fd`; `owner` as in aa_trusted_open(). */
int aa_accounts_openat(int gen_fd, uid_t owner, struct aa_accounts *ret);
/* Opens STATEDIR/current/accounts.cdb by one path lookup, for a reader that needs no other file (NSS). */
int aa_accounts_open(const char *statedir, uid_t owner, struct aa_accounts *ret);
/* Opens that of the generation of this number, published or not: an enumeration that began in it goes on in it. */
int aa_accounts_open_generation(const char *statedir, uint32_t number, uid_t owner, struct aa_accounts *ret);
void aa_accounts_close(struct aa_accounts *accounts);

/* The look-ups answer 0, -ENOENT (there is no such account), or another negative errno: damaged, unreadable. A record
 * whose id is not servable, or whose name or id is not the one asked for, is damage. Retired accounts are found: see
 * flags. */
int aa_account_by_name(const struct aa_accounts *a, const char *name, struct aa_account *ret);
int aa_account_by_uid(const struct aa_accounts *a, uint32_t uid, struct aa_account *ret);
int aa_group_by_name(const struct aa_accounts *a, const char *name, struct aa_group *ret);
int aa_group_by_gid(const struct aa_accounts *a, uint32_t gid, struct aa_group *ret);
/* Reads the account or group at *pos, in the order of the file, accounts first, and moves *pos past it. *pos 0: the
 * first of all. -ENOENT: there are no more. A record that breaks the contract is -EBADMSG, and *pos is moved past it:
 * the next record may be sound. *pos stays where the file itself is damaged. */
int aa_accounts_next(const struct aa_accounts *a, uint32_t *pos, struct aa_registry_record *ret);
/* Reads the "r" record. The number of gids that are in ret, or a negative errno. */
int aa_account_role_gids(const struct aa_accounts *a, const char *name, uint32_t ret[AA_ACCOUNT_ROLES_MAX]);
/* Reads the "s" record as text. The caller frees *ret. */
int aa_account_ssh_keys(const struct aa_accounts *a, const char *name, char **ret);

#endif
