/* SPDX-License-Identifier: Apache-2.0 */
/* support_policy.c: the writer of test hosts. */
#include <config.h>

#include "tests/unit/support/support_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>

#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "common/state/decision.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_tokens.h"

#define ACCOUNTS_MAX 64

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "test support: %s: %s\n", what, strerror(errno));
		abort();
	}
}

json_t *support_json(const char *text)
{
	json_error_t why;
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);

	if (!json) {
		fprintf(stderr, "test support: %s: %s\n", why.text, text);
		abort();
	}
	return json;
}

void support_bend_file(const char *path, const char *member, json_t *value)
{
	size_t len;
	char *text = support_read_file(path, &len);
	json_t *object = support_json(text);

	free(text);
	need(json_object_set_new(object, member, value) == 0, member);
	text = json_dumps(object, JSON_COMPACT);
	support_write_file(path, text, strlen(text));
	free(text);
	json_decref(object);
}

const char *support_path(const char *dir, const char *name)
{
	static char bufs[8][512];
	static unsigned next;
	char *buf = bufs[next++ % 8];

	snprintf(buf, sizeof(bufs[0]), "%s/%s", dir, name);
	return buf;
}

/* ---- records --------------------------------------------------------------- */

json_t *support_record(struct support_site *site, const char *key)
{
	json_t *record = json_object_get(site->records, key);

	if (!record) {
		record = json_object();
		need(json_object_set_new(site->records, key, record) == 0, key);
	}
	return record;
}

void support_set(struct support_site *site, const char *key, const char *member, const char *text)
{
	json_t *record = support_record(site, key);

	if (text)
		need(json_object_set_new(record, member, support_json(text)) == 0, member);
	else
		(void)json_object_del(record, member);
}

static json_t *key_record(const char *kid, const struct aa_private_key *key)
{
	json_t *record;
	char *ssh = NULL;

	need(aa_key_to_ssh(aa_private_key_public(key), &ssh) == AA_JOSE_OK, kid);
	record = json_pack("{s:s, s:o, s:s, s:s}", "kid", kid, "jwk",
			   aa_key_to_jwk(aa_private_key_public(key)), "ssh", ssh, "state", "active");
	free(ssh);
	return record;
}

static const char host_text[] =
    "{\"format\":3,\"generation\":1,\"name\":\"web01.example.com\",\"audience\":[\"" SITE_AUDIENCE "\"],"
    "\"clock_skew\":30,\"max_assertion_ttl\":300,\"max_token_ttl\":3600,\"nonce\":\"optional\","
    "\"audit_failure\":\"deny\",\"audit_sync\":\"none\",\"home\":\"/home/agents\",\"shell\":\"/bin/bash\","
    "\"without_credential\":[\"su\",\"su-l\",\"runuser\",\"cron\",\"systemd-user\"]}";
static const char builder_text[] =
    "{\"name\":\"builder-7\",\"uid\":70007,\"owner\":\"alice@example.com\",\"roles\":[\"deploy\",\"audit\"],"
    "\"bindings\":[{\"issuer\":\"corp\",\"client\":\"builder-7\",\"subject\":\"svc-builder-7\"}],"
    "\"delegation\":{\"users\":[\"user-alice\"],\"local_users\":[\"alice\"]},\"mixed_sessions\":\"allow\"}";
static const char other_text[] = "{\"name\":\"other-1\",\"uid\":70008,\"roles\":[\"audit\"],\"bindings\":[],"
				 "\"mixed_sessions\":\"allow\"}";
static const char corp_text[] =
    "{\"name\":\"corp\",\"issuer\":\"" SITE_ISSUER
    "\",\"discovery\":true,\"algorithms\":[\"RS256\",\"ES256\"],"
    "\"jwks_max_age\":86400,\"max_token_ttl\":3600,\"client_claim\":\"azp\",\"user_claim\":\"sub\","
    "\"delegation\":\"allowed\",\"reuse\":\"once\",\"require\":[],"
    "\"scopes\":[{\"claim\":\"scope\",\"value\":\"host.deploy\",\"role\":\"deploy\"},"
    "{\"claim\":\"scope\",\"value\":\"host.audit\",\"role\":\"audit\"}]}";

static uint32_t site_uid = 70007;

uint32_t support_site_uid(void)
{
	return site_uid;
}

