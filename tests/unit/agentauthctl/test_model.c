/* SPDX-License-Identifier: Apache-2.0 */
/* test_model.c: what agentauth.conf may say. */
#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/model_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"

/* words NULL: accepted. */
static void main_text(void **state, const char *text, const char *setting, const char *words)
{
	struct reading r;

	read_main(*state, text, &r);
	check(&r.problems, text, setting, words);
	reading_free(&r);
}

/* Writes a plugin as sudo would load it, and the line that names it; the file's path is in `plugin`. */
static char plugin[PATH_MAX];

static void load_plugin(struct house *house)
{
	char line[PATH_MAX + 64];

	house_write(house, "etc/agentauth_approval.so", "\177ELF");
	snprintf(plugin, sizeof(plugin), "%s/agentauth_approval.so", house->etc);
	assert_int_equal(chmod(plugin, 0644), 0);
	snprintf(line, sizeof(line), "# comment\nplugin agentauth_approval\t%s # more\n", plugin);
	house_write(house, "etc/sudo.conf", line);
}

/* ---- agentauth.conf ------------------------------------------------------ */

TEST(a_text_with_every_setting_is_accepted, house)
{
	load_plugin(*state);
	main_text(state,
		  "host = { audience = [ \"ssh://a\" ]; clock_skew = 30; max_assertion_ttl = 300; "
		  "max_token_ttl = 3600;\n"
		  "  nonce = \"required\"; audit_failure = \"warn\"; audit_sync = \"always\"; };\n"
		  "accounts = { uid_min = 70000; uid_max = 98999; home = \"/home/agents\"; shell = "
		  "\"/bin/sh\";\n"
		  "  group = \"agents\"; gid = 99999; without_credential = [ \"su\", \"su-l\" ]; };\n"
		  "issuers = { corp = { issuer = \"https://i\"; jwks_uri = \"https://i/keys\"; algorithms = "
		  "[ \"RS256\" ];\n"
		  "  jwks_max_age = 86400; max_token_ttl = 3600; audience = [ \"api://h\" ]; client_claim = "
		  "\"/a/b\";\n"
		  "  user_claim = \"sub\"; delegation = \"allowed\"; reuse = \"until_expiry\";\n"
		  "  require = ( { claim = \"ver\"; value = \"2.0\"; } );\n"
		  "  scopes = ( { claim = \"scope\"; value = \"x\"; role = \"deploy\"; } ); }; };\n"
		  "roles = { deploy = { gid = 99001; services = [ \"sshd\", \"sudo\" ]; sources = [ "
		  "\"10.0.0.0/8\" ];\n"
		  "  sudo = [ \"(root) /bin/a b\" ]; max_session = 3600; max_sessions = 4; approval = [ "
		  "\"(root) /bin/c\" ];\n"
		  "  delegable = true; limits = { memory_max = \"2G\"; tasks_max = 256; cpu_weight = 50; };\n"
		  "  groups = [ \"www-data\" ]; }; };\n",
		  NULL, NULL);
	main_text(state, "", NULL, NULL);
}

TEST(unknown_wrong_and_missing_settings_are_named, house)
{
	main_text(state, "host = { clock_skew = 30; };", NULL, NULL);
	main_text(state, "host = { clock_scew = 30; };", "host.clock_scew", "no such setting");
	main_text(state, "hots = { };", "hots", "no such setting");
	main_text(state, "host = { clock_skew = \"30\"; };", "host.clock_skew",
		  "must be a number, and is a string");
	main_text(state, "host = { clock_skew = 601; };", "host.clock_skew", "goes from 0 to 600");
	main_text(state, "host = { clock_skew = -1; };", "host.clock_skew", "goes from 0 to 600");
	main_text(state, "host = { nonce = \"optional\"; };", NULL, NULL);
	main_text(state, "host = { nonce = \"Optional\"; };", "host.nonce", "\"optional\" or \"required\"");
	main_text(state, "host = { audience = \"ssh://a\"; };", "host.audience", "must be an array");
	main_text(state, "host = { audience = [ \"a\", \"a\" ]; };", "host.audience[1]", "twice");
	main_text(state, "host = { audience = [ ]; };", "host.audience", "at least 1");
	main_text(state, "roles = { deploy = { }; };", "roles.deploy", "gid is missing");
	main_text(state, "roles = { a = { gid = 99001; record = \"exec\"; }; };", NULL, NULL);
	main_text(state, "roles = { a = { gid = 99001; record = [ \"exec\", \"tty\" ]; }; };", NULL, NULL);
	main_text(state, "roles = { a = { gid = 99001; record = \"all\"; }; };", "roles.a.record",
		  "\"all\" is nothing that is recorded: \"exec\" or \"tty\"");
	main_text(state, "roles = { a = { gid = 99001; record = [ \"exec\", \"exec\" ]; }; };",
		  "roles.a.record[1]", "twice");
	main_text(state, "roles = { a = { gid = 99001; record = true; }; };", "roles.a.record",
		  "must be an array");
	main_text(state, "roles = { Deploy = { gid = 99001; }; };", "roles.Deploy", "capital letter");
	main_text(state, "host = 5;", "host", "must be a group");
}

