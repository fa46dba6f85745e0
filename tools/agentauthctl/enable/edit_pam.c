/* SPDX-License-Identifier: Apache-2.0 */
/* edit_pam.c: our lines in a PAM stack, see edit_pam.h.
 *
 * Our lines stand before the first line of their phase that decides about somebody, so that nothing is jumped over by which
 * people get in. In session they stand behind pam_loginuid, whose audit session is recorded.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/agentauthctl/enable/edit_pam.h"
#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"

#define EVERY_PHASE (-1)
#define PASSES_BY "user_unknown=ignore ignore=ignore module_unknown=ignore default=die"
#define LOCK "pam_succeed_if.so"
#define HOME "pam_mkhomedir.so"

/* The line behind the module's in account is reached only where the module cannot be loaded: people get in, agents do not. That
 * in session makes a new agent's home, and people pass by it. */
static const char *const our_lines[] = {
    [AA_PAM_AUTH] = ENABLE_MARK "auth\t[success=done " PASSES_BY "]\t" AA_PAM_MODULE "\n",
    [AA_PAM_ACCOUNT] = ENABLE_MARK "account\t[success=1 user_unknown=1 module_unknown=ignore "
				   "default=die]\t" AA_PAM_MODULE "\n"
				   "account\trequisite\t" LOCK " quiet user notingroup agents\n",
    [AA_PAM_SESSION] =
	ENABLE_MARK "session\t[success=ok ignore=1 module_unknown=1 default=die]\t" AA_PAM_MODULE "\n"
		    "session\trequired\t" HOME " umask=0077\n",
    [AA_PAM_PASSWORD] = ENABLE_MARK "password\t[success=done " PASSES_BY "]\t" AA_PAM_MODULE "\n",
};

/* These decide about nobody in particular, and hold for agents too: ours stand behind them. */
static const char *const before_ours[] = {"pam_env.so",	    "pam_faildelay.so", "pam_keyinit.so",
					  "pam_limits.so",  "pam_nologin.so",	"pam_securetty.so",
					  "pam_selinux.so", "pam_sepermit.so",	"pam_warn.so"};

struct entry {
	size_t first, last; /* lines of the text */
	int phase;
	bool include; /* it may be any number of lines */
	bool common;  /* it is one of Debian's common files */
	unsigned jump;
	bool before_ours, loginuid, ours, second; /* second: the line that belongs to ours */
	bool managed;				  /* by pam-auth-update */
};

struct stack {
	struct text_lines lines;
	struct entry *v;
	size_t n, cap;
};

/* ---- reading --------------------------------------------------------------------- */

static int phase_of(const char *type)
{
	for (int phase = AA_PAM_AUTH; phase <= AA_PAM_PASSWORD; phase++)
		if (strcasecmp(type, aa_pam_stack_phase_name((enum aa_pam_phase)phase)) == 0)
			return phase;
	return EVERY_PHASE;
}

/* Of Debian's common files each has lines of one phase. */
static int phase_of_common(const char *file)
{
	static const char prefix[] = "common-";
	char phase[16] = "";

	if (strncmp(file, prefix, strlen(prefix)) == 0)
		(void)snprintf(phase, sizeof(phase), "%.*s", (int)strcspn(file + strlen(prefix), "-"),
			       file + strlen(prefix));
	return phase_of(phase);
}

static bool is_plain(const char *control)
{
	return strcasecmp(control, "required") == 0 || strcasecmp(control, "requisite") == 0 ||
	       strcasecmp(control, "optional") == 0;
}

static void read_module(struct stack *s, struct entry *e, const char *control, const char *path,
			const char *arguments)
{
	const char *slash = strrchr(path, '/'), *module = slash ? slash + 1 : path;
	const struct entry *last = s->n ? &s->v[s->n - 1] : NULL;

	e->jump = aa_pam_stack_longest_jump(control);
	e->ours = strcmp(module, AA_PAM_MODULE) == 0;
	e->loginuid = strcmp(module, "pam_loginuid.so") == 0;
	for (size_t i = 0; is_plain(control) && i < sizeof(before_ours) / sizeof(before_ours[0]); i++)
		e->before_ours = e->before_ours || strcmp(module, before_ours[i]) == 0;
	e->second = last && last->ours && last->phase == e->phase &&
		    ((strcmp(module, LOCK) == 0 && strstr(arguments, "notingroup agents")) ||
		     strcmp(module, HOME) == 0);
}

static void take_line(void *data, char *line, size_t first, size_t last)
{
	struct entry e = {.first = first, .last = last, .phase = EVERY_PHASE, .include = true};
	struct stack *s = data;
	char *type = aa_pam_stack_word(&line), *control = type ? aa_pam_stack_word(&line) : NULL;
	char *path = control ? aa_pam_stack_word(&line) : NULL;

	if (!type)
		return;
	if (strcmp(type, "@include") == 0) {
		e.phase = control ? phase_of_common(control) : EVERY_PHASE;
		e.common = e.phase != EVERY_PHASE;
	} else {
		e.phase = phase_of(type + (*type == '-'));
		e.include = !path || strcasecmp(control, "include") == 0;
		e.common = e.include && path && phase_of_common(path) == e.phase;
		if (e.phase == EVERY_PHASE)
			return; /* Linux-PAM does not know it either */
		if (path && strcasecmp(control, "include") != 0 && strcasecmp(control, "substack") != 0)
			read_module(s, &e, control, path, line);
	}
	grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = e;
}