void support_own_uid(void)
{
	if (site_uid == 70007)
		site_uid = 70200 + (uint32_t)getpid() % 28000;
}

static void put(struct support_site *site, const char *key, const char *text)
{
	need(json_object_set_new(site->records, key, support_json(text)) == 0, key);
}

static void put_key(struct support_site *site, const char *key, const struct aa_private_key *private)
{
	need(json_object_set_new(support_record(site, key), "keys",
				 json_pack("[o]", key_record("k1", private))) == 0,
	     key);
}

static void put_records(struct support_site *site)
{
	put(site, "host", host_text);
	put(site, "role:deploy",
	    "{\"name\":\"deploy\",\"gid\":99001,\"services\":[\"sshd\",\"sudo\"],"
	    "\"sudo\":[\"(root) /usr/bin/systemctl restart app\"],\"delegable\":true,\"max_session\":3600}");
	put(site, "role:audit", "{\"name\":\"audit\",\"gid\":99002}");
	put(site, "role:inside", "{\"name\":\"inside\",\"gid\":99003,\"sources\":[\"10.0.0.0/8\",\"::1\"]}");
	put(site, "agent:builder-7", builder_text);
	put_key(site, "agent:builder-7", support_key(AA_ALG_ES256, 0));
	need(json_object_set_new(support_record(site, "agent:builder-7"), "uid", json_integer(site_uid)) == 0,
	     "uid");
	put(site, "agent:other-1", other_text);
	put_key(site, "agent:other-1", support_key(AA_ALG_ES256, 1));
	put(site, "issuer:corp", corp_text);
	put(site, "iss:" SITE_ISSUER, "{\"issuer\":\"corp\"}");
}

/* ---- files ------------------------------------------------------------------- */

void support_write_policy(const char *path, const json_t *records)
{
	struct cdb_make cdb;
	const char *key;
	json_t *record;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	need(fd >= 0 && fchmod(fd, 0600) == 0 && cdb_make_start(&cdb, fd) == 0, path);
	json_object_foreach((json_t *)(uintptr_t)records, key, record)
	{
		char *text = json_dumps(record, JSON_COMPACT | JSON_ENCODE_ANY);

		need(text &&
			 cdb_make_add(&cdb, key, (unsigned)strlen(key), text, (unsigned)strlen(text)) == 0,
		     key);
		free(text);
	}
	need(cdb_make_finish(&cdb) == 0 && close(fd) == 0, path);
}

static size_t list_accounts(const struct support_site *site, struct support_account *accounts)
{
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach(site->records, key, value)
	{
		if (strncmp(key, "agent:", 6) == 0 && n < ACCOUNTS_MAX)
			accounts[n++] = (struct support_account){
			    .name = key + 6,
			    .uid = (uint32_t)json_integer_value(json_object_get(value, "uid"))};
	}
	json_object_foreach(site->retired, key, value)
	{
		if (n < ACCOUNTS_MAX)
			accounts[n++] = (struct support_account){.name = key,
								 .uid = (uint32_t)json_integer_value(value),
								 .flags = AA_ACCOUNT_RETIRED};
	}
	return n;
}

static size_t list_groups(const struct support_site *site, struct support_group *groups, char names[][64])
{
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach(site->records, key, value)
	{
		if (strncmp(key, "role:", 5) != 0 || n == ACCOUNTS_MAX)
			continue;
		snprintf(names[n], sizeof(names[n]), "agent-%.32s", key + 5);
		groups[n] = (struct support_group){
		    names[n], (uint32_t)json_integer_value(json_object_get(value, "gid"))};
		n++;
	}
	return n;
}

static void generation_file(const struct support_site *site, char *ret, size_t cap)
{
	snprintf(ret, cap, "%s/generations/%u/%s", site->statedir, site->generation, AA_POLICY_FILE);
}

void support_site_publish(struct support_site *site)
{
	struct support_account accounts[ACCOUNTS_MAX];
	struct support_group groups[ACCOUNTS_MAX];
	char names[ACCOUNTS_MAX][64], path[512];
	struct support_registry registry = {.accounts = accounts, .groups = groups};

	site->generation++;
	registry.n_accounts = list_accounts(site, accounts);
	registry.n_groups = list_groups(site, groups, names);
	support_publish(site->statedir, site->generation, &registry);
	generation_file(site, path, sizeof(path));
	support_write_policy(path, site->records);
}

