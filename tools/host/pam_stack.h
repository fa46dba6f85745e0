/* SPDX-License-Identifier: Apache-2.0 */
/* pam_stack.h: whether a PAM stack of this host surely asks pam_agentauth.so, as Linux-PAM reads it. */
#ifndef AGENTAUTH_HOST_PAM_STACK_H
#define AGENTAUTH_HOST_PAM_STACK_H

#include <limits.h>

#define AA_PAM_MODULE "pam_agentauth.so"

enum aa_pam_phase { AA_PAM_AUTH, AA_PAM_ACCOUNT, AA_PAM_SESSION, AA_PAM_PASSWORD };

/* A stack treats the module in one of these ways; everything but AA_PAM_ASKED is a reason against the stack. */
enum aa_pam_answer {
	AA_PAM_UNREADABLE, /* the stack, or a file that it includes, cannot be read */
	AA_PAM_ABSENT,	   /* no directory has a stack of this name: the stack "other" serves */
	AA_PAM_NOT_NAMED,  /* no line of the phase names the module */
	AA_PAM_PASSED_BY,  /* a line before the module's may end the phase, or skip the module's */
	AA_PAM_NOT_FINAL,  /* the module's line lets a refusal of the module be overruled */
	AA_PAM_NO_MODULE,  /* the line names a file that is not there */
	AA_PAM_ASKED
};

struct aa_pam_dirs {
	const char *const *stacks; /* in the order in which Linux-PAM looks; ends with NULL */
	const char *modules;	   /* where a module lies that is named without a path */
};

/* The line that the answer is about; line 0: the file as a whole. */
struct aa_pam_position {
	char file[PATH_MAX];
	unsigned line;
};

/* Reads a stack up to the first line that names the module, which decides. Lines of other modules count where they
 * may keep the module from being asked: `sufficient`, `success=done`, and jumps that reach over the module's line. */
enum aa_pam_answer aa_pam_stack_asks(const struct aa_pam_dirs *dirs, const char *service,
				     enum aa_pam_phase phase, struct aa_pam_position *ret_position);

/* Says what is wrong, as the end of a sentence whose subject is the line or the file; for people. */
const char *aa_pam_stack_answer_text(enum aa_pam_answer answer);
const char *aa_pam_stack_phase_name(enum aa_pam_phase phase);

/* Cuts the next word off a line; a text in brackets is one word, without them. NULL: there is none. */
char *aa_pam_stack_word(char **text);
/* Gives the longest jump that a control may make. */
unsigned aa_pam_stack_longest_jump(const char *control);

#endif
