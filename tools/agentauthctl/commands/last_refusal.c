/* SPDX-License-Identifier: Apache-2.0 */
/* last_refusal.c: the end of the audit log, read for one agent. */
#include "config.h"

#include "tools/agentauthctl/commands/last_refusal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/agent_view.h"

#define LOOKED_AT 262144 /* bytes at the log's end: a few hundred logins */

/* The last bytes of the log, from the beginning of a line; the caller frees. */
static char *read_end(const char *logdir, uid_t owner)
{
	char *path = xasprintf("%s/audit.jsonl", logdir), *text = NULL;
	size_t size, begin;
	ssize_t n = -1;
	int fd;

	if (aa_open_trusted(AT_FDCWD, path, owner, &fd, &size) == 0) {
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
	const char *from = view_text(record, "rhost"), *claim = view_text(record, "claim");
	enum aa_reason reason = reason_of(record);

	return xasprintf("%.19sZ, %s%s%s: %s (%s%s%s)", view_text(record, "time"),
			 view_text(record, "service"), *from ? " from " : "", from,
			 reason < AA_REASON_COUNT ? aa_reason_sentence(reason)
						  : "a reason that this version does not know",
			 view_text(record, "reason"), *claim ? ", claim " : "", claim);
}

/* `before` alone; or, where there is an `after`, with the agent's name between them, and behind them the record's `member`. */
static const struct cure {
	enum aa_reason reason;
	const char *before, *after, *member;
} cures[] = {
    {AA_AGENT_SUSPENDED, "agentauthctl resume ", "", NULL},
    {AA_AGENT_EXPIRED, "agentauthctl set ", " --expires never", NULL},
    {AA_SOURCE_DENIED, "agentauthctl set ", " --source ", "rhost"},
    {AA_SERVICE_DENIED, "agentauthctl set ", " --role ROLE, a role that has the service ", "service"},
    {AA_ROLE_DENIED, "agentauthctl set ", " --role ROLE, or have the agent ask for a role that it has", NULL},
    {AA_UNKNOWN_KEY, "agentauthctl set ", " --key KEY, the line that agentauth keygen printed there", NULL},
    {AA_NO_CREDENTIAL, "agentauthctl set ", " --key KEY, the line that agentauth keygen printed there", NULL},
    {AA_KEY_EXPIRED, "agentauthctl rotate ",
     " --key KEY, the line that agentauth keygen prints for a new key", NULL},
    {AA_REVOKED, "agentauthctl revoke --list shows what is revoked, and --undo takes it back", NULL, NULL},
    {AA_WRONG_AUDIENCE,
     "have the same text in host.audience of agentauth.conf and in audiences of the agent's profile", NULL,
     NULL},
    {AA_EXPIRED, "compare date -u here and on the agent's machine", NULL, NULL},
    {AA_NOT_YET_VALID, "compare date -u here and on the agent's machine", NULL, NULL},
    {AA_SESSION_LIMIT, "agentauthctl session kill --agent ",
     " ends the sessions that agentauthctl session list shows", NULL},
    {AA_RATE_LIMITED, "wait a minute, and mend what failed before", NULL, NULL},
};

char *last_refusal_cure(const json_t *record)
{
	enum aa_reason reason = reason_of(record);

	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++) {
		const struct cure *c = &cures[i];

		if (c->reason == reason)
			return xasprintf("%s%s%s%s", c->before, c->after ? view_text(record, "agent") : "",
					 c->after ? c->after : "",
					 c->member ? view_text(record, c->member) : "");
	}
	return NULL;
}
