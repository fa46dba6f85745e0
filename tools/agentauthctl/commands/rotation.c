/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.c takes the last rotation of an agent's keys back, see rotation.h. */
#include "config.h"

#include "tools/agentauthctl/commands/rotation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/json.h"
#include "common/jose/key_pem.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/publish/agent_keys.h"
#include "tools/agentauthctl/publish/given_keys.h"
#include "tools/conf/conf_edit.h"

#define FOLDER "rotated"
#define ROTATION_MAX ((size_t)4 * 1024 * 1024) /* bytes: an agent's keys, twice */

/* ---- what is kept ---------------------------------------------------------------- */

static json_t *key_json(const struct aa_agent_key *key)
{
	char *kid = agent_key_kid(key);
	json_t *one = json_pack("{s:s, s:s, s:I, s:I}", "kid", kid, "pem", key->pem, "registered",
				(json_int_t)key->registered, "not_after", (json_int_t)key->not_after);

	free(kid);
	return one;
}

static void read_now(const struct text_edit *edit, struct agent_now *ret)
{
	agent_now_read(&edit->workspace->model, edit->name, &edit->text, ret);
}

static json_t *rotation_read(const struct text_edit *edit);

json_t *rotation_begin(const struct text_edit *edit)
{
	json_t *old = json_array(), *before = rotation_read(edit), *rotation;
	struct agent_now now;

	read_now(edit, &now);
	for (size_t i = 0; i < now.agent.keys.n; i++) {
		const struct aa_agent_key *key = &now.agent.keys.v[i];

		if (key->pem && published_key_is_good(key, edit->editing.ctl->now))
			json_array_append_new(old, key_json(key));
	}
	agent_now_free(&now);
	rotation = json_pack("{s:I, s:s, s:o, s:b}", "at", (json_int_t)edit->editing.ctl->now, "by",
			     ctl_who(), "old", old, "begun", 1);
	if (before)
		json_object_set_new(rotation, "before", before);
	return rotation;
}

static bool is_among(const json_t *keys, const char *pem)
{
	const json_t *one;
	size_t i;

	json_array_foreach(keys, i, one)
	{
		if (strcmp(view_text(one, "pem"), pem) == 0)
			return true;
	}
	return false;
}

/* A key that is good now and was not before is one that came. */
static void add_new(const struct text_edit *edit, json_t *rotation)
{
	json_t *new = json_array();
	struct agent_now now;

	read_now(edit, &now);
	for (size_t i = 0; i < now.agent.keys.n; i++) {
		const struct aa_agent_key *key = &now.agent.keys.v[i];

		if (key->pem && published_key_is_good(key, edit->editing.ctl->now) &&
		    !is_among(json_object_get(rotation, "old"), key->pem))
			json_array_append_new(new, key_json(key));
	}
	agent_now_free(&now);
	json_object_set_new(rotation, "new", new);
}

static void write_down(const struct text_edit *edit, const json_t *rotation)
{
	static const char *const folder[] = {FOLDER};
	const struct aa_replace how = {.synced = true};
	struct ctl *ctl = edit->editing.ctl;
	char *path = xasprintf(FOLDER "/%s", edit->name), *text;
	int r = aa_folder_make(ctl->paths.statedir, folder, 1);

	text = aa_json_text(rotation, JSON_COMPACT);
	if (r == 0)
		r = text ? aa_replace(edit->workspace->state_fd, path, text, strlen(text), &how) : -ENOMEM;
	if (r < 0)
		ctl_warning(
		    ctl,
		    "what the rotation changed cannot be kept, so that it can be undone by hand alone: %s",
		    strerror(-r));
	free(text);
	free(path);
}

static void rotation_forget(const struct workspace *ws, const char *name)
{
	char *path = xasprintf(FOLDER "/%s", name);

	unlinkat(ws->state_fd, path, 0);
	free(path);
}

void rotation_keep(const struct text_edit *edit, json_t *rotation)
{
	add_new(edit, rotation);
	write_down(edit, rotation);
}

void rotation_end(const struct text_edit *edit, json_t *rotation, bool done)
{
	const json_t *before = json_object_get(rotation, "before");

	if (!done && !before) {
		rotation_forget(edit->workspace, edit->name);
	} else if (!done) {
		write_down(edit, before);
	} else {
		json_object_del(rotation, "begun");
		json_object_del(rotation, "before");
		write_down(edit, rotation);
	}
}

/* index_of() returns where the key stands in the text, whatever its name is there, or -1. */
static int index_of(const struct text_edit *edit, const json_t *key)
{
	struct agent_now now;
	int i;

	read_now(edit, &now);
	i = agent_key_index(&now.agent, view_text(key, "pem"));
	agent_now_free(&now);
	return i;
}

static bool has_come(const struct text_edit *edit, const json_t *rotation)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(rotation, "new"), i, one)
	{
		if (index_of(edit, one) >= 0)
			return true;
	}
	return false;
}

/* rotation_read() returns what is kept of the last rotation that came about, or NULL. */
static json_t *rotation_read(const struct text_edit *edit)
{
	const struct workspace *ws = edit->workspace;
	char *path = xasprintf(FOLDER "/%s", edit->name), *text = NULL;
	json_t *rotation = NULL, *before;
	size_t len;

	if (aa_trusted_read(ws->state_fd, path, ws->paths->owner, ROTATION_MAX, &text, &len) == 0)
		rotation = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	free(path);
	if (json_is_true(json_object_get(rotation, "begun")) && !has_come(edit, rotation)) {
		before = json_incref(json_object_get(rotation, "before"));
		json_decref(rotation);
		return before;
	}
	json_object_del(rotation, "begun");
	json_object_del(rotation, "before");
	return rotation;
}

