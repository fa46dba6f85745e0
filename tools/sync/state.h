/* SPDX-License-Identifier: Apache-2.0 */
/* state.h: what a carrier has brought is a text in the daemon's own folder, a file of the release each line, so that the other
 * carrier sees what it must not remove. Where the text is lost everything is carried once more. */
#ifndef AGENTAUTH_SYNC_STATE_H
#define AGENTAUTH_SYNC_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cli/alloc.h"
#include "tools/sync/carried.h"

#define STATE_LDAP "ldap"
#define STATE_WEB "web"

/* Begins a text. */
void state_begin(struct buffer *text);
/* Adds the line "KIND HEX", with " MORE" behind it where that is not "". */
void state_file(struct buffer *text, const struct carried *file, const char *more);
/* 0 or a negative errno. */
int state_write(int dirfd, const char *name, const struct buffer *text);
void state_forget(int dirfd, const char *name);

/* Returns a carrier's text, which the caller frees; NULL: it has none that can be read. */
char *state_read(int dirfd, const char *name);
/* Finds the line that begins with the word, "cookie" or "etag", and returns what follows it, which ends with the line; NULL: the
 * text, which may be NULL, has none. */
const char *state_value(const char *text, const char *word);
bool state_has(const char *text, const struct carried *file);
/* Reads one line of a file; *ret_more points behind the digest. */
bool state_line(const char *line, struct carried *ret, const char **ret_more);

#endif
