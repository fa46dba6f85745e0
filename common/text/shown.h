/* SPDX-License-Identifier: Apache-2.0 */
/* shown.h: how text that anybody may have written is shown on a terminal, in the log, in a request.
 *
 * There is one rule. A byte that is no UTF-8, and each byte of a character that is hidden (aa_utf8_is_hidden()) or of
 * a mark that is drawn onto nothing, becomes \xHH. Everything else stays as it is, é and emoji included. A shown text
 * stays the same when it is shown again.
 */
#ifndef AGENTAUTH_TEXT_SHOWN_H
#define AGENTAUTH_TEXT_SHOWN_H

#include <stdbool.h>
#include <stddef.h>

#define AA_SHOWN_MAX 17 /* bytes of one character, and a zero */

/* A walk through a text begins with {.at = text}. */
struct aa_shown {
	const char *at;
	bool has_base;	/* a mark may follow */
	unsigned marks; /* on it, so far */
};

/* Takes one character, and gives the bytes that stand for it and their number; *ret_escaped: they are not the
 * character itself. At the end of the text 0. */
size_t aa_shown_next(struct aa_shown *text, char ret[AA_SHOWN_MAX], bool *ret_escaped);

/* Shows a text as snprintf() writes one: cut to `cap` with its zero, and the length uncut is returned. */
size_t aa_shown_text(char *ret, size_t cap, const char *text);

/* Shows one word of a command line, quoted where a shell (bash, ksh, zsh) would otherwise read another word or none:
 * '' for the empty one, '…' , and $'…' where something is escaped. Two words that differ never look the same. Length
 * and cut as above. */
size_t aa_shown_word(char *ret, size_t cap, const char *word);
/* Shows a command line of such words: `first` and then the `rest`, up to its NULL; each may be NULL for none. It is
 * the line of one argv and of no other. */
size_t aa_shown_line(char *ret, size_t cap, const char *first, char *const rest[]);

#endif
