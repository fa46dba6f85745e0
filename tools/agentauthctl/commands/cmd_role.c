/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_role.c: role add, set, list, remove: the groups of rights that agents have, in agentauth.conf. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/number.h"
#include "tools/agentauthctl/commands/edit_options.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/names/strangers.h"
#include "tools/cli/guess.h"
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

static bool check_word(struct ctl *ctl, const char *name)
{
	char why[256];

	if (check_role_name(name, why, sizeof(why)))
		return true;
	ctl_error(ctl, "%s %s", quoted(name), why);
	return false;
}

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

/* Roles' gids are taken from what lies behind the agents' uids, up to accounts.gid; where nothing does, from the
 * end of their range, where uids come last: its last 10,000 ids, or a tenth. */
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

/* The whole group, on lines of its own, as a person would write it. */
static int insert_role(struct conf_text *text, const char *name, uint32_t gid)
{
	char *path = xasprintf("roles.%s", name), *group = xasprintf("{\n\t\tgid = %u;\n\t}", gid), *roles;
	int r;

	if (conf_edit_count(text, "roles") < 0) {
		roles = xasprintf("{\n\t%s = %s;\n}", name, group);
		r = conf_edit_set(text, "roles", roles);
		free(roles);
	} else {
		r = conf_edit_set(text, path, group);
	}
	free(path);
	free(group);
	return r;
}

static void guess_service(struct guess *guess, struct buffer *names, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	struct guess before;

	while (d && (entry = readdir(d))) {
		before = *guess;
		guess_try(guess, entry->d_name);
		if (guess->best == before.best)
			continue;
		names->len = 0;
		buffer_puts(names, entry->d_name);
		guess->best = names->data;
	}
	if (d)
		closedir(d);
}

/* A service is the name of a PAM stack: one that this host has not lets nobody in here. It may be meant for other hosts. */
static void warn_service(struct ctl *ctl, const char *service)
{
	char *dir = xasprintf("%s/pam.d", ctl->paths.sysconfdir), *path = xasprintf("%s/%s", dir, service),
	     *vendor = xasprintf("/usr/lib/pam.d/%s", service);
	struct guess guess = {.word = service};
	struct buffer names = {0};

	if (access(path, F_OK) < 0 && access(vendor, F_OK) < 0) {
		guess_service(&guess, &names, dir);
		ctl_warning(ctl, "this host has no service %s: there is no %s%s", quoted(service), path,
			    guess_asked(&guess, ""));
	}
	buffer_free(&names);
	free(dir);
	free(path);
	free(vendor);
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
	uint32_t gid = choose_gid(ctl, workspace, arguments);
	struct conf_text text = {0};
	char *prefix = xasprintf("roles.%s.", name),
	     *done = xasprintf("The role %s is there; its group is agent-%s, gid %u.", name, name, gid);
	struct editing e = {ctl, arguments, &workspace->model, NULL, prefix, &text, NULL};
	enum ctl_status status = CTL_FAILED;

	ctl_copy_main(workspace, &text);
	if (gid && insert_role(&text, name, gid) == 0)
		status = edit_by_options(&e, add_options);
	else if (gid)
		ctl_error(ctl,
			  "the role cannot be written into " CONF_FILE ": the text there is not in order");
	if (status == CTL_DONE)
		status = ctl_publish_main(ctl, workspace, &text, "role", name, done);
	warn_services(ctl, arguments);
	conf_text_free(&text);
	free(prefix);
	free(done);
	return status;
}

static int run_add(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct workspace workspace;
	enum ctl_status status;

	if (!check_word(ctl, name))
		return CTL_FAILED;
	status = ctl_open(ctl, &workspace, true);
	if (status == CTL_DONE && model_role(&workspace.model, name))
		status = ctl_fail(ctl, "there is a role %s already; agentauthctl role set %s changes it",
				  name, name);
	else if (status == CTL_DONE)
		status = add_role(ctl, &workspace, arguments);
	workspace_close(&workspace);
	return status;
}

static const struct command role_add = {
    .name = "add",
    .words = "NAME",
    .min_words = 1,
    .max_words = 1,
    .summary = "make a new role, published at once",
    .about = "It is written into agentauth.conf; comments and layout there stay.",
    .options = add_options,
    .run = run_add,
};

/* ---- set, remove --------------------------------------------------------- */

static enum ctl_status set_role(struct ctl *ctl, struct workspace *workspace,
				const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct conf_text text = {0};
	char *prefix = xasprintf("roles.%s.", name),
	     *done = xasprintf("The role %s is changed. Logins that are open go on as they began.", name);
	struct editing e = {ctl, arguments, &workspace->model, NULL, prefix, &text, NULL};
	enum ctl_status status;

	ctl_copy_main(workspace, &text);
	status = edit_by_options(&e, set_options);
	if (status == CTL_DONE)
		status = ctl_publish_main(ctl, workspace, &text, "role", name, done);
	warn_services(ctl, arguments);
	conf_text_free(&text);
	free(prefix);
	free(done);
	return status;
}

static bool there_is(struct ctl *ctl, const struct workspace *workspace, const char *name)
{
	if (model_role(&workspace->model, name))
		return true;
	ctl_error(ctl, "there is no role %s; agentauthctl role list shows those that there are",
		  quoted(name));
	return false;
}

