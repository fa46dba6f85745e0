/* SPDX-License-Identifier: Apache-2.0 */
/* last_refusal.c: the end of the audit log, read for one agent. */
#include "config.h"

#include "common/text/shown.h"
#include "tools/agentauthctl/commands/last_refusal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/model/check_value.h"

#define SHOWN_SIZE 512
#define LOOKED_AT 262144 /* bytes at the log's end: a few hundred logins */

/* The last bytes of the log, from the beginning of a line; the caller frees. */
static char *read_end(const char *logdir, uid_t owner)
{
	char *path = xasprintf("%s/audit.jsonl", logdir), *text = NULL;
	size_t size, begin;
	ssize_t n = -1;
	int fd;

	if (aa_trusted_open(AT_FDCWD, path, owner, &fd, &size) == 0) {
		begin = size > LOOKED_AT ? size - LOOKED_AT : 0;
		text = xcalloc(size - begin + 1, 1);
		n = pread(fd, text, size - begin, (off_t)begin);
		close(fd);
	}
	free(path);
	if (n > 0)
		return text;
	free(text);
	return NULL;
}

static bool is_login_of(const json_t *record, const char *agent)
{
	const char *event = view_text(record, "event");

	return strcmp(view_text(record, "agent"), agent) == 0 &&
	       (strcmp(event, "auth") == 0 || strcmp(event, "account") == 0 ||
		strcmp(event, "session-open") == 0);
}

json_t *last_refusal(const struct ctl *ctl, const char *agent)
{
	char *text = ctl->logdir ? read_end(ctl->logdir, ctl->paths.owner) : NULL, *save;
	json_t *last = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		/* Only a line that has the name in it is worth being parsed. */
		json_t *record = strstr(line, agent) ? json_loads(line, 0, NULL) : NULL;

		if (record && is_login_of(record, agent)) {
			json_decref(last);
			last = json_incref(record);
		}
		json_decref(record);
	}
	free(text);
	if (last && strcmp(view_text(last, "result"), "denied") == 0)
		return last;
	json_decref(last);
	return NULL;
}

/* AA_REASON_COUNT: a word that this version does not know. */
static enum aa_reason reason_of(const json_t *record)
{
	const char *name = view_text(record, "reason");
	int i = 0;

	while (i < AA_REASON_COUNT && strcmp(aa_reason_name((enum aa_reason)i), name) != 0)
		i++;
	return (enum aa_reason)i;
}

char *last_refusal_text(const json_t *record)
{
	enum aa_reason reason = reason_of(record);
	char from[SHOWN_SIZE], claim[SHOWN_SIZE];

	(void)aa_shown_text(from, sizeof(from), view_text(record, "rhost"));
	(void)aa_shown_text(claim, sizeof(claim), view_text(record, "claim"));
	return xasprintf("%.19sZ, %s%s%s: %s (%s%s%s)", view_text(record, "time"),
			 view_text(record, "service"), *from ? " from " : "", from,
			 reason < AA_REASON_COUNT ? aa_reason_sentence(reason)
						  : "a reason that this version does not know",
			 view_text(record, "reason"), *claim ? ", claim " : "", claim);
}

/* rhost is a name where sshd looks names up, and then whoever has the address has chosen the text. */
static bool is_address(const char *text)
{
	char why[256];

	return check_network(text, why, sizeof(why));
}

static bool is_service(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_")];
}

/* A cure is `before` alone; or, where there is an `after`, `before`, the agent's name and `after`. Behind these stands the
 * record's `member` where it is what `is_safe` admits, since a person pastes the line into a root shell, and `otherwise`
 * where it is not. */
static const struct cure {
	enum aa_reason reason;
	const char *before, *after, *member;
	bool (*is_safe)(const char *text);
	const char *otherwise;
} cures[] = {
    {AA_AGENT_SUSPENDED, .before = "agentauthctl resume ", .after = ""},
    {AA_AGENT_EXPIRED, .before = "agentauthctl set ", .after = " --expires never"},
    {AA_SOURCE_DENIED, .before = "agentauthctl set ", .after = " --source ", .member = "rhost",
     .is_safe = is_address, .otherwise = "CIDR, the network that it comes from"},
    {AA_SERVICE_DENIED, .before = "agentauthctl set ", .after = " --role ROLE, a role that has the service ",
     .member = "service", .is_safe = is_service, .otherwise = "that it asks for"},
    {AA_ROLE_DENIED, .before = "agentauthctl set ",
     .after = " --role ROLE, or have the agent ask for a role that it has"},
    {AA_UNKNOWN_KEY, .before = "agentauthctl set ",
     .after = " --key KEY, the line that agentauth keygen printed there"},
    {AA_NO_CREDENTIAL, .before = "agentauthctl set ",
     .after = " --key KEY, the line that agentauth keygen printed there"},
    {AA_KEY_EXPIRED, .before = "agentauthctl rotate ",
     .after = " --key KEY, the line that agentauth keygen prints for a new key"},
    {AA_REVOKED, .before = "agentauthctl revoke --list shows what is revoked, and --undo takes it back"},
    {AA_WRONG_AUDIENCE,
     .before =
	 "have the same text in host.audience of agentauth.conf and in audiences of the agent's profile"},
    {AA_EXPIRED, .before = "compare date -u here and on the agent's machine"},
    {AA_NOT_YET_VALID, .before = "compare date -u here and on the agent's machine"},
    {AA_SESSION_LIMIT, .before = "agentauthctl session kill --agent ",
     .after = " ends the sessions that agentauthctl session list shows"},
    {AA_RATE_LIMITED, .before = "wait a minute, and mend what failed before"},
};

static const char *behind(const struct cure *c, const json_t *record)
{
	if (!c->member)
		return "";
	return c->is_safe(view_text(record, c->member)) ? view_text(record, c->member) : c->otherwise;
}

char *last_refusal_cure(const json_t *record)
{
	enum aa_reason reason = reason_of(record);

	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++) {
		const struct cure *c = &cures[i];

		if (c->reason == reason)
			return xasprintf("%s%s%s%s", c->before, c->after ? view_text(record, "agent") : "",
					 c->after ? c->after : "", behind(c, record));
	}
	return NULL;
}
