/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish_stamps.c: a publish that takes agents from the generation that serves, held against one from nothing. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/stamps.h"
#include "tools/cli/problems_print.h"

#define AGENTS 24
#define MAIN_TEXT \
	"host = { audience = [ \"ssh://web01.example.com\" ]; role_groups = \"entry\"; };\n" \
	"issuers = { corp = { issuer = \"https://idp.example.com\"; jwks_file = \"/etc/keys\"; " \
	"algorithms = [ \"ES256\" ]; audience = [ \"api://hosts\" ]; client_claim = \"azp\"; reuse = " \
	"\"once\"; " \
	"delegation = \"never\"; }; };\n" \
	"roles = { " ROLE("deploy", "99001", "true") ROLE("logs", "99002", "false") "};\n"

/* ---- publishing ------------------------------------------------------------- */

/* Files that the tests write are taken for settled, and get another stamp by every further change all the same. */
static void settle(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static int stop_with_files(void *data, const char *step)
{
	return data && strcmp(step, data) == 0;
}

struct change {
	const char *agent, *text;
	const char *stop; /* the step before which it ends; NULL: none */
	int64_t now;	  /* 0: a moment at which every file counts as settled */
};

static enum publish_outcome change(const struct house *h, const struct change *c, struct outcome *ret)
{
	struct publish_options options = {.with_pending = true,
					  .now = c->now ? c->now : time(NULL) + 10,
					  .step = stop_with_files,
					  .step_data = (void *)(uintptr_t)c->stop};
	struct conf_text text = {0};
	struct workspace workspace;

	*ret = (struct outcome){0};
	if (c->text)
		conf_text_set(&text, "x", c->text, strlen(c->text));
	if (c->agent)
		options.change = (struct text_change){.agent = c->agent, .agent_text = &text};
	if (workspace_open(&workspace, &h->paths, true, &ret->problems) == 0)
		publish(&workspace, &options, &ret->result);
	workspace_close(&workspace);
	conf_text_free(&text);
	return ret->result.outcome;
}

/* publish_all() does as apply, which reads every file. */
static void publish_all(const struct house *h)
{
	struct outcome o;
	enum publish_outcome outcome = change(h, &(struct change){0}, &o);

	if (outcome != PUBLISH_DONE && outcome != PUBLISH_UNCHANGED)
		problems_print(&o.problems);
	assert_true(outcome == PUBLISH_DONE || outcome == PUBLISH_UNCHANGED);
	assert_int_equal(o.result.taken, 0);
	outcome_free(&o);
}

/* set() changes one agent, and returns how many others were taken from what served. */
static size_t set(const struct house *h, const char *owner)
{
	char *text = xasprintf("uid = 70099; owner = \"%s\";\n", owner);
	struct outcome o;
	size_t taken;

	if (change(h, &(struct change){.agent = "zoe", .text = text}, &o) != PUBLISH_DONE)
		problems_print(&o.problems);
	assert_int_equal(o.result.outcome, PUBLISH_DONE);
	taken = o.result.taken;
	outcome_free(&o);
	free(text);
	return taken;
}

/* ---- the same, both ways ------------------------------------------------------ */

static char *bytes_of(const struct house *h, const char *name, size_t *ret_len)
{
	char *path = xasprintf("%s/%s", h->root, name), *bytes;
	FILE *file = fopen(path, "r");
	struct stat st;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	*ret_len = (size_t)st.st_size;
	bytes = xmalloc(*ret_len + 1);
	assert_int_equal(fread(bytes, 1, *ret_len, file), *ret_len);
	fclose(file);
	free(path);
	return bytes;
}

static void write_bytes(const struct house *h, const char *name, const char *bytes, size_t len)
{
	char *path = xasprintf("%s/%s", h->root, name);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	free(path);
}

static const char *const files[] = {"accounts.cdb", "policy.cdb", "manifest.json", STAMPS_FILE};
#define N_FILES (sizeof(files) / sizeof(*files))

struct made {
	char *bytes[N_FILES];
	size_t len[N_FILES], taken;
};

/* make() publishes up to the moment in which the files of the generation are written, and nothing serves them. */
static struct made make(const struct house *h, const char *text, int64_t now)
{
	struct made made = {0};
	struct outcome o;

	if (change(h, &(struct change){.agent = "zoe", .text = text, .stop = "journal", .now = now}, &o) !=
	    PUBLISH_STOPPED)
		problems_print(&o.problems);
	assert_int_equal(o.result.outcome, PUBLISH_STOPPED);
	for (size_t i = 0; i < N_FILES; i++) {
		char *name = xasprintf("state/generations/%u.tmp/%s", o.result.generation, files[i]);

		made.bytes[i] = bytes_of(h, name, &made.len[i]);
		free(name);
	}
	made.taken = o.result.taken;
	outcome_free(&o);
	return made;
}

static void made_free(struct made *made)
{
	for (size_t i = 0; i < N_FILES; i++)
		free(made->bytes[i]);
}

/* same_both_ways() makes one generation with what there is to take and once more from nothing, and returns how many agents
 * the first one took. */
static size_t same_both_ways(const struct house *h)
{
	static unsigned run;
	char *text = xasprintf("uid = 70099; owner = \"run-%u\";\n", run++);
	char *stamps = xasprintf("%s/current/" STAMPS_FILE, h->state),
	     *aside = xasprintf("%s/aside", h->root);
	int64_t now = time(NULL) + 10;
	struct made with = make(h, text, now), without;
	bool there = rename(stamps, aside) == 0;

	without = make(h, text, now);
	if (there)
		assert_int_equal(rename(aside, stamps), 0);
	assert_int_equal(without.taken, 0);
	for (size_t i = 0; i < N_FILES; i++) {
		assert_int_equal(with.len[i], without.len[i]);
		assert_memory_equal(with.bytes[i], without.bytes[i], with.len[i]);
	}
	made_free(&with);
	made_free(&without);
	free(text);
	free(stamps);
	free(aside);
	return with.taken;
}

/* ---- files ---------------------------------------------------------------------- */

static char *agent_file(unsigned i)
{
	return xasprintf("conf/agents.d/bot-%02u.conf", i);
}

/* write_agent() gives the agent some of all that there is, by the number of its edit. */
static void write_agent(const struct house *h, unsigned i, unsigned edit)
{
	char *name = agent_file(i), *text;

	text =
	    xasprintf("uid = %u;\n%s%s%s%s", 70001 + i, edit % 2 ? "roles = [ \"deploy\", \"logs\" ];\n" : "",
		      edit % 3 ? "description = \"one: and two\";\n" : "",
		      edit % 5 < 3 ? "keys = ( { kid = \"k\"; pem = \"" TEST_PEM "\"; } );\n" : "", "");
	if (edit % 7 < 4) {
		char *all =
		    xasprintf("%sbindings = ( { issuer = \"corp\"; client = \"c-%u\"; %s} );\n", text, i,
			      edit % 7 < 2 ? "require = ( { claim = \"ver\"; value = \"2.0\"; } ); " : "");

		free(text);
		text = all;
	}
	house_write(h, name, text);
	free(text);
	free(name);
}

static void begin_house(const struct house *h)
{
	house_write(h, "conf/agentauth.conf", MAIN_TEXT);
	for (unsigned i = 0; i < AGENTS; i++)
		write_agent(h, i, i);
	house_write(h, "conf/agents.d/zoe.conf", "uid = 70099;\n");
	publish_all(h);
	settle();
}

/* change_in_place() changes one byte of a file, and gives it the time of its last change back. */
static void change_in_place(const struct house *h, const char *name, const char *from, const char *to)
{
	char *path = xasprintf("%s/%s", h->root, name), *bytes, *at;
	struct timespec times[2];
	struct stat st;
	size_t len;
	int fd;

	bytes = bytes_of(h, name, &len);
	at = memmem(bytes, len, from, strlen(from));
	assert_non_null(at);
	fd = open(path, O_WRONLY);
	assert_int_equal(fstat(fd, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(pwrite(fd, to, strlen(to), at - bytes), strlen(to));
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	free(bytes);
	free(path);
}

/* ---- what is held ----------------------------------------------------------------- */

TEST(what_is_taken_from_the_generation_that_serves_is_what_is_made_of_the_files, house)
{
	const struct house *h = *state;
	unsigned random = 1;
	size_t taken = 0;

	begin_house(h);
	for (unsigned round = 0; round < 24; round++) {
		for (unsigned edits = 0; edits < round % 4; edits++) {
			random = random * 1103515245u + 12345u;
			write_agent(h, random / 65536 % (AGENTS + round / 8), random / 7);
		}
		taken += same_both_ways(h);
		if (round % 3 == 0)
			set(h, round % 2 ? "a" : "b");
		else if (round % 5 == 0)
			publish_all(h);
		settle();
	}
	assert_true(taken > 12 * AGENTS);
}

TEST(a_command_about_one_agent_takes_the_others, house)
{
	const struct house *h = *state;

	begin_house(h);
	assert_int_equal(set(h, "a"), AGENTS);
	assert_int_equal(set(h, "b"), AGENTS);
	publish_all(h);
}

/* What an agent's file says is published, and then somebody changes it, or what serves, without a trace. */
static void publish_one_and_change(const struct house *h, const char *changed)
{
	begin_house(h);
	house_write(h, "conf/agents.d/bot-00.conf", "uid = 70001; owner = \"alice\";\n");
	publish_all(h);
	settle();
	assert_int_equal(same_both_ways(h), AGENTS);
	change_in_place(h, changed, "alice", "mally");
}

TEST(a_file_that_changed_is_read_though_its_size_and_its_time_are_as_they_were, house)
{
	const struct house *h = *state;

	publish_one_and_change(h, "conf/agents.d/bot-00.conf");
	assert_int_equal(same_both_ways(h), AGENTS - 1);
}

TEST(a_file_whose_owner_or_mode_changed_is_looked_at_anew, house)
{
	const struct house *h = *state;
	char *path = xasprintf("%s/conf/agents.d/bot-00.conf", h->root);
	struct outcome o;

	begin_house(h);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(
	    change(h, &(struct change){.agent = "zoe", .text = "uid = 70099; owner = \"x\";\n"}, &o),
	    PUBLISH_FAILED);
	assert_non_null(problem_with(&o.problems, "can be written by"));
	outcome_free(&o);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(set(h, "x"), AGENTS - 1);
	free(path);
}

TEST(a_file_that_was_changed_a_moment_ago_is_not_kept, house)
{
	const struct house *h = *state;
	struct outcome o;

	begin_house(h);
	write_agent(h, 0, 1);
	assert_int_equal(change(h,
				&(struct change){.agent = "zoe",
						 .text = "uid = 70099; owner = \"x\";\n",
						 .now = time(NULL) - 1},
				&o),
			 PUBLISH_DONE);
	assert_int_equal(o.result.taken, AGENTS - 1);
	outcome_free(&o);
	assert_int_equal(set(h, "y"), AGENTS - 1);
	settle();
	assert_int_equal(set(h, "z"), AGENTS);
}

TEST(stamps_that_are_not_as_they_were_written_are_not_believed, house)
{
	const struct house *h = *state;
	const char *name = "state/current/" STAMPS_FILE;
	char *bytes, *broken, *last;
	size_t len;

	begin_house(h);
	bytes = bytes_of(h, name, &len);
	broken = xmalloc(len + 1);
	last = memmem(bytes, len, "bot-23", strlen("bot-23"));
	assert_non_null(last);
	for (size_t at = 0; at < len; at += len / 41) {
		memcpy(broken, bytes, len);
		broken[at] ^= 0x10;
		write_bytes(h, name, broken, len);
		/* Of the agent that is changed nothing is taken, and its entry is the last one. */
		assert_true(same_both_ways(h) < AGENTS || bytes + at > last);
		write_bytes(h, name, bytes, at); /* and cut short there */
		assert_int_equal(same_both_ways(h), 0);
	}
	write_bytes(h, name, bytes, len);
	assert_int_equal(same_both_ways(h), AGENTS);
	free(broken);
	free(bytes);
}

TEST(stamps_that_others_could_have_written_are_not_believed, house)
{
	const struct house *h = *state;
	char *path = xasprintf("%s/current/" STAMPS_FILE, h->state),
	     *aside = xasprintf("%s/elsewhere", h->root);
	struct stat st;

	begin_house(h);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(same_both_ways(h), 0);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(same_both_ways(h), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(same_both_ways(h), AGENTS);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(symlink(aside, path), 0);
	assert_int_equal(same_both_ways(h), 0);
	free(aside);
	free(path);
}

/* A record that somebody changed where it serves goes with the next publish, as it did when every file was read. */
TEST(a_published_record_that_was_changed_is_made_of_its_file_again, house)
{
	const struct house *h = *state;

	publish_one_and_change(h, "state/current/policy.cdb");
	assert_true(same_both_ways(h) < AGENTS);
}

TEST(nothing_is_taken_where_what_all_agents_depend_on_is_another, house)
{
	const struct house *h = *state;
	char *text;

	begin_house(h);
	text = xasprintf("%s# more\n", MAIN_TEXT);
	house_write(h, "conf/agentauth.conf", text);
	assert_int_equal(same_both_ways(h), 0);
	house_write(h, "conf/agentauth.conf", MAIN_TEXT);
	assert_int_equal(same_both_ways(h), AGENTS);
	free(text);
	text = house_read(h, "etc/passwd");
	house_write(h, "etc/passwd", "root:x:0:0::/root:/bin/sh\nsomebody:x:5001:5001::/:/bin/sh\n");
	assert_int_equal(same_both_ways(h), 0);
	house_write(h, "etc/passwd", text);
	assert_int_equal(same_both_ways(h), AGENTS);
	free(text);
}

TEST(only_the_generation_that_serves_keeps_its_stamps, house)
{
	const struct house *h = *state;

	begin_house(h);
	set(h, "a");
	set(h, "b");
	assert_int_equal(entries(h, "state/generations/*", "^" STAMPS_FILE "$"), 1);
	assert_int_equal(roll_back_to(h, 2), 0);
	settle();
	assert_int_equal(set(h, "c"), 0);
	assert_int_equal(set(h, "d"), AGENTS);
}
