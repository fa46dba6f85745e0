/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_approval.c: any bytes as a request that waits for a person, and as the answer to one. Holds: a request that is shown is
 * open, by its own time; only an answer that says "approve" approves; and a request that was made here is found until it is
 * withdrawn. */
#include "config.h"

#include <string.h>

#include "common/jose/json.h"
#include "common/state/approval.h"
#include "common/state/session_store.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_accounts.h"

#define NOW 1767225600
#define FOUND "123456"

static char *run_dir; /* from the first input to the end */

static void begin(void)
{
	run_dir = support_tmpdir();
	FUZZ_HOLDS(aa_session_init(run_dir) == 0); /* makes approvals/ too */
}

static void put(const char *id, const char *kind, const uint8_t *data, size_t size)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/approvals/%s.%s", run_dir, id, kind);
	support_write_file(path, data, size);
}

static bool is_word(const json_t *object, const char *member, const char *word)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text && strcmp(text, word) == 0;
}

static void is_open(void *data, json_t *request)
{
	unsigned *n = data;

	(*n)++;
	FUZZ_HOLDS(json_is_object(request));
	FUZZ_HOLDS(json_integer_value(json_object_get(request, "until")) > NOW);
	json_decref(request);
}

static void is_gone(void *data, json_t *request)
{
	(void)data;
	FUZZ_HOLDS(json_is_object(request));
	json_decref(request);
}

/* What somebody else left there. */
static void read_request(const uint8_t *data, size_t size)
{
	unsigned n = 0;
	json_t *request;

	put(FOUND, "json", data, size);
	request = aa_approval_get(run_dir, geteuid(), FOUND, NOW);
	FUZZ_HOLDS(!request || json_integer_value(json_object_get(request, "until")) > NOW);
	FUZZ_HOLDS(aa_approval_each(run_dir, geteuid(), NOW, is_open, is_gone, &n) == 0);
	FUZZ_HOLDS(n == (request ? 1 : 0));
	json_decref(request);
	aa_approval_withdraw(run_dir, FOUND);
}

static void read_answer(const char *id, const uint8_t *data, size_t size)
{
	json_t *answer = NULL;
	enum aa_request_state state;

	put(id, "answer", data, size);
	state = aa_approval_poll(run_dir, geteuid(), id, NOW + AA_APPROVAL_WAIT, NOW, &answer);
	FUZZ_HOLDS(state != AA_REQUEST_WITHDRAWN);
	FUZZ_HOLDS(state != AA_REQUEST_APPROVED || is_word(answer, "answer", "approve"));
	json_decref(answer);
	answer = NULL;
	FUZZ_HOLDS(aa_approval_poll(run_dir, geteuid(), id, NOW, NOW + 1, &answer) != AA_REQUEST_OPEN);
	json_decref(answer);
}

/* A request of this process, with whatever else is in it, and its answer. */
static void make_request(const uint8_t *data, size_t size)
{
	char id[AA_APPROVAL_ID_SIZE];
	json_t *request = NULL, *found;

	if (aa_json_object((const char *)data, size, &request) != AA_JOSE_OK)
		request = json_object();
	FUZZ_HOLDS(request && json_object_set_new(request, "agent", json_string("builder-7")) == 0);
	FUZZ_HOLDS(json_object_del(request, "lasting") <= 0);
	FUZZ_HOLDS(aa_approval_request(run_dir, request, NOW, id) == 0);
	found = aa_approval_get(run_dir, geteuid(), id, NOW);
	FUZZ_HOLDS(found && is_word(found, "id", id) && is_word(found, "agent", "builder-7"));
	json_decref(found);
	read_answer(id, data, size);
	aa_approval_withdraw(run_dir, id);
	FUZZ_HOLDS(!aa_approval_get(run_dir, geteuid(), id, NOW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!run_dir)
		begin();
	read_request(data, size);
	make_request(data, size);
	return 0;
}
