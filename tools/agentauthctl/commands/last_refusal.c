/* SPDX-License-Identifier: Apache-2.0 */
/* last_refusal.c reads the end of the audit log for one agent. */
#include "config.h"

#include "common/text/shown.h"
#include "tools/agentauthctl/commands/last_refusal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_chain.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/cure.h"

#define SHOWN_SIZE 512
#define LOOKED_AT 262144 /* bytes at the log's end: a few hundred logins */

/* read_end() returns the last bytes of the log, from the beginning of a line; the caller frees. */
static char *read_end(const char *logdir, uid_t owner)
{
	char *path = xasprintf("%s/" AA_AUDIT_LOG, logdir), *text = NULL;
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

enum aa_reason last_refusal_reason(const json_t *record)
{
	return aa_reason_named(view_text(record, "reason"));
}

char *last_refusal_text(const json_t *record)
{
	enum aa_reason reason = last_refusal_reason(record);
	char from[SHOWN_SIZE], claim[SHOWN_SIZE];

	(void)aa_shown_text(from, sizeof(from), view_text(record, "rhost"));
	(void)aa_shown_text(claim, sizeof(claim), view_text(record, "claim"));
	return xasprintf("%.19sZ, %s%s%s: %s (%s%s%s)", view_text(record, "time"),
			 view_text(record, "service"), *from ? " from " : "", from,
			 reason < AA_REASON_COUNT ? aa_reason_sentence(reason)
						  : "a reason that this version does not know",
			 view_text(record, "reason"), *claim ? ", claim " : "", claim);
}

static const char *text_or_null(const json_t *record, const char *member)
{
	const char *text = view_text(record, member);

	return *text ? text : NULL;
}

char *last_refusal_cure(const json_t *record)
{
	const struct cure_facts facts = {.agent = view_text(record, "agent"),
					 .from = text_or_null(record, "rhost"),
					 .service = view_text(record, "service"),
					 .issuer = text_or_null(record, "issuer"),
					 .claim = text_or_null(record, "claim"),
					 .user = text_or_null(record, "on_behalf_of")};

	return cure_text(last_refusal_reason(record), &facts);
}
