/* SPDX-License-Identifier: Apache-2.0 */
/* admit_steps.c: see admit_steps.h. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/state/admit.h"
#include "common/state/context.h"
#include "common/verify/verdict.h"
#include "tests/unit/state/admit_steps.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

static void close_all(struct fixture *f)
{
	aa_agent_free(f->agent);
	f->agent = NULL;
	aa_context_close(&f->ctx);
}

static void open_all(struct fixture *f)
{
	f->ctx = (struct aa_context){.statedir = f->site->statedir,
				     .rundir = f->site->rundir,
				     .logdir = f->site->logdir,
				     .owner = geteuid(),
				     .now = f->now,
				     .trace = f->trace,
				     .dry = f->dry};
	assert_int_equal(aa_context_find(&f->ctx, "builder-7", &f->account), 0);
	assert_int_equal(aa_context_agent(&f->ctx, &f->account, &f->agent), AA_OK);
	f->login = support_login(f->site, f->now);
	f->login.keysdir = f->ctx.keysdir;
	f->login.trace = f->trace;
}

void reopen(struct fixture *f)
{
	close_all(f);
	support_site_publish(f->site);
	open_all(f);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	support_own_uid();
	f->now = time(NULL);
	f->site = support_site_new(f->now);
	open_all(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_all(f);
	support_site_free(f->site);
	free(f);
	return 0;
}

const struct test_fixture fixture_admitted = {setup, teardown};

enum aa_reason publickey(struct fixture *f, unsigned n)
{
	char *ssh = NULL, line[4096];
	struct aa_verdict v = {0};
	enum aa_reason reason;

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(support_key(AA_ALG_ES256, n)), &ssh),
			 AA_JOSE_OK);
	snprintf(line, sizeof(line), "publickey %s\n", ssh);
	f->login.ssh_auth_info = line;
	aa_admit_publickey(&f->ctx, f->agent, &f->login, &v);
	f->login.ssh_auth_info = NULL;
	reason = v.reason;
	aa_verdict_clear(&v);
	free(ssh);
	return reason;
}

enum aa_reason started(struct fixture *f, const char *service, const char *person, struct aa_verdict *v)
{
	f->login.service = service;
	f->login.address = NULL;
	aa_verdict_clear(v);
	aa_admit_started(&f->ctx, f->agent, &f->login, person, v);
	return v->reason;
}

enum aa_reason inside(struct fixture *f, const char *service)
{
	struct aa_session *session = NULL;
	enum aa_reason reason = aa_admit_in_session(&f->ctx, f->agent, service, &session);

	aa_session_free(session);
	return reason;
}
