/* SPDX-License-Identifier: Apache-2.0 */
/* test_ctl_faults.c: agentauthctl, with each of its allocations and each of its system calls failing in turn, and killed before
 * each that changes something. All is as before or as after, the exit status tells which, the next command finds nothing in its
 * way, and a sentence says what failed.
 *
 * The suite takes some of the calls of each command. CTL_FAULTS=all takes all of them; CTL_FAULTS=NAME[:KIND[:N]] those of one
 * scene, and with N prints which functions led to the call. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text/number.h"
#include "tests/unit/agentauthctl/fault_host.h"
#include "tests/unit/agentauthctl/fault_scenes.h"
#include "tests/unit/support/test.h"
#include "tools/cli/alloc.h"

/* How many of one kind of one scene are tried with CTL_FAULTS=some. The suite tries those that are killed alone: of the others
 * about one in a hundred leaves what is listed in HACKING.md. */
static const unsigned points[FAULTY_KINDS] = {
    [FAULTY_MEMORY] = 3, [FAULTY_CALL] = 3, [FAULTY_INTERRUPTED] = 2, [FAULTY_SHORT] = 2, [FAULTY_KILLED] = 3,
};

static struct fault_host host;
static struct tree pristine; /* of the host, as each scene finds it */

/* What is known of a scene, once its command ran without a fault. */
struct trial {
	const struct fault_scene *scene;
	struct faulty_program program, undo;
	struct tree base, before, after; /* base: the whole tree */
	char *out, *log;		 /* what the command prints, and the log behind it */
	bool log_is_settled;		 /* it is the same each time */
	unsigned tried, undone, done, wrong;
	bool quiet; /* what is wrong is counted alone */
};

/* One run with a fault. */
struct point {
	enum faulty_kind kind;
	unsigned n;
	struct faulty_answer answer;
	struct tree whole, decides;
	char *out, *err;
	bool is_before, is_after;
};

/* ---- words --------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 3, 4)))
wrong(struct trial *t, const struct point *p, const char *format, ...)
{
	va_list args;
	char *what;

	t->wrong++;
	if (t->quiet)
		return;
	va_start(args, format);
	what = xvasprintf(format, args);
	va_end(args);
	print_message("%s: with %s at %u (%s) %s\n", t->scene->name, faulty_kind_name(p->kind), p->n,
		      p->answer.call, what);
	if (p->err && *p->err)
		print_message("  it said: %s\n", p->err);
	free(what);
}

/* ---- looking -------------------------------------------------------------------------------------- */

static bool is_like(const struct tree *a, const struct tree *b)
{
	return !tree_differs(a, b);
}

static void look(struct tree *whole, struct tree *decides)
{
	tree_read(host.root, whole);
	fault_decides(whole, decides);
}

static char *log_of(const struct tree *whole)
{
	const struct tree_entry *log = tree_find(whole, "log/audit.jsonl");

	return xstrdup(log ? log->bytes : "");
}

static void back_to_base(const struct trial *t, const struct tree *now)
{
	if (t->scene->each_ended)
		t->scene->each_ended(&host);
	tree_restore(host.root, &t->base, now);
}

static void begin_run(const struct trial *t)
{
	if (t->scene->each)
		t->scene->each(&host);
}

/* ---- what may not be ---------------------------------------------------------------------------------- */

static const char *litter_in(const struct trial *t, const struct tree *whole)
{
	for (size_t i = 0; i < whole->n; i++)
		if (fault_is_litter(whole->v[i].path) && !tree_find(&t->base, whole->v[i].path))
			return whole->v[i].path;
	return NULL;
}

static bool changes(const struct trial *t)
{
	return !is_like(&t->before, &t->after);
}

static void judge_status(struct trial *t, const struct point *p)
{
	int status = WEXITSTATUS(p->answer.status);

	if (status == 0 && !p->is_after)
		wrong(t, p, "says that it was done, but %s is not as it then is",
		      tree_differs(&t->after, &p->decides));
	if (status != 0 && !p->is_before && !p->is_after && !t->scene->many)
		wrong(t, p, "leaves %s half: other than after (%s)",
		      xstrdup(tree_differs(&t->before, &p->decides)), tree_differs(&t->after, &p->decides));
	if (status != 0 && !*p->err)
		wrong(t, p, "fails without a word");
	if (status == 0 && !*p->err && strcmp(p->out, t->out) != 0)
		wrong(t, p, "is done, but prints other than it does without:\n%s", p->out);
}

/* The first line in which the log is another one. */
static const char *other_line(const char *log, const char *wanted)
{
	size_t i = 0, line = 0;

	for (; log[i] && log[i] == wanted[i]; i++)
		if (log[i] == '\n')
			line = i + 1;
	return log + line;
}

/* What was done stands in the log, or it is said that it does not. Where the log's lock fails the line says that it went round. */
static void judge_log(struct trial *t, const struct point *p)
{
	char *log = log_of(&p->whole);

	if (p->is_after && !*p->err && t->log_is_settled && strcmp(log, t->log) != 0 &&
	    !strstr(log, "\"unchained\":true"))
		wrong(t, p, "is done without a word, and the log is another one:\n%s",
		      other_line(log, t->log));
	free(log);
}

