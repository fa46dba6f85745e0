/* SPDX-License-Identifier: Apache-2.0 */
/* session_id.c: the names of sessions. */
#include "config.h"

#include "common/state/session_id.h"

#include <string.h>

#include "common/jose/crypto.h"
#include "common/jose/sha256.h"

bool aa_session_id_is_valid(const char *id)
{
	return strlen(id) == AA_SESSION_ID_SIZE - 1 &&
	       strspn(id, "0123456789abcdef") == AA_SESSION_ID_SIZE - 1;
}

bool aa_session_id_new(char ret[AA_SESSION_ID_SIZE])
{
	unsigned char random[16];

	if (!aa_random(random, sizeof(random)))
		return false;
	aa_hex(ret, random, sizeof(random));
	return true;
}
