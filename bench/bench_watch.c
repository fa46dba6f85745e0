/* SPDX-License-Identifier: Apache-2.0 */
/* bench_watch.c: many hosts that watch one directory, in one process, with the protocol code of agentauth-sync: how long after a change
 * each of them has the changed file, and has seen that it is what its name says. Usage: bench_watch URI CA BASE HOST-DN HOST-PASSWORD-FILE
 * PUBLISHER-DN PUBLISHER-PASSWORD-FILE WATCHERS ROUNDS. Prints NAME VALUE, times in microseconds; `latency` a line for each watcher. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tools/sync/carried.h"
#include "tools/sync/watch.h"

#define PATIENCE 120000000 /* microseconds until everything is there, or the run has failed */

struct watcher {
	struct watch watch;
	LDAP *ld;
	bool refreshed;
	int64_t had; /* when the file of this round came */
};

struct run {
	const char *uri, *base;
	struct link_conf host, publisher;
	struct watcher *v;
	size_t n, refreshed, had;
	int epoll;
	char hex[AA_SHA256_HEX_SIZE]; /* of this round's file */
};

static struct run run;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_watch: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ---- what a watcher is told -------------------------------------------------------------- */

static bool on_entry(void *context, struct watch *watch, const unsigned char *uuid, const char *dn,
		     struct berval *const *content)
{
	struct watcher *watcher = context;
	struct carried file;

	(void)watch, (void)uuid;
	if (!watcher->refreshed || !carried_of_dn(dn, run.base, &file) || !content || !content[0] ||
	    !carried_fits(&file, content[0]->bv_val, content[0]->bv_len) || strcmp(file.hex, run.hex) != 0)
		return true;
	watcher->had = now_us();
	run.had++;
	return true;
}

static bool on_uuid(void *context, struct watch *watch, const unsigned char *uuid)
{
	(void)context, (void)watch, (void)uuid;
	return true;
}

static bool on_refreshed(void *context, struct watch *watch, bool whole)
{
	struct watcher *watcher = context;

	(void)watch, (void)whole;
	watcher->refreshed = true;
	run.refreshed++;
	return true;
}

static bool on_cookie(void *context, struct watch *watch, const struct berval *cookie)
{
	(void)context, (void)watch, (void)cookie;
	return true;
}

static void on_referral(void *context, struct watch *watch)
{
	(void)context, (void)watch;
}

static const struct watch_events events = {on_entry, on_uuid, on_uuid, on_refreshed, on_cookie, on_referral};

/* ---- all of them -------------------------------------------------------------------------- */

static void take_from(struct watcher *watcher)
{
	enum watch_result result;

	do
		result = watch_take(&watcher->watch);
	while (result == WATCH_MORE || (result == WATCH_QUIET && watch_pending(&watcher->watch)));
	if (result == WATCH_ENDED)
		fail("a watcher was left", watcher->watch.why);
}

static void until(const size_t *count, int64_t deadline)
{
	struct epoll_event ready[256];

	while (*count < run.n) {
		int n = epoll_wait(run.epoll, ready, 256, 1000);

		for (int i = 0; i < n; i++)
			take_from(ready[i].data.ptr);
		if (now_us() > deadline)
			fail("not all have come", "the time is over");
	}
}

static void connect_one(struct watcher *watcher)
{
	char why[LINK_WHY_SIZE] = "";
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watcher};

	memset(watcher, 0, sizeof(*watcher));
	watcher->ld = link_open(&run.host, run.uri, why);
	if (!watcher->ld)
		fail(run.uri, why);
	watcher->watch.events = &events;
	watcher->watch.context = watcher;
	if (watch_begin(&watcher->watch, watcher->ld, run.base, NULL) < 0)
		fail("search", watcher->watch.why);
	if (epoll_ctl(run.epoll, EPOLL_CTL_ADD, link_fd(watcher->ld), &event) < 0)
		fail("epoll", strerror(errno));
}

static int64_t connect_all(void)
{
	int64_t begun = now_us();

	run.refreshed = 0;
	for (size_t i = 0; i < run.n; i++)
		connect_one(&run.v[i]);
	until(&run.refreshed, now_us() + PATIENCE);
	return now_us() - begun;
}

