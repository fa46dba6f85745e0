/* SPDX-License-Identifier: Apache-2.0 */
/* export_record.h: a record of the audit log in the words of others; export.def has these words. */
#ifndef AGENTAUTHCTL_EXPORT_RECORD_H
#define AGENTAUTHCTL_EXPORT_RECORD_H

#include <stdbool.h>

#include <jansson.h>

#include "common/jose/sha256.h"
#include "tools/agentauthctl/audit/log_files.h"

enum export_format { EXPORT_OCSF, EXPORT_ECS };

enum export_class {
#define CLASS(class, ...) EXPORT_##class,
#include "tools/agentauthctl/commands/audit/export.def"
	EXPORT_CLASSES
};

enum { SEVERITY_INFORMATIONAL = 1, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH };

/* Everything is borrowed from the record and its line, but `id` and `message`. */
struct exported {
	const json_t *record;
	const struct log_line *line;
	enum export_class class;
	int activity;
	const char *activity_name, *categories,
	    *types;		 /* types and categories of ECS, with blanks between them */
	const char *kind, *name; /* of what an "admin" is about: "role", "deploy"; "" or its command */
	bool ok;
	int severity;
	const char *reason; /* its sentence; NULL: the record's word is all that is known */
	const char *log;    /* that it stands in */
	char *id; /* HOST:SEQ, HOST:exec:SEQ of a program; the same whenever the record is exported */
	char *message;
	char hash[AA_SHA256_HEX_SIZE]; /* of the line */
	char detail[136], words[2][64];
};

/* Returns the object that OCSF or ECS has for the record, as a new reference. */
json_t *export_ocsf(const json_t *record, const struct log_line *line);
json_t *export_ecs(const json_t *record, const struct log_line *line);

/* ---- for these two ------------------------------------------------------- */

void exported_begin(struct exported *e, const json_t *record, const struct log_line *line);
void exported_end(struct exported *e);

/* Returns the id of the record with this number in the same log. */
char *exported_id(const struct exported *e, int64_t seq);

/* Puts a value, whose reference is stolen, where a path says: "a.b" in objects, which are made, "a[]" at the end of a list
 * that has no such value yet, "a[].b" in a new object at its end. */
void export_put(json_t *root, const char *path, json_t *value);
void export_put_text(json_t *root, const char *path, const char *text);
/* Returns the text that is there; NULL: none. A path through a list finds none. */
const char *export_text(const json_t *root, const char *path);

/* Puts each member where FIELD says, and the others into `rest`. */
void export_fields(json_t *root, const struct exported *e, enum export_format format, const char *rest);

#endif
