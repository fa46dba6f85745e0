/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_steps.c: see fleet_steps.h. */
#include <config.h>

#include "tests/unit/fleet/fleet_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/jose/jws_general.h"
#include "common/jose/key_pem.h"
#include "common/text/utc.h"
#include "tests/unit/support/jose_make.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/publish/publish_text.h"

char last_refusal[600];

static const struct aa_private_key *key_of(int signer)
{
	return make_key(signer == ALICE	   ? AA_ALG_ES256
			: signer == BOB	   ? AA_ALG_ES384
			: signer == ONCALL ? AA_ALG_EDDSA
					   : AA_ALG_ES512);
}

/* ---- the host -------------------------------------------------------------- */

static void put_key(struct buffer *b, const char *name, int signer, const char *end)
{
	char *pem;

	assert_int_equal(aa_key_to_pem(aa_private_key_public(key_of(signer)), &pem), AA_JOSE_OK);
	buffer_printf(b, "{ name = \"%s\"; pem = \"%s\"; }%s", name, pem, end);
	free(pem);
}

void write_fleet_conf(const struct house *h, const char *settings)
{
	struct buffer b = {0};

	buffer_puts(&b, "release_keys = ( ");
	put_key(&b, "alice", ALICE, ", ");
	put_key(&b, "bob", BOB, " );\nthreshold = 2;\nstop_keys = ( ");
	put_key(&b, "oncall", ONCALL, " );\n");
	buffer_puts(&b, settings);
	house_write(h, "conf/fleet.conf", b.data);
	buffer_free(&b);
}

static int fleet_setup(void **state)
{
	const struct house *h;

	if (house_setup(state) < 0)
		return -1;
	h = *state;
	house_write(h, "conf/agentauth.conf", TEST_HOST);
	write_fleet_conf(h, "");
	apply(h);
	return 0;
}

const struct test_fixture fixture_fleet = {fleet_setup, house_teardown};

/* ---- releases -------------------------------------------------------------- */

