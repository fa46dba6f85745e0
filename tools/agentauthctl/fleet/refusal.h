/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.h is why a release or a stop was not taken: the reason that the log has, and a sentence for people. */
#ifndef AGENTAUTHCTL_FLEET_REFUSAL_H
#define AGENTAUTHCTL_FLEET_REFUSAL_H

#include <stdbool.h>

#include "common/verify/reason.h"

struct fleet_refusal {
	enum aa_reason reason;
	char why[600];
};

/* fleet_refuse() sets the refusal and returns false. */
bool fleet_refuse(struct fleet_refusal *refusal, enum aa_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
