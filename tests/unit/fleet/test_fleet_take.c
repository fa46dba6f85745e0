/* SPDX-License-Identifier: Apache-2.0 */
/* test_fleet_take.c: which releases a host takes. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fleet/fleet_steps.h"
#include "tests/unit/support/test.h"

/* ---- signatures --------------------------------------------------------------- */

TEST(a_release_that_enough_keys_have_signed_is_taken_once, fleet)
{
	const struct house *h = *state;

	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
	assert_string_equal(serves(h, "one"), "active");
	assert_int_equal(take_made(h), AA_OK);
	assert_int_equal(entries(h, "state/generations", ""), 2);
}

TEST(one_signature_too_few_is_refused_whoever_else_has_signed, fleet)
{
	const struct house *h = *state;
	const int others[] = {ALICE, BOB, ALICE | MALLORY, ALICE | ONCALL, MALLORY, ONCALL | MALLORY};

	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(take(h, &(struct made_release){.signers = others[i]}), AA_BAD_SIGNATURE);
	assert_int_equal(take(h, &(struct made_release){.signers = ALICE | BOB | MALLORY}), AA_OK);
}

/* Puts the second signature's place to the first one, or bends the payload: all of the text but that is as it was. */
static void bend_manifest(const struct house *h, const char *from, const char *to)
{
	char *text = house_read(h, "rel/manifest.jws"), *at = strstr(text, from), *bent;

	assert_non_null(at);
	bent = xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	write_release_file(h, "manifest.jws", bent);
	free(bent);
	free(text);
}

TEST(two_signatures_of_one_key_count_once, fleet)
{
	const struct house *h = *state;
	char *text, *end, *twice;

	make_release(h, &(struct made_release){.signers = ALICE});
	text = house_read(h, "rel/manifest.jws");
	end = strstr(text, "[{") + 1;
	twice =
	    xasprintf("%.*s%.*s,%s", (int)(end - text), text, (int)(strstr(end, "}") + 1 - end), end, end);
	write_release_file(h, "manifest.jws", twice);
	assert_int_equal(take_made(h), AA_BAD_SIGNATURE);
	free(twice);
	free(text);
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
}

TEST(a_manifest_that_was_changed_after_it_was_signed_is_refused, fleet)
{
	const struct house *h = *state;

	make_release(h, &(struct made_release){0});
	bend_manifest(h, "\"payload\":\"eyJ2", "\"payload\":\"eyJ3");
	assert_int_equal(take_made(h), AA_BAD_SIGNATURE);
	assert_int_equal(take(h, &(struct made_release){.typ = "agentauth-stop+jws"}), AA_BAD_SIGNATURE);
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
}

TEST(one_key_under_two_names_is_refused_in_fleet_conf, fleet)
{
	const struct house *h = *state;
	char *text = house_read(h, "conf/fleet.conf"), *pem = strstr(text, "pem = "), *bent;
	struct problems problems = {0};
	struct fleet_conf conf;

	assert_int_equal(fleet_conf_read(&h->paths, &problems, &conf), 0);
	fleet_conf_free(&conf);
	bent = xasprintf("release_keys = ( { name = \"carol\"; %.*s }, %s",
			 (int)(strstr(pem, "; }") + 1 - pem), pem, strchr(text, '(') + 1);
	house_write(h, "conf/fleet.conf", bent);
	assert_int_equal(fleet_conf_read(&h->paths, &problems, &conf), -1);
	assert_non_null(problem_with(&problems, "is the same key as another of this file"));
	fleet_conf_free(&conf);
	problems_free(&problems);
	free(bent);
	free(text);
}

/* ---- time -------------------------------------------------------------------------- */

TEST(a_release_that_is_older_than_what_the_host_has_had_is_refused, fleet)
{
	const struct house *h = *state;

	assert_int_equal(take(h, &(struct made_release){.number = 2}), AA_OK);
	assert_int_equal(take(h, &(struct made_release){.number = 1}), AA_REPLAYED);
	assert_int_equal(take(h, &(struct made_release){.number = 2, .expires = NOW + 90000}), AA_REPLAYED);
	assert_non_null(strstr(last_refusal, "two releases of number 2"));
	assert_int_equal(take(h, &(struct made_release){.number = 3}), AA_OK);
}

/* taken.jws may be lost, or the host killed before it was written: what serves says which release it was made of. */
TEST(a_host_that_has_lost_its_manifest_takes_nothing_older, fleet)
{
	const struct house *h = *state;

	assert_int_equal(take(h, &(struct made_release){.number = 2}), AA_OK);
	house_remove(h, "state/fleet/taken.jws");
	assert_int_equal(take(h, &(struct made_release){.number = 1}), AA_REPLAYED);
	assert_int_equal(take(h, &(struct made_release){.number = 2, .expires = NOW + 90000}), AA_REPLAYED);
	assert_int_equal(take(h, &(struct made_release){.number = 2}), AA_OK);
}

TEST(a_release_is_taken_until_it_expires_and_not_before_it_was_made, fleet)
{
	const struct house *h = *state;

	assert_int_equal(take(h, &(struct made_release){.made = NOW - 9000, .expires = NOW}), AA_EXPIRED);
	assert_int_equal(take(h, &(struct made_release){.made = NOW + 3601}), AA_NOT_YET_VALID);
	assert_int_equal(take(h, &(struct made_release){.made = NOW + 3599, .expires = NOW + 9000}), AA_OK);
	assert_int_equal(take(h, &(struct made_release){.number = 2, .made = NOW - 9000, .expires = NOW + 1}),
			 AA_OK);
}

