/* SPDX-License-Identifier: Apache-2.0 */
/* test_rule_risk.c: what sudo rules really allow: each that is refused beside one that differs in one thing. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/rule_risk.h"
#include "tools/conf/conf_edit.h"

/* What is found of one rule, as `member` of a role, which nothing is published of. */
static void look(const struct house *h, const char *member, const char *rule, bool accept,
		 struct problems *ret)
{
	struct host_facts facts = {.plugins.lines[SUDO_PLUGIN_APPROVAL].answer = AA_PLUGIN_LOADED};
	struct model model = {0};
	char *quoted_rule = conf_quote(rule),
	     *text = xasprintf("roles = { a = { gid = 99001; %s = [ %s ]; }; };", member, quoted_rule);

	*ret = (struct problems){0};
	conf_text_set(&model.file.text, "agentauth.conf", text, strlen(text));
	assert_int_equal(model_read(&model, &facts, ret), 0);
	rule_risks_check(&model, NULL, accept, h->paths.owner, ret);
	model_free(&model);
	free(quoted_rule);
	free(text);
}

static void found(const struct problems *problems, const char *rule, const char *words)
{
	if (!problem_with(problems, words))
		fail_msg("%s: \"%s\" lacks \"%s\"", rule, problems->n ? problems->v[0].what : "nothing",
			 words);
}

static void refused(void **state, const char *rule, const char *words)
{
	struct problems problems;

	look(*state, "sudo", rule, false, &problems);
	found(&problems, rule, words);
	assert_int_equal(problems.errors, 1);
	problems_free(&problems);
	look(*state, "sudo", rule, true, &problems);
	found(&problems, rule, words);
	assert_int_equal(problems.errors, 0);
	problems_free(&problems);
}

static void told(void **state, const char *rule, const char *words)
{
	struct problems problems;

	look(*state, "sudo", rule, false, &problems);
	found(&problems, rule, words);
	assert_int_equal(problems.errors, 0);
	problems_free(&problems);
}

static void silent(void **state, const char *rule)
{
	struct problems problems;

	look(*state, "sudo", rule, false, &problems);
	if (problems.n)
		fail_msg("%s: %s", rule, problems.v[0].what);
	problems_free(&problems);
}

TEST(a_star_in_arguments_matches_blanks_and_slashes, house)
{
	silent(state, "(root) /usr/bin/cat /var/log/app.log");
	refused(state, "(root) /usr/bin/cat /var/log/app*.log", "/usr/bin/cat /var/log/app /etc/shadow .log");
	silent(state, "(root) /usr/bin/cat /var/log/app\\*.log");
	refused(state, "(root) /usr/bin/id *", "takes blanks and slashes along");
	told(state, "(root) /usr/bin/id app?", "match a blank or a slash");
	told(state, "(root) /usr/bin/id app[0-9]", "match a blank or a slash");
	refused(state, "(root) /usr/bin/id ^app.*$", "regular expression");
	refused(state, "(root) /usr/bin/id ^[^x]+$", "regular expression");
	silent(state, "(root) /usr/bin/id ^app[0-9]+$");
	silent(state, "(root) /usr/bin/cat ^/var/log/app\\.+$");
}

TEST(shells_interpreters_editors_and_pagers_are_refused_whatever_they_are_called, house)
{
	static const char *const programs[] = {"/bin/sh",
					       "/bin/bash",
					       "/usr/bin/dash",
					       "/usr/bin/python3.11",
					       "/usr/bin/perl5.36-x86_64-linux-gnu",
					       "/usr/bin/vi",
					       "/usr/bin/vim.tiny",
					       "/usr/bin/nano",
					       "/usr/bin/less",
					       "/usr/bin/man",
					       "/usr/bin/sudo",
					       "/usr/bin/screen",
					       "/usr/bin/psql",
					       "/usr/bin/lua5.4",
					       "/usr/sbin/visudo"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		char *any = xasprintf("(root) %s", programs[i]),
		     *fixed = xasprintf("(root) %s /opt/x", programs[i]);

		refused(state, any, ", as root");
		refused(state, fixed, ", as root");
		free(any);
		free(fixed);
	}
	refused(state, "(www-data,root) /bin/sh", "is a shell, as www-data");
	told(state, "(root) /usr/bin/shells", "there is no");
	told(state, "(root) /usr/bin/vimba", "there is no");
}

