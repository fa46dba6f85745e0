/* SPDX-License-Identifier: Apache-2.0 */
/* args.h: the arguments of the module in a stack. */
#ifndef AGENTAUTH_PAM_ARGS_H
#define AGENTAUTH_PAM_ARGS_H

#include <stdbool.h>

struct aa_args {
	const char *statedir, *rundir, *logdir;
	const char *session_services; /* comma-separated */
	const char *bad;	      /* an argument that is not understood: agents are refused. NULL: none */
	bool use_first_pass, try_first_pass, debug;
};

/* Reads the arguments, with defaults for those that are not there. */
void aa_args_read(struct aa_args *ret, int argc, const char **argv);
/* Says whether a live session decides on the service, which is given by its canonical name. */
bool aa_args_session_service(const struct aa_args *args, const char *service);

#endif
