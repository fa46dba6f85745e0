/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_role.c adds, changes, lists and removes roles, the groups of rights that agents have, in agentauth.conf. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/number.h"
#include "tools/agentauthctl/commands/chosen.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/pam_service.h"
#include "tools/agentauthctl/names/strangers.h"
#include "tools/cli/duration.h"
#include "tools/cli/table.h"
#include "tools/conf/conf_edit.h"

#define ACCEPT_RISK \
	{ \
		"accept-risk", NULL, "publish rules that allow more than they say", EDIT_NONE, NULL \
	}

static const struct option_spec add_options[] = {
#define ROLE_OPTIONS
#include "tools/agentauthctl/commands/setting_options.def"
    ACCEPT_RISK,
    {"gid", "N", "its group's gid (the lowest of those for roles that was never used)", EDIT_NONE, NULL},
    CTL_WITH_PENDING,
    {0},
};

static const struct option_spec set_options[] = {
#define ROLE_OPTIONS
#define OF_WHAT_IS_THERE
#include "tools/agentauthctl/commands/setting_options.def"
    ACCEPT_RISK,
    CTL_WITH_PENDING,
    {0},
};

/* ---- add ----------------------------------------------------------------- */

struct taken {
	const struct model *model;
	struct stranger_ids *others;
};

static bool gid_is_taken(const void *data, uint32_t id)
{
	const struct taken *t = data;

	return model_id_is_given(t->model, id) || strangers_have_id(t->others, id);
}

/* Roles' gids are taken from the ids behind the agents' uids, up to accounts.gid. Where there are none, they come
 * from the end of the agents' range, where uids come last: its last 10,000 ids, or a tenth. */
static int64_t first_gid(const struct aa_accounts_policy *a)
{
	int64_t size = a->uid_max - a->uid_min + 1;

	if (a->gid > a->uid_max)
		return a->uid_max + 1;
	return a->uid_max + 1 - (size >= 100000 ? 9999 : size / 10);
}

static uint32_t free_gid(const struct workspace *workspace)
{
	struct stranger_ids others = {.sysconfdir = workspace->paths->sysconfdir};
	const struct model *m = &workspace->model;
	const struct taken taken = {m, &others};

	return ids_lowest_free(&workspace->ids, (uint32_t)first_gid(&m->host.accounts),
			       (uint32_t)model_gid_max(m), gid_is_taken, &taken);
}

static uint32_t choose_gid(struct ctl *ctl, const struct workspace *workspace,
			   const struct arguments *arguments)
{
	const char *asked = arguments_value(arguments, "gid");
	uint32_t gid;
	int64_t id;

	if (asked && !aa_number_parse(asked, 1, INT32_MAX - 1, &id)) {
		ctl_error(ctl, "--gid %s: not a gid", quoted(asked));
		return 0;
	}
	gid = asked ? (uint32_t)id : free_gid(workspace);
	if (!gid)
		ctl_error(ctl,
			  "no gid is free from %lld to %lld, where roles' come from; choose one with --gid",
			  (long long)first_gid(&workspace->model.host.accounts),
			  (long long)model_gid_max(&workspace->model));
	return gid;
}

/* A service that this host has not lets nobody in here, and may be meant for other hosts. */
static void warn_service(struct ctl *ctl, const char *service)
{
	char *missing = pam_service_missing(ctl->paths.sysconfdir, service);

	if (missing)
		ctl_warning(ctl, "%s", missing);
	free(missing);
}

static void warn_services(struct ctl *ctl, const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->n_given; i++)
		if (strcmp(arguments->given[i].option->name, "service") == 0)
			warn_service(ctl, arguments->given[i].value);
}

static enum ctl_status add_role(struct ctl *ctl, struct workspace *workspace,
				const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct text_edit edit;
	enum ctl_status status;
	uint32_t gid;
	char *group;

	if (edit_main_is_new(ctl, workspace, "role", name) != CTL_DONE)
		return CTL_FAILED;
	gid = choose_gid(ctl, workspace, arguments);
	if (!gid)
		return CTL_FAILED;
	group = xasprintf("{\n\t\tgid = %u;\n\t}", gid);
	edit_main_begin(&edit, ctl, workspace, arguments, "role", name);
	status = edit_main_insert(&edit, group);
	if (status == CTL_DONE)
		status = edit_by_options(&edit.editing, add_options);
	warn_services(ctl, arguments);
	free(group);
	return edit_end(&edit, status, "The role %s is there; its group is agent-%s, gid %u.", name, name,
			gid);
}