/* A link is what it leads to. */
TEST(a_shell_by_another_name_is_a_shell, house)
{
	const struct house *h = *state;
	char *link = xasprintf("%s/restart", h->root), *rule = xasprintf("(root) %s now", link);

	assert_int_equal(chmod(h->root, 0755), 0);
	assert_int_equal(symlink("/bin/sh", link), 0);
	refused(state, rule, "is a shell");
	unlink(link);
	assert_int_equal(symlink("/usr/bin/id", link), 0);
	silent(state, rule);
	free(link);
	free(rule);
}

TEST(what_runs_or_reads_its_arguments_is_refused_where_the_agent_chooses_them, house)
{
	static const char *const programs[] = {"find", "tar", "env", "systemctl", "docker",
					       "ssh",  "awk", "cat", "tee",	  "cp"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		char *any = xasprintf("(root) /usr/bin/%s", programs[i]);

		refused(state, any, "that its arguments name");
		free(any);
	}
	silent(state, "(root) /usr/bin/find /var/log -name app");
	silent(state, "(root) /usr/bin/env \"\"");
	refused(state, "(root) /usr/bin/find /var/log -name *", "starts any program");
}

TEST(subcommands_that_open_editors_and_pagers, house)
{
	struct stat st;

	if (stat("/usr/bin/systemctl", &st) < 0)
		skip();
	silent(state, "(root) /usr/bin/systemctl restart app");
	refused(state, "(root) /usr/bin/systemctl edit app", "opens an editor");
	told(state, "(root) /usr/bin/systemctl status app", "--no-pager");
	silent(state, "(root) /usr/bin/systemctl --no-pager status app");
	refused(state, "(root) /usr/bin/git pull", "starts what the configuration");
	refused(state, "(root) /usr/bin/crontab -e", "opens an editor");
}

TEST(a_path_that_names_more_than_one_program_is_refused, house)
{
	refused(state, "(root) /usr/bin/", "every program in /usr/bin/");
	refused(state, "(root) /usr/bin/i*", "its path has a wildcard");
	silent(state, "(root) /usr/bin/id alice");
}

TEST(a_rule_without_arguments_allows_all, house)
{
	told(state, "(root) /usr/bin/id", "names no arguments, and so allows all");
	silent(state, "(root) /usr/bin/id \"\"");
}

TEST(a_program_that_others_can_change_is_refused, house)
{
	const struct house *h = *state;
	char *dir = xasprintf("%s/opt", h->root), *file = xasprintf("%s/opt/run", h->root),
	     *rule = xasprintf("(root) %s now", file), *link, *by_link;

	assert_int_equal(chmod(h->root, 0755), 0);
	house_make_dir(h, "opt");
	told(state, rule, "there is no");
	assert_int_equal(chmod(dir, 0777), 0);
	refused(state, rule, "can be written by everybody");
	assert_int_equal(chmod(dir, 01777), 0);
	refused(state, rule, "can be written by everybody"); /* whoever makes it first has it */
	house_write(h, "opt/run", "#!/bin/true\n");
	silent(state, rule);
	assert_int_equal(chmod(dir, 0755), 0);
	silent(state, rule);
	assert_int_equal(chmod(file, 0757), 0);
	refused(state, rule, "run can be written by everybody");
	assert_int_equal(chmod(file, 0755), 0);
	link = xasprintf("%s/link", h->root);
	by_link = xasprintf("(root) %s now", link);
	assert_int_equal(symlink(file, link), 0);
	silent(state, by_link);
	assert_int_equal(chmod(dir, 0777), 0);
	refused(state, by_link, "opt can be written by everybody");
	assert_int_equal(unlink(file), 0); /* nothing is there yet, and the link leads there all the same */
	refused(state, by_link, "opt can be written by everybody");
	assert_int_equal(symlink("/usr/bin/id", file), 0);
	refused(state, by_link, "opt can be written by everybody");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	house_write(h, "opt/run", "#!/bin/true\n");
	assert_int_equal(chmod(file, 0755), 0);
	silent(state, by_link);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link, 4242, 0), 0);
		refused(state, by_link, "link belongs to uid 4242");
		assert_int_equal(chown(file, 4242, 0), 0);
		refused(state, rule, "belongs to uid 4242");
		assert_int_equal(chown(file, 0, 4242), 0);
		silent(state, rule);
		assert_int_equal(chmod(file, 0775), 0);
		told(state, rule, "group 4242");
	}
	free(dir);
	free(file);
	free(rule);
	free(link);
	free(by_link);
}

