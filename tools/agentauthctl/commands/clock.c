/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c puts right what a clock that was ahead left behind, see clock.h. */
#include "config.h"

#include "tools/agentauthctl/commands/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "common/state/process.h"
#include "common/state/replay.h"
#include "common/text/utc.h"

#define FILE_NAME "clock"
#define STEP 300   /* seconds between two notes */
#define SLACK 1000 /* a note's age, and how far ahead of its use a credential may say that it was issued */

/* seen is what STATEDIR/clock says, in one line: BOOT-ID BEFORE SEEN. */
struct seen {
	char boot[AA_BOOT_ID_SIZE];
	int64_t before; /* the latest time of all earlier boots; 0: not known */
	int64_t latest; /* of this one */
};

static int open_statedir(const struct ctl *ctl)
{
	return open(ctl->paths.statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool read_note(int dir, struct seen *ret)
{
	int fd =
	    dir < 0 ? -1 : openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char text[128] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && sscanf(text, "%36s %" SCNd64 " %" SCNd64, ret->boot, &ret->before, &ret->latest) == 3;
}

/* seen_now() returns the note as it is for this boot. */
static struct seen seen_now(int dir)
{
	struct seen note = {0}, ret = {0};

	if (aa_boot_id(ret.boot) < 0 || !read_note(dir, &note))
		return ret;
	if (strcmp(note.boot, ret.boot) == 0)
		return note;
	ret.before = note.latest > note.before ? note.latest : note.before;
	return ret;
}

static void write_note(int dir, const struct seen *seen)
{
	char *text = xasprintf("%s %" PRId64 " %" PRId64 "\n", seen->boot, seen->before, seen->latest);

	if (dir >= 0 && seen->boot[0])
		(void)conf_text_write(dir, FILE_NAME, text, strlen(text)); /* without it, less is known */
	free(text);
}

/* is_kept() returns true where the kernel says that something keeps its clock. */
static bool is_kept(void)
{
	struct timex t = {0};

	return ntp_adjtime(&t) != TIME_ERROR && !(t.status & STA_UNSYNC);
}

static bool is_known_right(const struct seen *seen, int64_t now)
{
	return is_kept() || seen->before + SLACK <= now;
}

/* ---- mending ------------------------------------------------------------- */

/* is_shut() returns true where the store's stamp lies ahead of the clock. */
static bool is_shut(const struct ctl *ctl, int64_t *ret_since, int64_t *ret_refused)
{
	return aa_replay_look(ctl->rundir, ctl->now, ret_since, ret_refused) == 0 &&
	       *ret_since > ctl->now + 1;
}

static enum ctl_status begin_anew(struct ctl *ctl)
{
	int err = aa_replay_restart(ctl->rundir, ctl->now + 1); /* what was issued in this second stays out */

	if (err < 0)
		return ctl_fail(ctl, "the replay store in %s cannot be begun anew: %s", ctl->rundir,
				strerror(-err));
	ctl_warning(ctl, "the clock was ahead when the replay store was made, so that no agent could present "
			 "anything; what is issued from now on is let in again");
	ctl_audit(ctl, NULL, "ok", "ok");
	return CTL_DONE;
}

static enum ctl_status tell_shut(struct ctl *ctl, int64_t since, int64_t before)
{
	char when[32], seen[32];

	aa_utc_print(since, when);
	aa_utc_print(before, seen);
	return ctl_fail(
	    ctl,
	    "all that agents present is refused until %s: the clock was ahead when the replay store was "
	    "made, "
	    "or is behind now (before this boot it stood at %s). If it is right now: agentauthctl session "
	    "reap --clock-is-right",
	    when, seen);
}

enum ctl_status clock_mend(struct ctl *ctl, bool said)
{
	int dir = open_statedir(ctl);
	struct seen seen = seen_now(dir);
	int64_t since = 0, refused = 0;
	bool shut = is_shut(ctl, &since, &refused), right = said || is_known_right(&seen, ctl->now);
	enum ctl_status status = CTL_DONE;

	if (shut && right && !ctl->dry_run)
		status = begin_anew(ctl);
	else if (shut && !right)
		status = tell_shut(ctl, since, seen.before);
	if (shut && right && seen.before + SLACK > ctl->now)
		seen.before = ctl->now - SLACK;
	if (!ctl->dry_run && (ctl->now >= seen.latest + STEP || (shut && right))) {
		seen.latest = ctl->now;
		write_note(dir, &seen);
	}
	if (dir >= 0)
		close(dir);
	return status;
}

/* ---- looking ------------------------------------------------------------- */

void clock_look(const struct ctl *ctl, struct clock_marks *ret)
{
	int dir = open_statedir(ctl);
	struct seen seen = seen_now(dir);
	int64_t since = 0, refused = 0;
	bool shut = is_shut(ctl, &since, &refused);

	*ret = (struct clock_marks){shut ? since : 0, refused, is_known_right(&seen, ctl->now)};
	if (dir >= 0)
		close(dir);
}
