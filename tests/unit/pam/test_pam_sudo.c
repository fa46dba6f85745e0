/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_sudo.c: sudo and setcred, which go by the session. */
#include <config.h>

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file/asked_program.h"
#include "common/state/decision.h"
#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- sudo ---------------------------------------------------------------------------------------------------- */

TEST(sudo_asks_nothing_and_goes_by_the_session, pam)
{
	struct support_pam *p = *state;
	json_t *log;

	assert_int_equal(sudo_account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(sudo_account(p), PAM_SUCCESS);
	log = support_pam_log(p);
	assert_member(log, "event", "sudo-asked");
	assert_member(log, "result", "ok");
	assert_member(log, "session", env(p, "AGENTAUTH_SESSION"));
	assert_non_null(json_object_get(log, "command"));
	json_decref(log);
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(sudo_account(p), PAM_PERM_DENIED);
	assert_int_equal(aa_decision_resume(p->site->statedir, "builder-7"), 0);
	assert_int_equal(sudo_account(p), PAM_SUCCESS);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(sudo_account(p), PAM_PERM_DENIED);
}

static bool asked(const char *words, size_t len)
{
	char file[] = "/tmp/agentauth-asked.XXXXXX";
	int fd = mkstemp(file);
	bool is;

	assert_true(fd >= 0);
	assert_true(write(fd, words, len) == (ssize_t)len);
	assert_int_equal(close(fd), 0);
	is = aa_asked_program(file, "/x/approved");
	assert_int_equal(unlink(file), 0);
	return is;
}

#define ASKED(words) asked(words, sizeof(words))

/* Its record counts, and that of PAM does not. An agent that had another command taken for it would be counted nowhere. */
TEST(the_program_that_records_is_known_by_sudos_own_words)
{
	assert_true(ASKED("sudo\0/x/approved\0/usr/bin/id"));
	assert_true(ASKED("/usr/bin/sudo-rs\0-n\0/x/approved\0/usr/bin/id\0-u"));
	assert_true(ASKED("sudo\0-nS\0-k\0--user=root\0--\0/x/approved\0/usr/bin/id"));
	assert_true(ASKED("sudo\0-u\0root\0--non-interactive\0/x/approved\0/usr/bin/id"));

	assert_false(ASKED("sudo\0/usr/bin/id\0/x/approved\0/usr/bin/id"));
	assert_true(ASKED("sudo\0-n\0/x/approved"));
	assert_false(ASKED("sudo\0-g\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0-u\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0-u\0bob\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0--\0-n\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0A=b\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0-l\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0-ni\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudoedit\0/x/approved\0/usr/bin/id"));
	assert_false(ASKED("sudo\0/x/approved.old\0/usr/bin/id"));
	assert_false(ASKED("sudo\0/x/approved\0id"));
	assert_false(ASKED("sudo"));
	assert_false(ASKED(""));
	assert_false(aa_asked_program("/nonexistent", "/x/approved"));
}

/* A line that was read in part ends anywhere. */
TEST(a_line_that_is_cut_is_not_taken_for_it)
{
	static const char line[] = "sudo\0-u\0root\0/x/approved\0/usr/bin/id";
	size_t whole = sizeof("sudo\0-u\0root\0/x/approved");

	for (size_t len = 0; len <= sizeof(line); len++)
		assert_int_equal(asked(line, len), len >= whole);
}

TEST(sudo_that_cannot_be_logged_is_refused, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(sudo_account(p), PAM_SUCCESS);
	assert_int_equal(chmod(p->site->logdir, 0777), 0);
	assert_true(is_a_refusal(sudo_account(p)));
	assert_int_equal(chmod(p->site->logdir, 0700), 0);
	assert_int_equal(sudo_account(p), PAM_SUCCESS);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* sudo may have been stopped since account said yes: its target's session and its command ask again, whoever the target is. */
TEST(what_sudo_starts_is_looked_at_again, pam)
{
	struct support_pam *p = *state, inner = *p;
	unsigned lines;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	inner.pamh = NULL;
	support_pam_start(&inner, "sudo", "builder-7");
	assert_int_equal(account(&inner), PAM_SUCCESS);
	assert_int_equal(pam_set_item(inner.pamh, PAM_USER, "root"), PAM_SUCCESS);
	lines = support_pam_lines(p);
	(void)pam_open_session(inner.pamh, 0); /* left to the next module, of which there is none */
	assert_int_equal(IN_CHILD(0), 0);
	assert_int_equal(support_pam_lines(p), lines);
	assert_int_equal(inner.errors, 0);
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(pam_open_session(inner.pamh, 0), PAM_PERM_DENIED);
	assert_int_equal(inner.errors, 1);
	assert_string_equal(support_pam_reason(p), "agent_suspended");
	assert_int_equal(support_pam_lines(p), lines + 1);
	assert_int_equal(IN_CHILD(0), 1);
	assert_int_equal(support_pam_lines(p), lines + 2);
	support_pam_end(&inner);
	assert_int_equal(IN_CHILD(0), 0); /* which is no sudo's any more */
}

/* A rule that asks people for a password: sudo comes by auth then, which never says yes to an agent. */
TEST(sudo_that_asks_for_a_password_is_refused_inside_a_session_too, pam)
{
	struct support_pam *p = *state;
	struct support_pam inner = *p;

	inner.pamh = NULL;
	support_pam_start(&inner, "sudo", "builder-7");
	support_pam_say(&inner, "secret");
	assert_int_equal(authenticate(&inner), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(authenticate(&inner), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "role_denied");
	assert_int_equal(inner.asked, 0); /* never */
	assert_true(inner.errors > 0);	  /* but told */
	assert_int_equal(account(&inner), PAM_SUCCESS);
	support_pam_start(&inner, "sudo", "alice");
	support_pam_say(&inner, "secret");
	assert_int_equal(pam_authenticate(inner.pamh, 0), PAM_USER_UNKNOWN);
	support_pam_end(&inner);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* In a child, as root: what account says of this user's sudo to a process with this real uid and gid. */
static int account_with(struct support_pam *p, const char *service, const char *user, uid_t uid, gid_t gid)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		support_pam_start(p, service, user);
		if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, 0, 0) < 0)
			_exit(98);
		_exit(pam_acct_mgmt(p->pamh, 0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_person_with_a_roles_group_gets_no_sudo, pam)
{
	struct support_pam *p = *state;
	unsigned lines = support_pam_lines(p);
	json_t *log;

	if (getuid() != 0)
		skip();
	assert_int_equal(account_with(p, "sudo", "alice", 1000, 1000), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "su", "alice", 1000, SITE_GID_DEPLOY), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "sudo", "root", 0, SITE_GID_DEPLOY), PAM_USER_UNKNOWN);
	assert_int_equal(support_pam_lines(p), lines);
	assert_int_equal(account_with(p, "sudo", "alice", 1000, SITE_GID_DEPLOY), PAM_PERM_DENIED);
	assert_int_equal(support_pam_lines(p), lines + 1);
	log = support_pam_log(p);
	assert_member(log, "event", "sudo-asked");
	assert_member(log, "reason", "group_denied");
	assert_string_equal(json_string_value(json_array_get(json_object_get(log, "roles"), 0)), "deploy");
	assert_int_equal(json_integer_value(json_object_get(log, "uid")), 1000);
	assert_null(json_object_get(log, "agent"));
	assert_non_null(json_object_get(log, "command"));
	json_decref(log);
}

/* In a child, as root: auth of su for `user`, with this credential, to a process with this real uid. */
static int su_by(struct support_pam *p, const char *user, uid_t uid, char *credential)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		support_pam_start(p, "su", user);
		support_pam_say(p, credential);
		if (pam_set_item(p->pamh, PAM_RHOST, NULL) != PAM_SUCCESS || setresuid(uid, 0, 0) < 0)
			_exit(98);
		_exit(pam_authenticate(p->pamh, 0));
	}
	free(credential);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* su has no address: who is an agent comes from where its session came from. */
