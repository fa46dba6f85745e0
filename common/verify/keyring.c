/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.c: keys of the registry's entries and of issuers' sets. */
#include "config.h"

#include "keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jose/json.h"
#include "registry/generation.h"

/* ---- the agent's own ------------------------------------------------------------ */

/* The entry's key of this kid; without one, the only active key: NULL where there is none, or more than one. */
static const struct aa_agent_key *pick(const struct aa_agent *agent, const char *kid)
{
	const struct aa_agent_key *found = NULL;

	for (size_t i = 0; i < agent->n_keys; i++) {
		const struct aa_agent_key *key = &agent->keys[i];

		if (!key->active || (kid && strcmp(key->kid, kid) != 0))
			continue;
		if (found)
			return NULL;
		found = key;
	}
	return found;
}

enum aa_reason aa_keyring_agent(const struct aa_agent *agent, const struct aa_jws *jws, int64_t now, struct aa_key **ret,
				const char **ret_kid)
{
	const struct aa_agent_key *entry = pick(agent, jws->kid);

	if (!entry)
		return AA_UNKNOWN_KEY;
	*ret_kid = entry->kid;
	if (entry->not_after && now >= entry->not_after)
		return AA_KEY_EXPIRED;
	return aa_key_from_jwk(entry->jwk, ret) == AA_JOSE_OK ? AA_OK : AA_REGISTRY_UNAVAILABLE;
}

/* ---- an issuer's ------------------------------------------------------------------ */

static int open_set(const struct aa_issuer *issuer, const struct aa_login *login, size_t *ret_size)
{
	int dir, fd = -1, err;

	if (issuer->keys_file)
		return aa_open_trusted(AT_FDCWD, issuer->keys_file, login->owner, &fd, ret_size) < 0 ? -1 : fd;
	dir = open(login->keysdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	err = aa_open_trusted(dir, issuer->name, login->owner, &fd, ret_size);
	close(dir);
	return err < 0 ? -1 : fd;
}

/* A fetched set's age is its file's: `issuer refresh` touches a set that the issuer says is unchanged. */
static bool is_stale(const struct aa_issuer *issuer, int fd, int64_t now)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return true;
	return !issuer->keys_file && issuer->jwks_max_age && now - st.st_mtime > issuer->jwks_max_age;
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

/* The key that the header names out of the set, taken out of it: only members of that kid are built. */
static enum aa_reason find(const json_t *set, const struct aa_jws *jws, struct aa_key **ret)
{
	const json_t *keys = json_object_get(set, "keys");
	struct aa_key *found = NULL, *key;
	json_t *jwk;
	size_t i;

	json_array_foreach(keys, i, jwk)
	{
		const char *kid = json_string_value(json_object_get(jwk, "kid"));

		if (jws->kid && (!kid || strcmp(kid, jws->kid) != 0))
			continue;
		if (aa_key_from_jwk(jwk, &key) != AA_JOSE_OK)
			continue;
		if (found) {
			aa_key_free(found);
			aa_key_free(key);
			return AA_UNKNOWN_KEY;
		}
		found = key;
	}
	if (!found)
		return AA_UNKNOWN_KEY;
	*ret = found;
	return AA_OK;
}

enum aa_reason aa_keyring_issuer(const struct aa_issuer *issuer, const struct aa_login *login, const struct aa_jws *jws,
				 struct aa_key **ret)
{
	enum aa_reason reason = AA_KEYS_STALE;
	json_t *set = NULL;
	size_t size = 0;
	int fd = open_set(issuer, login, &size);

	if (fd < 0)
		return AA_KEYS_STALE;
	if (!is_stale(issuer, fd, login->now))
		set = read_set(fd, size);
	if (set)
		reason = find(set, jws, ret);
	json_decref(set);
	close(fd);
	return reason;
}
