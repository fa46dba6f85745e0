/* SPDX-License-Identifier: Apache-2.0 */
/* policy_record.h: the settings of a host, an agent, a role and an issuer as structs: what agentauthctl reads from the text, and
 * the modules from policy.cdb. settings.def says what they hold: NUMBER(role, max_sessions, …) is the int64_t max_sessions of
 * struct aa_role. A text that is not set is NULL.
 */
#ifndef AGENTAUTH_VERIFY_POLICY_RECORD_H
#define AGENTAUTH_VERIFY_POLICY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/text/list.h"
#include "common/verify/record_read.h"

/* Any change of what may stand in a record changes the format, so that a module that does not know a new member says that the
 * registry is of another version, of the whole of it and at once, and not that one issuer or agent is damaged. Each format since
 * the oldest has only more members that may be left out, so that what was published before an upgrade serves on until the next
 * apply, and rollback takes it back.
 *   3: without_sub of an issuer; 4: max_sudo of a role, registered of a key;
 *   5: record of a role; 6: role_groups and approved of the host */
#define AA_POLICY_FORMAT 6
#define AA_POLICY_FORMAT_OLDEST 2

/* This is formatted by hand: clang-format takes the braces, which macros open and close, for statements. */
/* clang-format off */

/* The words of a setting, in their order: of reuse AA_REUSE_ONCE and AA_REUSE_UNTIL_EXPIRY, and aa_reuse_words[AA_REUSE_ONCE] is
 * "once". NULL ends them. */
#define WORDS(name, words) enum aa_##name { words }; extern const char *const aa_##name##_words[];
#define W(value, word) value,

/* A group is a struct. Of rules and of items there is a list, too: struct aa_bindings is { size_t n; struct aa_binding *v; }. */
#define GROUP(group) struct aa_##group {
#define END(group) };
#define END_RULE(group) }; struct aa_##group##s { size_t n; struct aa_##group *v; };
#define PART(group, name, record, part) struct aa_##part { bool given;
#define END_PART(name) } name;
#define ITEMS(group, name, record, each, most) struct aa_##each##s { size_t n; struct aa_##each {
#define END_ITEMS(name) } *v; } name;
#define RULES(group, name, record, each, most, if_empty) struct aa_##each##s name;
#define SPREAD(group, name, part) struct aa_##part name;

#define OURS(type, name) type name;
#define HELD_TEXT(group, name, record) const char *name;
#define HELD_NUMBER(group, name, record) int64_t name;
#define HELD_KEY(group, name, record) struct aa_key_object name;
#define TEXT(group, name, needed, record, usual, shortest, longest, check) const char *name;
#define LINES(group, name, needed, record, shortest, longest) const char *name;
#define NUMBER(group, name, needed, record, usual, least, most) int64_t name;
#define ID(group, name, needed, record) uint32_t name;
#define FLAG(group, name, record) bool name;
#define WORD(group, name, needed, record, words) int name;
#define TIME(group, name, record) int64_t name;
#define LIST(group, name, record, usual, fewest, most, check, if_empty) struct aa_list name;
#include "common/verify/settings.def"
/* clang-format on */

extern const struct aa_record_member aa_host_members[], aa_accounts_policy_members[], aa_issuer_members[],
    aa_role_members[], aa_agent_members[];

/* A record from its JSON, of which it takes a new reference, and which owns the strings. NULL: not such a record. */
struct aa_host *aa_host_from_json(json_t *json);
struct aa_agent *aa_agent_from_json(json_t *json);
struct aa_role *aa_role_from_json(json_t *json);
struct aa_issuer *aa_issuer_from_json(json_t *json);
void aa_host_free(struct aa_host *host);
void aa_agent_free(struct aa_agent *agent);
void aa_role_free(struct aa_role *role);
void aa_issuer_free(struct aa_issuer *issuer);

#endif
