/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy.c: records of policy.cdb are what policy.h says to the letter, or damage. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/generation.h"
#include "common/text/list.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

/* ---- what is read ------------------------------------------------------------- */

TEST(the_reader_reads_the_host, site)
{
	struct aa_policy *policy = support_policy(*state);
	const struct aa_host *host = aa_policy_host(policy);

	assert_string_equal(host->name, "web01.example.com");
	assert_int_equal(host->audience.n, 1);
	assert_string_equal(host->audience.v[0], SITE_AUDIENCE);
	assert_int_equal(host->generation, 1);
	assert_int_equal(host->clock_skew, 30);
	assert_int_equal(host->max_assertion_ttl, 300);
	assert_int_equal(host->nonce, AA_NONCE_IS_OPTIONAL);
	assert_int_equal(host->audit_failure, AA_AUDIT_FAILURE_DENY);
	assert_int_equal(host->audit_sync, AA_AUDIT_SYNC_NONE);
	assert_int_equal(host->accounts.without_credential.n, 5);
	aa_policy_close(policy);
}

TEST(what_was_published_before_the_upgrade_is_read, site)
{
	json_t *record = support_record(*state, "host");
	struct aa_host *host;

	json_object_set_new(record, "format", json_integer(AA_POLICY_FORMAT_OLDEST));
	host = aa_host_from_json(record);
	assert_non_null(host);
	assert_int_equal(host->format, AA_POLICY_FORMAT_OLDEST);
	aa_host_free(host);
}

TEST(the_reader_reads_an_agent_with_all_that_it_has, site)
{
	struct support_site *site = *state;
	struct aa_policy *policy;
	struct aa_agent *agent;

	support_set(site, "agent:builder-7", "expires", "1900000000");
	support_set(site, "agent:builder-7", "sources", "[\"10.0.0.0/8\"]");
	support_set(site, "agent:builder-7", "max_sessions", "3");
	support_publish_with(site, "agent:builder-7", "mixed_sessions", "\"refuse\"");
	policy = support_policy(site);
	agent = support_agent(policy, "builder-7");
	assert_int_equal(agent->uid, SITE_UID);
	assert_int_equal(agent->roles.n, 2);
	assert_string_equal(agent->roles.v[0], "deploy");
	assert_int_equal(agent->expires, 1900000000);
	assert_int_equal(agent->max_sessions, 3);
	assert_int_equal(agent->mixed_sessions, AA_MIXED_SESSIONS_REFUSE);
	assert_true(agent->delegation.given);
	assert_true(aa_list_has(&agent->delegation.users, "user-alice"));
	assert_true(aa_list_has(&agent->delegation.local_users, "alice"));
	assert_false(aa_list_has(&agent->delegation.local_users, "user-alice"));
	assert_int_equal(agent->keys.n, 1);
	assert_int_equal(agent->keys.v[0].state, AA_KEY_ACTIVE);
	assert_string_equal(agent->keys.v[0].kid, "k1");
	assert_int_equal(agent->bindings.n, 1);
	assert_string_equal(agent->bindings.v[0].subject, "svc-builder-7");
	aa_agent_free(agent);
	aa_policy_close(policy);
}

TEST(the_reader_gives_absent_members_their_defaults, site)
{
	struct aa_policy *policy = support_policy(*state);
	struct aa_agent *agent = support_agent(policy, "other-1");
	struct aa_role *role = NULL;

	assert_null(agent->owner);
	assert_null(agent->description);
	assert_int_equal(agent->expires, 0);
	assert_int_equal(agent->max_sessions, 0);
	assert_false(agent->delegation.given);
	assert_int_equal(agent->mixed_sessions, AA_MIXED_SESSIONS_ALLOW);
	assert_int_equal(agent->sources.n, 0);
	assert_int_equal(aa_policy_role(policy, "audit", &role), AA_OK);
	assert_false(role->delegable);
	assert_int_equal(role->services.n, 0);
	assert_int_equal(role->max_session, 0);
	assert_null(role->limits.memory_max);
	aa_role_free(role);
	aa_agent_free(agent);
	aa_policy_close(policy);
}

