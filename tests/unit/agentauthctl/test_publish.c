/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish.c: what a publish makes of the text, and what it refuses. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/agentauthctl/publish/withheld.h"

/* ---- what is published --------------------------------------------------- */

TEST(a_generation_holds_what_the_text_says, house)
{
	const struct house *h = *state;
	struct aa_accounts accounts;
	struct aa_accounts_header header;
	struct aa_account account;
	struct aa_group group;
	struct stat st;
	char *keys, *path;

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001") "description = \"A: bot\";");
	house_write(h, "conf/agents.d/zoe.conf", "uid = 70000;");
	assert_int_equal(apply(h), 1);
	assert_int_equal(aa_accounts_open(h->state, geteuid(), &accounts), 0);
	header = accounts.header;
	assert_int_equal(header.n_accounts, 2);
	assert_int_equal(header.n_groups, 2);
	assert_string_equal(header.group, "agents");
	assert_int_equal(aa_account_by_uid(&accounts, 70001, &account), 0);
	assert_string_equal(account.name, "bot");
	assert_string_equal(account.gecos, "A; bot");
	assert_string_equal(account.home, "/home/agents/bot");
	assert_string_equal(account.shell, "/bin/bash");
	assert_int_equal(aa_group_by_name(&accounts, "agent-deploy", &group), 0);
	assert_int_equal(group.gid, 99001);
	assert_int_equal(aa_group_by_gid(&accounts, 99999, &group), 0);
	assert_int_equal(aa_account_ssh_keys(&accounts, "bot", &keys), 0);
	assert_non_null(strstr(keys, "ecdsa-sha2-nistp256 AAAA"));
	assert_int_equal(aa_account_ssh_keys(&accounts, "zoe", &path), -ENOENT);
	free(keys);
	aa_accounts_close(&accounts);
	path = xasprintf("%s/generations/1/policy.cdb", h->state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
	path = xasprintf("%s/generations/1/accounts.cdb", h->state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	free(path);
}

TEST(unchanged_text_publishes_nothing, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	assert_int_equal(apply(h), 1);
	assert_int_equal(apply(h), 1);
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001") "owner = \"a\";");
	assert_int_equal(apply(h), 2);
	assert_int_equal(apply(h), 2);
	house_write(h, "conf/agentauth.conf",
		    "roles = { deploy = { gid = 99001; services = [ \"sshd\" ]; }; };\n");
	assert_int_equal(apply(h), 3);
	assert_int_equal(entries(h, "state/generations", "."), 3);
}

TEST(the_last_ten_generations_are_kept, house)
{
	const struct house *h = *state;

	for (int i = 0; i < 13; i++) {
		char *text = xasprintf("uid = 70001; owner = \"%d\";", i);

		house_write(h, "conf/agents.d/bot.conf", text);
		assert_int_equal(apply(h), i + 1);
		free(text);
	}
	assert_int_equal(entries(h, "state/generations", "^[0-9]*$"), 10);
	assert_int_equal(entries(h, "state/generations", "^13$"), 1);
	assert_int_equal(entries(h, "state/generations", "^3$"), 0);
}

TEST(mistakes_change_nothing, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agentauth.conf", "roles = { deploy = { gid = 90001; }; };\n");
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	apply(h);
	house_write(h, "conf/agents.d/bot.conf", "uid = 70002;");
	refused(h, "cannot change");
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	house_write(h, "conf/agents.d/two.conf", "uid = 70001;");
	refused(h, "is the id of the agent bot");
	house_write(h, "conf/agents.d/two.conf", "uid = 90001;");
	refused(h, "is the id of the role deploy");
	house_write(h, "conf/agents.d/two.conf", "uid = 70002; roles = [ \"nosuch\" ];");
	refused(h, "no role");
	house_write(h, "conf/agents.d/two.conf", "uid = ;");
	refused(h, "expected a value");
	house_write(h, "conf/agents.d/two.conf", "uid = 70002;");
	house_write(h, "conf/agents.d/Two.conf", "uid = 70003;");
	refused(h, "capital");
	house_remove(h, "conf/agents.d/Two.conf");
	assert_int_equal(apply(h), 2);
	assert_string_equal(serves(h, "two"), "active");
	assert_int_equal(entries(h, "state/generations", "tmp"), 0);
}

struct told {
	char *name;
	bool known, retired;
	unsigned n;
};

static void tell(void *data, const char *name, const char *known, bool retired)
{
	struct told *t = data;

	free(t->name);
	t->name = xstrdup(name);
	t->known = known != NULL;
	t->retired = retired;
	t->n++;
}

