/* SPDX-License-Identifier: Apache-2.0 */
/* token_steps.h: a stand-in for an identity provider, whose first folder of a path says how it behaves, and profiles for it. */
#ifndef AGENTAUTH_TESTS_TOKEN_STEPS_H
#define AGENTAUTH_TESTS_TOKEN_STEPS_H

#include <stdlib.h>

#include <jansson.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/oauth/token_source.h"

#define JWT_LOOKS "e30.e30."

/* The i-th character of a long token, which is a JWT by its looks. */
char long_token_at(size_t i);

extern struct output o;
char *config_text(const char *name, const char *more);

#define SECRET "client_secret = { env = \"IDP_SECRET\"; }; "

void write_config(const char *name, const char *more);

#define RUN(...) run_command(&o, &command_token, "", 0, (const char *const[]){__VA_ARGS__, NULL})

/* agentauth token, with a profile for the provider that behaves like `name`. */
void run_for(const char *name);
void assert_fails(const char *said);
void assert_prints(const char *token);
/* At a time of the test's own. NULL: it failed. Static. */
const char *token_at(const char *name, const char *more, struct token_wish wish, int64_t now);

static const struct token_wish any, fresh = {.fresh = true}, once = {.fresh = true, .once = true},
				    login = {.login = true};

extern const struct test_fixture fixture_provider;
/* The one file of the cache that is no lock. */
const char *cache_file(void);
void write_key(enum aa_alg alg);
/* The claims of an assertion in a form, after its signature was checked with HOME/key.pem. */
json_t *sent_assertion(const char *form, const char *name, const char *kid);

#define DEVICE "grant = \"device_code\"; "

/* The form that the last request to /plain/token had. */
const char *sent_to(const char *path, const char *name);

#endif
