/* SPDX-License-Identifier: Apache-2.0 */
/* overlap.h: finds credentials that could be of two agents: a token that two bindings fit, or a key that two agents have. */
#ifndef AGENTAUTHCTL_OVERLAP_H
#define AGENTAUTHCTL_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/model.h"

/* A bound is the part of a binding that decides which tokens fit it. */
struct bound {
	const struct aa_issuer *issuer;
	uint64_t client;   /* a hash of its name */
	const char *agent; /* the name of the binding's agent; the caller's memory */
	/* A token must have these claims beside the client, and can have but one value of each: CLAIM and VALUE, each with
	 * its zero, and an empty CLAIM at the end. NULL: none. */
	const char *rules;
	struct conf_place at; /* in the agent's file */
};

/* Returns the rules of a binding, as in struct bound; empty: none. */
void bound_rules(const struct aa_binding *binding, const struct aa_issuer *issuer, struct buffer *ret);
/* Copies such rules to the arena. */
const char *bound_rules_copy(const char *rules, struct arena *arena);
uint64_t overlap_hash(const char *bytes, size_t len);

/* Is called with two agents, the first one's place, and with a sentence's rest that says why nothing keeps their tokens apart. */
typedef void overlap_fn(void *data, const char *agent, struct conf_place at, const char *other,
			const char *why);

/* Reports every pair of different agents that one token could be of, up to `most`. Sorts `v`. */
void overlaps_of_bindings(struct bound *v, size_t n, size_t most, overlap_fn *fn, void *data);

/* A held key is a key that logs in, with the name of its agent. */
struct held_key {
	uint64_t key; /* a hash of its public half */
	const char *agent;
	struct conf_place at; /* of its keys, in its file */
};
/* Reports every pair of agents that share a key, up to `most`, with NULL for `why`. Returns the number of agents that share
 * one, reported or not. Sorts `v`. */
size_t overlaps_of_keys(struct held_key *v, size_t n, size_t most, overlap_fn *fn, void *data);

#endif
