/* SPDX-License-Identifier: Apache-2.0 */
/* bends.c: see bends.h. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include <openssl/hmac.h>

#include "common/jose/jws_sign.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "tests/unit/jose/bends.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

uint64_t state_of_chance;

unsigned chance(unsigned n)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return (unsigned)((state_of_chance >> 11) % n);
}

struct aa_private_key *strangers[N_ALGS]; /* who are not believed */
char *pems[N_ALGS];

bool is_rsa(size_t a)
{
	return algs[a] < AA_ALG_ES256;
}

static const struct aa_private_key *stranger(size_t a)
{
	return strangers[is_rsa(a) ? 0 : a];
}

char *header_of(size_t a, const char *more)
{
	char *text;

	assert_true(asprintf(&text, "{\"alg\":\"%s\",\"kid\":\"k1\"%s}", aa_alg_name(algs[a]), more) > 0);
	return text;
}

/* With this header and payload as they stand; the signature holds. */
char *sign_text(size_t a, const char *header, const char *payload)
{
	return make_signed(header, payload, algs[a], make_key(algs[a]));
}

static char *with_header(size_t a, size_t variant, const char *more)
{
	char *header = header_of(a, more), *token = sign_text(a, header, payloads[variant]);

	free(header);
	return token;
}

char *with_payload(size_t a, const char *payload)
{
	char *header = header_of(a, ",\"typ\":\"JWT\""), *token = sign_text(a, header, payload);

	free(header);
	return token;
}

char *good(size_t a, size_t variant)
{
	static char *made[N_ALGS][VARIANTS];

	if (!made[a][variant])
		made[a][variant] = with_header(a, variant, ",\"typ\":\"JWT\"");
	return strdup(made[a][variant]);
}

uint8_t *signature_of(size_t a, size_t variant, char **ret_input, size_t *ret_len)
{
	char *token = good(a, variant), *dot = strrchr(token, '.');
	uint8_t *sig = make_bytes(dot + 1, ret_len);

	*dot = '\0';
	*ret_input = token;
	return sig;
}

char *with_signature(char *input, uint8_t *sig, size_t len)
{
	char *token = make_token(input, sig, len);

	free(input);
	free(sig);
	return token;
}

char *flip_signature(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig = signature_of(a, variant, &input, &len);

	sig[chance((unsigned)len)] ^= (uint8_t)(1U << chance(8));
	return with_signature(input, sig, len);
}

char *shorten_signature(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig = signature_of(a, variant, &input, &len);

	return with_signature(input, sig, len - 1 - chance(8));
}

char *lengthen_signature(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig = signature_of(a, variant, &input, &len);

	sig = realloc(sig, len + 8);
	assert_non_null(sig);
	memset(sig + len, 0, 8);
	return with_signature(input, sig, len + 1 + chance(8));
}

char *other_half(size_t a, size_t variant)
{
	char *input, *unused;
	size_t len, other_len;
	uint8_t *sig = signature_of(a, variant, &input, &len);
	uint8_t *other = signature_of(a, (variant + 1) % VARIANTS, &unused, &other_len);

	free(unused);
	free(sig);
	return with_signature(input, other, other_len);
}

char *by_stranger(size_t a, size_t variant)
{
	char *header = header_of(a, ",\"typ\":\"JWT\""), *token;

	token = make_signed(header, payloads[variant], algs[a], stranger(a));
	free(header);
	return token;
}

char *by_key_in_header(size_t a, size_t variant)
{
	json_t *jwk = aa_key_to_jwk(aa_private_key_public(stranger(a)));
	char *text = json_dumps(jwk, JSON_COMPACT), *more, *header, *token;

	assert_true(asprintf(&more, ",\"jwk\":%s", text) > 0);
	header = header_of(a, more);
	token = make_signed(header, payloads[variant], algs[a], stranger(a));
	json_decref(jwk);
	free(text);
	free(more);
	free(header);
	return token;
}

char *other_alg(size_t a, size_t variant)
{
	size_t said = is_rsa(a) ? (a + 1) % 3 : 3 + (a + 1) % 3;
	char *header = header_of(said, ",\"typ\":\"JWT\""), *token = sign_text(a, header, payloads[variant]);

	free(header);
	return token;
}

char *change_character(size_t a, size_t variant)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *token = good(a, variant), old;
	size_t at;

	do
		at = chance((unsigned)strlen(token));
	while (token[at] == '.' || token[at + 1] == '.' || token[at + 1] == '\0');
	old = token[at];
	while (token[at] == old)
		token[at] = letters[chance(64)];
	return token;
}

char *cut(size_t a, size_t variant)
{
	char *token = good(a, variant);

	token[chance((unsigned)strlen(token))] = '\0';
	return token;
}

char *no_signature(size_t a, size_t variant)
{
	char *token = good(a, variant);

	strrchr(token, '.')[1] = '\0';
	return token;
}

char *two_segments(size_t a, size_t variant)
{
	char *token = good(a, variant);

	*strrchr(token, '.') = '\0';
	return token;
}

static char *around(const char *before, char *token, const char *after)
{
	char *all;

	assert_true(asprintf(&all, "%s%s%s", before, token, after) > 0);
	free(token);
	return all;
}

