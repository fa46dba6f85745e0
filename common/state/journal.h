/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h: hands a record to systemd's journal by its native protocol, one datagram, with each member as a field of its
 * own. libsystemd is not needed, so that a login loads nothing more. */
#ifndef AGENTAUTH_STATE_JOURNAL_H
#define AGENTAUTH_STATE_JOURNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

#define AA_JOURNAL_FOLDER "/run/systemd/journal"
#define AA_JOURNAL_WAIT_MS 50 /* for a journal that is busy */

/* Sends `message` with the fields AGENTAUTH_MEMBER of the record's members: texts, numbers and, once for each element,
 * lists of these. `priority` is syslog's, with the facility. The socket is FOLDER/socket; a folder that neither root nor
 * `owner` has, or that others may write to, is not believed.
 *
 * False: no journal took the message, and syslog may. A journal that is there and stays busy gives true: it is syslog's
 * reader as well, so that asking there would only wait for longer. */
bool aa_journal_send(const char *folder, uid_t owner, int priority, const char *message,
		     const json_t *record);

#endif
