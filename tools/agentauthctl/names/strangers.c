/* SPDX-License-Identifier: Apache-2.0 */
/* strangers.c asks other sources of names about a name or an id, see strangers.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauthctl/model/host_facts.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/agentauthctl/names/strangers.h"
#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

#define SECONDS 60
#define SECONDS_TO_LIST 5
#define MANY \
	1000 /* systemd's own accounts lie outside of every range of ours, so that it is not asked about so many */
#define GROUPS 256
#define ASKED_IN_A_ROW 200
#define SHOWN 3

/* ---- which sources there are ------------------------------------------------- */

/* other_sources() returns the line of a database in nsswitch.conf without actions, and without the sources that are
 * read otherwise, or NULL where nothing is left. */
static char *other_sources(const char *conf, const char *database, bool many)
{
	size_t len = strlen(database);
	struct buffer b = {0};
	char *copy = xstrdup(conf), *save, *line = strtok_r(copy, "\n", &save), *word;

	while (line && (strncmp(line, database, len) != 0 || line[len] != ':'))
		line = strtok_r(NULL, "\n", &save);
	if (line)
		line[strcspn(line, "#")] = '\0';
	for (char *open = line ? strchr(line, '[') : NULL; open; open = strchr(open, '['))
		while (*open && *open != ']')
			*open++ = ' ';
	for (word = line ? strtok_r(line + len + 1, " \t]", &save) : NULL; word;
	     word = strtok_r(NULL, " \t]", &save))
		if (strcmp(word, "files") != 0 && strcmp(word, "agentauth") != 0 &&
		    !(many && strcmp(word, "systemd") == 0))
			buffer_printf(&b, "%s%s", b.len ? " " : "", word);
	free(copy);
	return b.len ? buffer_take(&b) : NULL;
}

struct sources {
	char *passwd, *group; /* NULL: there is no other */
};

static void read_sources(const char *sysconfdir, bool many, struct sources *ret)
{
	char *file = xasprintf("%s/nsswitch.conf", sysconfdir), *conf = NULL;

	*ret = (struct sources){0};
	if (slurp(file, &conf) == 0) {
		ret->passwd = other_sources(conf, "passwd", many);
		ret->group = other_sources(conf, "group", many);
	}
	free(conf);
	free(file);
}

/* ---- the process that asks ------------------------------------------------------ */

