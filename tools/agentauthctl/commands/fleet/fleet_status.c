/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_status.c tells what this host has of its fleet. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/shown.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/fleet/stop_store.h"
#include "tools/agentauthctl/fleet/taken.h"
#include "tools/agentauthctl/publish/agent_names.h"
#include "tools/cli/duration.h"
#include "tools/cli/print.h"

#define CHANGED_SHOWN 20 /* names */

struct status {
	struct ctl *ctl;
	struct fleet_conf conf;
	struct taken own;
	struct stops stops;
	json_t *changed; /* names of the fleet's agents whose text here is not the release's */
	size_t n_fleet, n_local;
};

/* ---- agents ----------------------------------------------------------------- */

static bool is_release_text(struct status *s, int fd, const char *dir, const char *name, const char *digest)
{
	char *base = xasprintf("%s" AGENT_SUFFIX, name), now[AA_SHA256_HEX_SIZE] = "";
	struct problems ignored = {0};
	struct conf_text text = {0};

	if (conf_text_read(fd, dir, base, s->ctl->paths.owner, &ignored, &text) == 0)
		(void)aa_sha256_hex(now, text.bytes, text.len);
	problems_free(&ignored);
	conf_text_free(&text);
	free(base);
	return strcmp(now, digest) == 0;
}

/* look_at_release() finds the agents that the release gives this host, in the order of the manifest. */
static void look_at_release(struct status *s, int fd, const char *dir, const struct agent_names *names)
{
	const struct aa_list *labels = &s->conf.labels;
	char label[40], name[40];
	const char *path, *digest;
	json_t *of_path;

	json_object_foreach(s->own.release.files, path, of_path)
	{
		if (!release_agent_at(path, label, name))
			continue;
		digest = release_agent_digest(&s->own.release, labels, name);
		if (!digest || strcmp(digest, json_string_value(of_path)) != 0)
			continue;
		s->n_fleet++;
		if (!agent_names_have(names, name) || !is_release_text(s, fd, dir, name, digest))
			json_array_append_new(s->changed, json_string(name));
	}
	s->n_local = names->n > s->n_fleet ? names->n - s->n_fleet : 0;
}

static void look_at_agents(struct status *s)
{
	char *dir = xasprintf("%s/" AGENTS_DIR, s->ctl->paths.confdir);
	struct agent_names names = {0};
	int fd;

	if (conf_dir_open(dir, s->ctl->paths.owner, &s->ctl->problems, &fd) == 0) {
		if (agent_names_read(&names, fd, dir, &s->ctl->problems) == 0)
			look_at_release(s, fd, dir, &names);
		close(fd);
	}
	agent_names_free(&names);
	free(dir);
}

/* ---- telling ------------------------------------------------------------------ */

static void tell_release(struct status *s)
{
	const struct release *r = &s->own.release;
	int64_t left = r->expires - s->ctl->now;
	char made[AA_UTC_SIZE], expires[AA_UTC_SIZE];

	if (!r->json) {
		if (!s->ctl->json)
			puts("No release of the fleet has been taken.");
		return;
	}
	aa_utc_print(r->made, made);
	aa_utc_print(r->expires, expires);
	ctl_answer(s->ctl, "release", json_integer((json_int_t)r->number));
	ctl_answer(s->ctl, "made", json_string(made));
	ctl_answer(s->ctl, "expires", json_string(expires));
	ctl_answer(s->ctl, "stale", json_boolean(left <= 0));
	if (s->ctl->json)
		return;
	printf("Fleet release %u, made at %s, expire%s at %s%s.\n", r->number, made, left > 0 ? "s" : "d",
	       expires, left > 0 ? "" : ": it is stale, and no newer one has come");
	printf("%zu agent%s of the fleet, %zu of this host's own.\n", s->n_fleet, s->n_fleet == 1 ? "" : "s",
	       s->n_local);
}

