/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.c: the keys of agents' records and of issuers' sets. */
#include "config.h"

#include "common/verify/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"

#define CLOCK_SLACK 60 /* seconds that a set may seem to come from the future */

/* ---- the agent's own ------------------------------------------------------------ */

static bool is_over(const struct aa_agent_key *key, int64_t now)
{
	return key->not_after && now >= key->not_after;
}

/* Picks the agent's key of this kid; without a kid, the only active key. NULL: there is none, or more than one that
 * has not ended. A rotated key that has ended does not stand in the way of its successor. */
static const struct aa_agent_key *pick(const struct aa_agent *agent, const char *kid, int64_t now)
{
	const struct aa_agent_key *found = NULL;

	for (size_t i = 0; i < agent->keys.n; i++) {
		const struct aa_agent_key *key = &agent->keys.v[i];

		if (key->state != AA_KEY_ACTIVE || (kid && strcmp(key->kid, kid) != 0) ||
		    (found && is_over(key, now)))
			continue;
		if (found && !is_over(found, now))
			return NULL;
		found = key;
	}
	return found;
}

enum aa_reason aa_keyring_agent(const struct aa_agent *agent, const struct aa_jws *jws, int64_t now,
				struct aa_key **ret, const char **ret_kid)
{
	const struct aa_agent_key *key = pick(agent, jws->kid, now);

	if (!key)
		return AA_UNKNOWN_KEY;
	*ret_kid = key->kid;
	if (is_over(key, now))
		return AA_KEY_EXPIRED;
	return aa_key_from_jwk(key->jwk.json, ret) == AA_JOSE_OK ? AA_OK : AA_REGISTRY_UNAVAILABLE;
}

/* ---- an issuer's ------------------------------------------------------------------ */

/* Opens the directory of fetched sets. Nobody but the owner may put a set there. */
static int open_keysdir(const struct aa_login *login)
{
	int dir = open(login->keysdir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (dir < 0)
		return -1;
	if (fstat(dir, &st) == 0 && (st.st_uid == 0 || st.st_uid == login->owner) &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return dir;
	close(dir);
	return -1;
}

static int open_set(const struct aa_issuer *issuer, const struct aa_login *login, size_t *ret_size)
{
	int dir, fd = -1, err;

	if (issuer->jwks_file)
		return aa_trusted_open(AT_FDCWD, issuer->jwks_file, login->owner, &fd, ret_size) < 0 ? -1
												     : fd;
	dir = open_keysdir(login);
	if (dir < 0)
		return -1;
	err = aa_trusted_open(dir, issuer->name, login->owner, &fd, ret_size);
	close(dir);
	return err < 0 ? -1 : fd;
}

/* A fetched set is as old as its file: `issuer refresh` touches a set that the issuer says is unchanged. A set from
 * the future is stale, since its age cannot be told: the clock went back. */
static bool is_stale(const struct aa_issuer *issuer, int fd, int64_t now)
{
	struct stat st;
	int64_t age;

	if (fstat(fd, &st) < 0)
		return true;
	if (issuer->jwks_file || !issuer->jwks_max_age)
		return false;
	age = now - st.st_mtime;
	return age < -CLOCK_SLACK || age > issuer->jwks_max_age;
}

static json_t *read_set(int fd, size_t size)
{
	char *text = size <= AA_KEYSET_FILE_MAX ? malloc(size + 1) : NULL;
	json_t *json = NULL;

	if (text && pread(fd, text, size, 0) == (ssize_t)size)
		(void)aa_json_object(text, size, &json);
	free(text);
	return json;
}

/* Builds the key that the header names. Only members of that kid are built. */
static enum aa_reason find(const json_t *set, const struct aa_jws *jws, struct aa_key **ret)
{
	const json_t *keys = json_object_get(set, "keys");
	struct aa_key *found = NULL, *key;
	const struct aa_key *one;
	json_t *jwk;
	size_t i;

	json_array_foreach(keys, i, jwk)
	{
		const char *kid = json_string_value(json_object_get(jwk, "kid"));

		if (jws->kid && (!kid || strcmp(kid, jws->kid) != 0))
			continue;
		if (aa_key_from_jwk(jwk, &key) != AA_JOSE_OK)
			continue;
		one = found ? aa_key_of_two(found, key, jws->alg) : key;
		if (one != found)
			aa_key_free(found);
		if (one != key)
			aa_key_free(key);
		if (!one)
			return AA_UNKNOWN_KEY;
		found = one == key ? key : found;
	}
	if (!found)
		return AA_UNKNOWN_KEY;
	*ret = found;
	return AA_OK;
}

bool aa_keyring_is_of(const struct aa_issuer *issuer, const json_t *set)
{
	const json_t *of = json_object_get(set, "issuer");

	return issuer->jwks_file || !of ||
	       (json_is_string(of) && strcmp(json_string_value(of), issuer->issuer) == 0);
}

enum aa_reason aa_keyring_issuer(const struct aa_issuer *issuer, const struct aa_login *login,
				 const struct aa_jws *jws, struct aa_key **ret)
{
	enum aa_reason reason = AA_KEYS_STALE;
	json_t *set = NULL;
	size_t size = 0;
	int fd = open_set(issuer, login, &size);

	if (fd < 0)
		return AA_KEYS_STALE;
	if (!is_stale(issuer, fd, login->now))
		set = read_set(fd, size);
	if (set && aa_keyring_is_of(issuer, set))
		reason = find(set, jws, ret);
	json_decref(set);
	close(fd);
	return reason;
}
