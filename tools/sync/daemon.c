/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c: agentauth-sync's own loop. */
#include "config.h"

#include "tools/sync/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/clock.h"
#include "tools/cli/say.h"
#include "tools/sync/mirror.h"
#include "tools/sync/state.h"
#include "tools/sync/turns.h"
#include "tools/sync/web.h"

#define ANSWER_TIMEOUT 30000 /* milliseconds until a probe is answered */
#define PARTIAL \
	5000 /* after something came that is no whole message, the server is asked for a sign of life */
#define WEB_TIMEOUT 600 /* seconds for one run over HTTPS */
#define BATCH 256	/* messages until what is ripe is written */

struct loop {
	const struct sync_conf *conf;
	struct incoming *incoming;
	int state, signals;
	struct turns turns;
	struct mirror mirror;
	struct watch watch;
	LDAP *ld; /* NULL: not connected */
	int64_t connected, connect_at, probe_at, answer_by;
	pid_t web; /* 0: no child */
	int64_t web_at;
};

static uint32_t some_number(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint32_t)clock_ms();
	return number;
}

/* ---- the connection ------------------------------------------------------------------------ */

static const char *server_of(const struct loop *loop)
{
	return loop->conf->servers.v[loop->turns.next];
}

static void failed(struct loop *loop, const char *server, const char *why)
{
	int64_t now = clock_ms(), lasted = loop->ld ? now - loop->connected : 0, wait;

	wait = turns_failed(&loop->turns, lasted, some_number());
	say("%s: %s; next %s in %.1f s", server, why, server_of(loop), (double)wait / 1000);
	link_close(loop->ld);
	loop->ld = NULL;
	loop->connect_at = now + wait;
	/* libldap, TLS and a refresh have left memory behind. */
	malloc_trim(0);
}

static void lost(struct loop *loop)
{
	const char *server = server_of(loop);

	if (loop->watch.must_refresh)
		mirror_forget(&loop->mirror);
	watch_end(&loop->watch);
	failed(loop, server, loop->watch.why);
}

static void connect_next(struct loop *loop)
{
	const char *server = server_of(loop);
	char why[LINK_WHY_SIZE] = "";
	LDAP *ld = link_open(&loop->conf->link, server, why);

	if (!ld) {
		failed(loop, server, why);
		return;
	}
	loop->ld = ld;
	loop->connected = clock_ms();
	loop->probe_at = loop->connected + loop->conf->keepalive * 1000;
	loop->answer_by = 0;
	loop->watch.events = &mirror_events;
	loop->watch.context = &loop->mirror;
	if (watch_begin(&loop->watch, ld, loop->conf->base, mirror_begin(&loop->mirror, loop->connected)) < 0)
		lost(loop);
	else
		say("connected to %s", server);
}

static void settle(struct loop *loop)
{
	int r = mirror_settle(&loop->mirror, clock_ms());

	if (r == 0)
		return;
	watch_refuse(&loop->watch, "a file cannot be written: %s", strerror(-r));
	lost(loop);
}

/* Any message is a sign of life; what is no whole one may be the beginning of one that never ends. */
static void heard(struct loop *loop, bool whole)
{
	int64_t now = clock_ms();

	if (whole) {
		loop->probe_at = now + loop->conf->keepalive * 1000;
		loop->answer_by = 0;
	} else if (loop->probe_at > now + PARTIAL) {
		loop->probe_at = now + PARTIAL;
	}
}

static void read_some(struct loop *loop)
{
	enum watch_result result = WATCH_MORE;
	bool refreshed = loop->watch.refreshed;
	int n = 0;

	while (result == WATCH_MORE && n < BATCH) {
		result = watch_take(&loop->watch);
		n += result == WATCH_MORE;
	}
	if (result == WATCH_ENDED) {
		lost(loop);
		return;
	}
	heard(loop, n > 0);
	settle(loop);
	if (loop->ld && loop->watch.refreshed && !refreshed)
		malloc_trim(0);
}

/* TLS may have read more than one message from the descriptor: until it says that there is none, poll() is no answer. */
static void read_link(struct loop *loop)
{
	do
		read_some(loop);
	while (loop->ld && watch_pending(&loop->watch));
}

static void keep_alive(struct loop *loop, int64_t now)
{
	if (loop->answer_by && now >= loop->answer_by) {
		watch_refuse(&loop->watch, "the server does not answer any more");
		lost(loop);
	} else if (!loop->answer_by && now >= loop->probe_at) {
		loop->answer_by = now + ANSWER_TIMEOUT;
		if (!watch_probe(&loop->watch)) {
			watch_refuse(&loop->watch, "the connection is gone");
			lost(loop);
		}
	}
}

