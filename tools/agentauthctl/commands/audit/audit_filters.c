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

enum ctl_status audit_no_logdir(struct ctl *ctl)
{
	return ctl_usage(ctl, "with --statedir the log is no longer this host's: say which by --logdir");
}

enum ctl_status audit_open(struct ctl *ctl, const struct log_name *log, bool by_index,
			   struct log_files *files)
{
	*files = (struct log_files){.index_fd = -1};
	if (!ctl->logdir)
		return audit_no_logdir(ctl);
	if (!log_files_open(ctl->logdir, log, ctl->paths.owner, &ctl->problems, by_index, files))
		return CTL_FAILED;
	if (files->n == 0 && log == &log_programs)
		return ctl_fail(ctl, "there is no log of programs in %s yet: agentauthctl record writes it",
				ctl->logdir);
	if (files->n == 0)
		return ctl_fail(ctl,
				"there is no audit log in %s yet: the first login, sudo or change writes it",
				ctl->logdir);
	return CTL_DONE;
}

void audit_tell_faults(struct ctl *ctl, const struct aa_audit_walk *walk)
{
	if (walk->n_faults)
		ctl_warning(ctl,
			    "the audit log does not go on as it was when it was read last (%s, seq %llu): "
			    "agentauthctl audit verify says where",
			    log_fault_name(walk->faults[0].kind), (unsigned long long)walk->faults[0].seq);
}

/* Reads the day that a time begins with: 2027-01-15, today, yesterday. Returns what is behind it; NULL: no day. */
static const char *take_day(const char *text, int64_t now, char day[11])
{
	char whole[AA_UTC_SIZE];
	size_t len = strcspn(text, "T ");
	bool today = strncmp(text, "today", len) == 0, yesterday = strncmp(text, "yesterday", len) == 0;

	if (len == 10 && text[4] == '-') {
		(void)snprintf(day, 11, "%.10s", text);
	} else if ((len == 5 && today) || (len == 9 && yesterday)) {
		aa_utc_print(today ? now : now - 86400, whole);
		(void)snprintf(day, 11, "%.10s", whole);
	} else {
		return NULL;
	}
	return text + len;
}

/* Reads a day, a time of day of today, or both with "T" or a blank between; a "Z" may be at the end. */
static bool parse_moment(const char *text, int64_t now, int64_t *ret)
{
	char whole[AA_UTC_SIZE], day[11];
	const char *clock = take_day(text, now, day);
	size_t len;

	if (!clock) {
		(void)take_day("today", now, day);
		clock = text;
	} else if (!*clock) {
		clock = "00:00";
	} else {
		clock++;
	}
	len = strcspn(clock, "Z");
	if ((len != 5 && len != 8) || strspn(clock + len, "Z") != strlen(clock + len) ||
	    strlen(clock + len) > 1)
		return false;
	(void)snprintf(whole, sizeof(whole), "%.10sT%.*s%sZ", day, (int)len, clock, len == 5 ? ":00" : "");
	return aa_utc_parse(whole, ret);
}

enum ctl_status audit_time(struct ctl *ctl, const struct arguments *arguments, const char *option,
			   int64_t *ret)
{
	const char *text = arguments_value(arguments, option);
	char now[AA_UTC_SIZE];

	*ret = 0;
	if (!text)
		return CTL_DONE;
	if (!parse_moment(text, ctl->now, ret) && !aa_utc_parse_ago(text, ctl->now, ret))
		return ctl_usage(
		    ctl,
		    "--%s is a time in UTC (14:02, yesterday, 2027-01-15, 2027-01-15T14:02) or how "
		    "long ago (30m, 12h, 7d); got %s",
		    option, quoted(text));
	aa_utc_print(ctl->now, now);
	if (*ret > ctl->now && strcmp(option, "until") != 0)
		return ctl_usage(ctl,
				 "--%s %s is still to come: times are in UTC, and there it is %.16sZ now",
				 option, text, now);
	return CTL_DONE;
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

/* Both give the words that there are, and NULL behind the last. */
static const char *nth_reason(size_t n)
{
	return n < AA_REASON_COUNT ? aa_reason_name((enum aa_reason)n) : NULL;
}

static const char *nth_event(size_t n)
{
	static const char *const events[] = {
#define EVENT(event, ...) event,
#include "tools/agentauthctl/commands/audit/export.def"
	};

	return n < sizeof(events) / sizeof(events[0]) ? events[n] : NULL;
}

/* A word that there is not finds nothing, which would read like good news. */
static enum ctl_status check_word(struct ctl *ctl, const char *option, const char *word,
				  const char *(*nth)(size_t))
{
	struct guess guess = {word, NULL, 0};

	for (size_t i = 0; word && nth(i); i++) {
		if (strcmp(nth(i), word) == 0)
			return CTL_DONE;
		guess_try(&guess, nth(i));
	}
	if (!word)
		return CTL_DONE;
	return ctl_usage(ctl, "there is no %s %s%s; agentauth-audit(5) has all of them", option, quoted(word),
			 guess_asked(&guess, ""));
}

static enum ctl_status check_result(struct ctl *ctl, const char *name)
{
	static const char *const results[] = {"ok", "denied", "error"};
	struct guess guess = {name, NULL, 0};

	for (size_t i = 0; name && i < sizeof(results) / sizeof(results[0]); i++) {
		if (strcmp(results[i], name) == 0)
			return CTL_DONE;
		guess_try(&guess, results[i]);
	}
	return name ? ctl_usage(ctl, "--result is ok, denied or error, not %s%s", quoted(name),
				guess_asked(&guess, ""))
		    : CTL_DONE;
}

enum ctl_status audit_filters(struct ctl *ctl, const struct arguments *arguments, struct log_query *ret)
{
	static const char *const members[] = {"agent",	 "event",  "result", "reason",
					      "service", "issuer", "jti",    "kid"};
	const char *uid = arguments_value(arguments, "uid");
	enum ctl_status status = check_result(ctl, arguments_value(arguments, "result"));
	int64_t number;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		log_query_add(ret, members[i], LOG_EQUALS, arguments_value(arguments, members[i]));
	log_query_add(ret, "command", LOG_HAS, arguments_value(arguments, "command"));
	log_query_add(ret, "session", LOG_BEGINS, arguments_value(arguments, "session"));
	log_query_add_user(ret, arguments_value(arguments, "user"));
	if (status != CTL_DONE)
		return status;
	if (uid && !aa_number_parse(uid, 1, UINT32_MAX, &number))
		return ctl_usage(ctl, "--uid is a number, not %s; --agent takes a name", quoted(uid));
	if (uid)
		log_query_add_number(ret, "uid", number);
	status = check_word(ctl, "event", arguments_value(arguments, "event"), nth_event);
	return status == CTL_DONE
		   ? check_word(ctl, "reason", arguments_value(arguments, "reason"), nth_reason)
		   : status;
}
