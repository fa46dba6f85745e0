/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish.c: a generation serves as a whole or not at all: killed at each step, two at once, bad input.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/agentauthctl/publish/withheld.h"

#define AGENT(uid) "uid = " uid "; roles = [ \"deploy\" ]; keys = ( { pem = \"" TEST_PEM "\"; } );\n"
struct outcome {
	struct publish_result result;
	struct problems problems;
};

static enum publish_outcome run(const struct house *h, struct publish_options options, struct outcome *ret)
{
	struct workspace workspace;

	*ret = (struct outcome){0};
	options.now = NOW;
	if (workspace_open(&workspace, &h->paths, !options.dry_run, &ret->problems) == 0)
		publish(&workspace, &options, &ret->result);
	workspace_close(&workspace);
	return ret->result.outcome;
}

static void outcome_free(struct outcome *o)
{
	publish_result_free(&o->result);
	problems_free(&o->problems);
}

/* Publishes what stands in the text, which is expected to go well, and gives the generation's number. */
static uint32_t apply(const struct house *h)
{
	struct outcome o;
	enum publish_outcome outcome = run(h, (struct publish_options){0}, &o);
	uint32_t number = o.result.generation;

	if (outcome != PUBLISH_DONE && outcome != PUBLISH_UNCHANGED)
		problems_print(&o.problems);
	assert_true(outcome == PUBLISH_DONE || outcome == PUBLISH_UNCHANGED);
	outcome_free(&o);
	return number;
}

/* What the text says is refused, with these words, and what serves does not change. */
static void refused(const struct house *h, const char *words)
{
	uint32_t before = 0, after = 0;
	struct outcome o;

	aa_generation_number(h->state, &before);
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_FAILED);
	if (!problem_with(&o.problems, words))
		problems_print(&o.problems);
	assert_non_null(problem_with(&o.problems, words));
	aa_generation_number(h->state, &after);
	assert_int_equal(before, after);
	outcome_free(&o);
}

/* "active", "retired", "none" or "damaged", by what NSS and PAM read. */
static const char *serves(const struct house *h, const char *name)
{
	struct published *published = published_open(h->state, geteuid());
	struct aa_accounts accounts;
	struct aa_account by_name, by_uid;
	char *key = xasprintf("agent:%s", name);
	const char *answer = "damaged";
	size_t len;
	bool policy = published && published_get(published, key, &len);
	int r;

	published_close(published);
	free(key);
	if (aa_accounts_open(h->state, geteuid(), &accounts) < 0)
		return "none";
	r = aa_account_by_name(&accounts, name, &by_name);
	if (r == -ENOENT && !policy)
		answer = "none";
	else if (r == 0 && aa_account_by_uid(&accounts, by_name.uid, &by_uid) == 0 &&
		 strcmp(by_uid.name, name) == 0)
		answer = policy && !by_name.flags			  ? "active"
			 : !policy && by_name.flags == AA_ACCOUNT_RETIRED ? "retired"
									  : "damaged";
	aa_accounts_close(&accounts);
	return answer;
}

static size_t entries(const struct house *h, const char *dir, const char *pattern)
{
	char *command = xasprintf("ls -A %s/%s | grep -c -- '%s'", h->root, dir, pattern), line[32] = "";
	FILE *p = popen(command, "r");

	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	pclose(p);
	free(command);
	return strtoul(line, NULL, 10);
}

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

/* ---- interrupted --------------------------------------------------------- */

static int die_at(void *data, const char *step)
{
	if (strcmp(step, data) == 0)
		_exit(99);
	return 0;
}

/* A process that is killed at the step; false: it came through, since there is no such step. */
static bool killed_at(const struct house *h, const struct text_change *change, char *step)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct outcome o;
		struct publish_options options = {.step = die_at, .step_data = step};

		if (change)
			options.change = *change;
		run(h, options, &o);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 99;
}

static const char *const steps[] = {"build",  "files",	 "journal",	"text", "ids",	 "settle", "rules",
				    "switch", "sudoers", "end-journal", "nscd", "prune", "end"};
#define N_STEPS (sizeof(steps) / sizeof(*steps))
#define WRITTEN 4  /* from here on the text is written */
#define SWITCHED 8 /* and from here on the new generation serves */