static void close_all(void)
{
	for (size_t i = 0; i < run.n; i++) {
		watch_end(&run.v[i].watch);
		link_close(run.v[i].ld);
	}
}

/* ---- a change ------------------------------------------------------------------------------- */

static void change(LDAP *ld, unsigned round)
{
	char text[64], *dn = malloc(strlen(run.base) + 128);
	struct berval content, *contents[] = {&content, NULL};
	char *class[] = {(char *)(uintptr_t) "agentauthStop", NULL};
	LDAPMod kind = {LDAP_MOD_ADD, (char *)(uintptr_t) "objectClass", {.modv_strvals = class}};
	LDAPMod what = {
	    LDAP_MOD_ADD | LDAP_MOD_BVALUES, (char *)(uintptr_t)CARRIED_CONTENT, {.modv_bvals = contents}};
	LDAPMod *mods[] = {&kind, &what, NULL};
	int id, rc;

	content.bv_len = (size_t)snprintf(text, sizeof(text), "round %u of %ld", round, (long)getpid());
	content.bv_val = text;
	if (!dn || aa_sha256_hex(run.hex, text, content.bv_len))
		fail("memory", "is out");
	sprintf(dn, CARRIED_DIGEST "=%s,ou=stops,%s", run.hex, run.base);
	rc = ldap_add_ext(ld, dn, mods, NULL, NULL, &id);
	if (rc != LDAP_SUCCESS)
		fail(dn, ldap_err2string(rc));
	free(dn);
}

static void measure(LDAP *ld, unsigned round)
{
	struct timeval wait = {10, 0};
	LDAPMessage *answer = NULL;
	int64_t begun;
	int code = LDAP_OTHER;

	run.had = 0;
	begun = now_us();
	change(ld, round);
	until(&run.had, begun + PATIENCE);
	if (ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ALL, &wait, &answer) <= 0 ||
	    ldap_parse_result(ld, answer, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS ||
	    code != LDAP_SUCCESS)
		fail("the change", ldap_err2string(code));
	for (size_t i = 0; i < run.n; i++)
		printf("latency %lld\n", (long long)(run.v[i].had - begun));
}

static long resident(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static char *password_of(const char *path)
{
	static char texts[2][256];
	static int next;
	char *text = texts[next++ % 2];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(texts[0]) - 1);

	if (n <= 0)
		fail(path, "cannot be read");
	close(fd);
	text[n] = '\0';
	return text;
}

int main(int argc, char **argv)
{
	char why[LINK_WHY_SIZE] = "";
	long before;
	LDAP *ld;

	if (argc != 10)
		fail("usage", "URI CA BASE HOST-DN FILE PUBLISHER-DN FILE WATCHERS ROUNDS");
	run.uri = argv[1];
	run.base = argv[3];
	run.host = (struct link_conf){
	    .bind_dn = argv[4], .password = password_of(argv[5]), .ca_file = argv[2], .message_max = 1 << 20};
	run.publisher = run.host;
	run.publisher.bind_dn = argv[6];
	run.publisher.password = password_of(argv[7]);
	run.n = strtoul(argv[8], NULL, 10);
	run.v = calloc(run.n, sizeof(*run.v));
	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (link_prepare(&run.host, why) < 0)
		fail("libldap", why);
	ld = link_open(&run.publisher, run.uri, why);
	if (!run.v || run.n == 0 || !ld)
		fail(run.uri, why);
	before = resident();
	printf("connect %lld\n", (long long)connect_all());
	printf("memory %ld\n", resident() - before);
	for (unsigned round = 0; round < strtoul(argv[9], NULL, 10); round++)
		measure(ld, round);
	fflush(stdout);
	printf("server\n");
	fflush(stdout);
	/* The server's own memory is looked at by the script, while all are connected. */
	if (getchar() == EOF)
		return 0;
	close_all();
	printf("reconnect %lld\n", (long long)connect_all());
	link_close(ld);
	return 0;
}
