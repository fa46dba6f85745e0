/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish_rollback.c: rolling back, and the sudo rules that go with a generation. */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"

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
