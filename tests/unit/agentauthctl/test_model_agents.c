/* SPDX-License-Identifier: Apache-2.0 */
/* test_model_agents.c: what the file of an agent may say, and the records made of it. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/model_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/record.h"

/* ---- agents -------------------------------------------------------------- */

TEST(an_agent_with_every_setting_is_accepted, house)
{
	agent_text(state, "builder-7",
		   "uid = 70007; description = \"Release builder\"; owner = \"a@b\"; expires = "
		   "\"2027-01-01T00:00:00Z\";\n"
		   "roles = [ \"deploy\", \"build\" ];\n"
		   "keys = ( { kid = \"k\"; pem = \"" TEST_PEM
		   "\"; not_after = \"2027-01-01T00:00:00Z\"; state = \"active\"; },\n"
		   "         { pem = \"" TEST_PEM_ED25519 "\"; state = \"disabled\"; } );\n"
		   "bindings = ( { issuer = \"corp\"; client = \"b\"; subject = \"s\"; require = ( { claim = "
		   "\"c\"; value = \"v\"; } ); } );\n"
		   "delegation = { users = [ \"u\" ]; local_users = [ \"alice\" ]; };\n"
		   "sources = [ \"::1\" ]; max_sessions = 2; mixed_sessions = \"refuse\";",
		   NULL, NULL);
}

TEST(names_and_uids_of_this_host_are_refused, house)
{
	agent_text(state, "bot", "uid = 70001;", NULL, NULL);
	agent_text(state, "alice", "uid = 70001;", NULL, "in /etc/passwd already");
	agent_text(state, "ops", "uid = 70001;", NULL, "in /etc/group already");
	agent_text(state, "agents", "uid = 70001;", NULL, "group of all agents");
	agent_text(state, "agent-x", "uid = 70001;", NULL, "groups of roles");
	agent_text(state, "Bot", "uid = 70001;", NULL, "capital");
	agent_text(state, "bot", "", NULL, "uid is missing");
	agent_text(state, "bot", "uid = 0;", "uid", "out of range");
	agent_text(state, "bot", "uid = 65534;", "uid", "outside of accounts.uid_min");
	agent_text(state, "bot", "uid = 70055;", "uid", "squatter");
	agent_text(state, "bot", "uid = 70066;", "uid", "ops");
	agent_text(state, "bot", "uid = 99999;", "uid", "gid of the group agents");
}

TEST(what_an_agent_refers_to_exists, house)
{
	agent_text(state, "bot", "uid = 70001; roles = [ \"deploy\" ];", NULL, NULL);
	agent_text(state, "bot", "uid = 70001; roles = [ \"deplyo\" ];", "roles[0]", "no role");
	agent_text(state, "bot", "uid = 70001; bindings = ( { issuer = \"corp\"; client = \"b\"; } );", NULL,
		   NULL);
	agent_text(state, "bot", "uid = 70001; bindings = ( { issuer = \"cor\"; client = \"b\"; } );",
		   "bindings[0].issuer", "no issuer");
}

TEST(text_that_terminals_or_passwd_would_misread_is_refused, house)
{
	agent_text(state, "bot", "uid = 70001; description = \"a: b\";", NULL, NULL);
	agent_text(state, "bot", "uid = 70001; description = \"a\\nb\";", "description", "line break");
	agent_text(state, "bot", "uid = 70001; owner = \"a\\x1b[2J\";", "owner", "control character");
	agent_text(state, "bot", "uid = 70001; owner = \"a\xe2\x80\xae\";", "owner", "control character");
	agent_text(state, "bot", "uid = 70001; expires = \"1970-01-01T00:00:00Z\";", "expires", "not a time");
	agent_text(state, "bot", "uid = 70001; expires = \"tomorrow\";", "expires", "not a time");
}

#define KEY(pem) "uid = 70001; keys = ( { pem = \"" pem "\"; } );"

TEST(keys_are_public_and_strong, house)
{
	agent_text(state, "bot", KEY(TEST_PEM), NULL, NULL);
	agent_text(state, "bot", KEY("-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n"),
		   "keys[0].pem", "private key");
	agent_text(state, "bot",
		   KEY("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMC4CAQ==\n-----END EC "
		       "PRIVATE KEY-----\n"),
		   "keys[0].pem", "private key");
	agent_text(state, "bot", KEY("garbage"), "keys[0].pem", "not a public key in PEM");
	/* RSA with 1024 bits */
	agent_text(state, "bot",
		   KEY("-----BEGIN PUBLIC KEY-----\n"
		       "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvK+z2nV9r9mRVC/Rmgjz+Waw3\n"
		       "dNCsakE6m4WLseNaYH2fAwtdETjw42JWe0i9kVfF6G59kvUi/1LYDBNFra/RWjHg\n"
		       "KhmTFWhTu1+LW4bPULmP+vAH/gauZQ7ZmAmKuhQMBU3jYmzf+KSIZUZbEqMJRTEK\n"
		       "aB6N8diwgvZGlsCBLQIDAQAB\n"
		       "-----END PUBLIC KEY-----\n"),
		   "keys[0].pem", "too weak");
	agent_text(state, "bot",
		   "uid = 70001; keys = ( { kid = \"a\"; pem = \"" TEST_PEM
		   "\"; }, { kid = \"b\"; pem = \"" TEST_PEM_ED25519 "\"; } );",
		   NULL, NULL);
	agent_text(state, "bot",
		   "uid = 70001; keys = ( { kid = \"a\"; pem = \"" TEST_PEM
		   "\"; }, { kid = \"a\"; pem = \"" TEST_PEM_ED25519 "\"; } );",
		   "keys[1].pem", "another key's");
	agent_text(state, "bot", "uid = 70001; keys = ( { kid = \"a\"; } );", "keys[0]", "pem is missing");
}

