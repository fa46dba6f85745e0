/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.h keeps what an agent's last rotation changed, and takes that back.
 *
 * STATEDIR/rotated/NAME is root's alone, and has a JSON object: "new", the keys that came, and "old", those that were
 * good before, each with kid, pem, registered and not_after (0: none), and "at" and "by". It decides nothing. It is written before
 * the keys are published, with "begun": true and, in "before", what it had until then, so that a command that is killed loses
 * neither: a rotation that was begun counts where the agent's text has a key of "new", and "before" does where it has none. */
#ifndef AGENTAUTHCTL_ROTATION_H
#define AGENTAUTHCTL_ROTATION_H

#include "tools/agentauthctl/commands/edit_text.h"

/* rotation_begin() returns what is to be kept of a rotation, from the agent's text as it is before. rotation_keep() adds
 * what came, from the text as it will be published, and keeps it. rotation_end() keeps what became of it: the rotation, or, where it
 * did not come about, what was kept before. A warning says where that cannot be. */
json_t *rotation_begin(const struct text_edit *edit);
void rotation_keep(const struct text_edit *edit, json_t *rotation);
void rotation_end(const struct text_edit *edit, json_t *rotation, bool done);

/* rotation_undo() gives the agent back the keys that it had, takes away those that came, and publishes that. */
enum ctl_status rotation_undo(struct ctl *ctl, struct workspace *workspace,
			      const struct arguments *arguments);

#endif