void support_publish_with(struct support_site *site, const char *key, const char *member, const char *text)
{
	support_set(site, key, member, text);
	support_site_publish(site);
}

void support_site_damage(struct support_site *site, const void *bytes, size_t len)
{
	char path[512];

	generation_file(site, path, sizeof(path));
	support_write_file(path, bytes, len);
	need(chmod(path, 0600) == 0, path);
}

void support_write_keys(const struct support_site *site, const char *name, const json_t *jwks, int64_t mtime)
{
	const struct timespec times[2] = {{mtime, 0}, {mtime, 0}};
	const char *path = support_path(site->keysdir, name);
	char *text = json_dumps(jwks, JSON_COMPACT);

	need(text != NULL, name);
	support_write_file(path, text, strlen(text));
	need(utimensat(AT_FDCWD, path, times, 0) == 0, path);
	free(text);
}

static void make_dir(char *ret, size_t cap, const char *dir, const char *name, mode_t mode)
{
	snprintf(ret, cap, "%s/%s", dir, name);
	need(mkdir(ret, mode) == 0 && chmod(ret, mode) == 0, ret);
}

struct support_site *support_site_new(int64_t now)
{
	struct support_site *site = calloc(1, sizeof(*site));
	json_t *jwks;

	need(site != NULL, "calloc");
	site->dir = support_tmpdir();
	site->records = json_object();
	site->retired = json_pack("{s:i}", "retired-1", 70099);
	make_dir(site->statedir, sizeof(site->statedir), site->dir, "lib", 0755);
	make_dir(site->rundir, sizeof(site->rundir), site->dir, "run", 0700);
	make_dir(site->logdir, sizeof(site->logdir), site->dir, "log", 0700);
	make_dir(site->keysdir, sizeof(site->keysdir), site->statedir, "keys", 0755);
	need(aa_decision_init(site->statedir) == 0, site->statedir);
	put_records(site);
	support_site_publish(site);
	jwks = support_jwks("r1", support_key(AA_ALG_RS256, 0), "e1", support_key(AA_ALG_ES256, 2));
	support_write_keys(site, "corp", jwks, now);
	json_decref(jwks);
	return site;
}

void support_site_free(struct support_site *site)
{
	support_remove(site->dir);
	json_decref(site->records);
	json_decref(site->retired);
	free(site->dir);
	free(site);
}

/* ---- opened -------------------------------------------------------------------- */

struct aa_policy *support_policy(const struct support_site *site)
{
	struct aa_policy *policy = NULL;
	int fd = -1;

	need(aa_generation_open(site->statedir, geteuid(), &fd) == 0, site->statedir);
	need(aa_policy_openat(fd, geteuid(), &policy) == AA_OK, "policy.cdb");
	close(fd);
	return policy;
}

struct aa_agent *support_agent(const struct aa_policy *policy, const char *name)
{
	struct aa_agent *agent = NULL;

	need(aa_policy_agent(policy, name, &agent) == AA_OK, name);
	return agent;
}

struct aa_login support_login(const struct support_site *site, int64_t now)
{
	return (struct aa_login){.agent = "builder-7",
				 .service = "sshd",
				 .address = "10.1.2.3",
				 .keysdir = site->keysdir,
				 .owner = geteuid(),
				 .now = now};
}

void support_verify(const struct support_site *site, const struct aa_login *login, char *credential,
		    struct aa_verdict *ret)
{
	struct aa_policy *policy = support_policy(site);
	struct aa_agent *agent = support_agent(policy, login->agent);

	memset(ret, 0, sizeof(*ret));
	aa_verify(policy, agent, login, credential, strlen(credential), ret);
	free(credential);
	aa_agent_free(agent);
	aa_policy_close(policy);
}

enum aa_reason support_reason(const struct support_site *site, int64_t now, char *credential)
{
	struct aa_login login = support_login(site, now);
	struct aa_verdict verdict;
	enum aa_reason reason;

	support_verify(site, &login, credential, &verdict);
	reason = verdict.reason;
	aa_verdict_clear(&verdict);
	return reason;
}

/* ---- the fixture --------------------------------------------------------------- */

static int site_setup(void **state)
{
	*state = support_site_new(TEST_NOW);
	return 0;
}

static int site_teardown(void **state)
{
	support_site_free(*state);
	return 0;
}

const struct test_fixture fixture_site = {site_setup, site_teardown};
