/* SPDX-License-Identifier: Apache-2.0 */
/* test_roles.c: which of the agent's roles a login has, and how a public key or the entry alone is decided. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/verify/command.h"
#include "common/verify/recording.h"
#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* The reason, and in *ret_roles the number of roles, for a good assertion from `address` through `service`. */
static enum aa_reason login_from(const struct support_site *site, const char *service, const char *address,
				 size_t *ret_roles)
{
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;
	enum aa_reason reason;

	login.service = service;
	login.address = address;
	support_verify(site, &login, support_assertion(NOW), &v);
	reason = v.reason;
	*ret_roles = v.roles.n;
	aa_verdict_clear(&v);
	return reason;
}

TEST(a_role_that_does_not_admit_the_service_is_left_out, site)
{
	struct support_site *site = *state;
	size_t n;

	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_OK);
	assert_int_equal(n, 2);
	assert_int_equal(login_from(site, "login", NULL, &n), AA_OK);
	assert_int_equal(n, 1); /* audit lists no services */
	support_publish_with(site, "role:audit", "services", "[\"sshd\"]");
	assert_int_equal(login_from(site, "login", NULL, &n), AA_SERVICE_DENIED);
	assert_int_equal(n, 0);
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_OK);
}

TEST(a_role_that_does_not_admit_the_source_is_left_out, site)
{
	struct support_site *site = *state;
	size_t n;

	support_publish_with(site, "agent:builder-7", "roles", "[\"inside\",\"audit\"]");
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_OK);
	assert_int_equal(n, 2);
	assert_int_equal(login_from(site, "sshd", "203.0.113.9", &n), AA_OK);
	assert_int_equal(n, 1);
	support_publish_with(site, "agent:builder-7", "roles", "[\"inside\"]");
	assert_int_equal(login_from(site, "sshd", "203.0.113.9", &n), AA_SOURCE_DENIED);
	assert_int_equal(login_from(site, "sshd", "host.example.com", &n), AA_SOURCE_DENIED);
	assert_int_equal(login_from(site, "sshd", "::1", &n), AA_OK);
	assert_int_equal(login_from(site, "su", NULL, &n), AA_OK); /* there is no source */
}

TEST(an_agents_own_sources_hold_for_all_its_roles, site)
{
	struct support_site *site = *state;
	size_t n;

	support_publish_with(site, "agent:builder-7", "sources", "[\"192.0.2.0/24\"]");
	assert_int_equal(login_from(site, "sshd", "192.0.2.77", &n), AA_OK);
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_SOURCE_DENIED);
	assert_int_equal(login_from(site, "login", NULL, &n), AA_OK);
}

TEST(an_agent_without_roles_gets_in_nowhere, site)
{
	struct support_site *site = *state;
	size_t n;

	support_publish_with(site, "agent:builder-7", "roles", "[]");
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_ROLE_DENIED);
}

TEST(a_role_that_is_missing_is_damage, site)
{
	struct support_site *site = *state;
	size_t n;

	support_publish_with(site, "agent:builder-7", "roles", "[\"audit\",\"gone\"]");
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(n, 0);
}

/* What is recorded of builder-7's sessions as it is published now. */
static unsigned recorded(const struct support_site *site)
{
	struct aa_policy *policy = support_policy(site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	unsigned what = aa_recording_of_agent(policy, agent);

	aa_agent_free(agent);
	aa_policy_close(policy);
	return what;
}

TEST(an_agent_is_recorded_as_any_role_of_its_record_says, site)
{
	struct support_site *site = *state;

	support_publish_with(site, "role:inside", "record",
			     "[\"exec\",\"tty\"]"); /* of no role that it has */
	assert_int_equal(recorded(site), 0);
	support_publish_with(site, "role:audit", "record", "[\"exec\"]");
	assert_int_equal(recorded(site), AA_RECORDING_EXEC);
	support_publish_with(site, "role:deploy", "record", "[\"tty\"]");
	assert_int_equal(recorded(site), AA_RECORDING_EXEC | AA_RECORDING_TTY);
	support_publish_with(site, "role:audit", "record", NULL);
	assert_int_equal(recorded(site), AA_RECORDING_TTY);
	support_publish_with(site, "role:deploy", "record", NULL);
	assert_int_equal(recorded(site), 0);
	support_publish_with(site, "role:deploy", "gid", "\"none\""); /* damaged */
	assert_int_equal(recorded(site), AA_RECORDING_EXEC | AA_RECORDING_TTY);
}

TEST(an_expired_agent_gets_in_nowhere, site)
{
	struct support_site *site = *state;
	size_t n;

	support_publish_with(site, "agent:builder-7", "expires", "1800000001");
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_OK);
	support_publish_with(site, "agent:builder-7", "expires", "1800000000");
	assert_int_equal(login_from(site, "sshd", "10.1.2.3", &n), AA_AGENT_EXPIRED);
}

