/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_session.c: a session, in one process and in the two of sshd. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/state/decision.h"
#include "common/state/last_use.h"
#include "common/state/session_find.h"
#include "common/state/session_id.h"
#include "common/state/session_store.h"
#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- session, in one process: login, su ------------------------------------------------------------------- */

TEST(a_session_is_opened_found_and_closed, pam)
{
	struct support_pam *p = *state;
	struct aa_session *found = NULL;
	json_t *log;

	assert_int_equal(log_in(p, "login", support_bent_assertion(p->now, "task", "\"tidy up\"")),
			 PAM_SUCCESS);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(aa_last_use(p->site->statedir, AA_USE_LOGIN, "builder-7"), 0);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_true(aa_last_use(p->site->statedir, AA_USE_LOGIN, "builder-7") >= p->now);
	assert_int_equal(aa_session_find(p->site->rundir, geteuid(), SITE_UID, &found), AA_OK);
	assert_string_equal(found->id, env(p, "AGENTAUTH_SESSION"));
	assert_string_equal(env(p, "AGENTAUTH_TASK"), "tidy up");
	log = support_pam_log(p);
	assert_member(log, "event", "session-open");
	assert_member(log, "session", found->id);
	assert_member(log, "task", "tidy up");
	json_decref(log);
	aa_session_free(found);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(aa_session_find(p->site->rundir, geteuid(), SITE_UID, &found), AA_NO_SESSION);
	log = support_pam_log(p);
	assert_member(log, "event", "session-close");
	assert_member(log, "host", "web01.example.com");
	json_decref(log);
	/* a second time there is nothing to close */
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(support_pam_lines(p), 3);
}

TEST(a_session_without_a_verdict_is_refused, pam)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", "builder-7");
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_credential");
	/* nor does a name in the environment help: of nothing, of another's session, of one that is open */
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_SESSION=0123456789abcdef0123456789abcdef"),
			 PAM_SUCCESS);
	support_pam_start(p, "login", "builder-7");
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_SESSION=../../etc/passwd"), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
}

/* Says whether a login has its session opened; where it has none, nothing of it is left. */
static bool is_opened(struct support_pam *p, char id[AA_SESSION_ID_SIZE])
{
	struct aa_session *session = NULL;
	bool opened = pam_open_session(p->pamh, 0) == PAM_SUCCESS;

	assert_int_equal(aa_session_load(p->site->rundir, geteuid(), id, &session), opened ? 0 : -2);
	aa_session_free(session);
	if (opened)
		assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	return opened;
}

static void log_in_and_account(struct support_pam *p, char ret_id[AA_SESSION_ID_SIZE])
{
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(account(p), PAM_SUCCESS);
	snprintf(ret_id, AA_SESSION_ID_SIZE, "%s", env(p, "AGENTAUTH_SESSION"));
}

TEST(a_session_that_cannot_be_logged_is_not_opened, pam)
{
	struct support_pam *p = *state;
	char id[AA_SESSION_ID_SIZE];

	log_in_and_account(p, id);
	assert_int_equal(chmod(p->site->logdir, 0777), 0);
	assert_false(is_opened(p, id));
	assert_int_equal(chmod(p->site->logdir, 0700), 0);
	log_in_and_account(p, id);
	assert_true(is_opened(p, id));
}

/* Its limits cannot be told any more. */
TEST(a_session_whose_role_is_gone_is_not_opened, pam)
{
	struct support_pam *p = *state;
	char id[AA_SESSION_ID_SIZE];

	log_in_and_account(p, id);
	support_publish_with(p->site, "agent:builder-7", "roles", "[\"deploy\",\"audit\"]");
	assert_true(is_opened(p, id));
	log_in_and_account(p, id);
	assert_int_equal(json_object_del(p->site->records, "role:deploy"), 0);
	support_publish_with(p->site, "agent:builder-7", "roles", "[\"audit\"]");
	assert_false(is_opened(p, id));
}

