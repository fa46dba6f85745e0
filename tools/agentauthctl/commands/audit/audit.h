/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h: the parts of agentauthctl audit: what the log says, and whether it can be believed. */
#ifndef AGENTAUTHCTL_AUDIT_H
#define AGENTAUTHCTL_AUDIT_H

#include "tools/agentauthctl/audit/log_files.h"
#include "tools/agentauthctl/audit/log_follow.h"
#include "tools/agentauthctl/audit/log_query.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/cli/progress.h"

extern const struct command audit_show, audit_tail, audit_report, audit_verify, audit_seal, audit_export,
    audit_index;

/* Opens the log of decisions, with its index where it is asked and not proved, or that of programs; CTL_FAILED: reported. log_files_close() in any case. */
enum ctl_status audit_open(struct ctl *ctl, const struct log_name *log, bool by_index,
			   struct log_files *files);
/* Says that no folder of logs is known. */
enum ctl_status audit_no_logdir(struct ctl *ctl);
/* Warns where a log does not go on as it was when it was read last. */
void audit_tell_faults(struct ctl *ctl, const struct aa_audit_walk *walk);
/* Has the index go on with at most `most` of its segments, and makes its folder. Returns how many were written, or a
 * negative errno. */
int audit_index_more(struct ctl *ctl, size_t most, struct progress *progress);

/* The options that say which records are asked for. */
#define AUDIT_FILTERS \
	{"agent", "NAME", "of this agent", 0, NULL}, {"uid", "UID", "of this uid", 0, NULL}, \
	    {"user", "USER", "on behalf of this user, or done by this person", 0, NULL}, \
	    {"event", "EVENT", "auth, session-open, sudo, approval, admin, …", 0, NULL}, \
	    {"result", "ok|denied|error", "with this result", 0, NULL}, \
	    {"reason", "REASON", "with this reason, \"expired\"", 0, NULL}, \
	    {"service", "SERVICE", "of this service, \"sshd\"", 0, NULL}, \
	    {"session", "ID", "of this session; its first eight digits are enough", 0, NULL}, \
	    {"issuer", "ISSUER", "with a token of this issuer", 0, NULL}, \
	    {"jti", "JTI", "with this credential", 0, NULL}, {"kid", "KID", "with this key", 0, NULL}, \
	{ \
		"command", "TEXT", "whose command has this text in it", 0, NULL \
	}

/* The options that say of which time. */
#define AUDIT_TIMES \
	{"since", "TIME", "from this time on: 14:02, yesterday, 2027-01-15, 7d (ago)", 0, NULL}, \
	{ \
		"until", "TIME", "before this time", 0, NULL \
	}

/* Reads those options. CTL_USAGE: reported. log_query_free() in any case. */
enum ctl_status audit_filters(struct ctl *ctl, const struct arguments *arguments, struct log_query *ret);
enum ctl_status audit_times(struct ctl *ctl, const struct arguments *arguments, struct log_query *ret);
/* Reads the option's time: 14:02 (of today), 2027-01-15T14:02, and what --before of revoke takes. 0: it is not given. */
enum ctl_status audit_time(struct ctl *ctl, const struct arguments *arguments, const char *option,
			   int64_t *ret);

/* Returns the record as a line for people, without a line feed; with `why` the reason's sentence stands below it. The caller
 * frees. */
char *audit_text(const json_t *record, bool why);

#endif