TEST(the_reader_finds_an_issuer_by_its_url_to_the_letter, site)
{
	static const char *const near[] = {SITE_ISSUER "/", "https://idp.example.com/realms/agent",
					   "https://IDP.example.com/realms/agents", "corp", ""};
	struct aa_policy *policy = support_policy(*state);
	struct aa_issuer *issuer = NULL;

	assert_int_equal(aa_policy_issuer_by_url(policy, SITE_ISSUER, &issuer), AA_OK);
	assert_string_equal(issuer->name, "corp");
	assert_int_equal(issuer->reuse, AA_REUSE_ONCE);
	assert_int_equal(issuer->delegation, AA_DELEGATION_ALLOWED);
	assert_non_null(issuer->scopes.v);
	assert_int_equal(issuer->scopes.n, 2);
	aa_issuer_free(issuer);
	issuer = NULL;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		assert_int_equal(aa_policy_issuer_by_url(policy, near[i], &issuer), AA_UNKNOWN_ISSUER);
	assert_null(issuer);
	aa_policy_close(policy);
}

TEST(the_reader_tells_what_is_not_there_from_what_cannot_be_read, site)
{
	struct support_site *site = *state;
	struct aa_policy *policy;
	struct aa_agent *agent = NULL;
	struct aa_role *role = NULL;
	struct aa_issuer *issuer = NULL;
	char name[4096];

	json_object_set_new(site->records, "agent:list", json_array());
	json_object_set_new(site->records, "role:text", json_string("x"));
	json_object_set_new(site->records, "agent:alias", json_incref(support_record(site, "agent:other-1")));
	json_object_set_new(site->records, "iss:https://dangling.example.com",
			    json_pack("{s:s}", "issuer", "nobody"));
	json_object_set_new(site->records, "iss:https://crossed.example.com",
			    json_pack("{s:s}", "issuer", "corp"));
	support_site_publish(site);
	policy = support_policy(site);
	assert_int_equal(aa_policy_agent(policy, "nobody", &agent), AA_AGENT_UNKNOWN);
	assert_int_equal(aa_policy_role(policy, "nobody", &role), AA_ROLE_DENIED);
	assert_int_equal(aa_policy_issuer(policy, "nobody", &issuer), AA_UNKNOWN_ISSUER);
	assert_int_equal(aa_policy_agent(policy, "list", &agent), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(aa_policy_role(policy, "text", &role), AA_REGISTRY_UNAVAILABLE);
	/* A record under another's name, an address that leads nowhere or to another issuer: damage. */
	assert_int_equal(aa_policy_agent(policy, "alias", &agent), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(aa_policy_issuer_by_url(policy, "https://dangling.example.com", &issuer),
			 AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(aa_policy_issuer_by_url(policy, "https://crossed.example.com", &issuer),
			 AA_REGISTRY_UNAVAILABLE);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(aa_policy_agent(policy, name, &agent), AA_AGENT_UNKNOWN);
	assert_null(agent);
	assert_null(role);
	assert_null(issuer);
	assert_int_equal(aa_policy_agent(policy, "other-1", &agent), AA_OK);
	aa_agent_free(agent);
	aa_policy_close(policy);
}

/* ---- what is refused -------------------------------------------------------------- */

struct bend {
	const char *member, *text; /* NULL: taken out */
};

/* Every record that these bends make of a good one must be refused; the good one is accepted. */
#define REFUSES(kind, record, bends) \
	do { \
		json_t *good = support_record(site, record); \
		struct aa_##kind *made = aa_##kind##_from_json(good); \
\
		assert_non_null(made); \
		aa_##kind##_free(made); \
		for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) { \
			json_t *bent = json_deep_copy(good); \
\
			if (bends[i].text) \
				json_object_set_new(bent, bends[i].member, support_json(bends[i].text)); \
			else \
				json_object_del(bent, bends[i].member); \
			made = aa_##kind##_from_json(bent); \
			if (made) \
				fail_msg("%s: %s = %s was accepted", record, bends[i].member, \
					 bends[i].text ? bends[i].text : "(absent)"); \
			json_decref(bent); \
		} \
	} while (0)

TEST(the_reader_refuses_a_host_that_breaks_the_schema, site)
{
	static const struct bend bends[] = {
	    {"format", "1"},
	    {"format", NULL},
	    {"format", "2.0"},
	    {"generation", "4294967296"},
	    {"generation", "-1"},
	    {"name", NULL},
	    {"name", "1"},
	    {"audience", "[]"},
	    {"audience", "\"" SITE_AUDIENCE "\""},
	    {"audience", "[\"a\", 1]"},
	    {"clock_skew", "-1"},
	    {"clock_skew", "30.0"},
	    {"clock_skew", "\"30\""},
	    {"clock_skew", "9223372036854775807"},
	    {"max_assertion_ttl", NULL},
	    {"max_token_ttl", "true"},
	    {"max_failures", "-1"},
	    {"max_failures", "\"5\""},
	    {"nonce", "\"Required\""},
	    {"nonce", "true"},
	    {"nonce", NULL},
	    {"audit_failure", "\"\""},
	    {"audit_sync", "\"maybe\""},
	    {"without_credential", "{}"},
	    {"home", NULL},
	    {"shell", "[]"},
	    {"colour", "\"red\""},
	};
	struct support_site *site = *state;

	REFUSES(host, "host", bends);
}

TEST(the_reader_refuses_what_a_later_version_published, site)
{
	json_t *record = support_record(*state, "host");

	json_object_set_new(record, "format", json_integer(AA_POLICY_FORMAT + 1));
	assert_null(aa_host_from_json(record));
}

TEST(the_reader_refuses_an_agent_that_breaks_the_schema, site)
{
	static const struct bend bends[] = {
	    {"name", NULL},
	    {"uid", "0"},
	    {"uid", "-7"},
	    {"uid", "2147483647"},
	    {"uid", "4294967303"},
	    {"uid", "\"70007\""},
	    {"roles", NULL},
	    {"roles", "\"deploy\""},
	    {"roles", "[null]"},
	    {"expires", "1.5"},
	    {"expires", "9223372036854775807"},
	    {"keys", NULL},
	    {"keys", "{}"},
	    {"keys", "[1]"},
	    {"keys", "[{}]"},
	    {"keys", "[{\"kid\":\"a\",\"jwk\":{},\"ssh\":\"x y\"}]"},
	    {"keys", "[{\"kid\":\"a\",\"jwk\":{},\"ssh\":\"x y\",\"state\":\"Active\"}]"},
	    {"keys", "[{\"kid\":\"a\",\"jwk\":\"\",\"ssh\":\"x y\",\"state\":\"active\"}]"},
	    {"keys", "[{\"kid\":1,\"jwk\":{},\"ssh\":\"x y\",\"state\":\"active\"}]"},
	    {"keys", "[{\"kid\":\"a\",\"jwk\":{},\"ssh\":\"x y\",\"state\":\"active\",\"more\":1}]"},
	    {"bindings", NULL},
	    {"bindings", "[{\"issuer\":\"corp\"}]"},
	    {"bindings", "[{\"issuer\":\"corp\",\"client\":\"c\",\"require\":[{\"claim\":\"x\"}]}]"},
	    {"bindings",
	     "[{\"issuer\":\"corp\",\"client\":\"c\",\"require\":[{\"claim\":\"x\",\"value\":1}]}]"},
	    {"delegation", "[]"},
	    {"delegation", "true"},
	    {"delegation", "{\"users\":\"*\"}"},
	    {"delegation", "{\"everybody\":true}"},
	    {"mixed_sessions", NULL},
	    {"mixed_sessions", "\"no\""},
	    {"max_sessions", "-1"},
	    {"admin", "true"},
	};
	struct support_site *site = *state;

	REFUSES(agent, "agent:builder-7", bends);
}

TEST(the_reader_refuses_a_role_that_breaks_the_schema, site)
{
	static const struct bend bends[] = {
	    {"name", NULL},
	    {"gid", "0"},
	    {"gid", "2147483647"},
	    {"gid", NULL},
	    {"services", "\"sshd\""},
	    {"services", "[[]]"},
	    {"delegable", "1"},
	    {"delegable", "\"true\""},
	    {"max_session", "-1"},
	    {"max_sessions", "1e3"},
	    {"limits", "[]"},
	    {"limits", "{\"memory_max\":2}"},
	    {"limits", "{\"x\":1}"},
	    {"sudo", "{}"},
	    {"groups", "\"www-data\""},
	    {"root", "true"},
	};
	struct support_site *site = *state;

	REFUSES(role, "role:deploy", bends);
}

TEST(the_reader_refuses_an_issuer_that_breaks_the_schema, site)
{
	static const struct bend bends[] = {
	    {"name", NULL},
	    {"issuer", NULL},
	    {"algorithms", NULL},
	    {"algorithms", "\"RS256\""},
	    {"jwks_max_age", NULL},
	    {"max_token_ttl", "-1"},
	    {"client_claim", NULL},
	    {"user_claim", "[]"},
	    {"delegation", NULL},
	    {"delegation", "\"yes\""},
	    {"without_sub", "true"},
	    {"without_sub", "\"allowed\""},
	    {"discovery", "\"true\""},
	    {"reuse", NULL},
	    {"reuse", "\"always\""},
	    {"require", "{}"},
	    {"require", "[{\"claim\":\"ver\",\"value\":2}]"},
	    {"scopes", "{}"},
	    {"scopes", "[{\"claim\":\"scope\",\"value\":\"x\"}]"},
	    {"scopes", "[{\"claim\":\"scope\",\"value\":\"x\",\"role\":\"deploy\",\"more\":\"\"}]"},
	    {"audience", "\"api://hosts\""},
	    {"keys_file", "1"},
	    {"ca_file", "1"},
	    {"bearer_file", "[]"},
	    {"jwks_uri", "true"},
	    {"secret", "\"x\""},
	};
	struct support_site *site = *state;

	REFUSES(issuer, "issuer:corp", bends);
}

TEST(the_reader_refuses_what_is_no_object, site)
{
	static const char *const texts[] = {"[]", "\"agent\"", "1", "null", "{}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = support_json(texts[i]);

		assert_null(aa_host_from_json(json));
		assert_null(aa_agent_from_json(json));
		assert_null(aa_role_from_json(json));
		assert_null(aa_issuer_from_json(json));
		json_decref(json);
	}
}

/* ---- the file -------------------------------------------------------------------------- */

static enum aa_reason opens(const struct support_site *site)
{
	struct aa_policy *policy = NULL;
	enum aa_reason reason;
	int fd = -1;

	assert_int_equal(aa_generation_open(site->statedir, geteuid(), &fd), 0);
	reason = aa_policy_openat(fd, geteuid(), &policy);
	assert_true((reason == AA_OK) == (policy != NULL));
	aa_policy_close(policy);
	close(fd);
	return reason;
}

TEST(the_reader_refuses_a_file_that_is_damaged_or_not_ours, site)
{
	struct support_site *site = *state;
	char path[512], *bytes;
	size_t len;

	snprintf(path, sizeof(path), "%s/generations/1/policy.cdb", site->statedir);
	assert_int_equal(opens(site), AA_OK);
	bytes = support_read_file(path, &len);
	support_site_damage(site, "", 0);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE);
	support_site_damage(site, bytes, 2048);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE);
	support_site_damage(site, bytes, len - 1);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE);
	support_site_damage(site, bytes, len);
	assert_int_equal(opens(site), AA_OK);
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE); /* and at once */
	free(bytes);
}

