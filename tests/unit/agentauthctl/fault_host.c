/* SPDX-License-Identifier: Apache-2.0 */
/* fault_host.c: see fault_host.h. */
#include <config.h>

#include "tests/unit/agentauthctl/fault_host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/cli/spawn.h"

#define TOOL TEST_BUILDDIR "/../tools/agentauthctl/agentauthctl"
#define DAY 86400
#define CURRENT "state/current"

static const char main_text[] =
    "host = { audience = [ \"ssh://web01.example.com\" ]; audit_failure = \"deny\"; };\n"
    "roles = {\n"
    "\tdeploy = { gid = 99001; sudo = [ \"(root) /usr/bin/id \\\"\\\"\" ]; };\n"
    "\tlogs = { gid = 99002; sudo = [ \"(root) /usr/bin/who \\\"\\\"\" ]; };\n"
    "};\n";

/* ---- commands ------------------------------------------------------------------------------ */

struct faulty_program fault_program(const struct fault_host *host, const char *const words[])
{
	static const char *const options[][2] = {{"--confdir", "conf"},
						 {"--statedir", "state"},
						 {"--rundir", "run"},
						 {"--logdir", "log"},
						 {"--sudoers", "etc/agentauth"}};
	char tool[] = TOOL, paths[5][96], *argv[32] = {tool};
	size_t n = 1;

	for (size_t i = 0; words[i]; i++)
		argv[n++] = (char *)(uintptr_t)words[i];
	for (size_t i = 0; i < COUNT(options); i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", host->root, options[i][1]);
		argv[n++] = (char *)(uintptr_t)options[i][0];
		argv[n++] = paths[i];
	}
	return faulty_start(argv, host->top, host->now);
}

int fault_free(const struct fault_host *host, const struct faulty_program *program)
{
	const struct faulty_order order = {.only = host->victim};
	struct faulty_answer answer;

	faulty_run(program, &order, &answer);
	return WIFEXITED(answer.status) && !answer.hung ? WEXITSTATUS(answer.status) : 128;
}

static char *printed(const struct fault_host *host, const char *name)
{
	char path[96], part[4096];
	struct buffer b = {0};
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", host->top, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, part, sizeof(part))) > 0)
		buffer_add(&b, part, (size_t)n);
	if (fd >= 0)
		close(fd);
	return buffer_take(&b);
}

char *fault_out(const struct fault_host *host)
{
	return printed(host, "out");
}

char *fault_err(const struct fault_host *host)
{
	return printed(host, "err");
}

void fault_ctl(const struct fault_host *host, const char *const words[])
{
	struct faulty_program program = fault_program(host, words);

	if (fault_free(host, &program) != 0)
		fail_msg("%s: %s", words[0], fault_err(host));
	faulty_end(&program);
}

/* ---- the host -------------------------------------------------------------------------------- */

