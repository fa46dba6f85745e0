/* SPDX-License-Identifier: Apache-2.0 */
/* screen.c: lets pass what draws, see screen.h. The sequences are those of ECMA-48 and xterm. */
#include "config.h"

#include "tools/agentauthctl/commands/replay/screen.h"

#include <string.h>

#include "common/text/number.h"
#include "common/text/utf8.h"

#define STRING_MAX 4096 /* characters that a string hides, one that never ends too */
#define PARAMETER_MAX 9999
#define ESC 0x1b

/* The modes that may be set, how they are at first, and how they are written. */
static const struct mode {
	int number;
	bool of_dec, at_first;
} modes[SCREEN_MODES] = {
    {4, false, false},	 {1, true, false},    {5, true, false},	   {6, true, false},
    {7, true, true},	 {12, true, false},   {25, true, true},	   {47, true, false},
    {1047, true, false}, {1048, true, false}, {1049, true, false},
};

static void add_mode(struct buffer *out, const struct mode *mode, bool on)
{
	buffer_printf(out, "\033[%s%d%c", mode->of_dec ? "?" : "", mode->number, on ? 'h' : 'l');
}

/* ---- control sequences ------------------------------------------------------------------------ */

/* Reads the next parameter, which may be missing (0). False: it is no number, or too large a one: what it repeats would take
 * for ever. */
static bool take_parameter(const char **at, int *ret)
{
	int64_t n = 0;

	if (**at >= '0' && **at <= '9' && !aa_number_take(at, PARAMETER_MAX, &n))
		return false;
	*ret = (int)n;
	return true;
}

static bool are_parameters(const char *at, const char *separators)
{
	int number = 0;

	do {
		if (!take_parameter(&at, &number))
			return false;
	} while (*at && strchr(separators, *at++));
	return !*at;
}

static const struct mode *mode_of(int number, bool of_dec)
{
	for (size_t i = 0; i < SCREEN_MODES; i++)
		if (modes[i].number == number && modes[i].of_dec == of_dec)
			return &modes[i];
	return NULL;
}

/* Lets the modes pass that are in the table, one by one. */
static void set_modes(struct screen *s, const char *at, bool on, struct buffer *out)
{
	bool of_dec = *at == '?';
	const struct mode *mode;
	int number = 0;

	at += of_dec;
	if (!are_parameters(at, ";"))
		return;
	for (;;) {
		(void)take_parameter(&at, &number);
		mode = mode_of(number, of_dec);
		if (mode) {
			s->is_other[mode - modes] = on != mode->at_first;
			add_mode(out, mode, on);
		}
		if (*at++ != ';')
			return;
	}
}

/* A T with several parameters is no scrolling but the mouse, and u is one of several things with a parameter. */
static bool draws(const char *parameters, char final)
{
	if (strchr("TsubS", final) && strchr(parameters, ';'))
		return false;
	if (strchr("su", final))
		return !*parameters;
	return strchr("@ABCDEFGHIJKLMPSTXZ`abdefgmr", final) &&
	       are_parameters(parameters, final == 'm' ? ";:" : ";");
}

/* In plain text what goes elsewhere ends the line, so that words that stood apart do not run together. */
static void new_line(struct screen *s, struct buffer *out)
{
	if (s->column > 0)
		buffer_puts(out, "\n");
	s->column = 0;
}

static void end_csi(struct screen *s, char final, struct buffer *out)
{
	s->state = SCREEN_TEXT;
	if (s->n >= sizeof(s->sequence))
		return;
	s->sequence[s->n] = '\0';
	if (s->plain) {
		if (strchr("ABEFHdef", final))
			new_line(s, out);
		return;
	}
	if (final == 'h' || final == 'l') {
		set_modes(s, s->sequence, final == 'h', out);
	} else if (draws(s->sequence, final)) {
		s->region = s->region || final == 'r';
		buffer_printf(out, "\033[%s%c", s->sequence, final);
	}
}

/* ---- the states --------------------------------------------------------------------------------- */

