/* SPDX-License-Identifier: Apache-2.0 */
/* plan_words.c says what differs within one record, see plan_words.h. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/text/shown.h"
#include "common/text/utc.h"
#include "common/verify/policy_record.h"
#include "tools/agentauthctl/publish/plan_words.h"
#include "tools/cli/alloc.h"
#include "tools/cli/duration.h"
#include "tools/cli/print.h"

struct teller {
	plan_fn *tell;
	void *data;
	bool whole; /* the item is new, so that nothing of it was otherwise before */
};

static void tell(const struct teller *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const struct teller *t, const char *format, ...)
{
	va_list args;
	char *line, *shown;

	va_start(args, format);
	line = xvasprintf(format, args);
	va_end(args);
	shown = print_shown(line);
	t->tell(t->data, shown);
	free(shown);
	free(line);
}

/* ---- values -------------------------------------------------------------- */

/* These are the settings that are not shown as they stand in the record, and what an empty list of them means. */
static const struct setting {
	const char *name;
	enum { AS_TIME, AS_OPTION, AS_LIST } how;
	const char
	    *text; /* AS_OPTION: how its argument is read; AS_LIST: what leaving it out means, or NULL */
} settings[] = {
#define TIME(group, name, record) {#name, AS_TIME, NULL},
#define OPTION(command, name, how, argument, path, help) {#path, AS_OPTION, #how},
#define LIST(group, name, record, usual, fewest, most, check, if_empty) {#name, AS_LIST, if_empty},
#define RULES(group, name, record, each, most, if_empty) {#name, AS_LIST, if_empty},
#include "common/verify/settings.def"
    /* No command sets these. */
    {"clock_skew", AS_OPTION, "SECONDS"},
    {"max_assertion_ttl", AS_OPTION, "SECONDS"},
};

static bool is_seconds(const struct setting *s)
{
	return s->how == AS_OPTION && strcmp(s->text, "SECONDS") == 0;
}

static bool is_of(const struct setting *s, const char *member)
{
	return strcmp(s->name, member) == 0;
}

static bool is_time(const char *member)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (is_of(&settings[i], member) && settings[i].how == AS_TIME)
			return true;
	return false;
}

static bool is_duration(const char *member)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (is_of(&settings[i], member) && is_seconds(&settings[i]))
			return true;
	return false;
}

/* if_empty() returns what a list without anything means, or NULL where it means just that. */
static const char *if_empty(const char *member)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (is_of(&settings[i], member) && settings[i].how == AS_LIST && settings[i].text)
			return settings[i].text;
	return NULL;
}

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static char *words_of_json(const json_t *value)
{
	char *text = aa_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY);

	return text ? text : xstrdup("?");
}

static void add_rules(struct buffer *b, const json_t *rules)
{
	const char *between = ", where ";
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule)
	{
		buffer_printf(b, "%s%s is %s", between, text_of(rule, "claim"), text_of(rule, "value"));
		between = " and ";
	}
}

static char *words_of_binding(const json_t *binding)
{
	const char *subject = text_of(binding, "subject");
	struct buffer b = {0};

	buffer_printf(&b, "%s: %s", text_of(binding, "issuer"), text_of(binding, "client"));
	if (subject)
		buffer_printf(&b, ", subject %s", subject);
	add_rules(&b, json_object_get(binding, "require"));
	return buffer_take(&b);
}

/* words_of_object() returns one of a list of groups: a binding, a rule for a claim, a scope and its role. */
static char *words_of_object(const json_t *o)
{
	const char *claim = text_of(o, "claim"), *value = text_of(o, "value"), *role = text_of(o, "role");

	if (text_of(o, "issuer") && text_of(o, "client"))
		return words_of_binding(o);
	if (claim && value && role)
		return xasprintf("%s in %s gives the role %s", value, claim, role);
	return claim && value ? xasprintf("%s is %s", claim, value) : words_of_json(o);
}

