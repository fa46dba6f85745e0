/* SPDX-License-Identifier: Apache-2.0 */
/* ran.h: what the audit plugin writes of an agent's sudo: that the command was let through or refused, and how it ended.
 *
 * Of a person's sudo nothing is written, and nothing that fails here keeps a person from it.
 */
#ifndef AGENTAUTH_SUDO_RAN_H
#define AGENTAUTH_SUDO_RAN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/verify/reason.h"
#include "sudo/described.h"

/* The command that this sudo runs, from its record to its end. It begins with all zeros. */
struct aa_ran {
	json_t *record; /* of the first command that was let through; NULL: none was yet */
	int64_t started_us;
};

/* Says whether the sudo is to be recorded: an agent's, or one of which that cannot be told. */
bool aa_ran_is_agents(const struct aa_sudo *sudo);

/* Records that the command is about to run, as sudo described it in `sudo`. AA_OK; AA_AUDIT_UNAVAILABLE: there is no
 * line of it, and by the host's policy no command without one; AA_INTERNAL: the process is no longer what it was. */
enum aa_reason aa_ran_begin(struct aa_ran *ran, const struct aa_sudo *sudo);

/* Records a command that sudo does not run: AA_SUDO_DENIED or AA_SUDO_FAILED, and sudo's own words. */
void aa_ran_refused(const struct aa_sudo *sudo, enum aa_reason reason, const char *why);

/* Records the end of the command: the status of waitpid(2), or `why` it did not run. */
void aa_ran_end(struct aa_ran *ran, const struct aa_sudo *sudo, int status, const char *why);

#endif