TEST(a_session_past_its_deadline_is_not_opened, pam)
{
	struct support_pam *p = *state;
	struct timespec over = {4, 100000000};

	support_set(p->site, "role:audit", "max_session", "4"); /* a busy machine takes its time to log in */
	support_site_publish(p->site);
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	nanosleep(&over, NULL);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "session_expired");
}

TEST(what_root_starts_is_recorded_and_gives_no_sudo, pam)
{
	struct support_pam *p = *state;

	support_pam_start(p, "su", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_true(aa_session_id_is_valid(env(p, "AGENTAUTH_SESSION")));
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "audit"); /* deploy does not list su */
	support_pam_service(p, "sudo", "", NULL, NULL);
	{
		struct support_pam inner = *p;

		inner.pamh = NULL;
		support_pam_start(&inner, "sudo", "builder-7");
		assert_int_equal(account(&inner), PAM_PERM_DENIED);
		assert_string_equal(support_pam_reason(p), "no_session");
		support_pam_end(&inner);
	}
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* ---- sshd: two processes ----------------------------------------------------------------------------------- */

/* The child of sshd's keyboard-interactive method: auth and account; only the environment comes back. */
static void in_sshds_child(struct support_pam *p, char *credential, char id[64])
{
	int ends[2], status;
	pid_t pid;

	id[0] = '\0';
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		const char *session;

		if (log_in(p, "sshd", credential) != PAM_SUCCESS || account(p) != PAM_SUCCESS)
			_exit(1);
		session = env(p, "AGENTAUTH_SESSION");
		/* without cleanup, as sshd's does */
		_exit(write(ends[1], session, strlen(session) + 1) > 0 ? 0 : 2);
	}
	free(credential);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(read(ends[0], id, 64) > 0);
	close(ends[0]);
}

static void put_session(struct support_pam *p, const char *id)
{
	char text[128];

	snprintf(text, sizeof(text), "AGENTAUTH_SESSION=%s", id);
	assert_int_equal(pam_putenv(p->pamh, text), PAM_SUCCESS);
}

TEST(a_session_is_taken_over_from_sshds_child, pam)
{
	struct support_pam *p = *state;
	struct aa_session *found = NULL;
	char id[64];

	in_sshds_child(p, support_bent_assertion(p->now, "scope", "\"audit\""), id);
	support_pam_start(p, "sshd", "builder-7");
	put_session(p, id);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED); /* groups need root: see below */
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_SESSION"), id);
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "audit");
	assert_int_equal(aa_session_find(p->site->rundir, geteuid(), SITE_UID, &found), AA_OK);
	assert_string_equal(found->id, id);
	aa_session_free(found);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* ~/.pam_environment may write what it likes after the first setcred: the id is not read again. */
TEST(the_id_is_read_once, pam)
{
	struct support_pam *p = *state;
	char narrow[64], wide[64];

	in_sshds_child(p, support_assertion(p->now), wide);
	in_sshds_child(p, support_bent_assertion(p->now, "scope", "\"audit\""), narrow);
	support_pam_start(p, "sshd", "builder-7");
	put_session(p, narrow);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	put_session(p, wide);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_SESSION"), narrow);
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "audit");
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	/* nor is one taken that came only after the first setcred */
	in_sshds_child(p, support_assertion(p->now), wide);
	support_pam_start(p, "sshd", "builder-7");
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	put_session(p, wide);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "unknown_key");
}

