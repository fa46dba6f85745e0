/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c: whether an address lies in one of the networks that a role or an agent may come from. */
#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/verify/sources.h"

#include "common/text/list.h"

struct address {
	int family;
	unsigned char bytes[16];
};

static bool parse_address(const char *text, struct address *ret)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct address a = {0, {0}};
	char bare[INET6_ADDRSTRLEN];
	size_t len =
	    strcspn(text, "%"); /* the scope of a link-local address says nothing about where it lies */

	if (len >= sizeof(bare))
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	text = bare;
	if (inet_pton(AF_INET, text, a.bytes) == 1) {
		a.family = AF_INET;
	} else if (inet_pton(AF_INET6, text, a.bytes) == 1) {
		a.family = AF_INET6;
		if (memcmp(a.bytes, mapped, sizeof(mapped)) == 0) {
			memmove(a.bytes, a.bytes + 12, 4);
			a.family = AF_INET;
		}
	} else {
		return false;
	}
	*ret = a;
	return true;
}

/* Reads one to three digits. */
static bool parse_bits(const char *text, unsigned max, unsigned *ret)
{
	unsigned bits = 0;
	size_t n;

	for (n = 0; text[n] >= '0' && text[n] <= '9' && n < 3; n++)
		bits = bits * 10 + (unsigned)(text[n] - '0');
	if (n == 0 || text[n] || bits > max)
		return false;
	*ret = bits;
	return true;
}

/* Reads "10.0.0.0/8", or an address alone. */
static bool parse_network(const char *text, struct address *ret, unsigned *ret_bits)
{
	char copy[64], *slash;
	size_t len = strlen(text);

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len + 1);
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (!parse_address(copy, ret))
		return false;
	*ret_bits = ret->family == AF_INET ? 32 : 128;
	return !slash || parse_bits(slash + 1, *ret_bits, ret_bits);
}

static bool within(const struct address *address, const struct address *network, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (address->family != network->family || memcmp(address->bytes, network->bytes, whole) != 0)
		return false;
	return rest == 0 || ((address->bytes[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0;
}

bool aa_sources_admit(const struct aa_list *sources, const char *address)
{
	struct address a, network;
	unsigned bits;

	if (sources->n == 0)
		return true;
	if (!address || !parse_address(address, &a))
		return false;
	for (size_t i = 0; i < sources->n; i++)
		if (parse_network(sources->v[i], &network, &bits) && within(&a, &network, bits))
			return true;
	return false;
}

/* Of two networks that have an address in common one lies in the other. */
static bool meet(const char *a, const char *b)
{
	struct address network, other;
	unsigned bits, other_bits;

	return parse_network(a, &network, &bits) && parse_network(b, &other, &other_bits) &&
	       within(&network, &other, bits < other_bits ? bits : other_bits);
}

bool aa_sources_meet(const struct aa_list *a, const struct aa_list *b)
{
	if (a->n == 0 || b->n == 0)
		return true;
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (meet(a->v[i], b->v[j]))
				return true;
	return false;
}
