/* SPDX-License-Identifier: Apache-2.0 */
/* key_store.c: opens keys in providers of OpenSSL.
 *
 * Each key gets a library context of its own, into which its provider is loaded. SoftHSM, which is built on OpenSSL, would
 * deadlock if pkcs11-provider were in the default context, which SoftHSM uses too; and the TLS code of this process has no
 * use for a TPM. */
#define _GNU_SOURCE /* memmem */
#include "config.h"

#include "tools/agentauth/local/key_store.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/jose/jws_sign.h"
#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

#define REASON_MAX 512

static const struct known {
	const char *scheme, *pem; /* begin a URI and a block of PEM; pem may be NULL */
	const char *provider, *package;
	const char *hint; /* names what the provider needs in order to start */
} known[] = {
    {"pkcs11:", "BEGIN PKCS#11 PROVIDER URI", "pkcs11",
     "apt-get install pkcs11-provider (Debian 13 and later; elsewhere an ssh-agent can hold the token: "
     "ssh-add -s MODULE, and the key is agent:SHA256:…)",
     "PKCS11_PROVIDER_MODULE names the token's library, or pkcs11-module-path in openssl.cnf"},
    {"handle:", "BEGIN TSS2 PRIVATE KEY", "tpm2", "apt-get install tpm2-openssl",
     "it uses the TPM of /dev/tpmrm0, which the group tss may, or the one that TPM2OPENSSL_TCTI names"},
    {"object:", NULL, "tpm2", "apt-get install tpm2-openssl",
     "it uses the TPM of /dev/tpmrm0, which the group tss may, or the one that TPM2OPENSSL_TCTI names"},
};
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

/* A stored key is what the signer of a private key needs in order to sign. */
struct stored {
	OSSL_LIB_CTX *libctx;
	OSSL_PROVIDER *own, *other; /* OpenSSL's default provider, and the provider that has the key */
	EVP_PKEY *pkey;
	const struct aa_key *pub; /* belongs to the private key that has this signer */
	const struct known *known;
	char *name; /* for messages */
};

/* A search remembers what happened to the PIN, so that a failure can be explained. */
struct search {
	const char *name;
	const struct known *known; /* NULL where the scheme is not in the table */
	const struct secret_source *pin;
	bool in_file, asked, failed;
	unsigned found;
};

/* ---- what OpenSSL says ---------------------------------------------------------- */

static void add(char *text, const char *before, const char *more)
{
	size_t n = strlen(text);

	(void)snprintf(text + n, REASON_MAX - n, "%s%s", n ? before : "", more);
}

/* Takes the reason out of OpenSSL's error queue, which is empty afterwards. A provider's reason counts more than those of
 * OpenSSL itself, which are about other decoders that were tried. */
