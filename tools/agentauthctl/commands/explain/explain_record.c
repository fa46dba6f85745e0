/* SPDX-License-Identifier: Apache-2.0 */
/* explain_record.c: finds the record in the audit log that is to be explained. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_chain.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/explain/explain.h"

static FILE *open_log(struct ctl *ctl, const char *name)
{
	char *path = xasprintf("%s/%s", ctl->logdir, name);
	size_t size;
	FILE *log = NULL;
	int fd, r = aa_trusted_open(AT_FDCWD, path, ctl->paths.owner, &fd, &size);

	if (r == 0) {
		log = fdopen(fd, "r");
		if (!log)
			close(fd);
	} else if (r != -ENOENT) {
		ctl_error(ctl, "%s cannot be read: %s", path,
			  r == -EPERM ? "others could have written it" : strerror(-r));
	}
	free(path);
	return log;
}

static bool is_wanted(const json_t *record, int64_t seq, const char *agent)
{
	if (seq)
		return view_number(record, "seq") == seq;
	return strcmp(view_text(record, "agent"), agent) == 0 &&
	       strcmp(view_text(record, "result"), "denied") == 0;
}

/* Finds the last record that is wanted. Only a line that has the text in it is worth parsing. */
static json_t *find_in(FILE *log, const char *has, int64_t seq, const char *agent)
{
	json_t *found = NULL, *record;
	size_t cap = 0;
	char *line = NULL;

	while (getline(&line, &cap, log) > 0) {
		record = strstr(line, has) ? json_loads(line, 0, NULL) : NULL;
		if (record && is_wanted(record, seq, agent)) {
			json_decref(found);
			found = json_incref(record);
		}
		json_decref(record);
		if (found && seq)
			break;
	}
	free(line);
	return found;
}

json_t *explain_record(struct ctl *ctl, int64_t seq, const char *agent)
{
	static const char *const names[] = {AA_AUDIT_LOG, AA_AUDIT_LOG ".1"};
	char *has = seq ? xasprintf("\"seq\":%lld", (long long)seq) : xasprintf("\"%s\"", agent);
	json_t *found = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !found && ctl->logdir; i++) {
		FILE *log = open_log(ctl, names[i]);

		if (!log)
			continue;
		found = find_in(log, has, seq, agent);
		(void)fclose(log);
	}
	free(has);
	return found;
}
