/* SPDX-License-Identifier: Apache-2.0 */
/* overlap.h: whether one credential could be of two agents: a token that two bindings fit, a key that two agents have. */
#ifndef AGENTAUTHCTL_OVERLAP_H
#define AGENTAUTHCTL_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/model.h"

/* What of a binding decides which tokens fit it. */
struct bound {
	const struct aa_issuer *issuer;
	uint64_t client;   /* a hash of its name */
	const char *agent; /* whose; the caller's memory */
	/* What a token must have beside the client, and of which it can have but one value: CLAIM and VALUE, each with its
	 * zero, and an empty CLAIM at the end. NULL: nothing. */
	const char *rules;
};

/* The rules of a binding, as in struct bound; empty: none. */
void bound_rules(const struct aa_binding *binding, const struct aa_issuer *issuer, struct buffer *ret);
/* Copies them to the arena. */
const char *bound_rules_copy(const char *rules, struct arena *arena);
uint64_t overlap_hash(const char *bytes, size_t len);

/* Told of two agents, and why nothing keeps their tokens apart, as a sentence's rest. */
typedef void overlap_fn(void *data, const char *agent, const char *other, const char *why);

/* Every pair of different agents that one token could be of, up to `most`. Sorts `v`. */
void overlaps_of_bindings(struct bound *v, size_t n, size_t most, overlap_fn *fn, void *data);

/* A key that logs in, and whose it is. */
struct held_key {
	uint64_t key; /* a hash of its public half */
	const char *agent;
};
/* The same for keys: `why` is NULL. The number of agents that share one, told of or not. Sorts `v`. */
size_t overlaps_of_keys(struct held_key *v, size_t n, size_t most, overlap_fn *fn, void *data);

#endif
