/* SPDX-License-Identifier: Apache-2.0 */
/* publish.h leads from the text to a generation that serves.
 *
 * Everything is read, checked and built under generations/N.tmp first; then follow, in this order and each durable
 * before the next: the journal, the text that a command changed, the ids, generations/N by a rename, the sudo rules
 * beside the file that sudo reads, `current` by a rename, sudoers by a rename. A failure in any of them is undone, to
 * the byte, so that no name or id is used up. After a kill at any moment the generation before serves on, and the
 * next command undoes or ends what was left by the journal; that command may find text that is not published, but none
 * of a command that writes several agents' files: they are put back. */
#ifndef AGENTAUTHCTL_PUBLISH_H
#define AGENTAUTHCTL_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/publish/changes.h"
#include "tools/agentauthctl/publish/publish_options.h"
#include "tools/agentauthctl/publish/workspace.h"

#define GENERATIONS_KEPT 10

enum publish_outcome {
	PUBLISH_FAILED,
	PUBLISH_UNCHANGED,
	PUBLISH_DONE,
	PUBLISH_WOULD,
	PUBLISH_STOPPED,
	PUBLISH_PENDING
};

struct publish_result {
	enum publish_outcome outcome;
	uint32_t generation; /* that serves now; with PUBLISH_WOULD the one that would */
	size_t agents, retired;
	size_t
	    taken; /* these of the agents are as the generation before has them, whose files were not read */
	bool sudoers_changed;
	bool left_changed; /* it failed, and something could not be put back, which is reported */
	struct changes changes;
	struct changes pending; /* what the text holds beside the change that is not published */
};

/* publish() returns PUBLISH_FAILED where the failure was reported and nothing was changed (but for left_changed). It
 * returns PUBLISH_PENDING where somebody else's change would be published with this one, which is not reported, and
 * PUBLISH_STOPPED where may_retire or a step said so. */
enum publish_outcome publish(struct workspace *ws, const struct publish_options *options,
			     struct publish_result *ret);
void publish_result_free(struct publish_result *result);

#endif
