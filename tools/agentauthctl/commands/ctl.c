/* SPDX-License-Identifier: Apache-2.0 */
/* ctl.c: gives the commands what they share, see ctl.h. */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "common/state/audit.h"
#include "common/state/audit_record.h"
#include "common/state/process.h"
#include "common/text/number.h"
#include "common/text/shown.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/near_name.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/find_control.h"

#define WHY_MAX 1024 /* bytes; the file of a decision is read as far as 4096 */

void ctl_error(struct ctl *ctl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problems_add(&ctl->problems, false, NULL, format, args);
	va_end(args);
}

void ctl_warning(struct ctl *ctl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problems_add(&ctl->problems, true, NULL, format, args);
	va_end(args);
}

enum ctl_status ctl_fail(struct ctl *ctl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problems_add(&ctl->problems, false, NULL, format, args);
	va_end(args);
	return CTL_FAILED;
}

enum ctl_status ctl_usage(struct ctl *ctl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problems_add(&ctl->problems, false, NULL, format, args);
	va_end(args);
	return CTL_USAGE;
}

void ctl_put_option(struct buffer *b, const char *option, const char *word)
{
	size_t len = word ? aa_shown_word(NULL, 0, word) : 0;
	char *shown = xmalloc(len + 1);

	shown[0] = '\0';
	if (word)
		aa_shown_word(shown, len + 1, word);
	buffer_printf(b, "%s--%s%s%s", b->len ? " " : "", option, word ? " " : "", shown);
	free(shown);
}

void ctl_answer(struct ctl *ctl, const char *name, json_t *value)
{
	if (ctl->json)
		json_object_set_new(ctl->answer, name, value);
	else
		json_decref(value);
}

enum ctl_status ctl_open(struct ctl *ctl, struct workspace *workspace, bool for_writing)
{
	int r = workspace_open(workspace, &ctl->paths, for_writing && !ctl->dry_run, &ctl->problems);

	if (workspace->facts.fqdn) {
		free(ctl->host);
		ctl->host = xstrdup(workspace->facts.fqdn);
	}
	return r < 0 ? CTL_FAILED : CTL_DONE;
}

enum ctl_status ctl_read_why(struct ctl *ctl, const struct arguments *arguments, const char **ret)
{
	const char *strange;

	*ret = arguments_value(arguments, "why");
	if (!*ret)
		return CTL_DONE;
	if (strlen(*ret) > WHY_MAX)
		return ctl_usage(ctl, "--why is kept with the decision, and has at most %d bytes", WHY_MAX);
	strange = find_control(*ret);
	if (strange)
		return ctl_usage(ctl, "--why is kept with the decision as one line of UTF-8, and holds %s",
				 strange);
	return CTL_DONE;
}

enum ctl_status ctl_check_name(struct ctl *ctl, conf_check_fn *check, const char *name)
{
	char why[256];

	return check(name, why, sizeof(why)) ? CTL_DONE : ctl_fail(ctl, "%s %s", quoted(name), why);
}

struct published *ctl_published(struct ctl *ctl)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);

	if (!published)
		ctl_error(
		    ctl,
		    "nothing is published that can be read: run agentauthctl apply (or init, on a new host)");
	return published;
}

enum ctl_status ctl_damaged(struct ctl *ctl)
{
	return ctl_fail(ctl,
			"the published registry is damaged, or of another version: run agentauthctl apply");
}

enum ctl_status ctl_known_agent(struct ctl *ctl, const char *name, uint32_t *ret_uid)
{
	struct aa_accounts accounts;
	struct aa_account account;
	int r;