TEST(all_mistakes_are_told_in_one_run, house)
{
	struct reading r;

	read_main(
	    *state,
	    "host = { clock_skew = 999; nonce = \"x\"; };\nroles = { a = { gid = 5; }; b = { }; };\nzzz = 1;",
	    &r);
	assert_int_equal(r.problems.errors, 5);
	assert_int_equal(problem_with(&r.problems, "no such setting")->line, 3);
	assert_int_equal(problem_with(&r.problems, "0 to 600")->column, 10);
	reading_free(&r);
}

TEST(ids_lie_in_the_range_and_are_nobody_elses, house)
{
	main_text(state, "roles = { a = { gid = 99001; }; };", NULL, NULL);
	main_text(state, "roles = { a = { gid = 1899999999; }; };", "roles.a.gid",
		  "outside of accounts.uid_min");
	main_text(state, "roles = { a = { gid = 70055; }; };", "roles.a.gid", "in /etc/passwd");
	main_text(state, "roles = { a = { gid = 70066; }; };", "roles.a.gid", "in /etc/group");
	main_text(state, "roles = { a = { gid = 99999; }; };", "roles.a.gid", "gid of the group agents");
	main_text(state, "roles = { a = { gid = 99001; }; b = { gid = 99002; }; };", NULL, NULL);
	main_text(state, "roles = { a = { gid = 99001; }; b = { gid = 99001; }; };", "roles.b.gid",
		  "role a already");
	main_text(state, "roles = { a = { gid = 100000; }; };", "roles.a.gid",
		  "accounts.uid_min to accounts.gid");
	main_text(state, "accounts = { uid_min = 5000; uid_max = 5999; };", NULL, NULL);
	main_text(state, "accounts = { uid_min = 5999; uid_max = 5000; };", "accounts.uid_min",
		  "beyond uid_max");
	main_text(state, "accounts = { uid_min = 61000; uid_max = 70000; };", "accounts", "60001 to 65535");
	main_text(state, "accounts = { gid = 5; };", "accounts.gid", "out of range");
	main_text(state, "accounts = { group = \"robots\"; };", NULL, NULL);
	main_text(state, "accounts = { group = \"www-data\"; };", "accounts.group",
		  "group of this host already");
	main_text(state, "roles = { taken = { gid = 99001; }; };", "roles.taken",
		  "agent-taken, which /etc/group has");
}

#define FORMER "accounts = { uid_min = 1900000000; uid_max = 1900999999; };"

/* Registries that were made when the default was another go on, and are told how. */
TEST(the_former_range_goes_on_where_the_text_names_it, house)
{
	main_text(state, FORMER "roles = { a = { gid = 1900990001; }; };", NULL, NULL);
	main_text(state, FORMER "roles = { a = { gid = 1900999999; }; };", "roles.a.gid",
		  "gid of the group agents");
	main_text(state, FORMER "roles = { a = { gid = 99001; }; };", "roles.a.gid",
		  "accounts.uid_min to uid_max");
	main_text(state, "roles = { a = { gid = 1900990001; }; };", "roles.a.gid",
		  "set accounts.uid_min = 1900000000 and accounts.uid_max = 1900999999");
	agent_text(state, "bot", "uid = 98999;", NULL, NULL);
	agent_text(state, "bot", "uid = 99000;", "uid", "uid_max (70000 to 98999)");
	agent_text(state, "bot", "uid = 1900000001;", "uid", "formerly");
}

TEST(groups_that_are_root_are_refused_by_every_name, house)
{
	main_text(state, "roles = { a = { gid = 99001; groups = [ \"www-data\" ]; }; };", NULL, NULL);
	main_text(state, "roles = { a = { gid = 99001; groups = [ \"docker\" ]; }; };", "roles.a.groups[0]",
		  "no group for a role");
	main_text(state, "roles = { a = { gid = 99001; groups = [ \"whales\" ]; }; };", "roles.a.groups[0]",
		  "no group for a role");
	main_text(state, "roles = { a = { gid = 99001; groups = [ \"toor\" ]; }; };", "roles.a.groups[0]",
		  "gid is 0");
	main_text(state, "roles = { a = { gid = 99001; groups = [ \"lxd\" ]; }; };", "roles.a.groups[0]",
		  "no group for a role");
	main_text(state, "roles = { a = { gid = 99001; groups = [ \"nobodys\" ]; }; };", "roles.a.groups[0]",
		  "no group");
}

