/* SPDX-License-Identifier: Apache-2.0 */
/* test_model.c: which configuration is accepted: each refusal beside a text that differs in the one thing. */
#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/verify/policy.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/record.h"

/* One reading of agentauth.conf, and one of an agent's file against it. */
struct reading {
	struct host_facts facts;
	struct model model;
	struct problems problems;
};

static void read_main(const struct house *house, const char *text, struct reading *r)
{
	struct problems none = {0};

	*r = (struct reading){0};
	assert_int_equal(host_facts_read(&r->facts, house->etc, &none), 0);
	conf_text_set(&r->model.file.text, "agentauth.conf", text, strlen(text));
	model_read(&r->model, &r->facts, &r->problems);
}

static void reading_free(struct reading *r)
{
	model_free(&r->model);
	host_facts_free(&r->facts);
	problems_free(&r->problems);
}

static void check(const struct problems *problems, const char *text, const char *setting, const char *words)
{
	const struct problem *p;

	if (!words) {
		if (problems->errors)
			problems_print(problems);
		if (problems->errors)
			fail_msg("refused: %s", text);
		return;
	}
	p = problem_with(problems, words);
	if (!p)
		problems_print(problems);
	if (!p)
		fail_msg("nothing about \"%s\": %s", words, text);
	assert_non_null(p);
	if (setting && (!p->setting || strcmp(p->setting, setting) != 0))
		fail_msg("\"%s\" is about %s, not %s", words, p->setting ? p->setting : "nothing", setting);
}

/* words NULL: accepted. */
static void main_text(void **state, const char *text, const char *setting, const char *words)
{
	struct reading r;

	read_main(*state, text, &r);
	check(&r.problems, text, setting, words);
	reading_free(&r);
}

#define MAIN \
	"issuers = { corp = { issuer = \"https://i\"; discovery = true; client_claim = \"azp\"; reuse = " \
	"\"once\"; }; };\n" \
	"roles = { deploy = { gid = 99001; }; build = { gid = 99002; }; };"

