/* SPDX-License-Identifier: Apache-2.0 */
/* bench_nss.c: what a look-up costs: ours with registries of any size, and another NSS module's beside it.
 *
 *   bench_nss generate DIR N    writes a registry of N agents below DIR
 *   bench_nss ours DIR N        times look-ups in it, with the code that the module is made of
 *   bench_nss module FILE NAME  times the same look-ups through another NSS module, _nss_NAME_getpwnam_r and
 * so on
 *
 * Each line of output is: operation, pattern, nanoseconds for a call (the best of several rounds).
 * Patterns: "again", 100 agents spread over the registry, asked for in turn, which is what a cache's hit is;
 * "other", every call for another agent; "missed", 100 names or uids of people in turn, whom no agent has.
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nss.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/registry/local.h"
#include "nss/enumerate.h"
#include "nss/group.h"
#include "nss/initgroups.h"
#include "nss/passwd.h"
#include "tests/unit/support/support_accounts.h"

#define FEW 100u
#define ROUNDS 400 /* short ones: on a busy machine the best one had the processor to itself */
#define CALLS 500u
#define ROUNDS_OTHER 20 /* each call goes to the file */
#define NAME_MAX_LEN 32

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t real_time(void)
{
	return read_clock(CLOCK_REALTIME);
}

