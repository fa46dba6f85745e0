/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_cold.c: the module in a process that has no OpenSSL yet, as sudo's has none: the allocations fail in turn with
 * which it begins there. The test's own process has made keys and signatures, so that it starts itself anew, and the program
 * that comes of it has a line of its environment for the host that was made. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_faults.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

#define HOST "TEST_PAM_COLD"
#define FIRST 120

/* ---- in the process without OpenSSL ------------------------------------------------------------ */

static char credential[8192];
static unsigned lines_before;

static void begin(struct support_pam *p, const char *service)
{
	lines_before = support_pam_lines(p);
	support_pam_start(p, service, "builder-7");
	support_pam_say(p, credential);
}

/* A login that did no harm has used the credential. */
static void begin_login(void *data)
{
	const char *marks = support_path(((struct support_pam *)data)->site->rundir, "replay");

	if (access(marks, F_OK) == 0)
		support_remove(marks);
	begin(data, "sshd");
}

static void begin_sudo(void *data)
{
	begin(data, "sudo");
}

static int authenticate(void *data)
{
	return pam_authenticate(((struct support_pam *)data)->pamh, 0);
}

static int account(void *data)
{
	return pam_acct_mgmt(((struct support_pam *)data)->pamh, 0);
}

static const char *yes_without_a_line(void *data, int answer)
{
	if (answer == PAM_IGNORE || answer == PAM_USER_UNKNOWN)
		return "sent PAM on to the next module";
	return answer == PAM_SUCCESS && support_pam_lines(data) == lines_before
		   ? "said yes, and the log does not"
		   : NULL;
}

static const struct support_scene scenes[] = {
    {"auth in a process without OpenSSL", begin_login, authenticate, yes_without_a_line, PAM_SUCCESS},
    {"sudo in a process without OpenSSL", begin_sudo, account, yes_without_a_line, PAM_SUCCESS},
};

__attribute__((constructor)) static void be_cold(void)
{
	const char *dir = getenv(HOST);
	struct support_site site = {.dir = (char *)(uintptr_t)dir};
	struct support_pam p = {.site = &site, .now = time(NULL)};
	char *text;
	size_t len;

	if (!dir)
		return;
	snprintf(site.statedir, sizeof(site.statedir), "%s/lib", dir);
	snprintf(site.rundir, sizeof(site.rundir), "%s/run", dir);
	snprintf(site.logdir, sizeof(site.logdir), "%s/log", dir);
	snprintf(p.confdir, sizeof(p.confdir), "%s/pam.d", dir);
	text = support_read_file(support_path(dir, "credential"), &len);
	snprintf(credential, sizeof(credential), "%s", text);
	free(text);
	openlog("test", LOG_NDELAY, LOG_AUTHPRIV);
	support_users_uid(0);
	for (size_t i = 0; i < COUNT(scenes); i++)
		support_faults_try_first(&scenes[i], FIRST, &p);
	_exit(0);
}

/* ---- in the test's ------------------------------------------------------------------------------- */

/* What is started is a child of the process that opened the session, and so inside of it. */
static void open_session(struct support_pam *p)
{
	support_pam_start(p, "sshd", "builder-7");
	support_pam_say(p, support_assertion(time(NULL)));
	assert_int_equal(pam_authenticate(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
}

TEST(no_lack_of_memory_where_openssl_begins_ends_the_process_or_makes_half_a_yes)
{
	struct support_pam *p = support_pam_new();
	const char *text = support_assertion(time(NULL));
	int status;
	pid_t pid;

	support_write_file(support_path(p->site->dir, "credential"), text, strlen(text));
	open_session(p);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setenv(HOST, p->site->dir, 1);
		execl("/proc/self/exe", "test_pam_cold", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	support_pam_free(p);
}
