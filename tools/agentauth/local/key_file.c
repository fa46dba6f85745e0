/* SPDX-License-Identifier: Apache-2.0 */
/* key_file.c: loads the agent's private key from a file. */
#include "config.h"

#include "tools/agentauth/local/key_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key_any.h"
#include "common/jose/key_form.h"
#include "common/jose/key_private.h"
#include "tools/agentauth/local/key_store.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"

#define KEY_FILE_MAX 65536

/* OpenSSL cannot open OpenSSH's format with a passphrase, and ssh-keygen of Debian 12 converts only RSA and ECDSA keys to
 * PKCS#8, so the advice depends on the key. */
static void say_openssh(const char *path)
{
	say("%s is in OpenSSH's own format with a passphrase, which is not read. For RSA and ECDSA this "
	    "keeps the passphrase: ssh-keygen -p -m PKCS8 -f '%s'. For all, Ed25519 as well, this takes it "
	    "off, and the file's mode is what guards the key then: ssh-keygen -p -N '' -f '%s'",
	    path, path, path);
}

static void say_encrypted(const char *path, bool passphrase)
{
	if (passphrase)
		say("the passphrase does not open %s", path);
	else
		say("%s is encrypted. Name its passphrase: passphrase_file = \"FILE\"; in the profile, or "
		    "--passphrase-file FILE of agentauth assert",
		    path);
}

static bool is_pkcs12(const struct aa_private_form *form)
{
	return form && strcmp(form->name, "PKCS#12") == 0;
}

static void say_why(enum aa_jose_err err, const char *path, const char *bytes, size_t len, bool passphrase)
{
	const struct aa_private_form *form = aa_private_form(bytes, len);

	if (err == AA_JOSE_KEY_ENCRYPTED && strstr(bytes, "BEGIN OPENSSH PRIVATE KEY"))
		say_openssh(path);
	else if (err == AA_JOSE_KEY_ENCRYPTED)
		say_encrypted(path, passphrase);
	else if (err == AA_JOSE_CRYPTO && is_pkcs12(form))
		say("%s opens, and is encrypted with a cipher that OpenSSL no longer has at hand. This "
		    "writes its key as PEM: openssl pkcs12 -legacy -in '%s' -nocerts -nodes",
		    path, path);
	else if (err == AA_JOSE_KEY_MALFORMED && form)
		say("%s holds a private key (%s) that cannot be read: it is damaged, or not all of it is "
		    "there",
		    path, form->name);
	else if (strstr(bytes, "BEGIN PUBLIC KEY") || strstr(bytes, "BEGIN CERTIFICATE"))
		say("%s holds a public key; signing needs the private one, which agentauth keygen wrote and "
		    "which stays here",
		    path);
	else if (err == AA_JOSE_KEY_MALFORMED)
		say("%s holds no private key: it may be PEM (\"-----BEGIN PRIVATE KEY-----\"), OpenSSH's "
		    "format, a JWK or PKCS#12. A new one is made by: agentauth keygen --out FILE",
		    path);
	else
		say("%s: %s", path, aa_jose_strerror(err));
}

static void say_how_to_make(const char *path)
{
	static const char then[] = "and is of use once the host's administrator has registered it";
	char *usual = own_config_path("key.pem");

	if (usual && strcmp(path, usual) == 0)
		say("a key is made by: agentauth keygen, %s", then);
	else
		say("a key is made by: agentauth keygen --out '%s', %s", path, then);
	free(usual);
}

static struct aa_private_key *decode(const char *path, const char *bytes, size_t len,
				     const struct secret_source *source)
{
	struct aa_private_key *key = NULL;
	char *passphrase = NULL;
	enum aa_jose_err err;

	if (secret_is_named(source)) {
		passphrase = secret_read_line(source, "the passphrase");
		if (!passphrase)
			return NULL;
	}
	err = aa_private_key_from_any(bytes, len, passphrase, &key);
	if (err != AA_JOSE_OK)
		say_why(err, path, bytes, len, passphrase != NULL);
	own_wipe(passphrase);
	return key;
}

struct aa_private_key *key_file_load(const char *path, const struct secret_source *passphrase)
{
	struct aa_private_key *key;
	char *bytes = NULL;
	size_t len;

	if (own_read_secret(path, KEY_FILE_MAX, &bytes, &len) < 0) {
		if (errno == ENOENT)
			say_how_to_make(path);
		return NULL;
	}
	key = key_store_wrote(bytes, len) ? key_store_decode(path, bytes, len, passphrase)
					  : decode(path, bytes, len, passphrase);
	explicit_bzero(bytes, len);
	free(bytes);
	return key;
}
