/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_steps.h: releases as people make them, and as nobody should, and a host that takes them. */
#ifndef AGENTAUTH_TESTS_FLEET_STEPS_H
#define AGENTAUTH_TESTS_FLEET_STEPS_H

#include "tests/unit/agentauthctl/publish_steps.h"
#include "tools/agentauthctl/fleet/take.h"

/* Whose signature a release gets, one bit each; the host wants those of two release keys. */
enum {
	ALICE = 1,
	BOB = 2,
	ONCALL = 4,  /* holds the stop key */
	MALLORY = 8, /* holds a key of nobody */
};

#define DEPLOY "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/true\" ]; }; };\n"
#define IDS_DEPLOY "hold role deploy 99001 2027-01-01T00:00:00Z\n"
#define IDS_ONE IDS_DEPLOY "hold agent one 70001 2027-01-01T00:00:00Z\n"
#define ONE "uid = 70001; roles = [ \"deploy\" ];\n"

struct made_file {
	const char *path, *text;
};

/* Members that are zero are those of a release that is taken. */
struct made_release {
	int number;		     /* 0: 1 */
	int64_t made, expires;	     /* 0: now, and a day later */
	const char *labels;	     /* JSON */
	const char *more;	     /* JSON, behind the last member */
	const char *main_text, *ids; /* NULL: DEPLOY, IDS_ONE */
	struct made_file files[4];   /* none: agents.d/one.conf with ONE */
	int signers;		     /* 0: ALICE | BOB */
	const char *typ;	     /* NULL: a release's */
};

extern const struct test_fixture
    fixture_fleet; /* the state is a house with a fleet.conf that has published */

/* Writes fleet.conf with both release keys and the stop key, and these further settings. */
void write_fleet_conf(const struct house *h, const char *settings);
/* Writes the release into the house's folder rel, in the place of what is there. */
void make_release(const struct house *h, const struct made_release *made);
/* A statement with these signatures, from malloc(). */
char *signed_text(const char *payload, int signers, const char *typ);
/* Writes one file there. */
void write_release_file(const struct house *h, const char *name, const char *text);

/* Takes the release; AA_OK, or why not. A refusal leaves every file as it was, which is asserted. */
enum aa_reason take_made(const struct house *h);
/* The sentence of the last refusal. */
extern char last_refusal[600];
/* Makes the release and takes it. */
enum aa_reason take(const struct house *h, const struct made_release *made);
/* Takes the release in a process that is killed at this step of the publish; false: it came through. */
bool take_killed_at(const struct house *h, const char *step);

#endif
