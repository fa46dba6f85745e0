/* SPDX-License-Identifier: Apache-2.0 */
/* audit_filters.c: reads which records are asked for. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/number.h"
#include "common/text/utc.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/guess.h"

enum ctl_status audit_open(struct ctl *ctl, struct log_files *files)
{
	memset(files, 0, sizeof(*files));
	if (!ctl->logdir)
		return ctl_usage(ctl,
				 "with --statedir the log is no longer this host's: say which by --logdir");
	if (!log_files_open(ctl->logdir, ctl->paths.owner, &ctl->problems, files))
		return CTL_FAILED;
	if (files->n == 0)
		return ctl_fail(ctl,
				"there is no audit log in %s yet: the first login, sudo or change writes it",
				ctl->logdir);
	return CTL_DONE;
}

/* Reads HH:MM and HH:MM:SS, of the day that `text` begins with, or of today. */
static bool parse_clock(const char *text, int64_t now, int64_t *ret)
{
	char whole[AA_UTC_SIZE + 16], today[AA_UTC_SIZE];
	const char *clock = strchr(text, 'T');
	size_t len;

	if (!clock)
		clock = strchr(text, ' ');
	aa_utc_print(now, today);
	len = strlen(clock ? clock + 1 : text);
	if ((len != 5 && len != 8) || (clock && clock - text != 10))
		return false;
	(void)snprintf(whole, sizeof(whole), "%.10sT%.8s%sZ", clock ? text : today, clock ? clock + 1 : text,
		       len == 5 ? ":00" : "");
	return aa_utc_parse(whole, ret);
}

enum ctl_status audit_time(struct ctl *ctl, const struct arguments *arguments, const char *option,
			   int64_t *ret)
{
	const char *text = arguments_value(arguments, option);

	*ret = 0;
	if (!text || parse_clock(text, ctl->now, ret) || aa_utc_parse_ago(text, ctl->now, ret))
		return CTL_DONE;
	return ctl_usage(
	    ctl,
	    "--%s is a time in UTC (14:02, 2027-01-15, 2027-01-15T14:02) or how long ago (30m, 12h, "
	    "7d); got %s",
	    option, quoted(text));
}

enum ctl_status audit_times(struct ctl *ctl, const struct arguments *arguments, struct log_query *ret)
{
	enum ctl_status status = audit_time(ctl, arguments, "since", &ret->since);

	if (status == CTL_DONE)
		status = audit_time(ctl, arguments, "until", &ret->until);
	if (status == CTL_DONE && ret->since && ret->until && ret->until <= ret->since)
		return ctl_usage(ctl, "--until is not later than --since, so that nothing is between them");
	return status;
}

/* A reason that there is not finds nothing, which would read like good news. */
static enum ctl_status check_reason(struct ctl *ctl, const char *name)
{
	struct guess guess = {name, NULL, 0};

	for (int i = 0; name && i < AA_REASON_COUNT; i++) {
		if (strcmp(aa_reason_name((enum aa_reason)i), name) == 0)
			return CTL_DONE;
		guess_try(&guess, aa_reason_name((enum aa_reason)i));
	}
	if (!name)
		return CTL_DONE;
	return ctl_usage(ctl, "there is no reason %s%s; agentauth-audit(5) has all of them", quoted(name),
			 guess_asked(&guess, ""));
}

enum ctl_status audit_filters(struct ctl *ctl, const struct arguments *arguments, struct log_query *ret)
{
	static const char *const members[] = {"agent",	 "event",  "result", "reason",
					      "service", "issuer", "jti",    "kid"};
	const char *uid = arguments_value(arguments, "uid");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		log_query_add(ret, members[i], arguments_value(arguments, members[i]));
	ret->user = arguments_value(arguments, "user");
	ret->command = arguments_value(arguments, "command");
	ret->session = arguments_value(arguments, "session");
	if (uid && !aa_number_parse(uid, 1, UINT32_MAX, &ret->uid))
		return ctl_usage(ctl, "--uid is a number, not %s; --agent takes a name", quoted(uid));
	return check_reason(ctl, arguments_value(arguments, "reason"));
}
