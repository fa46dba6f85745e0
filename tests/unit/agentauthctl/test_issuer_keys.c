/* SPDX-License-Identifier: Apache-2.0 */
/* test_issuer_keys.c: key sets as they are published and as they lie here; fetching them is told in
 * issuer.bats. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/list.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/keys/key_fetch.h"
#include "tools/agentauthctl/keys/key_set.h"
#include "tools/agentauthctl/keys/key_store.h"
#include "tools/cli/alloc.h"

/* ---- a set ------------------------------------------------------------------------------- */

/* The kids that can be used, in their order; the caller frees. NULL: the set is refused, for this reason. */
static char *usable(const char *text, json_t *skipped, char *why, size_t size)
{
	json_t *set = keys_usable(text, strlen(text), skipped, why, size), *key;
	struct buffer b = {0};
	size_t i;

	if (!set)
		return NULL;
	json_array_foreach(json_object_get(set, "keys"), i, key)
	{
		const char *kid = json_string_value(json_object_get(key, "kid"));

		buffer_printf(&b, "%s%s", i ? " " : "", kid ? kid : "-");
	}
	json_decref(set);
	return buffer_take(&b);
}

/* A JWKS of keys and of what else is given as JSON. */
static char *set_with(const char *more)
{
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 0), "e1", support_key(AA_ALG_ES256, 0));
	char *text, *all;

	text = json_dumps(json_object_get(jwks, "keys"), JSON_COMPACT);
	text[strlen(text) - 1] = '\0';
	all = xasprintf("{\"keys\":%s%s%s]}", text, *more ? "," : "", more);
	json_decref(jwks);
	free(text);
	return all;
}

static void check_set(const char *more, const char *kids, size_t n_skipped, const char *why_skipped)
{
	json_t *skipped = json_array();
	char why[256], *text = set_with(more), *found = usable(text, skipped, why, sizeof(why));

	assert_non_null(found);
	assert_string_equal(found, kids);
	assert_int_equal(json_array_size(skipped), n_skipped);
	if (n_skipped) {
		const char *said = json_string_value(json_object_get(json_array_get(skipped, 0), "why"));

		if (!strstr(said, why_skipped))
			fail_msg("left out because \"%s\", and not because of \"%s\"", said, why_skipped);
	}
	json_decref(skipped);
	free(found);
	free(text);
}

TEST(keys_that_cannot_be_used_are_left_out_by_name)
{
	check_set("", "r1 e1", 0, NULL);
	check_set("{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"AAAA\"}", "r1 e1", 1, "private or secret");
	check_set("{\"kty\":\"RSA\",\"kid\":\"enc\",\"use\":\"enc\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "r1 e1",
		  1, "not for verifying");
	check_set("{\"kty\":\"RSA\",\"kid\":\"weak\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "r1 e1", 1, "too weak");
	check_set("{\"kty\":\"X\"}", "r1 e1", 1, "not for verifying");
	check_set("7,null,[]", "r1 e1", 3, "cannot be read");
}

TEST(two_keys_of_one_kid_are_both_left_out)
{
	json_t *twin = support_jwks("r1", support_key(AA_ALG_RS256, 1));
	char *text = json_dumps(json_array_get(json_object_get(twin, "keys"), 0), JSON_COMPACT);

	check_set(text, "e1", 2, "the same kid");
	json_decref(twin);
	free(text);
}

/* Listed again for another algorithm, it is no second key: both entries stay, and the token's header picks. */
TEST(a_key_that_is_listed_for_each_algorithm_stays)
{
	json_t *again = support_jwks("r1", support_key(AA_ALG_RS256, 0));
	json_t *jwk = json_array_get(json_object_get(again, "keys"), 0);
	char *text;

	json_object_set_new(jwk, "alg", json_string("PS256"));
	json_object_set_new(jwk, "use", json_null());
	text = json_dumps(jwk, JSON_COMPACT);
	check_set(text, "r1 e1 r1", 0, NULL);
	json_decref(again);
	free(text);
}

TEST(only_what_logins_read_is_kept)
{
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 0)), *skipped = json_array(), *set, *key;
	char *text, why[256];

	key = json_array_get(json_object_get(jwks, "keys"), 0);
	json_object_set_new(key, "x5c", json_pack("[s]", "MIIB"));
	json_object_set_new(key, "issuer", json_string("https://x"));
	json_object_set_new(key, "alg", json_string("RS256"));
	json_object_set_new(key, "use", json_string("sig"));
	text = json_dumps(jwks, 0);
	set = keys_usable(text, strlen(text), skipped, why, sizeof(why));
	assert_non_null(set);
	json_object_del(key, "x5c");
	json_object_del(key, "issuer");
	assert_true(json_equal(json_array_get(json_object_get(set, "keys"), 0), key));
	json_decref(set);
	json_decref(jwks);
	json_decref(skipped);
	free(text);
}