TEST(killed_at_any_step_one_of_the_two_generations_serves, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agents.d/old.conf", AGENT("70000"));
	apply(h);
	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *text = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]);

		house_write(h, file, text);
		assert_true(killed_at(h, NULL, step));
		assert_string_equal(serves(h, "old"), "active");
		assert_string_equal(serves(h, name), i < SWITCHED ? "none" : "active");
		apply(h);
		assert_string_equal(serves(h, name), "active");
		assert_int_equal(entries(h, "state/generations", "tmp"), 0);
		assert_int_equal(entries(h, "state", "current.new"), 0);
		free(name);
		free(file);
		free(text);
		free(step);
	}
}

/* The text is gone, its retirement was not yet told to everything: it can be put back before it is published,
 * and never after. */
TEST(killed_while_it_retires_an_agent_is_whole_or_retired, house)
{
	const struct house *h = *state;

	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *text = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]);

		house_write(h, file, text);
		apply(h);
		house_remove(h, file);
		assert_true(killed_at(h, NULL, step));
		assert_string_equal(serves(h, name), i < SWITCHED ? "active" : "retired");
		if (i < SWITCHED) {
			house_write(h, file, text);
			apply(h);
			assert_string_equal(serves(h, name), "active");
			house_remove(h, file);
		}
		apply(h);
		house_write(h, file, text);
		refused(h, "never given again");
		house_remove(h, file);
		free(name);
		free(file);
		free(text);
		free(step);
	}
}

TEST(a_command_that_is_killed_leaves_text_that_apply_takes_up, house)
{
	const struct house *h = *state;

	apply(h);
	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *bytes = xasprintf("uid = 701%02zu;", i),
		     *step = xstrdup(steps[i]);
		struct conf_text text = {0};
		const struct text_change change = {.agent = name, .agent_text = &text};

		conf_text_set(&text, "x", bytes, strlen(bytes));
		assert_true(killed_at(h, &change, step));
		apply(h);
		assert_string_equal(serves(h, name), i < WRITTEN ? "none" : "active");
		conf_text_free(&text);
		free(name);
		free(bytes);
		free(step);
	}
}

/* ---- failing -------------------------------------------------------------- */

/* All files and links of the house with their modes and what they hold, in one number: but for the lock's. */
static char *fingerprint(const struct house *h)
{
	char *command = xasprintf(
		 "cd %s && { find . ! -name lock -printf '%%p %%m %%l\\n' | sort; find . -type f | sort "
		 "| xargs cat; } | sha256sum",
		 h->root),
	     line[80] = "";
	FILE *p = popen(command, "r");

	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	pclose(p);
	free(command);
	return xstrdup(line);
}

static int fail_at(void *data, const char *step)
{
	return strcmp(step, data) == 0 ? -ENOSPC : 0;
}

/* What a command may change. */
struct edit {
	const char *agent, *agent_text, *main_text, *role;
};

static enum publish_outcome run_edit(const struct house *h, const struct edit *edit,
				     struct publish_options options, struct outcome *ret)
{
	struct conf_text text = {0};
	const char *bytes = edit->agent ? edit->agent_text : edit->main_text;
	struct workspace workspace;

	*ret = (struct outcome){0};
	if (bytes)
		conf_text_set(&text, "x", bytes, strlen(bytes));
	options.now = NOW;
	options.change = (struct text_change){.agent = edit->agent,
					      .agent_text = edit->agent && bytes ? &text : NULL,
					      .main_text = edit->agent ? NULL : &text,
					      .role = edit->role};
	if (workspace_open(&workspace, &h->paths, true, &ret->problems) == 0 &&
	    (edit->agent || workspace_reread(&workspace, &text) == 0))
		publish(&workspace, &options, &ret->result);
	workspace_close(&workspace);
	conf_text_free(&text);
	return ret->result.outcome;
}

#define ROLE(name, gid, rule) name " = { gid = " gid "; sudo = [ \"(root) /bin/" rule "\" ]; }; "

static const struct edit edits[] = {
    {"new", AGENT("70002"), NULL, NULL},
    {"bot", AGENT("70001") "owner = \"b\";", NULL, NULL},
    {"bot", NULL, NULL, NULL},
    {NULL, NULL, "roles = { " ROLE("deploy", "99001", "true") ROLE("ops", "99002", "true") "};\n", "ops"},
    {NULL, NULL, "roles = { " ROLE("deploy", "99001", "false") ROLE("ops", "99002", "true") "};\n", "deploy"},
    {NULL, NULL, "roles = { " ROLE("deploy", "99001", "false") "};\n", "ops"},
};

