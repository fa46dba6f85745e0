/* SPDX-License-Identifier: Apache-2.0 */
/* explain_command.c: finds the rule of the roles that has a command of sudo, and tells whether it waits for a person. */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/state/budget.h"
#include "common/verify/command.h"
#include "tools/agentauthctl/commands/explain/explain.h"

/* ---- words -------------------------------------------------------------------- */

/* Reads one word of a shell's line: quotes and backslashes mean the same as in a shell, and nothing else does. NULL: a
 * quote is open. */
static const char *take_word(const char *at, struct buffer *ret)
{
	char quote = '\0';

	for (; *at && (quote || !isspace((unsigned char)*at)); at++) {
		if (quote ? *at == quote : *at == '\'' || *at == '"') {
			quote = quote ? '\0' : *at;
			continue;
		}
		if (*at == '\\' && quote != '\'' && at[1])
			at++;
		buffer_add(ret, at, 1);
	}
	return quote ? NULL : at;
}

char **explain_words(const char *text)
{
	char **words = NULL;
	size_t n = 0, cap = 0;

	grow(&words, &cap, 1, sizeof(*words));
	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		struct buffer word = {0};

		text = take_word(text, &word);
		grow(&words, &cap, n + 2, sizeof(*words));
		words[n++] = word.len ? buffer_take(&word) : xstrdup("");
		if (!text) {
			words[n] = NULL;
			explain_free_words(words);
			return NULL;
		}
	}
	words[n] = NULL;
	return words;
}

void explain_free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

/* ---- the program ---------------------------------------------------------------- */

/* Finds the program where sudo looks, in secure_path as Debian has it. The caller frees; NULL: it is nowhere. */
static char *resolve(const char *name)
{
	static const char *const dirs[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					   "/usr/bin",	      "/sbin",		"/bin"};

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char *path = xasprintf("%s/%s", dirs[i], name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* ---- rules ---------------------------------------------------------------------- */

static bool has_sudo(const struct aa_role *role)
{
	return role->services.n == 0 || aa_list_has(&role->services, "sudo");
}

/* Returns the first rule of these roles that has the command, and its role in ret_role. The caller frees both. */
static char *find_rule(const struct explanation *e, const struct aa_list *roles,
		       const struct aa_command *command, char **ret_role)
{
	char *found = NULL;

	for (size_t i = 0; i < roles->n && !found; i++) {
		struct aa_role *role = NULL;
		const char *rule = NULL;

		if (aa_policy_role(e->ctx.policy, roles->v[i], &role) != AA_OK)
			continue;
		if (has_sudo(role))
			rule = aa_command_rule(&role->sudo, command);
		if (has_sudo(role) && !rule)
			rule = aa_command_rule(&role->approval, command);
		if (rule) {
			found = xstrdup(rule);
			*ret_role = xstrdup(role->name);
		}
		aa_role_free(role);
	}
	return found;
}

static void set_what(struct explain_step *s, char *what)
{
	free(s->what);
	s->what = what;
}

static void refuse(struct explanation *e, char *what, char *cure)
{
	struct explain_step *s = explain_add(e, AA_STEP_COUNT, NULL, AA_ROLE_DENIED, EXPLAIN_REFUSES);

	set_what(s, what);
	s->cure = cure;
	if (e->reason == AA_OK)
		e->reason = AA_ROLE_DENIED;
}

/* Refuses for want of a rule, and names another role of the agent's that has one. */
static void refuse_rule(struct explanation *e, const struct aa_command *command)
{
	char *role = NULL, *rule = find_rule(e, &e->agent->roles, command, &role);

	if (rule)
		refuse(e,
		       xasprintf("no role of this session has a rule for it; %s has, which the login did "
				 "not ask for",
				 role),
		       xasprintf("have %s log in with the role %s as well", e->q.name, role));
	else
		refuse(
		    e, xstrdup("no role of the agent has a rule for it"),
		    xasprintf("agentauthctl role set ROLE --sudo '(%s) %s'", command->target, command->path));
	free(rule);
	free(role);
}

static void grant_rule(struct explanation *e, const char *role, const char *rule)
{
	bool clear = aa_sudo_rule_check_clear(rule) == AA_SUDO_FINE && !strpbrk(rule, "*?[");
	struct explain_step *s = explain_add(e, AA_STEP_COUNT, role, AA_OK, EXPLAIN_OK);

	set_what(s, xasprintf("the rule %s of %s has it%s", rule, role,
			      clear ? "" : ", if sudo reads it so: sudo -l in the session tells"));
}

static void decide(struct explanation *e, const struct aa_command *command)
{
	const struct aa_list *roles = e->session ? &e->session->roles : &e->agent->roles;
	struct aa_command_rule waiting;
	char *role = NULL, *rule = find_rule(e, roles, command, &role);
	enum aa_reason reason;

	if (rule)
		grant_rule(e, role, rule);
	else
		refuse_rule(e, command);
	if (rule && e->reason == AA_OK) {
		reason = aa_command_waits(e->ctx.policy, e->agent, command, &e->trace, &waiting);
		if (reason == AA_OK && !waiting.role[0])
			reason = aa_budget_waits(&e->ctx, e->agent, command, &waiting);
		e->reason = reason;
		e->waits = reason == AA_OK && waiting.role[0];
	}
	free(rule);
	free(role);
}

void explain_command(struct explanation *e)
{
	char *path = resolve(e->q.argv[0]);
	const struct aa_command command = {e->q.runas ? e->q.runas : "root", path, e->q.argv};

	if (path)
		decide(e, &command);
	else
		refuse(e, xasprintf("there is no program %s where sudo looks", quoted(e->q.argv[0])), NULL);
	free(path);
}