static enum ctl_status set_known_role(struct ctl *ctl, struct workspace *workspace,
				      const struct arguments *arguments)
{
	return there_is(ctl, workspace, arguments->words[0]) ? set_role(ctl, workspace, arguments)
							     : CTL_FAILED;
}

static int run_set(struct ctl *ctl, const struct arguments *arguments)
{
	return edit_run(ctl, arguments, "role set", "--sudo", set_known_role);
}

static const struct command role_set = {
    .name = "set",
    .words = "NAME",
    .values = "roles",
    .min_words = 1,
    .max_words = 1,
    .summary = "change settings of a role, published at once",
    .options = set_options,
    .run = run_set,
};

static enum ctl_status remove_role(struct ctl *ctl, struct workspace *workspace, const char *name)
{
	struct conf_text text = {0};
	char *path = xasprintf("roles.%s", name);
	char *done =
	    xasprintf("The role %s is gone; its name and its group's gid are never given again.", name);
	enum ctl_status status;

	ctl_copy_main(workspace, &text);
	conf_edit_unset(&text, path);
	/* That an agent still has it is what publishing finds, with the agent's name. */
	status = ctl_publish_main(ctl, workspace, &text, "role", name, done);
	conf_text_free(&text);
	free(path);
	free(done);
	return status;
}

struct holders {
	const char *role;
	struct buffer names;
	size_t n;
};

static bool note_holder(void *data, const char *name, const char *record, size_t len)
{
	struct holders *h = data;
	json_t *agent = json_loadb(record, len, 0, NULL), *role;
	size_t i;

	json_array_foreach(json_object_get(agent, "roles"), i, role)
	{
		if (strcmp(json_string_value(role), h->role) == 0 && h->n++ < 10)
			buffer_printf(&h->names, "%s%s", h->names.len ? ", " : "", name);
	}
	json_decref(agent);
	return true;
}

/* Whether agents have the role, as it is published; one that only the text gives it to is found by
 * publishing. */
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

static int run_remove(struct ctl *ctl, const struct arguments *arguments)
{
	struct workspace workspace;
	enum ctl_status status = ctl_open(ctl, &workspace, true);

	if (status == CTL_DONE && is_held(ctl, arguments->words[0]))
		status = CTL_FAILED;
	if (status == CTL_DONE)
		status = there_is(ctl, &workspace, arguments->words[0])
			     ? remove_role(ctl, &workspace, arguments->words[0])
			     : CTL_FAILED;
	workspace_close(&workspace);
	return status;
}

static const struct command role_remove = {
    .name = "remove",
    .words = "NAME",
    .values = "roles",
    .min_words = 1,
    .max_words = 1,
    .summary = "take a role away that no agent has any more",
    .options = (const struct option_spec[]){CTL_WITH_PENDING, {0}},
    .run = run_remove,
};

/* ---- list ---------------------------------------------------------------- */

static void print_texts(const char *name, const json_t *role, const char *member)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(role, member), i, one)
	{
		table_field(i ? "" : name, "%s", json_string_value(one));
	}
}

static void print_number(const char *name, const json_t *role, const char *member, const char *unit)
{
	json_int_t number = json_integer_value(json_object_get(role, member));

	if (number)
		table_field(name, "%lld%s", (long long)number, unit);
}

static void print_limits(const json_t *limits)
{
	const char *memory = json_string_value(json_object_get(limits, "memory_max"));

	if (memory)
		table_field("memory", "%s", memory);
	print_number("processes", limits, "tasks_max", "");
	print_number("cpu weight", limits, "cpu_weight", "");
}

static bool list_role(void *data, const char *name, const char *record, size_t len)
{
	struct ctl *ctl = data;
	json_t *role = json_loadb(record, len, 0, NULL);

	if (ctl->json) {
		json_array_append_new(json_object_get(ctl->answer, "roles"), role);
		return true;
	}
	printf("%s (group agent-%s, gid %lld)\n", name, name,
	       (long long)json_integer_value(json_object_get(role, "gid")));
	if (!json_object_get(role, "services"))
		table_field("services", "every one");
	print_texts("services", role, "services");
	print_texts("sources", role, "sources");
	print_texts("sudo", role, "sudo");
	print_texts("approval", role, "approval");
	print_texts("groups", role, "groups");
	print_number("session", role, "max_session", " seconds at most");
	print_number("sessions", role, "max_sessions", " at a time");
	print_limits(json_object_get(role, "limits"));
	if (json_is_true(json_object_get(role, "delegable")))
		table_field("delegable", "yes");
	json_decref(role);
	return true;
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);

	(void)arguments;
	if (!published)
		return ctl_fail(
		    ctl,
		    "nothing is published that can be read: run agentauthctl apply (or init, on a new host)");
	ctl_answer(ctl, "roles", json_array());
	if (!published_walk(published, "role:", list_role, ctl))
		ctl_error(ctl, "the published registry is damaged: run agentauthctl apply");
	published_close(published);
	return CTL_DONE;
}

static const struct command role_list = {
    .name = "list",
    .words = "",
    .summary = "list the roles that are published",
    .run = run_list,
};

const struct command cmd_role = {
    .name = "role",
    .summary = "what agents may do: add, set, list, remove",
    .sub = (const struct command *const[]){&role_add, &role_set, &role_list, &role_remove, NULL},
};
