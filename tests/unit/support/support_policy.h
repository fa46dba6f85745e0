/* SPDX-License-Identifier: Apache-2.0 */
/* support_policy.h: whole hosts for tests: a published registry, state, run and log directories.
 *
 * A site is made of records as policy.h has them, in a JSON object whose names are the keys of policy.cdb. A test bends
 * single members and publishes again. What is given is written, valid or not. A failing system call ends the program.
 *
 * The site that support_site_new() makes:
 *   host   web01.example.com, audience ssh://web01.example.com, skew 30, assertions 300 s, tokens 3600 s
 *   roles  deploy (sshd, sudo; delegable), audit (any service), inside (from 10.0.0.0/8 and ::1)
 *   agents builder-7 (roles deploy and audit; key "k1", ES256; bound to builder-7 at the issuer corp; acts for alice),
 *          other-1 (role audit; key "k1" too, another one), retired-1 (retired: in accounts.cdb alone)
 *   issuer corp, https://idp.example.com/realms/agents, RS256 and ES256, its keys "r1" and "e1" in KEYSDIR/corp
 */
#ifndef AGENTAUTH_TESTS_SUPPORT_POLICY_H
#define AGENTAUTH_TESTS_SUPPORT_POLICY_H

#include <stdint.h>

#include <jansson.h>

#include "common/verify/verify.h"
#include "tests/unit/support/fixture.h"

#define SITE_AUDIENCE "ssh://web01.example.com"
#define SITE_ISSUER "https://idp.example.com/realms/agents"
#define SITE_UID support_site_uid()
#define SITE_GID_DEPLOY UINT32_C(99001)
#define SITE_GID_AUDIT UINT32_C(99002)
#define SITE_GID_INSIDE UINT32_C(99003)

struct support_site {
	char *dir;
	char statedir[128], rundir[128], logdir[128], keysdir[128];
	json_t *records; /* key of policy.cdb → record */
	json_t *retired; /* name → uid */
	uint32_t generation;
};

/* The uid of builder-7: 70007, or one that no other program has, in one that has asked for it before it made a site. What counts an
 * agent's processes sees all that the machine has, those of another run beside this one, too. */
uint32_t support_site_uid(void);
void support_own_uid(void);

/* The key set is as old as `now` says. */
struct support_site *support_site_new(int64_t now);
void support_site_free(struct support_site *site);
/* The fixture `site`: such a host at NOW; *state is the site. */
extern const struct test_fixture fixture_site;

/* The record of this key, borrowed. */
json_t *support_record(struct support_site *site, const char *key);
/* Sets a member of a record to what the JSON text says; `text` NULL takes it out. A key without a record makes one. */
void support_set(struct support_site *site, const char *key, const char *member, const char *text);
/* Writes the next generation and points `current` at it. */
void support_site_publish(struct support_site *site);
/* Both: the member is set, and the next generation written. */
void support_publish_with(struct support_site *site, const char *key, const char *member, const char *text);
/* Replaces the published policy.cdb by these bytes. */
void support_site_damage(struct support_site *site, const void *bytes, size_t len);
/* Only the file. */
void support_write_policy(const char *path, const json_t *records);

/* The published policy, opened. The caller closes it. */
struct aa_policy *support_policy(const struct support_site *site);
/* The agent's entry of the published policy. */
struct aa_agent *support_agent(const struct aa_policy *policy, const char *name);
/* A login of builder-7 through sshd from 10.1.2.3 at this time. */
struct aa_login support_login(const struct support_site *site, int64_t now);

/* What aa_verify() says to login->agent, whose entry is looked up. Frees the credential; the caller clears *ret. */
void support_verify(const struct support_site *site, const struct aa_login *login, char *credential,
		    struct aa_verdict *ret);
/* The reason alone, for support_login(). */
enum aa_reason support_reason(const struct support_site *site, int64_t now, char *credential);

/* A JWKS of these keys into KEYSDIR/NAME, with this time of change. */
void support_write_keys(const struct support_site *site, const char *name, const json_t *jwks, int64_t mtime);

/* JSON of a text; one that is none ends the program. */
json_t *support_json(const char *text);
/* Sets a member of the object that a file has; the reference is stolen. */
void support_bend_file(const char *path, const char *member, json_t *value);
/* A path below the site's directory. The buffer is one of a few that take turns. */
const char *support_path(const char *dir, const char *name);

#endif
