/* SPDX-License-Identifier: Apache-2.0 */
/* bends.h: RS* and ES* tokens, good and bent in one place: each bend gives a token from malloc(), or NULL where it does not apply. */
#ifndef AGENTAUTH_TESTS_BENDS_H
#define AGENTAUTH_TESTS_BENDS_H

#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#define TOKENS 10000
#define SEED UINT64_C(0x5eed0fa9e47a0711)
#define VARIANTS 4 /* signed tokens of each kind: signing is what costs */

extern uint64_t state_of_chance;
unsigned chance(unsigned n);

static const enum aa_alg algs[] = {AA_ALG_RS256, AA_ALG_RS384, AA_ALG_RS512,
				   AA_ALG_ES256, AA_ALG_ES384, AA_ALG_ES512};

#define N_ALGS (sizeof(algs) / sizeof(*algs))

extern struct aa_private_key *strangers[N_ALGS]; /* who are not believed */
extern char *pems[N_ALGS];
bool is_rsa(size_t a);

/* Each one literal: clang warns of pieces in a list, as a forgotten comma makes them. */
#define PLAIN "{\"iss\":\"https://idp.example.com\",\"sub\":\"builder-7\",\"exp\":4102444800}"
#define FULL \
	"{\"iss\":\"https://idp.example.com/realms/agents\",\"aud\":[\"ssh://" \
	"web01.example.com\",\"account\"]," \
	"\"azp\":\"builder-7\",\"realm_access\":{\"roles\":[\"a\",\"b\"]},\"scope\":\"profile email\"," \
	"\"exp\":4102444800,\"iat\":1700000000,\"jti\":\"x\"}"
#define TYPES \
	"{\"name\":\"\xc3\xa9\xe2\x82\xac \\u00e9 " \
	"\\\"quoted\\\"\",\"n\":-0.5e3,\"t\":true,\"f\":false,\"z\":null," \
	"\"deep\":{\"a\":[[[1]]]}}"
#define SPACED " { \"iss\" : \"https://idp.example.com\" , \"exp\" : 1 } "

static const char *const payloads[VARIANTS] = {PLAIN, FULL, TYPES, SPACED};

char *with_payload(size_t a, const char *payload);
char *sign_text(size_t a, const char *header, const char *payload);
char *header_of(size_t a, const char *more);
char *good(size_t a, size_t variant);
/* The signature of a good token, as bytes; *ret_input is what it is over. */
uint8_t *signature_of(size_t a, size_t variant, char **ret_input, size_t *ret_len);
char *with_signature(char *input, uint8_t *sig, size_t len);
char *flip_signature(size_t a, size_t variant);
char *shorten_signature(size_t a, size_t variant);
char *lengthen_signature(size_t a, size_t variant);
char *other_half(size_t a, size_t variant);
char *by_stranger(size_t a, size_t variant);
char *by_key_in_header(size_t a, size_t variant);
/* The header says another algorithm of the same kind of key than the one that signed. */
char *other_alg(size_t a, size_t variant);
/* Any character but the last of a segment, whose unused bits are a bend of their own. */
char *change_character(size_t a, size_t variant);
char *cut(size_t a, size_t variant);
char *no_signature(size_t a, size_t variant);
char *two_segments(size_t a, size_t variant);
char *four_segments(size_t a, size_t variant);
char *five_segments(size_t a, size_t variant);
char *dot_behind(size_t a, size_t variant);
char *blank_before(size_t a, size_t variant);
char *line_feed_behind(size_t a, size_t variant);
char *padded(size_t a, size_t variant);
/* Base64 with + and / in the signature. */
char *plain_base64(size_t a, size_t variant);
char *foreign_character(size_t a, size_t variant);
/* A character more than a whole number of bytes makes. */
char *odd_length(size_t a, size_t variant);
/* The unused bits of the last character set: the same bytes for a decoder that does not look. */
char *unused_bits(size_t a, size_t variant);
char *typ_at_jwt(size_t a, size_t variant);
char *typ_jose(size_t a, size_t variant);
char *typ_lower(size_t a, size_t variant);
char *no_typ(size_t a, size_t variant);
char *unknown_member(size_t a, size_t variant);
char *crit(size_t a, size_t variant);
char *b64(size_t a, size_t variant);
char *kid_number(size_t a, size_t variant);
char *header_twice(size_t a, size_t variant);
/* alg twice: the last is the true one. */
char *alg_twice(size_t a, size_t variant);
char *alg_lower(size_t a, size_t variant);
char *alg_missing(size_t a, size_t variant);
char *alg_number(size_t a, size_t variant);
char *alg_none(size_t a, size_t variant);
char *alg_none_signed(size_t a, size_t variant);
/* HMAC with the public key's PEM as the secret: what who knows only the public key can make. */
char *hmac_with_public_key(size_t a, size_t variant);
char *pss(size_t a, size_t variant);

#endif
