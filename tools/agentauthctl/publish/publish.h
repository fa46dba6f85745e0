/* SPDX-License-Identifier: Apache-2.0 */
/* publish.h leads from the text to a generation that serves.
 *
 * Everything is read, checked and built under generations/N.tmp first; then follow, in this order and each durable
 * before the next: the journal, the text that a command changed, the ids, generations/N by a rename, the sudo rules
 * beside the file that sudo reads, `current` by a rename, sudoers by a rename. A failure in any of them is undone, to
 * the byte, so that no name or id is used up. After a kill at any moment the generation before serves on, and the
 * next command undoes or ends what was left by the journal; that command may find text that is not published. */
#ifndef AGENTAUTHCTL_PUBLISH_H
#define AGENTAUTHCTL_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/publish/changes.h"
#include "tools/agentauthctl/publish/workspace.h"

#define GENERATIONS_KEPT 10

/* text_change is what a command changes in the text before the publishing. All zero is no change. */
struct text_change {
	const char *agent; /* this agent's file */
	/* the file's new text; NULL: the file is taken away, to NAME.conf.retired */
	const struct conf_text *agent_text;
	const struct conf_text *main_text; /* of agentauth.conf */
	const char *role;		   /* the command is about this role there; NULL: about none */
};

/* A retire_fn is asked before agents are retired whose files are gone. It returns true where they may be. */
typedef bool retire_fn(void *data, const struct changes *changes);

/* A step_fn is called before each step with its name, for tests. A return above 0 makes publish() return at once, as
 * a kill would; a negative errno makes the step fail. */
typedef int step_fn(void *data, const char *step);

struct publish_options {
	struct text_change change;
	bool with_pending; /* the text's other unpublished changes go with this one */
	bool dry_run;
	bool adopt;	  /* new agents come into what the host has under their names */
	bool accept_risk; /* rules that allow more than they say are published all the same */
	int64_t now;
	bool progress; /* on standard error */
	retire_fn *may_retire;
	void *retire_data;
	step_fn *step;
	void *step_data;
};

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
	bool sudoers_changed;
	bool left_changed; /* it failed, and something could not be put back, which is reported */
	struct changes changes;
	struct changes pending; /* what the text holds beside the change that is not published */
};

/* FAILED: reported, and nothing was changed (but for left_changed). PENDING: neither, since somebody else's change
 * would be published with it. STOPPED: may_retire or a step said so. */
enum publish_outcome publish(struct workspace *ws, const struct publish_options *options,
			     struct publish_result *ret);
void publish_result_free(struct publish_result *result);

/* Makes generation `number` serve again, and sudoers as it was with it. -1: reported. */
int publish_rollback(struct workspace *ws, uint32_t number);

#endif
