/* SPDX-License-Identifier: Apache-2.0 */
/* export.c: hands a session's data to its processes, and to pam_systemd. */
#include "config.h"

#include "pam/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "common/text/number.h"
#include "common/text/utc.h"
#include "common/verify/limit.h"

/* Sets NAME=VALUE. Without a value the name is removed, so that no other module's value stands there. */
static int put(pam_handle_t *pamh, const char *name, const char *value)
{
	char text[2048];
	int n;

	if (!value)
		return pam_getenv(pamh, name) ? pam_putenv(pamh, name) : PAM_SUCCESS;
	n = snprintf(text, sizeof(text), "%s=%s", name, value);
	if (n < 0 || (size_t)n >= sizeof(text))
		return PAM_SUCCESS; /* too long to be told: information only */
	return pam_putenv(pamh, text);
}

static void join_roles(const struct aa_list *roles, char *ret, size_t cap)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < roles->n && len < cap; i++)
		len += (size_t)snprintf(ret + len, cap - len, "%s%s", i ? "," : "", roles->v[i]);
}

/* The variables of a session. Programs that are not ours look for AI_AGENT, which says that an agent runs them, and
 * which; AI_AGENT_OPERATOR names the user that the agent acts for. */
enum {
	SESSION,
	AGENT,
	OWNER,
	ROLES,
	ISSUER,
	ON_BEHALF_OF,
	TASK,
	EXPIRES,
	AI_AGENT,
	AI_AGENT_OPERATOR,
	N_VARIABLES
};

static const char *const variables[N_VARIABLES] = {
    [SESSION] = "AGENTAUTH_SESSION", [AGENT] = "AGENTAUTH_AGENT",
    [OWNER] = "AGENTAUTH_OWNER",     [ROLES] = "AGENTAUTH_ROLES",
    [ISSUER] = "AGENTAUTH_ISSUER",   [ON_BEHALF_OF] = "AGENTAUTH_ON_BEHALF_OF",
    [TASK] = "AGENTAUTH_TASK",	     [EXPIRES] = "AGENTAUTH_EXPIRES",
    [AI_AGENT] = "AI_AGENT",	     [AI_AGENT_OPERATOR] = "AI_AGENT_OPERATOR",
};

int aa_export_environment(pam_handle_t *pamh, const struct aa_session *s)
{
	char roles[1500], expires[AA_UTC_SIZE];
	const char *const values[N_VARIABLES] = {
	    [SESSION] = s->id,	   [AGENT] = s->agent,
	    [OWNER] = s->owner,	   [ROLES] = roles,
	    [ISSUER] = s->issuer,  [ON_BEHALF_OF] = s->on_behalf_of,
	    [TASK] = s->task,	   [EXPIRES] = s->deadline ? expires : NULL,
	    [AI_AGENT] = s->agent, [AI_AGENT_OPERATOR] = s->on_behalf_of,
	};
	int err = PAM_SUCCESS;

	join_roles(&s->roles, roles, sizeof(roles));
	aa_utc_print(s->deadline, expires);
	for (int i = 0; i < N_VARIABLES && err == PAM_SUCCESS; i++)
		err = put(pamh, variables[i], values[i]);
	return err;
}

void aa_export_clear_environment(pam_handle_t *pamh)
{
	for (int i = 0; i < N_VARIABLES; i++)
		(void)put(pamh, variables[i], NULL);
}

/* ---- limits, pam_systemd(8) --------------------------------------------------------------- */

static void free_text(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static int set_text(pam_handle_t *pamh, const char *name, const char *value)
{
	char *copy = strdup(value);
	int err = copy ? pam_set_data(pamh, name, copy, free_text) : PAM_BUF_ERR;

	if (err != PAM_SUCCESS)
		free(copy);
	return err;
}

static int set_number(pam_handle_t *pamh, const char *name, int64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	return set_text(pamh, name, text);
}

/* Reads "2G" in bytes, as systemd does: K, M, G, T by 1024. 0: it is no size. A size that overflows becomes the
 * largest. */
static int64_t size_bytes(const char *text)
{
	static const char units[] = "KMGT";
	const char *unit;
	int64_t n;

	if (!aa_number_take(&text, INT64_MAX, &n))
		return 0;
	unit = *text ? strchr(units, *text) : NULL;
	if (*text && (!unit || text[1]))
		return 0;
	for (const char *u = units; unit && u <= unit; u++)
		if (__builtin_mul_overflow(n, 1024, &n))
			n = INT64_MAX;
	return n;
}

struct limits {
	int64_t memory_bytes, tasks, weight;
};

static void add_role(const struct aa_role *role, struct limits *limits)
{
	int64_t bytes = role->limits.memory_max ? size_bytes(role->limits.memory_max) : 0;

	limits->memory_bytes = aa_limit(limits->memory_bytes, bytes);
	limits->tasks = aa_limit(limits->tasks, role->limits.tasks_max);
	limits->weight = aa_limit(limits->weight, role->limits.cpu_weight);
}

int aa_export_limits(struct aa_call *call, const struct aa_session *s)
{
	struct limits limits = {0};
	int err = PAM_SUCCESS;

	for (size_t i = 0; i < s->roles.n; i++) {
		struct aa_role *role = NULL;

		if (aa_policy_role(call->ctx.policy, s->roles.v[i], &role) != AA_OK)
			return PAM_PERM_DENIED;
		add_role(role, &limits);
		aa_role_free(role);
	}
	if (s->deadline)
		err = set_number(call->pamh, "systemd.runtime_max_sec",
				 s->deadline > call->ctx.now ? s->deadline - call->ctx.now : 1);
	if (err == PAM_SUCCESS && limits.memory_bytes)
		err = set_number(call->pamh, "systemd.memory_max", limits.memory_bytes);
	if (err == PAM_SUCCESS && limits.tasks)
		err = set_number(call->pamh, "systemd.tasks_max", limits.tasks);
	if (err == PAM_SUCCESS && limits.weight)
		err = set_number(call->pamh, "systemd.cpu_weight", limits.weight);
	return err;
}
