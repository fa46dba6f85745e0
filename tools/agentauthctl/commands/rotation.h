/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.h keeps what an agent's last rotation changed, and takes that back.
 *
 * STATEDIR/rotated/NAME is root's alone, and has a JSON object: "new", the keys that came, and "old", those that were
 * good before, each with kid, pem, registered and not_after (0: none), and "at" and "by". It decides nothing. */
#ifndef AGENTAUTHCTL_ROTATION_H
#define AGENTAUTHCTL_ROTATION_H

#include "tools/agentauthctl/commands/edit_text.h"

/* rotation_begin() returns what is to be kept of a rotation, from the agent's text as it is before. rotation_end() adds
 * what came, from the text as it is after, and keeps it; a warning says where it cannot. The reference is stolen. */
json_t *rotation_begin(const struct text_edit *edit);
void rotation_end(const struct text_edit *edit, json_t *rotation);

/* rotation_undo() gives the agent back the keys that it had, takes away those that came, and publishes that. */
enum ctl_status rotation_undo(struct ctl *ctl, struct workspace *workspace,
			      const struct arguments *arguments);

#endif
