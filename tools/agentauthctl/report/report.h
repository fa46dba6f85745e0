/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: what a report of the audit log says, once the log is read: gather.h makes it, text.h, json.h and page.h write it.
 *
 * It takes memory for agents and for spans of time, whatever the number of records: beyond a limit, names are counted
 * together, and sessions are drawn together. */
#ifndef AGENTAUTHCTL_REPORT_H
#define AGENTAUTHCTL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/report/tally.h"

#define REPORT_DAY 86400
#define REPORT_SLOTS 336   /* parts of the span, in which what an agent did is drawn */
#define REPORT_BARS_MAX 64 /* of logins over time */
#define REPORT_KEPT 240	   /* sessions of an agent that are kept one by one */
#define REPORT_AGENTS 4096
#define REPORT_NAMES 2000 /* persons, roles, commands, … that are told apart */
#define REPORT_SOURCES 64 /* addresses of an agent */
#define REPORT_ID 8	  /* digits of a session's id that are shown */

/* These are counted of an agent, a person, a role; the last two, of before the span, tell what is new in it. */
enum report_n { N_SESSIONS, N_RAN, N_ASKED, N_REFUSED, N_SESSIONS_BEFORE, N_RAN_BEFORE };

/* These are counted of those who answer requests. */
enum report_answer { N_APPROVED, N_DENIED };

struct report_session {
	char id[REPORT_ID + 1];
	int64_t start, end;
	enum report_how {
		SESSION_CLOSED,
		SESSION_LIVE,
		SESSION_LOST
	} how;		   /* SESSION_LOST: its end is not in the log */
	bool began_before; /* the span */
	uint64_t ran, refused;
};

/* Many refusals within a short time. */
struct report_burst {
	int64_t begin, last;
	uint64_t n;
	char reason[32];
};

struct report_agent {
	const char *name; /* of report.agents */
	uint64_t n[TALLY_COUNTS], approvals;
	struct report_session *sessions; /* in the order of their ends */
	size_t n_sessions, cap;
	uint64_t more_sessions; /* that are not kept */
	uint64_t doings;	/* all that it did in the span; 0: it is known from before only */
	int64_t busy;		/* seconds in sessions */
	/* Each has REPORT_SLOTS; `open` is the number of sessions that touch the slot. */
	uint32_t *ran, *refused, *asked, *requests, *open;
	struct tally sources; /* N_SESSIONS, N_SESSIONS_BEFORE */
	uint32_t hours[24];   /* at which sessions began before the span, in UTC */
	int64_t odd_hour;     /* when a session began at an hour that is none of these; 0: none did */
	uint64_t odd_hours;
	struct report_burst burst, worst;
	int64_t first, last; /* of all that was read */
};

struct report_finding {
	enum report_weight { FINDING_NOW, FINDING_LOOK, FINDING_TIDY } weight;
	const char *kind; /* a word for programs */
	char *title, *detail, *command;
};

struct report_approvals {
	uint64_t asked, approved, denied, timeout, withdrawn, refused;
	uint32_t *waits; /* seconds until a person answered, sorted */
	size_t n_waits, cap;
	struct tally by; /* enum report_answer */
};

/* ---- what the host knows beside its log ------------------------------------- */

struct report_known {
	char *name, *roles; /* "a b" */
	bool active, may_sudo;
	int64_t since, last_login, last_sudo; /* 0: never */
};

struct report_key {
	char *agent, *kid;
	int64_t since, last_use;
};

struct report_role {
	char *name;
	bool sudo;   /* it has rules for sudo */
	size_t held; /* by so many agents */
};

struct report_live {
	char *id, *agent, *from, *user, *roles;
	int64_t opened, deadline;
};

/* The caller fills and frees these. `registry` false: it could not be read, and nothing is said of what is unused. */
struct report_facts {
	const char *host;
	bool registry;
	struct report_known *known;
	size_t n_known, cap_known;
	struct report_key *keys;
	size_t n_keys, cap_keys;
	struct report_role *roles;
	size_t n_roles, cap_roles;
	struct report_live *live;
	size_t n_live, cap_live;
	uint64_t head_seq; /* of audit.head, read before the log; 0: there is none */
	char head_hash[65];
	bool sealed;
	uint64_t sealed_seq;
	char sealed_hash[65], sealed_time[32];
};

/* The log says this of itself, or of the log of programs, within the span. */
struct report_said {
	uint64_t times, lines; /* lines 0: not known */
	int64_t first;
};

/* ---- all of it ---------------------------------------------------------------- */

struct report {
	const struct report_facts *facts;
	int64_t since, until, now;
	int64_t first,
	    last;	  /* times of the first and the last record that was read; first 0: there is none */
	uint64_t records; /* in the span */
	uint64_t read, invalid, later; /* lines that were read; that are no records; of a time behind `now` */
	uint64_t clock_back, admin;
	int64_t clock_back_at;
	struct report_said gone, unwritten; /* lines that were there; that the log could not take */
	struct report_said programs;	    /* that were not recorded */

	/* The chain, as far as lines were read. */
	uint64_t faults, fault_line, first_seq, last_seq;
	const char *fault_file;
	bool seal_fits, seal_differs;

	uint64_t n[TALLY_COUNTS], failed; /* commands that ended with another status than 0 */
	struct tally agents;
	struct report_agent *v; /* as many as agents.n, in the order of what they did */
	size_t cap, n_active;	/* those of the span come first */
	struct tally users, roles, reasons, commands;
	int64_t bar,
	    bars_from; /* seconds of one; when the first begins, a round time at or before the span */
	size_t n_bars;
	uint64_t logins[REPORT_BARS_MAX], denials[REPORT_BARS_MAX];
	struct report_approvals approvals;
	struct report_finding *findings;
	size_t n_findings, cap_findings;
	struct report_known **idle;  /* agents that nobody uses, and … */
	struct report_known **sober; /* that use no sudo */
	struct report_key **stale;   /* keys that nobody uses */
	size_t n_idle, cap_idle, n_sober, cap_sober, n_stale, cap_stale;
};

void report_free(struct report *report); /* gather.c */

#endif
