/* SPDX-License-Identifier: Apache-2.0 */
/* edit_options.c: edits the text by options, see edit_options.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/text/number.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/edit_options.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/publish/agent_keys.h"
#include "tools/agentauthctl/publish/given_keys.h"
#include "tools/conf/conf_edit.h"

/* Sets the value, and frees it. */
static enum ctl_status set(struct editing *e, const char *path, char *value)
{
	int r = conf_edit_set(e->text, path, value);

	free(value);
	if (r == 0)
		return CTL_DONE;
	ctl_error(e->ctl,
		  "%s cannot be set in %s: the text there is not in order; agentauthctl check says where",
		  path, e->text->path);
	return CTL_FAILED;
}

static enum ctl_status unset(struct editing *e, const char *path)
{
	conf_edit_unset(e->text, path);
	return CTL_DONE;
}

static enum ctl_status add(struct editing *e, const char *path, char *value, bool list)
{
	int r = conf_edit_add(e->text, path, value, list);

	free(value);
	if (r == 0)
		return CTL_DONE;
	return ctl_fail(e->ctl, "%s in %s is no list that something can be added to", path, e->text->path);
}

/* ---- scalars ------------------------------------------------------------- */

static enum ctl_status edit_number(struct editing *e, const char *path, const struct given_option *g)
{
	int64_t number;

	if (strcmp(g->value, "none") == 0)
		return unset(e, path);
	if (!aa_number_parse(g->value, 0, INT32_MAX, &number) &&
	    (g->option->how != EDIT_SECONDS || !aa_utc_parse_loose(g->value, 0, &number) ||
	     number > INT32_MAX))
		return ctl_usage(e->ctl, "--%s %s: neither a number%s nor none", g->option->name,
				 quoted(g->value),
				 g->option->how == EDIT_SECONDS ? " of seconds (or 90m, 8h, 30d)" : "");
	return set(e, path, xasprintf("%lld", (long long)number));
}

static enum ctl_status edit_time(struct editing *e, const char *path, const struct given_option *g)
{
	char when[32];
	int64_t t;

	if (strcmp(g->value, "never") == 0)
		return unset(e, path);
	if (!aa_utc_parse_loose(g->value, e->ctl->now, &t))
		return ctl_usage(e->ctl,
				 "--%s %s: not a time like 2027-01-31T00:00:00Z, 2027-01-31, 90d or never",
				 g->option->name, quoted(g->value));
	aa_utc_print(t, when);
	return set(e, path, conf_quote(when));
}

/* ---- arrays of strings --------------------------------------------------- */

static enum ctl_status edit_drop(struct editing *e, const char *path, const struct given_option *g)
{
	int i = conf_edit_index(e->text, path, g->value);
	char *element;

	if (i < 0)
		return ctl_fail(e->ctl, "--%s: %s is not among %s in %s", g->option->name, quoted(g->value),
				path, e->text->path);
	if (g->option->how == EDIT_DROP_NOT_LAST && conf_edit_count(e->text, path) == 1)
		return ctl_fail(e->ctl,
				"--%s: %s is the last one, and without any, all are allowed; if that is "
				"meant, say --%s \"\"",
				g->option->name, quoted(g->value), g->option->setting);
	element = xasprintf("%s[%d]", path, i);
	conf_edit_unset(e->text, element);
	if (conf_edit_count(e->text, path) == 0)
		conf_edit_unset(e->text, path);
	free(element);
	return CTL_DONE;
}

static enum ctl_status edit_list(struct editing *e, const char *path, const char *value)
{
	struct buffer b = {0};
	char *copy, *save, *word;

	if (!*value)
		return unset(e, path);
	copy = xstrdup(value);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		char *text = conf_quote(word + strspn(word, " "));

		buffer_printf(&b, "%s%s", b.len ? ", " : "[ ", text);
		free(text);
	}
	free(copy);
	buffer_puts(&b, b.len ? " ]" : "[ ]");
	return set(e, path, buffer_take(&b));
}

/* ---- keys ---------------------------------------------------------------- */

/* Reads the keys of a --key. CTL_FAILED: reported. */
static enum ctl_status read_keys(struct editing *e, const char *file, struct given_keys *ret)
{
	bool is_stdin = strcmp(file, "-") == 0;
	char *name = xstrdup(is_stdin ? "standard input" : quoted(file));
	const struct key_source source = {
	    .name = name, .file = is_stdin ? NULL : file, .problems = &e->ctl->problems};
	struct buffer bytes = {0};
	enum ctl_status status = CTL_FAILED;