static int64_t coarse_tick(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

static char statedir[PATH_MAX], current[PATH_MAX + 32];
static struct aa_nss_cache cache;
static struct aa_nss host = {.statedir = statedir,
			     .current = current,
			     .passwd = "/etc/passwd",
			     .group = "/etc/group",
			     .withheld_passwd = "/var/lib/agentauth/" AA_WITHHELD_PASSWD,
			     .withheld_group = "/var/lib/agentauth/" AA_WITHHELD_GROUP,
			     .now = real_time,
			     .tick = coarse_tick,
			     .cache = &cache};

typedef enum nss_status getpwnam_fn(const char *, struct passwd *, char *, size_t, int *);
typedef enum nss_status getpwuid_fn(uid_t, struct passwd *, char *, size_t, int *);
typedef enum nss_status initgroups_fn(const char *, gid_t, long *, long *, gid_t **, long, int *);

static enum nss_status our_getpwnam(const char *name, struct passwd *ret, char *buf, size_t size, int *errnop)
{
	return aa_passwd_by_name(&host, name, ret, buf, size, errnop);
}

static enum nss_status our_getpwuid(uid_t uid, struct passwd *ret, char *buf, size_t size, int *errnop)
{
	return aa_passwd_by_uid(&host, uid, ret, buf, size, errnop);
}

static enum nss_status our_initgroups(const char *user, gid_t group, long *start, long *room, gid_t **groups,
				      long limit, int *errnop)
{
	return aa_initgroups(&host, user, group, start, room, groups, limit, errnop);
}

static getpwnam_fn *getpwnam_of = our_getpwnam;
static getpwuid_fn *getpwuid_of = our_getpwuid;
static initgroups_fn *initgroups_of = our_initgroups;

/* The agents that are asked for, one after the other; the names are made before the clock is started. */
struct list {
	unsigned n;
	char (*names)[NAME_MAX_LEN];
	uid_t *uids;
};

static void name_of(unsigned i, char ret[NAME_MAX_LEN])
{
	snprintf(ret, NAME_MAX_LEN, "builder-%07u", i);
}

/* n of `all` agents, evenly spread, in an order that a prefetcher does not guess. */
static struct list make_list(unsigned n, unsigned all)
{
	struct list l = {n, calloc(n, sizeof(*l.names)), calloc(n, sizeof(*l.uids))};
	unsigned step = n > 7 ? n / 7 * 3 + 1 : 1, at = 0;

	while (step > 1 && n % step == 0)
		step++;
	for (unsigned i = 0; i < n; i++, at = (at + step) % n) {
		unsigned agent = (unsigned)((unsigned long long)at * all / n);

		name_of(agent, l.names[i]);
		l.uids[i] = AA_UID_MIN_DEFAULT + agent;
	}
	return l;
}

static void free_list(struct list *l)
{
	free(l->names);
	free(l->uids);
}

static bool ask_name(const struct list *l, unsigned i)
{
	struct passwd pw;
	char buf[1024];
	int err;

	return getpwnam_of(l->names[i % l->n], &pw, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS;
}

static bool ask_uid(const struct list *l, unsigned i)
{
	struct passwd pw;
	char buf[1024];
	int err;

	return getpwuid_of(l->uids[i % l->n], &pw, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS;
}

static bool ask_groups(const struct list *l, unsigned i)
{
	static gid_t *groups;
	static long room = 16;
	long start = 1;
	int err;

	if (groups == NULL)
		groups = calloc((size_t)room, sizeof(*groups));
	groups[0] = l->uids[i % l->n];
	return initgroups_of(l->names[i % l->n], groups[0], &start, &room, &groups, -1, &err) ==
	       NSS_STATUS_SUCCESS;
}

static bool miss_name(const struct list *l, unsigned i)
{
	struct passwd pw;
	char buf[1024];
	int err;

	return getpwnam_of(l->names[i % l->n], &pw, buf, sizeof(buf), &err) == NSS_STATUS_NOTFOUND;
}

static bool miss_uid(const struct list *l, unsigned i)
{
	struct passwd pw;
	char buf[1024];
	int err;

	return getpwuid_of(l->uids[i % l->n], &pw, buf, sizeof(buf), &err) == NSS_STATUS_NOTFOUND;
}

static void measure(const char *what, const char *pattern, bool (*ask)(const struct list *, unsigned),
		    const struct list *l)
{
	double best = 0, took;
	unsigned failed = 0, next = 0;
	int rounds = strcmp(pattern, "other") == 0 ? ROUNDS_OTHER : ROUNDS;

	for (unsigned i = 0; i < FEW; i++) /* the first ones pay for what is loaded and mapped once */
		ask(l, next++);
	for (int round = 0; round < rounds; round++) {
		took = -(double)read_clock(CLOCK_MONOTONIC);
		for (unsigned i = 0; i < CALLS; i++)
			failed += !ask(l, next++);
		took = (took + (double)read_clock(CLOCK_MONOTONIC)) / CALLS;
		best = round == 0 || took < best ? took : best;
	}
	if (failed > 0) {
		fprintf(stderr, "bench_nss: %u of %u calls of %s were not answered as they should be\n",
			failed, CALLS * (unsigned)rounds, what);
		exit(1);
	}
	printf("%s %s %.0f\n", what, pattern, best);
}

static void measure_all(unsigned n, bool others)
{
	struct list few = make_list(n < FEW ? n : FEW, n);

	measure("getpwnam", "again", ask_name, &few);
	measure("getpwuid", "again", ask_uid, &few);
	measure("initgroups", "again", ask_groups, &few);
	free_list(&few);
	if (others && n > FEW) {
		struct list all = make_list(n, n);

		measure("getpwnam", "other", ask_name, &all);
		measure("getpwuid", "other", ask_uid, &all);
		measure("initgroups", "other", ask_groups, &all);
		free_list(&all);
	}
}

/* People of a source behind ours. */
static void measure_misses(void)
{
	struct list people = {FEW, calloc(FEW, sizeof(*people.names)), calloc(FEW, sizeof(*people.uids))};

	for (unsigned i = 0; i < FEW; i++) {
		snprintf(people.names[i], NAME_MAX_LEN, "carol-%u", i);
		people.uids[i] = 3000000 + i * 1000003;
	}
	measure("getpwnam", "missed", miss_name, &people);
	measure("getpwuid", "missed", miss_uid, &people);
	free_list(&people);
}

static int generate(const char *dir, unsigned n)
{
	struct support_account *accounts = calloc(n, sizeof(*accounts));
	char(*names)[NAME_MAX_LEN] = calloc(n, sizeof(*names));
	struct support_registry r = {.accounts = accounts, .n_accounts = n};

	if (accounts == NULL || names == NULL)
		return 1;
	for (unsigned i = 0; i < n; i++) {
		name_of(i, names[i]);
		accounts[i].name = names[i];
		accounts[i].uid = AA_UID_MIN_DEFAULT + i;
		accounts[i].gecos = "Release builder";
	}
	r.uid_max = AA_UID_MIN_DEFAULT + (n < 1000000 ? 1000000 : n);
	r.gid_agents = r.uid_max + 1;
	support_publish(dir, 1, &r);
	free(accounts);
	free(names);
	return 0;
}

static void *symbol(void *module, const char *name, const char *function)
{
	char full[128];
	void *s;

	snprintf(full, sizeof(full), "_nss_%s_%s", name, function);
	s = dlsym(module, full);
	if (s == NULL) {
		fprintf(stderr, "bench_nss: %s\n", dlerror());
		exit(1);
	}
	return s;
}

static int use_module(const char *file, const char *name)
{
	void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (module == NULL) {
		fprintf(stderr, "bench_nss: %s\n", dlerror());
		return 1;
	}
	*(void **)&getpwnam_of = symbol(module, name, "getpwnam_r");
	*(void **)&getpwuid_of = symbol(module, name, "getpwuid_r");
	*(void **)&initgroups_of = symbol(module, name, "initgroups_dyn");
	measure_all(FEW, false);
	return 0;
}

static void set_host(const char *dir)
{
	snprintf(statedir, sizeof(statedir), "%s", dir);
	snprintf(current, sizeof(current), "%s/current/accounts.cdb", dir);
	host.owner = getuid();
}

static int use_ours(const char *dir, unsigned n)
{
	set_host(dir);
	measure_all(n, true);
	measure_misses();
	return 0;
}

/* ---- a process that asks for nothing of ours -------------------------------- */

/* The peak of resident memory of this process, KiB. */
static long peak_memory(void)
{
	char text[4096], *line;
	ssize_t n;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	line = strstr(text, "VmHWM:");
	return line ? strtol(line + strlen("VmHWM:"), NULL, 10) : -1;
}

/* What the process has used when it has its answers: processor time, which another process's load does not
 * change much, and memory. */
static int probe(void)
{
	gid_t groups[64];
	int n = 64;

	if (getpwnam("root") == NULL || getgrouplist("root", 0, groups, &n) < 0)
		return 1;
	dprintf(STDOUT_FILENO, "%lld %ld\n", (long long)read_clock(CLOCK_PROCESS_CPUTIME_ID), peak_memory());
	return 0;
}

static bool run_probe(long long *ret_ns, long *ret_kib)
{
	static char self[] = "/proc/self/exe", word[] = "probe";
	char *argv[] = {self, word, NULL}, *envp[] = {NULL}, text[64] = "";
	posix_spawn_file_actions_t actions;
	int fds[2], status = -1;
	pid_t pid;

	if (pipe(fds) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	if (posix_spawn(&pid, self, &actions, NULL, argv, envp) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (read(fds[0], text, sizeof(text) - 1) < 0)
		status = -1;
	close(fds[0]);
	return status == 0 && sscanf(text, "%lld %ld", ret_ns, ret_kib) == 2;
}

static int measure_process(void)
{
	long long took, best = 0;
	long kib = 0, least = 0;

	for (int i = 0; i < 200; i++) {
		if (!run_probe(&took, &kib)) {
			fprintf(stderr, "bench_nss: the process that was started failed\n");
			return 1;
		}
		best = i == 0 || took < best ? took : best;
		least = i == 0 || kib < least ? kib : least;
	}
	printf("process time %lld\nprocess memory %ld\n", best, least);
	return 0;
}

static int measure_enumeration(const char *dir, unsigned n)
{
	char buf[1024];
	struct passwd pw;
	aa_cursor cursor = 0;
	unsigned found = 0;
	int64_t took;
	int err;

	set_host(dir);
	took = read_clock(CLOCK_MONOTONIC);
	while (aa_enumerate_passwd(&host, &cursor, &pw, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS)
		found++;
	took = read_clock(CLOCK_MONOTONIC) - took;
	if (found != n) {
		fprintf(stderr, "bench_nss: %u of %u agents were enumerated\n", found, n);
		return 1;
	}
	printf("getpwent each %lld\n", (long long)took / found);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;

	if (argc == 4 && strcmp(argv[1], "generate") == 0 && n > 0)
		return generate(argv[2], n);
	if (argc == 4 && strcmp(argv[1], "ours") == 0 && n > 0)
		return use_ours(argv[2], n);
	if (argc == 4 && strcmp(argv[1], "module") == 0)
		return use_module(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "enumerate") == 0 && n > 0)
		return measure_enumeration(argv[2], n);
	if (argc == 2 && strcmp(argv[1], "process") == 0)
		return measure_process();
	if (argc == 2 && strcmp(argv[1], "probe") == 0)
		return probe();
	fprintf(
	    stderr,
	    "usage: bench_nss generate DIR N | ours DIR N | enumerate DIR N | module FILE NAME | process\n");
	return 2;
}