static bool say_no_always(void *data, const struct changes *changes)
{
	(void)data;
	(void)changes;
	return false;
}

static int roll_back_to(const struct house *h, uint32_t number)
{
	struct problems problems = {0};
	struct workspace workspace;
	int r = workspace_open_state(&workspace, &h->paths, &problems);

	assert_int_equal(r, 0);
	r = publish_rollback(&workspace, number);
	workspace_close(&workspace);
	problems_free(&problems);
	return r;
}

static void start_house(const struct house *h)
{
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") "};\n");
	house_write(h, "conf/agents.d/bot.conf", "# mine\n" AGENT("70001"));
	apply(h);
}

static void fail_in(const struct house *h, const struct edit *edit, const char *step)
{
	struct publish_options options = {
	    .step = fail_at, .step_data = xstrdup(step), .may_retire = say_no_always};
	struct outcome o;

	assert_int_equal(run_edit(h, edit, options, &o), PUBLISH_FAILED);
	assert_non_null(
	    problem_with(&o.problems, "No space left on device. When that is mended, run the command again"));
	assert_false(o.result.left_changed);
	outcome_free(&o);
	free(options.step_data);
}

/* Not a name, not an id, not a byte: and the command itself, once more, is all that it takes. */
TEST(a_publish_that_fails_at_any_step_leaves_everything_as_it_was, house)
{
	const struct house *h = *state;

	start_house(h);
	for (size_t k = 0; k < sizeof(edits) / sizeof(*edits); k++) {
		char *before = fingerprint(h);
		struct outcome o;

		for (size_t i = 0; i <= SWITCHED; i++) {
			char *after;

			fail_in(h, &edits[k], steps[i]);
			after = fingerprint(h);
			if (strcmp(before, after) != 0)
				fail_msg("edit %zu failing at %s left something changed", k, steps[i]);
			free(after);
		}
		free(before);
		assert_int_equal(
		    run_edit(h, &edits[k], (struct publish_options){.may_retire = say_no_always}, &o),
		    PUBLISH_DONE);
		outcome_free(&o);
	}
}

/* A command retires what it is about, and for anything else asks. */
TEST(nothing_is_retired_unasked, house)
{
	static const struct edit ops_goes = {NULL, NULL, "roles = { " ROLE("deploy", "99001", "false") "};\n",
					     "ops"};
	const struct house *h = *state;
	struct edit with_another = ops_goes;
	struct outcome o;

	start_house(h);
	assert_int_equal(run_edit(h, &edits[3], (struct publish_options){0}, &o), PUBLISH_DONE);
	outcome_free(&o);
	with_another.role = "deploy"; /* what it says is of another role */
	assert_int_equal(
	    run_edit(h, &with_another, (struct publish_options){.may_retire = say_no_always}, &o),
	    PUBLISH_STOPPED);
	outcome_free(&o);
	/* Nor is one whose only generation was rolled back: it was published. */
	assert_int_equal(roll_back_to(h, 1), 0);
	with_another.role = NULL;
	assert_int_equal(run_edit(h, &with_another,
				  (struct publish_options){.may_retire = say_no_always, .with_pending = true},
				  &o),
			 PUBLISH_STOPPED);
	outcome_free(&o);
	assert_int_equal(run_edit(h, &ops_goes,
				  (struct publish_options){.may_retire = say_no_always, .with_pending = true},
				  &o),
			 PUBLISH_DONE);
	outcome_free(&o);
}

/* The first one of all: there is nothing before that could serve on. */
TEST(the_first_publish_may_fail_as_well, house)
{
	const struct house *h = *state;
	struct publish_options options = {.step = fail_at};
	char *before, *after;
	struct outcome o;

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	before = fingerprint(h);
	for (size_t i = 0; i <= SWITCHED; i++) {
		options.step_data = xstrdup(steps[i]);
		assert_int_equal(run(h, options, &o), PUBLISH_FAILED);
		outcome_free(&o);
		free(options.step_data);
		house_remove(h, "state/lock");
		after = fingerprint(h);
		assert_string_equal(before, after);
		free(after);
	}
	free(before);
	assert_int_equal(apply(h), 1);
}