TEST(what_is_no_set_is_refused_in_words)
{
	static const char *const texts[][2] = {
	    {"", "no JSON object"},
	    {"  <!doctype html>", "HTML"},
	    {"{\"keys\":[", "no JSON object"},
	    {"[]", "no JSON object"},
	    {"{}", "no array \"keys\""},
	    {"{\"keys\":7}", "no array \"keys\""},
	    {"{\"keys\":[]}", "no key that can be used"},
	    {"{\"keys\":[],\"keys\":[]}", "no JSON object"},
	    {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "no key that can be used"},
	};
	json_t *skipped = json_array();
	char why[256], *found;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		found = usable(texts[i][0], skipped, why, sizeof(why));
		assert_null(found);
		if (!strstr(why, texts[i][1]))
			fail_msg("%s: \"%s\" does not say \"%s\"", texts[i][0], why, texts[i][1]);
	}
	json_decref(skipped);
}

/* ---- what is here ------------------------------------------------------------------------------ */

struct here {
	struct support_site *site;
	struct key_store store;
	struct aa_issuer issuer;
};

static const char *both[] = {"RS256", "ES256"};

static void age(struct here *h, int64_t seconds)
{
	const struct timespec times[2] = {{NOW - seconds, 0}, {NOW - seconds, 0}};

	assert_int_equal(utimensat(AT_FDCWD, support_path(h->site->keysdir, "corp"), times, 0), 0);
}

static bool is_due(struct here *h, int64_t max_age, int64_t seconds)
{
	h->issuer.jwks_max_age = max_age;
	age(h, seconds);
	return keys_are_due(&h->store, &h->issuer);
}

static int setup(void **state)
{
	struct here *h = xcalloc(1, sizeof(*h));
	json_t *set;

	h->site = support_site_new(NOW);
	h->store = (struct key_store){.statedir = h->site->statedir, .owner = geteuid(), .now = NOW};
	h->issuer = (struct aa_issuer){
	    .name = "corp", .issuer = SITE_ISSUER, .jwks_max_age = 86400, .algorithms = {2, both}};
	set = support_jwks("r1", support_key(AA_ALG_RS256, 0), "e1", support_key(AA_ALG_ES256, 2));
	json_object_set_new(set, "issuer", json_string(SITE_ISSUER));
	support_write_keys(h->site, "corp", set, NOW);
	json_decref(set);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct here *h = *state;

	support_site_free(h->site);
	free(h);
	return 0;
}

FIXTURE(here, setup, teardown);

TEST(keys_are_due_after_an_hour_or_a_quarter_of_their_age, here)
{
	struct here *h = *state;

	assert_false(is_due(h, 86400, 0));
	assert_false(is_due(h, 86400, 3599));
	assert_true(is_due(h, 86400, 3600));
	assert_false(is_due(h, 600, 149));
	assert_true(is_due(h, 600, 150));
	assert_true(is_due(h, 86400, -1)); /* from the future: the clock went back */
}

/* A version before wrote sets without a name, which the next issuer of that name would take for its own. */
TEST(keys_that_do_not_say_whose_they_are_are_due, here)
{
	struct here *h = *state;
	json_t *set = support_jwks("r1", support_key(AA_ALG_RS256, 0), "e1", support_key(AA_ALG_ES256, 2));
	int dir = keys_open_dir(&h->store);
	char *etag;

	support_write_keys(h->site, "corp", set, NOW);
	keys_write_etag(&h->store, &h->issuer, dir, "https://k", "\"1\"");
	assert_true(is_due(h, 86400, 0));
	assert_true(keys_state(&h->store, &h->issuer, NULL).there);
	assert_null(keys_read_etag(&h->store, &h->issuer, dir, "https://k"));
	assert_int_equal(keys_write(&h->store, &h->issuer, dir, set), 0);
	assert_false(is_due(h, 86400, 0));
	etag = keys_read_etag(&h->store, &h->issuer, dir, "https://k");
	assert_string_equal(etag, "\"1\"");
	free(etag);
	json_decref(set);
	close(dir);
}

