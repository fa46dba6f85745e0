/* SPDX-License-Identifier: Apache-2.0 */
/* bench_lookup.c: what a look-up costs through libc, by whatever /etc/nsswitch.conf names.
 *
 *   bench_lookup OPERATION AGENTS CALLS MS [NAME]
 *
 * OPERATION is getpwnam, getpwuid, getgrnam, initgroups, or miss. It asks for 100 of AGENTS agents (builder-0000000 with
 * the uid 70000 and so on), spread over all of them and one after the other, or for NAME alone. Each is asked for twice
 * before, if the time is enough; then each of CALLS is timed by itself, for MS milliseconds at most. A line of output is a call's nanoseconds.
 * Exit status 1: a call found nothing, or a miss something.
 */
#include <config.h>

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/registry/accounts.h"

#define FEW 100u

struct asked {
	char name[40];
	uid_t uid;
};

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool by_name(const struct asked *a)
{
	return getpwnam(a->name) != NULL;
}

static bool by_uid(const struct asked *a)
{
	return getpwuid(a->uid) != NULL;
}

static bool group_by_name(const struct asked *a)
{
	return getgrnam(a->name) != NULL;
}

/* It cannot find nothing, since the group that is given is one of those; so each agent is looked for once before. */
static bool groups_of(const struct asked *a)
{
	gid_t groups[64];
	int n = 64;

	return getgrouplist(a->name, a->uid, groups, &n) > 0;
}

static bool nobody(const struct asked *a)
{
	return getpwnam(a->name) == NULL;
}

static const struct operation {
	const char *name, *kind; /* of account: its name is that, "-" and a number */
	bool (*ask)(const struct asked *);
} operations[] = {
    {"getpwnam", "builder", by_name},	    {"getpwuid", "builder", by_uid},
    {"getgrnam", "builder", group_by_name}, {"initgroups", "builder", groups_of},
    {"miss", "stranger", nobody},
};

static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

/* Fills `list` with agents that are spread over all, in an order that a prefetcher does not guess. */
static unsigned choose(struct asked *list, const char *kind, unsigned all)
{
	unsigned n = all < FEW ? all : FEW, at = 0;

	for (unsigned i = 0; i < n; i++, at = (at + 43) % n) {
		unsigned number = (unsigned)((unsigned long long)at * all / n);

		(void)snprintf(list[i].name, sizeof(list[i].name), "%s-%07u", kind, number);
		list[i].uid = AA_UID_MIN_DEFAULT + number;
	}
	return n;
}

static bool call(const struct operation *op, const struct asked *a)
{
	if (op->ask(a))
		return true;
	fprintf(stderr, "bench_lookup: %s of %s: not as it should be\n", op->name, a->name);
	return false;
}

static bool measure(const struct operation *op, const struct asked *list, unsigned n, unsigned long calls,
		    int64_t most)
{
	int64_t end = now_ns() + most, *took = calloc(calls, sizeof(*took));
	unsigned long done = 0;

	if (took == NULL)
		return false;
	if (op->ask == groups_of && !call(&operations[0], &list[0]))
		return false;
	for (unsigned i = 0; i < 2 * n && now_ns() < end; i++)
		if (!call(op, &list[i % n]))
			return false;
	for (end = now_ns() + most; done < calls && (done == 0 || now_ns() < end); done++) {
		int64_t begun = now_ns();

		if (!call(op, &list[done % n]))
			return false;
		took[done] = now_ns() - begun;
	}
	for (unsigned long i = 0; i < done; i++)
		printf("%lld\n", (long long)took[i]);
	free(took);
	return true;
}

int main(int argc, char **argv)
{
	struct asked list[FEW] = {0};
	const struct operation *op = argc >= 5 ? find_operation(argv[1]) : NULL;
	unsigned long all, calls;
	unsigned n = 1;

	if (op == NULL || argc > 6) {
		fputs(
		    "usage: bench_lookup getpwnam|getpwuid|getgrnam|initgroups|miss AGENTS CALLS MS [NAME]\n",
		    stderr);
		return 2;
	}
	all = strtoul(argv[2], NULL, 10);
	calls = strtoul(argv[3], NULL, 10);
	if (argc == 6)
		(void)snprintf(list[0].name, sizeof(list[0].name), "%s", argv[5]);
	else
		n = choose(list, op->kind, (unsigned)all);
	if (n == 0 || calls == 0)
		return 2;
	return measure(op, list, n, calls, strtol(argv[4], NULL, 10) * 1000000) ? 0 : 1;
}