/* A killed command is undone or ended by the next one, whatever that is: what was never published has used nothing
 * up, and no role or agent is retired for it. */
TEST(what_a_killed_command_used_is_free_again, house)
{
	const struct house *h = *state;

	start_house(h);
	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *bytes = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]), *ids;
		char *other = xasprintf("other-%zu", i),
		     *same = xasprintf("uid = 701%02zu; owner = \"o\";", i);
		struct conf_text text = {0};
		const struct text_change change = {.agent = name, .agent_text = &text};

		conf_text_set(&text, "x", bytes, strlen(bytes));
		assert_true(killed_at(h, &change, step));
		if (i >= WRITTEN && i < SWITCHED)
			house_remove(h, file);
		if (i < SWITCHED) { /* the same id, for somebody else */
			free(file);
			file = xasprintf("conf/agents.d/%s.conf", other);
			house_write(h, file, same);
		}
		apply(h);
		ids = house_read(h, "state/ids");
		assert_true((strstr(ids, name) != NULL) == (i >= SWITCHED));
		assert_null(strstr(ids, "retire"));
		assert_null(house_read(h, "state/journal"));
		assert_string_equal(serves(h, i < SWITCHED ? other : name), "active");
		conf_text_free(&text);
		free(name);
		free(file);
		free(bytes);
		free(step);
		free(ids);
		free(other);
		free(same);
	}
}

/* What rollback may bring back is what did serve. */
TEST(a_generation_that_never_served_is_not_kept, house)
{
	const struct house *h = *state;

	start_house(h);
	house_write(h, "conf/agents.d/two.conf", AGENT("70002"));
	assert_true(killed_at(h, NULL, (char[]){"switch"}));
	assert_int_equal(entries(h, "state/generations", "^2$"), 1);
	house_remove(h, "conf/agents.d/two.conf");
	apply(h);
	assert_int_equal(entries(h, "state/generations", "^2$"), 0);
	house_write(h, "conf/agents.d/three.conf", AGENT("70002"));
	assert_int_equal(apply(h), 2);
}

/* The rules that a killed command left behind are not those of what serves. */
TEST(sudo_follows_what_serves_after_a_kill, house)
{
	const struct house *h = *state;
	char *rules;

	start_house(h);
	if (access(h->sudoers, F_OK) < 0)
		skip();
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "false") "};\n");
	assert_true(killed_at(h, NULL, (char[]){"sudoers"}));
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/true"));
	free(rules);
	house_write(h, "conf/agents.d/wrong.conf",
		    "uid = ;"); /* even a command that comes to nothing ends it */
	refused(h, "expected a value");
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/false"));
	free(rules);
}

/* What a killed command left is read to the byte, or nothing is done. */
TEST(a_damaged_journal_stops_everything_in_words, house)
{
	static const char *const bad[] = {"",
					  "generation 1 ids 5\n",
					  "generation 1 ids 5 new",
					  "generation x ids 5 new\n",
					  "generation 1 ids 5 newer\n",
					  "generation 01 ids 5 new\n",
					  "generation 1 ids 5 again\n\n"};
	const struct house *h = *state;
	struct workspace workspace;

	start_house(h);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct problems problems = {0};
		char *ids = house_read(h, "state/ids"), *after;

		house_write(h, "state/journal", bad[i]);
		assert_int_equal(workspace_open_state(&workspace, &h->paths, &problems), -1);
		assert_non_null(problem_with(&problems, "the file journal in it is damaged"));
		workspace_close(&workspace);
		problems_free(&problems);
		after = house_read(h, "state/ids");
		assert_string_equal(ids, after);
		free(ids);
		free(after);
	}
	house_remove(h, "state/journal"); /* as the message says */
	assert_int_equal(apply(h), 1);
}

/* Between the switch and the sudo rules of what it switched to. */
TEST(a_killed_rollback_is_ended, house)
{
	const struct house *h = *state;
	char *link = xasprintf("%s/current", h->state), *rules;

	start_house(h);
	if (access(h->sudoers, F_OK) < 0)
		skip();
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "false") "};\n");
	apply(h);
	unlink(link);
	assert_int_equal(symlink("generations/1", link), 0);
	house_write(h, "state/journal", "generation 1 ids 0 again\n");
	house_write(h, "conf/agents.d/wrong.conf", "uid = ;");
	refused(h, "expected a value");
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/true"));
	free(rules);
	/* And one that was killed before it has changed nothing: no generation goes, nor an id. */
	house_write(h, "state/journal", "generation 2 ids 0 again\n");
	refused(h, "expected a value");
	assert_int_equal(entries(h, "state/generations", "^2$"), 1);
	rules = house_read(h, "state/ids");
	assert_non_null(strstr(rules, "bot"));
	free(rules);
	free(link);
}

