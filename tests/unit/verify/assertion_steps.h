/* SPDX-License-Identifier: Apache-2.0 */
/* assertion_steps.h: assertions as an attacker would bend them. */
#ifndef AGENTAUTH_TESTS_ASSERTION_STEPS_H
#define AGENTAUTH_TESTS_ASSERTION_STEPS_H

#include "tests/unit/support/expect.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

#define KEY support_key(AA_ALG_ES256, 0)
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k1\"}"

char *payload_text(void);
/* The good payload under any header, signed as ES256 with the right key. */
char *with_header(const char *header);
char *with_payload(const char *payload);
void put_keys(struct support_site *site, enum aa_alg alg);

struct on_thread {
	const struct support_site *site;
	char *token;
	enum aa_reason reason;
};

enum aa_reason on_small_stack(const struct support_site *site, char *token);
enum aa_reason with_nonce(const struct support_site *site, const char *prompted, const char *carried);

#endif