/* A session that another process made, or another agent, or that is open, is not borrowed. */
TEST(a_session_is_not_borrowed, pam)
{
	struct support_pam *p = *state;
	char id[64];
	int status;
	pid_t pid;

	in_sshds_child(p, support_assertion(p->now), id);
	/* another sshd process than the child's parent */
	pid = fork();
	if (pid == 0) {
		support_pam_start(p, "sshd", "builder-7");
		put_session(p, id);
		(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
		_exit(pam_open_session(p->pamh, 0) == PAM_PERM_DENIED && !env(p, "AGENTAUTH_ROLES") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* another agent */
	support_pam_start(p, "sshd", "other-1");
	put_session(p, id);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	/* the right one, and then once more */
	support_pam_start(p, "sshd", "builder-7");
	put_session(p, id);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	{
		struct support_pam again = *p;

		again.pamh = NULL;
		support_pam_start(&again, "sshd", "builder-7");
		put_session(&again, id);
		assert_int_equal(pam_open_session(again.pamh, 0), PAM_PERM_DENIED);
		support_pam_end(&again);
	}
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

static void put_auth_info(struct support_pam *p, const struct aa_private_key *key, const char *method)
{
	char *ssh = NULL, text[4096];

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(key), &ssh), AA_JOSE_OK);
	snprintf(text, sizeof(text), "SSH_AUTH_INFO_0=%s %s\n", method, ssh);
	assert_int_equal(pam_putenv(p->pamh, text), PAM_SUCCESS);
	free(ssh);
}

static int open_with_key(struct support_pam *p, unsigned n, const char *method)
{
	int err;

	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	put_auth_info(p, support_key(AA_ALG_ES256, n), method);
	err = pam_open_session(p->pamh, 0);
	if (err == PAM_SUCCESS)
		assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	return err;
}

TEST(a_public_key_opens_its_entrys_session, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(open_with_key(p, 0, "publickey"), PAM_SUCCESS);
	assert_int_equal(open_with_key(p, 1, "publickey"), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "unknown_key");
	assert_int_equal(open_with_key(p, 0, "hostbased"), PAM_PERM_DENIED);
	assert_int_equal(aa_decision_revoke_kid(p->site->statedir, "k1", "root", NULL, p->now), 0);
	assert_int_equal(open_with_key(p, 0, "publickey"), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "revoked");
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED); /* nothing at all */
}

TEST(a_bound_token_wants_this_connections_key, pam)
{
	struct support_pam *p = *state;
	char jkt[44], cnf[128], *token;

	assert_int_equal(aa_key_thumbprint(aa_private_key_public(support_key(AA_ALG_ES256, 0)), jkt),
			 AA_JOSE_OK);
	snprintf(cnf, sizeof(cnf), "{\"jkt\":\"%s\"}", jkt);
	for (unsigned n = 0; n < 2; n++) {
		token = support_bent_token(p->now, "cnf", cnf);
		support_pam_start(p, "sshd", "builder-7");
		put_auth_info(p, support_key(AA_ALG_ES256, n), "publickey");
		support_pam_say(p, token);
		assert_int_equal(authenticate(p), n == 0 ? PAM_SUCCESS : PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), n == 0 ? "ok" : "proof_required");
		free(token);
	}
}

TEST(a_hosts_name_gives_way_to_the_connections_address, pam)
{
	struct support_pam *p = *state;
	char *good;

	support_set(p->site, "agent:builder-7", "sources", "[\"10.0.0.0/8\"]");
	support_site_publish(p->site);
	for (int i = 0; i < 3; i++) {
		good = support_assertion(p->now);
		support_pam_start(p, "sshd", "builder-7");
		assert_int_equal(pam_set_item(p->pamh, PAM_RHOST, "client.example.com"), PAM_SUCCESS);
		if (i)
			assert_int_equal(
			    pam_putenv(p->pamh, i == 1 ? "SSH_CONNECTION=10.1.2.3 50000 10.0.0.1 22"
						       : "SSH_CONNECTION=192.0.2.3 50000 10.0.0.1 22"),
			    PAM_SUCCESS);
		support_pam_say(p, good);
		assert_int_equal(authenticate(p), i == 1 ? PAM_SUCCESS : PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), i == 1 ? "ok" : "source_denied");
		free(good);
	}
}
