/* SPDX-License-Identifier: Apache-2.0 */
/* test_fleet_stops.c: whose stops a host takes, what it keeps of them, and what ends them. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/jose/jws_general.h"
#include "tests/unit/fleet/fleet_steps.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/fleet/stop_store.h"

#define STOP(kind, value) \
	"{\"version\":1,\"kind\":\"" kind "\",\"value\":\"" value "\",\"made\":\"2027-01-15T08:00:00Z\"}"

static void make_folder(const struct house *h, const char *name)
{
	char *path = xasprintf("%s/%s", h->root, name);

	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
	free(path);
}

/* Writes a statement into the carrier's folder; `name` NULL: under its right name. The payload's digest is *ret_id. */
static void put_stop(const struct house *h, const char *payload, int signers, const char *typ,
		     const char *name, char ret_id[AA_SHA256_HEX_SIZE])
{
	char digest[AA_SHA256_HEX_SIZE], *text = signed_text(payload, signers, typ), *path;

	make_folder(h, "rel");
	make_folder(h, "rel/stops");
	assert_int_equal(aa_sha256_hex(digest, text, strlen(text)), 0);
	assert_int_equal(aa_sha256_hex(ret_id, payload, strlen(payload)), 0);
	path = xasprintf("stops/%s.jws", name ? name : digest);
	write_release_file(h, path, text);
	free(path);
	free(text);
}

static void remove_stops(const struct house *h)
{
	char *command = xasprintf("rm -rf %s/rel/stops", h->root);

	assert_int_equal(system(command), 0);
	free(command);
}

static struct fleet_refusal last;

/* What the host keeps after a look into the carrier's folder; *ret_refused counts what was not taken. */
static struct stops gather(const struct house *h, int *ret_taken, size_t *ret_refused)
{
	char *dir = xasprintf("%s/rel", h->root);
	struct problems problems = {0};
	struct fleet_conf conf;
	struct stops stops;
	int fd;

	last = (struct fleet_refusal){0};
	make_folder(h, "rel");
	assert_int_equal(fleet_conf_read(&h->paths, &problems, &conf), 0);
	assert_int_equal(source_open(dir, &fd), 0);
	assert_int_equal(stop_store_read(h->state, geteuid(), &stops), 0);
	*ret_taken = stops_gather(&conf, fd, h->state, false, &stops, ret_refused, &last);
	fleet_conf_free(&conf);
	close(fd);
	free(dir);
	return stops;
}

/* Tells whether the host shuts out an agent of this name, role and owner. */
static bool shuts_out(const struct house *h, const char *name, const char *role, const char *owner)
{
	const struct aa_agent agent = {.name = name, .owner = owner, .roles = {1, &role}};
	struct stops stops;
	bool out;

	assert_int_equal(stop_store_read(h->state, geteuid(), &stops), 0);
	out = stops_of(&stops, &agent) != NULL;
	stops_free(&stops);
	return out;
}

static void expect(const struct house *h, int taken, size_t refused)
{
	struct stops stops;
	size_t n_refused;
	int n;

	stops = gather(h, &n, &n_refused);
	assert_int_equal(n, taken);
	assert_int_equal(n_refused, refused);
	stops_free(&stops);
}

TEST(a_stop_of_a_stop_key_holds_and_stays_when_the_carrier_forgets_it, fleet)
{
	const struct house *h = *state;
	char id[AA_SHA256_HEX_SIZE];

	assert_false(shuts_out(h, "one", "deploy", NULL));
	put_stop(h, STOP("agent", "one"), ONCALL, STOP_TYP, NULL, id);
	expect(h, 1, 0);
	assert_true(shuts_out(h, "one", "deploy", NULL));
	assert_false(shuts_out(h, "two", "deploy", NULL));
	remove_stops(h);
	expect(h, 0, 0);
	assert_true(shuts_out(h, "one", "deploy", NULL));
}

TEST(nobody_but_a_stop_key_stops, fleet)
{
	const struct house *h = *state;
	const int others[] = {MALLORY, ALICE, ALICE | BOB};
	char id[AA_SHA256_HEX_SIZE];

	for (size_t i = 0; i < COUNT(others); i++) {
		remove_stops(h);
		put_stop(h, STOP("all", ""), others[i], STOP_TYP, NULL, id);
		expect(h, 0, 1);
		assert_int_equal(last.reason, AA_BAD_SIGNATURE);
	}
	remove_stops(h);
	put_stop(h, STOP("agent", "one"), ONCALL, RELEASE_TYP, NULL, id);
	expect(h, 0, 1);
	assert_int_equal(last.reason, AA_BAD_SIGNATURE);
	assert_false(shuts_out(h, "one", "deploy", NULL));
}