void write_release_file(const struct house *h, const char *name, const char *text)
{
	char *path = xasprintf("%s/rel/%s", h->root, name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(path);
}

static void put_file(const struct house *h, struct buffer *b, const char *path, const char *text,
		     const char *end)
{
	char digest[AA_SHA256_HEX_SIZE], *name;

	assert_int_equal(aa_sha256_hex(digest, text, strlen(text)), 0);
	name = xasprintf("files/%s", digest);
	write_release_file(h, name, text);
	buffer_printf(b, "\"%s\": \"%s\"%s", path, digest, end);
	free(name);
}

static void put_files(const struct house *h, const struct made_release *m, struct buffer *b)
{
	const struct made_file one = {"agents.d/one.conf", ONE};
	const struct made_file *files = m->files[0].path ? m->files : &one;

	buffer_puts(b, "\"files\": {");
	for (size_t i = 0; i < (m->files[0].path ? COUNT(m->files) : 1) && files[i].path; i++)
		put_file(h, b, files[i].path, files[i].text, ", ");
	put_file(h, b, "agentauth.conf", m->main_text ? m->main_text : DEPLOY, ", ");
	put_file(h, b, "ids", m->ids ? m->ids : IDS_ONE, "}");
}

char *signed_text(const char *payload, int signers, const char *typ)
{
	struct aa_jws_general *jws;
	char *text;

	assert_int_equal(aa_jws_general_new(payload, strlen(payload), &jws), AA_JOSE_OK);
	for (int signer = ALICE; signer <= MALLORY; signer *= 2)
		if (signers & signer)
			assert_int_equal(aa_jws_general_sign(jws, typ, key_of(signer)), AA_JOSE_OK);
	text = aa_jws_general_text(jws);
	aa_jws_general_free(jws);
	return text;
}

static void sign(const struct house *h, const struct made_release *m, const char *payload)
{
	char *text =
	    signed_text(payload, m->signers ? m->signers : ALICE | BOB, m->typ ? m->typ : RELEASE_TYP);

	write_release_file(h, RELEASE_MANIFEST, text);
	free(text);
}

void make_release(const struct house *h, const struct made_release *m)
{
	char made[AA_UTC_SIZE], expires[AA_UTC_SIZE], *command = xasprintf("rm -rf %s/rel", h->root);
	struct buffer b = {0};

	assert_int_equal(system(command), 0);
	free(command);
	house_make_dir(h, "rel");
	house_make_dir(h, "rel/files");
	aa_utc_print(m->made ? m->made : NOW, made);
	aa_utc_print(m->expires ? m->expires : NOW + 86400, expires);
	buffer_printf(&b, "{\"version\": 1, \"number\": %d, \"made\": \"%s\", \"expires\": \"%s\", ",
		      m->number ? m->number : 1, made, expires);
	if (m->labels)
		buffer_printf(&b, "\"labels\": %s, ", m->labels);
	put_files(h, m, &b);
	buffer_printf(&b, "%s}", m->more ? m->more : "");
	sign(h, m, b.data);
	buffer_free(&b);
}

/* ---- taking ------------------------------------------------------------------ */

static enum aa_reason publish_it(struct fleet_take *t, step_fn *step, void *step_data)
{
	const struct text_change change = fleet_take_change(t);
	struct publish_options options = {.change = change, .now = NOW, .step = step, .step_data = step_data};
	struct publish_result result;
	enum publish_outcome outcome = PUBLISH_FAILED;

	assert_int_equal(fleet_take_begin(t), 0);
	if (!change.main_text || text_change_reread(t->ws, change.main_text) == 0)
		outcome = publish(t->ws, &options, &result);
	if (outcome == PUBLISH_DONE || outcome == PUBLISH_UNCHANGED)
		assert_int_equal(fleet_take_end(t), 0);
	publish_result_free(&result);
	return outcome == PUBLISH_DONE || outcome == PUBLISH_UNCHANGED ? AA_OK : AA_INTERNAL;
}

static enum aa_reason take_now(const struct house *h, step_fn *step, void *step_data)
{
	char *dir = xasprintf("%s/rel", h->root);
	struct problems problems = {0};
	struct workspace ws;
	struct fleet_conf conf;
	struct fleet_take t = {.ws = &ws, .conf = &conf};
	enum aa_reason reason = AA_INTERNAL;

	assert_int_equal(fleet_conf_read(&h->paths, &problems, &conf), 0);
	assert_int_equal(source_open(dir, &t.dirfd), 0);
	assert_int_equal(workspace_open(&ws, &h->paths, true, &problems), 0);
	assert_int_equal(taken_read(h->state, geteuid(), &t.own), 0);
	if (!fleet_take_prepare(&t, NOW))
		reason = t.refusal.reason;
	else
		reason = fleet_take_is_had(&t) ? AA_OK : publish_it(&t, step, step_data);
	snprintf(last_refusal, sizeof(last_refusal), "%s",
		 reason == AA_INTERNAL && problems.n ? problems.v[problems.n - 1].what : t.refusal.why);
	fleet_take_free(&t);
	workspace_close(&ws);
	fleet_conf_free(&conf);
	problems_free(&problems);
	close(t.dirfd);
	free(dir);
	return reason;
}

enum aa_reason take_made(const struct house *h)
{
	char *before = fingerprint(h), *after;
	enum aa_reason reason = take_now(h, NULL, NULL);

	after = reason != AA_OK && reason != AA_INTERNAL ? fingerprint(h) : NULL;
	if (after)
		assert_string_equal(before, after);
	free(before);
	free(after);
	return reason;
}

enum aa_reason take(const struct house *h, const struct made_release *made)
{
	make_release(h, made);
	return take_made(h);
}

static int die_at(void *data, const char *step)
{
	if (strcmp(step, data) == 0)
		_exit(9);
	return 0;
}

bool take_killed_at(const struct house *h, const char *step)
{
	return IN_CHILD(take_now(h, die_at, (void *)(uintptr_t)step)) == 9;
}
