/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_units.c stops what brings an agent's processes back, see ctl_units.h. */
#include "config.h"

#include "tools/agentauthctl/commands/ctl_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauthctl/names/remnants.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/spawn.h"

#define WAIT_MS 5000
#define QUIET_LOOKS 2 /* at which nothing runs: something may start it again */
#define LINGER_DIR "/var/lib/systemd/linger"
#define INSTANCE "@agentauth.service" /* by which a template is asked what its instances are like */

struct words {
	char **v;
	size_t n, cap;
};

/* Keeps a word once, however often it is found. */
static bool words_add(struct words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->v[i], word) == 0)
			return false;
	grow(&words->v, &words->cap, words->n + 1, sizeof(*words->v));
	words->v[words->n++] = xstrdup(word);
	return true;
}

static void words_free(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->v[i]);
	free(words->v);
	*words = (struct words){0};
}

/* The caller frees. */
static char *words_text(const struct words *words, const char *between)
{
	struct buffer b = {0};

	for (size_t i = 0; i < words->n; i++)
		buffer_printf(&b, "%s%s", i ? between : "", words->v[i]);
	return buffer_take(&b);
}

/* ---- asking systemd ------------------------------------------------------ */

static bool has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* ask() returns true where the program ran and said yes, and false also where there is no such program. */
static bool ask(const char *program, const char *const *options, const struct words *words,
		struct buffer *output)
{
	struct words all = {0};
	char *path = program_find(program);
	bool done = false;

	if (path) {
		words_add(&all, path);
		for (; *options; options++)
			words_add(&all, *options);
		for (size_t i = 0; words && i < words->n; i++)
			words_add(&all, words->v[i]);
		grow(&all.v, &all.cap, all.n + 1, sizeof(*all.v));
		all.v[all.n] = NULL;
		done = program_run(all.v, "", 0, output) == 0;
	}
	words_free(&all);
	free(path);
	return done;
}

/* Adds the unit of a file: a template is no unit, but a socket makes units of one, and an instance that nothing starts says
 * whose they will be. */
static void list_file(struct words *ret, const char *file)
{
	const char *at = strstr(file, "@.");
	char *instance;

	if (!at) {
		words_add(ret, file);
	} else if (strcmp(at, "@.service") == 0) {
		instance = xasprintf("%.*s%s", (int)(at - file), file, INSTANCE);
		words_add(ret, instance);
		free(instance);
	}
}

/* list_units() finds every unit that systemd has in memory, and those that are only files yet, since a unit that is
 * enabled starts at the next boot. */
static void list_units(struct words *ret)
{
	struct buffer output = {0};
	char *line, *save = NULL;

	words_add(ret, "*");
	(void)ask("systemctl",
		  (const char *const[]){"list-unit-files", "--no-legend", "--no-pager", "--plain",
					"--type=service,timer,socket,path", NULL},
		  NULL, &output);
	for (line = output.len ? strtok_r(output.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, " \t")] = '\0';
		if (*line && *line != '-')
			list_file(ret, line);
	}
	buffer_free(&output);
}

/* unit is what `systemctl show` says of one unit. */
struct unit {
	const char *id, *user, *uid, *state, *file_state, *triggered_by;
};

typedef void unit_fn(void *data, const struct unit *unit);

static bool take_value(const char *line, const char *name, const char **ret)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) != 0 || line[n] != '=')
		return false;
	*ret = line + n + 1;
	return true;
}

static void take_line(struct unit *unit, const char *line)
{
	(void)(take_value(line, "Id", &unit->id) || take_value(line, "User", &unit->user) ||
	       take_value(line, "UID", &unit->uid) || take_value(line, "ActiveState", &unit->state) ||
	       take_value(line, "UnitFileState", &unit->file_state) ||
	       take_value(line, "TriggeredBy", &unit->triggered_by));
}

/* Calls `each` for every unit, which an empty line ends. */
static void each_unit(const struct words *units, unit_fn *each, void *data)
{
	static const struct unit nothing = {"", "", "", "", "", ""};
	struct buffer output = {0};
	struct unit unit = nothing;
	char *line, *rest;

	(void)ask("systemctl",
		  (const char *const[]){"show", "--all", "--no-pager",
					"--property=Id,User,UID,ActiveState,UnitFileState,TriggeredBy", "--",
					NULL},
		  units, &output);
	rest = output.data;
	while ((line = strsep(&rest, "\n"))) {
		take_line(&unit, line);
		if (*line && rest)
			continue;
		if (*unit.id)
			each(data, &unit);
		unit = nothing;
	}
	buffer_free(&output);
}

