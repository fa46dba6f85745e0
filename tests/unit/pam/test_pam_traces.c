/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_traces.c: what the module leaves behind: in memory, in descriptors, in the environment, in the log. */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "tests/unit/support/support_log.h"
#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- password ------------------------------------------------------------------------------------------------------ */

TEST(agents_have_no_password_to_change, pam)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", "builder-7");
	assert_int_equal(pam_chauthtok(p->pamh, 0), PAM_PERM_DENIED);
	assert_int_equal(p->errors, 1);
	assert_int_equal(p->asked, 0);
	p->errors = 0;
	assert_int_equal(pam_chauthtok(p->pamh, PAM_SILENT), PAM_PERM_DENIED);
	assert_int_equal(p->errors, 0);
	support_pam_start(p, "login", "alice");
	assert_int_equal(pam_chauthtok(p->pamh, 0), PAM_USER_UNKNOWN);
	assert_int_equal(p->errors, 0);
}

/* ---- PAM_AUTHTOK ------------------------------------------------------------------------------------------------------ */

static int with_authtok(struct support_pam *p, const char *args, const char *token, char *answer)
{
	char before[512];
	int err;

	snprintf(before, sizeof(before), TEST_BUILDDIR "/support_pam_module.so authtok=%s/token",
		 p->site->dir);
	if (token)
		support_write_file(support_path(p->site->dir, "token"), token, strlen(token));
	support_pam_service(p, "first", args, token ? before : NULL, NULL);
	err = log_in(p, "first", answer);
	return err;
}

TEST(an_earlier_modules_answer_is_used_where_that_is_asked_for, pam)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	assert_int_equal(with_authtok(p, "use_first_pass", good, strdup("x")), PAM_SUCCESS);
	assert_int_equal(p->asked, 0);
	free(good);
	assert_int_equal(with_authtok(p, "use_first_pass", "hunter2", support_assertion(p->now)),
			 PAM_AUTH_ERR);
	assert_int_equal(p->asked, 0);
	assert_int_equal(with_authtok(p, "use_first_pass", NULL, support_assertion(p->now)), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 0);
	assert_string_equal(support_pam_reason(p), "no_credential");
	good = support_assertion(p->now);
	assert_int_equal(with_authtok(p, "try_first_pass", good, strdup("x")), PAM_SUCCESS);
	assert_int_equal(p->asked, 0);
	free(good);
	assert_int_equal(with_authtok(p, "try_first_pass", "hunter2", support_assertion(p->now)),
			 PAM_SUCCESS);
	assert_int_equal(p->asked, 1);
	assert_int_equal(with_authtok(p, "try_first_pass", NULL, support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(with_authtok(p, "", "hunter2", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(p->asked, 1);
}

TEST(the_credential_is_not_left_for_the_next_module, pam)
{
	struct support_pam *p = *state;
	char behind[512], *told;
	size_t len;

	snprintf(behind, sizeof(behind), TEST_BUILDDIR "/support_pam_module.so tell=%s/told", p->site->dir);
	support_pam_service(p, "tell", "", NULL, behind);
	assert_int_equal(log_in(p, "tell", support_assertion(p->now)), PAM_SUCCESS);
	told = support_read_file(support_path(p->site->dir, "told"), &len);
	assert_string_equal(told, "unset");
	free(told);
}

/* ---- what is left behind ------------------------------------------------------------------------------------------- */

#define MASK 0x55

static char *unmask(struct support_pam *p, unsigned n)
{
	char *text = malloc(p->masked_len + 1);

	(void)n;
	for (size_t i = 0; i < p->masked_len; i++)
		text[i] = (char)(p->masked[i] ^ MASK);
	text[p->masked_len] = '\0';
	return text;
}

/* The credential is made by a child, so that making it leaves no copy here; it comes masked. */
static void hide_assertion(struct support_pam *p, int64_t now)
{
	char *credential;
	int ends[2], status;
	size_t len;
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		credential = support_assertion(now);
		len = strlen(credential);
		for (size_t i = 0; i < len; i++)
			credential[i] ^= MASK;
		_exit(write(ends[1], credential, len) < 0);
	}
	close(ends[1]);
	p->masked_len = 0;
	while ((n = read(ends[0], p->masked + p->masked_len, sizeof(p->masked) - p->masked_len)) > 0)
		p->masked_len += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(p->masked_len > 100);
}

/* How often 24 bytes of the masked credential's signature stand in what this process may write to. */
static unsigned copies_in_memory(const struct support_pam *p)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned found = 0;
	char line[512], perms[8];
	unsigned long from, to;
	static unsigned char page[1 << 16];
	const unsigned char *tail = (const unsigned char *)p->masked + p->masked_len - 40;

	assert_true(maps && mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) != 3 || perms[1] != 'w' ||
		    strstr(line, "[v"))
			continue;
		if (to - from > UINT32_C(1) << 30)
			continue; /* a sanitizer's own terabytes: to read them is to fill the machine */
		for (; from < to; from += sizeof(page) - 64) {
			size_t want = to - from < sizeof(page) ? to - from : sizeof(page);
			ssize_t n = pread(mem, page, want, (off_t)from);

			for (ssize_t i = 0; i + 24 <= n; i++) {
				size_t k = 0;

				while (k < 24 && (page[i + (ssize_t)k] ^ MASK) == tail[k])
					k++;
				found += k == 24 && (from + (size_t)i < (size_t)page ||
						     from + (size_t)i >= (size_t)page + sizeof(page));
			}
		}
	}
	fclose(maps);
	close(mem);
	return found;
}

