/* SPDX-License-Identifier: Apache-2.0 */
/* generation_choice.h finds the generation that a word of the command line names. */
#ifndef AGENTAUTHCTL_GENERATION_CHOICE_H
#define AGENTAUTHCTL_GENERATION_CHOICE_H

#include "tools/agentauthctl/commands/ctl.h"

struct generation {
	uint32_t number;
	char made[32]; /* RFC 3339 */
	struct published *published;
};

/* Both return CTL_FAILED, and report, where there is no such generation. */

/* generation_choose() finds it among `numbers`, ascending. */
enum ctl_status generation_choose(struct ctl *ctl, const char *word, const uint32_t *numbers, size_t n,
				  uint32_t *ret);
/* generation_open() opens it; the caller closes ret->published. */
enum ctl_status generation_open(struct ctl *ctl, const char *word, struct generation *ret);
/* generation_list() opens STATEDIR and lists what is kept; the caller frees *ret_numbers and closes the descriptor that is
 * returned. -1: nothing is published, which is reported. */
int generation_list(struct ctl *ctl, uint32_t **ret_numbers, size_t *ret_n);

#endif
