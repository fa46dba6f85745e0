/* SPDX-License-Identifier: Apache-2.0 */
/* key_forms.c makes the forms of public keys that the records hold, see key_forms.h. */
#include "config.h"

#include "tools/agentauthctl/publish/key_forms.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_ssh.h"
#include "tools/cli/alloc.h"

#define MEMO_SLOTS 256

struct key_memo {
	struct {
		char *pem;
		struct key_forms forms;
	} slots[MEMO_SLOTS];
};

struct key_memo *key_memo_new(void)
{
	return xcalloc(1, sizeof(struct key_memo));
}

static void forms_clear(struct key_forms *forms)
{
	free(forms->jwk);
	free(forms->ssh);
	*forms = (struct key_forms){0};
}

void key_memo_free(struct key_memo *memo)
{
	if (!memo)
		return;
	for (size_t i = 0; i < MEMO_SLOTS; i++) {
		free(memo->slots[i].pem);
		forms_clear(&memo->slots[i].forms);
	}
	free(memo);
}

static void explain_key(enum aa_jose_err err, char *why, size_t size)
{
	if (err == AA_JOSE_KEY_PRIVATE || err == AA_JOSE_KEY_ENCRYPTED)
		snprintf(why, size,
			 "is a private key. Only its public half belongs on a host: openssl pkey -in KEY "
			 "-pubout. Whoever could read this file may have the private key now");
	else if (err == AA_JOSE_KEY_WEAK)
		snprintf(why, size, "is too weak to trust (%s): make a new one with agentauth keygen",
			 aa_jose_strerror(err));
	else if (err == AA_JOSE_KEY_MALFORMED)
		snprintf(why, size,
			 "is not a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----");
	else
		snprintf(why, size, "cannot be used: %s", aa_jose_strerror(err));
}

static char *jwk_text(const struct aa_key *key)
{
	json_t *jwk = aa_key_to_jwk(key);
	char *text = jwk ? aa_json_text(jwk, JSON_COMPACT) : NULL;

	json_decref(jwk);
	return text;
}

static enum aa_jose_err convert(const char *pem, bool with_thumbprint, struct key_forms *ret)
{
	struct key_forms forms = {0};
	struct aa_key *key;
	enum aa_jose_err err = aa_key_from_pem(pem, strlen(pem), &key);

	if (err != AA_JOSE_OK)
		return err;
	if (EVP_PKEY_get_base_id(aa_key_pkey(key)) == EVP_PKEY_RSA)
		forms.rsa_bits = EVP_PKEY_get_bits(aa_key_pkey(key));
	err = aa_key_to_ssh(key, &forms.ssh);
	if (err == AA_JOSE_OK && with_thumbprint)
		err = aa_key_thumbprint(key, forms.thumbprint);
	if (err == AA_JOSE_OK) {
		forms.jwk = jwk_text(key);
		err = forms.jwk ? AA_JOSE_OK : AA_JOSE_NOMEM;
	}
	aa_key_free(key);
	if (err == AA_JOSE_OK)
		*ret = forms;
	else
		forms_clear(&forms);
	return err;
}

static size_t memo_slot(const char *pem)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *pem; pem++)
		h = (h ^ (unsigned char)*pem) * UINT64_C(0x100000001b3);
	return (size_t)(h % MEMO_SLOTS);
}

const struct key_forms *key_memo_get(struct key_memo *memo, const char *pem, bool with_thumbprint, char *why,
				     size_t size)
{
	size_t i = memo_slot(pem);
	struct key_forms *forms = &memo->slots[i].forms, new;
	enum aa_jose_err err;

	if (memo->slots[i].pem && strcmp(memo->slots[i].pem, pem) == 0 &&
	    (forms->thumbprint[0] || !with_thumbprint))
		return forms;
	err = convert(pem, with_thumbprint, &new);
	if (err != AA_JOSE_OK) {
		explain_key(err, why, size);
		return NULL;
	}
	free(memo->slots[i].pem);
	forms_clear(forms);
	memo->slots[i].pem = xstrdup(pem);
	*forms = new;
	return forms;
}
