/* SPDX-License-Identifier: Apache-2.0 */
/* sudo_rule.h: "(RUNAS) /path arguments", a rule of a role's: its form, its pieces, and the commands that it covers. */
#ifndef AGENTAUTH_VERIFY_SUDO_RULE_H
#define AGENTAUTH_VERIFY_SUDO_RULE_H

#include <stdbool.h>
#include <stddef.h>

#define AA_SUDO_RULE_MAX 1000 /* bytes */

/* Beside accounts.cdb, in each generation, a role's rules as JSON, {"role", "sudo": […], "approval": […], "max_sudo"}:
 * STATEDIR/current/ with the role's name behind this. The file is the role's group's to read, so that the kernel shows a session the rules of
 * the roles that it has, and of no other. It informs an agent, and nothing is decided by it. */
#define AA_ROLE_RULES_FILE "rules."

/* The pieces of a rule, as they are written; they point into its text. */
struct aa_sudo_rule {
	const char *runas; /* between the brackets */
	size_t runas_len;
	const char *path; /* with its backslashes; to the end of the text it is the whole command */
	size_t path_len;
	const char *arguments; /* "": there are none, so that any are allowed */
};

/* Why a text is no rule. */
enum aa_sudo_fault {
	AA_SUDO_FINE,
	AA_SUDO_NO_RUNAS,	 /* it does not begin with (…) */
	AA_SUDO_NOBODY,		 /* (…) names no user */
	AA_SUDO_RUNAS_CHARACTER, /* (…) holds what is no part of a name */
	AA_SUDO_TOO_LONG,
	AA_SUDO_TAG,	   /* NOPASSWD: and its like */
	AA_SUDO_ALL,	   /* the command ALL */
	AA_SUDO_NO_PATH,   /* the command is no absolute path */
	AA_SUDO_BACKSLASH, /* at the end: it would join the rule with the next line of sudoers */
	/* these end a command in sudoers, unless there is a backslash before them */
	AA_SUDO_COMMA,
	AA_SUDO_COLON,
	AA_SUDO_EQUALS,
	AA_SUDO_HASH,
	/* what sudo reads otherwise than the approval plugin: no fault of a rule that does not wait for a person */
	AA_SUDO_BY_NUMBER, /* #uid, %group or :group in (…) */
	AA_SUDO_DIRECTORY, /* the path is a directory */
	AA_SUDO_ESCAPED,   /* the path has a backslash */
	AA_SUDO_BLANKS,	   /* two together, or one at the end */
};

/* Checks a text: AA_SUDO_FINE, or its fault. */
enum aa_sudo_fault aa_sudo_rule_check(const char *text);
/* Checks a rule that waits for a person, which also has to be clear. */
enum aa_sudo_fault aa_sudo_rule_check_clear(const char *text);
/* Takes a text apart. False: it has no such pieces; more is not checked. */
bool aa_sudo_rule_parse(const char *text, struct aa_sudo_rule *ret);

/* Says whether the rule covers a command that sudo has granted. Where that cannot be told it does, and a person
 * looks. It covers rather more than sudoers' matching does: a rule without arguments, or with wildcards in them,
 * covers any arguments; the path is compared as text and as a file. `target`: a name, or "#UID". */
bool aa_sudo_rule_covers(const char *text, const char *target, const char *command, char *const argv[]);

/* Says whether the arguments stand for themselves alone: no wildcard, no regular expression, no quote. Those of a sudo that
 * has neither (sudo-rs) must. */
bool aa_sudo_rule_is_literal(const char *text);
/* Says whether a rule that is clear and literal names this very command: the one user, the path as text, each argument. It is
 * for a command that nobody else has matched with a rule. */
bool aa_sudo_rule_names(const char *text, const char *target, const char *command, char *const argv[]);

/* The first character of `set` that has no backslash before it; NULL: there is none. */
const char *aa_sudo_rule_find_plain(const char *text, const char *set);

#endif