static const char *reason(char text[REASON_MAX])
{
	const char *data;
	bool foreign = false;
	unsigned long err;
	int flags;

	*text = 0;
	while ((err = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
		const char *why = ERR_reason_error_string(err);

		if (foreign && ERR_GET_LIB(err) < ERR_LIB_USER)
			continue;
		foreign = ERR_GET_LIB(err) >= ERR_LIB_USER;
		*text = 0;
		if (why)
			add(text, "", why);
		if (flags & ERR_TXT_STRING && data && *data)
			add(text, ": ", data);
	}
	return *text ? text : "no reason is given";
}

/* ---- providers ------------------------------------------------------------------- */

static void free_stored(void *data)
{
	struct stored *stored = data;

	EVP_PKEY_free(stored->pkey);
	if (stored->other)
		(void)OSSL_PROVIDER_unload(stored->other);
	if (stored->own)
		(void)OSSL_PROVIDER_unload(stored->own);
	OSSL_LIB_CTX_free(stored->libctx);
	free(stored->name);
	free(stored);
}

static void say_no_provider(const struct known *k, const char *name)
{
	bool absent = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_DSO;
	char text[REASON_MAX];

	(void)reason(text);
	if (absent)
		say("%s needs OpenSSL's provider \"%s\", which this machine does not have: %s", name,
		    k->provider, k->package);
	else
		say("%s cannot be used: OpenSSL's provider \"%s\" does not start (%s); %s", name, k->provider,
		    text, k->hint);
}

/* Loads what openssl.cnf(5) names. Where that file is missing or wrong, the provider that the key is known to need is still
 * loaded afterwards. */
static void load_config(OSSL_LIB_CTX *libctx)
{
	char *path = CONF_get1_default_config_file();

	if (path)
		(void)OSSL_LIB_CTX_load_config(libctx, path);
	OPENSSL_free(path);
}

static struct stored *make_stored(const struct known *k, const char *name)
{
	struct stored *stored = xcalloc(1, sizeof(*stored));

	/* OpenSSL's default is to prompt at the terminal, where nobody may be. */
	UI_set_default_method(UI_null());
	/* The TPM's library would print on standard error what reason() reports. */
	(void)setenv("TSS2_LOG", "all+NONE", 0);
	stored->known = k;
	stored->name = xstrdup(name);
	stored->libctx = OSSL_LIB_CTX_new();
	if (stored->libctx)
		stored->own = OSSL_PROVIDER_load(stored->libctx, "default");
	if (!stored->own) {
		say("memory is out");
		free_stored(stored);
		return NULL;
	}
	load_config(stored->libctx);
	ERR_clear_error();
	if (k)
		stored->other = OSSL_PROVIDER_load(stored->libctx, k->provider);
	if (!k || stored->other)
		return stored;
	say_no_provider(k, name);
	free_stored(stored);
	return NULL;
}

/* ---- the PIN ------------------------------------------------------------------------ */

/* The provider calls this back when it wants the PIN. */
static int give_pin(char *buf, int size, int writing, void *data)
{
	struct search *search = data;
	char *pin;
	size_t len;

	(void)writing;
	search->asked = true;
	if (!secret_is_named(search->pin))
		return -1;
	pin = secret_read_line(search->pin, "the key's PIN");
	len = pin ? strlen(pin) : 0;
	search->failed = !pin;
	if (!pin || size < 0 || len > (size_t)size) {
		own_wipe(pin);
		return -1;
	}
	memcpy(buf, pin, len);
	own_wipe(pin);
	return (int)len;
}

/* ---- finding -------------------------------------------------------------------------- */

static void say_not_found(const struct search *search)
{
	char text[REASON_MAX];

	if (search->failed)
		return; /* secret_read_line() has said why */
	if (search->found > 1)
		say("%s names %u private keys, and which is meant is not guessed: add object=… or id=…",
		    search->name, search->found);
	else if (search->asked && !secret_is_named(search->pin))
		say("%s wants a PIN: name where it is by passphrase in the profile, or by --passphrase-file "
		    "or --passphrase-env",
		    search->name);
	else if (search->asked)
		say("no private key opens at %s: the PIN is wrong, or the token has no such key. Tokens lock "
		    "after some wrong PINs: look before you try again",
		    search->name);
	else if (search->in_file)
		say("OpenSSL's provider \"%s\" does not open %s (%s): it belongs to another token or TPM, or "
		    "is damaged",
		    search->known->provider, search->name, reason(text));
	else if (!search->known)
		say("no private key opens at %s. OpenSSL's provider for it is one that openssl.cnf loads: %s",
		    search->name, reason(text));
	else if (ERR_peek_error())
		say("no private key opens at %s: %s. OpenSSL's provider is \"%s\": %s", search->name,
		    reason(text), search->known->provider, search->known->hint);
	else
		say("there is no private key at %s: the token is not there, or has another name",
		    search->name);
}

static EVP_PKEY *take_key(OSSL_STORE_CTX *store, struct search *search)
{
	EVP_PKEY *pkey = NULL;

	while (!OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info && OSSL_STORE_error(store))
			break;
		if (!info || OSSL_STORE_INFO_get_type(info) != OSSL_STORE_INFO_PKEY) {
			OSSL_STORE_INFO_free(info);
			continue;
		}
		if (search->found++ == 0)
			pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	if (search->found == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/* Finds the key in `bio`, a file's text, or at `uri` where `bio` is NULL. */
static EVP_PKEY *find(struct stored *stored, const char *uri, BIO *bio, const struct secret_source *pin)
{
	struct search search = {
	    .name = stored->name, .known = stored->known, .pin = pin, .in_file = bio != NULL};
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_pin, 0);
	OSSL_STORE_CTX *store;
	EVP_PKEY *pkey = NULL;

	if (bio)
		store = OSSL_STORE_attach(bio, "file", stored->libctx, NULL, ui, &search, NULL, NULL, NULL);
	else
		store = OSSL_STORE_open_ex(uri, stored->libctx, NULL, ui, &search, NULL, NULL, NULL);
	if (store && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
		pkey = take_key(store, &search);
	if (!pkey)
		say_not_found(&search);
	OSSL_STORE_close(store);
	UI_destroy_method(ui);
	return pkey;
}

/* ---- the key ---------------------------------------------------------------------------- */

static enum aa_jose_err sign(void *data, enum aa_alg alg, const char *input, size_t len,
			     struct aa_signature *ret)
{
	const struct stored *stored = data;
	char text[REASON_MAX];

	ERR_clear_error();
	if (aa_pkey_sign(stored->pkey, stored->libctx, stored->pub, alg, input, len, ret) == AA_JOSE_OK)
		return AA_JOSE_OK;
	say("the key at %s did not sign with %s: %s", stored->name, aa_alg_name(alg), reason(text));
	return AA_JOSE_SIGNER;
}

static const struct aa_signer signer = {sign, free_stored};

/* Takes ownership of `stored`, also when it fails. */
static struct aa_private_key *key_of(struct stored *stored)
{
	struct aa_private_key *key = NULL;
	struct aa_key *pub = NULL;
	enum aa_jose_err err = aa_key_from_pkey(stored->pkey, &pub);

	stored->pub = pub;
	if (err == AA_JOSE_OK)
		err = aa_private_key_by_signer(pub, &signer, stored, &key);
	if (err == AA_JOSE_OK)
		return key;
	if (err == AA_JOSE_KEY_MALFORMED)
		say("the token of %s does not show the key's public half, which has to be in it too",
		    stored->name);
	else
		say("the key at %s: %s", stored->name, aa_jose_strerror(err));
	aa_key_free(pub);
	free_stored(stored);
	return NULL;
}

static struct aa_private_key *key_in(struct stored *stored, const char *uri, BIO *bio,
				     const struct secret_source *pin)
{
	if (!stored)
		return NULL;
	stored->pkey = find(stored, uri, bio, pin);
	if (stored->pkey)
		return key_of(stored);
	free_stored(stored);
	return NULL;
}

/* ---- URIs ---------------------------------------------------------------------------------- */

static const struct known *known_by_scheme(const char *uri)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (strncasecmp(uri, known[i].scheme, strlen(known[i].scheme)) == 0)
			return &known[i];
	return NULL;
}

/* A PIN in the URI would be an argument, which every process can read. A file that OpenSSL opened by itself would not be
 * checked for its owner and mode. */
static bool uri_is_allowed(const char *uri)
{
	if (strcasestr(uri, "pin-value") || strcasestr(uri, "pin-source"))
		say("the PIN does not stand in the key's URI: name where it is by passphrase in the profile, "
		    "or by --passphrase-file or --passphrase-env");
	else if (strncasecmp(uri, "file:", 5) == 0)
		say("%s is a file: name it by its path alone", uri);
	else
		return true;
	return false;
}

/* tpm2-openssl asks for a PIN only where the URI ends in "?pass". */
static char *with_question(const struct known *k, const char *uri, const struct secret_source *pin)
{
	bool question = k && strcmp(k->provider, "tpm2") == 0 && secret_is_named(pin) && !strchr(uri, '?');

	return xasprintf("%s%s", uri, question ? "?pass" : "");
}

struct aa_private_key *key_store_open(const char *uri, const struct secret_source *pin)
{
	const struct known *k = known_by_scheme(uri);
	struct aa_private_key *key = NULL;
	char *text;

	if (!uri_is_allowed(uri))
		return NULL;
	text = with_question(k, uri, pin);
	key = key_in(make_stored(k, uri), text, NULL, pin);
	ERR_clear_error();
	free(text);
	return key;
}

/* ---- files ----------------------------------------------------------------------------------- */

static const struct known *known_by_pem(const char *pem, size_t len)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (known[i].pem && memmem(pem, len, known[i].pem, strlen(known[i].pem)))
			return &known[i];
	return NULL;
}

bool key_store_wrote(const char *pem, size_t len)
{
	return known_by_pem(pem, len) != NULL;
}

struct aa_private_key *key_store_decode(const char *path, const char *pem, size_t len,
					const struct secret_source *pin)
{
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	struct aa_private_key *key = NULL;

	if (!bio)
		return say("memory is out"), NULL;
	key = key_in(make_stored(known_by_pem(pem, len), path), NULL, bio, pin);
	ERR_clear_error();
	BIO_free(bio);
	return key;
}