TEST(the_strictest_limit_holds, site)
{
	struct support_site *site = *state;
	struct aa_policy *policy;
	struct aa_agent *agent;
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;

	support_set(site, "role:audit", "max_session", "600");
	support_set(site, "role:audit", "max_sessions", "5");
	support_publish_with(site, "agent:builder-7", "max_sessions", "7");
	policy = support_policy(site);
	agent = support_agent(policy, "builder-7");
	support_verify(site, &login, support_assertion(NOW), &v);
	assert_int_equal(aa_roles_max_session(&v.roles), 600);
	assert_int_equal(aa_roles_max_sessions(&v.roles, agent), 5);
	aa_verdict_clear(&v);
	support_verify(site, &login, support_bent_assertion(NOW, "scope", "\"deploy\""), &v);
	assert_int_equal(aa_roles_max_session(&v.roles), 3600);
	assert_int_equal(aa_roles_max_sessions(&v.roles, agent), 7);
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
}

/* ---- public keys ---------------------------------------------------------------------- */

static enum aa_reason publickey(const struct support_site *site, int64_t now, const char *info)
{
	struct aa_policy *policy = support_policy(site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	struct aa_login login = support_login(site, now);
	struct aa_verdict v = {0};
	enum aa_reason reason;

	login.ssh_auth_info = info;
	aa_verify_publickey(policy, agent, &login, &v);
	reason = v.reason;
	assert_int_equal(v.kind, AA_KIND_PUBLICKEY);
	assert_true((reason == AA_OK) == (v.roles.n > 0));
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
	return reason;
}

TEST(a_public_key_login_is_one_key_of_the_entry, site)
{
	char *mine = NULL, *others = NULL, line[4096];

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(support_key(AA_ALG_ES256, 0)), &mine),
			 AA_JOSE_OK);
	assert_int_equal(aa_key_to_ssh(aa_private_key_public(support_key(AA_ALG_ES256, 1)), &others),
			 AA_JOSE_OK);
#define TRY(want, ...) \
	do { \
		snprintf(line, sizeof(line), __VA_ARGS__); \
		assert_int_equal(publickey(*state, NOW, line), want); \
	} while (0)
	TRY(AA_OK, "publickey %s", mine);
	TRY(AA_OK, "publickey %s\n", mine);
	TRY(AA_UNKNOWN_KEY, "publickey %s", others);
	TRY(AA_UNKNOWN_KEY, "publickey %s\npublickey %s", mine, others);
	TRY(AA_UNKNOWN_KEY, "publickey %s\npublickey %s", others, mine);
	TRY(AA_UNKNOWN_KEY, "publickey %s\n\n", mine);
	TRY(AA_UNKNOWN_KEY, "publickey %s comment", mine);
	TRY(AA_UNKNOWN_KEY, "publickey  %s", mine);
	TRY(AA_UNKNOWN_KEY, " publickey %s", mine);
	TRY(AA_UNKNOWN_KEY, "hostbased %s", mine);
	TRY(AA_UNKNOWN_KEY, "publickey %.*s", (int)strlen(mine) - 1, mine);
	TRY(AA_UNKNOWN_KEY, "publickey ecdsa-sha2-nistp256-cert-v01@openssh.com %s", strchr(mine, ' ') + 1);
	TRY(AA_UNKNOWN_KEY, "gssapi-with-mic");
	TRY(AA_UNKNOWN_KEY, "password");
	TRY(AA_UNKNOWN_KEY, "publickey ");
	TRY(AA_UNKNOWN_KEY, "%s", "");
#undef TRY
	assert_int_equal(publickey(*state, NOW, NULL), AA_UNKNOWN_KEY);
	free(mine);
	free(others);
}

