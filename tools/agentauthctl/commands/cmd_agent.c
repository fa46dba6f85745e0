/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_agent.c registers, changes and retires an agent: its one file is edited and published at once. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/number.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/commands/free_uid.h"
#include "tools/agentauthctl/model/check_value.h"

/* ---- which uid ----------------------------------------------------------- */

/* choose_uid() returns 0 where the failure was reported. */
static uint32_t choose_uid(struct ctl *ctl, struct workspace *workspace, const struct arguments *arguments)
{
	const char *asked = arguments_value(arguments, "uid");
	struct free_uids uids;
	uint32_t uid;
	int64_t id;

	if (asked && !aa_number_parse(asked, 1, INT32_MAX - 1, &id)) {
		ctl_error(ctl, "--uid %s: not a uid", quoted(asked));
		return 0;
	}
	if (asked)
		return (uint32_t)id;
	free_uids_begin(&uids, workspace);
	uid = free_uids_next(&uids);
	free_uids_end(&uids);
	return uid;
}

/* ---- register ------------------------------------------------------------ */

static const struct option_spec register_options[] = {
#define AGENT_OPTIONS
#include "tools/agentauthctl/commands/setting_options.def"
    {"adopt", NULL, "it comes into what the host has under its name: groups, rules, tables of cron",
     EDIT_NONE, NULL},
    {"uid", "N", "its uid (the lowest that was never used)", EDIT_NONE, NULL},
    CTL_WITH_PENDING,
    {0},
};

static void hint_credential(const struct ctl *ctl, const char *name, const struct arguments *arguments)
{
	if (ctl->json || ctl->dry_run)
		return;
	if (!arguments_have(arguments, "role"))
		printf("It has no role yet, and can log in nowhere: agentauthctl set %s --role ROLE gives it "
		       "one.\n",
		       name);
	if (!arguments_have(arguments, "key") && !arguments_have(arguments, "bind"))
		printf("It has no key yet: agentauthctl set %s --key FILE registers one.\n", name);
}

static enum ctl_status write_agent(struct ctl *ctl, struct workspace *workspace,
				   const struct arguments *arguments, uint32_t uid)
{
	const char *name = arguments->words[0];
	char when[32], *first;
	struct text_edit edit;
	enum ctl_status status;

	aa_utc_print(ctl->now, when);
	first = xasprintf("# Registered by %s, %.10s\nuid = %u;\n", ctl_who(), when, uid);
	edit_agent_new(&edit, ctl, workspace, arguments, name, first);
	free(first);
	status = edit_by_options(&edit.editing, register_options);
	return edit_end(&edit, status, "%s is registered, with uid %u.", name, uid);
}

static enum ctl_status register_agent(struct ctl *ctl, struct workspace *workspace,
				      const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	enum ctl_status status;
	uint32_t uid;

	if (agent_names_have(&workspace->names, name))
		return ctl_fail(ctl, "%s is registered already; agentauthctl set %s changes it", name, name);
	uid = choose_uid(ctl, workspace, arguments);
	if (!uid)
		return CTL_FAILED;
	status = write_agent(ctl, workspace, arguments, uid);
	ctl_answer(ctl, "uid", json_integer((json_int_t)uid));
	if (status == CTL_DONE)
		hint_credential(ctl, name, arguments);
	return status;
}

static int run_register(struct ctl *ctl, const struct arguments *arguments)
{
	if (ctl_check_name(ctl, check_agent_name, arguments->words[0]) != CTL_DONE)
		return CTL_FAILED;
	return edit_in_workspace(ctl, arguments, register_agent);
}

const struct command cmd_register = {
    .name = "register",
    .also = "new create add",
    .words = "NAME",
    .min_words = 1,
    .max_words = 1,
    .summary = "register a new agent, and publish it at once",
    .options = register_options,
    .run = run_register,
};

/* ---- set ----------------------------------------------------------------- */

static const struct option_spec set_options[] = {
#define AGENT_OPTIONS
#define OF_WHAT_IS_THERE
#include "tools/agentauthctl/commands/setting_options.def"
    CTL_WITH_PENDING,
    {0},
};

static enum ctl_status set_agent(struct ctl *ctl, struct workspace *workspace,
				 const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct text_edit edit;
	enum ctl_status status;

	if (edit_agent_is_there(ctl, workspace, name) != CTL_DONE)
		return CTL_FAILED;
	status = edit_agent_begin(&edit, ctl, workspace, arguments, name);
	if (status == CTL_DONE)
		status = edit_by_options(&edit.editing, set_options);
	return edit_end(&edit, status, "%s is changed. Logins that are open go on as they began.", name);
}

static int run_set(struct ctl *ctl, const struct arguments *arguments)
{
	if (ctl_check_name(ctl, check_agent_name, arguments->words[0]) != CTL_DONE)
		return CTL_FAILED;
	return edit_run(ctl, arguments, "set", "--owner", set_agent);
}

const struct command cmd_set = {
    .name = "set",
    .also = "modify edit change update",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "change an agent's settings, and publish them at once",
    .about = "Only the bytes of the setting change; comments and layout of the file stay. An empty text "
	     "(--owner \"\"), none and never take a setting away.",
    .options = set_options,
    .run = run_set,
};

/* ---- retire -------------------------------------------------------------- */

/* An agent that was never published has used nothing up that could be kept from others. */
static enum ctl_status was_published(struct ctl *ctl, const struct workspace *workspace, const char *name)
{
	if (ids_by_name(&workspace->ids, ID_AGENT, name))
		return CTL_DONE;
	return ctl_fail(ctl, "%s was never published, so that there is nothing to retire: remove %s/%s%s",
			name, workspace->agents_dir, name, AGENT_SUFFIX);
}

static enum ctl_status retire_agent(struct ctl *ctl, struct workspace *workspace,
				    const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct text_edit edit;

	if (edit_agent_is_there(ctl, workspace, name) != CTL_DONE ||
	    was_published(ctl, workspace, name) != CTL_DONE)
		return CTL_FAILED;
	edit_agent_new(&edit, ctl, workspace, arguments, name, "");
	edit.retires = true;
	return edit_end(
	    &edit, CTL_DONE,
	    "%s is retired: it gets in nowhere, and its name and uid are never given to another.\n"
	    "Its files keep their owner; its text is kept as %s/%s%s.retired. For 30 days, "
	    "agentauthctl restore %s brings it back.\n"
	    "Connections that are open go on: agentauthctl session kill --agent %s ends them.",
	    name, AGENTS_DIR, name, AGENT_SUFFIX, name, name);
}

static int run_retire(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	enum ctl_status status;

	if (ctl_check_name(ctl, check_agent_name, name) != CTL_DONE)
		return CTL_FAILED;
	status = edit_in_workspace(ctl, arguments, retire_agent);
	/* A name that a mistake took from a person is given back at once. */
	if (status == CTL_DONE && !ctl->dry_run)
		ctl_withhold(ctl, name);
	return status;
}

const struct command cmd_retire = {
    .name = "retire",
    .also = "rm delete remove",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "retire an agent: its name and uid are never given to another",
    .about =
	"The agent's file in agents.d becomes NAME.conf.retired, which root alone can read; for 30 days, "
	"agentauthctl restore brings the agent back by it. The "
	"account stays in passwd, so that its files keep their owner's name, and no login as the "
	"agent succeeds. To shut an agent out for a while, use agentauthctl suspend.",
    .options = (const struct option_spec[]){CTL_WITH_PENDING, {0}},
    .run = run_retire,
};
