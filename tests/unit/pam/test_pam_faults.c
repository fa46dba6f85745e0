/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_faults.c: each phase of the built module, with each of its allocations, and each of its system
 * calls, failing in turn (THREATS 24). A fault may never turn into PAM_SUCCESS with something left out, into
 * a yes where the answer is no, nor into an answer that sends PAM on to the next module. */
#include <config.h>

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/state/failures.h"
#include "common/state/session.h"
#include "common/state/session_store.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_faults.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* In place of libc's, which reads no nsswitch.conf without memory and dies of it. */
int getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n)
{
	(void)user;
	if (*n < 1)
		return -1;
	*n = 1;
	groups[0] = gid;
	return 1;
}

/* ---- the steps of a login ---------------------------------------------------------------- */

static struct support_pam *pam(void *data)
{
	return data;
}

static unsigned lines_before; /* of the log, when the step that is tried begins */

static void begin(struct support_pam *p, const char *service, char *credential)
{
	lines_before = support_pam_lines(p);
	support_pam_start(p, service, "builder-7");
	support_pam_say(p, credential);
}

static void must(int answer)
{
	if (answer != PAM_SUCCESS)
		_exit(2);
}

static void begin_login(void *data)
{
	begin(pam(data), "sshd", support_assertion(time(NULL)));
}

static int authenticate(void *data)
{
	return pam_authenticate(pam(data)->pamh, 0);
}

static int account(void *data)
{
	return pam_acct_mgmt(pam(data)->pamh, 0);
}

static int open_session(void *data)
{
	return pam_open_session(pam(data)->pamh, 0);
}

static int set_credentials(void *data)
{
	return pam_setcred(pam(data)->pamh, PAM_ESTABLISH_CRED);
}

static void to_account(void *data)
{
	begin_login(data);
	must(authenticate(data));
}

static void to_session(void *data)
{
	to_account(data);
	must(account(data));
	lines_before = support_pam_lines(pam(data));
}

static void to_credentials(void *data)
{
	to_session(data);
	must(open_session(data));
}

/* sudo, in the session that this process opened; its handle takes the place of the login's, which stays open.
 */
static void to_sudo(void *data)
{
	to_credentials(data);
	pam(data)->pamh = NULL;
	begin(pam(data), "sudo", NULL);
}

/* ---- a yes ----------------------------------------------------------------------------------- */

static const char *sends_pam_on(int answer)
{
	if (answer == PAM_IGNORE)
		return "said PAM_IGNORE";
	return answer == PAM_USER_UNKNOWN ? "said PAM_USER_UNKNOWN" : NULL;
}

/* The log's last line says yes, to this event, of this session (NULL: any), and was written by this process: there were so
 * many lines before. */
static bool log_says_ok(struct support_pam *p, const char *event, const char *session)
{
	json_t *log = support_pam_log(p);
	const char *result = json_string_value(json_object_get(log, "result")),
		   *what = json_string_value(json_object_get(log, "event")),
		   *whose = json_string_value(json_object_get(log, "session"));
	bool ok = result && what && whose && strcmp(result, "ok") == 0 && strcmp(what, event) == 0 &&
		  (!session || strcmp(whose, session) == 0) && support_pam_lines(p) > lines_before;

	json_decref(log);
	return ok;
}

/* The record of the session that PAM's environment names is whole. */
static bool has_session(struct support_pam *p, bool opened)
{
	const char *id = pam_getenv(p->pamh, "AGENTAUTH_SESSION");
	struct aa_session *session = NULL;
	bool whole = id && aa_session_load(p->site->rundir, geteuid(), id, &session) == 0 &&
		     session->roles.n == 2 && session->rhost && session->kid && session->jti &&
		     (session->opened != 0) == opened && strcmp(session->agent, "builder-7") == 0;

	aa_session_free(session);
	return whole;
}

static const char *half_a_verdict(void *data, int answer)
{
	struct support_pam *p = pam(data);

	if (answer == PAM_SUCCESS && !has_session(p, false))
		return "said yes, and has no session";
	if (answer == PAM_SUCCESS && !log_says_ok(p, "auth", pam_getenv(p->pamh, "AGENTAUTH_SESSION")))
		return "said yes, and the log does not";
	return sends_pam_on(answer);
}

/* Its yes is in the log already, as auth's. */
static const char *half_an_account(void *data, int answer)
{
	if (answer == PAM_SUCCESS && !has_session(pam(data), false))
		return "said yes, and has no session";
	return sends_pam_on(answer);
}