void fault_write(const struct fault_host *host, const char *path, const char *text)
{
	char *whole = xasprintf("%s/%s", host->root, path);
	int fd;

	for (char *at = whole + strlen(host->root) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		(void)mkdir(whole, 0755);
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(whole);
}

void fault_host_make(struct fault_host *host)
{
	static const char *const folders[] = {"",     "/etc", "/conf",	"/conf/agents.d",
					      "/run", "/log", "/state", "/state/generations"};

	umask(022);
	*host = (struct fault_host){.now = time(NULL)};
	/* In memory where that can be: each publish waits for the disk a dozen times. */
	(void)snprintf(host->top, sizeof(host->top), "%s/agentauthctl-faults-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(host->top));
	(void)snprintf(host->root, sizeof(host->root), "%s/h", host->top);
	for (size_t i = 0; i < COUNT(folders); i++) {
		char *path = xasprintf("%s%s", host->root, folders[i]);

		assert_int_equal(mkdir(path, 0755), 0);
		free(path);
	}
	fault_write(host, "conf/agentauth.conf", main_text);
	fault_write(host, "conf/agents.d/bot.conf", "uid = 70001; roles = [ \"deploy\" ];\n");
	fault_write(host, "conf/agents.d/twin.conf", "uid = 70002; roles = [ \"logs\" ];\n");
	fault_write(host, "../one.pub", TEST_PEM);
	fault_write(host, "../two.pub", TEST_PEM_ED25519);
	host->verify = fault_program(host, (const char *const[]){"audit", "verify", NULL});
	host->settle = fault_program(host, (const char *const[]){"apply", "--yes", NULL});
	host->reap = fault_program(host, (const char *const[]){"session", "reap", "--grace", "0", NULL});
	host->now += 2 * DAY;
	host->later = fault_program(host, (const char *const[]){"session", "reap", "--grace", "0", NULL});
	host->now -= 2 * DAY;
	fault_ctl(host, (const char *const[]){"init", NULL});
	assert_int_equal(fault_free(host, &host->verify), 0);
}

void fault_host_free(struct fault_host *host)
{
	char *rm = program_find("rm");
	char *argv[] = {rm, (char[]){"-rf"}, host->top, NULL};

	faulty_end(&host->verify);
	faulty_end(&host->settle);
	faulty_end(&host->reap);
	faulty_end(&host->later);
	program_run(argv, "", 0, NULL);
	free(rm);
}

/* ---- what decides ------------------------------------------------------------------------------ */

static bool ends(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && strcmp(path + len - n, end) == 0;
}

bool fault_is_litter(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (slash && slash[1] == '.') || ends(path, ".new") || ends(path, ".tmp") ||
	       strstr(path, "state/journal");
}

static bool is_left_out(const char *path)
{
	static const char *const beginnings[] = {"log/audit.",	      "log/index",	    "run/audit.",
						 "state/state/last-", "state/generations/", "run/replay",
						 "state/rotated"};

	for (size_t i = 0; i < COUNT(beginnings); i++)
		if (strncmp(path, beginnings[i], strlen(beginnings[i])) == 0 &&
		    strcmp(path, "log/audit.seals") != 0)
			return true;
	return strcmp(path, CURRENT) == 0 || ends(path, "lock") || ends(path, "/audit-begun") ||
	       fault_is_litter(path);
}

/* The digits behind each of these words. */
static void forget_numbers(char *text, const char *word)
{
	for (char *at = strstr(text, word); at; at = strstr(at, word))
		for (at += strlen(word); *at >= '0' && *at <= '9'; at++)
			*at = '0';
}

static void forget_content(struct tree_entry *e)
{
	if (e->bytes)
		e->bytes[0] = '\0';
	e->len = 0;
}

/* A key and a signature are other ones each time; a pid is the victim's. */
static void make_comparable(struct tree_entry *e)
{
	if (strcmp(e->path, "state/seal.key") == 0 || strcmp(e->path, "state/seal.pub") == 0 ||
	    strcmp(e->path, "log/audit.seals") == 0 || strncmp(e->path, "state/state/elevated/", 21) == 0 ||
	    strncmp(e->path, "run/sessions/", 13) == 0)
		forget_content(e);
	if (strncmp(e->path, "run/sessions/by-pid/", 20) == 0)
		e->path[20] = '\0';
	if (ends(e->path, "/manifest.json")) {
		forget_numbers(e->bytes, "\"generation\": ");
		forget_numbers(e->bytes, "\"from\": ");
		e->len = strlen(e->bytes);
	}
}

void fault_decides(const struct tree *whole, struct tree *ret)
{
	const struct tree_entry *current = tree_find(whole, CURRENT);
	char *serves = xasprintf("state/%s/", current ? current->bytes : "nothing");

	*ret = (struct tree){0};
	for (size_t i = 0; i < whole->n; i++) {
		const struct tree_entry *e = &whole->v[i];
		const char *path = e->path;
		char *served = NULL;

		if (strncmp(path, serves, strlen(serves)) == 0)
			path = served = xasprintf("serves/%s", path + strlen(serves));
		if (!is_left_out(path)) {
			tree_add(ret, path, e);
			make_comparable(&ret->v[ret->n - 1]);
		}
		free(served);
	}
	free(serves);
	tree_sort(ret);
}
