/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_enable.c has this host ask agentauth, by lines in the host's own files, and no more. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/enable/places.h"
#include "tools/agentauthctl/enable/stage.h"
#include "tools/agentauthctl/enable/tries.h"
#include "tools/agentauthctl/publish/nscd.h"
#include "tools/cli/spawn.h"

/* A command puts in or takes out. */
struct work {
	struct ctl *ctl;
	bool out;
	unsigned parts;
	struct placed placed;
	struct host_plan plan;
};

static bool is_unit(const struct host_change *c)
{
	return strncmp(c->path, HOST_UNIT, strlen(HOST_UNIT)) == 0;
}

/* ---- showing --------------------------------------------------------------------- */

/* The caller frees. */
static char *difference(const struct host_change *c)
{
	const char *now = c->before ? STAGE "/file" : "/dev/null", *next = c->after ? "-" : "/dev/null";
	const char *words[] = {
	    "-u", "--label", c->before ? c->path : "/dev/null", "--label", c->after ? c->path : "/dev/null",
	    now,  next};
	char *path = program_find("diff"), **argv;
	struct buffer output = {0};

	if (is_unit(c))
		return xasprintf("systemctl %s --now %s\n", c->after ? "enable" : "disable",
				 c->path + strlen(HOST_UNIT));
	argv = argv_join((const char *const *)&path, 1, (char *const *)(uintptr_t)words,
			 sizeof(words) / sizeof(words[0]));
	if (path && (!c->before || stage_put("file", c->before) == 0))
		(void)program_run(argv, c->after ? c->after : "", c->after ? strlen(c->after) : 0, &output);
	if (!output.len)
		buffer_printf(&output, "%s would change; there is no diff here to show how\n", c->path);
	free(path);
	free(argv);
	return buffer_take(&output);
}

static void show(struct work *w, FILE *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->plan.n; i++) {
		const struct host_change *c = &w->plan.v[i];
		char *text = difference(c);

		if (!w->ctl->json)
			fprintf(f, "%s", text);
		(void)json_array_append_new(list,
					    json_pack("{s:s, s:s, s:s}", "part", host_part_word(c->part),
						      "file", c->path, "diff", text));
		free(text);
	}
	ctl_answer(w->ctl, "changes", list);
}

/* may_write() returns whether the files may be written: with --yes, or by the answer to a question. */
static bool may_write(struct work *w)
{
	struct ctl *ctl = w->ctl;
	const char *verb = w->out ? "disable" : "enable";
	char answer[16] = "";

	if (ctl->yes || ctl->dry_run)
		return true;
	if (ctl->json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		ctl_error(
		    ctl,
		    "%zu file%s of this host would change, and nobody can be asked here: agentauthctl %s "
		    "--dry-run shows how, and --yes says that this is meant. Nothing was changed",
		    w->plan.n, w->plan.n == 1 ? "" : "s", verb);
		return false;
	}
	fprintf(stderr, "Change %zu file%s of this host so? [y/N] ", w->plan.n, w->plan.n == 1 ? "" : "s");
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	ctl_error(ctl, "nothing was changed");
	return false;
}

/* ---- writing --------------------------------------------------------------------- */

static int run_systemctl(const char *verb, const char *option, const char *unit)
{
	char *path = program_find("systemctl");
	char *const argv[] = {path, (char *)(uintptr_t)verb, (char *)(uintptr_t)option,
			      (char *)(uintptr_t)unit, NULL};
	int status = path ? program_run(argv, "", 0, NULL) : -ENOENT;

	free(path);
	return status > 0 ? -EIO : status;
}

static int write_text(const struct host_change *c, const char *text)
{
	if (is_unit(c))
		return run_systemctl(text ? "enable" : "disable", "--now", c->path + strlen(HOST_UNIT));
	return host_file_write(c, text);
}

