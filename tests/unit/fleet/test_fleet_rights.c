/* SPDX-License-Identifier: Apache-2.0 */
/* test_fleet_rights.c: what a release can give a host, whose names its agents have, and what a kill leaves. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fleet/fleet_steps.h"
#include "tests/unit/support/test.h"

/* ---- the ceiling --------------------------------------------------------------------- */

static const char group_role[] = "roles = { deploy = { gid = 99001; groups = [ \"www-data\" ]; }; };\n";
static const char issuer_part[] = DEPLOY "issuers = { corp = { issuer = \"https://idp.example.com\"; "
					 "discovery = true; algorithms = [ \"ES256\" ]; "
					 "reuse = \"once\"; client_claim = \"azp\"; }; };\n";

static void over_and_under(const struct house *h, const char *over, const char *under,
			   const struct made_release *made)
{
	struct made_release again = *made;

	write_fleet_conf(h, over);
	assert_int_equal(take(h, made), AA_ROLE_DENIED);
	write_fleet_conf(h, under);
	again.number = 1;
	assert_int_equal(take(h, &again), AA_OK);
}

TEST(a_role_beyond_the_ceiling_is_refused, fleet)
{
	over_and_under(*state, "ceiling = { roles = [ \"read\" ]; };",
		       "ceiling = { roles = [ \"read\", \"deploy\" ]; };", &(struct made_release){0});
}

TEST(a_sudo_rule_beyond_the_ceiling_is_refused, fleet)
{
	over_and_under(
	    *state,
	    "ceiling = { sudo = [ \"(root) /bin/false\", \"(www) /bin/true\", \"(root) /bin/true x\" ]; };",
	    "ceiling = { sudo = [ \"(root) /bin/true\" ]; };", &(struct made_release){0});
}

TEST(an_issuer_beyond_the_ceiling_is_refused, fleet)
{
	over_and_under(*state, "ceiling = { issuers = [ ]; };",
		       "ceiling = { issuers = [ \"https://idp.example.com\" ]; };",
		       &(struct made_release){.main_text = issuer_part});
}

TEST(a_group_beyond_the_ceiling_is_refused, fleet)
{
	const struct house *h = *state;

	write_fleet_conf(h, "ceiling = { groups = [ ]; };");
	assert_int_equal(take(h, &(struct made_release){.main_text = group_role}), AA_ROLE_DENIED);
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
}

/* A release could else give its agent what the host's own people made a role for. */
TEST(an_agent_with_a_role_of_the_hosts_own_is_held_against_the_ceiling, fleet)
{
	const struct house *h = *state;
	const struct made_release made = {
	    .files = {{"agents.d/one.conf", "uid = 70001; roles = [ \"local\" ];\n"}}};

	house_write(h, "conf/agentauth.conf", TEST_HOST "roles = { local = { gid = 99005; }; };\n");
	apply(h);
	write_fleet_conf(h, "ceiling = { roles = [ \"deploy\" ]; };");
	assert_int_equal(take(h, &made), AA_ROLE_DENIED);
	write_fleet_conf(h, "ceiling = { roles = [ \"deploy\", \"local\" ]; };");
	assert_int_equal(take(h, &made), AA_OK);
}

TEST(no_release_gives_all_commands_whatever_the_ceiling_says, fleet)
{
	const struct house *h = *state;

	assert_int_equal(
	    take(h,
		 &(struct made_release){
		     .main_text = "roles = { deploy = { gid = 99001; sudo = [ \"(root) ALL\" ]; }; };\n"}),
	    AA_MALFORMED);
	assert_int_equal(
	    take(
		h,
		&(struct made_release){
		    .main_text = "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/sh\" ]; }; };\n"}),
	    AA_INTERNAL);
	assert_string_equal(serves(h, "one"), "none");
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
}

/* ---- names and ids ------------------------------------------------------------------- */

TEST(a_name_or_a_uid_that_was_somebody_elses_is_refused, fleet)
{
	const struct house *h = *state;

	house_write(h, "conf/agents.d/mine.conf", "uid = 70001;");
	apply(h);
	assert_int_equal(take(h, &(struct made_release){0}), AA_WRONG_SUBJECT);
	house_remove(h, "conf/agents.d/mine.conf");
	apply(h);
	assert_int_equal(take(h, &(struct made_release){0}), AA_WRONG_SUBJECT);
	assert_int_equal(
	    take(h, &(struct made_release){.ids = IDS_DEPLOY "hold agent mine 70007 2027-01-01T00:00:00Z\n",
					   .files = {{"agents.d/mine.conf", "uid = 70007;\n"}}}),
	    AA_WRONG_SUBJECT);
	assert_int_equal(
	    take(h, &(struct made_release){.ids = IDS_DEPLOY "hold agent two 70002 2027-01-01T00:00:00Z\n",
					   .files = {{"agents.d/two.conf", "uid = 70002;\n"}}}),
	    AA_OK);
}

