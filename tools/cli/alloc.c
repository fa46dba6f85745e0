/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.c: memory, see alloc.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/alloc.h"

#define ARENA_BLOCK 65536

static void out_of_memory(void)
{
	fprintf(stderr, "%s: out of memory: the command ended before its end, and can be given again\n",
		program_invocation_short_name);
	(void)fflush(NULL);
	_exit(1); /* a library that had none may be half of what its own exit handlers expect */
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	char *copy = xmalloc(n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xvasprintf(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}

void grow(void *array, size_t *cap, size_t need, size_t size)
{
	void *old;

	if (need <= *cap)
		return;
	*cap = *cap < 8 ? 8 : *cap + *cap / 2;
	if (*cap < need)
		*cap = need;
	memcpy(&old, array, sizeof old);
	old = xrealloc(old, *cap, size);
	memcpy(array, &old, sizeof old);
}

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}

void buffer_clear(struct buffer *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buffer_add(struct buffer *b, const void *bytes, size_t len)
{
	grow(&b->data, &b->cap, b->len + len + 1, 1);
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buffer_puts(struct buffer *b, const char *s)
{
	buffer_add(b, s, strlen(s));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	buffer_puts(b, text);
	free(text);
}

void buffer_u32(struct buffer *b, uint32_t number)
{
	unsigned char bytes[4] = {(unsigned char)number, (unsigned char)(number >> 8),
				  (unsigned char)(number >> 16), (unsigned char)(number >> 24)};

	buffer_add(b, bytes, sizeof bytes);
}

char *buffer_take(struct buffer *b)
{
	char *text;

	buffer_add(b, "", 0);
	text = b->data;
	*b = (struct buffer){0};
	return text;
}

struct arena_block {
	struct arena_block *next;
	size_t len, cap;
	max_align_t data[];
};

static struct arena_block *arena_room(struct arena *arena, size_t size)
{
	struct arena_block *b = arena->used;

	while (b && b->cap - b->len < size)
		b = b->next;
	if (b) {
		arena->used = b;
		return b;
	}
	b = xmalloc(sizeof *b + (size > ARENA_BLOCK ? size : ARENA_BLOCK));
	b->cap = size > ARENA_BLOCK ? size : ARENA_BLOCK;
	b->len = 0;
	b->next = arena->first;
	arena->first = arena->used = b;
	return b;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t align = _Alignof(max_align_t);
	size_t rounded = (size + align - 1) / align * align;
	struct arena_block *b = arena_room(arena, rounded);
	char *p = (char *)b->data + b->len;

	b->len += rounded;
	memset(p, 0, rounded);
	return p;
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
	char *copy = arena_alloc(arena, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

void arena_reset(struct arena *arena)
{
	for (struct arena_block *b = arena->first; b; b = b->next)
		b->len = 0;
	arena->used = arena->first;
}

void arena_free(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *b = arena->first; b; b = next) {
		next = b->next;
		free(b);
	}
	*arena = (struct arena){0};
}