	*ret = (struct given_keys){0};
	if (ctl_read_input(e->ctl, file, &bytes) == 0 &&
	    given_keys_read(&source, bytes.data ? bytes.data : "", bytes.len, ret) == 0)
		status = CTL_DONE;
	if (bytes.data)
		explicit_bzero(bytes.data, bytes.len);
	buffer_free(&bytes);
	if (status == CTL_DONE && ret->n > 1 && arguments_have(e->arguments, "kid"))
		status =
		    ctl_fail(e->ctl, "--kid names one key, and %s holds %zu; without --kid each has its own",
			     name, ret->n);
	free(name);
	return status;
}

/* Returns the kid that the option asks for, or the key's own, or its thumbprint. The caller frees; NULL: reported. */
static char *choose_kid(struct editing *e, const struct given_key *key)
{
	const char *asked = arguments_value(e->arguments, "kid");
	char why[256], *kid;

	if (asked && !check_kid(asked, why, sizeof(why))) {
		ctl_error(e->ctl, "--kid: %s %s", quoted(asked), why);
		return NULL;
	}
	kid = asked ? xstrdup(asked) : given_key_kid(key);
	if (!kid)
		ctl_error(e->ctl, "the key's thumbprint cannot be computed");
	return kid;
}

/* Returns the key's group as it stands in `keys`. NULL: reported. */
static char *key_group(struct editing *e, const struct given_key *key)
{
	const char *expires = arguments_value(e->arguments, "key-expires");
	char *kid = choose_kid(e, key), *group = NULL;
	int64_t t = 0;

	if (kid && expires && !aa_utc_parse_loose(expires, e->ctl->now, &t))
		ctl_error(e->ctl, "--key-expires %s: not a time like 2027-01-31T00:00:00Z, 2027-01-31 or 90d",
			  quoted(expires));
	else if (kid)
		group = given_key_group(key, kid, e->ctl->now, t);
	free(kid);
	return group;
}

/* Refuses a key that the agent has already, under another name: it would go on where its end is meant. */
static bool is_new_key(struct editing *e, const char *pem)
{
	struct agent_now now;
	char *kid;
	int i;

	agent_now_read(e->model, e->agent, e->text, &now);
	i = agent_key_index(&now.agent, pem);
	if (i >= 0) {
		kid = agent_key_kid(&now.agent.keys.v[i]);
		ctl_error(e->ctl, "this key is %s's already, with the kid %s", e->agent, quoted(kid));
		free(kid);
	}
	agent_now_free(&now);
	return i < 0;
}

/* Makes room for one more key: the ended keys leave the text, and for a rotation others. */
static bool make_room(struct editing *e, const struct aa_key *key)
{
	const struct agent_keys keys = {e->model, e->agent, e->text, e->ctl->now};
	char *pem = NULL;
	bool ok = aa_key_to_pem(key, &pem) == AA_JOSE_OK && agent_keys_make_room(&keys, pem, e->gone) == 0 &&
		  is_new_key(e, pem);

	free(pem);
	return ok;
}

static enum ctl_status add_key(struct editing *e, const char *path, const struct given_key *key)
{
	char *group = make_room(e, key->key) ? key_group(e, key) : NULL, *list;
	enum ctl_status status = CTL_FAILED;

	if (group && conf_edit_count(e->text, path) <= 0) {
		list = xasprintf("(\n\t%s\n)", group);
		status = set(e, path, list);
		free(group);
	} else if (group) {
		status = add(e, path, group, true);
	}
	return status;
}

static enum ctl_status edit_key(struct editing *e, const char *path, const char *file)
{
	struct given_keys keys;
	enum ctl_status status = read_keys(e, file, &keys);

	for (size_t i = 0; i < keys.n && status == CTL_DONE; i++)
		status = add_key(e, path, &keys.v[i]);
	given_keys_free(&keys);
	return status;
}

/* Takes an item away, and the list with its last item. */
static enum ctl_status drop_item(struct editing *e, const char *path, size_t i)
{
	char *element = xasprintf("%s[%zu]", path, i);

	conf_edit_unset(e->text, element);
	if (conf_edit_count(e->text, path) == 0)
		conf_edit_unset(e->text, path);
	free(element);
	return CTL_DONE;
}

static enum ctl_status edit_no_key(struct editing *e, const char *path, const char *kid)
{
	enum ctl_status status = CTL_FAILED;
	struct agent_now now;
	size_t i = 0;

	agent_now_read(e->model, e->agent, e->text, &now);
	for (; i < now.agent.keys.n; i++) {
		char *one = agent_key_kid(&now.agent.keys.v[i]);
		bool found = strcmp(one, kid) == 0;

		free(one);
		if (found)
			break;
	}
	if (i < now.agent.keys.n)
		status = drop_item(e, path, i);
	else
		ctl_error(e->ctl, "%s has no key with the kid %s; agentauthctl show %s lists them", e->agent,
			  quoted(kid), e->agent);
	agent_now_free(&now);
	return status;
}

/* ---- bindings ------------------------------------------------------------ */