/* ---- what somebody else has not published yet ----------------------------- */

static const struct {
	const char *file, *text; /* NULL: it is taken away */
	const char *kind, *name;
	enum change_sign sign;
} hand_edits[] = {
    {"conf/agents.d/other.conf", AGENT("70009") "owner = \"b\";", "agent", "other", CHANGE_CHANGED},
    {"conf/agents.d/fresh.conf", AGENT("70010"), "agent", "fresh", CHANGE_ADDED},
    {"conf/agents.d/other.conf", NULL, "agent", "other", CHANGE_REMOVED},
    {"conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") ROLE("ops", "99002", "true") "};\n",
     "role", "ops", CHANGE_ADDED},
    {"conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "false") "};\n", "role", "deploy",
     CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "host = { audience = [ \"ssh://x\" ]; }; roles = { " ROLE("deploy", "99001", "true") "};\n", "host",
     "settings", CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "accounts = { group = \"robots\"; }; roles = { " ROLE("deploy", "99001", "true") "};\n", "accounts",
     "settings", CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "accounts = { shell = \"/bin/dash\"; }; roles = { " ROLE("deploy", "99001", "true") "};\n", "host",
     "settings", CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "issuers = { corp = { issuer = \"https://i\"; discovery = true; client_claim = \"azp\"; reuse = "
     "\"once\"; }; };"
     "roles = { " ROLE("deploy", "99001", "true") "};\n",
     "issuer", "corp", CHANGE_ADDED},
};

static bool has_item(const struct changes *c, const char *kind, const char *name, enum change_sign sign)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].sign == sign && strcmp(c->v[i].kind, kind) == 0 &&
		    strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

/* One of four commands: register, set, retire, and one that adds a role to what agentauth.conf holds. */
static enum publish_outcome command(const struct house *h, int which, bool with_pending, struct outcome *ret)
{
	static const struct edit edits_of_agents[] = {
	    {"new", AGENT("70002"), NULL, NULL},
	    {"bot", AGENT("70001") "owner = \"a\";", NULL, NULL},
	    {"bot", NULL, NULL, NULL},
	};
	const struct publish_options options = {.with_pending = with_pending, .may_retire = say_no_always};
	struct edit edit = {.role = "late"};
	enum publish_outcome outcome;
	char *text, *all;

	if (which < 3)
		return run_edit(h, &edits_of_agents[which], options, ret);
	text = house_read(h, "conf/agentauth.conf");
	*strstr(text, "roles = { ") = '\0';
	all = xasprintf("%sroles = { " ROLE("late", "99009", "true") "%s", text,
			text + strlen("roles = { ") + strlen(text));
	edit.main_text = all;
	outcome = run_edit(h, &edit, options, ret);
	free(text);
	free(all);
	return outcome;
}

static void house_of_two(const struct house *h)
{
	start_house(h);
	house_write(h, "conf/agents.d/other.conf", AGENT("70009"));
	apply(h);
}

static void edit_by_hand(const struct house *h, size_t k)
{
	if (hand_edits[k].text)
		house_write(h, hand_edits[k].file, hand_edits[k].text);
	else
		house_remove(h, hand_edits[k].file);
}

static void put_hand_back(const struct house *h, size_t k)
{
	if (hand_edits[k].sign == CHANGE_ADDED && strcmp(hand_edits[k].kind, "agent") == 0)
		house_remove(h, hand_edits[k].file);
	house_write(h, "conf/agents.d/other.conf", AGENT("70009"));
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") "};\n");
}