TEST(stops_choose_by_name_role_owner_or_all, fleet)
{
	const struct house *h = *state;
	char id[AA_SHA256_HEX_SIZE];

	put_stop(h, STOP("role", "deploy"), ONCALL, STOP_TYP, NULL, id);
	expect(h, 1, 0);
	assert_true(shuts_out(h, "one", "deploy", NULL));
	assert_false(shuts_out(h, "one", "deploy-2", NULL));
	put_stop(h, STOP("owner", "alice"), ONCALL, STOP_TYP, NULL, id);
	expect(h, 1, 0);
	assert_true(shuts_out(h, "two", "read", "alice@example.com"));
	assert_false(shuts_out(h, "two", "read", "alicent@example.com"));
	put_stop(h, "{\"version\":1,\"kind\":\"all\",\"made\":\"2027-01-15T08:00:00Z\"}", ONCALL, STOP_TYP,
		 NULL, id);
	expect(h, 1, 0);
	assert_true(shuts_out(h, "three", "read", NULL));
}

TEST(a_stop_ends_by_a_lift_that_as_many_have_signed_as_a_release_needs, fleet)
{
	const struct house *h = *state;
	char id[AA_SHA256_HEX_SIZE], lift_id[AA_SHA256_HEX_SIZE], *lift;

	put_stop(h, STOP("agent", "one"), ONCALL, STOP_TYP, NULL, id);
	expect(h, 1, 0);
	lift = xasprintf(STOP("lift", "%s"), id);
	put_stop(h, lift, ALICE, LIFT_TYP, NULL, lift_id);
	expect(h, 0, 0); /* it waits for the second person */
	put_stop(h, lift, ONCALL, LIFT_TYP, NULL, lift_id);
	expect(h, 0, 1);
	put_stop(h, lift, ALICE | BOB, STOP_TYP, NULL, lift_id);
	expect(h, 0, 2);
	assert_true(shuts_out(h, "one", "deploy", NULL));
	remove_stops(h);
	put_stop(h, lift, ALICE | BOB, LIFT_TYP, NULL, lift_id);
	expect(h, 1, 0);
	assert_false(shuts_out(h, "one", "deploy", NULL));
	/* Brought once more, and in a file that is written otherwise. */
	put_stop(h, STOP("agent", "one"), ONCALL, STOP_TYP, NULL, id);
	put_stop(h, STOP("agent", "one"), ONCALL | MALLORY, STOP_TYP, NULL, id);
	expect(h, 0, 0);
	assert_false(shuts_out(h, "one", "deploy", NULL));
	/* A later stop is another one. */
	put_stop(h, "{\"version\":1,\"kind\":\"agent\",\"value\":\"one\",\"made\":\"2027-01-16T08:00:00Z\"}",
		 ONCALL, STOP_TYP, NULL, id);
	expect(h, 1, 0);
	assert_true(shuts_out(h, "one", "deploy", NULL));
	free(lift);
}

TEST(what_is_no_stop_is_refused_and_holds_up_no_other, fleet)
{
	const struct house *h = *state;
	const char *const bad[] = {
	    "{}",
	    STOP("agent", "../one"),
	    STOP("agent", ""),
	    STOP("all", "one"),
	    STOP("sudo", "one"),
	    STOP("role", "Deploy"),
	    STOP("lift", "one"),
	    STOP("kid", "a\\nb"),
	    "{\"version\":2,\"kind\":\"agent\",\"value\":\"one\",\"made\":\"2027-01-15T08:00:00Z\"}",
	    "{\"version\":1,\"kind\":\"agent\",\"value\":\"one\"}",
	    "{\"version\":1,\"kind\":\"agent\",\"value\":\"one\",\"made\":\"2027-01-15T08:00:00Z\",\"only\":"
	    "\"web\"}",
	    "{\"version\":1,\"kind\":\"agent\",\"value\":\"one\",\"made\":\"2027-01-15T08:00:00Z\",\"why\":"
	    "7}",
	};
	char id[AA_SHA256_HEX_SIZE], name[AA_SHA256_HEX_SIZE];

	for (size_t i = 0; i < COUNT(bad); i++)
		put_stop(h, bad[i], ONCALL, STOP_TYP, NULL, id);
	expect(h, 0, COUNT(bad));
	assert_int_equal(last.reason, AA_MALFORMED);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	put_stop(h, STOP("agent", "one"), ONCALL, STOP_TYP, name, id);
	expect(h, 0, COUNT(bad) + 1);
	put_stop(h, STOP("agent", "one"), ONCALL, STOP_TYP, NULL, id);
	expect(h, 1, COUNT(bad) + 1);
	assert_true(shuts_out(h, "one", "deploy", NULL));
}

TEST(links_fifos_and_huge_stops_are_refused, fleet)
{
	const struct house *h = *state;
	char id[AA_SHA256_HEX_SIZE], *path;

	put_stop(h, STOP("agent", "one"), ONCALL, STOP_TYP, NULL, id);
	for (int i = 0; i < 3; i++) {
		path = xasprintf("%s/rel/stops/%064d.jws", h->root, i);
		if (i == 0)
			assert_int_equal(symlink("/etc/passwd", path), 0);
		else if (i == 1)
			assert_int_equal(mkfifo(path, 0600), 0);
		else
			assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) |
					     truncate(path, STOP_MAX + 1),
					 0);
		free(path);
	}
	expect(h, 1, 3);
	assert_true(shuts_out(h, "one", "deploy", NULL));
}
