/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_audit.c: puts the records of the kernel's audit together to events, see kernel_audit.h. */
#include "config.h"

#include "tools/agentauthctl/record/kernel_audit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>

#include "common/text/number.h"
#include "common/text/sort.h"

#define OPEN_MAX_EVENTS 64 /* whose end did not come yet */
#define PIECES_MAX 512	   /* of the words of one event */
#define WINDOW 4096	   /* numbers that may still come, behind the highest */

/* A word, or a part of one: the kernel cuts long ones, a2[0]= a2[1]=. */
struct piece {
	uint32_t word, part;
	uint32_t at, len; /* in `bytes` */
};

struct half {
	uint64_t serial; /* 0: free */
	bool has_call, has_words;
	struct exec_event event;
	struct piece pieces[PIECES_MAX];
	size_t n_pieces;
	char bytes[EXEC_WORDS_KEPT];
	size_t n_bytes;
	size_t length; /* of all words, with a zero each */
	uint64_t age;
};

struct kernel_audit {
	exec_take_fn *take;
	void *data;
	struct half open[OPEN_MAX_EVENTS];
	uint64_t clock;
	/* which of the last numbers came */
	unsigned char seen[WINDOW / 8];
	uint64_t highest, lost; /* highest 0: none came yet */
};

/* ---- numbers that never came ------------------------------------------------------ */

static bool bit(const struct kernel_audit *t, uint64_t serial)
{
	return t->seen[serial % WINDOW / 8] >> serial % 8 & 1;
}

static void set_bit(struct kernel_audit *t, uint64_t serial, bool on)
{
	unsigned char mask = (unsigned char)(1u << serial % 8), *byte = &t->seen[serial % WINDOW / 8];

	*byte = on ? *byte | mask : (unsigned char)(*byte & ~mask);
}

/* A number leaves the window when a higher one by WINDOW comes, and is lost if it did not come by then. */
static void note_serial(struct kernel_audit *t, uint64_t serial)
{
	if (t->highest == 0 || serial + WINDOW <= t->highest) { /* the first, or the kernel begins anew */
		memset(t->seen, 0xff, sizeof(t->seen));
		t->highest = serial;
	}
	if (serial > t->highest + 2 * WINDOW) {
		for (uint64_t i = 0; i < WINDOW; i++)
			t->lost += !bit(t, i);
		t->lost += serial - t->highest - 1 - WINDOW;
		memset(t->seen, 0, sizeof(t->seen));
		t->highest = serial - 1;
	}
	while (t->highest < serial) {
		t->highest++;
		t->lost += !bit(t, t->highest);
		set_bit(t, t->highest, false);
	}
	set_bit(t, serial, true);
}

uint64_t kernel_audit_lost(struct kernel_audit *t)
{
	uint64_t lost = t->lost;

	t->lost = 0;
	return lost;
}

/* ---- the fields of a record --------------------------------------------------------------- */

struct field {
	const char *name, *value;
	size_t name_len, value_len;
	bool quoted;
};

/* Takes the next NAME=VALUE. A value in quotes ends at the next quote, since the kernel writes text with a quote in
 * hexadecimal. */
static bool next_field(const char **at, const char *end, struct field *ret)
{
	const char *p = *at, *equals;

	while (p < end && *p == ' ')
		p++;
	equals = memchr(p, '=', (size_t)(end - p));
	if (!equals)
		return false;
	ret->name = p;
	ret->name_len = (size_t)(equals - p);
	p = equals + 1;
	ret->quoted = p < end && *p == '"';
	p += ret->quoted;
	ret->value = p;
	while (p < end && *p != (ret->quoted ? '"' : ' '))
		p++;
	ret->value_len = (size_t)(p - ret->value);
	*at = p + (ret->quoted && p < end);
	return true;
}