TEST(no_copy_of_a_credential_stays_in_memory, pam)
{
	struct support_pam *p = *state;
	char *control;

	support_pam_start(p, "sshd", "builder-7");
	hide_assertion(p, p->now);
	assert_int_equal(copies_in_memory(p), 0);
	control = unmask(p, 0);
	assert_true(copies_in_memory(p) > 0); /* a copy is found where there is one */
	explicit_bzero(control, strlen(control));
	free(control);
	assert_int_equal(copies_in_memory(p), 0);
	p->answer = unmask;
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	assert_int_equal(copies_in_memory(p), 0);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(copies_in_memory(p), 0);
	/* one that is refused, too */
	hide_assertion(p, p->now - 1000);
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_int_equal(copies_in_memory(p), 0);
}

/* Neither in the log nor in the environment nor in the session's record. */
TEST(no_part_of_a_credential_is_written_down, pam)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now), *forged, command[1024], *text;
	size_t len;

	forged = support_sign(
	    support_bend(support_assertion_claims("builder-7", p->now), "aud", "\"evil\\nresult: ok\""),
	    AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT");
	assert_int_equal(log_in(p, "sshd", strdup(good)), PAM_SUCCESS);
	assert_int_equal(log_in(p, "sshd", strdup(forged)), PAM_AUTH_ERR);
	snprintf(command, sizeof(command), "grep -rqF -e %.30s -e %.30s %s", strrchr(good, '.') + 1,
		 strrchr(forged, '.') + 1, p->site->dir);
	assert_int_not_equal(system(command), 0);
	text = support_read_file(support_path(p->site->logdir, "audit.jsonl"), &len);
	assert_null(strstr(text, "evil"));
	free(text);
	free(good);
	free(forged);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

TEST(no_descriptor_stays_open_after_a_phase, pam)
{
	struct support_pam *p = *state;
	int before;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)),
			 PAM_SUCCESS); /* libraries are loaded */
	before = open_descriptors();
#define SAME(call) \
	do { \
		(void)(call); \
		assert_int_equal(open_descriptors(), before); \
	} while (0)
	SAME(log_in(p, "login", support_assertion(p->now)));
	SAME(account(p));
	SAME(pam_setcred(p->pamh, PAM_ESTABLISH_CRED));
	SAME(pam_open_session(p->pamh, 0));
	SAME(sudo_account(p));
	SAME(pam_close_session(p->pamh, 0));
	SAME(pam_chauthtok(p->pamh, 0));
	SAME(log_in(p, "login", support_assertion(p->now - 5000)));
	SAME(log_in(p, "login", support_bent_token(p->now, "", NULL)));
	support_pam_start(p, "sshd", "retired-1");
	SAME(authenticate(p));
	SAME(account(p));
	support_pam_start(p, "sshd", "alice");
	SAME(authenticate(p));
	assert_int_equal(rename(p->site->statedir, support_path(p->site->dir, "aside")), 0);
	SAME(log_in(p, "login", support_assertion(p->now)));
	assert_int_equal(rename(support_path(p->site->dir, "aside"), p->site->statedir), 0);