/* Where no other source of names is left to know it. */
TEST(what_is_withheld_is_given_back, house)
{
	const struct house *h = *state;
	struct problems problems = {0};
	struct told told = {0};

	house_write(h, "etc/nsswitch.conf", "passwd: files agentauth # systemd\ngroup: files agentauth\n");
	house_write(h, "conf/agents.d/a.conf", "uid = 70001;");
	house_write(h, "conf/agents.d/b.conf", "uid = 70002;");
	apply(h);
	assert_int_equal(withheld_update(&h->paths, NULL, tell, &told, &problems), 0);
	assert_int_equal(told.n, 0);
	assert_false(withheld_has(&h->paths, "a"));
	house_write(h, "state/withheld.passwd", "a:x:70001:\n");
	house_write(h, "state/withheld.group", "a:x:70001:\n");
	assert_true(withheld_has(&h->paths, "a"));
	assert_false(withheld_has(&h->paths, "b"));
	assert_int_equal(withheld_update(&h->paths, "b", tell, &told, &problems), 0);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.name, "a");
	assert_false(told.known);
	assert_false(told.retired);
	assert_false(withheld_has(&h->paths, "a"));
	house_remove(h, "conf/agents.d/b.conf");
	apply(h);
	house_write(h, "state/withheld.passwd", "b:x:70002:\n");
	house_write(h, "state/withheld.group", "b:x:70002:\n");
	assert_int_equal(withheld_update(&h->paths, "b", tell, &told, &problems), 0);
	assert_int_equal(told.n, 2);
	assert_string_equal(told.name, "b");
	assert_true(told.retired);
	assert_int_equal(problems.errors + problems.warnings, 0);
	problems_free(&problems);
	free(told.name);
}

#define ISSUER(name, more) \
	name " = { issuer = \"https://" name \
	     "\"; discovery = true; client_claim = \"azp\"; reuse = \"once\"; " more "};"
#define BOUND(uid, binding) "uid = " uid "; bindings = ( { " binding " } );"

/* The text of two agents' bindings, of which `words` are said; NULL: they are told apart. */
static void two_agents_bound(const struct house *h, const char *a, const char *b, const char *words)
{
	house_write(h, "conf/agents.d/a.conf", a);
	house_write(h, "conf/agents.d/b.conf", b);
	if (words)
		refused(h, words);
	else
		apply(h);
}

TEST(one_token_is_not_of_two_agents, house)
{
	static const char a[] = BOUND("70001", "issuer = \"corp\"; client = \"x\"; subject = \"s\";");
	const struct house *h = *state;

	house_write(h, "conf/agentauth.conf", "issuers = { " ISSUER("corp", "") ISSUER("other", "") " };\n");
	two_agents_bound(h, BOUND("70001", "issuer = \"corp\"; client = \"x\";"),
			 BOUND("70002", "issuer = \"corp\"; client = \"x\";"),
			 "one token could be of a and of b");
	/* What one demands tokens of the other may have too. */
	two_agents_bound(h, a, BOUND("70002", "issuer = \"corp\"; client = \"x\";"),
			 "b demands nothing else");
	two_agents_bound(
	    h, a,
	    BOUND("70002",
		  "issuer = \"corp\"; client = \"x\"; require = ( { claim = \"ver\"; value = \"2\"; } );"),
	    "a demands sub = \"s\", b demands ver = \"2\"");
	two_agents_bound(h, a, BOUND("70002", "issuer = \"corp\"; client = \"x\"; subject = \"t\";"), NULL);
	two_agents_bound(h, a, BOUND("70002", "issuer = \"other\"; client = \"x\";"), NULL);
	two_agents_bound(h, a, BOUND("70002", "issuer = \"corp\"; client = \"y\";"), NULL);
}

#define REQUIRE(uid, claim, value) \
	BOUND(uid, "issuer = \"corp\"; client = \"x\"; require = ( { claim = \"" claim \
		   "\"; value = \"" value "\"; } );")

TEST(require_tells_agents_apart_where_a_claim_has_one_value, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agentauth.conf", "issuers = { " ISSUER("corp", "") " };\n");
	two_agents_bound(h, REQUIRE("70001", "repository", "r"), REQUIRE("70002", "repository", "q"), NULL);
	two_agents_bound(h, REQUIRE("70001", "repository", "r"), REQUIRE("70002", "repository", "r"),
			 "repository = \"r\"");
	two_agents_bound(h, REQUIRE("70001", "repository", "r"), REQUIRE("70002", "environment", "r"),
			 "of a and of b");
	/* A token may have both. */
	two_agents_bound(h, REQUIRE("70001", "scope", "r"), REQUIRE("70002", "scope", "q"), "of a and of b");
	two_agents_bound(h, REQUIRE("70001", "/realm_access/roles", "r"),
			 REQUIRE("70002", "/realm_access/roles", "q"), "of a and of b");
}

