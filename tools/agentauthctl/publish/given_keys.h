/* SPDX-License-Identifier: Apache-2.0 */
/* given_keys.h reads the public keys of a text that a person hands in, in whichever form: PEM, a certificate (DER
 * too), a JWK, a JWKS, lines as in id_ed25519.pub or authorized_keys, or the key file of a service account. */
#ifndef AGENTAUTHCTL_GIVEN_KEYS_H
#define AGENTAUTHCTL_GIVEN_KEYS_H

#include <stdint.h>

#include "common/jose/key.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"

struct given_key {
	struct aa_key *key;
	char *kid; /* that the form has for the key; NULL: the key's own, or none */
};

struct given_keys {
	struct given_key *v;
	size_t n, cap;
};

/* key_source says what sentences call the text, and where they point to. */
struct key_source {
	const char *name;		 /* "standard input", or a quoted file */
	const char *file;		 /* whose lines are pointed to; NULL: those of no file */
	const struct position *position; /* stands in the place of lines; NULL: the lines themselves */
	struct problems *problems;
};

/* given_keys_read() takes a private half for a mistake, which is reported by its form and never by its bytes; but of a
 * service account's file, which is handed out in no other form, it takes the public half. It reports what of a line's
 * options is not taken over. It returns 0, or -1 where a failure was reported; given_keys_free() follows in any case. */
int given_keys_read(const struct key_source *source, const char *bytes, size_t len, struct given_keys *ret);
void given_keys_free(struct given_keys *keys);

/* given_key_kid() returns the form's kid, the key's own or the key's thumbprint, in this order. The caller frees; NULL
 * says that memory is out. */
char *given_key_kid(const struct given_key *key);
/* given_key_pem() returns the key in PEM, as given_key_kid() its name. */
char *given_key_pem(const struct given_key *key);
/* given_key_group() returns the key as it stands in an agent's `keys`, registered at `now` (0: not known) and good until `not_after` (0: for
 * ever). The caller frees; NULL says that memory is out. */
char *given_key_group(const struct given_key *key, const char *kid, int64_t now, int64_t not_after);

#endif
