/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_session.c: any bytes as the record of a session. Holds of what is taken: it is the session that its file is named
 * after, of an agent that may have that name, with times that are none or later than 1970; and written again it is read as
 * the same. */
#include "config.h"

#include <string.h>

#include "common/text/name.h"
#include "common/state/session.h"
#include "common/state/session_store.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_accounts.h"

#define ID "0123456789abcdef0123456789abcdef"

static char *run_dir, *path; /* from the first input to the end */

static void begin(void)
{
	run_dir = support_tmpdir();
	FUZZ_HOLDS(asprintf(&path, "%s/sessions/" ID ".json", run_dir) > 0);
	FUZZ_HOLDS(aa_session_init(run_dir) == 0);
}

static void is_sound(const struct aa_session *s)
{
	FUZZ_HOLDS(strcmp(s->id, ID) == 0);
	FUZZ_HOLDS(aa_agent_name_is_valid(s->agent));
	FUZZ_HOLDS(s->created >= 0 && s->opened >= 0 && s->deadline >= 0);
	FUZZ_HOLDS(s->service && s->boot_id);
	for (size_t i = 0; i < s->roles.n; i++)
		FUZZ_HOLDS(s->roles.v[i]);
	FUZZ_HOLDS(!aa_session_is_live(s) || s->this_boot);
	FUZZ_HOLDS(!aa_session_is_past(s, s->deadline - 1));
}

static void is_kept(const struct aa_session *s)
{
	struct aa_session *again = NULL;
	int dir = aa_sessions_dir(run_dir);

	FUZZ_HOLDS(dir >= 0 && aa_session_save(dir, s) == 0);
	FUZZ_HOLDS(aa_session_load(run_dir, geteuid(), ID, &again) == 0);
	FUZZ_HOLDS(json_equal(s->json, again->json));
	aa_session_free(again);
	close(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aa_session *session = NULL;

	if (!run_dir)
		begin();
	support_write_file(path, data, size);
	if (aa_session_load(run_dir, geteuid(), ID, &session) < 0) {
		FUZZ_HOLDS(!session);
		return 0;
	}
	is_sound(session);
	is_kept(session);
	aa_session_free(session);
	return 0;
}