static void reply(int fd, size_t i, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void reply(int fd, size_t i, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	(void)dprintf(fd, "%zu %s\n", i, text);
	free(text);
}

/* A question is what the process that asks is to do. */
struct question {
	struct sources sources;
	const struct newcomer *v; /* with `n` */
	size_t n;
	uint32_t min, max;
};

static bool ask_user(int fd, size_t i, const struct newcomer *n, const char *sources)
{
	const struct passwd *pw = getpwnam(n->user);

	if (pw) {
		reply(fd, i, "%s knows an account of this name, with uid %u", sources, (unsigned)pw->pw_uid);
		return true;
	}
	pw = getpwuid(n->id);
	if (pw)
		reply(fd, i, "%s knows an account with uid %u, %s", sources, n->id, pw->pw_name);
	return pw != NULL;
}

static bool ask_group(int fd, size_t i, const struct newcomer *n, const char *sources)
{
	const struct group *gr = getgrnam(n->group);

	if (gr) {
		reply(fd, i, "%s knows a group %s, with gid %u", sources, n->group, (unsigned)gr->gr_gid);
		return true;
	}
	gr = getgrgid(n->id);
	if (gr)
		reply(fd, i, "%s knows a group with gid %u, %s", sources, n->id, gr->gr_name);
	return gr != NULL;
}

/* A group can list a name as its member without there being an account of that name. */
static void ask_members(int fd, size_t i, const struct newcomer *n, const char *sources)
{
	gid_t groups[GROUPS];
	int count = GROUPS;

	if (getgrouplist(n->user, n->id, groups, &count) < 0 || count > 1)
		reply(fd, i, "%s lists this name among the members of a group, gid %u", sources,
		      (unsigned)groups[groups[0] == n->id]);
}

static void ask_one(int fd, size_t i, const struct newcomer *n, const struct sources *s)
{
	if (n->user && s->passwd && ask_user(fd, i, n, s->passwd))
		return;
	if (s->group && !ask_group(fd, i, n, s->group) && n->user)
		ask_members(fd, i, n, s->group);
}

/* glibc's own call puts these sources in the place of nsswitch.conf's, and leaves nscd out. */
static void configure(const struct sources *s)
{
	if ((s->passwd && __nss_configure_lookup("passwd", s->passwd) < 0) ||
	    (s->group && (__nss_configure_lookup("group", s->group) < 0 ||
			  __nss_configure_lookup("initgroups", s->group) < 0)))
		_exit(1);
}

static void ask_all(int fd, const struct question *q)
{
	for (size_t i = 0; i < q->n; i++)
		ask_one(fd, i, &q->v[i], &q->sources);
}

/* ---- the process that waits ------------------------------------------------------ */

/* read_all() reads until the process that asks has ended. It returns false when the time is over. */
static bool read_all(int fd, int seconds, struct buffer *ret)
{
	const time_t end = time(NULL) + seconds;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char part[4096];
	ssize_t n = 1;

	while (n > 0) {
		time_t left = end - time(NULL);

		if (left <= 0 || poll(&p, 1, (int)left * 1000) == 0)
			return false;
		n = read(fd, part, sizeof(part));
		if (n > 0)
			buffer_add(ret, part, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	return true;
}

static void take_answers(struct newcomer *v, size_t n, char *text)
{
	char *save, *end;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t i = strtoul(line, &end, 10);

		if (i < n && *end == ' ' && !v[i].known)
			v[i].known = xstrdup(end + 1);
	}
}

/* run() returns false where there is no answer in time, which is told; where nobody is to be told, the wait is
 * shorter. */
static bool run(const struct question *q, void (*ask)(int fd, const struct question *q), struct buffer *ret,
		struct problems *problems)
{
	bool answered;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		configure(&q->sources);
		ask(fds[1], q);
		_exit(0);
	}
	close(fds[1]);
	answered = pid > 0 && read_all(fds[0], problems ? SECONDS : SECONDS_TO_LIST, ret);
	if (pid > 0 && !answered)
		kill(pid, SIGKILL);
	if (!answered && problems)
		problem_warning(
		    problems, NULL,
		    "the other sources of names (%s) did not answer within %d seconds; whether they know "
		    "these names and ids is not known",
		    q->sources.passwd ? q->sources.passwd : q->sources.group, SECONDS);
	if (pid > 0)
		(void)program_wait(pid, NULL);
	close(fds[0]);
	return answered;
}

bool strangers_are_there(const char *sysconfdir, size_t n)
{
	struct sources sources;
	bool any;

	read_sources(sysconfdir, n > MANY, &sources);
	any = sources.passwd || sources.group;
	free(sources.passwd);
	free(sources.group);
	return any;
}

void strangers_ask(struct newcomer *newcomers, size_t n, const char *sysconfdir, struct problems *problems)
{
	struct question q = {.v = newcomers, .n = n};
	struct buffer answers = {0};

	read_sources(sysconfdir, n > MANY, &q.sources);
	if (n && (q.sources.passwd || q.sources.group))
		(void)run(&q, ask_all, &answers, problems);
	if (answers.len)
		take_answers(newcomers, n, answers.data);
	buffer_free(&answers);
	free(q.sources.passwd);
	free(q.sources.group);
}

/* ---- what they list ------------------------------------------------------------------ */

static void list_all(int fd, const struct question *q)
{
	const struct passwd *pw;
	const struct group *gr;
	int left = SHOWN;

	while (q->sources.passwd && left && (pw = getpwent()))
		if (pw->pw_uid >= q->min && pw->pw_uid <= q->max && left--)
			(void)dprintf(fd, ", %s (uid %u, %s)", pw->pw_name, (unsigned)pw->pw_uid,
				      q->sources.passwd);
	left = SHOWN;
	while (q->sources.group && left && (gr = getgrent()))
		if (gr->gr_gid >= q->min && gr->gr_gid <= q->max && left--)
			(void)dprintf(fd, ", %s (gid %u, %s)", gr->gr_name, (unsigned)gr->gr_gid,
				      q->sources.group);
}

char *strangers_between(uint32_t min, uint32_t max, const char *sysconfdir)
{
	struct question q = {.min = min, .max = max};
	struct buffer answers = {0};

	read_sources(sysconfdir, false, &q.sources);
	if (q.sources.passwd || q.sources.group)
		(void)run(&q, list_all, &answers, NULL);
	free(q.sources.passwd);
	free(q.sources.group);
	if (answers.len > 2)
		return memmove(answers.data, answers.data + 2, answers.len - 1);
	buffer_free(&answers);
	return NULL;
}

/* ---- one id ---------------------------------------------------------------------------- */

static void ask_id(int fd, const struct question *q)
{
	if ((q->sources.passwd && getpwuid(q->min)) || (q->sources.group && getgrgid(q->min)))
		(void)dprintf(fd, "yes");
}

bool strangers_have_id(struct stranger_ids *ids, uint32_t id)
{
	struct question q = {.min = id};
	struct buffer answer = {0};
	bool has;

	if (ids->asked++ >= ASKED_IN_A_ROW)
		return false;
	read_sources(ids->sysconfdir, false, &q.sources);
	if (q.sources.passwd || q.sources.group)
		(void)run(&q, ask_id, &answer, NULL);
	has = answer.len > 0;
	buffer_free(&answer);
	free(q.sources.passwd);
	free(q.sources.group);
	return has;
}