TEST(the_fleets_names_are_kept_free_on_hosts_that_do_not_have_them, fleet)
{
	const struct house *h = *state;

	assert_int_equal(
	    take(h, &(struct made_release){.ids = IDS_ONE "hold agent two 70002 2027-01-01T00:00:00Z\n"}),
	    AA_OK);
	house_write(h, "conf/agents.d/other.conf", "uid = 70002;");
	refused(h, "70002 is the id of the agent two");
	house_remove(h, "conf/agents.d/other.conf");
	house_write(h, "conf/agents.d/two.conf", "uid = 70003;");
	refused(h, "has the id 70002");
}

TEST(agents_of_the_hosts_own_stay_beside_the_fleets, fleet)
{
	const struct house *h = *state;
	char *text;

	house_write(h, "conf/agents.d/local.conf", "uid = 70050;");
	house_write(h, "conf/agents.d/one.conf", "uid = 70001; description = \"mine\";");
	apply(h);
	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
	text = house_read(h, "conf/agents.d/one.conf");
	assert_string_equal(text, ONE);
	free(text);
	assert_string_equal(serves(h, "local"), "active");
	assert_int_equal(
	    take(h, &(struct made_release){.number = 2,
					   .ids = IDS_DEPLOY "retire agent one 70001 2027-01-02T00:00:00Z\n"
							     "hold agent two 70002 2027-01-01T00:00:00Z\n",
					   .files = {{"agents.d/two.conf", "uid = 70002;\n"}}}),
	    AA_OK);
	assert_string_equal(serves(h, "local"), "active");
	assert_string_equal(serves(h, "one"), "retired");
	assert_string_equal(serves(h, "two"), "active");
}

TEST(what_somebody_changed_of_the_fleets_agents_is_set_right, fleet)
{
	const struct house *h = *state;
	char *text;

	assert_int_equal(take(h, &(struct made_release){0}), AA_OK);
	house_write(h, "conf/agents.d/one.conf", "uid = 70001; roles = [ \"deploy\" ]; description = \"x\";");
	assert_int_equal(take_made(h), AA_OK);
	text = house_read(h, "conf/agents.d/one.conf");
	assert_string_equal(text, ONE);
	free(text);
}

TEST(a_role_that_the_release_has_no_more_is_taken_away, fleet)
{
	const struct house *h = *state;
	char *text;

	assert_int_equal(
	    take(h,
		 &(struct made_release){
		     .main_text = "roles = { deploy = { gid = 99001; }; read = { gid = 99002; }; };\n",
		     .ids = IDS_ONE "hold role read 99002 2027-01-01T00:00:00Z\n"}),
	    AA_OK);
	assert_int_equal(
	    take(h, &(struct made_release){.number = 2,
					   .ids = IDS_ONE "retire role read 99002 2027-01-02T00:00:00Z\n"}),
	    AA_OK);
	text = house_read(h, "conf/agentauth.conf");
	assert_null(strstr(text, "read"));
	assert_non_null(strstr(text, "deploy"));
	free(text);
}

/* ---- a kill --------------------------------------------------------------------------- */

/* Whatever step it is killed at: all of the old release or all of the new, and the next take ends it. */
TEST(a_take_that_is_killed_leaves_the_old_release_or_the_new, fleet)
{
	const struct house *h = *state;
	struct made_release first = {
	    .files = {{"agents.d/one.conf", ONE}, {"agents.d/two.conf", "uid = 70002;\n"}},
	    .ids = IDS_ONE "hold agent two 70002 2027-01-01T00:00:00Z\n"};
	struct made_release next = {.files = {{"agents.d/one.conf", NULL}},
				    .ids = IDS_ONE "hold agent two 70002 2027-01-01T00:00:00Z\n"};

	for (size_t i = 0; i < N_STEPS; i++) {
		char *text = xasprintf("uid = 70001; roles = [ \"deploy\" ]; description = \"%zu\";\n", i),
		     *now;

		first.number = (int)i * 2 + 1;
		next.number = (int)i * 2 + 2;
		next.files[0].text = text;
		assert_int_equal(take(h, &first), AA_OK);
		make_release(h, &next);
		assert_true(take_killed_at(h, steps[i]));
		apply(h);
		now = house_read(h, "conf/agents.d/one.conf");
		assert_string_equal(now, i >= SWITCHED ? text : ONE);
		assert_string_equal(serves(h, "two"), i >= SWITCHED ? "retired" : "active");
		free(now);
		assert_int_equal(take_made(h), AA_OK);
		assert_string_equal(serves(h, "two"), "retired");
		free(text);
	}
}