static char *words_of_number(const char *member, int64_t number)
{
	char text[AA_UTC_SIZE > DURATION_SIZE ? AA_UTC_SIZE : DURATION_SIZE];

	if (is_time(member))
		aa_utc_print(number, text);
	else if (is_duration(member))
		duration_print(number, text);
	else
		snprintf(text, sizeof(text), "%lld", (long long)number);
	return xstrdup(text);
}

/* words_of() returns a value as a person reads it. The caller frees. */
static char *words_of(const char *member, const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return words_of_number(member, json_integer_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "yes" : "no");
	if (json_is_object(value))
		return words_of_object(value);
	if (value)
		return words_of_json(value);
	return xstrdup(is_time(member) ? "never" : "not set");
}

/* ---- what differs -------------------------------------------------------- */

static void tell_value(const struct teller *t, const char *name, const json_t *from, const json_t *to)
{
	char *before = !from && json_is_true(to) ? xstrdup("no") : words_of(name, from);
	char *after = !to && json_is_true(from) ? xstrdup("no") : words_of(name, to);

	if (t->whole)
		tell(t, "%s: %s", name, after);
	else
		tell(t, "%s: %s -> %s", name, before, after);
	free(before);
	free(after);
}

static bool list_has(const json_t *list, const json_t *value)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, value))
			return true;
	}
	return false;
}

/* tell_missing() tells what `list` has and `other` lacks, and returns how many these are. */
static size_t tell_missing(const struct teller *t, const char *name, const char *sign, const json_t *list,
			   const json_t *other)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		char *text;

		if (list_has(other, one))
			continue;
		text = words_of(name, one);
		tell(t, "%s: %s%s", name, sign, text);
		free(text);
		n++;
	}
	return n;
}

/* are_words() returns true for a list of texts without blanks, which can be read in one line; rules cannot. */
static bool are_words(const json_t *list)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		if (!json_is_string(one) || strchr(json_string_value(one), ' '))
			return false;
	}
	return true;
}

static void tell_whole_list(const struct teller *t, const char *name, const json_t *list)
{
	struct buffer words = {0};
	size_t i;
	json_t *one;

	if (!are_words(list)) {
		(void)tell_missing(t, name, "", list, NULL);
		return;
	}
	json_array_foreach(list, i, one)
	{
		buffer_printf(&words, "%s%s", i ? ", " : "", json_string_value(one));
	}
	tell(t, "%s: %s", name, words.data);
	buffer_free(&words);
}

static void tell_list(const struct teller *t, const char *name, const json_t *from, const json_t *to)
{
	const char *meaning = if_empty(name);
	size_t n = tell_missing(t, name, "- ", from, to);

	n += tell_missing(t, name, "+ ", to, from);
	if (n == 0)
		tell(t, "%s: in another order", name);
	if (json_array_size(from) && !json_array_size(to) && meaning)
		tell(t, "%s: none is left, which means %.*s", name, (int)strcspn(meaning, ","), meaning);
}

/* ---- keys ----------------------------------------------------------------- */

static const json_t *find_key(const json_t *keys, const char *kid)
{
	size_t i;
	json_t *key;

	json_array_foreach(keys, i, key)
	{
		const char *name = text_of(key, "kid");

		if (name && strcmp(name, kid) == 0)
			return key;
	}
	return NULL;
}

static char *end_of(const json_t *key)
{
	char when[AA_UTC_SIZE];
	int64_t end = json_integer_value(json_object_get(key, "not_after"));

	if (!end)
		return xstrdup("for ever");
	aa_utc_print(end, when);
	return xasprintf("until %s", when);
}

static void tell_new_key(const struct teller *t, const char *kid, const json_t *key)
{
	char *end = end_of(key);

	tell(t, "key %s: %s%s, good %s", kid, t->whole ? "" : "added, ", text_of(key, "state"), end);
	free(end);
}

