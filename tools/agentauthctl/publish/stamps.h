/* SPDX-License-Identifier: Apache-2.0 */
/* stamps.h keeps in a generation which state of each agent's file it was made of, so that a command that changes one
 * agent reads that one's file and takes the records of the others from the generation that serves.
 *
 * generations/N/stamps (0600, root's) has an entry for an agent: the stamp of its file, the digest of its bytes, and what
 * struct compiled_agent has beside the records in the two cdb files. A seal over the entry, these records and the basis
 * holds them together. The basis is a digest of all that an agent's records depend on beside its file: agentauth.conf,
 * the host's own names and ids, this program, its libraries and what they are set to.
 *
 * An agent is taken from there where its file has the same stamp and the seal is right, and is else made of its file.
 * The seal is against accidents and has no secret: whoever can write into a generation's directory can write the records
 * that PAM reads. A command that publishes what was edited by hand uses no stamps. */
#ifndef AGENTAUTHCTL_STAMPS_H
#define AGENTAUTHCTL_STAMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tools/agentauthctl/publish/cdb_cursor.h"
#include "tools/agentauthctl/publish/compiled.h"
#include "tools/agentauthctl/publish/digester.h"
#include "tools/agentauthctl/publish/published.h"

#define STAMPS_FILE "stamps" /* in a generation */

/* ---- what there is ---- */

struct stamps;

/* stamps_open() reads the entries of that generation, which stays the caller's. It returns NULL where there are none that
 * can be believed whole: the file is absent, not root's, cut short, of another basis or of another version. */
struct stamps *stamps_open(const struct published *generation, const unsigned char basis[DIGEST_SIZE],
			   uid_t owner);
void stamps_free(struct stamps *stamps);

/* A cursor goes through the entries and their records; each thread has its own. */
struct stamps_cursor {
	size_t next;
	struct cdb_cursor policy, accounts;
};
void stamps_cursor_begin(struct stamps_cursor *cursor, const struct stamps *stamps);
void stamps_cursor_free(struct stamps_cursor *cursor);

/* stamps_take() fills in the agent with this name as the generation has it, or returns false where it has to be made of
 * its file. Agents are asked for in the order of their names. What it gives is in `arena` and in `stamps`. */
bool stamps_take(struct stamps *stamps, struct stamps_cursor *cursor, const struct compile_source *source,
		 struct digester *digester, struct arena *arena, struct compiled_agent *ret);

/* ---- what is kept ---- */

/* stamps_seal() makes the entry of an agent that was made of its file in this state, which `arena` has then. */
void stamps_seal(const struct compile_source *source, const struct aa_stamp *file, struct digester *digester,
		 struct arena *arena, struct compiled_agent *agent);

struct stamps_writer;

/* A writer without a file, or one that fails, keeps nothing, and nothing depends on it. */
struct stamps_writer *stamps_write_begin(int gen_fd, const unsigned char basis[DIGEST_SIZE]);
void stamps_write(struct stamps_writer *writer, const struct compiled_agent *agent);
/* stamps_write_end() frees the writer. Where the generation came to nothing (`whole` is false) no file is left. */
void stamps_write_end(struct stamps_writer *writer, bool whole);

#endif
