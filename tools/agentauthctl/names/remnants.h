/* SPDX-License-Identifier: Apache-2.0 */
/* remnants.h finds what this host already has under a name: groups that list the name, rules of sudo and polkit,
 * tables of cron, jobs, units, subordinate ids, a mailbox, a home. A new agent of that name would come into it. */
#ifndef AGENTAUTHCTL_REMNANTS_H
#define AGENTAUTHCTL_REMNANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/host_facts.h"
#include "tools/cli/alloc.h"

struct remnants {
	const char *home; /* below which agents have theirs */
	int home_fd;	  /* -1: there is none yet */
	char *root;	  /* before all paths: "" */
	struct remnant {
		const char *name; /* NULL: it is by uid */
		uint32_t uid;
		bool power;	  /* it lets its owner do as other users do */
		const char *what; /* a sentence about "it" */
	} * v;
	size_t n, cap;
	struct arena arena;
};

/* remnants_read() reads all that there is, of all names that agents can have; what may not be read is taken for
 * empty. `sysconfdir` is /etc, the rest of the host lies beside it; the facts and `home` are used until
 * remnants_free(). */
void remnants_read(struct remnants *remnants, const struct host_facts *facts, const char *sysconfdir,
		   const char *home);
void remnants_free(struct remnants *remnants);

/* remnants_find() appends what there is of this agent, parted by "; ", to `ret` and returns the number; with
 * `only_power` it takes only what lets the agent do as others do. */
size_t remnants_find(const struct remnants *remnants, const char *name, uint32_t uid, bool only_power,
		     struct buffer *ret);

#endif
