/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_state.c: reads, goes on with and writes the counters. */
#include "config.h"

#include "tools/agentauthctl/metrics/metrics_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/metrics/series.h"

#define STATE_MAX (64 * 1024 * 1024)
#define STATE_VERSION 1

/* ---- the file ------------------------------------------------------------ */

static bool is_map_of_integers(const json_t *map)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)map, key, value)
	{
		if (!json_is_integer(value))
			return false;
	}
	return json_is_object(map);
}

static bool read_members(json_t *json, struct metrics_state *ret)
{
	json_t *series, *requests, *services, *fetched;
	json_int_t fault_at;
	int version;

	if (json_unpack(json, "{s:i, s:I, s:o, s:o, s:o, s:o}", "version", &version, "fault_at", &fault_at,
			"series", &series, "requests", &requests, "services", &services, "fetched",
			&fetched) < 0)
		return false;
	if (version != STATE_VERSION || !is_map_of_integers(series) || !is_map_of_integers(requests) ||
	    !is_map_of_integers(services) || !is_map_of_integers(fetched) ||
	    !log_place_unpack(json, &ret->place))
		return false;
	ret->fault_at = fault_at;
	ret->count.series = json_incref(series);
	ret->count.requests = json_incref(requests);
	ret->count.services = json_incref(services);
	ret->count.fetched = json_incref(fetched);
	return true;
}

static void begin_anew(struct metrics_state *state)
{
	*state = (struct metrics_state){.count = {.series = json_object(),
						  .requests = json_object(),
						  .services = json_object(),
						  .fetched = json_object()}};
}

int metrics_state_read(int dirfd, uid_t owner, struct metrics_state *ret)
{
	json_t *json = NULL;
	char *text = NULL;
	size_t len;
	int r = aa_trusted_read(dirfd, METRICS_STATE, owner, STATE_MAX, &text, &len);

	memset(ret, 0, sizeof(*ret));
	if (r == 0)
		json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (r == 0 && (!json || !read_members(json, ret)))
		r = -EBADMSG;
	if (r < 0)
		begin_anew(ret);
	json_decref(json);
	free(text);
	return r;
}

int metrics_state_write(int dirfd, const struct metrics_state *state)
{
	const struct aa_replace how = {.mode = 0600, .locked = true};
	const struct log_count *count = &state->count;
	json_t *json = json_pack("{s:i, s:I, s:O, s:O, s:O, s:O}", "version", STATE_VERSION, "fault_at",
				 (json_int_t)state->fault_at, "series", count->series, "requests",
				 count->requests, "services", count->services, "fetched", count->fetched),
	       *place = log_place_pack(&state->place);
	char *text =
	    json && place && json_object_update(json, place) == 0 ? json_dumps(json, JSON_COMPACT) : NULL;
	int r = text ? aa_replace(dirfd, METRICS_STATE, text, strlen(text), &how) : -ENOMEM;

	free(text);
	json_decref(place);
	json_decref(json);
	return r;
}

void metrics_state_free(struct metrics_state *state)
{
	json_decref(state->count.series);
	json_decref(state->count.requests);
	json_decref(state->count.services);
	json_decref(state->count.fetched);
}

/* ---- going on ------------------------------------------------------------ */

static void take(void *data, const char *line, size_t len)
{
	struct metrics_state *state = data;
	json_t *record = json_loadb(line, len, 0, NULL);

	if (json_is_object(record))
		log_count_take(&state->count, record);
	json_decref(record);
}

static void count_walk(struct metrics_state *state, const struct aa_audit_walk *walk, int64_t now)
{
	json_t *series = state->count.series;
	const char *name;

	series_add(series, (int64_t)walk->lines, "audit_lines_total", NULL);
	series_add(series, (int64_t)walk->unchained, "audit_unchained_total", NULL);
	series_add(series, (int64_t)walk->torn, "audit_torn_total", NULL);
	for (int kind = 0; (name = log_fault_name((enum aa_audit_fault_kind)kind)); kind++)
		series_add(series, 0, "audit_faults_total", "kind", name, NULL);
	for (size_t i = 0; i < walk->n_faults; i++)
		series_add(series, 1, "audit_faults_total", "kind", log_fault_name(walk->faults[i].kind),
			   NULL);
	if (walk->n_faults)
		state->fault_at = now;
}

bool metrics_state_go_on(struct metrics_state *state, struct log_follow *follow, int64_t now)
{
	follow->place = state->place;
	follow->take = take;
	follow->data = state;
	log_count_begin(&state->count);
	if (!log_follow(follow))
		return false;
	state->place = follow->place;
	count_walk(state, &follow->walk, now);
	return true;
}