/* The copy of a file goes once the file is as it was. */
static int write_change(struct work *w, const struct host_change *c)
{
	int r = w->out ? 0 : placed_keep(&w->placed, c);

	if (r == 0)
		r = write_text(c, c->after);
	if ((r == 0) == w->out)
		placed_forget(&w->placed, c->path);
	if (r < 0)
		host_plan_fail(&w->plan, c->path, "cannot be written: %s", strerror(-r));
	return r;
}

static void undo(struct work *w, size_t n)
{
	while (n-- > 0) {
		const struct host_change *c = &w->plan.v[n];
		int r = write_text(c, c->before);

		if (r < 0)
			host_plan_fail(&w->plan, c->path, "cannot be put back as it was: %s", strerror(-r));
		else
			placed_forget(&w->placed, c->path);
	}
}

/* write_all() writes every file, or puts each back as it was. */
static bool write_all(struct work *w)
{
	int r = placed_journal_begin(&w->placed, &w->plan);
	bool whole = r == 0;
	size_t done = 0;

	if (r < 0)
		host_plan_fail(&w->plan, w->placed.dir, "cannot be written to: %s", strerror(-r));
	while (whole && done < w->plan.n && write_change(w, &w->plan.v[done]) == 0)
		done++;
	whole = whole && done == w->plan.n;
	/* A file that is as it was stays so where another cannot be written. */
	for (size_t i = done + 1; w->out && i < w->plan.n; i++)
		(void)write_change(w, &w->plan.v[i]);
	if (!w->out && whole)
		whole = tries_sudo_starts(&w->plan);
	if (!w->out && !whole)
		undo(w, done);
	if (r == 0 && placed_journal_end(&w->placed) < 0)
		host_plan_fail(&w->plan, w->placed.dir, "keeps its journal, which could not be removed");
	return whole;
}

/* ---- what follows ------------------------------------------------------------------ */

static bool has_part(const struct host_plan *plan, enum host_part part)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].part == part)
			return true;
	return false;
}

#define SSHD_PID_FILE "/run/sshd.pid"

/* sshd takes its pid file away before it starts itself anew, and writes it once it listens (sshd.c, sighup_restart()). An sshd
 * that is given SSHD_PENDING_MS and leaves the file as it was has nothing to do with it. */
enum { SSHD_STEP_MS = 20, SSHD_PENDING_MS = 1000, SSHD_GONE_MS = 10000 };

/* sshd_listens_again() waits for the sshd whose pid file was `before`, so that the command that comes next can log in.
 * False: it took its pid file away and did not come back. */
static bool sshd_listens_again(const struct stat *before)
{
	struct timespec step = {.tv_nsec = SSHD_STEP_MS * 1000000L};
	struct stat st;
	bool there = true;

	for (int ms = 0; ms < (there ? SSHD_PENDING_MS : SSHD_GONE_MS); ms += SSHD_STEP_MS) {
		there = stat(SSHD_PID_FILE, &st) == 0;
		if (there && st.st_size > 0 &&
		    (st.st_ino != before->st_ino || st.st_mtim.tv_sec != before->st_mtim.tv_sec ||
		     st.st_mtim.tv_nsec != before->st_mtim.tv_nsec))
			return true;
		(void)nanosleep(&step, NULL);
	}
	return there;
}

static int tell_sshd(void)
{
	char *path = program_find("pkill");
	char *const argv[] = {path, (char[]){"-HUP"}, (char[]){"-F"}, (char[]){SSHD_PID_FILE}, NULL};
	int status = 0;

	if (places_has_systemd())
		status =
		    run_systemctl("try-reload-or-restart", "--no-ask-password",
				  access("/usr/lib/systemd/system/ssh.service", F_OK) == 0 ? "ssh.service"
											   : "sshd.service");
	else if (path && access(SSHD_PID_FILE, F_OK) == 0)
		status = program_run(argv, "", 0, NULL);
	free(path);
	return status;
}

