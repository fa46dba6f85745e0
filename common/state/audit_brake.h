/* SPDX-License-Identifier: Apache-2.0 */
/* audit_brake.h: keeps a flood of identical refusals from filling the log. For audit.c, which holds its lock.
 *
 * Refusals are identical where event, service, agent, uid, address (IPv6: its /64 network), reason, kind, claim and
 * step are. In a window of a minute the first few have a line each; the others are counted in LOGDIR/audit.brake, and
 * when the window is over one line with their `count` stands for all of them. So the lines, each of which counts for
 * its `count` or for one, are as many as there were refusals. What was granted, what an administrator did, and each
 * step of a request for approval are never counted together. The table has a fixed size; a refusal that finds no room
 * in it has its line.
 */
#ifndef AGENTAUTH_STATE_AUDIT_BRAKE_H
#define AGENTAUTH_STATE_AUDIT_BRAKE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define AA_BRAKE_WINDOW 60 /* seconds */

/* Says whether the record is a refusal of which others may be identical. */
bool aa_audit_brake_is_for(const json_t *record);

/* Says whether the record was counted and has no line of its own. `fd` is the table, `most` the number of lines that
 * identical refusals have in a window; of a brake's own refusal (rate_limited) the first alone has a line. */
bool aa_audit_brake_counts(int fd, const json_t *record, unsigned most, int64_t now);

/* Gives each count whose window is over to `write`, as a record, whose reference `write` takes. A record that cannot
 * be written (false) stays for the next time. */
typedef bool aa_brake_write_fn(void *data, json_t *record);
void aa_audit_brake_settle(int fd, int64_t now, aa_brake_write_fn *write, void *data);

#endif