TEST(keys_that_are_not_here_are_due_and_a_file_never_is, here)
{
	struct here *h = *state;
	struct keys_state s;

	assert_false(is_due(h, 86400, 0));
	assert_int_equal(unlink(support_path(h->site->keysdir, "corp")), 0);
	assert_true(keys_are_due(&h->store, &h->issuer));
	s = keys_state(&h->store, &h->issuer, NULL);
	assert_false(s.there);
	assert_int_equal(s.stale, 0);
	h->issuer.jwks_file = "/nonexistent";
	assert_false(keys_are_due(&h->store, &h->issuer));
}

TEST(what_is_here_says_how_many_and_until_when, here)
{
	struct here *h = *state;
	struct keys_state s;

	age(h, 100);
	s = keys_state(&h->store, &h->issuer, NULL);
	assert_true(s.there);
	assert_int_equal(s.usable, 2);
	assert_int_equal(s.fetched, NOW - 100);
	assert_int_equal(s.stale, NOW - 100 + 86400);
	assert_int_equal(chmod(support_path(h->site->keysdir, "corp"), 0666), 0);
	s = keys_state(&h->store, &h->issuer, NULL); /* a login would not believe it either */
	assert_false(s.there);
}

static void check_count(struct here *h, size_t count, const char *left_out, const char *why)
{
	json_t *skipped = json_array();
	struct keys_state s = keys_state(&h->store, &h->issuer, skipped);
	const json_t *one = json_array_get(skipped, 0);

	assert_int_equal(s.usable, count);
	assert_int_equal(json_array_size(skipped), left_out ? 1 : 0);
	if (left_out) {
		assert_member(one, "kid", left_out);
		assert_non_null(strstr(json_string_value(json_object_get(one, "why")), why));
	}
	json_decref(skipped);
}

/* The set of the site has r1 for RS256 and e1 for ES256. */
TEST(keys_are_counted_as_the_algorithms_admit_them, here)
{
	static const char *rs[] = {"RS256", "PS256"}, *es[] = {"ES256"};
	struct here *h = *state;
	json_t *set = support_jwks("r1", support_key(AA_ALG_RS256, 0), "e1", support_key(AA_ALG_ES256, 2));
	support_write_keys(h->site, "corp", set, NOW);
	check_count(h, 2, NULL, NULL);
	h->issuer.algorithms = (struct aa_list){2, rs};
	check_count(h, 1, "e1", "it is for ES256, and the issuer's algorithms are RS256, PS256");
	h->issuer.algorithms = (struct aa_list){1, es};
	check_count(h, 1, "r1", "agentauthctl issuer set corp --algorithm RS256 admits it");
	/* A key's own alg counts: this one is for RS512 alone. */
	h->issuer.algorithms = (struct aa_list){2, rs};
	json_object_set_new(json_array_get(json_object_get(set, "keys"), 0), "alg", json_string("RS512"));
	json_array_remove(json_object_get(set, "keys"), 1);
	support_write_keys(h->site, "corp", set, NOW);
	check_count(h, 0, "r1", "it is for RS512");
	json_decref(set);
}

/* What an issuer that was taken away left behind is not the next one's that has its name. */
TEST(keys_of_another_issuer_of_the_name_are_not_here, here)
{
	struct here *h = *state;
	json_t *set = support_jwks("r1", support_key(AA_ALG_RS256, 0), "e1", support_key(AA_ALG_ES256, 2));

	json_object_set_new(set, "issuer", json_string(SITE_ISSUER));
	support_write_keys(h->site, "corp", set, NOW);
	assert_true(keys_state(&h->store, &h->issuer, NULL).there);
	json_object_set_new(set, "issuer", json_string("https://former.example.com"));
	support_write_keys(h->site, "corp", set, NOW);
	assert_false(keys_state(&h->store, &h->issuer, NULL).there);
	keys_forget(&h->store, "corp");
	assert_int_equal(access(support_path(h->site->keysdir, "corp"), F_OK), -1);
	json_decref(set);
}

TEST(a_file_is_checked_and_not_copied, here)
{
	struct here *h = *state;
	struct keys_result result;
	char path[256];

	snprintf(path, sizeof(path), "%s", support_path(h->site->keysdir, "corp"));
	h->issuer.name = "filed";
	h->issuer.jwks_file = path;
	keys_refresh(&h->store, &h->issuer, &result);
	assert_int_equal(result.outcome, KEYS_SAME);
	assert_int_equal(result.usable, 2);
	assert_int_equal(access(support_path(h->site->keysdir, "filed"), F_OK), -1);
	keys_result_free(&result);
	h->issuer.jwks_file = "/nonexistent/keys.json";
	keys_refresh(&h->store, &h->issuer, &result);
	assert_int_equal(result.outcome, KEYS_FAILED);
	assert_non_null(strstr(result.why, "it is not there"));
	keys_result_free(&result);
}