TEST(an_agents_su_comes_from_where_its_session_came_from, pam)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	support_set(p->site, "role:audit", "sources", "[\"192.0.2.0/24\"]");
	support_site_publish(p->site);
#define AUDIT support_bent_assertion(p->now, "scope", "\"audit\"")
	/* a person, as ever; an agent outside of a session comes from nowhere */
	assert_int_equal(su_by(p, "builder-7", 1000, AUDIT), PAM_SUCCESS);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "source_denied");
	/* in a session from 10.1.2.3, which the role does not list */
	assert_int_equal(log_in(p, "sshd", support_bent_assertion(p->now, "scope", "\"deploy\"")),
			 PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "source_denied");
	/* the control: the role lists it */
	support_set(p->site, "role:audit", "sources", "[\"10.1.2.0/24\"]");
	support_site_publish(p->site);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_SUCCESS);
	/* and the agent itself does not */
	support_set(p->site, "agent:builder-7", "sources", "[\"192.0.2.0/24\"]");
	support_site_publish(p->site);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "source_denied");
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
#undef AUDIT
}

/* rootpw, targetpw and runaspw have sudo ask PAM about another user than the caller. */
TEST(an_agents_sudo_is_an_agents_whomever_sudo_asks_about, pam)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	assert_int_equal(account_with(p, "sudo", "root", SITE_UID, SITE_UID), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(account_with(p, "sudo", "alice", SITE_UID, SITE_GID_DEPLOY), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(account_with(p, "sudo", "root", SITE_UID, SITE_GID_AUDIT), PAM_SUCCESS);
	assert_int_equal(account_with(p, "sudo", "root", SITE_UID, SITE_GID_DEPLOY), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p),
			    "role_denied"); /* the session's roles are those that admit login */
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	/* a person's goes on to the next module, as ever */
	assert_int_equal(account_with(p, "sudo", "root", 1000, 1000), PAM_USER_UNKNOWN);
}

/* Of another source of names: the agent itself is refused by then, and its sessions end. */
TEST(a_person_with_an_agents_uid_keeps_sudo, pam)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	support_users_name("carol");
	assert_int_equal(account_with(p, "sudo", "carol", SITE_UID, 20001), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "sudo", "builder-7", SITE_UID, 20001), PAM_AUTHINFO_UNAVAIL);
	support_users_name(NULL);
	assert_int_equal(account_with(p, "sudo", "carol", SITE_UID, 20001), PAM_PERM_DENIED);
}

