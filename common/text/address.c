/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: see address.h. */
#include "common/text/address.h"

#include <arpa/inet.h>
#include <stddef.h>

bool aa_address_is_numeric(const char *text)
{
	unsigned char bytes[16];

	return text && (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}
