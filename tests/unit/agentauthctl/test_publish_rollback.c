/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish_rollback.c: rolling back, and what goes with a generation: its sudo rules, and how it was made. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/cdb_read.h"
#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/plan.h"

TEST(rolling_back_brings_its_sudo_rules_along, house)
{
	const struct house *h = *state;
	struct stat st;
	char *rules;

	house_write(h, "conf/agentauth.conf",
		    "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/true\" ]; }; };\n");
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	assert_int_equal(apply(h), 1);
	rules = house_read(h, "etc/sudoers.d/agentauth");
	if (!rules)
		skip(); /* no visudo here */
	assert_non_null(strstr(rules, "%agent-deploy ALL=(root) NOPASSWD: /bin/true\n"));
	free(rules);
	assert_int_equal(stat(h->sudoers, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0440);
	house_write(h, "conf/agentauth.conf", "roles = { deploy = { gid = 99001; }; };\n");
	house_write(h, "conf/agents.d/two.conf", AGENT("70002"));
	assert_int_equal(apply(h), 2);
	assert_null(house_read(h, "etc/sudoers.d/agentauth"));
	assert_int_equal(roll_back_to(h, 1), 0);
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/true"));
	free(rules);
	assert_string_equal(serves(h, "two"), "none");
	assert_int_equal(apply(h), 3);
	assert_string_equal(serves(h, "two"), "active");
	assert_null(house_read(h, "etc/sudoers.d/agentauth"));
}

TEST(a_sudo_rule_that_visudo_refuses_stops_it_all, house)
{
	const struct house *h = *state;
	struct outcome o;

	if (access("/usr/sbin/visudo", X_OK) < 0)
		skip();
	house_write(h, "conf/agentauth.conf",
		    "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/true [\" ]; }; };\n");
	if (run(h, (struct publish_options){0}, &o) ==
	    PUBLISH_DONE) { /* a sudo that takes it: another one that none takes */
		outcome_free(&o);
		house_write(h, "conf/agentauth.conf",
			    "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/true ^[\" ]; }; };\n");
		run(h, (struct publish_options){0}, &o);
	}
	assert_int_equal(o.result.outcome, PUBLISH_FAILED);
	assert_string_equal(problem_with(&o.problems, "visudo refuses")->setting, "roles.deploy.sudo[0]");
	outcome_free(&o);
}

TEST(what_somebody_changed_in_sudoers_is_put_right, house)
{
	const struct house *h = *state;
	char *rules;

	house_write(h, "conf/agentauth.conf",
		    "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/true\" ]; }; };\n");
	apply(h);
	if (access(h->sudoers, F_OK) < 0)
		skip();
	chmod(h->sudoers, 0640);
	house_write(h, "etc/sudoers.d/agentauth", "%agent-deploy ALL=(ALL) NOPASSWD: ALL\n");
	assert_int_equal(apply(h), 1);
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_null(strstr(rules, "ALL=(ALL)"));
	free(rules);
}

static json_t *manifest_of(const struct house *h, uint32_t number)
{
	int state_fd = open(h->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *manifest = generation_manifest(state_fd, number);

	close(state_fd);
	assert_non_null(manifest);
	return manifest;
}

static void made(const struct house *h, const char *by, uint32_t from, const char *changed)
{
	const struct publish_options options = {.by = by, .command = by ? "apply" : NULL};
	struct outcome o;
	json_t *manifest;

	assert_int_equal(run(h, options, &o), PUBLISH_DONE);
	manifest = manifest_of(h, o.result.generation);
	if (by)
		assert_string_equal(json_string_value(json_object_get(manifest, "by")), by);
	else
		assert_null(json_object_get(manifest, "by"));
	assert_int_equal(json_object_get(manifest, "command") != NULL, by != NULL);
	assert_int_equal(json_integer_value(json_object_get(manifest, "from")), from);
	assert_string_equal(json_string_value(json_object_get(manifest, "changed")), changed);
	json_decref(manifest);
	outcome_free(&o);
}

TEST(a_generation_keeps_who_made_it_and_what_it_changed, house)
{
	const struct house *h = *state;
	uint32_t before;

	house_write(h, "conf/agents.d/a.conf", "uid = 70001;");
	before = apply(h);
	house_write(h, "conf/agents.d/b.conf", "uid = 70002;");
	made(h, "alice", before, "+ agent b");
	house_write(h, "conf/agents.d/a.conf", "uid = 70001; owner = \"x\"; description = \"y\";");
	made(h, NULL, before + 1, "~ agent a (owner, description)");
	for (const char *name = "cdefgh"; *name; name++) {
		char *file = xasprintf("conf/agents.d/%c.conf", *name),
		     *text = xasprintf("uid = 71%03d;", *name);

		house_write(h, file, text);
		free(file);
		free(text);
	}
	made(h, "bob", before + 2, "+ agent c, + agent d, + agent e, + agent f and 2 more");
}

/* ---- two generations held against each other --------------------------------- */

static bool compare(const struct house *h, uint32_t from, uint32_t to, struct changes *ret)
{
	int state_fd = open(h->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct published *a = published_open_number(state_fd, from, geteuid()),
			 *b = published_open_number(state_fd, to, geteuid());
	bool whole;

	assert_non_null(a);
	assert_non_null(b);
	whole = changes_between(ret, a, b);
	published_close(a);
	published_close(b);
	close(state_fd);
	return whole;
}

static void differs(const struct house *h, uint32_t from, uint32_t to, const char *line)
{
	struct changes c = {0};
	char *text;

	assert_true(compare(h, from, to, &c));
	text = plan_line(&c);
	assert_string_equal(text, line);
	free(text);
	changes_free(&c);
}

TEST(two_generations_differ_by_what_was_published_between_them_in_either_direction, house)
{
	const struct house *h = *state;
	uint32_t before;

	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") "};\n");
	house_write(h, "conf/agents.d/a.conf", "uid = 70001;");
	house_write(h, "conf/agents.d/b.conf", "uid = 70002;");
	before = apply(h);
	house_write(h, "conf/agents.d/b.conf", "uid = 70002; owner = \"x\";");
	house_write(h, "conf/agents.d/c.conf", "uid = 70003;");
	apply(h);
	house_write(h, "conf/agentauth.conf",
		    "roles = { " ROLE("deploy", "99001", "true") ROLE("ops", "99002", "true") "};\n");
	house_remove(h, "conf/agents.d/a.conf");
	apply(h);
	differs(h, before, before + 2, "+ role ops, ~ agent b (owner), + agent c, - agent a");
	differs(h, before + 2, before, "+ agent a, ~ agent b (owner), - role ops, - agent c");
	differs(h, before + 1, before + 1, "");
}

/* Half of what differs would look as if it were all. */
TEST(a_damaged_generation_is_not_held_against_another, house)
{
	const struct house *h = *state;
	struct changes c = {0};
	char path[256];
	int fd;

	house_write(h, "conf/agents.d/a.conf", "uid = 70001;");
	apply(h);
	house_write(h, "conf/agents.d/b.conf", "uid = 70002;");
	apply(h);
	assert_true(compare(h, 1, 2, &c));
	changes_free(&c);
	snprintf(path, sizeof(path), "%s/generations/1/policy.cdb", h->state);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, AA_CDB_HEAD), 4); /* the length of the first key */
	close(fd);
	assert_false(compare(h, 1, 2, &c));
	changes_free(&c);
}
