/* SPDX-License-Identifier: Apache-2.0 */
/* key_openssh.c: private keys as ssh-keygen writes them: "openssh-key-v1", which PROTOCOL.key of OpenSSH describes.
 *
 * An encrypted file's cipher key is made of the passphrase by bcrypt_pbkdf, which neither OpenSSL nor the C library
 * offers. Such a file is AA_JOSE_KEY_ENCRYPTED whatever passphrase there is.
 */
#include "common/jose/key_openssh.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_numbers.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/ssh_wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END "-----END OPENSSH PRIVATE KEY-----"
#define BLOCK 8 /* what the private part is padded to, where no cipher says otherwise */

static const char magic[] = "openssh-key-v1"; /* with its zero */

static bool take_number(struct aa_ssh_reader *in, struct aa_number *ret)
{
	return aa_ssh_take_mpint(in, &ret->p, &ret->n);
}

/* Reads n and e, which the public half has as well; d, the inverse of q, p, q. */
static enum aa_jose_err read_rsa(struct aa_ssh_reader *in, struct aa_key *pub, struct aa_private_key **ret)
{
	struct aa_number n, e, d, inverse, p, q;

	if (!take_number(in, &n) || !take_number(in, &e) || !take_number(in, &d) ||
	    !take_number(in, &inverse) || !take_number(in, &p) || !take_number(in, &q))
		return AA_JOSE_KEY_MALFORMED;
	if (n.n != pub->pub_len || memcmp(n.p, pub->pub, n.n) != 0 || e.n != pub->e_len ||
	    memcmp(e.p, pub->e, e.n) != 0)
		return AA_JOSE_KEY_MALFORMED;
	return aa_private_key_from_rsa(pub, d, p, q, ret);
}

static enum aa_jose_err read_ec(struct aa_ssh_reader *in, struct aa_key *pub, struct aa_private_key **ret)
{
	struct aa_number point, d;

	if (!aa_ssh_take_word(in, pub->curve->ssh) || !aa_ssh_take_string(in, &point.p, &point.n) ||
	    !take_number(in, &d))
		return AA_JOSE_KEY_MALFORMED;
	if (point.n != pub->pub_len || memcmp(point.p, pub->pub, point.n) != 0)
		return AA_JOSE_KEY_MALFORMED;
	return aa_private_key_from_ec(pub, d, ret);
}

/* The public half stands here once more, and behind the seed a third time. */
static enum aa_jose_err read_ed25519(struct aa_ssh_reader *in, struct aa_key *pub,
				     struct aa_private_key **ret)
{
	struct aa_number point, both;

	if (!aa_ssh_take_string(in, &point.p, &point.n) || !aa_ssh_take_string(in, &both.p, &both.n))
		return AA_JOSE_KEY_MALFORMED;
	if (point.n != AA_ED25519_LEN || both.n != 2 * AA_ED25519_LEN ||
	    memcmp(point.p, pub->pub, AA_ED25519_LEN) != 0 ||
	    memcmp(both.p + AA_ED25519_LEN, pub->pub, AA_ED25519_LEN) != 0)
		return AA_JOSE_KEY_MALFORMED;
	return aa_private_key_from_ed25519(pub, (struct aa_number){both.p, AA_ED25519_LEN}, ret);
}

/* Checks the end: the comment, and then 1, 2, 3… up to the end of a block. */
static bool ends_well(struct aa_ssh_reader *in)
{
	const uint8_t *comment;
	size_t len;

	if (!aa_ssh_take_string(in, &comment, &len) || in->n >= BLOCK)
		return false;
	for (size_t i = 0; i < in->n; i++)
		if (in->p[i] != i + 1)
			return false;
	return true;
}

static enum aa_jose_err read_private(struct aa_ssh_reader in, const char *type, struct aa_key *pub,
				     struct aa_private_key **ret)
{
	struct aa_private_key *key = NULL;
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;
	uint32_t one, two;

	if (in.n % BLOCK != 0 || !aa_ssh_take_u32(&in, &one) || !aa_ssh_take_u32(&in, &two) || one != two ||
	    !aa_ssh_take_word(&in, type))
		return err;
	if (pub->kty == AA_KTY_RSA)
		err = read_rsa(&in, pub, &key);
	else if (pub->kty == AA_KTY_EC)
		err = read_ec(&in, pub, &key);
	else
		err = read_ed25519(&in, pub, &key);
	if (err != AA_JOSE_OK)
		return err;
	if (!ends_well(&in)) {
		key->pub = NULL; /* the caller's still */
		aa_private_key_free(key);
		return AA_JOSE_KEY_MALFORMED;
	}
	*ret = key;
	return AA_JOSE_OK;
}

static enum aa_jose_err read_pair(struct aa_ssh_reader blob, struct aa_ssh_reader private,
				  struct aa_private_key **ret)
{
	struct aa_key *pub = NULL;
	enum aa_jose_err err;
	char type[AA_SSH_TYPE_MAX];

	if (!aa_ssh_type_of(blob, type))
		return AA_JOSE_KEY_MALFORMED;
	err = aa_key_from_ssh_type(type, blob, &pub);
	if (err != AA_JOSE_OK)
		return err;
	err = read_private(private, type, pub, ret);
	if (err != AA_JOSE_OK)
		aa_key_free(pub);
	return err;
}

/* Reads cipher, kdf and its options, the number of keys, then the two halves. */
static enum aa_jose_err read_file(struct aa_ssh_reader in, struct aa_private_key **ret)
{
	struct aa_ssh_reader blob, private;
	struct aa_number cipher, kdf, options;
	uint32_t count;

	if (in.n < sizeof(magic) || memcmp(in.p, magic, sizeof(magic)) != 0)
		return AA_JOSE_KEY_MALFORMED;
	in.p += sizeof(magic);
	in.n -= sizeof(magic);
	if (!aa_ssh_take_string(&in, &cipher.p, &cipher.n) || !aa_ssh_take_string(&in, &kdf.p, &kdf.n) ||
	    !aa_ssh_take_string(&in, &options.p, &options.n) || !aa_ssh_take_u32(&in, &count) || count != 1 ||
	    !aa_ssh_take_string(&in, &blob.p, &blob.n) || !aa_ssh_take_string(&in, &private.p, &private.n))
		return AA_JOSE_KEY_MALFORMED;
	if (cipher.n != 4 || memcmp(cipher.p, "none", 4) != 0)
		return AA_JOSE_KEY_ENCRYPTED;
	if (kdf.n != 4 || memcmp(kdf.p, "none", 4) != 0 || options.n != 0 || in.n != 0)
		return AA_JOSE_KEY_MALFORMED;
	return read_pair(blob, private, ret);
}

enum aa_jose_err aa_private_key_from_openssh(const char *text, size_t len, struct aa_private_key **ret)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum aa_jose_err err = aa_pem_decode(text, len, BEGIN, END, &bytes, &n);

	if (err == AA_JOSE_OK) {
		err = read_file((struct aa_ssh_reader){bytes, n}, ret);
		OPENSSL_cleanse(bytes, n);
	}
	free(bytes);
	return err;
}
