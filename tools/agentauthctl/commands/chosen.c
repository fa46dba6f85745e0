/* SPDX-License-Identifier: Apache-2.0 */
/* chosen.c finds the agents that a command is about, see chosen.h. */
#include "config.h"

#include "tools/agentauthctl/commands/chosen.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/commands/near_name.h"
#include "tools/cli/guess.h"

static void add(struct chosen *c, const char *name, uint32_t uid)
{
	grow(&c->v, &c->cap, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = (struct chosen_agent){xstrdup(name), uid};
}

void chosen_free(struct chosen *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].name);
	free(c->v);
	*c = (struct chosen){0};
}

/* ---- by name ------------------------------------------------------------- */

static bool has(const struct chosen *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

/* All names are looked at, so that each mistake is told in one run. */
static enum ctl_status choose_names(struct ctl *ctl, const struct arguments *arguments, struct chosen *c)
{
	size_t wrong = 0;

	for (size_t i = 0; i < arguments->n_words; i++) {
		uint32_t uid = 0;

		if (ctl_known_agent(ctl, arguments->words[i], &uid) != CTL_DONE)
			wrong++;
		else if (!has(c, arguments->words[i]))
			add(c, arguments->words[i], uid);
	}
	if (wrong && arguments->n_words > 1)
		ctl_error(ctl, "nothing was changed for any of the %zu names", arguments->n_words);
	return wrong ? CTL_FAILED : CTL_DONE;
}

/* ---- by what they have ---------------------------------------------------- */

bool is_of_owner(const struct aa_agent *agent, const char *wanted)
{
	size_t len = strlen(wanted);

	return agent->owner && len && strncmp(agent->owner, wanted, len) == 0 &&
	       (agent->owner[len] == '\0' || agent->owner[len] == '@');
}

bool role_is_published(struct ctl *ctl, struct published *published, const char *role)
{
	char *key = xasprintf("role:%s", role);
	size_t len;
	bool there = published_get(published, key, &len) != NULL;

	free(key);
	if (!there)
		ctl_error(ctl,
			  "there is no role %s in the published registry%s; agentauthctl role list shows "
			  "those that there are",
			  quoted(role), near_role(published, role));
	return there;
}

struct filter {
	struct ctl *ctl;
	struct chosen *chosen;
	const char *role, *owner; /* NULL: any */
	struct guess near_owner;
	char kept[GUESS_KEPT_SIZE];
};

static bool fits(struct filter *f, const struct aa_agent *agent)
{
	if (f->role && !aa_list_has(&agent->roles, f->role))
		return false;
	if (!f->owner || is_of_owner(agent, f->owner))
		return true;
	if (agent->owner)
		guess_try_kept(&f->near_owner, agent->owner, f->kept);
	return false;
}

/* One damaged record keeps no other agent from being chosen. */
static bool choose_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct filter *f = data;

	if (agent && fits(f, agent))
		add(f->chosen, name, agent->uid);
	if (!agent) {
		f->chosen->unread++;
		ctl_error(f->ctl,
			  "the published record of %s is damaged, so that it was not chosen: name it, or run "
			  "agentauthctl apply",
			  quoted(name));
	}
	aa_agent_free(agent);
	return true;
}

static enum ctl_status fits_nobody(const struct filter *f)
{
	struct buffer what = {0};

	if (f->role)
		buffer_printf(&what, " has the role %s", f->role);
	if (f->owner)
		buffer_printf(&what, "%s has the owner %s%s", f->role ? " and" : "", quoted(f->owner),
			      guess_asked(&f->near_owner, ""));
	ctl_error(f->ctl, "no agent%s; agentauthctl list shows what they have. Nothing was changed",
		  what.data);
	buffer_free(&what);
	return CTL_FAILED;
}

static enum ctl_status walk(struct filter *f, struct published *published)
{
	if (f->role && !role_is_published(f->ctl, published, f->role))
		return CTL_FAILED;
	if (!published_walk(published, "agent:", choose_agent, f)) {
		f->chosen->unread++;
		(void)ctl_damaged(f->ctl);
	}
	return f->chosen->n ? CTL_DONE : fits_nobody(f);
}

static enum ctl_status choose_by_filter(struct filter *f)
{
	struct published *published = ctl_published(f->ctl);
	enum ctl_status status = CTL_FAILED;

	f->near_owner.word = f->owner ? f->owner : "";
	f->chosen->by_filter = true;
	if (published)
		status = walk(f, published);
	published_close(published);
	return status;
}

enum ctl_status chosen_agents(struct ctl *ctl, const struct arguments *arguments, struct chosen *ret)
{
	struct filter f = {.ctl = ctl,
			   .chosen = ret,
			   .role = arguments_value(arguments, "role"),
			   .owner = arguments_value(arguments, "owner")};
	bool filter = f.role || f.owner;

	*ret = (struct chosen){0};
	if (filter == (arguments->n_words > 0))
		return ctl_usage(ctl, "say which agents one way: NAME..., or --role ROLE, --owner OWNER or "
				      "both of these for agents that have both");
	return filter ? choose_by_filter(&f) : choose_names(ctl, arguments, ret);
}