static void is_waited_for(const struct house *h, size_t k, int which)
{
	char *before = fingerprint(h), *after;
	struct outcome o;

	if (command(h, which, false, &o) != PUBLISH_PENDING) {
		problems_print(&o.problems);
		fail_msg("the edit by hand %zu was not waited for by command %d", k, which);
	}
	assert_true(has_item(&o.result.pending, hand_edits[k].kind, hand_edits[k].name, hand_edits[k].sign));
	assert_int_equal(o.result.pending.n, 1);
	outcome_free(&o);
	after = fingerprint(h);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

TEST(no_command_publishes_what_somebody_else_has_begun, house)
{
	const struct house *h = *state;

	house_of_two(h);
	for (size_t k = 0; k < sizeof(hand_edits) / sizeof(*hand_edits); k++) {
		edit_by_hand(h, k);
		for (int which = 0; which < 4; which++)
			is_waited_for(h, k, which);
		put_hand_back(h, k);
		assert_int_equal(apply(h), 2);
	}
}

/* Both are published then, and what goes for good is asked about all the same. */
TEST(with_pending_publishes_both)
{
	for (size_t k = 0; k < sizeof(hand_edits) / sizeof(*hand_edits); k++) {
		void *house;
		struct outcome o;

		house_setup(&house);
		house_of_two(house);
		edit_by_hand(house, k);
		assert_int_equal(command(house, (int)k % 4, true, &o),
				 hand_edits[k].sign == CHANGE_REMOVED ? PUBLISH_STOPPED : PUBLISH_DONE);
		assert_true(
		    has_item(&o.result.changes, hand_edits[k].kind, hand_edits[k].name, hand_edits[k].sign));
		assert_int_equal(o.result.changes.n, 2);
		outcome_free(&o);
		house_teardown(&house);
	}
}

TEST(a_command_publishes_its_own_change, house)
{
	const struct house *h = *state;
	struct outcome o;

	house_of_two(h);
	for (int which = 0; which < 4; which++) {
		assert_int_equal(command(h,
					 which == 2   ? 3
					 : which == 3 ? 2
						      : which,
					 false, &o),
				 PUBLISH_DONE);
		assert_int_equal(o.result.pending.n, 0);
		outcome_free(&o);
	}
}

/* Comments publish nothing, and hold nobody up. */
TEST(what_publishes_nothing_is_not_waited_for, house)
{
	const struct house *h = *state;
	struct outcome o;

	house_of_two(h);
	house_write(h, "conf/agents.d/other.conf", "# a word\n" AGENT("70009"));
	house_write(h, "conf/agents.d/bot.conf", "# another\n" AGENT("70001"));
	house_write(h, "conf/agentauth.conf", "# and one\nroles = { " ROLE("deploy", "99001", "true") "};\n");
	for (int which = 0; which < 2; which++) {
		assert_int_equal(command(h, which, false, &o), PUBLISH_DONE);
		outcome_free(&o);
	}
}

/* In the very file that the command edits, half done or wrong; a file that goes publishes nothing of its own. */
TEST(an_edit_of_the_same_agent_is_waited_for, house)
{
	static const char *const texts[] = {AGENT("70001") "expires = \"2020-01-01T00:00:00Z\";",
					    "uid = 70001; roles = [ \"nosuch\" ];"};
	const struct house *h = *state;
	struct outcome o;

	house_of_two(h);
	for (size_t i = 0; i < 2; i++) {
		house_write(h, "conf/agents.d/bot.conf", texts[i]);
		assert_int_equal(command(h, 1, false, &o), PUBLISH_PENDING);
		assert_true(has_item(&o.result.pending, "agent", "bot", CHANGE_CHANGED));
		outcome_free(&o);
	}
	assert_int_equal(command(h, 2, false, &o), PUBLISH_DONE);
	outcome_free(&o);
}

TEST(what_a_command_takes_back_is_not_waited_for, house)
{
	static const struct edit back = {"bot", "# mine\n" AGENT("70001"), NULL, NULL};
	const struct house *h = *state;
	struct outcome o;
	char *text;

	start_house(h);
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001") "owner = \"not published\";");
	assert_int_equal(run_edit(h, &back, (struct publish_options){0}, &o), PUBLISH_UNCHANGED);
	assert_int_equal(o.result.pending.n, 0);
	outcome_free(&o);
	text = house_read(h, "conf/agents.d/bot.conf");
	assert_string_equal(text, back.agent_text);
	free(text);
	assert_int_equal(apply(h), 1);
}

/* ---- two at once --------------------------------------------------------- */