static const char *half_a_session(void *data, int answer)
{
	struct support_pam *p = pam(data);

	if (answer == PAM_SUCCESS &&
	    !(pam_getenv(p->pamh, "AGENTAUTH_AGENT") && pam_getenv(p->pamh, "AGENTAUTH_ROLES") &&
	      pam_getenv(p->pamh, "AGENTAUTH_EXPIRES")))
		return "said yes, and the environment lacks something";
	if (answer == PAM_SUCCESS && !has_session(p, true))
		return "said yes, and has no open session";
	if (answer == PAM_SUCCESS &&
	    !log_says_ok(p, "session-open", pam_getenv(p->pamh, "AGENTAUTH_SESSION")))
		return "said yes, and the log does not";
	return sends_pam_on(answer);
}

static const char *sudo_without_a_line(void *data, int answer)
{
	if (answer == PAM_SUCCESS && !log_says_ok(pam(data), "sudo-asked", NULL))
		return "said yes, and the log does not";
	return sends_pam_on(answer);
}

/* What setcred would give this process; the real one takes root. */
static gid_t given[64];
static size_t n_given;
static bool was_given;

int setgroups(size_t n, const gid_t *list)
{
	was_given = true;
	n_given = n < 64 ? n : 64;
	memcpy(given, list, n_given * sizeof(*given));
	return 0;
}

static bool is_mine(gid_t gid)
{
	gid_t own[256];
	int n = getgroups(256, own);

	for (int i = 0; i < n; i++)
		if (own[i] == gid)
			return true;
	return gid == SITE_UID || gid == SITE_GID_DEPLOY || gid == SITE_GID_AUDIT;
}

static const char *more_groups(void *data, int answer)
{
	(void)data;
	if (answer == PAM_SUCCESS && !was_given)
		return "said yes, and set no groups";
	if (was_given && n_given == 0)
		return "left the list of groups empty";
	for (size_t i = 0; i < n_given; i++)
		if (!is_mine(given[i]))
			return "gave a group that the login has not";
	return sends_pam_on(answer);
}

static const struct support_scene yes[] = {
    {"auth", begin_login, authenticate, half_a_verdict, PAM_SUCCESS},
    {"account", to_account, account, half_an_account, PAM_SUCCESS},
    {"session", to_session, open_session, half_a_session, PAM_SUCCESS},
    {"setcred", to_credentials, set_credentials, more_groups, PAM_SUCCESS},
    {"sudo", to_sudo, account, sudo_without_a_line, PAM_SUCCESS},
};

/* ---- a no -------------------------------------------------------------------------------------- */

static void suspend(void *data)
{
	struct support_pam *p = pam(data);

	must(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now) == 0 ? PAM_SUCCESS
											   : PAM_SYSTEM_ERR);
}

/* All of the agent's credentials that were issued before this. */
static void revoke_before(struct support_pam *p, int64_t before)
{
	must(aa_decision_revoke_before(p->site->statedir, "builder-7", before, "root", NULL, p->now) == 0
		 ? PAM_SUCCESS
		 : PAM_SYSTEM_ERR);
}

/* What the child before this one decided stays on the disk. */
static void forget(struct support_pam *p)
{
	(void)aa_decision_resume(p->site->statedir, "builder-7");
	(void)aa_decision_unrevoke_before(p->site->statedir, "builder-7");
}

static void suspended_login(void *data)
{
	forget(pam(data));
	suspend(data);
	begin_login(data);
}

static void replayed_login(void *data)
{
	struct support_pam *p = pam(data);
	char *credential = support_assertion(time(NULL));

	begin(p, "sshd", credential);
	must(authenticate(p));
	begin(p, "sshd", credential);
}

static void suspended_before_session(void *data)
{
	forget(pam(data));
	to_session(data);
	suspend(data);
}

static void suspended_before_account(void *data)
{
	forget(pam(data));
	to_account(data);
	suspend(data);
}

static void revoked_before_sudo(void *data)
{
	forget(pam(data));
	to_sudo(data);
	revoke_before(pam(data), pam(data)->now + 1000);
}

static void sudo_outside(void *data)
{
	begin(pam(data), "sudo", NULL);
}

static const char *lets_in(void *data, int answer)
{
	(void)data;
	return answer == PAM_SUCCESS ? "said yes" : sends_pam_on(answer);
}

