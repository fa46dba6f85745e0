/* SPDX-License-Identifier: Apache-2.0 */
/* log_follow.h: reads what came to a log since the last time, over rotations, and proves that it goes on from there. */
#ifndef AGENTAUTHCTL_LOG_FOLLOW_H
#define AGENTAUTHCTL_LOG_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/state/audit_chain.h"
#include "common/state/audit_verify.h"
#include "tools/agentauthctl/audit/log_files.h"
#include "tools/cli/problems.h"
#include "tools/cli/progress.h"

/* The place up to which the log was read: zeroed, nothing was. */
struct log_place {
	struct aa_audit_link link; /* that the next line goes on from */
	uint64_t offset;	   /* in its file, behind the last line */
	uint64_t length;	   /* of the last line, with its line feed */
	char hash[65];		   /* of the last line: the file is known by it, whatever its name is now */
	char time[28];		   /* of the last line; "": none */
};

/* A place as the members of an object, and back. False: they are no place. */
json_t *log_place_pack(const struct log_place *place);
bool log_place_unpack(const json_t *members, struct log_place *ret);

struct log_follow {
	const char *logdir;
	const struct log_name *log;
	uid_t owner;
	struct problems *problems;
	struct progress *progress;
	void (*take)(void *data, const char *line, size_t len);
	void *data;
	struct log_place place;	   /* goes on */
	struct aa_audit_walk walk; /* over the new lines alone */
};

/* Gives each new line, with a zero behind it, to `take`. False: not all could be read, which was reported; the place stays where it was. */
bool log_follow(struct log_follow *follow);

/* Returns the word of a fault, "removed". */
const char *log_fault_name(enum aa_audit_fault_kind kind);

#endif
