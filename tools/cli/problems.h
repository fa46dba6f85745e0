/* SPDX-License-Identifier: Apache-2.0 */
/* problems.h: gathers problems, so that a person gets all of them at once and not one a run. */
#ifndef AGENTAUTHCTL_PROBLEMS_H
#define AGENTAUTHCTL_PROBLEMS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define PROBLEMS_KEPT 1000 /* further problems are counted only */

struct problem {
	bool warning;
	char *file;	  /* NULL: no file */
	unsigned line;	  /* from 1; 0: the file as a whole */
	unsigned column;  /* 0: the whole line */
	char *setting;	  /* "keys[0].pem", or NULL */
	char *what;	  /* a sentence without a full stop */
	const char *code; /* for programs: a word of ours that stays the same, see problem_code() */
};

struct problems {
	struct problem *v;
	size_t n, cap;
	size_t errors, warnings; /* all of them, kept or not */
};

struct position {
	const char *file;
	unsigned line, column;
	const char *setting;
	const char *code; /* NULL: the one that most problems have */
};

void problems_free(struct problems *p);
/* position NULL: the problem is about no file. */
void problems_add(struct problems *p, bool warning, const struct position *position, const char *format,
		  va_list args) __attribute__((format(printf, 4, 0)));
void problem_error(struct problems *p, const struct position *position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_warning(struct problems *p, const struct position *position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Takes back the warnings about a file that is about to be read again with another text. */
void problems_forget_warnings(struct problems *p, const char *file);
/* Moves all of `from` behind what `to` has. */
void problems_move(struct problems *to, struct problems *from);

/* Returns the word that programs know the problem by: its own, or "invalid" of an error and "unwise" of a warning. */
const char *problem_code(const struct problem *problem);

/* Returns the errors, or the warnings, as an array of objects: file, line, column, setting, what. A new reference. */
json_t *problems_json(const struct problems *p, bool warnings);

/* Returns `text` in double quotes, at most 60 characters of it, with what a terminal might act on escaped. The answer
 * stands in one of four static buffers of the thread, taken in turn. */
const char *quoted(const char *text);

#endif
