/* SPDX-License-Identifier: Apache-2.0 */
/* key_form.c: what a private key looks like in each form that programs write, so that a private half in the wrong
 * place is named. */
#define _GNU_SOURCE /* memmem */

#include "common/jose/key_form.h"

#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key_jwk.h"

static const char by_openssl[] = "openssl pkey -in KEY -pubout";

static const struct {
	const char *mark; /* stands in every file of this form */
	struct aa_private_form form;
} texts[] = {
    {"BEGIN OPENSSH PRIVATE KEY", {"OpenSSH's format", "ssh-keygen -y -f KEY"}},
    {"BEGIN ENCRYPTED PRIVATE KEY", {"PKCS#8 in PEM, encrypted", by_openssl}},
    {"BEGIN PRIVATE KEY", {"PKCS#8 in PEM", by_openssl}},
    {"BEGIN RSA PRIVATE KEY", {"PKCS#1 in PEM", by_openssl}},
    {"BEGIN EC PRIVATE KEY", {"SEC 1 in PEM", by_openssl}},
    {"BEGIN TSS2 PRIVATE KEY", {"what a TPM wrapped", "agentauth keygen --public KEY"}},
    {"PRIVATE KEY-----", {"PEM", by_openssl}},
    {"PuTTY-User-Key-File-", {"PuTTY's format", "puttygen KEY -O public-openssh"}},
};

static const struct aa_private_form
    jwk = {"a JWK", "jq 'del(.d, .p, .q, .dp, .dq, .qi, .oth)' KEY"},
    in_set = {"a JWK in a set", "jq '.keys |= map(del(.d, .p, .q, .dp, .dq, .qi, .oth))' KEY"},
    secret = {"a symmetric JWK", NULL},
    pkcs12 = {"PKCS#12", "openssl pkcs12 -in KEY -clcerts -nokeys | openssl x509 -pubkey -noout"},
    der = {"DER", by_openssl};

static const struct aa_private_form *form_of_jwk(const json_t *key, const struct aa_private_form *form)
{
	const char *kty = json_string_value(json_object_get(key, "kty"));

	if ((kty && strcmp(kty, "oct") == 0) || json_object_get(key, "k"))
		return &secret;
	return aa_jwk_has_private_member(key) ? form : NULL;
}

static const struct aa_private_form *form_of_json(const char *bytes, size_t len)
{
	const struct aa_private_form *form;
	const json_t *keys;
	json_t *json = NULL;

	if (aa_json_object(bytes, len, &json) != AA_JOSE_OK)
		return NULL;
	form = form_of_jwk(json, &jwk);
	keys = json_object_get(json, "keys");
	for (size_t i = 0; !form && i < json_array_size(keys); i++)
		form = form_of_jwk(json_array_get(keys, i), &in_set);
	json_decref(json);
	return form;
}

/* Each of these begins with a sequence, whose length some write as "indefinite", and a number, the version: 3
 * for PKCS#12 (RFC 7292 section 4), 0 or 1 for PKCS#8 (RFC 5958), PKCS#1 and SEC 1. */
static const struct aa_private_form *form_of_der(const uint8_t *p, size_t len)
{
	size_t head;

	if (len < 2 || p[0] != 0x30)
		return NULL;
	head = 2 + (p[1] & 0x80 ? (size_t)(p[1] & 0x7f) : 0);
	if (len < head + 4 || p[head] != 0x02 || p[head + 1] != 1)
		return NULL;
	if (p[head + 2] == 3)
		return p[head + 3] == 0x30 ? &pkcs12 : NULL;
	return p[head + 2] <= 1 ? &der : NULL;
}

const struct aa_private_form *aa_private_form(const char *bytes, size_t len)
{
	const char *end = bytes + len, *first;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (memmem(bytes, len, texts[i].mark, strlen(texts[i].mark)))
			return &texts[i].form;
	first = aa_json_skip_space(bytes, end);
	if (first < end && *first == '{')
		return form_of_json(first, (size_t)(end - first));
	return form_of_der((const uint8_t *)bytes, len);
}
