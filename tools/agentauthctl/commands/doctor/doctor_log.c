/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_log.c is doctor --log: problems go to the system's log when they are others than before, and once a day. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/text/number.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/model/slurp.h"

#define LOOK_SECONDS 600
#define REPEAT_SECONDS 86400

/* RUNDIR/doctor says when the problems were logged last, and which they were, a line each. Its time of change is that
 * of the last look. */
static char *memory_file(const struct ctl *ctl)
{
	return xasprintf("%s/doctor", ctl->rundir);
}

bool doctor_has_looked(const struct ctl *ctl)
{
	char *file = memory_file(ctl);
	struct stat st;
	bool lately =
	    lstat(file, &st) == 0 && st.st_mtime <= ctl->now && ctl->now - st.st_mtime < LOOK_SECONDS;

	free(file);
	return lately;
}

static char *list_problems(const struct doctor *d)
{
	struct buffer b = {0};
	const json_t *finding;
	size_t i;

	json_array_foreach(d->findings, i, finding)
	{
		const char *cure = json_string_value(json_object_get(finding, "cure"));

		if (strcmp(json_string_value(json_object_get(finding, "finding")), "problem") == 0)
			buffer_printf(&b, "%s: %s.%s%s\n",
				      json_string_value(json_object_get(finding, "check")),
				      json_string_value(json_object_get(finding, "text")),
				      cure ? " As root: " : "", cure ? cure : "");
	}
	return b.len ? buffer_take(&b) : xstrdup("");
}

/* logged_before() returns when this list was logged, or 0 where it never was, or other problems were. */
static int64_t logged_before(const char *file, const char *list)
{
	char *text = NULL, *rest;
	int64_t when = 0;

	if (slurp(file, &text) == 0 && (rest = strchr(text, '\n'))) {
		*rest++ = '\0';
		if (strcmp(rest, list) != 0 || !aa_number_parse(text, 1, INT64_MAX, &when))
			when = 0;
	}
	free(text);
	return when;
}

static bool had_problems(const char *file)
{
	char *text = NULL, *rest;
	bool had = slurp(file, &text) == 0 && (rest = strchr(text, '\n')) && rest[1];

	free(text);
	return had;
}

static void log_lines(char *list)
{
	char *save;

	for (char *line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		syslog(LOG_AUTHPRIV | LOG_WARNING, "agentauth: doctor: %s", line);
}

static void remember(const char *file, int64_t when, const char *list)
{
	const struct aa_replace how = {.locked = true};
	char *text = xasprintf("%lld\n%s", (long long)when, list);

	/* Without this file the problems are logged again. */
	(void)aa_replace(AT_FDCWD, file, text, strlen(text), &how);
	free(text);
}

void doctor_log(struct doctor *d)
{
	char *file = memory_file(d->ctl), *list = list_problems(d);
	int64_t when = logged_before(file, list), now = d->ctl->now;
	char *copy = xstrdup(list);

	if (when == 0 || when > now || now - when >= REPEAT_SECONDS) {
		when = now;
		if (!*list && had_problems(file))
			syslog(LOG_AUTHPRIV | LOG_NOTICE, "agentauth: doctor: no problem is left");
		log_lines(copy);
	}
	remember(file, when, list);
	free(copy);
	free(list);
	free(file);
}
