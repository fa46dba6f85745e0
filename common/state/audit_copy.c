/* SPDX-License-Identifier: Apache-2.0 */
/* audit_copy.c: the journal or syslog, and Linux audit. */
#include "config.h"

#include "common/state/audit_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <jansson.h>

#include "common/state/journal.h"
#include "common/state/linux_audit.h"

void aa_audit_copy(const char *line, bool written)
{
	int priority = LOG_AUTHPRIV | (written ? LOG_NOTICE : LOG_WARNING);
	json_t *record = json_loads(line, 0, NULL);
	char *message = NULL;
	bool taken = false;

	if (asprintf(&message, "agentauth: %s%s", written ? "" : "not in the audit log: ", line) < 0)
		message = NULL;
	if (record && message)
		taken = aa_journal_send(AA_JOURNAL_FOLDER, 0, priority, message, record);
	if (!taken)
		syslog(priority, "%s", message ? message : line);
#ifdef WITH_LINUX_AUDIT
	if (record)
		(void)aa_linux_audit_send(record);
#endif
	free(message);
	json_decref(record);
}
