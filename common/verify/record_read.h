/* SPDX-License-Identifier: Apache-2.0 */
/* record_read.h: a record's JSON object into a struct, by a table of its members. */
#ifndef AGENTAUTH_VERIFY_RECORD_READ_H
#define AGENTAUTH_VERIFY_RECORD_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/text/list.h"

enum aa_record_kind {
	STRING,	     /* const char * */
	INTEGER,     /* int64_t, 0 to 2^53 */
	ID,	     /* uint32_t */
	BOOLEAN,     /* bool */
	STRINGS,     /* struct aa_list */
	CLAIM_RULES, /* struct aa_claim_rules */
	OBJECT,	     /* json_t *, borrowed */
	OTHER,	     /* known, and read by the record's own function */
};

struct aa_record_member {
	const char *name;
	enum aa_record_kind kind;
	bool required;
	size_t offset;
};

#define MEMBER(type, field, kind, required) \
	{ \
#field, kind, required, offsetof(struct type, field) \
	}

/* Fills the record from the object: every required member, no unknown one. What it allocates of a record that is refused
 * is in the record, too. */
bool aa_record_read(json_t *json, const struct aa_record_member *members, size_t n, void *record);

/* "WORD_A" or "WORD_B" of a member that stands in the JSON; `ret` tells whether it is the second. */
bool aa_record_choice(const json_t *json, const char *name, const char *no, const char *yes, bool *ret);

#endif
