/* SPDX-License-Identifier: Apache-2.0 */
/* text_lines.h: puts whole lines into a text and takes whole lines out; all other bytes stay as they are. */
#ifndef AGENTAUTHCTL_TEXT_LINES_H
#define AGENTAUTHCTL_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/host/lines.h"

/* This comment stands before lines that enable has put into a file of the host's. */
#define ENABLE_MARK \
	"# agentauth: for agents; people pass by it. \"agentauthctl disable\" takes it out again.\n"

/* A text is looked at with the place of each of its lines, counted from 1. */
struct text_lines {
	const char *text;
	const char **at; /* at[n] is the end of the text */
	size_t n;
	bool *out; /* the lines that text_lines_without() leaves out */
};

void text_lines_begin(struct text_lines *lines, const char *text);
void text_lines_free(struct text_lines *lines);
bool text_lines_begins(const struct text_lines *lines, size_t number, const char *word);
/* text_lines_out() marks the lines from first to last, and our comment right before them. */
void text_lines_out(struct text_lines *lines, size_t first, size_t last);
/* text_lines_without() returns the text without the lines that are marked; the caller frees. */
char *text_lines_without(const struct text_lines *lines);

/* text_insert() returns the text with `what` before the line with this number; the caller frees. Behind the last line, `what`
 * is kept apart from one that has no end or goes on. */
char *text_insert(const char *text, size_t number, const char *what);

/* text_each() reads the text as the host's programs do, with lines joined and without comments, and calls `each` with the
 * first and the last number of the lines that were joined. */
void text_each(const char *text, void (*each)(void *data, char *line, size_t first, size_t last), void *data);

#endif
