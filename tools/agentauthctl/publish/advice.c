/* SPDX-License-Identifier: Apache-2.0 */
/* advice.c finds what is unwise in agentauth.conf, and in any text, see advice.h. */
#include "config.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "common/text/utf8.h"
#include "tools/agentauthctl/model/pam_service.h"
#include "tools/agentauthctl/publish/advice.h"
#include "tools/agentauthctl/publish/rule_risk.h"

#define APPROVERS "agentauth-approvers"

void advice_begin(struct advice *advice, const struct model *model, int64_t now)
{
	*advice = (struct advice){.now = now,
				  .has_role = xcalloc(model->roles.n + 1, sizeof(atomic_bool)),
				  .has_issuer = xcalloc(model->issuers.n + 1, sizeof(atomic_bool))};
	pthread_mutex_init(&advice->lock, NULL);
}

void advice_free(struct advice *advice)
{
	for (size_t i = 0; i < advice->n_asked; i++)
		free(advice->asked[i].name);
	pthread_mutex_destroy(&advice->lock);
	free(advice->has_role);
	free(advice->has_issuer);
	problems_free(&advice->problems);
}

/* ---- any text -------------------------------------------------------------- */

static bool is_plain(unsigned char c)
{
	return (c >= ' ' && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

static void tell_hidden(const struct conf_text *text, size_t at, uint32_t character, struct problems *ret)
{
	struct position position = {.file = text->path, .code = "hidden-character"};

	conf_text_position(text, at, &position.line, &position.column);
	problem_warning(ret, &position,
			"the character U+%04X cannot be seen, so that the text may say something else than "
			"it shows; take it out",
			character);
}

void advice_text(const struct conf_text *text, struct problems *ret)
{
	uint32_t character;
	size_t n;

	for (size_t at = 0; at < text->len; at += n) {
		n = 1;
		if (is_plain((unsigned char)text->bytes[at]))
			continue;
		n = aa_utf8_next(text->bytes + at, text->len - at, &character);
		if (n && aa_utf8_is_hidden(character))
			tell_hidden(text, at, character, ret);
		n += n == 0;
	}
}

/* ---- agentauth.conf -------------------------------------------------------- */

struct look {
	const struct model *model;
	const char *sysconfdir;
	struct problems *ret;
};

static void look_at_services(const struct look *look, const char *setting, const struct aa_list *services)
{
	char path[160], *missing;

	for (size_t i = 0; i < services->n; i++) {
		missing = pam_service_missing(look->sysconfdir, services->v[i]);
		snprintf(path, sizeof(path), "%s[%zu]", setting, i);
		if (missing)
			conf_warning_as(&look->model->file, look->ret, "unknown-service", path, "%s",
					missing);
		free(missing);
	}
}

static void look_at_role(const struct look *look, const struct aa_role *role, bool is_had)
{
	char path[128];

	snprintf(path, sizeof(path), "roles.%s.services", role->name);
	look_at_services(look, path, &role->services);
	snprintf(path, sizeof(path), "roles.%s", role->name);
	if (!is_had)
		conf_warning_as(&look->model->file, look->ret, "unused-role", path,
				"no agent has this role: agentauthctl role remove %s takes it away",
				role->name);
}

static bool is_empty_group(const char *name)
{
	const struct group *group = getgrnam(name);

	return !group || !group->gr_mem[0];
}

static void look_at_approvers(const struct look *look)
{
	const struct model *model = look->model;
	char path[128];

	for (size_t i = 0; i < model->roles.n; i++) {
		if (!model->roles.v[i].approval.n || !is_empty_group(APPROVERS))
			continue;
		snprintf(path, sizeof(path), "roles.%s.approval", model->roles.v[i].name);
		conf_warning_as(&model->file, look->ret, "no-approver", path,
				"nobody is in the group " APPROVERS
				", so that root alone can approve: gpasswd -a USER " APPROVERS);
	}
}

static void look_at_issuers(const struct look *look, const struct advice *advice)
{
	const struct model *model = look->model;
	char path[128];

	for (size_t i = 0; i < model->issuers.n; i++) {
		const char *name = model->issuers.v[i].name;

		if (advice->has_issuer[i])
			continue;
		snprintf(path, sizeof(path), "issuers.%s", name);
		conf_warning_as(
		    &model->file, look->ret, "unused-issuer", path,
		    "no agent is bound to this issuer, whose tokens let nobody in: agentauthctl set "
		    "NAME --bind %s:CLIENT",
		    name);
	}
}

void advice_main(struct advice *advice, const struct model *model, struct published *published, uid_t owner,
		 const char *sysconfdir)
{
	const struct look look = {model, sysconfdir, &advice->problems};
	const struct conf_file *file = &model->file;

	advice_text(&file->text, look.ret);
	rule_risks_advise(model, published, owner, look.ret);
	/* The services that hold where the text names none need not be on every host. */
	if (conf_tree_find(&file->tree, &file->text, "accounts.without_credential") >= 0)
		look_at_services(&look, "accounts.without_credential",
				 &model->host.accounts.without_credential);
	for (size_t i = 0; i < model->roles.n; i++)
		look_at_role(&look, &model->roles.v[i], advice->in_part || advice->has_role[i]);
	look_at_approvers(&look);
	if (!advice->in_part)
		look_at_issuers(&look, advice);
}
