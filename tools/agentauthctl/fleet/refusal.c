/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.c fills a refusal, see refusal.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/refusal.h"

#include <stdarg.h>
#include <stdio.h>

bool fleet_refuse(struct fleet_refusal *refusal, enum aa_reason reason, const char *format, ...)
{
	va_list args;

	refusal->reason = reason;
	va_start(args, format);
	vsnprintf(refusal->why, sizeof(refusal->why), format, args);
	va_end(args);
	return false;
}
