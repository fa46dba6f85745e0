/* SPDX-License-Identifier: Apache-2.0 */
/* described.h: what sudo's front end tells a plugin of a command, sudo_plugin(5), as struct aa_sudo holds it. */
#ifndef AGENTAUTH_SUDO_DESCRIBED_H
#define AGENTAUTH_SUDO_DESCRIBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sudo_plugin.h>

#include "common/state/audit_record.h"

#define AA_SUDO_LINE_MAX 4096

/* One sudo, as its front end describes it. Strings are borrowed from it. */
struct aa_sudo {
	const char *statedir, *rundir, *logdir;
	const char *hook; /* the program that a request runs; NULL: none */
	bool looks;	  /* this process forks the command: the child looks again first */
	uint32_t uid;	  /* of the caller */
	bool must_wait;	  /* no rule of sudoers has let this command pass: an approval rule must name it */
	bool logged;	  /* by the PAM module, which let it pass */
	bool within;	  /* a command of this sudo's has started it */
	bool audited;	  /* the audit plugin records what sudo does */
	const char *user, *host, *cwd, *tty;
	const char *command;   /* resolved */
	char target[256];      /* the user it runs as; "#UID" where the name is not known */
	char group[256];       /* in the same way; "": the target's own */
	const char *chroot;    /* NULL: none */
	const char *recording; /* of what the command shows; NULL: none */
	char *const *argv;
	void (*say)(void *data, const char *text); /* to the agent */
	void *say_data;
};

/* Answers sudo -V with the plugin's words, of told.h, and the version. */
int aa_described_version(sudo_printf_t print, const char *words);

/* Finds the value of NAME= in one of sudo's lists, which may be NULL. NULL: it is not there. */
const char *aa_described_value(char *const list[], const char *name);

/* Sets who calls, and this installation's paths. False: sudo did not say it. */
bool aa_described_caller(struct aa_sudo *sudo, char *const user_info[]);

/* Sets what is to run, where, and as whom, of what is known. False: the command or the user is not. */
bool aa_described_command(struct aa_sudo *sudo, char *const command_info[], char *const argv[]);

/* Writes the command line as one text, for the log and for tables: it names this argv and no other. Its length,
 * uncut. */
size_t aa_described_line(const struct aa_sudo *sudo, char *ret, size_t cap);

/* The texts of a command for the log, in memory of their own. */
struct aa_described {
	char line[AA_SUDO_LINE_MAX], runas[514];
};
/* Gives the record's part on the command, which points into `texts` and into `sudo`. */
struct aa_audit_command aa_described_record(const struct aa_sudo *sudo, struct aa_described *texts);

#endif
