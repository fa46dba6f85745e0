/* SPDX-License-Identifier: Apache-2.0 */
/* assertion_steps.c: see assertion_steps.h. */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>

#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/assertion_steps.h"

char *payload_text(void)
{
	json_t *claims = support_assertion_claims("builder-7", NOW);
	char *text = json_dumps(claims, JSON_COMPACT);

	json_decref(claims);
	return text;
}

char *with_header(const char *header)
{
	char *payload = payload_text(), *token = support_sign_text(header, payload, AA_ALG_ES256, KEY);

	free(payload);
	return token;
}

char *with_payload(const char *payload)
{
	return support_sign_text(HEADER, payload, AA_ALG_ES256, KEY);
}

void put_keys(struct support_site *site, enum aa_alg alg)
{
	const struct aa_key *key = aa_private_key_public(support_key(alg, 0));
	char *ssh = NULL;

	assert_int_equal(aa_key_to_ssh(key, &ssh), AA_JOSE_OK);
	json_object_set_new(support_record(site, "agent:builder-7"), "keys",
			    json_pack("[{s:s, s:o, s:s, s:s}]", "kid", "k1", "jwk", aa_key_to_jwk(key), "ssh",
				      ssh, "state", "active"));
	support_site_publish(site);
	free(ssh);
}

static void *verify_on_thread(void *data)
{
	struct on_thread *t = data;

	t->reason = support_reason(t->site, NOW, t->token);
	return NULL;
}

enum aa_reason on_small_stack(const struct support_site *site, char *token)
{
	struct on_thread t = {site, token, AA_INTERNAL};
	pthread_attr_t attr;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attr), 0);
#if defined(__SANITIZE_ADDRESS__)
	assert_int_equal(pthread_attr_setstacksize(&attr, 512 * 1024), 0); /* its red zones are not ours */
#else
	assert_int_equal(pthread_attr_setstacksize(&attr, 64 * 1024), 0);
#endif
	assert_int_equal(pthread_create(&thread, &attr, verify_on_thread, &t), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	return t.reason;
}

enum aa_reason with_nonce(const struct support_site *site, const char *prompted, const char *carried)
{
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;
	enum aa_reason reason;

	login.nonce = prompted;
	support_verify(site, &login, support_bent_assertion(NOW, "nonce", carried), &v);
	reason = v.reason;
	aa_verdict_clear(&v);
	return reason;
}