/* The token of the client itself, and a user's, fit whatever the subject is. */
TEST(a_subject_tells_no_agents_apart_where_delegation_is_allowed, house)
{
	static const char a[] = BOUND("70001", "issuer = \"corp\"; client = \"x\"; subject = \"s\";");
	static const char b[] = BOUND("70002", "issuer = \"corp\"; client = \"x\"; subject = \"t\";");
	const struct house *h = *state;

	house_write(h, "conf/agentauth.conf",
		    "issuers = { " ISSUER("corp", "delegation = \"allowed\"; ") " };\n");
	two_agents_bound(h, a, b, "delegation is allowed");
	two_agents_bound(h, REQUIRE("70001", "ver", "1"), REQUIRE("70002", "ver", "2"), NULL);
}

/* Among many that are told apart, the two that are not are found. */
TEST(an_overlap_is_found_among_many_agents_of_one_client, house)
{
	const struct house *h = *state;
	char name[64], text[256];

	house_write(h, "conf/agentauth.conf", "issuers = { " ISSUER("corp", "") " };\n");
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "conf/agents.d/many-%d.conf", i);
		snprintf(text, sizeof(text),
			 BOUND("%d", "issuer = \"corp\"; client = \"x\"; subject = \"s%d\";"), 70100 + i, i);
		house_write(h, name, text);
	}
	apply(h);
	house_write(h, "conf/agents.d/z.conf",
		    BOUND("70001", "issuer = \"corp\"; client = \"x\"; subject = \"s77\";"));
	refused(h, "many-77");
}

TEST(a_key_of_two_agents_is_warned_of, house)
{
	const struct house *h = *state;
	struct outcome o;

	house_write(h, "conf/agents.d/a.conf", "uid = 70001; keys = ( { pem = \"" TEST_PEM "\"; } );");
	house_write(h, "conf/agents.d/b.conf", "uid = 70002; keys = ( { pem = \"" TEST_PEM "\"; } );");
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_DONE);
	assert_non_null(problem_with(&o.problems, "a and b have the same public key"));
	outcome_free(&o);
	house_write(h, "conf/agents.d/b.conf",
		    "uid = 70002; keys = ( { pem = \"" TEST_PEM_ED25519 "\"; } );");
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_DONE);
	assert_null(problem_with(&o.problems, "the same public key"));
	outcome_free(&o);
	/* One that logs nobody in any more is nobody's credential. */
	house_write(h, "conf/agents.d/b.conf",
		    "uid = 70002; keys = ( { pem = \"" TEST_PEM
		    "\"; state = \"disabled\"; kid = \"old\"; } );");
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_DONE);
	assert_null(problem_with(&o.problems, "the same public key"));
	outcome_free(&o);
}

TEST(files_that_others_can_write_are_refused, house)
{
	const struct house *h = *state;
	char *file = xasprintf("%s/agents.d/bot.conf", h->conf), *dir = xasprintf("%s/agents.d", h->conf);

	house_write(h, "conf/agents.d/bot.conf", "uid = 70001;");
	apply(h);
	chmod(file, 0660);
	refused(h, "can be written by its group");
	chmod(file, 0600);
	chmod(dir, 0777);
	refused(h, "can be written by its group");
	chmod(dir, 0755);
	chmod(h->conf, 0775);
	refused(h, "can be written by its group");
	chmod(h->conf, 0755);
	apply(h);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	refused(h, "not a regular file");
	unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	refused(h, "symbolic link");
	unlink(file);
	house_write(h, "conf/agents.d/bot.conf", "@include \"/etc/passwd\"\n");
	refused(h, "@include");
	house_write(h, "conf/agents.d/bot.conf", "uid = 70001;");
	apply(h);
	free(file);
	free(dir);
}

/* ---- how agents name the host -------------------------------------------- */

static char *published_audience(const struct house *h)
{
	struct published *published = published_open(h->state, geteuid());
	json_t *host = published_json(published, "host", "");
	char *text = json_dumps(json_object_get(host, "audience"), JSON_COMPACT);

	json_decref(host);
	published_close(published);
	return text;
}