TEST(the_reader_refuses_a_policy_without_a_host, site)
{
	struct support_site *site = *state;

	json_object_del(site->records, "host");
	support_site_publish(site);
	assert_int_equal(opens(site), AA_REGISTRY_UNAVAILABLE);
}

/* Each byte flipped: the answer is the true one or "cannot be read", and nothing is read that is not there (ASan). */
TEST(the_reader_survives_every_flipped_byte, site)
{
	struct support_site *site = *state;
	char path[512], *bytes;
	size_t len;

	snprintf(path, sizeof(path), "%s/generations/1/policy.cdb", site->statedir);
	bytes = support_read_file(path, &len);
	for (size_t i = 0; i < len; i++) {
		struct aa_policy *policy = NULL;
		struct aa_agent *agent = NULL;
		int fd = -1;

		bytes[i] = (char)(bytes[i] ^ 0x5a);
		support_site_damage(site, bytes, len);
		bytes[i] = (char)(bytes[i] ^ 0x5a);
		assert_int_equal(aa_generation_open(site->statedir, geteuid(), &fd), 0);
		if (aa_policy_openat(fd, geteuid(), &policy) == AA_OK &&
		    aa_policy_agent(policy, "builder-7", &agent) == AA_OK)
			assert_string_equal(agent->name, "builder-7");
		aa_agent_free(agent);
		aa_policy_close(policy);
		close(fd);
	}
	free(bytes);
}
