/* SPDX-License-Identifier: Apache-2.0 */
/* key_forms.h makes the forms of the text's public keys that the records hold. */
#ifndef AGENTAUTHCTL_KEY_FORMS_H
#define AGENTAUTHCTL_KEY_FORMS_H

#include <stdbool.h>
#include <stddef.h>

struct key_forms {
	char thumbprint[44]; /* empty where it was not asked for */
	char *jwk;	     /* JSON */
	char *ssh;	     /* TYPE BASE64 */
	int rsa_bits;	     /* 0: it is of another kind */
};

/* A key_memo keeps keys that were converted before, since many agents may share one, and converting takes most of the
 * time. Each thread has its own. */
struct key_memo;
struct key_memo *key_memo_new(void);
void key_memo_free(struct key_memo *memo);

/* key_memo_get() returns the forms of a key in PEM, which stay the memo's, until the next call. It returns NULL for a
 * key that is refused, and `why` has the rest of a sentence. */
const struct key_forms *key_memo_get(struct key_memo *memo, const char *pem, bool with_thumbprint, char *why,
				     size_t size);

#endif