/* The lines between two comments of pam-auth-update's are its own to write. */
static void find_managed(struct stack *s)
{
	bool managed = false;
	size_t i = 0;

	for (size_t number = 1; number <= s->lines.n; number++) {
		managed =
		    (managed || text_lines_begins(&s->lines, number, "# here are the per-package modules")) &&
		    !text_lines_begins(&s->lines, number, "# end of pam-auth-update config");
		while (i < s->n && s->v[i].first <= number)
			s->v[i++].managed = managed;
	}
}

static void stack_read(struct stack *s, const char *text)
{
	*s = (struct stack){0};
	text_lines_begin(&s->lines, text);
	text_each(text, take_line, s);
	find_managed(s);
}

static void stack_free(struct stack *s)
{
	text_lines_free(&s->lines);
	free(s->v);
}

/* ---- jumps ----------------------------------------------------------------------- */

static bool is_of(const struct entry *e, enum aa_pam_phase phase)
{
	return e->phase == (int)phase || e->phase == EVERY_PHASE;
}

/* jumped_from() returns the first entry before `place` that may jump beyond it, or `place` where none does. An included file may
 * have no line to land on. */
static size_t jumped_from(const struct stack *s, size_t place, enum aa_pam_phase phase)
{
	for (size_t i = 0; i < place; i++) {
		unsigned between = 0;

		if (!is_of(&s->v[i], phase) || s->v[i].jump == 0 || s->v[i].ours)
			continue;
		for (size_t j = i + 1; j < place; j++)
			between += is_of(&s->v[j], phase) && !s->v[j].include;
		if (s->v[i].jump > between)
			return i;
	}
	return place;
}

bool pam_jumps_into_common(const char *text)
{
	struct stack s;
	bool jumps = false;

	stack_read(&s, text);
	for (size_t i = 0; i < s.n; i++)
		jumps = jumps || (s.v[i].common && jumped_from(&s, i, (enum aa_pam_phase)s.v[i].phase) < i);
	stack_free(&s);
	return jumps;
}

/* ---- putting in ------------------------------------------------------------------ */

static size_t behind_loginuid(const struct stack *s)
{
	size_t place = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].phase == AA_PAM_SESSION && s->v[i].loginuid)
			place = i + 1;
	return place;
}

static size_t first_that_decides(const struct stack *s, enum aa_pam_phase phase)
{
	size_t i = 0;

	while (i < s->n && (!is_of(&s->v[i], phase) || s->v[i].before_ours))
		i++;
	return i;
}

/* place_of() returns the entry before which our lines of the phase stand. */
static size_t place_of(const struct stack *s, enum aa_pam_phase phase)
{
	size_t place = phase == AA_PAM_SESSION ? behind_loginuid(s) : 0, from;

	if (place == 0)
		place = first_that_decides(s, phase);
	while ((from = jumped_from(s, place, phase)) < place)
		place = from;
	while (place > 0 && place < s->n && s->v[place].managed && s->v[place - 1].managed)
		place--;
	return place;
}

/* line_of() returns the number of the line before which our lines come. A comment right above belongs to the line below it. */
static size_t line_of(const struct stack *s, size_t place)
{
	size_t number = place < s->n ? s->v[place].first : s->lines.n + 1;

	while (place < s->n && number > 1 && text_lines_begins(&s->lines, number - 1, "#") &&
	       !text_lines_begins(&s->lines, number - 1, "#%PAM") &&
	       (place == 0 || number - 1 > s->v[place - 1].last))
		number--;
	return number;
}

static bool has_phase(const struct stack *s, enum aa_pam_phase phase)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_of(&s->v[i], phase))
			return true;
	return false;
}

char *pam_insert(const char *text, unsigned phases)
{
	char *now = xstrdup(text), *next;

	for (int phase = AA_PAM_AUTH; phase <= AA_PAM_PASSWORD; phase++) {
		struct stack s;

		if (!(phases & PAM_PHASE(phase)))
			continue;
		stack_read(&s, now);
		/* Alone, our lines would be a stack that lets nobody in. */
		if (has_phase(&s, (enum aa_pam_phase)phase)) {
			size_t place = place_of(&s, (enum aa_pam_phase)phase);

			next = text_insert(now, line_of(&s, place), our_lines[phase]);
			stack_free(&s);
			free(now);
			now = next;
		} else
			stack_free(&s);
	}
	return now;
}

/* ---- taking out ------------------------------------------------------------------ */

bool pam_has_ours(const char *text, unsigned phases, bool any)
{
	struct stack s;
	bool has = false;

	stack_read(&s, text);
	for (size_t i = 0; i < s.n; i++)
		has = has || (s.v[i].ours && (phases & PAM_PHASE(s.v[i].phase)) && (any || !s.v[i].managed));
	stack_free(&s);
	return has;
}

char *pam_remove(const char *text)
{
	char *without = NULL;
	struct stack s;

	stack_read(&s, text);
	for (size_t i = 0; i < s.n; i++) {
		if ((!s.v[i].ours && !s.v[i].second) || s.v[i].managed)
			continue;
		if (jumped_from(&s, i, (enum aa_pam_phase)s.v[i].phase) < i)
			goto out;
		text_lines_out(&s.lines, s.v[i].first, s.v[i].last);
	}
	without = text_lines_without(&s.lines);
out:
	stack_free(&s);
	return without;
}
