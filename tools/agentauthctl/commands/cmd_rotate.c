/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_rotate.c gives an agent a new key, and the keys that it had an end. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/number.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/commands/rotation.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/agentauthctl/publish/agent_keys.h"

#define GRACE_USUAL 86400
#define GRACE_MAX ((int64_t)365 * 86400)

static const struct option_spec rotate_options[] = {
    {"key", "FILE",
     "the new public key: PEM, certificate, JWK, or a line as in id_ed25519.pub, or such a line itself; - "
     "is standard input",
     EDIT_KEY, "keys"},
    {"kid", "KID", "the new key's name (its own, or its thumbprint)", EDIT_NONE, NULL},
    {"key-expires", "TIME", "until when the new key is good", EDIT_NONE, NULL},
    {"grace", "TIME", "how long the keys before it are still good: 24h, 90m, 7d; 0 ends them at once (24h)",
     EDIT_NONE, NULL},
    {"undo", NULL, "take the last rotation back: the keys before are good again, the new one leaves",
     EDIT_NONE, NULL},
    CTL_WITH_PENDING,
    {0},
};

/* The time is seconds, or 90m, 24h, 7d. */
static enum ctl_status read_grace(struct ctl *ctl, const struct arguments *arguments, int64_t *ret)
{
	const char *text = arguments_value(arguments, "grace");

	*ret = GRACE_USUAL;
	if (!text)
		return CTL_DONE;
	if ((aa_number_parse(text, 0, GRACE_MAX, ret) || aa_utc_parse_loose(text, 0, ret)) && *ret >= 0 &&
	    *ret <= GRACE_MAX)
		return CTL_DONE;
	return ctl_usage(ctl, "--grace %s: not a time like 24h, 90m, 7d or 0, up to a year", quoted(text));
}

/* ending is what becomes of the keys that the agent had. */
struct ending {
	struct conf_text *text;
	int64_t until;
	json_t *ended; /* [{"kid", "not_after"}…] */
	json_t *gone;  /* of those, what left the text so that the new one has room */
	json_t *rotation;
};

static enum ctl_status end_keys(struct ctl *ctl, const struct workspace *workspace, const char *name,
				const struct ending *ending)
{
	const struct agent_keys keys = {&workspace->model, name, ending->text, ctl->now};

	if (agent_keys_end(&keys, ending->until, ending->ended) == 0)
		return CTL_DONE;
	return ctl_fail(
	    ctl,
	    "the keys in %s cannot be changed: the text there is not in order; agentauthctl check "
	    "says where",
	    ending->text->path);
}

static bool is_gone(const struct ending *ending, const char *kid)
{
	size_t i;
	json_t *one;

	json_array_foreach(ending->gone, i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "kid")), kid) == 0)
			return true;
	}
	return false;
}

static void tell_ended(const struct ctl *ctl, const char *name, const struct ending *ending)
{
	size_t i;
	json_t *one;

	if (json_array_size(ending->ended) == 0)
		printf("%s has its new key; it had no other that was good.\n", name);
	else
		printf("%s has its new key.\n", name);
	json_array_foreach(ending->ended, i, one)
	{
		const char *kid = json_string_value(json_object_get(one, "kid")),
			   *when = json_string_value(json_object_get(one, "not_after"));

		if (ending->until <= ctl->now)
			printf("The key %s is refused from now on.\n", quoted(kid));
		else if (is_gone(ending, kid))
			printf(
			    "The key %s is refused from now on: an agent has %d keys at most, and this one "
			    "would have ended first.\n",
			    quoted(kid), AGENT_KEYS_MAX);
		else
			printf("The key %s is good until %s, and refused from then on.\n", quoted(kid), when);
	}
	if (!ctl->dry_run && json_array_size(ending->ended))
		printf("agentauthctl rotate %s --undo takes the rotation back.\n", name);
}

/* A person who wanted a key to end is told what ends it whatever the text holds. */
static void tell_unchanged(struct ctl *ctl)
{
	ctl_error(ctl, "nothing was changed: the keys are as they were; agentauthctl revoke --kid KID ends "
		       "one all the same");
}

