/* SPDX-License-Identifier: Apache-2.0 */
/* player.c: plays a recording of a terminal, see player.h. */
#include "config.h"

#include "tools/agentauthctl/commands/replay/player.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/replay/screen.h"

static volatile sig_atomic_t interrupted;

static void interrupt(int signo)
{
	interrupted = signo;
}

#define N_SIGNALS 4
static const int signals[N_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void catch_signals(struct sigaction before[N_SIGNALS])
{
	struct sigaction action = {.sa_handler = interrupt}; /* without SA_RESTART: a sleep ends */

	interrupted = 0;
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(signals[i], &action, &before[i]);
}

static void release_signals(const struct sigaction before[N_SIGNALS])
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(signals[i], &before[i], NULL);
}

/* Writes all of it, and empties it. False: it cannot be written, or a signal ended it. */
static bool put(struct buffer *b)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < b->len && (n >= 0 || (errno == EINTR && !interrupted))) {
		n = write(STDOUT_FILENO, b->data + done, b->len - done);
		done += n > 0 ? (size_t)n : 0;
	}
	n = done == b->len;
	buffer_clear(b);
	return n;
}

/* Sleeps until so many seconds after `begun`. False: a signal ended it. */
static bool wait_until(const struct timespec *begun, double seconds)
{
	struct timespec until = *begun;

	until.tv_sec += (time_t)seconds;
	until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!interrupted && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
	return !interrupted;
}

static void take_event(const struct player *player, struct screen *screen, const struct cast_event *event,
		       struct buffer *out)
{
	if (event->code == 'o' && player->raw)
		buffer_add(out, event->text, event->len);
	else if (event->code == 'o')
		screen_filter(screen, event->text, event->len, out);
}

static bool play(const struct player *player, struct cast *cast, struct screen *screen, struct buffer *out)
{
	struct cast_event event = {0};
	struct timespec begun;
	double last = 0, at = 0;
	bool ok = true;

	(void)clock_gettime(CLOCK_MONOTONIC, &begun);
	cast_rewind(cast);
	while (ok && cast_next(cast, &event)) {
		double pause = event.seconds > last ? event.seconds - last : 0;

		if (player->idle_limit > 0 && pause > player->idle_limit)
			pause = player->idle_limit;
		last = event.seconds;
		at += pause / player->speed;
		ok = !interrupted && (!player->terminal || wait_until(&begun, at));
		if (!ok)
			break;
		take_event(player, screen, &event, out);
		ok = put(out);
	}
	json_decref(event.json);
	return ok;
}

bool player_play(const struct player *player, struct cast *cast)
{
	/* Raw output may have changed anything: all that the filter knows of is made as it was. */
	struct screen screen = {.plain = !player->terminal};
	struct sigaction before[N_SIGNALS];
	struct buffer out = {0};
	bool ok;

	catch_signals(before);
	ok = play(player, cast, &screen, &out);
	interrupted = 0;
	screen_restore(&screen, player->raw && player->terminal, &out);
	(void)put(&out);
	release_signals(before);
	buffer_free(&out);
	return ok;
}
