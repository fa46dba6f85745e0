/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_policy.c: any JSON as each kind of record, and any bytes as policy.cdb. Holds of what is taken: names
 * are there, and numbers are in their ranges. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/jose/json.h"
#include "common/registry/generation.h"
#include "common/verify/policy.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_accounts.h"

static void read_records(json_t *json)
{
	struct aa_host *host = aa_host_from_json(json);
	struct aa_agent *agent = aa_agent_from_json(json);
	struct aa_role *role = aa_role_from_json(json);
	struct aa_issuer *issuer = aa_issuer_from_json(json);

	FUZZ_HOLDS(!host || (host->name && host->clock_skew >= 0 && host->max_assertion_ttl > 0));
	FUZZ_HOLDS(!agent || (agent->name && agent->uid > 0));
	FUZZ_HOLDS(!role || (role->name && role->gid > 0 && role->max_session >= 0));
	FUZZ_HOLDS(!issuer || (issuer->name && issuer->issuer && issuer->client_claim));
	aa_host_free(host);
	aa_agent_free(agent);
	aa_role_free(role);
	aa_issuer_free(issuer);
}

static void read_file(const uint8_t *data, size_t size)
{
	static int dir = -1;
	struct aa_policy *policy = NULL;
	struct aa_agent *agent = NULL;
	struct aa_issuer *issuer = NULL;
	char *path;
	int fd;

	if (dir < 0) {
		path = support_tmpdir();
		dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		free(path);
	}
	fd = openat(dir, AA_POLICY_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	if (aa_policy_openat(dir, geteuid(), &policy) != AA_OK)
		return;
	FUZZ_HOLDS(aa_policy_host(policy)->name);
	if (aa_policy_agent(policy, "builder-7", &agent) == AA_OK)
		FUZZ_HOLDS(strcmp(agent->name, "builder-7") == 0);
	if (aa_policy_issuer_by_url(policy, "https://idp.example.com/realms/agents", &issuer) == AA_OK)
		FUZZ_HOLDS(strcmp(issuer->issuer, "https://idp.example.com/realms/agents") == 0);
	aa_agent_free(agent);
	aa_issuer_free(issuer);
	aa_policy_close(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = NULL;

	if (aa_json_object(data, size, &json) == AA_JOSE_OK) {
		read_records(json);
		json_decref(json);
	}
	read_file(data, size);
	return 0;
}