	if (ctl_check_name(ctl, check_agent_name, name) != CTL_DONE)
		return CTL_FAILED;
	r = aa_accounts_open(ctl->paths.statedir, ctl->paths.owner, &accounts);
	if (r == 0) {
		r = aa_account_by_name(&accounts, name, &account);
		aa_accounts_close(&accounts);
		if (r == -ENOENT)
			return ctl_fail(ctl,
					"there is no agent %s in the published registry%s; agentauthctl list "
					"shows those that there are",
					name, near_agent(ctl->paths.statedir, ctl->paths.owner, name));
	}
	if (r < 0) {
		ctl_warning(ctl,
			    "the published registry cannot be read (%s), so that it is not known whether "
			    "there is an agent %s; run agentauthctl apply",
			    strerror(-r), name);
		return CTL_DONE;
	}
	if (account.flags & AA_ACCOUNT_RETIRED)
		return ctl_fail(ctl, "%s is retired: it gets in nowhere", name);
	*ret_uid = account.uid;
	return CTL_DONE;
}

/* ---- the audit record ---------------------------------------------------- */

/* Returns the uid that called sudo, where the kernel keeps no login: root may be a person. */
static uid_t from_sudo(uid_t uid)
{
	const char *text = uid == 0 ? getenv("SUDO_UID") : NULL;
	int64_t n;

	return text && aa_number_parse(text, 0, UINT32_MAX - 1, &n) ? (uid_t)n : uid;
}

const char *ctl_who(void)
{
	static char who[64];
	uint32_t login;
	const struct passwd *pw;
	uid_t uid;

	if (*who)
		return who;	/* a command about thousands of agents asks for each */
	login = aa_login_uid(); /* su and sudo do not change it */
	uid = login != UINT32_MAX ? login : from_sudo(getuid());
	pw = getpwuid(uid);
	if (pw)
		snprintf(who, sizeof(who), "%s", pw->pw_name);
	else
		snprintf(who, sizeof(who), "uid %u", (unsigned)uid);
	return who;
}

/* Learns the host's name as it is published, and where nothing is, the host's own; and whether a line waits for the disk. */
static void learn(struct ctl *ctl)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct aa_host *host = published ? published_host(published) : NULL;
	struct host_facts facts = {0};

	if (host && !ctl->host)
		ctl->host = xstrdup(host->name);
	ctl->audit_sync = host && host->audit_sync == AA_AUDIT_SYNC_ALWAYS;
	aa_host_free(host);
	published_close(published);
	if (!ctl->host && host_facts_read(&facts, ctl->paths.sysconfdir, &ctl->problems) == 0)
		ctl->host = xstrdup(facts.fqdn);
	host_facts_free(&facts);
}

void ctl_learn_host(struct ctl *ctl)
{
	if (!ctl->host_learned)
		learn(ctl);
	ctl->host_learned = true;
}

struct aa_audit ctl_audit_log(struct ctl *ctl)
{
	ctl_learn_host(ctl);
	return (struct aa_audit){.logdir = ctl->logdir,
				 .rundir = ctl->rundir,
				 .statedir = ctl->paths.statedir,
				 .owner = ctl->paths.owner,
				 .host = ctl->host,
				 .sync = ctl->audit_sync,
				 .go_round = true,
				 .now = ctl->now};
}

bool ctl_audit_append(struct ctl *ctl, json_t *record)
{
	struct aa_audit audit;

	if (!ctl->logdir) {
		json_decref(record);
		return true;
	}
	audit = ctl_audit_log(ctl);
	if (aa_audit_append(&audit, record) == AA_OK)
		return true;
	if (!ctl->told_unwritten)
		ctl_warning(ctl,
			    "the audit record cannot be written to %s, and is in the system's log alone; see "
			    "that the "
			    "directory is there, root's and not full",
			    ctl->logdir);
	ctl->told_unwritten = true;
	return false;
}

void ctl_audit_record(struct ctl *ctl, json_t *record)
{
	aa_audit_set(record, "event", "admin");
	aa_audit_set(record, "service", "agentauthctl");
	aa_audit_set(record, "by", ctl_who());
	if (!json_object_get(record, "command"))
		aa_audit_set(record, "command", ctl->typed);
	ctl_audit_append(ctl, record);
}

void ctl_audit(struct ctl *ctl, const char *agent, const char *result, const char *reason)
{
	json_t *record = json_pack("{s:s, s:s}", "result", result, "reason", reason);

	aa_audit_set(record, "agent", agent);
	ctl_audit_record(ctl, record);
}