static int run_add(struct ctl *ctl, const struct arguments *arguments)
{
	if (ctl_check_name(ctl, check_role_name, arguments->words[0]) != CTL_DONE)
		return CTL_FAILED;
	return edit_in_workspace(ctl, arguments, add_role);
}

static const struct command role_add = {
    .name = "add",
    .words = "NAME",
    .min_words = 1,
    .max_words = 1,
    .summary = "add a role, and publish it at once",
    .about = "The role is written into agentauth.conf; comments and layout there stay.",
    .options = add_options,
    .run = run_add,
};

/* ---- set, remove --------------------------------------------------------- */

static enum ctl_status set_role(struct ctl *ctl, struct workspace *workspace,
				const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct text_edit edit;
	enum ctl_status status;

	if (edit_main_is_there(ctl, workspace, "role", name) != CTL_DONE)
		return CTL_FAILED;
	edit_main_begin(&edit, ctl, workspace, arguments, "role", name);
	status = edit_by_options(&edit.editing, set_options);
	warn_services(ctl, arguments);
	return edit_end(&edit, status, "The role %s is changed. Logins that are open go on as they began.",
			name);
}

static int run_set(struct ctl *ctl, const struct arguments *arguments)
{
	return edit_run(ctl, arguments, "role set", "--sudo", set_role);
}

static const struct command role_set = {
    .name = "set",
    .words = "NAME",
    .values = "roles",
    .min_words = 1,
    .max_words = 1,
    .summary = "change a role's settings, and publish them at once",
    .options = set_options,
    .run = run_set,
};

struct holders {
	const char *role;
	json_t *all; /* NULL: nobody wants it */
	struct buffer names;
	size_t n;
};

static bool note_holder(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct holders *h = data;
	bool holds = agent && aa_list_has(&agent->roles, h->role);

	if (holds && h->all)
		json_array_append_new(h->all, json_string(name));
	if (holds && h->n++ < 10)
		buffer_printf(&h->names, "%s%s", h->names.len ? ", " : "", name);
	aa_agent_free(agent);
	return true;
}

/* is_held() returns true where published agents have the role. Publishing finds an agent that only the text gives it
 * to. */
static bool is_held(struct ctl *ctl, const char *role)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct holders h = {.role = role};

	if (published)
		published_walk(published, "agent:", note_holder, &h);
	if (h.n)
		ctl_error(ctl,
			  "%zu agent%s the role %s: %s%s. Take it from them first: agentauthctl set NAME "
			  "--no-role %s. Nothing was changed",
			  h.n, h.n == 1 ? " has" : "s have", role, h.names.data, h.n > 10 ? ", …" : "", role);
	buffer_free(&h.names);
	published_close(published);
	return h.n > 0;
}

static enum ctl_status remove_role(struct ctl *ctl, struct workspace *workspace,
				   const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct text_edit edit;

	if (is_held(ctl, name) || edit_main_is_there(ctl, workspace, "role", name) != CTL_DONE)
		return CTL_FAILED;
	edit_main_begin(&edit, ctl, workspace, arguments, "role", name);
	conf_edit_unset(&edit.text, edit.path);
	/* Publishing finds an agent that the text still gives the role to, and names it. */
	return edit_end(&edit, CTL_DONE,
			"The role %s is gone; its name and its group's gid are never given again: "
			"agentauthctl role add makes one like it by another name.",
			name);
}

static int run_remove(struct ctl *ctl, const struct arguments *arguments)
{
	return edit_in_workspace(ctl, arguments, remove_role);
}

static const struct command role_remove = {
    .name = "remove",
    .words = "NAME",
    .values = "roles",
    .min_words = 1,
    .max_words = 1,
    .summary = "remove a role that no agent has any more",
    .options = (const struct option_spec[]){CTL_WITH_PENDING, {0}},
    .run = run_remove,
};

/* ---- list ---------------------------------------------------------------- */

static void print_list(const char *name, const struct aa_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		table_field(i ? "" : name, "%s", list->v[i]);
}

