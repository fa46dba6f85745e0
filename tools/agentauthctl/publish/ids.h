/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h keeps STATEDIR/ids, every name and number that was ever given to an agent or a role (THREATS 42).
 *
 * Files, logs and other hosts remember a name and a uid for longer than what is published does, so that a second
 * agent of that name or uid would get the first one's files. The file therefore only grows. Its lines, after a first
 * line of comment:
 *
 *   use KIND NAME ID TIME      from then on NAME has ID; KIND is agent, role, or group (the group of all agents)
 *   retire KIND NAME ID TIME   from then on no agent and no role has them, but the same one where it is restored: a line "use"
 *   hold KIND NAME ID TIME     another host gave NAME that ID, and nobody else gets either here; a line "retire" without
 *                              a line "use" before it is of another host as well
 *
 * The file is readable by all, as the published names are, so that a text can be checked without being root. A line
 * without its line feed was cut short by a crash before anything was published with it, and does not count. */
#ifndef AGENTAUTHCTL_IDS_H
#define AGENTAUTHCTL_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/cli/problems.h"

enum id_kind { ID_AGENT, ID_ROLE, ID_GROUP };

/* A given id is a name and the number that was given to it, as the last line about them says. */
struct given_id {
	enum id_kind kind;
	bool retired, is_new, seen;
	bool elsewhere;	 /* another host gave it, and this one never has */
	bool is_brought; /* that is not in the file yet */
	uint32_t id;
	int64_t first, time; /* of the first and the last line about it */
	char name[34];
};

struct ids {
	struct given_id *v;
	size_t n, cap;
	uint32_t *by_name, *by_id; /* open addressing; index in v + 1 */
	size_t slots;
	size_t length; /* of what of the file counts */
};

/* ids_read() takes a file that does not exist for an empty one. It returns 0, or -1 where the failure was reported; a
 * damaged line is never passed over. */
int ids_read(struct ids *ids, int dirfd, const char *statedir, uid_t owner, struct problems *problems);
void ids_free(struct ids *ids);

/* ids_parse() reads such lines of another file, whose path is for messages; `text` is changed. It returns 0, or -1 where a
 * line is damaged, which is reported. */
int ids_parse(struct ids *ids, char *text, const char *path, struct problems *problems);
/* ids_text() returns all names and ids as lines by which another host keeps them free, but for the group of all agents,
 * which is each host's own. The caller frees. */
char *ids_text(const struct ids *ids);

/* ids_by_name() finds what this host gave; ids_by_id() also what another did. */
struct given_id *ids_by_name(const struct ids *ids, enum id_kind kind, const char *name);
struct given_id *ids_by_id(const struct ids *ids, uint32_t id);

/* ids_claim() marks that the configuration has `name` with `id`, and takes both if they were never used. It returns
 * false where the configuration must not have them, and `why` says why in a sentence. The group of all agents may
 * change its name, and may not take an id that was somebody's. */
bool ids_claim(struct ids *ids, enum id_kind kind, const char *name, uint32_t id, char *why, size_t size);

/* ids_restore() gives the retired agent its name and id again, for it to be claimed with them; ids_write() writes that. */
void ids_restore(struct given_id *e);

/* ids_bring() keeps a name and id free that another host gave (kind, name, id, retired and time of `brought`), but for the
 * same agent or role. It returns false where this host gave one of them otherwise, and `why` says so in a sentence. */
bool ids_bring(struct ids *ids, const struct given_id *brought, char *why, size_t size);

/* given_id_goes() returns true for a name that was in use and that no part of the configuration claimed. */
bool given_id_goes(const struct given_id *e);

/* ids_lowest_free() returns the lowest number from `from` to `to` that may be served, was never used and is not
 * `taken`, or 0. */
uint32_t ids_lowest_free(const struct ids *ids, uint32_t from, uint32_t to,
			 bool (*taken)(const void *data, uint32_t id), const void *data);

/* ids_write() appends what was claimed anew and, where `retire`, that what was not seen is retired; it returns 0 or a
 * negative errno. The lines are durable before the generation serves that they are about, so that no published name
 * is free at any moment. Where that generation comes to nothing, ids_take_back() cuts the file to the length that it
 * had, so that what was never published has used nothing up. The journal (journal.h) covers a crash in between. */
int ids_write(struct ids *ids, int dirfd, int64_t now, bool retire);
int ids_take_back(int dirfd, size_t length);

const char *id_kind_name(enum id_kind kind);

#endif