static bool is(const struct field *f, const char *name)
{
	return f->name_len == strlen(name) && memcmp(f->name, name, f->name_len) == 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes a value into ret[0..cap), and returns its whole length. */
static size_t decode(const struct field *f, char *ret, size_t cap)
{
	size_t n = f->quoted ? f->value_len : f->value_len / 2;

	for (size_t i = 0; i < n && i < cap; i++) {
		int high = f->quoted ? 0 : nibble(f->value[2 * i]);
		int low = f->quoted ? 0 : nibble(f->value[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		ret[i] = (char)(f->quoted ? f->value[i] : high << 4 | low);
	}
	return n;
}

/* Decodes a path, as far as its first zero. */
static void take_path(const struct field *f, char ret[PATH_MAX])
{
	size_t n = decode(f, ret, PATH_MAX - 1);

	ret[n < PATH_MAX - 1 ? n : PATH_MAX - 1] = '\0';
}

static uint64_t take_number(const struct field *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->value_len && isdigit((unsigned char)f->value[i]); i++)
		n = n * 10 + (uint64_t)(f->value[i] - '0');
	return n;
}

/* ---- the records ----------------------------------------------------------------------- */

static void take_call(struct half *h, const char *at, const char *end)
{
	struct exec_event *e = &h->event;
	struct field f;

	while (next_field(&at, end, &f)) {
		if (is(&f, "ppid"))
			e->ppid = (pid_t)take_number(&f);
		else if (is(&f, "pid"))
			e->pid = (pid_t)take_number(&f);
		else if (is(&f, "auid"))
			e->login_uid = (uint32_t)take_number(&f);
		else if (is(&f, "ses"))
			e->audit_session = (uint32_t)take_number(&f);
		else if (is(&f, "uid"))
			e->uid = (uint32_t)take_number(&f);
		else if (is(&f, "euid"))
			e->euid = (uint32_t)take_number(&f);
		else if (is(&f, "exe"))
			take_path(&f, e->path);
		else if (is(&f, "success"))
			h->has_call = f.value_len == 3 && memcmp(f.value, "yes", 3) == 0;
	}
}

/* Reads a12 or a12[3]; false: it is another field, such as argc or a12_len. */
static bool piece_name(const struct field *f, struct piece *ret)
{
	size_t i = 1;

	*ret = (struct piece){0};
	if (f->name_len < 2 || f->name[0] != 'a' || f->name_len > 24)
		return false;
	for (; i < f->name_len && isdigit((unsigned char)f->name[i]); i++)
		ret->word = ret->word * 10 + (uint32_t)(f->name[i] - '0');
	if (i == f->name_len)
		return i > 1;
	if (i == 1 || f->name[i] != '[' || f->name[f->name_len - 1] != ']')
		return false;
	for (i++; i < f->name_len - 1; i++) {
		if (!isdigit((unsigned char)f->name[i]))
			return false;
		ret->part = ret->part * 10 + (uint32_t)(f->name[i] - '0');
	}
	return true;
}

static void take_words(struct half *h, const char *at, const char *end)
{
	struct field f;

	h->has_words = true;
	while (next_field(&at, end, &f)) {
		size_t room = sizeof(h->bytes) - h->n_bytes, n;
		struct piece p;

		if (!piece_name(&f, &p))
			continue;
		n = decode(&f, h->bytes + h->n_bytes, room);
		h->length += n + (p.part == 0);
		p.at = (uint32_t)h->n_bytes;
		p.len = (uint32_t)(n < room ? n : room);
		/* A piece that has no room is kept without its bytes: what follows it is then no part of what is kept. */
		if (h->n_pieces < PIECES_MAX) {
			h->pieces[h->n_pieces++] = p;
			h->n_bytes += p.len;
		}
	}
}

static void take_directory(struct half *h, const char *at, const char *end)
{
	struct field f;

	while (next_field(&at, end, &f))
		if (is(&f, "cwd"))
			take_path(&f, h->event.directory);
}

/* ---- events --------------------------------------------------------------------------------- */

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

/* Puts the words into their order, up to the first that is missing. */
static void order_words(struct half *h)
{
	struct exec_event *e = &h->event;
	uint32_t word = 0, part = 0;

	aa_sort(h->pieces, h->n_pieces, sizeof(*h->pieces), compare_pieces);
	for (size_t i = 0; i < h->n_pieces && e->kept < EXEC_WORDS_KEPT; i++) {
		const struct piece *p = &h->pieces[i];
		size_t room = EXEC_WORDS_KEPT - e->kept, n = p->len < room ? p->len : room;

		if (i > 0 && p->word == word + 1 && p->part == 0)
			e->words[e->kept++] = '\0';
		else if (i > 0 ? p->word != word || p->part != part + 1 : p->word || p->part)
			break;
		n = n < EXEC_WORDS_KEPT - e->kept ? n : EXEC_WORDS_KEPT - e->kept;
		memcpy(e->words + e->kept, h->bytes + p->at, n);
		e->kept += n;
		word = p->word;
		part = p->part;
	}
	e->words[e->kept] = '\0';
	e->kept += e->kept < EXEC_WORDS_KEPT;
	e->length = h->length > e->kept ? h->length : e->kept;
}

static void end_event(struct kernel_audit *t, struct half *h)
{
	if (h->has_call && h->has_words) {
		order_words(h);
		t->take(t->data, &h->event);
	}
	h->serial = 0;
}

/* Finds the event of this number, or begins it in the place of the oldest. */
static struct half *half_of(struct kernel_audit *t, uint64_t serial, bool begin)
{
	struct half *oldest = &t->open[0];

	for (size_t i = 0; i < OPEN_MAX_EVENTS; i++) {
		struct half *h = &t->open[i];

		if (h->serial == serial)
			return h;
		if (oldest->serial && (!h->serial || h->age < oldest->age))
			oldest = h;
	}
	if (!begin)
		return NULL;
	if (oldest->serial)
		end_event(t, oldest);
	memset(oldest, 0, offsetof(struct half, pieces));
	oldest->n_pieces = oldest->n_bytes = oldest->length = 0;
	oldest->event.login_uid = oldest->event.audit_session = UINT32_MAX;
	oldest->serial = serial;
	oldest->age = ++t->clock;
	return oldest;
}

void kernel_audit_record(struct kernel_audit *t, int type, const char *record, size_t len)
{
	unsigned long long seconds, serial;
	struct half *h;
	unsigned millis;
	char head[64];
	int at = 0;

	(void)snprintf(head, sizeof(head), "%.*s", (int)(len < sizeof(head) ? len : sizeof(head) - 1),
		       record);
	if (sscanf(head, "audit(%19llu.%3u:%19llu):%n", &seconds, &millis, &serial, &at) != 3 || !at ||
	    !serial)
		return;
	note_serial(t, serial);
	h = half_of(t, serial, type == AUDIT_SYSCALL || type == AUDIT_EXECVE || type == AUDIT_CWD);
	if (!h)
		return;
	h->event.seconds = (int64_t)seconds;
	h->event.micros = millis * 1000;
	if (type == AUDIT_SYSCALL)
		take_call(h, record + at, record + len);
	else if (type == AUDIT_EXECVE)
		take_words(h, record + at, record + len);
	else if (type == AUDIT_CWD)
		take_directory(h, record + at, record + len);
	else if (type == AUDIT_EOE)
		end_event(t, h);
}

void kernel_audit_flush(struct kernel_audit *t)
{
	for (size_t i = 0; i < OPEN_MAX_EVENTS; i++)
		if (t->open[i].serial)
			end_event(t, &t->open[i]);
	for (uint64_t i = 0; t->highest && i < WINDOW; i++)
		t->lost += !bit(t, i);
	memset(t->seen, 0xff, sizeof(t->seen));
}

struct kernel_audit *kernel_audit_new(exec_take_fn *take, void *data)
{
	struct kernel_audit *t = calloc(1, sizeof(*t));

	if (t) {
		t->take = take;
		t->data = data;
	}
	return t;
}

void kernel_audit_free(struct kernel_audit *t)
{
	free(t);
}