/* ---- choosing ------------------------------------------------------------ */

struct choice {
	const char *name;
	char uid[16], manager[32];
	struct words triggers, running_triggers, units, running, enabled;
};

/* A unit is the agent's by name, or by uid, as written or as systemd knows it. The agent's user manager has a step of
 * its own. */
static bool is_agents(const struct choice *c, const struct unit *unit)
{
	return (strcmp(unit->user, c->name) == 0 || strcmp(unit->user, c->uid) == 0 ||
		strcmp(unit->uid, c->uid) == 0) &&
	       strcmp(unit->id, c->manager) != 0;
}

static bool is_running(const struct unit *unit)
{
	return strcmp(unit->state, "inactive") != 0 && strcmp(unit->state, "failed") != 0;
}

static void look(struct choice *c, const struct unit *unit)
{
	words_add(&c->units, unit->id);
	if (is_running(unit))
		words_add(&c->running, unit->id);
	if (strncmp(unit->file_state, "enabled", 7) == 0)
		words_add(&c->enabled, unit->id);
}

/* Adds the socket that makes units of this template, one for every connection, all with one name. */
static void choose_socket(struct choice *c, const char *id)
{
	const char *at = strstr(id, INSTANCE);
	char *socket = at ? xasprintf("%.*s.socket", (int)(at - id), id) : NULL;

	if (socket)
		words_add(&c->triggers, socket);
	free(socket);
}

static void choose(void *data, const struct unit *unit)
{
	struct choice *c = data;
	char *triggers, *save = NULL;

	if (!is_agents(c, unit))
		return;
	look(c, unit);
	choose_socket(c, unit->id);
	triggers = xstrdup(unit->triggered_by);
	for (char *one = strtok_r(triggers, " ", &save); one; one = strtok_r(NULL, " ", &save))
		words_add(&c->triggers, one);
	free(triggers);
}

static void choose_trigger(void *data, const struct unit *unit)
{
	struct choice *c = data;

	look(c, unit);
	if (is_running(unit))
		words_add(&c->running_triggers, unit->id);
}

static struct choice choice_of(const char *name, uint32_t uid)
{
	struct choice c = {.name = name};

	(void)snprintf(c.uid, sizeof(c.uid), "%u", uid);
	(void)snprintf(c.manager, sizeof(c.manager), "user@%u.service", uid);
	return c;
}

static void find_units(const char *name, uint32_t uid, struct choice *ret)
{
	struct words all = {0};

	*ret = choice_of(name, uid);
	list_units(&all);
	each_unit(&all, choose, ret);
	if (ret->triggers.n)
		each_unit(&ret->triggers, choose_trigger, ret);
	words_free(&all);
}

static void choice_free(struct choice *c)
{
	words_free(&c->triggers);
	words_free(&c->running_triggers);
	words_free(&c->units);
	words_free(&c->running);
	words_free(&c->enabled);
}

struct owners {
	const struct chosen_agent *agents;
	size_t n;
	bool *ret;
};

static void mark_owner(void *data, const struct unit *unit)
{
	const struct owners *o = data;

	for (size_t i = 0; i < o->n; i++) {
		const struct choice c = choice_of(o->agents[i].name, o->agents[i].uid);

		o->ret[i] = o->ret[i] || is_agents(&c, unit) || strcmp(unit->id, c.manager) == 0;
	}
}

void ctl_units_whose(const struct chosen_agent *agents, size_t n, bool *ret)
{
	struct owners owners = {agents, n, ret};
	struct words all = {0};

	if (!has_systemd())
		return;
	list_units(&all);
	each_unit(&all, mark_owner, &owners);
	words_free(&all);
	for (size_t i = 0; i < n; i++) {
		char *linger = xasprintf(LINGER_DIR "/%s", agents[i].name);

		ret[i] = ret[i] || access(linger, F_OK) == 0;
		free(linger);
	}
}

/* ---- stopping ------------------------------------------------------------ */

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->v[i]));
	return list;
}

