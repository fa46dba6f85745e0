/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h finds what is unwise in a configuration that is in order: each thing is a warning with its place and what to do. */
#ifndef AGENTAUTHCTL_ADVICE_H
#define AGENTAUTHCTL_ADVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/key_forms.h"
#include "tools/agentauthctl/publish/published.h"

#define ADVICE_SOON (14 * 86400) /* seconds: what ends within them ends soon */
#define ADVICE_ASKED 64		 /* users that are remembered */

/* Advice is gathered by a command that shows it, or says how much there is. */
struct advice {
	int64_t now;
	atomic_bool *has_role,
	    *has_issuer; /* by the number in the model: some agent does; set by several threads */
	bool in_part;	 /* some agent's file is not in order, so that it is not known what all agents have */
	/* users that this host's own files do not have, asked of its other sources of names once each */
	pthread_mutex_t lock;
	struct asked_user {
		char *name;
		bool is_there;
	} asked[ADVICE_ASKED];
	size_t n_asked;
	struct problems problems;
};

/* advice_begin() takes a model that has been read. */
void advice_begin(struct advice *advice, const struct model *model, int64_t now);
void advice_free(struct advice *advice);

/* advice_agent() looks at an agent whose file is in order. Its warnings go into `ret`, since several threads call it. */
void advice_agent(struct advice *advice, const struct model *model, const struct aa_agent *agent,
		  const struct conf_file *file, struct key_memo *memo, struct problems *ret);
/* advice_main() looks at agentauth.conf, after all agents. `sysconfdir` is the host's /etc. */
void advice_main(struct advice *advice, const struct model *model, struct published *published, uid_t owner,
		 const char *sysconfdir);

/* advice_text() warns of the characters of a file that nobody can see. */
void advice_text(const struct conf_text *text, struct problems *ret);

#endif
