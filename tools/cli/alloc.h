/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.h: memory for a command that ends when memory is out, growing buffers, and memory that is given back at once.
 *
 * A command can end in the middle: what agentauthctl was writing is not seen by readers before it is renamed into place,
 * and the next run clears it away. */
#ifndef AGENTAUTHCTL_ALLOC_H
#define AGENTAUTHCTL_ALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Grows *array (elements of `size` bytes, room for *cap) so that it holds at least `need` elements. */
void grow(void *array, size_t *cap, size_t need, size_t size);

/* A buffer is bytes that are appended to. `data` has a zero byte behind it, once anything was appended. */
struct buffer {
	char *data;
	size_t len, cap;
};
void buffer_free(struct buffer *b);
void buffer_clear(struct buffer *b); /* keeps the memory */
void buffer_add(struct buffer *b, const void *bytes, size_t len);
void buffer_puts(struct buffer *b, const char *s);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_u32(struct buffer *b, uint32_t number); /* four bytes, little endian */
/* Returns the text, which the caller frees, and empties the buffer. */
char *buffer_take(struct buffer *b);

/* An arena holds pieces that are freed together. */
struct arena {
	struct arena_block *first, *used;
};
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for anything */
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_strdup(struct arena *arena, const char *s);
void arena_reset(struct arena *arena); /* keeps the memory for what comes next */
void arena_free(struct arena *arena);

#endif