static void tell_units(struct ctl *ctl, const struct choice *c)
{
	char *running = words_text(&c->running, ", "), *enabled = words_text(&c->enabled, " ");

	if (c->units.n) {
		ctl_answer(ctl, "units", words_json(&c->running));
		ctl_answer(ctl, "units_enabled", words_json(&c->enabled));
	}
	if (c->running.n && !ctl->json)
		printf("%s of the host's systemd for %s: %s.\n",
		       ctl->dry_run ? "Would be stopped" : "Stopped", c->name, running);
	if (c->enabled.n)
		ctl_warning(
		    ctl,
		    "the host's systemd starts things as %s at the next boot, or sooner, unless you say: "
		    "systemctl disable %s",
		    c->name, enabled);
	free(running);
	free(enabled);
}

/* Turns linger off and stops the manager, since the agent's systemd would start things again. */
static void stop_manager(struct ctl *ctl, const struct choice *c)
{
	struct words name = {0}, manager = {0};

	words_add(&name, c->name);
	words_add(&manager, c->manager);
	if (!ask("loginctl", (const char *const[]){"disable-linger", NULL}, &name, NULL))
		ctl_warning(ctl, "systemd did not end %s's linger; see: loginctl disable-linger %s", c->name,
			    c->name);
	(void)ask("systemctl", (const char *const[]){"stop", "--no-block", NULL}, &manager, NULL);
	words_free(&name);
	words_free(&manager);
}

void ctl_units_stop(struct ctl *ctl, const char *name, uint32_t uid)
{
	struct choice c;

	if (!has_systemd())
		return;
	find_units(name, uid, &c);
	tell_units(ctl, &c);
	if (!ctl->dry_run) {
		/* The triggers are waited for: a path unit starts its service again in the moment in which that has
		 * stopped. */
		if (c.running_triggers.n)
			(void)ask("systemctl", (const char *const[]){"stop", "--", NULL}, &c.running_triggers,
				  NULL);
		if (c.running.n)
			(void)ask("systemctl", (const char *const[]){"stop", "--no-block", "--", NULL},
				  &c.running, NULL);
		stop_manager(ctl, &c);
	}
	choice_free(&c);
}

enum ctl_status ctl_units_wait(struct ctl *ctl, const char *name, uint32_t uid)
{
	const struct timespec step = {0, 100000000};
	enum ctl_status status = CTL_DONE;
	struct choice c = {0};

	if (!has_systemd())
		return CTL_DONE;
	for (int waited = 0, quiet = 0; waited <= WAIT_MS && quiet < QUIET_LOOKS; waited += 100) {
		(void)nanosleep(&step, NULL);
		choice_free(&c);
		find_units(name, uid, &c);
		quiet = c.running.n == 0 ? quiet + 1 : 0;
	}
	if (c.running.n) {
		char *running = words_text(&c.running, " ");

		status = ctl_fail(
		    ctl,
		    "systemd goes on running things as %s, or starts them again: systemctl mask --now %s",
		    name, running);
		free(running);
	}
	choice_free(&c);
	return status;
}

/* ---- what else starts things --------------------------------------------- */

/* tell_timed() takes those of the sentences, parted by "; ", that are about cron and at. */
static void tell_timed(struct ctl *ctl, const char *name, char *sentences)
{
	char *one, *rest = sentences;

	while ((one = strsep(&rest, ";"))) {
		one += strspn(one, " ");
		if (strstr(one, "cron") || strstr(one, "job of at"))
			ctl_warning(ctl, "%s: %s; while it may log in, that starts things for it", name, one);
	}
}

void ctl_units_tell_others(struct ctl *ctl, const struct chosen_agent *agents, size_t n)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct aa_host *host = published ? published_host(published) : NULL;
	struct host_facts facts = {0};
	struct remnants remnants = {0};
	struct buffer found = {0};

	if (host && host_facts_read(&facts, ctl->paths.sysconfdir, &ctl->problems) == 0) {
		remnants_read(&remnants, &facts, ctl->paths.sysconfdir, host->accounts.home);
		for (size_t i = 0; i < n; i++) {
			buffer_clear(&found);
			if (remnants_find(&remnants, agents[i].name, agents[i].uid, false, &found))
				tell_timed(ctl, agents[i].name, found.data);
		}
		remnants_free(&remnants);
	}
	host_facts_free(&facts);
	buffer_free(&found);
	aa_host_free(host);
	published_close(published);
}