static void judge_end(struct trial *t, struct point *p)
{
	int status = p->answer.status;

	if (p->answer.hung)
		wrong(t, p, "hangs");
	else if (WIFSIGNALED(status) && (p->kind != FAULTY_KILLED || WTERMSIG(status) != SIGKILL))
		wrong(t, p, "dies of signal %d", WTERMSIG(status));
	else if (p->kind != FAULTY_KILLED && WIFEXITED(status)) {
		judge_status(t, p);
		judge_log(t, p);
	}
}

/* ---- what comes next ------------------------------------------------------------------------------------ */

static void relook(struct point *p)
{
	tree_free(&p->whole);
	tree_free(&p->decides);
	look(&p->whole, &p->decides);
}

/* Another command finds it whole. */
static void settle(struct trial *t, struct point *p)
{
	if (fault_free(&host, t->scene->reaped ? &host.reap : &host.settle) != 0)
		wrong(t, p, "leaves a state that the next command does not take: %s", fault_err(&host));
	relook(p);
	p->is_before = is_like(&p->decides, &t->before);
	p->is_after = is_like(&p->decides, &t->after);
	if (!p->is_before && !p->is_after && !t->scene->many)
		wrong(t, p, "leaves %s half behind another command: other than after (%s)",
		      xstrdup(tree_differs(&t->before, &p->decides)), tree_differs(&t->after, &p->decides));
}

/* Behind a kill as well, a command that was done can be taken back, and one that was not cannot. */
static void undo(struct trial *t, struct point *p)
{
	bool done = fault_free(&host, &t->undo) == 0;
	struct tree whole, decides;

	if (done != p->is_after)
		wrong(t, p,
		      p->is_after ? "cannot be taken back: %s" : "can be taken back, and was not done: %s",
		      fault_err(&host));
	look(&whole, &decides);
	if (done && is_like(&decides, &t->after))
		wrong(t, p, "is as it was behind the command that takes it back");
	tree_restore(host.root, &p->whole, &whole);
	tree_free(&whole);
	tree_free(&decides);
}

/* The same command, once more. */
static void repeat(struct trial *t, struct point *p)
{
	int status = fault_free(&host, &t->program);
	const char *litter;

	if (t->scene->reaped) /* of a session whose process was ended already */
		status = fault_free(&host, &host.reap);
	if (status != 0 && !p->is_after)
		wrong(t, p, "is in the way of the same command: %s", fault_err(&host));
	relook(p);
	if (!is_like(&p->decides, &t->after))
		wrong(t, p, "and the same command behind it, %s is other than it should be",
		      tree_differs(&t->after, &p->decides));
	litter = litter_in(t, &p->whole);
	if (litter && fault_free(&host, &host.later) == 0) {
		relook(p);
		litter = litter_in(t, &p->whole);
	}
	if (litter)
		wrong(t, p, "leaves %s behind the next command", litter);
	if (fault_free(&host, &host.verify) != 0)
		wrong(t, p, "leaves a log that does not hold: %s%s", fault_out(&host), fault_err(&host));
}

/* ---- a point ---------------------------------------------------------------------------------------------- */

static void point_free(struct point *p)
{
	tree_free(&p->whole);
	tree_free(&p->decides);
	free(p->out);
	free(p->err);
}

/* Says whether there were as many calls. */
static bool try_point(struct trial *t, enum faulty_kind kind, unsigned n)
{
	struct point p = {.kind = kind, .n = n};

	begin_run(t);
	faulty_run(&t->program, &(struct faulty_order){kind, n, host.victim}, &p.answer);
	look(&p.whole, &p.decides);
	p.out = fault_out(&host);
	p.err = fault_err(&host);
	p.is_before = is_like(&p.decides, &t->before);
	p.is_after = is_like(&p.decides, &t->after);
	if (getenv(FAULTY_SHOW))
		print_message("%s%s", p.out, p.err);
	if (p.answer.reached) {
		t->tried++;
		judge_end(t, &p);
		t->done += p.is_after && changes(t);
		t->undone += p.is_before && changes(t);
		if (!is_like(&p.whole, &t->base)) {
			if (kind == FAULTY_KILLED)
				settle(t, &p);
			if (kind == FAULTY_KILLED && t->scene->undo[0])
				undo(t, &p);
			repeat(t, &p);
		}
	}
	back_to_base(t, &p.whole);
	point_free(&p);
	return p.answer.reached;
}

static unsigned count_calls(struct trial *t, enum faulty_kind kind)
{
	struct faulty_answer answer;
	struct tree whole;

	begin_run(t);
	faulty_run(&t->program, &(struct faulty_order){kind, 0, host.victim}, &answer);
	tree_read(host.root, &whole);
	back_to_base(t, &whole);
	tree_free(&whole);
	return answer.count;
}

/* ---- a scene ------------------------------------------------------------------------------------------------ */