/* Takes what follows an ESC. */
static void take_escape(struct screen *s, uint32_t c, struct buffer *out)
{
	s->n = 0;
	s->state = SCREEN_TEXT;
	if (c == '[')
		s->state = SCREEN_CSI;
	else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
		s->state = SCREEN_STRING;
	else if (c == '(' || c == ')')
		s->state = SCREEN_CHARSET, s->sequence[0] = (char)c;
	else if (c >= 0x20 && c < 0x30)
		s->state = SCREEN_SKIP;
	else if (c < 0x80 && strchr("78DEMH", (int)c) && c && !s->plain)
		buffer_printf(out, "\033%c", (char)c);
	else if (c == 'c' && !s->plain) /* a reset would reset too much */
		buffer_puts(out, "\033[0m\033[H\033[2J");
}

static void take_charset(struct screen *s, uint32_t c, struct buffer *out)
{
	s->state = SCREEN_TEXT;
	if ((c != 'B' && c != '0') || s->plain)
		return;
	s->charset = true;
	buffer_printf(out, "\033%c%c", s->sequence[0], (char)c);
}

static void take_csi(struct screen *s, uint32_t c, struct buffer *out)
{
	if (c >= 0x40 && c < 0x7f)
		end_csi(s, (char)c, out);
	else if (c < 0x20 || c >= 0x7f)
		s->state = SCREEN_TEXT;
	else if (s->n < sizeof(s->sequence)) /* a longer one is left out */
		s->sequence[s->n++] = (char)c;
}

static void take_plain(struct screen *s, uint32_t c, const char *bytes, size_t n, struct buffer *out)
{
	if (c == '\n') {
		buffer_puts(out, "\n");
		s->column = 0;
	} else if (c != '\r' && (c == '\t' || !aa_utf8_is_control(c))) {
		if (s->returned)
			new_line(s, out);
		buffer_add(out, bytes, n);
		s->column++;
	}
	s->returned = c == '\r';
}

static void take_text(struct screen *s, uint32_t c, const char *bytes, size_t n, struct buffer *out)
{
	if (s->plain) {
		take_plain(s, c, bytes, n, out);
		return;
	}
	if (c == 0x0e || c == 0x0f)
		s->charset = true;
	if (!aa_utf8_is_control(c) || (c < 0x20 && c && strchr("\b\t\n\v\f\r\016\017", (int)c)))
		buffer_add(out, bytes, n);
}

/* Ends a string at its end, where another sequence begins, and where it has hidden enough. */
static void take_string(struct screen *s, uint32_t c)
{
	if (c == 0x07 || c == 0x9c || ++s->n > STRING_MAX)
		s->state = SCREEN_TEXT;
}

static void take(struct screen *s, uint32_t c, const char *bytes, size_t n, struct buffer *out)
{
	if (c == ESC) {
		s->state = SCREEN_ESCAPE;
		return;
	}
	if (c == 0x18 || c == 0x1a) /* CAN, SUB: the sequence is given up */
		s->state = SCREEN_TEXT;
	switch (s->state) {
	case SCREEN_TEXT:
		take_text(s, c, bytes, n, out);
		break;
	case SCREEN_ESCAPE:
		take_escape(s, c, out);
		break;
	case SCREEN_CHARSET:
		take_charset(s, c, out);
		break;
	case SCREEN_SKIP: /* ESC # 8 and the like: one more character, after any number of such */
		if (c < 0x20 || c >= 0x30)
			s->state = SCREEN_TEXT;
		break;
	case SCREEN_CSI:
		take_csi(s, c, out);
		break;
	case SCREEN_STRING:
		take_string(s, c);
		break;
	}
}

void screen_filter(struct screen *screen, const char *text, size_t len, struct buffer *out)
{
	uint32_t c;
	size_t n;

	for (; len > 0; text += n, len -= n) {
		n = aa_utf8_next(text, len, &c);
		if (n > 0)
			take(screen, c, text, n, out);
		else
			n = 1;
	}
}

void screen_restore(struct screen *screen, bool all, struct buffer *out)
{
	if (screen->plain) {
		new_line(screen, out);
		return;
	}
	for (size_t i = 0; i < SCREEN_MODES; i++)
		if (screen->is_other[i] || (all && modes[i].number < 47))
			add_mode(out, &modes[i], modes[i].at_first);
	if (screen->charset || all)
		buffer_puts(out, "\017\033(B\033)B");
	if (screen->region || all)
		buffer_puts(out, "\0337\033[r\0338");
	buffer_puts(out, "\033[0m");
	*screen = (struct screen){.plain = false};
}
