/* SPDX-License-Identifier: Apache-2.0 */
/* generation_choice.c finds the generation that a word names, see generation_choice.h. */
#include "config.h"

#include "tools/agentauthctl/commands/generation_choice.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/text/number.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/publish/generations.h"

enum ctl_status generation_choose(struct ctl *ctl, const char *word, const uint32_t *numbers, size_t n,
				  uint32_t *ret)
{
	int64_t wanted;

	if (!aa_number_parse(word, 1, UINT32_MAX, &wanted))
		return ctl_fail(ctl, "%s is not a generation's number", quoted(word));
	for (size_t i = 0; i < n; i++)
		if (numbers[i] == (uint32_t)wanted) {
			*ret = (uint32_t)wanted;
			return CTL_DONE;
		}
	return ctl_fail(ctl,
			"there is no generation %lld; there are %u to %u, as agentauthctl generations shows",
			(long long)wanted, n ? numbers[0] : 0, n ? numbers[n - 1] : 0);
}

int generation_list(struct ctl *ctl, uint32_t **ret_numbers, size_t *ret_n)
{
	int state_fd = open(ctl->paths.statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (state_fd >= 0 && generations_list(state_fd, ret_numbers, ret_n) == 0)
		return state_fd;
	if (state_fd >= 0)
		close(state_fd);
	ctl_error(ctl, "nothing was published yet: run agentauthctl apply (or init, on a new host)");
	return -1;
}

static enum ctl_status open_number(struct ctl *ctl, int state_fd, struct generation *g)
{
	json_t *manifest = generation_manifest(state_fd, g->number);

	(void)snprintf(g->made, sizeof(g->made), "%s", view_text(manifest, "time"));
	g->published = manifest ? published_open_number(state_fd, g->number, ctl->paths.owner) : NULL;
	json_decref(manifest);
	return g->published ? CTL_DONE : ctl_fail(ctl, "generation %u cannot be read", g->number);
}

enum ctl_status generation_open(struct ctl *ctl, const char *word, struct generation *ret)
{
	uint32_t *numbers = NULL;
	size_t n = 0;
	int state_fd = generation_list(ctl, &numbers, &n);
	enum ctl_status status = CTL_FAILED;

	if (state_fd < 0)
		return status;
	if (generation_choose(ctl, word, numbers, n, &ret->number) == CTL_DONE)
		status = open_number(ctl, state_fd, ret);
	free(numbers);
	close(state_fd);
	return status;
}