TEST(fixed_arguments_that_start_a_shell_are_refused, house)
{
	silent(state, "(root) /usr/bin/env /usr/bin/id alice");
	refused(state, "(root) /usr/bin/env /bin/sh", "it starts /bin/sh, which is a shell, as root");
	refused(state, "(root) /usr/bin/env HOME\\=/root bash", "it starts bash, which is a shell");
	refused(state, "(root) /usr/bin/docker exec app sh", "it starts sh, which is a shell");
	refused(state, "(root) /usr/bin/nice /usr/bin/vim /etc/motd", "which is an editor");
	refused(state, "(root) /usr/bin/nsenter -t 1 -m",
		"starts a shell where its arguments name no program");
	silent(state, "(root) /usr/bin/nsenter -t 1 -m /usr/bin/id alice");
	refused(state, "(root) /usr/sbin/chroot /srv", "starts a shell where its arguments name no program");
	silent(state, "(root) /usr/sbin/chroot /srv /usr/bin/id");
	silent(state, "(root) /usr/bin/systemctl restart screen");
}

TEST(fixed_arguments_that_name_what_others_write_are_refused, house)
{
	const struct house *h = *state;
	char *safe = xasprintf("(root) /usr/bin/cp %s/in /etc/app", h->root),
	     *open = xasprintf("(root) /usr/bin/cp %s/open/in /etc/app", h->root),
	     *to = xasprintf("(root) /usr/bin/dd if\\=/etc/app of\\=%s/open/out", h->root),
	     *id = xasprintf("(root) /usr/bin/id %s/open/in", h->root), *dir = xasprintf("%s/open", h->root);

	assert_int_equal(chmod(h->root, 0755), 0);
	house_make_dir(h, "open");
	silent(state, open);
	assert_int_equal(chmod(dir, 0777), 0);
	silent(state, safe);
	refused(state, open, "open can be written by everybody");
	refused(state, to, "open can be written by everybody");
	silent(state, id); /* which does not open it */
	refused(state, "(root) /usr/bin/mv /home/agents/builder-7/app /etc/app", "is the agents' own");
	silent(state, "(root) /usr/bin/mv /home/agents.conf /etc/app");
	free(safe);
	free(open);
	free(to);
	free(id);
	free(dir);
}

TEST(what_writes_its_input_decides_what_a_file_says, house)
{
	told(state, "(root) /usr/bin/tee /etc/motd", "whatever the agent sends it is written into /etc/motd");
	refused(state, "(root) /usr/bin/tee -a /etc/sudoers.d/x",
		"sends it is written into /etc/sudoers.d/x");
	refused(state, "(root) /usr/bin/dd of\\=/dev/sda", "sends it is written into /dev/sda");
	silent(state, "(root) /usr/bin/dd if\\=/etc/app of\\=/srv/app");
	silent(state, "(root) /usr/bin/cat /etc/sudoers.d/x");
}

/* A person is shown the whole command each time, but not what the program has become. */
TEST(of_a_rule_that_waits_for_a_person_risks_are_told, house)
{
	struct problems problems;

	look(*state, "approval", "(root) /bin/sh", false, &problems);
	assert_non_null(problem_with(&problems, "is a shell"));
	assert_int_equal(problems.errors, 0);
	problems_free(&problems);
	look(*state, "approval", "(root) /usr/bin/cat *", false, &problems);
	assert_int_equal(problems.errors, 0);
	problems_free(&problems);
	look(*state, "approval", "(root) /tmp/nothing-there/run", false, &problems);
	assert_int_equal(problems.errors, 1);
	problems_free(&problems);
}