/* ---- files ------------------------------------------------------------------------- */

static char *file_of(const char *text)
{
	char digest[AA_SHA256_HEX_SIZE];

	assert_int_equal(aa_sha256_hex(digest, text, strlen(text)), 0);
	return xasprintf("files/%s", digest);
}

TEST(a_file_that_is_not_what_was_signed_is_refused, fleet)
{
	const struct house *h = *state;
	char *one = file_of(ONE), *ids = file_of(IDS_ONE), *part = file_of(DEPLOY);
	const char *const files[] = {one, ids, part};

	for (size_t i = 0; i < COUNT(files); i++) {
		make_release(h, &(struct made_release){0});
		write_release_file(h, files[i], "uid = 70002;\n");
		assert_int_equal(take_made(h), AA_MALFORMED);
		assert_non_null(strstr(last_refusal, "is not what was signed"));
	}
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
	free(one);
	free(ids);
	free(part);
}

TEST(links_fifos_missing_and_huge_files_are_refused, fleet)
{
	const struct house *h = *state;
	char *one = file_of(ONE), *path = xasprintf("%s/rel/%s", h->root, one);

	make_release(h, &(struct made_release){0});
	assert_int_equal(unlink(path), 0);
	assert_int_equal(take_made(h), AA_MALFORMED);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(take_made(h), AA_MALFORMED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(take_made(h), AA_MALFORMED);
	assert_int_equal(unlink(path), 0);
	write_release_file(h, one, ONE);
	assert_int_equal(truncate(path, 1024 * 1024 + 1), 0);
	assert_int_equal(take_made(h), AA_OVERSIZE);
	write_release_file(h, one, ONE);
	assert_int_equal(take_made(h), AA_OK);
	free(path);
	free(one);
}

TEST(a_huge_manifest_is_refused_before_it_is_read, fleet)
{
	const struct house *h = *state;
	char *path = xasprintf("%s/rel/manifest.jws", h->root);

	make_release(h, &(struct made_release){0});
	assert_int_equal(truncate(path, (off_t)RELEASE_MANIFEST_MAX + 1), 0);
	assert_int_equal(take_made(h), AA_OVERSIZE);
	free(path);
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
}

TEST(what_is_no_manifest_is_refused, fleet)
{
	const struct house *h = *state;
	const struct made_release bad[] = {
	    {.more = ", \"force\": true"},
	    {.number = -1},
	    {.labels = "[\"Web\"]"},
	    {.labels = "\"web\""},
	    {.files = {{"agents.d/../one.conf", ONE}}},
	    {.files = {{"agents.d/one", ONE}}},
	    {.files = {{"agents.d/root/one.conf", ONE}}},
	    {.files = {{"labels/../agents.d/one.conf", ONE}}},
	    {.files = {{"sudoers", ONE}}},
	    {.made = NOW, .expires = NOW - 1},
	    {.main_text = "host = { audience = [ \"ssh://mine\" ]; };"},
	    {.main_text = "roles = ("},
	    {.ids = "use agent one\n"},
	};
	const char *const texts[] = {"", "{}", "[]", "{\"payload\":\"e30\",\"signatures\":[]}",
				     "{\"payload\":\"e30\",\"signatures\":[{}]}"};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(take(h, &bad[i]), AA_MALFORMED);
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_release_file(h, "manifest.jws", texts[i]);
		assert_int_equal(take_made(h), i == 3 ? AA_BAD_SIGNATURE : AA_MALFORMED);
	}
	assert_int_equal(take(h, &(struct made_release){.labels = NULL}), AA_OK);
}

/* ---- labels ------------------------------------------------------------------------ */

TEST(a_release_for_hosts_of_other_labels_is_refused, fleet)
{
	const struct house *h = *state;

	assert_int_equal(take(h, &(struct made_release){.labels = "[\"web\"]"}), AA_WRONG_AUDIENCE);
	write_fleet_conf(h, "labels = [ \"db\" ];");
	assert_int_equal(take(h, &(struct made_release){.labels = "[\"web\"]"}), AA_WRONG_AUDIENCE);
	write_fleet_conf(h, "labels = [ \"db\", \"web\" ];");
	assert_int_equal(take(h, &(struct made_release){.labels = "[\"web\", \"edge\"]"}), AA_OK);
}

TEST(an_agent_has_the_text_of_the_hosts_first_label_that_has_one, fleet)
{
	const struct house *h = *state;
	const struct made_release made = {
	    .files = {{"agents.d/one.conf", ONE},
		      {"labels/web/agents.d/one.conf", "uid = 70001; description = \"web\";\n"},
		      {"labels/db/agents.d/one.conf", "uid = 70001; description = \"db\";\n"},
		      {"labels/db/agents.d/two.conf", "uid = 70002;\n"}},
	    .ids = IDS_ONE "hold agent two 70002 2027-01-01T00:00:00Z\n"};
	char *text;

	write_fleet_conf(h, "labels = [ \"edge\", \"web\", \"db\" ];");
	assert_int_equal(take(h, &made), AA_OK);
	text = house_read(h, "conf/agents.d/one.conf");
	assert_non_null(strstr(text, "\"web\""));
	free(text);
	assert_string_equal(serves(h, "two"), "active");
	write_fleet_conf(h, "");
	assert_int_equal(take_made(h), AA_OK);
	text = house_read(h, "conf/agents.d/one.conf");
	assert_string_equal(text, ONE);
	free(text);
}