TEST(the_audience_is_what_the_text_says_or_stays, house)
{
	static const char deploy[] = "# no audience here\nroles = { deploy = { gid = 99001; }; };\n";
	const struct house *h = *state;
	char *audience;

	apply(h);
	house_write(h, "conf/agentauth.conf", deploy);
	apply(h);
	audience = published_audience(h);
	assert_string_equal(audience, "[\"ssh://web01.example.com\"]");
	free(audience);
	house_write(
	    h, "conf/agentauth.conf",
	    "host = { audience = [ \"ssh://a\", \"ssh://b\" ]; }; roles = { deploy = { gid = 99001; }; };\n");
	apply(h);
	house_write(h, "conf/agentauth.conf", deploy);
	apply(h);
	audience = published_audience(h);
	assert_string_equal(audience, "[\"ssh://a\",\"ssh://b\"]");
	free(audience);
}

/* The resolver completes a host's name or fails to; a host that was renamed is another matter. */
TEST(the_resolver_does_not_change_a_published_name)
{
	static const struct {
		const char *published, *hostname, *fqdn, *kept;
	} cases[] = {
	    {"web01.example.com", "web01", NULL, "web01.example.com"},
	    {"web01.example.com", "web01", "web01.elsewhere.test", "web01.example.com"},
	    {"web01.example.com", "WEB01.example.com", "WEB01.example.com", "web01.example.com"},
	    {"web01", "web01", "web01.example.com", "web01.example.com"},
	    {"web01.example.com", "web02", NULL, "web02"},
	    {"web01.example.com", "web0", "web0.example.com", "web0.example.com"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *host = json_pack("{s:s, s:[s]}", "name", cases[i].published, "audience", "ssh://x");
		const char *fqdn = cases[i].fqdn ? cases[i].fqdn : cases[i].hostname;
		struct host_facts facts = {.hostname = xstrdup(cases[i].hostname),
					   .fqdn = xstrdup(fqdn),
					   .fqdn_is_known = cases[i].fqdn != NULL};

		host_facts_keep(&facts, host);
		assert_string_equal(facts.fqdn, cases[i].kept);
		assert_int_equal(facts.n_audience, 1);
		assert_string_equal(facts.audience[0], "ssh://x");
		host_facts_free(&facts);
		json_decref(host);
	}
}

/* ---- retiring ------------------------------------------------------------ */

static bool say_no(void *data, const struct changes *changes)
{
	*(size_t *)data = changes->agents[CHANGE_REMOVED];
	return false;
}

static char *ssh_keys(const struct house *h, const char *name)
{
	struct aa_accounts accounts;
	char *keys = NULL;

	assert_int_equal(aa_accounts_open(h->state, geteuid(), &accounts), 0);
	if (aa_account_ssh_keys(&accounts, name, &keys) < 0)
		keys = xstrdup("");
	aa_accounts_close(&accounts);
	return keys;
}

/* In this generation and in those that follow. */
TEST(a_retired_agents_ssh_keys_are_served_as_before, house)
{
	const struct house *h = *state;
	char *before, *after;

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	apply(h);
	before = ssh_keys(h, "bot");
	assert_true(strncmp(before, "ecdsa-sha2-nistp256 ", 20) == 0);
	house_remove(h, "conf/agents.d/bot.conf");
	for (int i = 2; i < 4; i++) {
		char *text = xasprintf("uid = 7000%d;\n", i);

		house_write(h, i == 2 ? "conf/agents.d/two.conf" : "conf/agents.d/three.conf", text);
		free(text);
		apply(h);
		assert_string_equal(serves(h, "bot"), "retired");
		after = ssh_keys(h, "bot");
		assert_string_equal(after, before);
		free(after);
	}
	free(before);
}

TEST(an_agent_whose_file_is_gone_is_retired_for_good, house)
{
	const struct house *h = *state;
	struct outcome o;
	size_t asked = 0;
	struct publish_options options = {.may_retire = say_no, .retire_data = &asked};

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	house_write(h, "conf/agents.d/two.conf", AGENT("70002"));
	apply(h);
	house_remove(h, "conf/agents.d/bot.conf");
	assert_int_equal(run(h, options, &o), PUBLISH_STOPPED);
	outcome_free(&o);
	assert_int_equal(asked, 1);
	assert_string_equal(serves(h, "bot"), "active");
	assert_int_equal(entries(h, "state/generations", "tmp"), 0);
	apply(h);
	assert_string_equal(serves(h, "bot"), "retired");
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	refused(h, "never given again");
	house_write(h, "conf/agents.d/bot.conf", AGENT("70003"));
	refused(h, "never given again");
	house_remove(h, "conf/agents.d/bot.conf");
	house_write(h, "conf/agents.d/new.conf", AGENT("70001"));
	refused(h, "was the id of agent bot");
	house_write(h, "conf/agents.d/new.conf", AGENT("70003"));
	apply(h);
	assert_string_equal(serves(h, "bot"), "retired");
	assert_string_equal(serves(h, "two"), "active");
	assert_string_equal(serves(h, "new"), "active");
}
