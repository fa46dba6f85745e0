/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c: makes the tables of the settings that agentauth.conf and an agent's file may have, out of settings.def. */
#include "config.h"

#include "tools/agentauthctl/model/settings.h"

#include "common/registry/accounts.h"
#include "common/verify/policy.h"
#include "tools/agentauthctl/model/check_value.h"

/* This is formatted by hand: clang-format takes the braces, which macros open and close, for statements. */
/* clang-format off */

/* ---- what holds where the text says nothing ---------------------------------- */

/* Parts and items begin as zeros. */
#define USUALLY_accounts_policy(name, ...) .name = __VA_ARGS__,
#define USUALLY_host(name, ...) .name = __VA_ARGS__,
#define USUALLY_issuer(name, ...) .name = __VA_ARGS__,
#define USUALLY_role(name, ...) .name = __VA_ARGS__,
#define USUALLY_agent(name, ...) .name = __VA_ARGS__,
#define USUALLY_claim_rule(name, ...) .name = __VA_ARGS__,
#define USUALLY_scope_rule(name, ...) .name = __VA_ARGS__,
#define USUALLY_role_limits(name, ...)
#define USUALLY_delegation(name, ...)
#define USUALLY_agent_key(name, ...)
#define USUALLY_binding(name, ...)

#define NOTHING {0}
#define USUALLY(...) {sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__}}
#define GROUP(group) const struct aa_##group group##_usually = {
#define END(group) };
#define TEXT(group, name, needed, record, usual, shortest, longest, check) USUALLY_##group(name, usual)
#define NUMBER(group, name, needed, record, usual, least, most) USUALLY_##group(name, usual)
#define LIST(group, name, record, usual, fewest, most, check, if_empty) USUALLY_##group(name, usual)
#include "common/verify/settings.def"

/* ---- what the text may hold ----------------------------------------------------- */

#define REQUIRED_NEEDED true
#define REQUIRED_OPTIONAL false
/* Makes the beginning of a setting's line. */
#define BEGIN(group, name, type, needed) #name, CONF_##type, REQUIRED_##needed, offsetof(struct aa_##group, name)

#define GROUP(group) const struct conf_setting group##_settings[] = {
#define END(group) {0}};
#define PART(group, name, record, part) {BEGIN(group, name, MEMBERS, OPTIONAL), .members = (const struct conf_setting[]){
#define ITEMS(group, name, record, each, most) \
	{BEGIN(group, name, ITEMS, OPTIONAL), .max = most, .size = sizeof(struct aa_##each), \
	 .members = (const struct conf_setting[]){
#define END_PART(name) {0}}},
#define END_ITEMS(name) {0}}},
#define RULES(group, name, record, each, most, empty) \
	{BEGIN(group, name, ITEMS, OPTIONAL), .max = most, .size = sizeof(struct aa_##each), \
	 .members = each##_settings, .if_empty = empty},
#define TEXT(group, name, needed, record, usual, shortest, longest, checked) \
	{BEGIN(group, name, TEXT, needed), .min = shortest, .max = longest, .check = checked},
#define LINES(group, name, needed, record, shortest, longest) \
	{BEGIN(group, name, TEXT, needed), .min = shortest, .max = longest, .several_lines = true},
#define NUMBER(group, name, needed, record, usual, least, most) {BEGIN(group, name, NUMBER, needed), .min = least, .max = most},
#define ID(group, name, needed, record) {BEGIN(group, name, ID, needed), .min = 1, .max = INT32_MAX - 1},
#define FLAG(group, name, record) {BEGIN(group, name, FLAG, OPTIONAL), .min = 0},
#define WORD(group, name, needed, record, list) {BEGIN(group, name, WORD, needed), .words = aa_##list##_words},
#define TIME(group, name, record) {BEGIN(group, name, TIME, OPTIONAL), .min = 0},
#define LIST(group, name, record, usual, fewest, most, checked, empty) \
	{BEGIN(group, name, TEXTS, OPTIONAL), .min = fewest, .max = most, .check = checked, .if_empty = empty},
#define LIST_OR_TEXT(group, name, record, usual, fewest, most, checked, empty) \
	{BEGIN(group, name, TEXTS, OPTIONAL), .min = fewest, .max = most, .check = checked, .if_empty = empty, .or_text = true},
#include "common/verify/settings.def"
/* clang-format on */
