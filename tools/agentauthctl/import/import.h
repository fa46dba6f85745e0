/* SPDX-License-Identifier: Apache-2.0 */
/* import.h reads agents that a file brings, CSV or JSON, or a tree as export makes it, as settings with the position of
 * each. */
#ifndef AGENTAUTHCTL_IMPORT_H
#define AGENTAUTHCTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauthctl/import/csv.h"
#include "tools/agentauthctl/publish/ids.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"
#include "tools/cli/progress.h"
#include "tools/conf/conf_file.h"

/* An import_agent is one agent of the file. In CSV it has a row, in JSON an object that begins at `from`. */
struct import_agent {
	const char *name; /* "" where the file gives none, which was reported */
	json_t *settings; /* as the members of the agent's text, with uid where the file gives one */
	size_t row;
	const char *from;
	struct conf_file *file; /* of a tree; else NULL */
};

struct import_column; /* of CSV: which setting it is */

struct import {
	struct import_agent *v;
	size_t n, cap;
	const char *file;	 /* for positions; its bytes outlive the import */
	const char *bytes, *end; /* JSON */
	const char **lines;	 /* JSON: where each begins */
	size_t n_lines;
	struct csv csv; /* CSV */
	struct import_column *columns;
	size_t n_columns;
	json_t *json;		       /* JSON, the whole of it */
	struct conf_file main;	       /* of a tree: its agentauth.conf, where it has one */
	const json_t *roles, *issuers; /* by name; NULL: none */
	json_t *of_main;	       /* of a tree: owns these two */
	struct given_id *ids;	       /* that the other host gave */
	size_t n_ids;
	int64_t now; /* what "90d" in CSV counts from */
	struct problems *problems;
	struct progress progress; /* is shown while many are read */
};

/* import_read() begins with file, now, problems and progress, takes JSON for what begins with a brace or bracket, and
 * CSV for anything else. Every mistake is reported, with its position; what is in order is there after one, too, so that
 * the rest can be looked at. import_free() follows. */
void import_read(struct import *import, const char *bytes, size_t len);
/* import_read_tree() reads a directory: agents.d, and agentauth.conf and ids where they are there. Its files must be as
 * the configuration's own: root's or the owner's, and writable by nobody else. */
void import_read_tree(struct import *import, const char *dir, uid_t owner);
void import_free(struct import *import);

/* import_position() finds where the file has that setting ("keys[0].pem") of the agent, or else the agent; *ret_given
 * says which. */
void import_position(const struct import *import, const struct import_agent *agent, const char *setting,
		     struct position *ret, bool *ret_given);
/* import_main_position() does the same for a setting of a role or issuer ("roles.deploy.gid"). */
void import_main_position(const struct import *import, const char *setting, struct position *ret,
			  bool *ret_given);
/* import_wrong() reports at that position. */
void import_wrong(const struct import *import, const struct import_agent *agent, const char *setting,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
