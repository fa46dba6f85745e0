/* SPDX-License-Identifier: Apache-2.0 */
/* test_issuer_block.c: the blocks that are written for identity providers, against the verification that reads them. */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/agentauthctl/issuer_sample.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/record.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

BEFORE_ALL(list_samples)
{
	char *path = xasprintf("%s/unit/providers", TEST_SRCDIR);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".json"))
			files[n_files++] = xstrdup(entry->d_name);
	closedir(dir);
	free(path);
	qsort(files, n_files, sizeof(*files), compare_names);
	assert_true(n_files >= 16);
}

AFTER_ALL(forget_samples)
{
	while (n_files)
		free(files[--n_files]);
}

static void for_each_sample(void (*check)(struct sample *))
{
	for (size_t i = 0; i < n_files; i++) {
		struct sample s = {0};

		open_sample(&s, files[i]);
		check(&s);
		close_sample(&s);
	}
}

static void accept_sample(struct sample *s)
{
	check_bent(s, json_pack("{s:s, s:s}", "what", "as it is", "reason", "ok"));
}

TEST(a_token_of_each_provider_is_accepted_with_the_block_that_is_written)
{
	for_each_sample(accept_sample);
}

static void bend_as_the_sample_says(struct sample *s)
{
	json_t *bends = json_object_get(s->json, "bends"), *how;
	size_t i;

	if (json_array_size(bends) < 3)
		fail_msg("%s has fewer than three bends", s->file);
	json_array_foreach(bends, i, how)
	{
		check_verdict(s, how, sign(s, how, 0));
	}
}

TEST(what_is_particular_of_a_provider_is_told_apart)
{
	for_each_sample(bend_as_the_sample_says);
}

static json_t *one_bent(const char *what, const char *reason, const char *claim, json_t *value)
{
	return json_pack("{s:s, s:s, s:{s:o}}", "what", what, "reason", reason, "set", claim, value);
}

static json_t *one_gone(const char *what, const char *reason, const char *claim)
{
	return json_pack("{s:s, s:s, s:[s]}", "what", what, "reason", reason, "unset", claim);
}

static void bend_time(struct sample *s)
{
	int64_t most = json_integer_value(json_object_get(s->issuer, "max_token_ttl"));
	json_t *how;

	how = one_bent("expired, beyond the skew", "expired", "exp", json_integer(NOW - 30));
	json_object_set_new(json_object_get(how, "set"), "iat", json_integer(NOW - 300));
	json_object_set_new(json_object_get(how, "set"), "nbf", json_integer(NOW - 300));
	check_bent(s, how);
	check_bent(s, one_gone("without an end", "claim_required", "exp"));
	check_bent(s, one_bent("an end that is text", "malformed", "exp", json_string("never")));
	how = one_bent("from later on", "not_yet_valid", "nbf", json_integer(NOW + 31));
	json_object_set_new(json_object_get(how, "set"), "exp", json_integer(NOW + 60));
	check_bent(s, how);
	check_bent(s, one_bent("longer than the issuer's tokens live", "lifetime_too_long", "exp",
			       json_integer(NOW - 10 + most + 1)));
}

static void bend_names(struct sample *s)
{
	const char *client = asked(s->issuer, "client_claim"), *iss = asked(s->issuer, "issuer");
	char *other = xasprintf("%s/", iss), *shorter = xstrndup(iss, strlen(iss) - 1);

	check_bent(s,
		   one_bent("another issuer, one slash longer", "unknown_issuer", "iss", json_string(other)));
	check_bent(
	    s, one_bent("another issuer, one letter shorter", "unknown_issuer", "iss", json_string(shorter)));
	check_bent(s, one_gone("no issuer", "claim_required", "iss"));
	check_bent(s,
		   one_bent("for another", "wrong_audience", "aud", json_string("ssh://web02.example.com")));
	check_bent(s, one_gone("for nobody", "claim_required", "aud"));
	check_bent(s, one_bent("another client", "wrong_subject", client, json_string("intruder")));
	check_bent(s, one_bent("a client that is a number", "malformed", client, json_integer(7)));
	check_bent(s, one_gone("no client", "claim_required", client));
	free(other);
	free(shorter);
}

static void bend_require(struct sample *s)
{
	json_t *rules = json_object_get(s->issuer, "require"), *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		check_bent(s, one_bent("a required claim with another value", "claim_required",
				       asked(rule, "claim"), json_string("x")));
		check_bent(s,
			   one_gone("a required claim is missing", "claim_required", asked(rule, "claim")));
	}
	if (strcmp(asked(s->issuer, "reuse"), "once") == 0)
		check_bent(s, one_gone("no jti, where tokens are used once", "claim_required", "jti"));
}

static void bend_header(struct sample *s)
{
	static const char *const types[] = {"logout+jwt", "dpop+jwt", "id_token", "secevent+jwt"};
	json_t *how;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		check_bent(s, json_pack("{s:s, s:s, s:{s:s}}", "what", types[i], "reason", "wrong_type",
					"header", "typ", types[i]));
	check_bent(s, json_pack("{s:s, s:s, s:{s:s}}", "what", "a key that the set lacks", "reason",
				"unknown_key", "header", "kid", "k9"));
	check_bent(s, json_pack("{s:s, s:s, s:{s:s}}", "what", "an algorithm that the issuer does not use",
				"reason", "alg_not_allowed", "header", "alg", "RS512"));
	how = json_pack("{s:s, s:s}", "what", "signed by somebody else", "reason", "bad_signature");
	check_verdict(s, how, sign(s, how, 1));
	json_decref(how);
}

static void refuse_bent(struct sample *s)
{
	bend_time(s);
	bend_names(s);
	bend_require(s);
	bend_header(s);
}

TEST(a_token_of_each_provider_is_refused_with_one_thing_bent)
{
	for_each_sample(refuse_bent);
}

/* A binding without the subject takes nobody's token for the agent's own. */
static void forget_subject(struct sample *s)
{
	json_t *agent = support_record(s->site, "agent:builder-7");
	json_t *binding = json_array_get(json_object_get(agent, "bindings"), 0);
	const char *sub = asked(json_object_get(s->json, "claims"), "sub");

	if (!json_object_get(binding, "subject") || strcmp(asked(s->json, "kind"), "token") != 0)
		return;
	assert_string_equal(asked(binding, "subject"), sub);
	json_object_del(binding, "subject");
	support_site_publish(s->site);
	check_bent(s, json_pack("{s:s, s:s}", "what", "without the binding's subject", "reason",
				"delegation_denied"));
}

TEST(without_its_subject_a_binding_fails_closed)
{
	for_each_sample(forget_subject);
}