#undef SAME
}

static long resident_kib(void)
{
	char text[256] = "";
	long size, resident;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_int_equal(sscanf(text, "%ld %ld", &size, &resident), 2);
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}

/* Each handle loads the module anew, and lets go of it. */
TEST(a_thousand_handles_leave_nothing, pam)
{
	struct support_pam *p = *state;
	long before = 0;
	int descriptors = 0;

	for (int i = 0; i < 1000; i++) {
		if (i == 200) {
			before = resident_kib();
			descriptors = open_descriptors();
		}
		if (i % 10 == 0) {
			assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
			assert_int_equal(account(p), PAM_SUCCESS);
			assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
			assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
		} else {
			support_pam_start(p, "login", i % 3 ? "alice" : "builder-7");
			(void)authenticate(p);
		}
		support_pam_end(p);
	}
	assert_int_equal(open_descriptors(), descriptors);
#if !defined(__SANITIZE_ADDRESS__) /* its quarantine grows */
	assert_true(resident_kib() - before < 1024);
#else
	(void)before;
#endif
}

/* Names that look like ours in PAM's environment before us mean nothing. */
TEST(the_environment_chooses_nothing, pam)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	setenv("AGENTAUTH_SESSION", "0123456789abcdef0123456789abcdef", 1);
	setenv("OPENSSL_CONF", "/nonexistent", 1);
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_ROLES=root"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_ON_BEHALF_OF=root"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(p->pamh, "AI_AGENT=other-1"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(p->pamh, "AI_AGENT_OPERATOR=root"), PAM_SUCCESS);
	support_pam_say(p, good);
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	assert_string_equal(env(p, "AI_AGENT"), "builder-7");
	assert_null(env(p, "AI_AGENT_OPERATOR"));
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "deploy,audit");
	assert_null(env(p, "AGENTAUTH_ON_BEHALF_OF")); /* taken out: nobody else's word stands there */
	unsetenv("AGENTAUTH_SESSION");
	unsetenv("OPENSSL_CONF");
	free(good);
}

TEST(the_log_of_all_this_is_one_chain, pam)
{
	struct support_pam *p = *state;
	struct aa_audit_walk walk;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	(void)sudo_account(p);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	(void)log_in(p, "login", strdup("x"));
	walk = support_walk(support_path(p->site->logdir, "audit.jsonl"), NULL);
	assert_int_equal(walk.n_faults, 0);
	assert_true(walk.lines >= 5);
}

/* Three from one address, and the fourth is not listened to; it looks as the others did. */
TEST(too_many_failures_from_one_address_are_not_listened_to, pam)
{
	struct support_pam *p = *state;
	unsigned prompts;

	support_set(p->site, "host", "max_failures", "3");
	support_site_publish(p->site);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    log_in(p, "sshd", support_bent_assertion(p->now, "aud", "\"ssh://elsewhere\"")),
		    PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "wrong_audience");
	}
	prompts = p->asked;
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "rate_limited");
	assert_int_equal(p->asked, prompts);
	/* from elsewhere the agent comes in */
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(pam_set_item(p->pamh, PAM_RHOST, "10.1.2.4"), PAM_SUCCESS);
	{
		char *good = support_assertion(p->now);

		support_pam_say(p, good);
		assert_int_equal(authenticate(p), PAM_SUCCESS);
		free(good);
		p->answers = NULL;
		p->n_answers = 0;
	}
	/* no answer at all is no failure of this kind */
	support_set(p->site, "host", "max_failures", "1");
	support_site_publish(p->site);
	for (int i = 0; i < 2; i++) {
		support_pam_start(p, "sshd", "other-1");
		assert_int_equal(authenticate(p), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "no_credential");
	}
}