/* Another source comes first and has a person of the name: the agent's process is no person's by that. */
TEST(an_agent_that_asks_by_a_persons_name_is_refused, pam)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	support_users_uid(20001);
	assert_int_equal(account_with(p, "sudo", "builder-7", 20001, 20001), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "sudo", "builder-7", SITE_UID, 20001), PAM_AUTHINFO_UNAVAIL);
	support_users_uid(0);
}

TEST(services_of_the_argument_go_by_the_session_and_no_others, pam)
{
	struct support_pam *p = *state;

	support_pam_service(p, "other", "session=doas,other", NULL, NULL);
	support_pam_service(p, "sudo", "session=other", NULL, NULL);
	support_pam_start(p, "other", "builder-7");
	support_pam_say(p, "x");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 0);
	support_pam_start(p, "sudo", "builder-7");
	support_pam_say(p, "x");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 1);
}

/* As sudo -u builder-7, by somebody: a session of its own, on that person's behalf, for those of the list. */
static int start_by(struct support_pam *p, const char *person)
{
	support_pam_start(p, "sudo", "alice");
	assert_int_equal(pam_set_item(p->pamh, PAM_USER, "builder-7"), PAM_SUCCESS);
	if (person)
		assert_int_equal(pam_set_item(p->pamh, PAM_RUSER, person), PAM_SUCCESS);
	return pam_open_session(p->pamh, 0);
}

TEST(a_person_of_the_list_starts_an_agent, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(start_by(p, "alice"), PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_ON_BEHALF_OF"), "alice");
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "deploy");
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(start_by(p, "bob"), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "delegation_denied");
	assert_int_equal(start_by(p, NULL), PAM_PERM_DENIED);
	assert_int_equal(start_by(p, "other-1"), PAM_PERM_DENIED);
	assert_int_equal(start_by(p, "root"), PAM_SUCCESS);
	assert_null(env(p, "AGENTAUTH_ON_BEHALF_OF"));
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* ---- setcred ---------------------------------------------------------------------------------------------------- */

/* In a child, as root: the groups after setcred, space-separated. */
static void groups_after_setcred(struct support_pam *p, const gid_t *before, size_t n, char *ret, size_t cap)
{
	int ends[2], status;
	pid_t pid;
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		gid_t list[64];
		char text[512] = "";
		int k;

		if (setgroups(n, before) < 0 || pam_setcred(p->pamh, PAM_ESTABLISH_CRED) != PAM_SUCCESS)
			_exit(1);
		k = getgroups(64, list);
		for (int i = 0; i < k; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", i ? " " : "",
				 list[i]);
		_exit(write(ends[1], text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 2);
	}
	close(ends[1]);
	len = read(ends[0], ret, cap - 1);
	ret[len > 0 ? len : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

TEST(setcred_adds_the_groups_of_the_logins_roles, pam)
{
	static const gid_t base[] = {70007, 99999};
	struct support_pam *p = *state;
	char text[512];

	if (getuid() != 0)
		skip();
	assert_int_equal(log_in(p, "sshd", support_bent_assertion(p->now, "scope", "\"deploy\"")),
			 PAM_SUCCESS);
	groups_after_setcred(p, base, 2, text, sizeof(text));
	assert_string_equal(text, "70007 99001 99999"); /* the kernel sorts */
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	groups_after_setcred(p, base, 2, text, sizeof(text));
	assert_string_equal(text, "70007 99001 99002 99999");
	/* nothing twice, and never an empty list */
	groups_after_setcred(p, (const gid_t[]){99001}, 1, text, sizeof(text));
	assert_string_equal(text, "99001 99002");
	support_pam_start(p, "sshd", "builder-7");
	groups_after_setcred(p, NULL, 0, text, sizeof(text));
	assert_string_equal(text, "");
	/* what root starts has the entry's, of the roles that admit the service */
	support_pam_start(p, "su", "builder-7");
	groups_after_setcred(p, base, 2, text, sizeof(text));
	assert_string_equal(text, "70007 99002 99999");
	groups_after_setcred(p, NULL, 0, text, sizeof(text));
	assert_string_equal(text, "99002");
}

/* A verdict on one user adds no group to another. */
TEST(setcred_adds_nothing_for_a_changed_user, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_set_item(p->pamh, PAM_USER, "other-1"), PAM_SUCCESS);
	assert_int_equal(pam_setcred(p->pamh, PAM_ESTABLISH_CRED), PAM_CRED_ERR);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
}

TEST(setcred_takes_nothing_away, pam)
{
	struct support_pam *p = *state;
	gid_t before[256], after[256];
	int n = getgroups(256, before);

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_setcred(p->pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	assert_int_equal(pam_setcred(p->pamh, PAM_REFRESH_CRED), PAM_SUCCESS);
	assert_int_equal(getgroups(256, after), n);
	assert_memory_equal(before, after, (size_t)n * sizeof(gid_t));
}