static void tell_changed(const struct status *s)
{
	for (size_t i = 0; i < json_array_size(s->changed) && i < CHANGED_SHOWN && !s->ctl->json; i++)
		printf("  %s is not as the release has it; the next fleet take sets it right\n",
		       json_string_value(json_array_get(s->changed, i)));
	ctl_answer(s->ctl, "agents", json_integer((json_int_t)s->n_fleet));
	ctl_answer(s->ctl, "own_agents", json_integer((json_int_t)s->n_local));
	ctl_answer(s->ctl, "changed", json_incref(s->changed));
}

static void tell_stop(const struct status *s, const struct stop *stop, json_t *list)
{
	char made[AA_UTC_SIZE], *value = print_shown(stop->value), *why = print_shown(stop->why);

	aa_utc_print(stop->made, made);
	if (!s->ctl->json)
		printf("  %.12s  %s%s%s, %s%s%s\n", stop->id, stop_kind_name(stop->kind), *value ? " " : "",
		       value, made, *why ? ": " : "", why);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", stop->id, "kind",
					      stop_kind_name(stop->kind), "value", stop->value, "made", made,
					      "why", stop->why));
	free(value);
	free(why);
}

static void tell_stops(const struct status *s)
{
	json_t *list = json_array();
	size_t n = 0;

	for (size_t i = 0; i < s->stops.n; i++)
		n += stops_hold(&s->stops, i);
	if (!s->ctl->json)
		printf("%zu stop%s%s\n", n, n == 1 ? "" : "s", n ? ":" : ".");
	for (size_t i = 0; i < s->stops.n; i++)
		if (stops_hold(&s->stops, i))
			tell_stop(s, &s->stops.v[i], list);
	ctl_answer(s->ctl, "stops", list);
}

static void tell_conf(const struct status *s)
{
	const struct fleet_conf *c = &s->conf;
	json_t *labels = json_array();

	if (!s->ctl->json)
		printf("A release needs %lld of %zu release keys, a stop one of %zu stop keys.\n",
		       (long long)c->threshold, c->release_keys.n, c->stop_keys.n);
	if (!s->ctl->json && c->labels.n)
		fputs("Labels:", stdout);
	for (size_t i = 0; i < c->labels.n; i++) {
		if (!s->ctl->json)
			printf(" %s%s", c->labels.v[i], i + 1 == c->labels.n ? ".\n" : ",");
		json_array_append_new(labels, json_string(c->labels.v[i]));
	}
	ctl_answer(s->ctl, "labels", labels);
	ctl_answer(s->ctl, "threshold", json_integer(c->threshold));
}

static int run_status(struct ctl *ctl, const struct arguments *arguments)
{
	struct status s = {.ctl = ctl, .changed = json_array()};
	enum ctl_status status = fleet_open_conf(ctl, &s.conf);
	int r = 0;

	(void)arguments;
	if (status == CTL_DONE)
		r = taken_read(ctl->paths.statedir, ctl->paths.owner, &s.own);
	if (status == CTL_DONE && r == 0)
		r = stop_store_read(ctl->paths.statedir, ctl->paths.owner, &s.stops);
	if (r < 0)
		status = ctl_fail(ctl, "%s/" TAKEN_FOLDER " cannot be read: %s", ctl->paths.statedir,
				  strerror(-r));
	if (status == CTL_DONE) {
		look_at_agents(&s);
		tell_release(&s);
		tell_changed(&s);
		tell_stops(&s);
		tell_conf(&s);
	}
	json_decref(s.changed);
	stops_free(&s.stops);
	taken_free(&s.own);
	fleet_conf_free(&s.conf);
	return status;
}

const struct command fleet_status = {
    .name = "status",
    .words = "",
    .summary = "show which release this host has, until when, and which stops hold here",
    .about = "It also shows which of the fleet's agents somebody has changed on this host. A release that "
	     "has expired is "
	     "stale: its agents go on, and whoever carries releases may be keeping a newer one back.",
    .options = (const struct option_spec[]){{0}},
    .run = run_status,
};
