/* SPDX-License-Identifier: Apache-2.0 */
/* signed.c counts signatures, see signed.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/signed.h"

#include <stdio.h>
#include <string.h>

static bool has_signed(const struct aa_jws_general *jws, const char *typ, const struct aa_key *key)
{
	for (size_t i = 0; i < jws->n; i++)
		if (aa_jws_general_verify(jws, i, typ, key) == AA_JOSE_OK)
			return true;
	return false;
}

size_t fleet_signers(const struct aa_jws_general *jws, const char *typ, const struct fleet_keys *keys,
		     struct aa_key *const *loaded, char *names, size_t size)
{
	size_t n = 0;

	if (size)
		names[0] = '\0';
	for (size_t i = 0; i < keys->n; i++) {
		size_t used = strlen(names);

		if (!has_signed(jws, typ, loaded[i]))
			continue;
		snprintf(names + used, size - used, "%s%s", n ? ", " : "", keys->v[i].name);
		n++;
	}
	return n;
}