static void agent_text(void **state, const char *name, const char *text, const char *setting,
		       const char *words)
{
	struct reading r;
	struct conf_file file = {0};
	struct arena arena = {0};
	struct buffer record = {0}, ssh = {0};
	struct key_memo *memo = key_memo_new();
	struct aa_agent agent;

	read_main(*state, MAIN, &r);
	assert_int_equal(r.problems.errors, 0);
	conf_text_set(&file.text, "agent.conf", text, strlen(text));
	if (agent_read(&r.model, name, &file, &arena, &r.problems, &agent) == 0)
		record_agent(&agent, &file, memo, &r.problems, &record, &ssh);
	check(&r.problems, text, setting, words);
	key_memo_free(memo);
	buffer_free(&record);
	buffer_free(&ssh);
	arena_free(&arena);
	conf_file_free(&file);
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

/* ---- agents -------------------------------------------------------------- */

TEST(an_agent_with_every_setting_is_accepted, house)
{
	agent_text(state, "builder-7",
		   "uid = 70007; description = \"Release builder\"; owner = \"a@b\"; expires = "
		   "\"2027-01-01T00:00:00Z\";\n"
		   "roles = [ \"deploy\", \"build\" ];\n"
		   "keys = ( { kid = \"k\"; pem = \"" TEST_PEM
		   "\"; not_after = \"2027-01-01T00:00:00Z\"; state = \"active\"; },\n"
		   "         { pem = \"" TEST_PEM_ED25519 "\"; state = \"disabled\"; } );\n"
		   "bindings = ( { issuer = \"corp\"; client = \"b\"; subject = \"s\"; require = ( { claim = "
		   "\"c\"; value = \"v\"; } ); } );\n"
		   "delegation = { users = [ \"u\" ]; local_users = [ \"alice\" ]; };\n"
		   "sources = [ \"::1\" ]; max_sessions = 2; mixed_sessions = \"refuse\";",
		   NULL, NULL);
}

TEST(names_and_uids_of_this_host_are_refused, house)
{
	agent_text(state, "bot", "uid = 70001;", NULL, NULL);
	agent_text(state, "alice", "uid = 70001;", NULL, "in /etc/passwd already");
	agent_text(state, "ops", "uid = 70001;", NULL, "in /etc/group already");
	agent_text(state, "agents", "uid = 70001;", NULL, "group of all agents");
	agent_text(state, "agent-x", "uid = 70001;", NULL, "groups of roles");
	agent_text(state, "Bot", "uid = 70001;", NULL, "capital");
	agent_text(state, "bot", "", NULL, "uid is missing");
	agent_text(state, "bot", "uid = 0;", "uid", "out of range");
	agent_text(state, "bot", "uid = 65534;", "uid", "outside of accounts.uid_min");
	agent_text(state, "bot", "uid = 70055;", "uid", "squatter");
	agent_text(state, "bot", "uid = 70066;", "uid", "ops");
	agent_text(state, "bot", "uid = 99999;", "uid", "gid of the group agents");
}

TEST(what_an_agent_refers_to_exists, house)
{
	agent_text(state, "bot", "uid = 70001; roles = [ \"deploy\" ];", NULL, NULL);
	agent_text(state, "bot", "uid = 70001; roles = [ \"deplyo\" ];", "roles[0]", "no role");
	agent_text(state, "bot", "uid = 70001; bindings = ( { issuer = \"corp\"; client = \"b\"; } );", NULL,
		   NULL);
	agent_text(state, "bot", "uid = 70001; bindings = ( { issuer = \"cor\"; client = \"b\"; } );",
		   "bindings[0].issuer", "no issuer");
}

TEST(text_that_terminals_or_passwd_would_misread_is_refused, house)
{
	agent_text(state, "bot", "uid = 70001; description = \"a: b\";", NULL, NULL);
	agent_text(state, "bot", "uid = 70001; description = \"a\\nb\";", "description", "line break");
	agent_text(state, "bot", "uid = 70001; owner = \"a\\x1b[2J\";", "owner", "control character");
	agent_text(state, "bot", "uid = 70001; owner = \"a\xe2\x80\xae\";", "owner", "control character");
	agent_text(state, "bot", "uid = 70001; expires = \"1970-01-01T00:00:00Z\";", "expires", "not a time");
	agent_text(state, "bot", "uid = 70001; expires = \"tomorrow\";", "expires", "not a time");
}

#define KEY(pem) "uid = 70001; keys = ( { pem = \"" pem "\"; } );"

TEST(keys_are_public_and_strong, house)
{
	agent_text(state, "bot", KEY(TEST_PEM), NULL, NULL);
	agent_text(state, "bot", KEY("-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n"),
		   "keys[0].pem", "private key");
	agent_text(state, "bot",
		   KEY("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMC4CAQ==\n-----END EC "
		       "PRIVATE KEY-----\n"),
		   "keys[0].pem", "private key");
	agent_text(state, "bot", KEY("garbage"), "keys[0].pem", "not a public key in PEM");
	/* RSA with 1024 bits */
	agent_text(state, "bot",
		   KEY("-----BEGIN PUBLIC KEY-----\n"
		       "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvK+z2nV9r9mRVC/Rmgjz+Waw3\n"
		       "dNCsakE6m4WLseNaYH2fAwtdETjw42JWe0i9kVfF6G59kvUi/1LYDBNFra/RWjHg\n"
		       "KhmTFWhTu1+LW4bPULmP+vAH/gauZQ7ZmAmKuhQMBU3jYmzf+KSIZUZbEqMJRTEK\n"
		       "aB6N8diwgvZGlsCBLQIDAQAB\n"
		       "-----END PUBLIC KEY-----\n"),
		   "keys[0].pem", "too weak");
	agent_text(state, "bot",
		   "uid = 70001; keys = ( { kid = \"a\"; pem = \"" TEST_PEM
		   "\"; }, { kid = \"b\"; pem = \"" TEST_PEM_ED25519 "\"; } );",
		   NULL, NULL);
	agent_text(state, "bot",
		   "uid = 70001; keys = ( { kid = \"a\"; pem = \"" TEST_PEM
		   "\"; }, { kid = \"a\"; pem = \"" TEST_PEM_ED25519 "\"; } );",
		   "keys[1].pem", "another key's");
	agent_text(state, "bot", "uid = 70001; keys = ( { kid = \"a\"; } );", "keys[0]", "pem is missing");
}

/* ---- the records --------------------------------------------------------- */

TEST(records_are_what_the_verifier_reads, house)
{
	struct reading r;
	struct buffer b = {0};
	struct aa_host *host;
	struct aa_issuer *issuer;
	struct aa_role *role;
	json_t *json;

	read_main(*state, MAIN, &r);
	record_host(&r.model, 7, &b);
	json = json_loads(b.data, 0, NULL);
	host = aa_host_from_json(json);
	assert_non_null(host);
	assert_int_equal(host->generation, 7);
	assert_int_equal(host->audience.n, 1);
	aa_host_free(host);
	json_decref(json);
	record_issuer(&r.model.issuers.v[0], &b);
	json = json_loads(b.data, 0, NULL);
	issuer = aa_issuer_from_json(json);
	assert_non_null(issuer);
	assert_true(issuer->reuse == AA_REUSE_ONCE);
	assert_false(issuer->delegation);
	assert_int_equal(issuer->max_token_ttl, 3600);
	aa_issuer_free(issuer);
	json_decref(json);
	record_role(&r.model.roles.v[0], &b);
	json = json_loads(b.data, 0, NULL);
	role = aa_role_from_json(json);
	assert_non_null(role);
	assert_int_equal(role->gid, 99001);
	aa_role_free(role);
	json_decref(json);
	buffer_free(&b);
	reading_free(&r);
}

TEST(an_agent_s_record_holds_all_of_its_text, house)
{
	static const char text[] = "uid = 70007; description = \"a: \\\"b\\\" \\\\ c\"; owner = \"ä\"; "
				   "expires = \"2027-01-01T00:00:00Z\";\n"
				   "roles = [ \"deploy\" ]; keys = ( { pem = \"" TEST_PEM
				   "\"; not_after = \"2028-01-01T00:00:00Z\"; },\n"
				   " { pem = \"" TEST_PEM_ED25519 "\"; state = \"disabled\"; } );\n"
				   "bindings = ( { issuer = \"corp\"; client = \"b\"; } ); delegation = { "
				   "local_users = [ \"alice\" ]; };\n"
				   "sources = [ \"::1\" ]; max_sessions = 2; mixed_sessions = \"refuse\";";
	struct reading r;
	struct conf_file file = {0};
	struct arena arena = {0};
	struct buffer record = {0}, ssh = {0}, gecos = {0};
	struct key_memo *memo = key_memo_new();
	struct aa_agent agent;
	struct aa_agent *read;
	json_t *json;

	read_main(*state, MAIN, &r);
	conf_text_set(&file.text, "agent.conf", text, strlen(text));
	assert_int_equal(agent_read(&r.model, "builder-7", &file, &arena, &r.problems, &agent), 0);
	assert_int_equal(record_agent(&agent, &file, memo, &r.problems, &record, &ssh), 0);
	json = json_loads(record.data, 0, NULL);
	read = aa_agent_from_json(json);
	assert_non_null(read);
	assert_string_equal(read->description, "a: \"b\" \\ c");
	assert_string_equal(read->owner, "ä");
	assert_int_equal(read->expires, 1798761600);
	assert_int_equal(read->keys.n, 2);
	assert_string_equal(read->keys.v[0].kid, "JXty2a-7IW069BH9FbM8I1HBMixF465VkCfb4EPb3TI");
	assert_int_equal(read->keys.v[0].not_after, 1830297600);
	assert_int_equal(read->keys.v[1].state, AA_KEY_DISABLED);
	assert_true(read->delegation.given);
	assert_int_equal(read->mixed_sessions, AA_MIXED_SESSIONS_REFUSE);
	/* a disabled key does not log in by SSH either */
	assert_non_null(strstr(ssh.data, " 1830297600\n"));
	assert_null(strstr(ssh.data, "ssh-ed25519"));
	record_gecos(agent.description, &gecos);
	assert_string_equal(gecos.data, "a; \"b\" \\ c");
	aa_agent_free(read);
	json_decref(json);
	key_memo_free(memo);
	buffer_free(&record);
	buffer_free(&ssh);
	buffer_free(&gecos);
	arena_free(&arena);
	conf_file_free(&file);
	reading_free(&r);
}
