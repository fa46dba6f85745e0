/* SPDX-License-Identifier: Apache-2.0 */
/* import.h reads agents that a file brings, CSV or JSON, as settings with the position of each. */
#ifndef AGENTAUTHCTL_IMPORT_H
#define AGENTAUTHCTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauthctl/import/csv.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"
#include "tools/cli/progress.h"

/* An import_agent is one agent of the file. In CSV it has a row, in JSON an object that begins at `from`. */
struct import_agent {
	const char *name; /* "" where the file gives none, which was reported */
	json_t *settings; /* as the members of the agent's text, with uid where the file gives one */
	size_t row;
	const char *from;
};

struct import_column; /* of CSV: which setting it is */

struct import {
	struct import_agent *v;
	size_t n, cap;
	const char *file;	 /* for positions; its bytes outlive the import */
	const char *bytes, *end; /* JSON */
	struct csv csv;		 /* CSV */
	struct import_column *columns;
	size_t n_columns;
	json_t *json; /* JSON, the whole of it */
	int64_t now;  /* what "90d" in CSV counts from */
	struct problems *problems;
	struct progress progress; /* is shown while many are read */
};

/* import_read() begins with file, now, problems and progress, takes JSON for what begins with a brace or bracket, and
 * CSV for anything else. Every mistake is reported, with its position; what is in order is there after one, too, so that
 * the rest can be looked at. import_free() follows. */
void import_read(struct import *import, const char *bytes, size_t len);
void import_free(struct import *import);

/* import_position() finds where the file has that setting ("keys[0].pem") of the agent, or else the agent; *ret_given
 * says which. */
void import_position(const struct import *import, const struct import_agent *agent, const char *setting,
		     struct position *ret, bool *ret_given);
/* import_wrong() reports at that position. */
void import_wrong(const struct import *import, const struct import_agent *agent, const char *setting,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