static void reload_sshd(struct ctl *ctl)
{
	struct stat before;
	bool runs = stat(SSHD_PID_FILE, &before) == 0;

	if (tell_sshd() != 0)
		ctl_warning(ctl, "sshd could not be told to read its configuration again, and has no "
				 "settings for agents until it is");
	else if (runs && !sshd_listens_again(&before))
		ctl_warning(ctl,
			    "sshd was told to read its configuration again, and does not listen any more: "
			    "see what its log says, and keep this shell until somebody can log in");
}

static void follow(struct work *w)
{
	if (has_part(&w->plan, HOST_SSHD))
		reload_sshd(w->ctl);
	if (has_part(&w->plan, HOST_NSS))
		nscd_invalidate();
}

static void tell_done(struct work *w)
{
	struct ctl *ctl = w->ctl;

	if (ctl->json)
		return;
	for (size_t i = 0; i < w->plan.n; i++)
		printf("%-9s %s\n",
		       !w->plan.v[i].before  ? "made"
		       : !w->plan.v[i].after ? "removed"
					     : "changed",
		       w->plan.v[i].path);
	if (w->out)
		printf("By these files no login of this host is asked about agents any more.\n");
	else
		printf("What these files were is kept in %s. Try to log in as yourself before you close this "
		       "shell;\n"
		       "agentauthctl disable puts everything back.\n",
		       w->placed.dir);
}

/* ---- the commands ------------------------------------------------------------------ */

/* Of a command that was killed, what it had done is taken out again: the next one begins anew. */
static enum ctl_status recover(struct work *w)
{
	struct work before = {.ctl = w->ctl, .out = true, .placed = w->placed};
	char *journal = placed_journal(&w->placed), *save;
	bool fine = true;

	if (!journal)
		return CTL_DONE;
	before.plan.problems = &w->ctl->problems;
	for (char *path = strtok_r(journal, "\n", &save); path && fine; path = strtok_r(NULL, "\n", &save)) {
		host_file_forget(path);
		fine = places_out_of(&before.plan, path, &w->placed);
	}
	host_plan_settle(&before.plan, true);
	fine = fine && write_all(&before);
	if (fine)
		ctl_warning(w->ctl,
			    "an enable or disable was interrupted; what it had written is taken out again");
	follow(&before);
	host_plan_free(&before.plan);
	free(journal);
	return fine ? CTL_DONE : CTL_FAILED;
}

static enum ctl_status do_it(struct work *w)
{
	struct ctl *ctl = w->ctl;

	if (!tries_before(&w->plan))
		return CTL_FAILED;
	if (ctl->dry_run || !ctl->yes || ctl->json)
		show(w, stdout);
	if (!may_write(w))
		return CTL_FAILED;
	if (ctl->dry_run)
		return CTL_FAILED; /* something would change */
	if (!write_all(w)) {
		ctl_audit(ctl, NULL, "error", "internal");
		return w->out ? CTL_FAILED : ctl_fail(ctl, "what was written is as it was before");
	}
	follow(w);
	tell_done(w);
	ctl_audit(ctl, NULL, "ok", "ok");
	return CTL_DONE;
}

static enum ctl_status open_placed(struct work *w)
{
	struct ctl *ctl = w->ctl;
	bool lock = !ctl->dry_run && access(ctl->paths.statedir, F_OK) == 0;
	int r;

	if (!lock && !ctl->dry_run && !w->out)
		return ctl_fail(ctl, "there is no %s yet: agentauthctl init comes first",
				ctl->paths.statedir);
	r = placed_open(&w->placed, ctl->paths.statedir, lock);
	if (r == -EWOULDBLOCK)
		return ctl_fail(ctl, "another agentauthctl enable or disable is at work");
	return r < 0 ? ctl_fail(ctl, "%s cannot be opened: %s", w->placed.dir, strerror(-r)) : CTL_DONE;
}

static enum ctl_status plan_it(struct work *w)
{
	bool planned = w->out ? places_out(&w->plan, w->parts, &w->ctl->paths, &w->placed)
			      : places_in(&w->plan, w->parts, &w->ctl->paths);