static enum ctl_status publish_keys(struct text_edit *edit, const struct ending *ending)
{
	const struct text_change change = {
	    .agent = edit->name, .agent_text = &edit->text, .before = &edit->before};
	struct ctl *ctl = edit->editing.ctl;
	struct publish_result result = {0};
	enum ctl_status status = ctl_publish(ctl, edit->workspace, &change, edit->name, &result);

	ctl_answer(ctl, "agent", json_string(edit->name));
	ctl_answer(ctl, "ending", json_incref(ending->ended));
	if ((result.outcome == PUBLISH_FAILED && !result.left_changed) || result.outcome == PUBLISH_PENDING)
		tell_unchanged(ctl);
	else if (!ctl->json && (result.outcome == PUBLISH_DONE || result.outcome == PUBLISH_WOULD))
		tell_ended(ctl, edit->name, ending);
	ctl_tell_published(ctl, &result, false);
	publish_result_free(&result);
	return status;
}

/* A rotation is kept before it is published: whoever kills the command in between must not take the way back with it. */
static enum ctl_status keep_and_publish(struct text_edit *edit, const struct ending *ending)
{
	bool writes = !edit->editing.ctl->dry_run;
	enum ctl_status status;

	if (writes)
		rotation_keep(edit, ending->rotation);
	status = publish_keys(edit, ending);
	if (writes)
		rotation_end(edit, ending->rotation, status == CTL_DONE);
	return status;
}

static enum ctl_status rotate(struct ctl *ctl, struct workspace *workspace, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct text_edit edit;
	struct ending ending = {
	    .text = &edit.text, .until = ctl->now, .ended = json_array(), .gone = json_array()};
	enum ctl_status status = edit_agent_is_there(ctl, workspace, name);
	int64_t grace;

	if (status == CTL_DONE)
		status = read_grace(ctl, arguments, &grace);
	if (status != CTL_DONE)
		goto out;
	ending.until += grace;
	status = edit_agent_begin(&edit, ctl, workspace, arguments, name);
	edit.editing.gone = ending.gone;
	if (status == CTL_DONE)
		ending.rotation = rotation_begin(&edit);
	if (status == CTL_DONE)
		status = end_keys(ctl, workspace, name, &ending);
	if (status == CTL_DONE)
		status = edit_by_options(&edit.editing, rotate_options);
	if (status == CTL_FAILED)
		tell_unchanged(ctl);
	if (status == CTL_DONE)
		status = keep_and_publish(&edit, &ending);
	edit_free(&edit);
out:
	json_decref(ending.rotation);
	json_decref(ending.ended);
	json_decref(ending.gone);
	return status;
}

static int run_undo(struct ctl *ctl, const struct arguments *arguments)
{
	if (arguments_have(arguments, "key") || arguments_have(arguments, "kid") ||
	    arguments_have(arguments, "key-expires") || arguments_have(arguments, "grace"))
		return ctl_usage(
		    ctl, "--undo takes a rotation back as it was, and goes with no option of a new one");
	if (ctl_check_name(ctl, check_agent_name, arguments->words[0]) != CTL_DONE)
		return CTL_FAILED;
	return edit_in_workspace(ctl, arguments, rotation_undo);
}

static int run_rotate(struct ctl *ctl, const struct arguments *arguments)
{
	enum ctl_status status;
	int64_t grace;

	if (arguments_have(arguments, "undo"))
		return run_undo(ctl, arguments);
	if (!arguments_have(arguments, "key"))
		return ctl_usage(
		    ctl, "--key FILE is missing: the agent's new public key, as agentauth keygen prints it");
	status = read_grace(ctl, arguments, &grace);
	if (status == CTL_DONE)
		status = ctl_check_name(ctl, check_agent_name, arguments->words[0]);
	if (status != CTL_DONE)
		return status;
	return edit_in_workspace(ctl, arguments, rotate);
}

const struct command cmd_rotate = {
    .name = "rotate",
    .also = "rekey",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "register a new key, and let the current ones expire after a grace period",
    .about = "During the grace period the new key and the current ones are good, and after it only the new "
	     "one. A login that is open goes on. If others know a key, --grace 0 ends it at once; "
	     "agentauthctl revoke --kid also ends the sudo of its sessions. A key that has ended leaves "
	     "the agent's file when the next key comes.",
    .options = rotate_options,
    .run = run_rotate,
};
