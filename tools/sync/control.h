/* SPDX-License-Identifier: Apache-2.0 */
/* control.h: reads and writes what RFC 4533 puts into controls and intermediate responses. Whatever bytes a server sends are
 * read within their length. */
#ifndef AGENTAUTH_SYNC_CONTROL_H
#define AGENTAUTH_SYNC_CONTROL_H

#include <stdbool.h>

#include <ldap.h>

#define CONTROL_UUID_LEN 16
#define CONTROL_COOKIE_MAX 4096 /* bytes; a server's own is some hundred */

enum control_state { CONTROL_PRESENT, CONTROL_ADD, CONTROL_MODIFY, CONTROL_DELETE };

/* Sync State, section 2.2: of an entry. */
struct control_entry {
	enum control_state state;
	unsigned char uuid[CONTROL_UUID_LEN];
	struct berval cookie; /* bv_val NULL: none */
};

enum control_kind { CONTROL_NEW_COOKIE, CONTROL_REFRESH_DELETE, CONTROL_REFRESH_PRESENT, CONTROL_ID_SET };

/* Sync Info, section 2.5. */
struct control_info {
	enum control_kind kind;
	struct berval cookie;
	bool done;	 /* of the two refreshes: none follows */
	bool deletes;	 /* of a set: these are gone, and not there */
	BerVarray uuids; /* of a set; each CONTROL_UUID_LEN long; freed by control_info_free() */
};

/* Writes a Sync Request, section 2.1, of refreshAndPersist; the caller frees *ret with ber_bvfree(). `cookie` may be NULL. */
int control_request(const struct berval *cookie, struct berval **ret);

/* These answer false where the value is not what RFC 4533 says, and there is nothing to free. */
bool control_entry_read(const struct berval *value, struct control_entry *ret);
bool control_info_read(const struct berval *value, struct control_info *ret);
void control_entry_free(struct control_entry *entry);
void control_info_free(struct control_info *info);

#endif
