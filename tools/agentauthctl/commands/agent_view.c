/* SPDX-License-Identifier: Apache-2.0 */
/* agent_view.c reads members of an agent's published record, as list and show print them. */
#include "config.h"

#include "tools/agentauthctl/commands/agent_view.h"

#include <string.h>

#include "common/jose/sha256.h"
#include "common/state/decision.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/retired.h"

const char *view_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

int64_t view_number(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

/* The keys are read once: a fleet has few that are revoked, and a thousand agents to list. */
const json_t *view_revoked_key(struct ctl *ctl, const char *kid)
{
	char hash[65];

	if (!ctl->revoked_keys && aa_decision_revoked_keys(ctl->paths.statedir, &ctl->revoked_keys) < 0)
		ctl->revoked_keys = json_object(); /* view_state() tells */
	if (json_object_size(ctl->revoked_keys) == 0 || aa_sha256_hex(hash, kid, strlen(kid)) < 0)
		return NULL;
	return json_object_get(ctl->revoked_keys, hash);
}

bool view_key_is_good(struct ctl *ctl, const struct aa_agent_key *key)
{
	return published_key_is_good(key, ctl->now) && !view_revoked_key(ctl, key->kid);
}

int64_t view_since(struct ctl *ctl, const char *agent)
{
	const struct given_id *e;

	if (!ctl->ids) {
		ctl->ids = xcalloc(1, sizeof(*ctl->ids));
		(void)retired_ids(ctl->paths.statedir, ctl->paths.owner, ctl->ids);
	}
	e = ids_by_name(ctl->ids, ID_AGENT, agent);
	return e && e->first ? e->first : 1;
}

void view_decided(const json_t *decision, struct buffer *ret)
{
	const char *by = view_text(decision, "by"), *why = view_text(decision, "why");
	char when[AA_UTC_SIZE] = "?";

	if (view_number(decision, "at"))
		aa_utc_print(view_number(decision, "at"), when);
	buffer_printf(ret, "since %s, by %s%s%s", when, *by ? by : "?", *why ? ": " : "", why);
}

bool view_has_credential(struct ctl *ctl, const struct aa_agent *agent)
{
	if (agent->bindings.n || agent->delegation.local_users.n)
		return true;
	for (size_t i = 0; i < agent->keys.n; i++)
		if (view_key_is_good(ctl, &agent->keys.v[i]))
			return true;
	return false;
}

void view_many(struct ctl *ctl)
{
	if (!ctl->many)
		ctl->many = many_agents_read(ctl->paths.statedir);
}

int64_t view_last_use(struct ctl *ctl, enum aa_use use, const char *agent)
{
	return ctl->many ? many_agents_last_use(ctl->many, use, agent)
			 : aa_last_use(ctl->paths.statedir, use, agent);
}

const char *view_state(struct ctl *ctl, const struct aa_agent *agent)
{
	enum aa_reason reason = ctl->many ? many_agents_decision(ctl->many, agent->name)
					  : aa_decision_agent(ctl->paths.statedir, agent->name);

	if (reason == AA_AGENT_SUSPENDED)
		return "suspended";
	if (reason != AA_OK)
		return "unknown";
	if (agent->expires && agent->expires <= ctl->now)
		return "expired";
	return view_has_credential(ctl, agent) ? "active" : "no-credential";
}

char *view_list(const struct aa_list *list)
{
	struct buffer b = {0};

	for (size_t i = 0; i < list->n; i++)
		buffer_printf(&b, "%s%s", i ? ", " : "", list->v[i]);
	return buffer_take(&b);
}

char *view_joined(const json_t *list)
{
	struct buffer b = {0};
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		buffer_printf(&b, "%s%s", i ? ", " : "", json_string_value(one));
	}
	return buffer_take(&b);
}

json_t *view_time(int64_t when)
{
	char text[32];

	if (!when)
		return json_null();
	aa_utc_print(when, text);
	return json_string(text);
}

json_t *view_elevations(json_t *list)
{
	json_t *shown = json_array(), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		json_array_append_new(
		    shown, json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s}", "agent", view_text(one, "agent"),
				     "role", view_text(one, "role"), "state", view_text(one, "state"), "at",
				     view_time(view_number(one, "at")), "until",
				     view_time(view_number(one, "until")), "by", view_text(one, "by"), "why",
				     view_text(one, "why")));
	}
	return shown;
}