/* ---- taking it back ----------------------------------------------------------------- */

static int set_end(struct conf_text *text, int i, int64_t end)
{
	char *path = xasprintf("keys[%d].not_after", i), *value, when[AA_UTC_SIZE];
	int r = 0;

	aa_utc_print(end, when);
	value = conf_quote(when);
	if (end)
		r = conf_edit_set(text, path, value);
	else
		conf_edit_unset(text, path);
	free(value);
	free(path);
	return r;
}

/* A key that left the text, as it had to make room or had ended by then, stands there again as it did. */
static int add_again(struct conf_text *text, const json_t *one)
{
	const char *pem = view_text(one, "pem");
	struct given_key key = {0};
	char *group = NULL;
	int r = -1;

	if (aa_key_from_pem(pem, strlen(pem), &key.key) == AA_JOSE_OK)
		group = given_key_group(&key, view_text(one, "kid"), view_number(one, "registered"),
					view_number(one, "not_after"));
	if (group)
		r = conf_edit_add(text, "keys", group, true);
	aa_key_free(key.key);
	free(group);
	return r;
}

static int put_back(struct text_edit *edit, const json_t *one)
{
	int i = index_of(edit, one);

	return i >= 0 ? set_end(&edit->text, i, view_number(one, "not_after")) : add_again(&edit->text, one);
}

static int take_out(struct text_edit *edit, const json_t *one)
{
	char *path = xasprintf("keys[%d]", index_of(edit, one));
	int r = conf_edit_unset(&edit->text, path);

	free(path);
	return r;
}

/* A key whose end had come by itself has ended, whether others came or not. */
static bool is_over(const struct ctl *ctl, const json_t *one)
{
	return view_number(one, "not_after") && view_number(one, "not_after") <= ctl->now;
}

static enum ctl_status edit_back(struct text_edit *edit, const json_t *rotation)
{
	const json_t *one;
	int r = 0;
	size_t i;

	json_array_foreach(json_object_get(rotation, "old"), i, one)
	{
		if (r == 0 && !is_over(edit->editing.ctl, one))
			r = put_back(edit, one);
	}
	json_array_foreach(json_object_get(rotation, "new"), i, one)
	{
		if (r == 0 && index_of(edit, one) >= 0)
			r = take_out(edit, one);
	}
	if (r == 0)
		return CTL_DONE;
	return ctl_fail(
	    edit->editing.ctl,
	    "the keys in %s cannot be changed: the text there is not in order; agentauthctl check "
	    "says where",
	    edit->text.path);
}

/* names_of() returns the kids of those keys that stand in the text, quoted, or NULL where none does. */
static char *names_of(const struct text_edit *edit, const json_t *keys, bool there)
{
	struct buffer b = {0};
	const json_t *one;
	size_t i;

	json_array_foreach(keys, i, one)
	{
		bool counts = there ? index_of(edit, one) >= 0 : !is_over(edit->editing.ctl, one);

		if (counts)
			buffer_printf(&b, "%s%s", b.len ? ", " : "", quoted(view_text(one, "kid")));
	}
	return b.len ? buffer_take(&b) : NULL;
}

static void tell_revoked(struct ctl *ctl, const json_t *keys)
{
	const json_t *one, *revoked;
	size_t i;

	json_array_foreach(keys, i, one)
	{
		revoked = view_revoked_key(ctl, view_text(one, "kid"));
		if (revoked && !is_over(ctl, one))
			ctl_warning(
			    ctl,
			    "the key %s is revoked still; agentauthctl revoke --list shows how that is "
			    "taken back",
			    quoted(view_text(one, "kid")));
	}
}

static enum ctl_status undo_known(struct text_edit *edit, const json_t *rotation)
{
	struct ctl *ctl = edit->editing.ctl;
	const json_t *old = json_object_get(rotation, "old"), *new = json_object_get(rotation, "new");
	char *back = names_of(edit, old, false), *away = names_of(edit, new, true), when[AA_UTC_SIZE];
	enum ctl_status status = CTL_FAILED;

	aa_utc_print(view_number(rotation, "at"), when);
	if (!back)
		ctl_error(ctl,
			  "the keys that %s had before its rotation, at %s, have ended by now: agentauthctl "
			  "rotate %s --key FILE registers another",
			  edit->name, when, edit->name);
	else
		status = edit_back(edit, rotation);
	status = edit_end(edit, status,
			  "%s has the keys again that it had before %s: %s.%s%s%s\n"
			  "Logins that are open go on as they began.",
			  edit->name, when, back ? back : "", away ? "\nRefused from now on: " : "",
			  away ? away : "", away ? "." : "");
	if (status == CTL_DONE)
		tell_revoked(ctl, old);
	free(back);
	free(away);
	return status;
}

enum ctl_status rotation_undo(struct ctl *ctl, struct workspace *workspace, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	enum ctl_status status = edit_agent_is_there(ctl, workspace, name);
	json_t *rotation = NULL;
	struct text_edit edit;

	if (status != CTL_DONE)
		return status;
	status = edit_agent_begin(&edit, ctl, workspace, arguments, name);
	if (status == CTL_DONE)
		rotation = rotation_read(&edit);
	if (status == CTL_DONE && !rotation)
		status = ctl_fail(
		    ctl,
		    "no rotation of %s's keys is known that could be undone; agentauthctl show %s lists "
		    "its keys",
		    name, name);
	if (status == CTL_DONE)
		status = undo_known(&edit, rotation);
	else
		edit_free(&edit);
	if (status == CTL_DONE && !ctl->dry_run)
		rotation_forget(workspace, name);
	json_decref(rotation);
	return status;
}
