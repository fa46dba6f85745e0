/* SPDX-License-Identifier: Apache-2.0 */
/* fake_directory.h: a small LDAP server that says what a test has it say. It is a FAKE, for what no real server does; the story
 * fleet_sync.bats has a real one. */
#ifndef TESTS_FAKE_DIRECTORY_H
#define TESTS_FAKE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include <ldap.h>

#define FAKE_BASE "ou=agentauth,dc=example,dc=com"
#define FAKE_UUID(c) \
	(const unsigned char[16]) \
	{ \
		c, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 \
	}

struct fake {
	int fd;
	ber_int_t id; /* of the search */
};

/* Answers one search; the connection is closed when it returns. */
typedef void fake_script_fn(struct fake *fake);

/* Starts the server in a process of its own and returns its URI, static: ldapi, or ldap on a port of localhost, where it answers
 * StartTLS with `start_tls`. */
const char *fake_start(bool tcp, int start_tls, fake_script_fn *script);
/* Ends it; returns how many binds it has seen. */
int fake_stop(void);

/* These say something. `state` is of RFC 4533 section 2.2, 1 an entry that is new. */
void fake_entry(struct fake *fake, int state, const unsigned char uuid[16], const char *dn,
		const char *content);
void fake_big_entry(struct fake *fake, const unsigned char uuid[16], const char *dn, size_t len);
/* The file whose content is `text`, under its right name. */
void fake_file(struct fake *fake, const unsigned char uuid[16], const char *text);
void fake_refreshed(struct fake *fake, const char *cookie);
void fake_referral(struct fake *fake);
void fake_result(struct fake *fake, int code);
void fake_bytes(struct fake *fake, const void *bytes, size_t len);
/* Waits until the client has gone. */
void fake_wait(struct fake *fake);

#endif