/* ---- the mirror ---------------------------------------------------------------------------------- */

/* A child, so that libcurl's thirty libraries are gone afterwards, and a mirror that is slow keeps nothing waiting. */
static void start_web(struct loop *loop, int64_t now)
{
	int64_t interval = loop->conf->https.interval * 1000;
	pid_t parent = getpid(), pid = fork();
	sigset_t none;

	loop->web_at = now + interval + (int64_t)some_number() % (interval / 10 + 1);
	if (pid < 0)
		say("no process can be started for %s: %s", loop->conf->https.url, strerror(errno));
	if (pid > 0)
		loop->web = pid;
	if (pid != 0)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGALRM, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	alarm(WEB_TIMEOUT);
	if (loop->ld)
		close(link_fd(loop->ld));
	if (getppid() != parent)
		_exit(1);
	_exit(web_fetch(&loop->conf->https, &loop->conf->limits.most, loop->incoming, loop->state) < 0);
}

static void reap(struct loop *loop)
{
	int status;

	if (loop->web > 0 && waitpid(loop->web, &status, WNOHANG) == loop->web) {
		loop->web = 0;
		if (WIFSIGNALED(status))
			say("what asked %s was ended by signal %d", loop->conf->https.url, WTERMSIG(status));
	}
}

/* ---- the loop -------------------------------------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a && (!b || a < b) ? a : b;
}

static int wait_ms(const struct loop *loop, int64_t now)
{
	int64_t due = 0;

	if (loop->ld) {
		due = loop->answer_by ? loop->answer_by : loop->probe_at;
		due = sooner(mirror_due(&loop->mirror), due);
	} else if (loop->turns.n > 0) {
		due = loop->connect_at;
	}
	if (loop->conf->https.given && !loop->web)
		due = sooner(loop->web_at, due);
	if (!due)
		return -1;
	return due <= now ? 0 : (int)(due - now);
}

static void do_due(struct loop *loop, int64_t now)
{
	int64_t due;

	if (loop->ld) {
		keep_alive(loop, now);
		due = mirror_due(&loop->mirror);
		if (loop->ld && due && now >= due)
			settle(loop);
	} else if (loop->turns.n > 0 && now >= loop->connect_at) {
		connect_next(loop);
		if (loop->ld)
			read_link(loop);
	}
	if (loop->conf->https.given && !loop->web && now >= loop->web_at)
		start_web(loop, now);
}

/* false: the daemon is to end. */
static bool turn(struct loop *loop)
{
	struct pollfd fds[] = {{loop->signals, POLLIN, 0}, {loop->ld ? link_fd(loop->ld) : -1, POLLIN, 0}};
	struct signalfd_siginfo signal_info;

	if (poll(fds, 2, wait_ms(loop, clock_ms())) < 0 && errno != EINTR)
		return false;
	if (fds[0].revents && read(loop->signals, &signal_info, sizeof(signal_info)) == sizeof(signal_info)) {
		if (signal_info.ssi_signo != SIGCHLD)
			return false;
		reap(loop);
	}
	if (fds[1].revents && loop->ld)
		read_link(loop);
	do_due(loop, clock_ms());
	return true;
}

static int signals_of(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A carrier that is not among the settings any more holds nothing. */
static void begin(struct loop *loop)
{
	loop->connect_at = loop->web_at = clock_ms();
	if (loop->conf->servers.n == 0)
		state_forget(loop->state, STATE_LDAP);
	else
		mirror_load(&loop->mirror);
	if (!loop->conf->https.given)
		state_forget(loop->state, STATE_WEB);
}

int daemon_run(const struct sync_conf *conf, struct incoming *incoming, int state)
{
	struct loop loop = {
	    .conf = conf,
	    .incoming = incoming,
	    .state = state,
	    .signals = signals_of(),
	    .turns = {.n = conf->servers.n},
	    .mirror = {
		.base = conf->base, .limits = conf->limits.most, .incoming = incoming, .state = state}};
	char why[LINK_WHY_SIZE];

	if (loop.signals < 0)
		return say_failed("signals cannot be waited for: %s", strerror(errno));
	if (conf->servers.n > 0 && link_prepare(&conf->link, why) < 0)
		return say_failed("%s", why);
	begin(&loop);
	while (turn(&loop))
		;
	if (loop.web > 0)
		kill(loop.web, SIGTERM);
	watch_end(&loop.watch);
	link_close(loop.ld);
	mirror_free(&loop.mirror);
	return 0;
}
