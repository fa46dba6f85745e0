/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h: lets of what a program wrote to its terminal only that pass which draws.
 *
 * A recording is an agent's to fill, and whoever replays it is root. So a sequence passes where it is known to move the
 * cursor, to erase, to colour, or to choose the screen, and every other is left out: what sets a title or the clipboard
 * (OSC), what has the terminal answer as if somebody typed (DA, DSR, DECRQSS), what prints, resizes or reads the mouse,
 * images, and strings of any kind. So are characters that turn the direction of writing.
 */
#ifndef AGENTAUTHCTL_SCREEN_H
#define AGENTAUTHCTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cli/alloc.h"

#define SCREEN_MODES 11

enum screen_state { SCREEN_TEXT, SCREEN_ESCAPE, SCREEN_CHARSET, SCREEN_SKIP, SCREEN_CSI, SCREEN_STRING };

/* All zero but `plain` at the beginning. */
struct screen {
	bool plain; /* text alone passes: for what is no terminal */
	enum screen_state state;
	char sequence[64];
	size_t n; /* bytes of the sequence; of a string that is left out, its length so far */
	bool is_other[SCREEN_MODES]; /* a mode is not as it is at first */
	bool charset, region;
	size_t column; /* of plain text */
	bool returned; /* and a carriage return stood before */
};

/* Adds what passes to `out`. The text is UTF-8, and may end within a sequence. */
void screen_filter(struct screen *screen, const char *text, size_t len, struct buffer *out);
/* Adds what makes the terminal again what it was before, as far as what passed has changed it; `all`: as if everything had
 * been changed but the choice of the screen. */
void screen_restore(struct screen *screen, bool all, struct buffer *out);

#endif
