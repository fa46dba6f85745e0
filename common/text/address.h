/* SPDX-License-Identifier: Apache-2.0 */
/* address.h: addresses of hosts as text. */
#ifndef AGENTAUTH_TEXT_ADDRESS_H
#define AGENTAUTH_TEXT_ADDRESS_H

#include <stdbool.h>

/* Says whether the text is an IPv4 or IPv6 address, and no name and no network. NULL is none. */
bool aa_address_is_numeric(const char *text);

#endif
