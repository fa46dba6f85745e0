/* SPDX-License-Identifier: Apache-2.0 */
/* core.h: the second stage of the module, which is opened for agents alone. It is a whole PAM module of its own, with the
 * phases' own names, and decides everything anew, so that a first stage of another version may stand before it. */
#ifndef AGENTAUTH_PAM_CORE_H
#define AGENTAUTH_PAM_CORE_H

#include <stdbool.h>

#include <security/pam_modules.h>

typedef int aa_phase_function(pam_handle_t *pamh, int flags, int argc, const char **argv);

/* The phases whose refusals are logged come first. */
enum aa_phase {
	AA_PHASE_AUTHENTICATE,
	AA_PHASE_ACCOUNT,
	AA_PHASE_OPEN_SESSION,
	AA_PHASE_SETCRED,
	AA_PHASE_CLOSE_SESSION,
	AA_PHASE_CHANGE_PASSWORD,
};

/* Logs the refusal of a call of this phase, and counts it where it is a login's. Exported by the core, for a first stage
 * that could not open it in the process of the call: the caller left no descriptor. */
int agentauth_unopened(pam_handle_t *pamh, int phase, int argc, const char **argv);

/* The name of a handle's state. A handle that has one has been an agent's. */
#define AA_PAM_STATE "agentauth_state"

/* Says whether a phase of this handle has opened the core. */
bool aa_core_is_open(pam_handle_t *pamh);

/* Gives a phase of the core by the name of its function, and opens the core where this handle has not opened it. It stays
 * open when the first stage is closed: handles have functions of it. NULL: there is no such file, others than root could have written
 * it, or it cannot be loaded; the system's log has why. */
aa_phase_function *aa_core_phase(pam_handle_t *pamh, const char *name);

#endif