TEST(a_public_key_ends_with_its_state_and_its_date, site)
{
	struct support_site *site = *state;
	json_t *key = json_array_get(json_object_get(support_record(site, "agent:builder-7"), "keys"), 0);
	char *ssh = NULL, line[4096];

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(support_key(AA_ALG_ES256, 0)), &ssh),
			 AA_JOSE_OK);
	snprintf(line, sizeof(line), "publickey %s", ssh);
	json_object_set_new(key, "not_after", json_integer(NOW + 1));
	support_site_publish(site);
	assert_int_equal(publickey(site, NOW, line), AA_OK);
	assert_int_equal(publickey(site, NOW + 1, line), AA_KEY_EXPIRED);
	json_object_set_new(key, "state", json_string("disabled"));
	support_site_publish(site);
	assert_int_equal(publickey(site, NOW, line), AA_UNKNOWN_KEY);
	json_object_set_new(key, "state", json_string("active"));
	support_publish_with(site, "agent:builder-7", "expires", "1800000000");
	assert_int_equal(publickey(site, NOW, line), AA_AGENT_EXPIRED);
	free(ssh);
}

/* ---- the entry alone ---------------------------------------------------------------------- */

static enum aa_reason entry(const struct support_site *site, const char *service, bool delegable_only,
			    size_t *ret_roles)
{
	struct aa_policy *policy = support_policy(site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v = {0};
	enum aa_reason reason;

	login.service = service;
	login.address = NULL;
	aa_verify_account(policy, agent, &login, delegable_only, &v);
	reason = v.reason;
	*ret_roles = v.roles.n;
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
	return reason;
}

TEST(what_root_starts_has_the_entrys_roles_or_none, site)
{
	struct support_site *site = *state;
	size_t n;

	assert_int_equal(entry(site, "cron", false, &n), AA_OK);
	assert_int_equal(n, 1);
	support_publish_with(site, "role:audit", "services", "[\"sshd\"]");
	assert_int_equal(entry(site, "cron", false, &n), AA_OK); /* the account, without a role */
	assert_int_equal(n, 0);
	support_publish_with(site, "agent:builder-7", "expires", "1");
	assert_int_equal(entry(site, "cron", false, &n), AA_AGENT_EXPIRED);
}

TEST(what_a_person_starts_has_delegable_roles_alone, site)
{
	struct support_site *site = *state;
	size_t n;

	assert_int_equal(entry(site, "sudo", true, &n), AA_OK);
	assert_int_equal(n, 1); /* deploy is delegable, audit is not */
	support_publish_with(site, "role:deploy", "delegable", "false");
	assert_int_equal(entry(site, "sudo", true, &n), AA_ROLE_DENIED);
	assert_int_equal(n, 0);
}

TEST(kinds_have_names_and_come_back_from_them)
{
	for (int i = 0; i < AA_KIND_COUNT; i++)
		assert_int_equal(aa_kind_from_name(aa_kind_name((enum aa_kind)i)), i);
	assert_int_equal(aa_kind_from_name(NULL), AA_KIND_NONE);
	assert_int_equal(aa_kind_from_name("Token"), AA_KIND_NONE);
	assert_string_equal(aa_kind_name((enum aa_kind)99), "none");
}

/* ---- a command that no sudoers has matched ---------------------------------------------- */

static bool is_named(struct support_site *site, const char *role, const char *path)
{
	const struct aa_list roles = {1, &role};
	static char name[] = "x", *argv[] = {name, NULL};
	const struct aa_command command = {"root", path, argv};
	struct aa_policy *policy = support_policy(site);
	bool named = aa_command_is_named(policy, &roles, &command);

	aa_policy_close(policy);
	return named;
}

TEST(a_command_is_named_by_an_approval_rule_of_a_role_that_is_good_for_sudo, site)
{
	struct support_site *site = *state;

	support_set(site, "role:deploy", "sudo", "[\"(root) /usr/bin/false\"]");
	support_publish_with(site, "role:deploy", "approval", "[\"(root) /usr/bin/true\"]");
	assert_true(is_named(site, "deploy", "/usr/bin/true"));
	assert_false(is_named(site, "deploy", "/usr/bin/false")); /* which sudo grants itself */
	assert_false(is_named(site, "audit", "/usr/bin/true"));
	assert_false(is_named(site, "gone", "/usr/bin/true"));
	support_publish_with(site, "role:deploy", "services", "[\"sshd\"]");
	assert_false(is_named(site, "deploy", "/usr/bin/true"));
}