TEST(names_that_carry_power_are_no_agents, house)
{
	static const char *const names[] = {"docker",
					    "docker-users",
					    "wheel",
					    "sudo",
					    "admin",
					    "adm",
					    "lxd",
					    "incus",
					    "libvirt",
					    "libvirt-qemu",
					    "disk",
					    "kmem",
					    "staff",
					    "shadow",
					    "google-sudoers",
					    "kvm",
					    "polkitd",
					    "root",
					    "sshd",
					    "systemd-journal",
					    "agentauth",
					    "agentauth-approvers"};
	static const char *const others[] = {"dockers",	 "docker-builder", "sudo-bot",
					     "libvirts", "agentauths",	   "systemd"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		agent_text(state, names[i], "uid = 70001;", NULL,
			   strcmp(names[i], "root") == 0 || strcmp(names[i], "docker") == 0 ||
				   strcmp(names[i], "adm") == 0
			       ? "/etc/"
			       : "carries power on a host");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		agent_text(state, others[i], "uid = 70001;", NULL, NULL);
	main_text(state, "accounts = { group = \"wheel\"; };", "accounts.group", "all agents would be in it");
	main_text(state, "accounts = { group = \"wheels\"; };", NULL, NULL);
}

/* A role whose one group is `group`, with these sudoers. */
static void group_with(void **state, const char *sudoers, const char *group, const char *words)
{
	char text[256];

	house_write(*state, "etc/sudoers", sudoers);
	snprintf(text, sizeof(text), "roles = { a = { gid = 99001; groups = [ \"%s\" ]; }; };", group);
	main_text(state, text, words ? "roles.a.groups[0]" : NULL, words);
}

TEST(groups_that_sudoers_name_are_no_groups_for_a_role, house)
{
	static const char *const naming[] = {
	    "%www-data ALL = (root) /bin/a\n",
	    "  alice, %www-data web01 = (root) NOPASSWD: /bin/a\n",
	    "alice, \\\n  !%www-data ALL = /bin/a\n",
	    "%#33 ALL = /bin/a\n",
	    "%:www-data ALL = /bin/a\n",
	    "%\"www-data\" ALL = /bin/a\n",
	    "\"%www-data\" ALL = /bin/a\n",
	    "User_Alias WEB = alice, %www-data : OPS = bob\n",
	    "Defaults:%www-data !requiretty\n",
	    "@include more\n",
	    "#include more\n",
	    "@includedir more.d\n",
	    "#includedir more.d # and so on\n",
	};
	static const char *const others[] = {
	    "",
	    "# %www-data ALL = (root) /bin/a\n",
	    "alice ALL = /bin/a %www-data\n",
	    "alice ALL = /bin/a # %www-data ALL = /bin/a\n",
	    "%www-data2 ALL = /bin/a\n",
	    "%#333 ALL = /bin/a\n",
	    "Cmnd_Alias A = /bin/a %www-data\n",
	    "@includedir other.d\n",
	};

	house_write(*state, "etc/more", "%www-data ALL = (root) /bin/a\n");
	house_make_dir(*state, "etc/more.d");
	house_make_dir(*state, "etc/other.d");
	house_write(*state, "etc/more.d/web", "%www-data ALL = (root) /bin/a\n");
	house_write(*state, "etc/other.d/web.disabled", "%www-data ALL = (root) /bin/a\n");
	for (size_t i = 0; i < sizeof(naming) / sizeof(naming[0]); i++)
		group_with(state, naming[i], "www-data", "sudoers give its members");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		group_with(state, others[i], "www-data", NULL);
	group_with(state, "", "agent-taken", "as those of roles' groups do");
}

TEST(an_empty_list_does_not_mean_everything, house)
{
	main_text(state, "roles = { a = { gid = 99001; services = [ \"sshd\" ]; }; };", NULL, NULL);
	main_text(state, "roles = { a = { gid = 99001; services = [ ]; }; };", "roles.a.services",
		  "every service");
	main_text(state, "roles = { a = { gid = 99001; sources = [ ]; }; };", "roles.a.sources",
		  "every network");
	agent_text(state, "bot", "uid = 70001; sources = [ ];", "sources", "every network");
}

static const char waits[] = "roles = { a = { gid = 99001; approval = [ \"(root) /bin/c\" ]; }; };";

TEST(approval_wants_its_plugin, house)
{
	main_text(state, waits, "roles.a.approval", "does not load");
	house_write(*state, "etc/sudo.conf", "#Plugin agentauth_approval agentauth_approval.so\n");
	main_text(state, waits, "roles.a.approval", "does not load");
	load_plugin(*state);
	main_text(state, waits, NULL, NULL);
}

TEST(a_plugin_that_sudo_cannot_load_is_no_plugin, house)
{
	struct house *house = *state;

	house_write(house, "etc/sudo.conf", "Plugin agentauth_approval agentauth_approval.so\n");
	main_text(state, waits, "roles.a.approval", "refuses everybody");
	load_plugin(house);
	assert_int_equal(chmod(plugin, 0664), 0);
	main_text(state, waits, "roles.a.approval", "writable by nobody else");
	assert_int_equal(chmod(plugin, 0644), 0);
	main_text(state, waits, NULL, NULL);
	house_write(house, "etc/agentauth_approval.so", "no object");
	main_text(state, waits, "roles.a.approval", "is not this plugin");
	assert_int_equal(unlink(plugin), 0);
	main_text(state, waits, "roles.a.approval", "which is not there");
}

TEST(a_plugin_is_looked_for_where_sudo_looks, house)
{
	struct house *house = *state;
	char text[2 * PATH_MAX];

	load_plugin(house);
	snprintf(text, sizeof(text),
		 "Path plugin_dir %s/\nPlugin agentauth_approval \\\n agentauth_approval.so\n", house->etc);
	house_write(house, "etc/sudo.conf", text);
	main_text(state, waits, NULL, NULL);
	snprintf(text, sizeof(text),
		 "Path plugin_dir /nowhere:%s\nPlugin agentauth_approval agentauth_approval.so\n",
		 house->etc);
	house_write(house, "etc/sudo.conf", text);
	main_text(state, waits, NULL, NULL);
	snprintf(text, sizeof(text), "Plugin another_symbol %s\n", plugin);
	house_write(house, "etc/sudo.conf", text);
	main_text(state, waits, "roles.a.approval", "is not this plugin");
	load_plugin(house);
	snprintf(text, sizeof(text), "%s/sudo.conf", house->etc);
	assert_int_equal(chmod(text, 0666), 0);
	main_text(state, waits, "roles.a.approval", "does not read");
}

#define ISSUER(rest) \
	"issuers = { corp = { issuer = \"https://i\"; client_claim = \"azp\"; reuse = \"once\"; " rest \
	" }; };"

TEST(an_issuer_says_once_where_its_keys_are, house)
{
	main_text(state, ISSUER("discovery = true;"), NULL, NULL);
	main_text(state, ISSUER("jwks_file = \"/etc/keys.json\";"), NULL, NULL);
	main_text(state, ISSUER(""), "issuers.corp", "not where its keys");
	main_text(state, ISSUER("discovery = true; jwks_uri = \"https://i/k\";"), "issuers.corp",
		  "more than one way");
	main_text(state, ISSUER("jwks_uri = \"http://i/k\";"), "issuers.corp.jwks_uri", "not an https");
	main_text(state, ISSUER("discovery = true; ca_file = \"/etc/ca.pem\"; bearer_file = \"/etc/token\";"),
		  NULL, NULL);
	main_text(state, ISSUER("jwks_file = \"/etc/keys.json\"; ca_file = \"/etc/ca.pem\";"), "issuers.corp",
		  "nothing is fetched: take ca_file away");
	main_text(state, ISSUER("jwks_file = \"/etc/keys.json\"; bearer_file = \"/etc/token\";"),
		  "issuers.corp", "nothing is fetched: take bearer_file away");
	main_text(state, ISSUER("discovery = true; ca_file = \"ca.pem\";"), "issuers.corp.ca_file",
		  "not an absolute path");
	main_text(state, ISSUER("discovery = true; algorithms = [ \"HS256\" ];"),
		  "issuers.corp.algorithms[0]", "proves nothing");
	main_text(state,
		  ISSUER("discovery = true; scopes = ( { claim = \"s\"; value = \"v\"; role = \"x\"; } );"),
		  "issuers.corp.scopes[0].role", "no role");
	main_text(state, ISSUER("discovery = true; scopes = ( );"), "issuers.corp.scopes",
		  "leave the setting out where every role of an agent");
	main_text(state,
		  "issuers = { a = { issuer = \"https://i\"; discovery = true; client_claim = \"azp\"; }; };",
		  "issuers.a", "reuse is missing");
	main_text(
	    state,
	    "issuers = { a = { issuer = \"https://i\"; discovery = true; client_claim = \"c\"; reuse = "
	    "\"once\"; };\n"
	    " b = { issuer = \"https://i\"; discovery = true; client_claim = \"c\"; reuse = \"once\"; }; };",
	    "issuers.b.issuer", "is the issuer a already");
	main_text(state,
		  "issuers = { a = { issuer = \"urn:x\"; discovery = true; client_claim = \"c\"; reuse = "
		  "\"once\"; }; };",
		  "issuers.a.issuer", "not an https");
}
