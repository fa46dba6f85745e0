/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h puts right what a clock left behind that was ahead while the replay store was made, and is right now.
 *
 * All that was issued before the store's stamp is refused, since before this boot it may have been used. Where the clock
 * was ahead at that moment, the stamp lies in the future and no agent can present anything. The store may begin anew with
 * the present time only if nothing that was used before this boot was issued later than now: if the clock is behind, a
 * used credential would be good again. That is known where the kernel's clock is kept by NTP, where the times that
 * `session reap` has seen in earlier boots (STATEDIR/clock) all lie before now, or where a person says so.
 */
#ifndef AGENTAUTHCTL_CLOCK_H
#define AGENTAUTHCTL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauthctl/commands/ctl.h"

/* clock_mend() notes the present time. Where the store's stamp lies ahead of that, it begins the store anew, or
 * reports why not and returns CTL_FAILED. With `said` a person says that the clock is right. */
enum ctl_status clock_mend(struct ctl *ctl, bool said);

/* clock_marks are what a wrong clock left behind. */
struct clock_marks {
	int64_t shut_until; /* all that was issued before then is refused; 0: nothing of the kind */
	int64_t some_until; /* of what ends before then some is refused; 0: nothing */
	bool known_right;   /* the store can begin anew without a person's word */
};
void clock_look(const struct ctl *ctl, struct clock_marks *ret);

#endif