/* Without a fault, twice: what differs then is no matter of faults. */
static void begin_trial(struct trial *t, const struct fault_scene *scene)
{
	struct tree whole, again, after;
	char *log;

	*t = (struct trial){.scene = scene};
	if (scene->prepare)
		scene->prepare(&host);
	t->program = fault_program(&host, scene->words);
	if (scene->undo[0])
		t->undo = fault_program(&host, scene->undo);
	tree_read(host.root, &t->base);
	begin_run(t);
	tree_read(host.root, &whole);
	fault_decides(&whole, &t->before);
	tree_free(&whole);
	if (fault_free(&host, &t->program) != 0)
		fail_msg("%s: %s", scene->name, fault_err(&host));
	t->out = fault_out(&host);
	look(&whole, &t->after);
	t->log = log_of(&whole);
	back_to_base(t, &whole);
	begin_run(t);
	assert_int_equal(fault_free(&host, &t->program), 0);
	look(&again, &after);
	if (tree_differs(&t->after, &after))
		fail_msg("%s: %s differs from run to run", scene->name, tree_differs(&t->after, &after));
	assert_null(litter_in(t, &again));
	log = log_of(&again);
	t->log_is_settled = strcmp(log, t->log) == 0;
	back_to_base(t, &again);
	tree_free(&after);
	tree_free(&again);
	tree_free(&whole);
	free(log);
}

static void end_trial(struct trial *t)
{
	struct tree now;

	faulty_end(&t->program);
	if (t->scene->undo[0])
		faulty_end(&t->undo);
	tree_read(host.root, &now);
	tree_restore(host.root, &pristine, &now);
	tree_free(&now);
	tree_free(&t->base);
	tree_free(&t->before);
	tree_free(&t->after);
	free(t->out);
	free(t->log);
}

/* What CTL_FAULTS asks for. */
struct wish {
	char scene[32];
	int kind;   /* 0: all */
	unsigned n; /* 0: all */
	bool all;
};

static struct wish wish_of(void)
{
	const char *text = getenv("CTL_FAULTS");
	struct wish w = {.all = text && strcmp(text, "some") != 0, .kind = text ? 0 : FAULTY_KILLED};

	if (w.all && strcmp(text, "all") != 0)
		(void)sscanf(text, "%31[^:]:%d:%u", w.scene, &w.kind, &w.n);
	if (w.n)
		setenv(FAULTY_SHOW, "1", 1);
	return w;
}

static void try_kind(struct trial *t, enum faulty_kind kind, const struct wish *w)
{
	unsigned calls = count_calls(t, kind),
		 step = w->all || calls <= points[kind] ? 1 : calls / points[kind];
	unsigned first = w->all ? 1 : 1 + calls % step, before = t->tried;

	if (w->n)
		(void)try_point(t, kind, w->n);
	for (unsigned n = first; n <= calls && !w->n; n += step)
		(void)try_point(t, kind, n);
	print_message("%s: %u of %u with %s\n", t->scene->name, t->tried - before, calls,
		      faulty_kind_name(kind));
}

BEFORE_ALL(make_host)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* what is found is seen while the rest is tried */
	fault_host_make(&host);
	tree_read(host.root, &pristine);
}

AFTER_ALL(free_host)
{
	tree_free(&pristine);
	fault_host_free(&host);
}

static void try_scene(const struct fault_scene *scene)
{
	struct wish w = wish_of();
	struct trial t;

	if (*w.scene && strcmp(w.scene, scene->name) != 0)
		skip();
	begin_trial(&t, scene);
	for (int kind = FAULTY_MEMORY; kind <= FAULTY_KILLED; kind++)
		if (!w.kind || w.kind == kind)
			try_kind(&t, (enum faulty_kind)kind, &w);
	print_message("%s: %u faults, as after %u, as before %u, wrong %u\n", scene->name, t.tried, t.done,
		      t.undone, t.wrong);
	end_trial(&t);
	assert_int_equal(t.wrong, 0);
}

#define FAULT_SCENE(name) \
	TEST(name##_is_done_or_not_begun) \
	{ \
		try_scene(&fault_scene_##name); \
	}
#include "tests/unit/agentauthctl/fault_scenes.def"
#undef FAULT_SCENE

static void notice_halves(const struct fault_scene *scene)
{
	unsigned calls, noticed = 0, before;
	struct trial t;

	begin_trial(&t, scene);
	t.quiet = true;
	calls = count_calls(&t, FAULTY_LIE);
	for (unsigned n = 1; n <= calls; n++) {
		before = t.wrong;
		(void)try_point(&t, FAULTY_LIE, n);
		noticed += t.wrong > before;
	}
	print_message("%s: of %u names that were not changed %u were noticed\n", scene->name, calls, noticed);
	end_trial(&t);
	assert_true(noticed >= 3);
}

/* The control: a name that a command believes to have put in place, and that is as it was, is a half of what it did. The names are
 * those of the text or of sudo's rules, of the generation and of what serves; others are of what nobody reads any more. */
TEST(a_command_that_is_half_applied_is_noticed)
{
	notice_halves(&fault_scene_register);
	notice_halves(&fault_scene_apply);
}