/* ---- the records --------------------------------------------------------- */

TEST(records_are_what_the_verifier_reads, house)
{
	struct reading r;
	struct buffer b = {0};
	struct aa_host *host;
	struct aa_issuer *issuer;
	struct aa_role *role;
	json_t *json;

	read_main(*state, MAIN, &r);
	record_host(&r.model, 7, &b);
	json = json_loads(b.data, 0, NULL);
	host = aa_host_from_json(json);
	assert_non_null(host);
	assert_int_equal(host->generation, 7);
	assert_int_equal(host->audience.n, 1);
	aa_host_free(host);
	json_decref(json);
	record_issuer(&r.model.issuers.v[0], &b);
	json = json_loads(b.data, 0, NULL);
	issuer = aa_issuer_from_json(json);
	assert_non_null(issuer);
	assert_true(issuer->reuse == AA_REUSE_ONCE);
	assert_false(issuer->delegation);
	assert_int_equal(issuer->max_token_ttl, 3600);
	aa_issuer_free(issuer);
	json_decref(json);
	record_role(&r.model.roles.v[0], &b);
	json = json_loads(b.data, 0, NULL);
	role = aa_role_from_json(json);
	assert_non_null(role);
	assert_int_equal(role->gid, 99001);
	aa_role_free(role);
	json_decref(json);
	buffer_free(&b);
	reading_free(&r);
}

TEST(an_agent_s_record_holds_all_of_its_text, house)
{
	static const char text[] = "uid = 70007; description = \"a: \\\"b\\\" \\\\ c\"; owner = \"ä\"; "
				   "expires = \"2027-01-01T00:00:00Z\";\n"
				   "roles = [ \"deploy\" ]; keys = ( { pem = \"" TEST_PEM
				   "\"; not_after = \"2028-01-01T00:00:00Z\"; },\n"
				   " { pem = \"" TEST_PEM_ED25519 "\"; state = \"disabled\"; } );\n"
				   "bindings = ( { issuer = \"corp\"; client = \"b\"; } ); delegation = { "
				   "local_users = [ \"alice\" ]; };\n"
				   "sources = [ \"::1\" ]; max_sessions = 2; mixed_sessions = \"refuse\";";
	struct reading r;
	struct conf_file file = {0};
	struct arena arena = {0};
	struct buffer record = {0}, ssh = {0}, gecos = {0};
	struct key_memo *memo = key_memo_new();
	struct aa_agent agent;
	struct aa_agent *read;
	json_t *json;

	read_main(*state, MAIN, &r);
	conf_text_set(&file.text, "agent.conf", text, strlen(text));
	assert_int_equal(agent_read(&r.model, "builder-7", &file, &arena, &r.problems, &agent), 0);
	assert_int_equal(record_agent(&agent, &file, memo, &r.problems, &record, &ssh), 0);
	json = json_loads(record.data, 0, NULL);
	read = aa_agent_from_json(json);
	assert_non_null(read);
	assert_string_equal(read->description, "a: \"b\" \\ c");
	assert_string_equal(read->owner, "ä");
	assert_int_equal(read->expires, 1798761600);
	assert_int_equal(read->keys.n, 2);
	assert_string_equal(read->keys.v[0].kid, "JXty2a-7IW069BH9FbM8I1HBMixF465VkCfb4EPb3TI");
	assert_int_equal(read->keys.v[0].not_after, 1830297600);
	assert_int_equal(read->keys.v[1].state, AA_KEY_DISABLED);
	assert_true(read->delegation.given);
	assert_int_equal(read->mixed_sessions, AA_MIXED_SESSIONS_REFUSE);
	/* a disabled key does not log in by SSH either */
	assert_non_null(strstr(ssh.data, " 1830297600\n"));
	assert_null(strstr(ssh.data, "ssh-ed25519"));
	record_gecos(agent.description, &gecos);
	assert_string_equal(gecos.data, "a; \"b\" \\ c");
	aa_agent_free(read);
	json_decref(json);
	key_memo_free(memo);
	buffer_free(&record);
	buffer_free(&ssh);
	buffer_free(&gecos);
	arena_free(&arena);
	conf_file_free(&file);
	reading_free(&r);
}
