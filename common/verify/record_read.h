/* SPDX-License-Identifier: Apache-2.0 */
/* record_read.h: the records of policy.cdb by tables of their members, which are made of settings.def: they are read by them, and
 * agentauthctl writes them by the same. */
#ifndef AGENTAUTH_VERIFY_RECORD_READ_H
#define AGENTAUTH_VERIFY_RECORD_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* A public key is borrowed from its record as it is read, and held as it is to be written. */
struct aa_key_object {
	json_t *json;
	const char *text;
};

/* A member has one of these types, in the struct and in the JSON. */
enum aa_member_type {
	AA_MEMBER_TEXT,	  /* const char *: a string */
	AA_MEMBER_NUMBER, /* int64_t: an integer, 0 to 2^53 */
	AA_MEMBER_ID,	  /* uint32_t: an integer, 1 to 2^31 - 2 */
	AA_MEMBER_FLAG,	  /* bool */
	AA_MEMBER_WORD,	  /* int, the index in `words`: one of these as a string */
	AA_MEMBER_LIST,	  /* struct aa_list: an array of strings */
	AA_MEMBER_KEY,	  /* struct aa_key_object: an object */
	AA_MEMBER_PART,	  /* a struct that begins with `bool given`: an object */
	AA_MEMBER_SPREAD, /* a struct: its members stand in the object itself */
	AA_MEMBER_ITEMS, /* struct { size_t n; T *v; }: an array of objects; v is NULL where the member is left out */
};

/* A member stands in its record in one of these ways, see settings.def. */
enum aa_record_rule {
	AA_RECORD_NOWHERE,
	AA_RECORD_ALWAYS,
	AA_RECORD_ADDED,
	AA_RECORD_IF_SET,
	AA_RECORD_ACCOUNTS,
};

/* Small, since the modules that are loaded for each login have it. */
struct aa_record_member {
	const char *name; /* NULL ends a table */
	union {
		const char *const *words;		/* of a word */
		const struct aa_record_member *members; /* of a part, of what is spread, of an item */
	};
	uint16_t offset, size; /* in the struct; of an item */
	uint8_t type, rule;    /* enum aa_member_type, aa_record_rule */
};

/* Fills the record from the object: every member that must be there, no unknown one. What it allocates of a record that is
 * refused is in the record, too. */
bool aa_record_read(json_t *json, const struct aa_record_member *members, void *record);
/* Frees what aa_record_read() has allocated in the record. */
void aa_record_clear(const struct aa_record_member *members, void *record);

#endif
