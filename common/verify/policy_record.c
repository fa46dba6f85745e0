/* SPDX-License-Identifier: Apache-2.0 */
/* policy_record.c: the records of policy.cdb as structs, see policy_record.h. */
#include "config.h"

#include "common/verify/policy_record.h"

#include <stdlib.h>

#include "common/verify/record_read.h"

/* ---- the words, and the members of each record ------------------------------ */

/* This is formatted by hand: clang-format takes the braces, which macros open and close, for statements. */
/* clang-format off */
#define WORDS(name, words) const char *const aa_##name##_words[] = {words NULL};
#define W(value, word) word,
#include "common/verify/settings.def"

/* Makes the beginning of a member's line, and one whole. */
#define BEGIN(group, field, kind, how) \
	.name = #field, .type = AA_MEMBER_##kind, .rule = AA_RECORD_##how, .offset = offsetof(struct aa_##group, field)
#define MEMBER(group, name, type, rule) {BEGIN(group, name, type, rule)},

#define GROUP(group) const struct aa_record_member aa_##group##_members[] = {
#define END(group) {0}};
#define PART(group, name, rule, part) {BEGIN(group, name, PART, rule), .members = (const struct aa_record_member[]){
#define ITEMS(group, name, rule, each, most) \
	{BEGIN(group, name, ITEMS, rule), .size = sizeof(struct aa_##each), .members = (const struct aa_record_member[]){
#define END_PART(name) {0}}},
#define END_ITEMS(name) {0}}},
#define RULES(group, name, rule, each, most, if_empty) \
	{BEGIN(group, name, ITEMS, rule), .size = sizeof(struct aa_##each), .members = aa_##each##_members},
#define SPREAD(group, name, part) {BEGIN(group, name, SPREAD, ALWAYS), .members = aa_##part##_members},
#define HELD_TEXT(group, name, rule) MEMBER(group, name, TEXT, rule)
#define HELD_NUMBER(group, name, rule) MEMBER(group, name, NUMBER, rule)
#define HELD_KEY(group, name, rule) MEMBER(group, name, KEY, rule)
#define TEXT(group, name, needed, rule, usual, shortest, longest, check) MEMBER(group, name, TEXT, rule)
#define TEXT_AS(group, field, member, needed, how, usual, shortest, longest, check) \
	{.name = #member, .type = AA_MEMBER_TEXT, .rule = AA_RECORD_##how, .offset = offsetof(struct aa_##group, field)},
#define LINES(group, name, needed, rule, shortest, longest) MEMBER(group, name, TEXT, rule)
#define NUMBER(group, name, needed, rule, usual, least, most) MEMBER(group, name, NUMBER, rule)
#define ID(group, name, needed, rule) MEMBER(group, name, ID, rule)
#define FLAG(group, name, rule) MEMBER(group, name, FLAG, rule)
#define WORD(group, name, needed, rule, list) {BEGIN(group, name, WORD, rule), .words = aa_##list##_words},
#define TIME(group, name, rule) MEMBER(group, name, NUMBER, rule)
#define LIST(group, name, rule, usual, fewest, most, check, if_empty) MEMBER(group, name, LIST, rule)
#include "common/verify/settings.def"
/* clang-format on */

/* ---- the records ------------------------------------------------------------- */

/* Each record's struct has its JSON at `json_at`. */
static void free_record(const struct aa_record_member *members, void *record, size_t json_at)
{
	if (!record)
		return;
	aa_record_clear(members, record);
	json_decref(*(json_t **)((char *)record + json_at));
	free(record);
}

static void *read_record(json_t *json, const struct aa_record_member *members, size_t size, size_t json_at)
{
	char *record = calloc(1, size);

	if (!record)
		return NULL;
	*(json_t **)(record + json_at) = json_incref(json);
	if (aa_record_read(json, members, record))
		return record;
	free_record(members, record, json_at);
	return NULL;
}

void aa_host_free(struct aa_host *host)
{
	free_record(aa_host_members, host, offsetof(struct aa_host, json));
}

struct aa_host *aa_host_from_json(json_t *json)
{
	struct aa_host *host =
	    read_record(json, aa_host_members, sizeof(*host), offsetof(struct aa_host, json));

	if (!host)
		return NULL;
	if (host->format >= AA_POLICY_FORMAT_OLDEST && host->format <= AA_POLICY_FORMAT &&
	    host->generation <= UINT32_MAX && host->audience.n > 0)
		return host;
	aa_host_free(host);
	return NULL;
}

void aa_agent_free(struct aa_agent *agent)
{
	free_record(aa_agent_members, agent, offsetof(struct aa_agent, json));
}

struct aa_agent *aa_agent_from_json(json_t *json)
{
	return read_record(json, aa_agent_members, sizeof(struct aa_agent), offsetof(struct aa_agent, json));
}

void aa_role_free(struct aa_role *role)
{
	free_record(aa_role_members, role, offsetof(struct aa_role, json));
}

struct aa_role *aa_role_from_json(json_t *json)
{
	return read_record(json, aa_role_members, sizeof(struct aa_role), offsetof(struct aa_role, json));
}

void aa_issuer_free(struct aa_issuer *issuer)
{
	free_record(aa_issuer_members, issuer, offsetof(struct aa_issuer, json));
}

struct aa_issuer *aa_issuer_from_json(json_t *json)
{
	return read_record(json, aa_issuer_members, sizeof(struct aa_issuer),
			   offsetof(struct aa_issuer, json));
}
