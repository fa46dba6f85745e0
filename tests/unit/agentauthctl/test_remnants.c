/* SPDX-License-Identifier: Apache-2.0 */
/* test_remnants.c: what a host has under a name already, each beside the same under another name. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/names/remnants.h"

/* Directories on the way to a file are made. */
static void put(const struct house *h, const char *name, const char *text)
{
	char *path = xstrdup(name), *full;

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		full = xasprintf("%s/%s", h->root, path);
		if (access(full, F_OK) < 0)
			house_make_dir(h, path);
		free(full);
		*slash = '/';
	}
	free(path);
	house_write(h, name, text);
}

static size_t find(const struct house *h, const char *name, uint32_t uid, bool only_power, struct buffer *ret)
{
	struct problems problems = {0};
	struct host_facts facts = {0};
	struct remnants remnants;
	size_t n;

	assert_int_equal(host_facts_read(&facts, h->etc, &problems), 0);
	remnants_read(&remnants, &facts, h->etc, "/home/agents");
	n = remnants_find(&remnants, name, uid, only_power, ret);
	remnants_free(&remnants);
	host_facts_free(&facts);
	problems_free(&problems);
	return n;
}

static void has(void **state, const char *name, const char *words, bool power)
{
	struct buffer what = {0};

	if (find(*state, name, 70001, false, &what) == 0 || !strstr(what.data, words))
		fail_msg("%s: \"%s\" lacks \"%s\"", name, what.len ? what.data : "", words);
	buffer_clear(&what);
	assert_int_equal(find(*state, name, 70001, true, &what) > 0, power);
	buffer_free(&what);
}

static void has_nothing(void **state, const char *name)
{
	struct buffer what = {0};

	if (find(*state, name, 70001, false, &what) != 0)
		fail_msg("%s: \"%s\"", name, what.data);
	buffer_free(&what);
}

/* A file that names "bot" and not "bat". */
struct source {
	const char *file, *text, *words;
	bool power;
};

static const struct source sources[] = {
    {"etc/group", "root:x:0:\ndocker:x:998:alice,bot\n",
     "member of the group docker (/etc/group), and its members", true},
    {"etc/group", "web:x:40:bot\n", "member of the group web (/etc/group)", false},
    {"etc/gshadow", "web:!:bot:\n", "member of the group web (/etc/gshadow)", false},
    {"etc/shadow", "bot:$6$x:1::::::\n", "/etc/shadow has an entry", false},
    {"etc/subuid", "alice:100000:65536\nbot:165536:65536\n", "/etc/subuid has an entry", false},
    {"etc/subgid", "bot:165536:65536\n", "/etc/subgid has an entry", false},
    {"etc/sudoers", "alice, bot ALL = (ALL) NOPASSWD: ALL\n", "sudoers name it", true},
    {"etc/sudoers", "alice ALL = (bot) NOPASSWD: ALL\n", "sudoers name it", true},
    {"etc/sudoers", "%bot ALL = (ALL) NOPASSWD: ALL\n", "sudoers name its group, %bot", true},
    {"etc/doas.conf", "permit nopass bot as root cmd bat\n", "/etc/doas.conf has a rule", true},
    {"etc/doas.conf", "permit nopass :bot\n", "/etc/doas.conf has a rule", true},
    {"etc/security/group.conf", "xsh; tty* ;bat2|bot;Al0000-2400;floppy\n", "pam_group gives it groups",
     true},
    {"etc/polkit-1/rules.d/10.rules", "// don't\nif (subject.user == \"bot\") return polkit.Result.YES;\n",
     "10.rules names it", true},
    {"etc/polkit-1/rules.d/10.rules", "return ['unix-group:bot'];\n", "10.rules names it", true},
    {"etc/polkit-1/localauthority/50-local.d/a.pkla", "[a]\nIdentity=unix-user:alice;unix-user:bot\n",
     "a.pkla names it", true},
    {"etc/crontab", "SHELL=/bin/sh\n17 * * * * bot run bat\n", "cron runs commands as it (/etc/crontab)",
     false},
    {"etc/cron.d/app", "@reboot bot run\n", "cron runs commands as it (/etc/cron.d/app)", false},
    {"etc/systemd/system/app.service", "[Service]\nUser=bot\nExecStart=/bin/bat\n", "app.service", false},
    {"etc/systemd/system/app.service.d/user.conf", "[Service]\nSupplementaryGroups=bin bot\n", "user.conf",
     false},
    {"usr/lib/sysusers.d/app.conf", "u bot - \"bat\"\n", "systemd-sysusers makes an account", false},
    {"var/spool/cron/crontabs/bot", "* * * * * bat\n",
     "it has a table of cron (/var/spool/cron/crontabs/bot)", false},
    {"var/spool/cron/bot", "* * * * * bat\n", "it has a table of cron (/var/spool/cron/bot)", false},
    {"var/lib/systemd/linger/bot", "", "its services are started at boot", false},
    {"var/mail/bot", "", "there is mail for it (/var/mail/bot)", false},
    {"etc/ssh/sshd_config", "AllowUsers alice bot@10.0.0.0/8\n", "sshd's settings name it", false},
    {"etc/ssh/sshd_config", "Match User bot\nPasswordAuthentication yes\n", "sshd's settings name it", false},
};

TEST(each_place_that_names_it_is_found, house)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		char *before = house_read(*state, sources[i].file);

		has_nothing(state, "bot");
		put(*state, sources[i].file, sources[i].text);
		has(state, "bot", sources[i].words, sources[i].power);
		has_nothing(state, "bat");
		if (before)
			put(*state, sources[i].file, before);
		else
			house_remove(*state, sources[i].file);
		free(before);
	}
	has_nothing(state, "bot");
}

TEST(sudoers_may_name_a_uid, house)
{
	put(*state, "etc/sudoers", "#70002, %#70003 ALL = (ALL) NOPASSWD: ALL\n");
	has_nothing(state, "bat");
	put(*state, "etc/sudoers", "#70001 ALL = (ALL) NOPASSWD: ALL\n");
	has(state, "bat", "sudoers name its uid", false);
	put(*state, "etc/sudoers", "%#70001 ALL = (ALL) NOPASSWD: ALL\n");
	has(state, "bat", "sudoers name its uid", false);
}

TEST(a_home_and_jobs_go_by_uid, house)
{
	const struct house *h = *state;
	char *home = xasprintf("%s/home/agents/bot", h->root),
	     *job = xasprintf("%s/var/spool/cron/atjobs/a0001", h->root);

	if (geteuid() != 0)
		skip();
	put(h, "home/agents/bot/file", "");
	put(h, "var/spool/cron/atjobs/a0001", "");
	assert_int_equal(chown(home, 70001, 70001), 0);
	has_nothing(state, "bot");
	assert_int_equal(chown(home, 1000, 1000), 0);
	has(state, "bot", "/home/agents/bot is there and belongs to uid 1000", false);
	has_nothing(state, "bat");
	assert_int_equal(chown(home, 70001, 70001), 0);
	assert_int_equal(chown(job, 70001, 70001), 0);
	has(state, "bat", "its uid has a job of at", false);
	free(home);
	free(job);
}
