/* SPDX-License-Identifier: Apache-2.0 */
/* pam_stack.c: reads a stack of /etc/pam.d as Linux-PAM does, see pam_stack.h.
 *
 * Where versions of Linux-PAM differ, the reading is chosen by which the module is not asked. A stack that cannot be
 * told to ask the module does not ask it.
 */
#include <config.h>

#include "tools/host/pam_stack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "tools/host/lines.h"

#define DEPTH_MAX 16 /* inclusions in each other, as Linux-PAM has it */

static const char *const phase_names[] = {"auth", "account", "session", "password"};

struct reading {
	const struct aa_pam_dirs *dirs;
	const char *phase;
	struct aa_pam_position *position;
	/* The effect that the lines so far may have on those that follow. */
	bool may_be_over;
	unsigned reach; /* so many of the next lines may be jumped over */
	struct aa_pam_position by;
};

static enum aa_pam_answer read_stack(struct reading *r, const char *name, int depth);

/* ---- words ---------------------------------------------------------------------- */

char *aa_pam_stack_word(char **text)
{
	char *word = *text + strspn(*text, " \t"), *end;

	if (*word == '\0')
		return NULL;
	if (*word == '[') {
		word++;
		end = strchr(word, ']');
		if (end == NULL)
			return NULL;
	} else {
		end = word + strcspn(word, " \t");
	}
	*text = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

/* ---- what a control says -------------------------------------------------------- */

/* Gives the action that `[…]` has for a return value, or for "default" where it names none; NULL: neither. */
static const char *action(const char *control, const char *value, size_t *ret_len)
{
	const char *found = NULL;

	for (const char *word = control + strspn(control, " \t"); *word; word += strspn(word, " \t")) {
		size_t len = strcspn(word, " \t"), name = strcspn(word, "= \t");

		if (name == strlen(value) && name < len && strncasecmp(word, value, name) == 0) {
			found = word + name + 1;
			*ret_len = len - name - 1;
		}
		word += len;
	}
	if (found != NULL || strcmp(value, "default") == 0)
		return found;
	return action(control, "default", ret_len);
}

static bool action_is(const char *control, const char *value, const char *wanted)
{
	size_t len;
	const char *what = action(control, value, &len);

	return what != NULL && len == strlen(wanted) && strncasecmp(what, wanted, len) == 0;
}

static bool refusal_is_final(const char *control)
{
	static const char *const refusals[] = {"perm_denied", "acct_expired", "auth_err", "authinfo_unavail"};
	size_t unused;

	if (strcasecmp(control, "required") == 0 || strcasecmp(control, "requisite") == 0)
		return true;
	if (strchr(control, '=') == NULL)
		return false;
	/* A value without an action, where there is no default either, is a failure. */
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (action(control, refusals[i], &unused) != NULL &&
		    !action_is(control, refusals[i], "die") && !action_is(control, refusals[i], "bad"))
			return false;
	return true;
}

unsigned aa_pam_stack_longest_jump(const char *control)
{
	unsigned longest = 0;

	for (const char *equals = strchr(control, '='); equals != NULL; equals = strchr(equals + 1, '=')) {
		unsigned long n = strtoul(equals + 1, NULL, 10);

		if (n > longest)
			longest = n < UINT_MAX ? (unsigned)n : UINT_MAX;
	}
	return longest;
}

static void note_other(struct reading *r, const struct aa_lines *file, const char *control)
{
	bool over = strcasecmp(control, "sufficient") == 0 || action_is(control, "success", "done") ||
		    action_is(control, "ignore", "done");
	unsigned jump = aa_pam_stack_longest_jump(control);

	r->reach -= r->reach > 0;
	if ((over && !r->may_be_over) || jump > r->reach) {
		r->by.line = file->line;
		memcpy(r->by.file, file->path, sizeof(r->by.file));
	}
	r->may_be_over = r->may_be_over || over;
	if (jump > r->reach)
		r->reach = jump;
}

/* ---- one line, one file --------------------------------------------------------- */

static bool is_module(const char *path)
{
	const char *slash = strrchr(path, '/');

	/* "$ISA" in a path means another directory to each build of Linux-PAM. */
	return strchr(path, '$') == NULL && strcmp(slash != NULL ? slash + 1 : path, AA_PAM_MODULE) == 0;
}

static bool module_is_there(const struct reading *r, const char *path)
{
	char whole[PATH_MAX];
	struct stat st;
	int n = snprintf(whole, sizeof(whole), "%s%s%s", *path == '/' ? "" : r->dirs->modules,
			 *path == '/' ? "" : "/", path);

	return n > 0 && (size_t)n < sizeof(whole) && stat(whole, &st) == 0 && S_ISREG(st.st_mode);
}

static enum aa_pam_answer judge(struct reading *r, const struct aa_lines *file, const char *control,
				const char *path)
{
	r->position->line = file->line;
	memcpy(r->position->file, file->path, sizeof(r->position->file));
	if (r->may_be_over || r->reach > 0) {
		*r->position = r->by;
		return AA_PAM_PASSED_BY;
	}
	if (!refusal_is_final(control))
		return AA_PAM_NOT_FINAL;
	return module_is_there(r, path) ? AA_PAM_ASKED : AA_PAM_NO_MODULE;
}

/* An end or a jump in a substack holds there alone. */
static enum aa_pam_answer read_substack(struct reading *r, const char *name, int depth)
{
	struct reading inner = *r;

	r->reach -= r->reach > 0;
	return read_stack(&inner, name, depth);
}

static enum aa_pam_answer cannot_read(struct reading *r, const struct aa_lines *file)
{
	r->position->line = file->line;
	memcpy(r->position->file, file->path, sizeof(file->path));
	return AA_PAM_UNREADABLE;
}

/* Reads one line. AA_PAM_NOT_NAMED: the next line is to be looked at. */
static enum aa_pam_answer take_line(struct reading *r, const struct aa_lines *file, char *line, int depth)
{
	char *type = aa_pam_stack_word(&line), *control = type ? aa_pam_stack_word(&line) : NULL, *path;

	if (type == NULL)
		return AA_PAM_NOT_NAMED;
	if (strcmp(type, "@include") == 0)
		return control ? read_stack(r, control, depth + 1) : cannot_read(r, file);
	type += *type == '-';
	if (strcasecmp(type, r->phase) != 0)
		return AA_PAM_NOT_NAMED;
	path = control ? aa_pam_stack_word(&line) : NULL;
	if (path == NULL)
		return cannot_read(r, file);
	if (strcasecmp(control, "include") == 0)
		return read_stack(r, path, depth + 1);
	if (strcasecmp(control, "substack") == 0)
		return read_substack(r, path, depth + 1);
	if (is_module(path))
		return judge(r, file, control, path);
	note_other(r, file, control);
	return AA_PAM_NOT_NAMED;
}

static enum aa_pam_answer read_file(struct reading *r, struct aa_lines *file, int depth)
{
	enum aa_pam_answer answer = AA_PAM_NOT_NAMED;
	char *line;
	int n = 0;

	while (answer == AA_PAM_NOT_NAMED && (n = aa_lines_next(file, &line)) > 0) {
		answer = take_line(r, file, line, depth);
		free(line);
	}
	return n < 0 ? cannot_read(r, file) : answer;
}

static int open_in(const char *dir, const char *name, struct aa_lines *file)
{
	bool absolute = *name == '/';
	int n = snprintf(file->path, sizeof(file->path), "%s%s%s", absolute ? "" : dir, absolute ? "" : "/",
			 name);

	return n > 0 && (size_t)n < sizeof(file->path) ? aa_lines_open(file) : -ENAMETOOLONG;
}

/* Finds the file in the first directory that has it. A directory that cannot be looked into ends the search. */
static int find_file(const struct reading *r, const char *name, struct aa_lines *file)
{
	int result = -ENOENT;

	for (size_t i = 0; result == -ENOENT && r->dirs->stacks[i] != NULL; i++)
		result = open_in(r->dirs->stacks[i], name, file);
	if (result == -ENOENT)
		(void)open_in(r->dirs->stacks[0], name, file); /* by this name a person looks for it */
	return result;
}

static enum aa_pam_answer read_stack(struct reading *r, const char *name, int depth)
{
	struct aa_lines file = {0};
	enum aa_pam_answer answer;
	int n = depth < DEPTH_MAX ? find_file(r, name, &file) : -ELOOP;

	if (n < 0) {
		(void)cannot_read(r, &file);
		return n == -ENOENT && depth == 0 ? AA_PAM_ABSENT : AA_PAM_UNREADABLE;
	}
	answer = read_file(r, &file, depth);
	if (answer == AA_PAM_NOT_NAMED && depth == 0)
		memcpy(r->position->file, file.path, sizeof(file.path));
	aa_lines_close(&file);
	return answer;
}

enum aa_pam_answer aa_pam_stack_asks(const struct aa_pam_dirs *dirs, const char *service,
				     enum aa_pam_phase phase, struct aa_pam_position *ret_position)
{
	struct reading r = {.dirs = dirs, .phase = phase_names[phase], .position = ret_position};

	*ret_position = (struct aa_pam_position){.line = 0};
	return read_stack(&r, service, 0);
}

const char *aa_pam_stack_answer_text(enum aa_pam_answer answer)
{
	switch (answer) {
	case AA_PAM_UNREADABLE:
		return "cannot be read to its end";
	case AA_PAM_ABSENT:
		return "is not there, so that the stack \"other\" serves";
	case AA_PAM_NOT_NAMED:
		return "does not ask " AA_PAM_MODULE;
	case AA_PAM_PASSED_BY:
		return "may end or skip the stack before " AA_PAM_MODULE " is asked";
	case AA_PAM_NOT_FINAL:
		return "lets a refusal of " AA_PAM_MODULE " be overruled";
	case AA_PAM_NO_MODULE:
		return "names " AA_PAM_MODULE ", which is not there";
	case AA_PAM_ASKED:
		break;
	}
	return "asks " AA_PAM_MODULE;
}

const char *aa_pam_stack_phase_name(enum aa_pam_phase phase)
{
	return phase_names[phase];
}