/* As a setgid file has it; without root the scene before is played again. */
static void sudo_with_a_roles_group(void *data)
{
	sudo_outside(data);
	if (getuid() != 0)
		return;
	begin(pam(data), "sudo", NULL);
	must(pam_set_item(pam(data)->pamh, PAM_USER, "alice"));
	must(setgroups(0, NULL) < 0 || setresgid(SITE_GID_DEPLOY, 0, 0) < 0 || setresuid(1000, 0, 0) < 0);
}

static const struct support_scene no[] = {
    {"auth of a suspended agent", suspended_login, authenticate, lets_in, PAM_AUTH_ERR},
    {"auth with a credential that was used", replayed_login, authenticate, lets_in, PAM_AUTH_ERR},
    {"account of an agent suspended meanwhile", suspended_before_account, account, lets_in, PAM_PERM_DENIED},
    {"session of an agent suspended meanwhile", suspended_before_session, open_session, lets_in,
     PAM_PERM_DENIED},
    {"sudo of a session that was revoked", revoked_before_sudo, account, lets_in, PAM_PERM_DENIED},
    {"sudo outside of a session", sudo_outside, account, lets_in, PAM_PERM_DENIED},
    {"sudo of a person with a role's group", sudo_with_a_roles_group, account, lets_in, PAM_PERM_DENIED},
};

/* ---- under the caller's limits ------------------------------------------------------------------- */

/* libpam reads a service's file, and loads its modules, in its first call: before ours could do anything about limits. */
static void load_modules(void *data)
{
	struct support_pam *p = pam(data);

	int answer = pam_setcred(p->pamh, PAM_DELETE_CRED);

	must(answer == PAM_USER_UNKNOWN ? PAM_SUCCESS : answer); /* a person's */
	lines_before = support_pam_lines(p);
}

static void load_modules_of_few_failures(void *data)
{
	(void)unlink(support_path(pam(data)->site->rundir, "failures"));
	load_modules(data);
}

/* Where no file may grow, for good, there is no line of the log but syslog's. */
static bool files_may_grow(void)
{
	struct rlimit size;

	return getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur > 0;
}

static const char *refuses_unseen(void *data, int answer)
{
	struct support_pam *p = pam(data);
	json_t *log = support_pam_log(p);
	const char *result = json_string_value(json_object_get(log, "result"));
	bool said = result && strcmp(result, "ok") != 0 && support_pam_lines(p) > lines_before;

	json_decref(log);
	if (answer == PAM_SUCCESS)
		return "said yes";
	return said || !files_may_grow() ? sends_pam_on(answer) : "said no, and the log does not";
}

static const char *refuses_uncounted(void *data, int answer)
{
	struct support_pam *p = pam(data);

	if (!aa_failures_reached(p->site->rundir, geteuid(), "builder-7", "10.1.2.3", 1, time(NULL)))
		return "did not count the failure";
	return refuses_unseen(data, answer);
}

static void under_limits(const struct support_scene *scene, const char *audit_failure, bool soft,
			 const char *(*wrong)(void *, int))
{
	struct support_pam *p = support_pam_new();
	struct support_scene limited = *scene;

	support_set(p->site, "host", "audit_failure", audit_failure);
	support_set(p->site, "host", "max_failures", "1000");
	support_site_publish(p->site);
	if (wrong)
		limited.wrong = wrong;
	support_limits_try(&limited, p, soft,
			   wrong == refuses_uncounted ? load_modules_of_few_failures : load_modules);
	support_pam_free(p);
}

TEST(no_limit_of_the_callers_makes_half_a_yes)
{
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		under_limits(&yes[i], "\"deny\"", true, NULL);
		under_limits(&yes[i], "\"warn\"", true, NULL);
		under_limits(&yes[i], "\"warn\"", false, NULL);
	}
}

TEST(no_limit_of_the_callers_keeps_a_no_out_of_the_log)
{
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		under_limits(&no[i], "\"deny\"", true,
			     no[i].run == authenticate ? refuses_uncounted : refuses_unseen);
		under_limits(&no[i], "\"warn\"", false, refuses_unseen);
	}
}

/* ---- */

static void try_all(const struct support_scene *scenes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct support_pam *p = support_pam_new();

		support_faults_try(&scenes[i], p);
		support_pam_free(p);
	}
}

TEST(no_fault_makes_half_a_yes)
{
	try_all(yes, sizeof(yes) / sizeof(yes[0]));
}

TEST(no_fault_makes_a_yes_of_a_no)
{
	try_all(no, sizeof(no) / sizeof(no[0]));
}
