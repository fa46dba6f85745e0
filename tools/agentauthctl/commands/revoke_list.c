/* SPDX-License-Identifier: Apache-2.0 */
/* revoke_list.c lists what is revoked, see revoke_list.h. */
#include "config.h"

#include "tools/agentauthctl/commands/revoke_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/decision.h"
#include "common/text/shown.h"
#include "common/text/sort.h"
#include "common/text/utc.h"
#include "tools/cli/table.h"

static const char *text_of(const json_t *revocation, const char *member)
{
	return json_string_value(json_object_get(revocation, member));
}

char *revocation_options(const struct revocation *r)
{
	struct buffer b = {0};

	if (r->agent)
		ctl_put_option(&b, "agent", r->agent);
	else if (r->kid)
		ctl_put_option(&b, "kid", r->kid);
	else
		ctl_put_option(&b, "jti", r->jti);
	if (!r->agent && !r->kid && r->issuer && strcmp(r->issuer, "*") != 0)
		ctl_put_option(&b, "issuer", r->issuer);
	return buffer_take(&b);
}

char *revocation_name(const struct ctl *ctl, const json_t *one)
{
	const struct revocation r = {.jti = text_of(one, "jti"),
				     .issuer = text_of(one, "issuer"),
				     .kid = text_of(one, "kid"),
				     .agent = text_of(one, "agent")};

	if (r.agent || r.kid || (r.jti && r.issuer))
		return revocation_options(&r);
	return xasprintf("%s/state/%s", ctl->paths.statedir, text_of(one, "file"));
}

static int64_t at_of(const json_t *one)
{
	return json_integer_value(json_object_get(one, "at"));
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = at_of(*(json_t *const *)a), y = at_of(*(json_t *const *)b);

	return x < y ? -1 : x > y;
}

/* time_text() writes a time of a decision, or "?" where its file does not say. */
static void time_text(const json_t *number, char ret[32])
{
	if (json_is_integer(number))
		aa_utc_print(json_integer_value(number), ret);
	else
		(void)snprintf(ret, 32, "?");
}

static const struct table_column columns[] = {{"REVOKED", 0}, {"SINCE", 0}, {"BY", 0}, {"WHY", 0}, {NULL, 0}};

static void add_row(struct table *table, const struct ctl *ctl, const json_t *one)
{
	const char *by = text_of(one, "by"), *why = text_of(one, "why") ? text_of(one, "why") : "";
	char *name = revocation_name(ctl, one), since[32], before[32];

	time_text(json_object_get(one, "at"), since);
	time_text(json_object_get(one, "before"), before);
	table_add(table, name);
	table_add(table, since);
	table_add(table, by ? by : "?");
	if (text_of(one, "agent"))
		table_printf(table, "what was issued before %s%s%s", before, *why ? ": " : "", why);
	else
		table_add(table, why);
	free(name);
}

static void print_revocations(const struct ctl *ctl, json_t *const *rows, size_t n)
{
	struct table table = {.columns = columns};

	for (size_t i = 0; i < n; i++)
		add_row(&table, ctl, rows[i]);
	if (n)
		table_print(&table);
	else
		puts("Nothing is revoked.");
	table_free(&table);
}

static json_t *answer_of(const json_t *one)
{
	static const char *const members[] = {"jti", "issuer", "kid", "agent", "by", "why"};
	char since[32], before[32];
	json_t *answer = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (text_of(one, members[i]))
			json_object_set(answer, members[i], json_object_get(one, members[i]));
	time_text(json_object_get(one, "at"), since);
	json_object_set_new(answer, "since", json_string(since));
	if (text_of(one, "agent")) {
		time_text(json_object_get(one, "before"), before);
		json_object_set_new(answer, "before", json_string(before));
	}
	json_object_set(answer, "file", json_object_get(one, "file"));
	return answer;
}

/* A decision that cannot be read revokes all the same, and only the person who revoked knows what it is about. */
static void warn_of_unreadable(struct ctl *ctl, const json_t *one)
{
	if (json_is_integer(json_object_get(one, "at")))
		return;
	ctl_warning(
	    ctl,
	    "%s/state/%s cannot be read as a decision; what it revoked stays revoked until the file is "
	    "removed",
	    ctl->paths.statedir, text_of(one, "file"));
}

enum ctl_status revoke_list(struct ctl *ctl)
{
	json_t *list = NULL, **rows, *answers = json_array();
	int r = aa_decision_revocations(ctl->paths.statedir, &list);
	size_t n = json_array_size(list);

	if (r < 0) {
		json_decref(answers);
		return ctl_fail(
		    ctl, "%s/state cannot be read: %s; while it cannot, every login of an agent is refused",
		    ctl->paths.statedir, strerror(-r));
	}
	rows = xcalloc(n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = json_array_get(list, i);
	aa_sort(rows, n, sizeof(*rows), compare_times);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(answers, answer_of(rows[i]));
		warn_of_unreadable(ctl, rows[i]);
	}
	if (!ctl->json)
		print_revocations(ctl, rows, n);
	ctl_answer(ctl, "revocations", answers);
	free(rows);
	json_decref(list);
	return CTL_DONE;
}