char *four_segments(size_t a, size_t variant)
{
	return around("", good(a, variant), ".e30");
}

char *five_segments(size_t a, size_t variant)
{
	return around("", good(a, variant), ".e30.e30");
}

char *dot_behind(size_t a, size_t variant)
{
	return around("", good(a, variant), ".");
}

char *blank_before(size_t a, size_t variant)
{
	return around(" ", good(a, variant), "");
}

char *line_feed_behind(size_t a, size_t variant)
{
	return around("", good(a, variant), "\n");
}

char *padded(size_t a, size_t variant)
{
	char *token = good(a, variant);
	size_t over = strlen(strrchr(token, '.') + 1) % 4;

	if (over == 0) {
		free(token);
		return NULL;
	}
	return around("", token, over == 2 ? "==" : "=");
}

char *plain_base64(size_t a, size_t variant)
{
	char *token = good(a, variant), *at;
	bool any = false;

	for (at = strrchr(token, '.'); *at; at++) {
		any = any || *at == '-' || *at == '_';
		*at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
	}
	if (any)
		return token;
	free(token);
	return NULL;
}

char *foreign_character(size_t a, size_t variant)
{
	static const char foreign[] = "*!,:;~";
	char *token = good(a, variant), *dot = strrchr(token, '.');

	dot[1 + chance((unsigned)strlen(dot + 1) - 1)] = foreign[chance(6)];
	return token;
}

char *odd_length(size_t a, size_t variant)
{
	char *token = good(a, variant);
	size_t over = strlen(strrchr(token, '.') + 1) % 4;

	return around("", token, over == 2 ? "AAA" : over == 3 ? "AA" : "A");
}

char *unused_bits(size_t a, size_t variant)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *token = good(a, variant), *last = token + strlen(token) - 1;
	size_t over = strlen(strrchr(token, '.') + 1) % 4;

	if (over == 0) {
		free(token);
		return NULL;
	}
	*last = letters[(size_t)(strchr(letters, *last) - letters) + 1];
	return token;
}

char *typ_at_jwt(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"at+jwt\"");
}

char *typ_jose(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JOSE\"");
}

char *typ_lower(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"jwt\"");
}

char *no_typ(size_t a, size_t variant)
{
	return with_header(a, variant, "");
}

char *unknown_member(size_t a, size_t variant)
{
	return with_header(
	    a, variant,
	    ",\"typ\":\"JWT\",\"x5t\":\"abc\",\"x5c\":[\"MIIB\"],\"jku\":\"https://evil.example\"");
}

char *crit(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JWT\",\"crit\":[\"exp\"],\"exp\":1");
}

char *b64(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JWT\",\"b64\":true");
}

char *kid_number(size_t a, size_t variant)
{
	char *header, *token;

	assert_true(asprintf(&header, "{\"alg\":\"%s\",\"kid\":7}", aa_alg_name(algs[a])) > 0);
	token = sign_text(a, header, payloads[variant]);
	free(header);
	return token;
}

char *header_twice(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JWT\",\"kid\":\"k2\"");
}

char *alg_twice(size_t a, size_t variant)
{
	char *header, *token;

	assert_true(
	    asprintf(&header, "{\"alg\":\"none\",\"typ\":\"JWT\",\"alg\":\"%s\"}", aa_alg_name(algs[a])) > 0);
	token = sign_text(a, header, payloads[variant]);
	free(header);
	return token;
}

static char *alg_as(size_t a, size_t variant, const char *alg)
{
	char *header, *token;

	assert_true(asprintf(&header, "{%s%s%s\"typ\":\"JWT\"}", alg ? "\"alg\":" : "", alg ? alg : "",
			     alg ? "," : "") > 0);
	token = sign_text(a, header, payloads[variant]);
	free(header);
	return token;
}

char *alg_lower(size_t a, size_t variant)
{
	char name[16];

	snprintf(name, sizeof(name), "\"%s\"", aa_alg_name(algs[a]));
	name[1] = (char)(name[1] + ('a' - 'A'));
	return alg_as(a, variant, name);
}

char *alg_missing(size_t a, size_t variant)
{
	return alg_as(a, variant, NULL);
}

char *alg_number(size_t a, size_t variant)
{
	return alg_as(a, variant, "256");
}

char *alg_none(size_t a, size_t variant)
{
	char *token = alg_as(a, variant, "\"none\"");

	strrchr(token, '.')[1] = '\0';
	return token;
}

char *alg_none_signed(size_t a, size_t variant)
{
	return alg_as(a, variant, "\"none\"");
}

char *hmac_with_public_key(size_t a, size_t variant)
{
	char *input = make_input("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payloads[variant]), *token;
	unsigned char mac[32];
	unsigned len = sizeof(mac);

	assert_non_null(HMAC(EVP_sha256(), pems[a], (int)strlen(pems[a]), (unsigned char *)input,
			     strlen(input), mac, &len));
	token = make_token(input, mac, len);
	free(input);
	return token;
}

char *pss(size_t a, size_t variant)
{
	return is_rsa(a) ? make_signed("{\"alg\":\"PS256\",\"typ\":\"JWT\"}", payloads[variant], AA_ALG_PS256,
				       make_key(AA_ALG_PS256))
			 : NULL;
}