/* Parts ISSUER:CLIENT; a client may have colons of its own. The caller frees *ret_issuer. */
static enum ctl_status split_binding(struct editing *e, const struct given_option *g, char **ret_issuer,
				     const char **ret_client)
{
	const char *colon = strchr(g->value, ':');

	if (!colon || colon == g->value || !colon[1])
		return ctl_usage(e->ctl,
				 "--%s %s: write ISSUER:CLIENT, an issuer's name in agentauth.conf and how "
				 "it names the agent",
				 g->option->name, quoted(g->value));
	*ret_issuer = xstrndup(g->value, (size_t)(colon - g->value));
	*ret_client = colon + 1;
	return CTL_DONE;
}

static enum ctl_status edit_bind(struct editing *e, const char *path, const struct given_option *g)
{
	char *issuer, *quoted_issuer, *quoted_client, *quoted_subject;
	const char *client, *subject;
	enum ctl_status status = split_binding(e, g, &issuer, &client);

	if (status != CTL_DONE)
		return status;
	quoted_issuer = conf_quote(issuer);
	quoted_client = conf_quote(client);
	subject = arguments_value(e->arguments, "subject");
	quoted_subject = conf_quote(subject ? subject : "");
	status = add(e, path,
		     subject ? xasprintf("{ issuer = %s; client = %s; subject = %s; }", quoted_issuer,
					 quoted_client, quoted_subject)
			     : xasprintf("{ issuer = %s; client = %s; }", quoted_issuer, quoted_client),
		     true);
	free(quoted_subject);
	free(quoted_issuer);
	free(quoted_client);
	free(issuer);
	return status;
}

static bool binding_is(const struct aa_binding *b, const char *issuer, const char *client)
{
	return b->issuer && b->client && strcmp(b->issuer, issuer) == 0 && strcmp(b->client, client) == 0;
}

static enum ctl_status edit_no_bind(struct editing *e, const char *path, const struct given_option *g)
{
	char *issuer;
	const char *client;
	enum ctl_status status = split_binding(e, g, &issuer, &client);
	struct agent_now now;
	size_t i = 0;

	if (status != CTL_DONE)
		return status;
	agent_now_read(e->model, e->agent, e->text, &now);
	while (i < now.agent.bindings.n && !binding_is(&now.agent.bindings.v[i], issuer, client))
		i++;
	if (i < now.agent.bindings.n)
		status = drop_item(e, path, i);
	else
		status = ctl_fail(e->ctl, "%s has no binding %s", e->agent, quoted(g->value));
	agent_now_free(&now);
	free(issuer);
	return status;
}

/* ---- all of them --------------------------------------------------------- */

static enum ctl_status edit_one(struct editing *e, const char *path, const struct given_option *g)
{
	switch ((enum edit_how)g->option->how) {
	case EDIT_NONE:
		return CTL_DONE;
	case EDIT_TEXT:
		return *g->value ? set(e, path, conf_quote(g->value)) : unset(e, path);
	case EDIT_RATE:
		return strcmp(g->value, "none") != 0 ? set(e, path, conf_quote(g->value)) : unset(e, path);
	case EDIT_NUMBER:
	case EDIT_SECONDS:
		return edit_number(e, path, g);
	case EDIT_TIME:
		return edit_time(e, path, g);
	case EDIT_TRUE:
		return set(e, path, xstrdup("true"));
	case EDIT_ALLOWED:
		return set(e, path, xstrdup("\"allowed\""));
	case EDIT_FALSE:
		return unset(e, path);
	case EDIT_ADD:
		return conf_edit_index(e->text, path, g->value) >= 0
			   ? CTL_DONE
			   : add(e, path, conf_quote(g->value), false);
	case EDIT_DROP:
	case EDIT_DROP_NOT_LAST:
		return edit_drop(e, path, g);
	case EDIT_LIST:
		return edit_list(e, path, g->value);
	case EDIT_KEY:
		return edit_key(e, path, g->value);
	case EDIT_NO_KEY:
		return edit_no_key(e, path, g->value);
	case EDIT_BIND:
		return edit_bind(e, path, g);
	case EDIT_NO_BIND:
		return edit_no_bind(e, path, g);
	}
	return CTL_FAILED;
}

enum ctl_status edit_by_options(struct editing *e, const struct option_spec *table)
{
	enum ctl_status status = CTL_DONE;

	for (; table->name && status == CTL_DONE; table++)
		for (size_t i = 0; i < e->arguments->n_given && status == CTL_DONE; i++) {
			char *path;

			if (e->arguments->given[i].option != table || !table->setting)
				continue;
			path = xasprintf("%s%s", e->prefix, table->setting);
			status = edit_one(e, path, &e->arguments->given[i]);
			free(path);
		}
	return status;
}
