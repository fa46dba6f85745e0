/* SPDX-License-Identifier: Apache-2.0 */
/* conf_read.h: reads a configuration text against a table of the settings that there are.
 *
 * A table says of each setting its name, its type, its range and where its value goes. An unknown setting, one that is
 * missing, a wrong type and a value out of range are each reported with file, line and column, all of them in one run. */
#ifndef AGENTAUTH_CONF_READ_H
#define AGENTAUTH_CONF_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text/list.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"
#include "tools/conf/conf_file.h"
#include "tools/conf/conf_report.h"

/* Each type has a type in C. A CONF_MEMBERS struct begins with `bool given`, a CONF_NAMED struct with `const char *name`. */
enum conf_type {
	CONF_TEXT,    /* const char * */
	CONF_NUMBER,  /* int64_t */
	CONF_ID,      /* uint32_t: a number in the range of one */
	CONF_FLAG,    /* bool */
	CONF_WORD,    /* int, the index in `words` */
	CONF_TIME,    /* int64_t, seconds since 1970, from RFC 3339 in UTC */
	CONF_TEXTS,   /* struct aa_list */
	CONF_MEMBERS, /* a group: its struct stands in place */
	CONF_ITEMS,   /* a list of groups: struct { size_t n; T *v; } */
	CONF_NAMED,   /* a group whose members are groups, with names of people's choice: the same */
};

/* Tells whether the value may stand. If not, `why` gets the rest of a sentence that begins with the value. */
typedef bool conf_check_fn(const char *value, char *why, size_t size);

struct conf_setting {
	/* NULL ends a table; a table of CONF_NAMED has one entry, whose name is not looked at */
	const char *name;
	enum conf_type type;
	bool required;
	size_t offset;
	int64_t min, max; /* of a number, of a text's length, of how many there are; max 0: unlimited */
	const char *const *words;
	/* of texts and items: says what leaving the setting out means, where an empty one is refused */
	const char *if_empty;
	const char *hint;		    /* ends a refusal of another type */
	bool several_lines;		    /* a text that may hold line feeds: PEM */
	bool or_text;			    /* texts of which one may stand alone, without brackets */
	bool repeats;			    /* texts that are words in their order, and no set */
	conf_check_fn *check;		    /* of a text, of each of several, of a name */
	const struct conf_setting *members; /* of a group, of an item */
	size_t size;			    /* of an item's struct */
	const void *defaults;		    /* an item's struct before its settings are read; NULL: zeros */
};

/* Parses file->text and reads it against the table into the struct `into`, which holds the defaults. Its strings live as
 * long as the file, its arrays as long as the arena. -1: reported; *into is then filled as far as possible. */
int conf_read(struct conf_file *file, const struct conf_setting *table, void *into, struct arena *arena,
	      struct problems *problems);

#endif
