/* SPDX-License-Identifier: Apache-2.0 */
/* overlap.c: finds credentials that could be of two agents, see overlap.h. */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/model/overlap.h"
#include "common/text/sort.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"

uint64_t overlap_hash(const char *bytes, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a, its bits mixed once more */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

/* ---- the rules of a binding ------------------------------------------------ */

/* These claims have several values in one token (RFC 9068 section 2.2.3.1, RFC 7519 section 4.1.3), so that each of two
 * bindings may find its own. */
static bool has_many_values(const char *claim)
{
	static const char *const many[] = {"scope", "scp", "aud", "roles", "groups", "entitlements", "amr"};
	const char *last = strrchr(claim, '/');

	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++)
		if (strcmp(last ? last + 1 : claim, many[i]) == 0)
			return true;
	return false;
}

/* Tells whether two values are demanded of the claim, which must then be an array. */
static bool is_asked_twice(const struct aa_claim_rules *require, size_t i)
{
	for (size_t k = 0; k < require->n; k++)
		if (k != i && strcmp(require->v[k].claim, require->v[i].claim) == 0 &&
		    strcmp(require->v[k].value, require->v[i].value) != 0)
			return true;
	return false;
}

static void add_rule(struct buffer *b, const char *claim, const char *value)
{
	buffer_add(b, claim, strlen(claim) + 1);
	buffer_add(b, value, strlen(value) + 1);
}

void bound_rules(const struct aa_binding *binding, const struct aa_issuer *issuer, struct buffer *ret)
{
	const struct aa_claim_rules *require = &binding->require;

	buffer_clear(ret);
	/* Where delegation is allowed, a token whose sub is the client or a user fits whatever subject the binding has. */
	if (binding->subject && !issuer->delegation)
		add_rule(ret, "sub", binding->subject);
	for (size_t i = 0; i < require->n; i++)
		if (!has_many_values(require->v[i].claim) && !is_asked_twice(require, i))
			add_rule(ret, require->v[i].claim, require->v[i].value);
	if (ret->len)
		buffer_add(ret, "", 1);
}

static const char *value_behind(const char *claim)
{
	return claim + strlen(claim) + 1;
}

const char *bound_rules_copy(const char *rules, struct arena *arena)
{
	const char *end = rules;

	while (*end)
		end = value_behind(value_behind(end));
	return arena_strndup(arena, rules, (size_t)(end - rules));
}

/* Returns the value that the rules demand of the claim; NULL: none. */
static const char *value_of(const char *rules, const char *claim)
{
	for (; rules && *rules; rules = value_behind(value_behind(rules)))
		if (strcmp(rules, claim) == 0)
			return value_behind(rules);
	return NULL;
}

/* Tells whether the two demand different values of one claim, which no token can have. */
static bool exclude(const struct bound *a, const struct bound *b)
{
	for (const char *claim = a->rules; claim && *claim; claim = value_behind(value_behind(claim))) {
		const char *other = value_of(b->rules, claim);

		if (other && strcmp(other, value_behind(claim)) != 0)
			return true;
	}
	return false;
}

/* ---- pairs ---------------------------------------------------------------------- */

struct finding {
	size_t left;
	overlap_fn *fn;
	void *data;
};

static void describe(struct buffer *b, const struct bound *bound)
{
	buffer_printf(b, "%s demands ", bound->agent);
	if (!bound->rules)
		buffer_puts(b, "nothing else");
	for (const char *claim = bound->rules; claim && *claim; claim = value_behind(value_behind(claim)))
		buffer_printf(b, "%s%s = %s", claim == bound->rules ? "" : " and ", claim,
			      quoted(value_behind(claim)));
}

static void tell(struct finding *f, const struct bound *a, const struct bound *b)
{
	struct buffer why = {0};

	f->left--;
	buffer_printf(&why, "both are bound to one client of issuer %s, and ", a->issuer->name);
	if (a->rules || b->rules) {
		buffer_puts(&why, "of its tokens ");
		describe(&why, a);
		buffer_puts(&why, ", ");
		describe(&why, b);
	} else {
		buffer_puts(&why, "neither demands more of its tokens");
	}
	if (a->issuer->delegation)
		buffer_puts(
		    &why, " (a subject keeps no tokens apart where the issuer's delegation is allowed, since "
			  "those of the client itself and of users are of both)");
	f->fn(f->data, b->agent, b->at, a->agent, why.data);
	buffer_free(&why);
}

static void look_at(struct finding *f, const struct bound *a, const struct bound *b)
{
	int order = strcmp(a->agent, b->agent);

	if (f->left && order != 0 && !exclude(a, b))
		tell(f, order < 0 ? a : b, order < 0 ? b : a);
}

static int compare_clients(const void *x, const void *y)
{
	const struct bound *a = x, *b = y;

	if (a->issuer != b->issuer)
		return a->issuer < b->issuer ? -1 : 1;
	return a->client < b->client ? -1 : a->client > b->client;
}

static int compare_values(const struct bound *a, const struct bound *b, const char *claim)
{
	const char *x = value_of(a->rules, claim), *y = value_of(b->rules, claim);

	return !x || !y ? !y - !x : strcmp(x, y);
}

/* Compares by the value of the claim, so that the bindings without it come first. */
static int compare(const void *x, const void *y, void *claim)
{
	const struct bound *a = x, *b = y;
	int r = compare_values(a, b, claim);

	return r != 0 ? r : strcmp(a->agent, b->agent);
}

/* Looks at the bindings of one client, of which there may be many, and parts them first by a claim that they demand
 * different values of. */
static void look_at_client(struct finding *f, struct bound *v, size_t n)
{
	const char *claim = "";

	for (size_t i = 0; i < n && !*claim; i++)
		claim = v[i].rules ? v[i].rules : "";
	qsort_r(v, n, sizeof(*v), compare, (void *)(uintptr_t)claim);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n && f->left; k++) {
			if (value_of(v[i].rules, claim) && compare_values(&v[i], &v[k], claim) != 0)
				break;
			look_at(f, &v[i], &v[k]);
		}
}

void overlaps_of_bindings(struct bound *v, size_t n, size_t most, overlap_fn *fn, void *data)
{
	struct finding f = {most, fn, data};

	if (n == 0)
		return;
	aa_sort(v, n, sizeof(*v), compare_clients);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && compare_clients(&v[from], &v[to]) == 0; to++)
			;
		if (to - from > 1)
			look_at_client(&f, v + from, to - from);
	}
}

/* ---- keys ----------------------------------------------------------------------------- */

static int compare_keys(const void *x, const void *y)
{
	const struct held_key *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp(a->agent, b->agent);
}

size_t overlaps_of_keys(struct held_key *v, size_t n, size_t most, overlap_fn *fn, void *data)
{
	size_t found = 0;

	if (n == 0)
		return 0;
	aa_sort(v, n, sizeof(*v), compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (v[i].key != v[i - 1].key || strcmp(v[i].agent, v[i - 1].agent) == 0)
			continue;
		if (found++ < most)
			fn(data, v[i].agent, v[i].at, v[i - 1].agent, NULL);
	}
	return found;
}