static void tell_changed_key(const struct teller *t, const char *kid, const json_t *from, const json_t *to)
{
	const char *state = text_of(from, "state"), *now = text_of(to, "state");
	char *before = end_of(from), *after = end_of(to);

	if (!json_equal(json_object_get(from, "jwk"), json_object_get(to, "jwk")))
		tell(t, "key %s: another key under the same name", kid);
	if (state && now && strcmp(state, now) != 0)
		tell(t, "key %s: %s -> %s", kid, state, now);
	if (strcmp(before, after) != 0)
		tell(t, "key %s: good %s -> %s", kid, before, after);
	if (json_integer_value(json_object_get(from, "registered")) !=
	    json_integer_value(json_object_get(to, "registered")))
		tell(t, "key %s: another date of its registration", kid);
	free(before);
	free(after);
}

static void tell_keys(const struct teller *t, const json_t *from, const json_t *to)
{
	size_t i;
	json_t *key;

	json_array_foreach(from, i, key)
	{
		if (!find_key(to, text_of(key, "kid")))
			tell(t, "key %s: removed", text_of(key, "kid"));
	}
	json_array_foreach(to, i, key)
	{
		const char *kid = text_of(key, "kid");
		const json_t *was = find_key(from, kid);

		if (was)
			tell_changed_key(t, kid, was, key);
		else
			tell_new_key(t, kid, key);
	}
}

/* ---- a whole item --------------------------------------------------------- */

static void tell_member(const struct teller *t, const char *name, const json_t *from, const json_t *to);

/* tell_part() tells of the settings in a group, "limits" for example, under their own names. */
static void tell_part(const struct teller *t, const json_t *from, const json_t *to)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)from, name, value)
	{
		if (!json_equal(value, json_object_get(to, name)))
			tell_member(t, name, value, json_object_get(to, name));
	}
	json_object_foreach((json_t *)to, name, value)
	{
		if (!json_object_get(from, name))
			tell_member(t, name, NULL, value);
	}
}

static void tell_member(const struct teller *t, const char *name, const json_t *from, const json_t *to)
{
	if (strcmp(name, "keys") == 0)
		tell_keys(t, from, to);
	else if (t->whole && json_is_array(to))
		tell_whole_list(t, name, to);
	else if (json_is_array(from) || json_is_array(to))
		tell_list(t, name, from, to);
	else if (json_is_object(from) || json_is_object(to))
		tell_part(t, from, to);
	else
		tell_value(t, name, from, to);
}

/* says_nothing() returns true for a member of a new item that a person need not read: its name, which is said already,
 * the number of the records' format, what is empty, and what is so unless the text says otherwise. */
static bool says_nothing(const char *member, const json_t *value)
{
	if (json_is_array(value))
		return json_array_size(value) == 0;
	if (strcmp(member, "mixed_sessions") == 0)
		return strcmp(json_string_value(value), aa_mixed_sessions_words[AA_MIXED_SESSIONS_ALLOW]) ==
		       0;
	return strcmp(member, "name") == 0 || strcmp(member, "format") == 0;
}

static const json_t *not_null(const json_t *value)
{
	return json_is_null(value) ? NULL : value;
}

static void tell_agents(const struct teller *t, const struct change_item *item)
{
	const char *between = "";
	struct buffer names = {0};
	size_t i, shown = 0;
	json_t *name;

	json_array_foreach(item->agents, i, name)
	{
		if (i < 10)
			buffer_printf(&names, "%s%s", between, json_string_value(name));
		shown += i < 10;
		between = ", ";
	}
	if (item->touched > shown)
		buffer_printf(&names, " and %zu more", item->touched - shown);
	if (item->touched)
		tell(t, "%s: %s",
		     strcmp(item->kind, "role") == 0 ? "agents that have it" : "agents bound to it",
		     names.data);
	buffer_free(&names);
}

void plan_words(const struct change_item *item, plan_fn *tell_line, void *data)
{
	const struct teller t = {tell_line, data, item->sign == CHANGE_ADDED};
	const char *member;
	json_t *pair;

	json_object_foreach(item->members, member, pair)
	{
		const json_t *from = not_null(json_object_get(pair, "from")),
			     *to = not_null(json_object_get(pair, "to"));

		if (!t.whole || !says_nothing(member, to))
			tell_member(&t, member, from, to);
	}
	tell_agents(&t, item);
}