static void register_many(const struct house *h, int writer)
{
	for (int i = 0; i < 8; i++) {
		char *name = xasprintf("w%d-%d", writer, i),
		     *bytes = xasprintf("uid = %d;", 70000 + writer * 100 + i);
		struct conf_text text = {0};
		struct outcome o;

		conf_text_set(&text, "x", bytes, strlen(bytes));
		if (run(h, (struct publish_options){.change = {.agent = name, .agent_text = &text}}, &o) !=
		    PUBLISH_DONE)
			_exit(1);
		free(name);
		free(bytes);
		conf_text_free(&text);
		outcome_free(&o);
	}
	_exit(0);
}

TEST(writers_at_once_lose_nothing, house)
{
	const struct house *h = *state;
	int status;

	apply(h);
	for (int writer = 0; writer < 4; writer++)
		if (fork() == 0)
			register_many(h, writer);
	for (int writer = 0; writer < 4; writer++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	for (int writer = 0; writer < 4; writer++)
		for (int i = 0; i < 8; i++) {
			char *name = xasprintf("w%d-%d", writer, i);

			assert_string_equal(serves(h, name), "active");
			free(name);
		}
	assert_int_equal(apply(h), 33);
}

/* A rule that allows more than it says: refused where it is new, not where it serves already. */
TEST(a_risky_rule_is_accepted_once, house)
{
	static const char risky[] =
	    "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/sh\" ]; }; };\n",
			  more[] = "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/sh\" ]; }; "
				   "other = { gid = 99002; sudo = [ \"(root) /bin/sh\" ]; }; };\n";
	const struct house *h = *state;
	struct outcome o;

	house_write(h, "conf/agentauth.conf", risky);
	refused(h, "is a shell, as root");
	assert_int_equal(run(h, (struct publish_options){.accept_risk = true}, &o), PUBLISH_DONE);
	assert_non_null(problem_with(&o.problems, "is a shell, as root"));
	outcome_free(&o);
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	apply(h);
	house_write(h, "conf/agentauth.conf", more);
	refused(h, "is a shell, as root");
	house_write(h, "conf/agentauth.conf", risky);
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_UNCHANGED);
	assert_int_equal(o.problems.n, 0);
	outcome_free(&o);
}

/* ---- more agents than one thread takes ----------------------------------- */

static void write_many(const struct house *h, int n)
{
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("conf/agents.d/a%05d.conf", i),
		     *text = xasprintf("uid = %d;", 75000 + i);

		house_write(h, file, text);
		free(file);
		free(text);
	}
}

TEST(many_agents_are_published_in_order_with_their_mistakes, house)
{
	const struct house *h = *state;
	struct outcome o;

	write_many(h, 3000);
	house_write(h, "conf/agents.d/a01500.conf", "uid = 76499;");
	house_write(h, "conf/agents.d/a02500.conf", "uid = 77500; zzz = 1;");
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_FAILED);
	assert_int_equal(o.problems.errors, 2);
	assert_non_null(strstr(o.problems.v[0].file, "a01500.conf"));
	assert_non_null(strstr(o.problems.v[1].file, "a02500.conf"));
	outcome_free(&o);
	house_write(h, "conf/agents.d/a01500.conf", "uid = 76500;");
	house_write(h, "conf/agents.d/a02500.conf", "uid = 77500;");
	apply(h);
	for (int i = 0; i < 3000; i++) {
		char *name = xasprintf("a%05d", i);

		assert_string_equal(serves(h, name), "active");
		free(name);
	}
}

/* What is new moves the array that the retired ones stand in, which come before and behind it in the order of
 * their names. */
TEST(many_new_agents_are_published_beside_retired_ones, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agents.d/a-first.conf", "uid = 70001;");
	house_write(h, "conf/agents.d/zoe.conf", "uid = 70002;");
	house_write(h, "conf/agents.d/stays.conf", "uid = 70003;");
	apply(h);
	house_remove(h, "conf/agents.d/a-first.conf");
	house_remove(h, "conf/agents.d/zoe.conf");
	apply(h);
	write_many(h, 20000);
	apply(h);
	assert_string_equal(serves(h, "a-first"), "retired");
	assert_string_equal(serves(h, "zoe"), "retired");
	assert_string_equal(serves(h, "stays"), "active");
	assert_string_equal(serves(h, "a00000"), "active");
	assert_string_equal(serves(h, "a19999"), "active");
}

/* ---- rolling back, sudoers ------------------------------------------------ */

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
