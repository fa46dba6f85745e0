/* SPDX-License-Identifier: Apache-2.0 */
/* list_filter.h says which agents `list` shows: those that fit all of the filters that were given. */
#ifndef AGENTAUTHCTL_LIST_FILTER_H
#define AGENTAUTHCTL_LIST_FILTER_H

#include "tools/agentauthctl/commands/list_rows.h"
#include "tools/cli/guess.h"

struct list_filter {
	const char *role, *owner, *state; /* NULL: any */
	int64_t expiring;		  /* the agent's end comes by then; 0: any */
	int64_t unused;			  /* no session was opened since then; 0: any */
	int64_t key_older;		  /* a good key was registered before; 0: any */
	size_t of_owner;		  /* agents of the owner, whatever else they have */
	struct guess near_owner;
	char kept[GUESS_KEPT_SIZE];
};

#define LIST_STATES "active|no-credential|suspended|expired|retired"

/* list_filter_word() reads an option's word, of those in "A|B|C"; *ret is NULL where the option was not given. */
enum ctl_status list_filter_word(struct ctl *ctl, const struct arguments *arguments, const char *option,
				 const char *allowed, const char **ret);
/* list_filter_read() reports a value that no agent can have. It answers CTL_DONE, CTL_FAILED or CTL_USAGE. */
enum ctl_status list_filter_read(struct ctl *ctl, const struct arguments *arguments,
				 struct published *published, struct list_filter *ret);
/* list_filter_fits() looks at what is published of the agent, before what costs system calls is asked for its row. It
 * also learns which owners there are. */
bool list_filter_fits(struct list_filter *filter, const struct aa_agent *agent, int64_t now);
bool list_filter_fits_row(const struct list_filter *filter, const struct list_row *row);
/* list_filter_is_empty() returns true where nothing was asked for, so that every agent fits. */
bool list_filter_is_empty(const struct list_filter *filter);
/* list_filter_words() says what fits, to follow the word "none"; the caller frees. */
char *list_filter_words(const struct list_filter *filter);

#endif