static void print_number(const char *name, int64_t number, const char *unit)
{
	if (number)
		table_field(name, "%lld%s", (long long)number, unit);
}

static void print_role(const struct aa_role *role)
{
	char longest[DURATION_SIZE];

	printf("%s (group agent-%s, gid %u)\n", role->name, role->name, role->gid);
	if (!role->services.n)
		table_field("services", "every one");
	print_list("services", &role->services);
	print_list("sources", &role->sources);
	print_list("sudo", &role->sudo);
	print_list("approval", &role->approval);
	print_list("groups", &role->groups);
	if (role->max_sudo)
		table_field("max sudo", "%s, and then each command when a person approves", role->max_sudo);
	print_list("recorded", &role->record);
	duration_print(role->max_session, longest);
	if (role->max_session)
		table_field("session", "%s at most", longest);
	print_number("sessions", role->max_sessions, " at a time");
	if (role->limits.memory_max)
		table_field("memory", "%s", role->limits.memory_max);
	print_number("processes", role->limits.tasks_max, "");
	print_number("cpu weight", role->limits.cpu_weight, "");
	if (role->delegable)
		table_field("delegable", "yes");
}

struct listing {
	struct ctl *ctl;
	enum ctl_status status;
};

/* One damaged role keeps no other from being listed. */
static bool list_role(void *data, const char *name, const char *record, size_t len)
{
	struct aa_role *role = published_role_of(record, len);
	struct listing *l = data;

	if (!role)
		l->status =
		    ctl_fail(l->ctl, "the published record of the role %s is damaged: run agentauthctl apply",
			     quoted(name));
	else if (l->ctl->json)
		json_array_append(json_object_get(l->ctl->answer, "roles"), role->json);
	else
		print_role(role);
	aa_role_free(role);
	return true;
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct published *published = ctl_published(ctl);
	struct listing l = {ctl, CTL_DONE};
	bool whole;

	(void)arguments;
	if (!published)
		return CTL_FAILED;
	ctl_answer(ctl, "roles", json_array());
	whole = published_walk(published, "role:", list_role, &l);
	published_close(published);
	if (!whole)
		return ctl_damaged(ctl);
	return l.status;
}

static const struct command role_list = {
    .name = "list",
    .words = "",
    .summary = "list the roles that are published",
    .run = run_list,
};

/* ---- show ---------------------------------------------------------------- */

static void show_role(struct ctl *ctl, const struct aa_role *role, const struct holders *h)
{
	ctl_answer(ctl, "role", json_incref(role->json));
	ctl_answer(ctl, "agents", json_incref(h->all));
	if (ctl->json)
		return;
	print_role(role);
	if (h->n)
		table_field("agents", "%zu: %s%s", h->n, h->names.data, h->n > 10 ? ", …" : "");
	else
		table_field("agents", "none");
}

static enum ctl_status find_and_show(struct ctl *ctl, struct published *published, const char *name)
{
	struct holders h = {.role = name, .all = json_array()};
	struct aa_role *role;
	enum ctl_status status = CTL_DONE;

	if (!role_is_published(ctl, published, name))
		return CTL_FAILED;
	role = published_role(published, name);
	if (!role || !published_walk(published, "agent:", note_holder, &h))
		status = ctl_damaged(ctl);
	else
		show_role(ctl, role, &h);
	json_decref(h.all);
	buffer_free(&h.names);
	aa_role_free(role);
	return status;
}

static int run_show(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct published *published;
	enum ctl_status status = CTL_FAILED;

	if (ctl_check_name(ctl, check_role_name, name) != CTL_DONE)
		return CTL_FAILED;
	published = ctl_published(ctl);
	if (published)
		status = find_and_show(ctl, published, name);
	published_close(published);
	return status;
}

static const struct command role_show = {
    .name = "show",
    .words = "NAME",
    .values = "roles",
    .min_words = 1,
    .max_words = 1,
    .summary = "show a role as it is published, and who has it",
    .run = run_show,
};

const struct command cmd_role = {
    .name = "role",
    .summary = "add, change, show, list and remove roles, which say what agents may do",
    .sub = (const struct command *const[]){&role_add, &role_set, &role_show, &role_list, &role_remove, NULL},
};
