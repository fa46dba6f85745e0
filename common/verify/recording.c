/* SPDX-License-Identifier: Apache-2.0 */
/* recording.c: says what is recorded of an agent's sessions, see recording.h. */
#include "config.h"

#include "common/verify/recording.h"

#include <string.h>

unsigned aa_recording_of(const char *word)
{
	if (strcmp(word, "exec") == 0)
		return AA_RECORDING_EXEC;
	return strcmp(word, "tty") == 0 ? AA_RECORDING_TTY : 0;
}

unsigned aa_recording_of_agent(const struct aa_policy *policy, const struct aa_agent *agent)
{
	unsigned recorded = 0;

	for (size_t i = 0; i < agent->roles.n; i++) {
		struct aa_role *role = NULL;

		if (aa_policy_role(policy, agent->roles.v[i], &role) != AA_OK)
			recorded = AA_RECORDING_EXEC | AA_RECORDING_TTY;
		for (size_t j = 0; role && j < role->record.n; j++)
			recorded |= aa_recording_of(role->record.v[j]);
		aa_role_free(role);
	}
	return recorded;
}
