/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_decision.c: any bytes as each kind of decision below state/. Holds: a file that is there decides against the agent,
 * whatever is in it, but that an elevation gives a role only where it can be read, and for a day at most. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "common/jose/json.h"
#include "common/state/decision.h"
#include "common/state/elevation.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_accounts.h"

#define NOW 1767225600
#define AGENT "builder-7"

static char *state_dir; /* from the first input to the end */

static const char *file_of(const char *name)
{
	static char path[192];

	(void)snprintf(path, sizeof(path), "%s/state/%s", state_dir, name);
	return path;
}

static void begin(void)
{
	state_dir = support_tmpdir();
	FUZZ_HOLDS(aa_decision_init(state_dir) == 0);
	/* Its files are made as any of them is, and then hold something else. */
	FUZZ_HOLDS(aa_elevation_make(state_dir, AGENT, "deploy", "root", "drill", NOW, NOW + 60) == 0);
	FUZZ_HOLDS(aa_decision_revoke_kid(state_dir, "one", "root", "drill", NOW) == 0);
}

static void suspended(const uint8_t *data, size_t size)
{
	FUZZ_HOLDS(aa_decision_agent(state_dir, AGENT) == AA_OK);
	support_write_file(file_of("suspended/" AGENT), data, size);
	FUZZ_HOLDS(aa_decision_agent(state_dir, AGENT) == AA_AGENT_SUSPENDED);
	json_decref(aa_decision_suspension(state_dir, AGENT));
	FUZZ_HOLDS(aa_decision_resume(state_dir, AGENT) == 0);
}

/* Credentials that were issued before are refused, and all where it cannot be read when that was. */
static void cut_off(const uint8_t *data, size_t size)
{
	json_t *json = NULL, *before = NULL, *all = NULL;
	enum aa_reason reason;
	const char *claim = NULL;

	support_write_file(file_of("revoked/before/" AGENT), data, size);
	(void)aa_json_object((const char *)data, size, &json);
	before = json_object_get(json, "before");
	reason = aa_decision_credential(state_dir, AGENT, "", "jti", "kid", NOW, &claim);
	FUZZ_HOLDS(json_is_integer(before) || reason != AA_OK);
	FUZZ_HOLDS(reason != AA_OK || json_integer_value(before) <= NOW);
	FUZZ_HOLDS(aa_decision_revocations(state_dir, &all) == 0 && json_array_size(all) == 2);
	json_decref(aa_decision_cutoff(state_dir, AGENT));
	json_decref(all);
	json_decref(json);
	FUZZ_HOLDS(aa_decision_unrevoke_before(state_dir, AGENT) == 0);
}

static void elevated(const uint8_t *data, size_t size)
{
	json_t *all = NULL;
	const json_t *one, *until;
	const char *state;

	support_write_file(file_of("elevated/" AGENT "/deploy"), data, size);
	FUZZ_HOLDS(aa_elevations(state_dir, AGENT, NOW, &all) == 0 && json_array_size(all) == 1);
	one = json_array_get(all, 0);
	state = json_string_value(json_object_get(one, "state"));
	until = json_object_get(one, "until");
	FUZZ_HOLDS(state);
	if (strcmp(state, "active") == 0)
		FUZZ_HOLDS(json_integer_value(until) > NOW && json_integer_value(until) <= NOW + 86400);
	json_decref(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!state_dir)
		begin();
	suspended(data, size);
	cut_off(data, size);
	elevated(data, size);
	return 0;
}
