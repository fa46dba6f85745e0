/* SPDX-License-Identifier: Apache-2.0 */
/* cast_text.h: bytes that a program writes to its terminal, as the text of an asciicast (version 2).
 *
 * The bytes come in pieces as they were read, so that a character may begin in one piece and end in another. What is no UTF-8
 * becomes U+FFFD, since the text is JSON. Everything else is kept, control characters as JSON escapes them.
 */
#ifndef AGENTAUTH_TEXT_CAST_TEXT_H
#define AGENTAUTH_TEXT_CAST_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* One stream of output. All zero at its beginning. */
struct aa_cast_text {
	char held[4]; /* the beginning of a character */
	size_t n;
	/* no terminal stands behind the stream, so that a line feed alone ends its lines: a carriage return is added */
	bool bare;
	bool after_return;
};

/* The most bytes that come of so many, with a zero. */
#define AA_CAST_TEXT_SIZE(len) (8 * ((len) + 4) + 1)

/* Writes the piece as the inside of a JSON string, with a zero behind it, and gives its length. */
size_t aa_cast_text(struct aa_cast_text *text, const char *piece, size_t len, char *ret);
/* Writes what is held back, at the end of the stream. */
size_t aa_cast_text_end(struct aa_cast_text *text, char *ret);

#endif
