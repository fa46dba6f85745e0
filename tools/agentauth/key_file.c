/* SPDX-License-Identifier: Apache-2.0 */
/* Loading the agent's private key. */
#include "config.h"

#include "key_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "own_files.h"
#include "say.h"

#define KEY_FILE_MAX 65536

static void say_why(enum aa_jose_err err, const char *path, const char *pem, bool passphrase)
{
	if (err == AA_JOSE_KEY_ENCRYPTED && passphrase)
		say("the passphrase does not open %s", path);
	else if (err == AA_JOSE_KEY_ENCRYPTED)
		say("%s is encrypted: name its passphrase by --passphrase-file or --passphrase-env, or "
		    "by passphrase in the profile",
		    path);
	else if (strstr(pem, "BEGIN OPENSSH PRIVATE KEY"))
		say("%s is in OpenSSH's own format. This writes it anew as PKCS#8: ssh-keygen -p -m PKCS8 -f "
		    "'%s'",
		    path, path);
	else if (strstr(pem, "BEGIN PUBLIC KEY"))
		say("%s holds a public key; signing needs the private one", path);
	else if (err == AA_JOSE_KEY_MALFORMED)
		say("%s holds no private key in PEM (\"-----BEGIN PRIVATE KEY-----\")", path);
	else
		say("%s: %s", path, aa_jose_strerror(err));
}

static struct aa_private_key *load(const struct key_source *source, const char *path)
{
	struct aa_private_key *key = NULL;
	char *pem = NULL, *passphrase = NULL;
	enum aa_jose_err err;
	size_t len;

	if (own_read_secret(path, KEY_FILE_MAX, &pem, &len) < 0) {
		if (errno == ENOENT)
			say("a key is made by: agentauth keygen");
		return NULL;
	}
	if (secret_is_named(&source->passphrase))
		passphrase = secret_read(&source->passphrase, "the passphrase");
	if (passphrase)
		passphrase[strcspn(passphrase, "\r\n")] = 0;
	if (passphrase || !secret_is_named(&source->passphrase)) {
		err = aa_private_key_from_pem(pem, len, passphrase, &key);
		if (err != AA_JOSE_OK)
			say_why(err, path, pem, passphrase != NULL);
	}
	own_wipe(passphrase);
	explicit_bzero(pem, len);
	free(pem);
	return key;
}

struct aa_private_key *key_file_load(const struct key_source *source)
{
	char *path = source->path ? own_expand(source->path) : own_config_path("key.pem");
	struct aa_private_key *key = path ? load(source, path) : NULL;

	free(path);
	return key;
}
