/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_login.h: whether a login through this host's sshd is decided by pam_agentauth.so, whatever the method.
 */
#ifndef AGENTAUTH_HOST_SSHD_LOGIN_H
#define AGENTAUTH_HOST_SSHD_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/host/pam_stack.h"
#include "tools/host/sshd_process.h"

struct aa_sshd_paths {
	const char *config; /* sshd_config */
	/* by the command line, which comes first; NULL: nothing is known of it */
	const struct aa_sshd_process_told *told;
	struct aa_pam_dirs pam;
};

/* Says whether UsePAM is on, and the stack of each PAM service that sshd is told to use asks the module in account
 * and session: a login by public key comes to no other phase. false: it is not so, or cannot be told, and the
 * sentence in `why` says why. */
bool aa_sshd_login_is_decided(const struct aa_sshd_paths *paths, char *why, size_t size);

#endif