	if (!planned)
		return ctl_fail(w->ctl, "nothing was changed");
	if (w->plan.n)
		return do_it(w);
	if (!w->ctl->json)
		printf("There is nothing to do: %s.\n", w->out ? "no file of this host has lines of ours"
							       : "this host's logins ask for agents already");
	ctl_answer(w->ctl, "changes", json_array());
	return CTL_DONE;
}

/* read_parts() returns the bits of the parts that were named. 0: a word is none, which is reported. */
static unsigned read_parts(struct ctl *ctl, const struct arguments *arguments, bool out)
{
	unsigned parts = 0;

	for (size_t i = 0; i < arguments->n_words; i++) {
		int part = 0;

		while (part < HOST_PARTS_N &&
		       strcmp(host_part_word((enum host_part)part), arguments->words[i]) != 0)
			part++;
		if (part == HOST_PARTS_N) {
			ctl_usage(ctl,
				  "there is no part %s; --help names them. Of an agent: agentauthctl %s NAME",
				  quoted(arguments->words[i]), out ? "suspend" : "resume");
			return 0;
		}
		parts |= 1u << part;
	}
	return arguments->n_words ? parts : out ? HOST_ALL : HOST_USUAL;
}

static enum ctl_status run(struct ctl *ctl, const struct arguments *arguments, bool out)
{
	struct work w = {.ctl = ctl, .out = out, .placed = {.fd = -1}};
	enum ctl_status status = CTL_USAGE;

	w.plan.problems = &ctl->problems;
	w.plan.named = arguments->n_words > 0;
	w.parts = read_parts(ctl, arguments, out);
	if (!w.parts)
		return CTL_USAGE;
	if (ctl->confdir || ctl->statedir)
		return ctl_usage(ctl, "this changes this host itself: leave out --confdir and --statedir");
	if (geteuid() != 0)
		return CTL_FAILED; /* main.c says what to do */
	status = open_placed(&w);
	if (status == CTL_DONE && !ctl->dry_run)
		status = recover(&w);
	if (status == CTL_DONE)
		status = plan_it(&w);
	stage_end();
	host_plan_free(&w.plan);
	placed_close(&w.placed);
	return status;
}

static int run_enable(struct ctl *ctl, const struct arguments *arguments)
{
	return run(ctl, arguments, false);
}

static int run_disable(struct ctl *ctl, const struct arguments *arguments)
{
	return run(ctl, arguments, true);
}

#define PARTS " pam sshd sudo nss timers seal metrics record operators run request"
#define YES \
	{ \
		"yes", NULL, "do not ask, and show what is written by name alone", 0, NULL \
	}

const struct command cmd_enable = {
    .name = "enable",
    .also = "activate install on",
    .words = "[PART]...",
    .max_words = HOST_PARTS_N,
    .values = PARTS,
    .summary = "have this host's logins and sudo ask agentauth",
    .about =
	"The parts are pam, sshd, sudo, nss and timers, and these only where they are named: seal, metrics "
	"and record (timers), operators, run and request (rules of sudo for people and agents). Lines are "
	"put into what is there, and nothing else is changed. What differs is shown before a question; each "
	"file is kept as it was, tried by the programs that read it, and put back if anything fails. "
	"Done twice, nothing is left to do. With --dry-run the exit status is 1 where something would "
	"change.",
    .options = (const struct option_spec[]){YES, {0}},
    .run = run_enable,
};

const struct command cmd_disable = {
    .name = "disable",
    .also = "uninstall deactivate off",
    .words = "[PART]...",
    .max_words = HOST_PARTS_N,
    .values = PARTS,
    .summary = "take back what enable has written",
    .about =
	"A file that is as enable has written it becomes what it was before, byte by byte. Of a file that "
	"was edited since, agentauth's lines alone are taken out. What packages put in they take out "
	"themselves. Without a PART everything is taken back, before what is registered stops working: "
	"agents cannot log in any more.",
    .options = (const struct option_spec[]){YES, {0}},
    .run = run_disable,
};
