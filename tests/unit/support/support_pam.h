/* SPDX-License-Identifier: Apache-2.0 */
/* support_pam.h: the built module behind libpam, without root: a site, service files of its own, a scripted conversation.
 *
 * The program that links this and support_users.c gives the module its users: the module resolves getpwnam_r and getpwuid_r
 * there before libc's.
 * Services (each with statedir=, rundir= and logdir= of the site): sshd, login, su, sudo, and those that a test writes.
 */
#ifndef AGENTAUTH_TESTS_SUPPORT_PAM_H
#define AGENTAUTH_TESTS_SUPPORT_PAM_H

#include <stdbool.h>
#include <stdint.h>

#include <security/pam_appl.h>

#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_users.h"

#define SUPPORT_PROMPT_MAX 1200

struct support_pam {
	struct support_site *site;
	char confdir[256];
	int64_t now;
	pam_handle_t *pamh;
	int last; /* what the last phase said */

	/* The conversation answers with these, in turn; when they are used up, with the last one again. NULL is no answer. */
	const char *const *answers;
	size_t n_answers;
	int conv_err;			 /* given instead of an answer, unless it is PAM_SUCCESS */
	unsigned asked;			 /* how often it was called */
	unsigned errors;		 /* how often it was told an error */
	char prompt[SUPPORT_PROMPT_MAX]; /* the last one */
	char *(*answer)(struct support_pam *p, unsigned n); /* instead of `answers`, where it is set */
	char masked[32768]; /* for `answer`: of a credential that must stand nowhere in memory */
	size_t masked_len;
};

struct support_pam *support_pam_new(void);
void support_pam_free(struct support_pam *p);

/* A service whose stacks hold the module with these further arguments, and after it, in auth, `behind` (NULL: nothing). */
void support_pam_service(struct support_pam *p, const char *service, const char *args, const char *before,
			 const char *behind);

/* A new handle; the one before is ended. user NULL: none is given. PAM_RHOST is 10.1.2.3, for sshd and login. */
void support_pam_start(struct support_pam *p, const char *service, const char *user);
void support_pam_end(struct support_pam *p);
/* The conversation's answer from now on: this text. */
void support_pam_say(struct support_pam *p, const char *answer);

/* The last line of the audit log; NULL: it is empty. And how many there are. */
json_t *support_pam_log(const struct support_pam *p);
unsigned support_pam_lines(const struct support_pam *p);
/* The reason of the last line, "" where there is none. Good until the next call. */
const char *support_pam_reason(const struct support_pam *p);

#endif
