/* SPDX-License-Identifier: Apache-2.0 */
/* support_tools.c: a host of one's own, see support_tools.h. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/support/support_tools.h"
#include "tools/cli/spawn.h"

/* The machine that tests run on may have no full name, which a text without an audience would ask for. */
static bool lacks_audience(const char *name, const char *text)
{
	return strcmp(name, "conf/agentauth.conf") == 0 && !strstr(text, "audience");
}

void house_write(const struct house *house, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", house->root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	if (lacks_audience(name, text))
		assert_int_equal(write(fd, TEST_HOST, strlen(TEST_HOST)), (ssize_t)strlen(TEST_HOST));
	close(fd);
	free(path);
}

void house_remove(const struct house *house, const char *name)
{
	char *path = xasprintf("%s/%s", house->root, name);

	assert_int_equal(unlink(path), 0);
	free(path);
}

char *house_read(const struct house *house, const char *name)
{
	char *path = xasprintf("%s/%s", house->root, name), part[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buffer b = {0};
	ssize_t n;

	free(path);
	if (fd < 0)
		return NULL;
	while ((n = read(fd, part, sizeof(part))) > 0)
		buffer_add(&b, part, (size_t)n);
	close(fd);
	return buffer_take(&b);
}

void house_make_dir(const struct house *house, const char *name)
{
	char *path = xasprintf("%s/%s", house->root, name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

int house_setup(void **state)
{
	static const char *const dirs[] = {"etc",	    "etc/sudoers.d", "conf",
					   "conf/agents.d", "state",	     "state/generations"};
	struct house *h = xcalloc(1, sizeof(*h));

	umask(022);
	/* In memory where that can be: each publish waits for the disk a dozen times. */
	snprintf(h->root, sizeof(h->root), "%s/agentauthctl-test-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(h->root));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		house_make_dir(h, dirs[i]);
	snprintf(h->etc, sizeof(h->etc), "%s/etc", h->root);
	snprintf(h->conf, sizeof(h->conf), "%s/conf", h->root);
	snprintf(h->state, sizeof(h->state), "%s/state", h->root);
	snprintf(h->sudoers, sizeof(h->sudoers), "%s/etc/sudoers.d/agentauth", h->root);
	h->paths = (struct paths){h->conf, h->state, h->etc, h->sudoers, geteuid()};
	house_write(h, "etc/passwd",
		    "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
		    "squatter:x:70055:100::/:/bin/sh\n");
	house_write(h, "etc/group",
		    "root:x:0:\nwww-data:x:33:\ndocker:x:998:\nwhales:x:998:\nadm:x:4:\nops:x:70066:\n"
		    "agent-taken:x:2000:\ntoor:x:0:\n");
	house_write(h, "conf/agentauth.conf", "roles = { deploy = { gid = 99001; }; };\n");
	*state = h;
	return 0;
}

int house_teardown(void **state)
{
	struct house *h = *state;
	char *rm = program_find("rm");
	char *argv[] = {rm, (char[]){"-rf"}, h->root, NULL};

	program_run(argv, "", 0, NULL);
	free(rm);
	free(h);
	return 0;
}

const struct test_fixture fixture_house = {house_setup, house_teardown};

const struct problem *problem_with(const struct problems *problems, const char *words)
{
	for (size_t i = 0; i < problems->n; i++)
		if (strstr(problems->v[i].what, words))
			return &problems->v[i];
	return NULL;
}
