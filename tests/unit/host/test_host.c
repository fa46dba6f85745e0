/* SPDX-License-Identifier: Apache-2.0 */
/* test_host.c: this host's PAM stacks and sshd's configuration are read as Linux-PAM and sshd read them. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"
#include "tools/host/pam_stack.h"
#include "tools/host/sshd_config.h"
#include "tools/host/sshd_login.h"

#define OURS "account required pam_agentauth.so\nsession required pam_agentauth.so\n"

static char stacks[300], vendor[300], modules[300], config[300];
static const char *stack_dirs[3];
static struct aa_sshd_paths paths;

static void put(const char *where, const char *name, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", where, name);
	support_write_file(path, text, strlen(text));
}

static void make(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", test_dir, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static int setup(void **state)
{
	(void)test_dir_setup(state);
	make(stacks, sizeof(stacks), "pam.d");
	make(vendor, sizeof(vendor), "vendor");
	make(modules, sizeof(modules), "modules");
	snprintf(config, sizeof(config), "%s/sshd_config", test_dir);
	put(modules, "pam_agentauth.so", "");
	put(stacks, "sshd", OURS);
	put(test_dir, "sshd_config", "UsePAM yes\n");
	stack_dirs[0] = stacks;
	stack_dirs[1] = vendor;
	stack_dirs[2] = NULL;
	paths = (struct aa_sshd_paths){config, NULL, {stack_dirs, modules}};
	return 0;
}

FIXTURE(here, setup, test_dir_teardown);

static enum aa_pam_answer account(const char *text)
{
	struct aa_pam_position position;

	put(stacks, "s", text);
	return aa_pam_stack_asks(&paths.pam, "s", AA_PAM_ACCOUNT, &position);
}

/* ---- PAM ------------------------------------------------------------------------ */

TEST(a_line_that_names_the_module_asks_it, here)
{
	assert_int_equal(account("account required pam_agentauth.so\n"), AA_PAM_ASKED);
	assert_int_equal(account("-ACCOUNT\tRequisite  pam_agentauth.so debug"), AA_PAM_ASKED);
	assert_int_equal(
	    account(
		"account [success=1 user_unknown=1 module_unknown=ignore default=die] pam_agentauth.so\n"),
	    AA_PAM_ASKED);
	assert_int_equal(account("account \\\n  required \\\n pam_agentauth.so\n"), AA_PAM_ASKED);
	assert_int_equal(account("auth required pam_agentauth.so\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("account required pam_agentauth.so.old\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("account required $ISA/pam_agentauth.so\n"), AA_PAM_NOT_NAMED);
}

TEST(what_is_a_comment_or_an_argument_names_nothing, here)
{
	assert_int_equal(account("#account required pam_agentauth.so\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("account required pam_unix.so # pam_agentauth.so\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("account required pam_unix.so pam_agentauth.so\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("account required pam_unix.so \\\naccount required pam_agentauth.so\n"),
			 AA_PAM_NOT_NAMED);
	assert_int_equal(account("# a comment does not go on \\\naccount required pam_agentauth.so\n"),
			 AA_PAM_ASKED);
}

TEST(a_refusal_must_be_final, here)
{
	assert_int_equal(account("account optional pam_agentauth.so\n"), AA_PAM_NOT_FINAL);
	assert_int_equal(account("account sufficient pam_agentauth.so\n"), AA_PAM_NOT_FINAL);
	assert_int_equal(account("account [success=ok default=ignore] pam_agentauth.so\n"), AA_PAM_NOT_FINAL);
	assert_int_equal(account("account [success=ok perm_denied=1 default=die] pam_agentauth.so\n"),
			 AA_PAM_NOT_FINAL);
	assert_int_equal(account("account [success=ok acct_expired=ignore default=die] pam_agentauth.so\n"),
			 AA_PAM_NOT_FINAL);
	assert_int_equal(account("account [success=ok] pam_agentauth.so\n"), AA_PAM_ASKED);
	assert_int_equal(account("account [success=ok default=bad] pam_agentauth.so\n"), AA_PAM_ASKED);
}

TEST(nothing_may_end_or_skip_the_stack_before, here)
{
	assert_int_equal(account("account sufficient pam_localuser.so\n" OURS), AA_PAM_PASSED_BY);
	assert_int_equal(account("account [success=done default=ignore] pam_x.so\n" OURS), AA_PAM_PASSED_BY);
	assert_int_equal(account("account [success=1 default=ignore] pam_x.so\n" OURS), AA_PAM_PASSED_BY);
	assert_int_equal(
	    account("account [success=1 default=ignore] pam_x.so\naccount required pam_y.so\n" OURS),
	    AA_PAM_ASKED);
	assert_int_equal(
	    account("account [success=2 default=ignore] pam_x.so\naccount required pam_y.so\n" OURS),
	    AA_PAM_PASSED_BY);
	assert_int_equal(account("account required pam_nologin.so\nauth sufficient pam_x.so\n" OURS),
			 AA_PAM_ASKED);
}

TEST(files_are_included_in_every_way, here)
{
	put(stacks, "common", OURS);
	put(stacks, "none", "account required pam_unix.so\n");
	put(stacks, "ends", "account sufficient pam_unix.so\n");
	put(stacks, "loop", "@include loop\n");
	assert_int_equal(account("@include common\n"), AA_PAM_ASKED);
	assert_int_equal(account("account include common\n"), AA_PAM_ASKED);
	assert_int_equal(account("account substack common\n"), AA_PAM_ASKED);
	assert_int_equal(account("auth include common\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("@include none\n"), AA_PAM_NOT_NAMED);
	assert_int_equal(account("account include ends\n" OURS), AA_PAM_PASSED_BY);
	assert_int_equal(account("account substack ends\n" OURS), AA_PAM_ASKED);
	assert_int_equal(account("@include loop\n" OURS), AA_PAM_UNREADABLE);
	assert_int_equal(account("@include missing\n" OURS), AA_PAM_UNREADABLE);
}

TEST(a_vendor_stack_serves_where_the_host_has_none, here)
{
	struct aa_pam_position position;

	put(vendor, "v", OURS);
	assert_int_equal(aa_pam_stack_asks(&paths.pam, "v", AA_PAM_SESSION, &position), AA_PAM_ASKED);
	put(stacks, "v", "session required pam_unix.so\n");
	assert_int_equal(aa_pam_stack_asks(&paths.pam, "v", AA_PAM_SESSION, &position), AA_PAM_NOT_NAMED);
	assert_int_equal(aa_pam_stack_asks(&paths.pam, "nowhere", AA_PAM_SESSION, &position), AA_PAM_ABSENT);
}

TEST(a_module_that_is_not_there_is_not_asked, here)
{
	char text[PATH_MAX + 64];

	snprintf(text, sizeof(text), "account required %s/pam_agentauth.so\n", modules);
	assert_int_equal(account(text), AA_PAM_ASKED);
	assert_int_equal(account("account required /nowhere/pam_agentauth.so\n"), AA_PAM_NO_MODULE);
}

/* ---- sshd ----------------------------------------------------------------------- */

static bool decided_now(void)
{
	char why[PATH_MAX + 128] = "";
	bool yes;

	yes = aa_sshd_login_is_decided(&paths, why, sizeof(why));
	assert_int_equal(yes, *why == '\0');
	return yes;
}

static bool decided(const char *text)
{
	put(test_dir, "sshd_config", text);
	return decided_now();
}

/* root reads everything: the program runs as nobody. */
static bool decided_for_nobody(const char *text)
{
	bool yes, root = geteuid() == 0;

	put(test_dir, "sshd_config", text);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	yes = decided_now();
	if (root)
		assert_int_equal(seteuid(0), 0);
	return yes;
}

TEST(the_first_use_pam_outside_of_a_match_counts, here)
{
	assert_true(decided("UsePAM yes\n"));
	assert_true(decided("  usepam=\"YES\" # a comment\nUsePAM no\n"));
	assert_false(decided("UsePAM no\nUsePAM yes\n"));
	assert_false(decided("#UsePAM yes\n"));
	assert_false(decided(""));
	assert_false(decided("Match User a\nUsePAM yes\n"));
	assert_true(decided("Match User a\nX11Forwarding no\nMatch all\nUsePAM yes\n"));
}

TEST(an_included_file_comes_where_it_is_named, here)
{
	char conf_d[300];

	make(conf_d, sizeof(conf_d), "conf.d");
	put(conf_d, "10-first.conf", "UsePAM no\n");
	put(conf_d, "20-second.conf", "UsePAM yes\n");
	assert_false(decided("Include conf.d/*.conf\nUsePAM yes\n"));
	assert_true(decided("UsePAM yes\nInclude conf.d/*.conf\n"));
	assert_true(decided("Include conf.d/nothing*.conf conf.d/20-*.conf\n"));
	assert_true(decided("Match Group agents\nInclude conf.d/10-first.conf\nMatch all\nUsePAM yes\n"));
	put(conf_d, "20-second.conf", "Match User a\nX11Forwarding no\n");
	assert_true(decided("Include conf.d/20-*.conf\nUsePAM yes\n")); /* its Match ends with it */
	put(conf_d, "30-loop.conf", "Include conf.d/30-loop.conf\n");
	assert_false(decided("Include conf.d/30-*.conf\nUsePAM yes\n"));
}

TEST(what_cannot_be_read_is_off, here)
{
	char path[PATH_MAX];

	put(test_dir, "closed.conf", "\n");
	snprintf(path, sizeof(path), "%s/closed.conf", test_dir);
	assert_true(decided_for_nobody("Include closed.conf\nUsePAM yes\n"));
	assert_int_equal(chmod(path, 0), 0);
	assert_false(decided_for_nobody("Include closed.conf\nUsePAM yes\n"));
	assert_true(decided_for_nobody("UsePAM yes\n"));
}

TEST(what_the_command_line_says_comes_first, here)
{
	struct aa_sshd_process_told told = {.has_use_pam = true};

	paths.told = &told;
	assert_false(decided("UsePAM yes\n"));
	told.use_pam = true;
	assert_true(decided("UsePAM no\n"));
	told.has_use_pam = false;
	assert_false(decided("UsePAM no\n"));
	snprintf(told.config, sizeof(told.config), "%s/other_config", test_dir);
	put(test_dir, "other_config", "UsePAM yes\n");
	assert_true(decided("UsePAM no\n"));
	put(test_dir, "other_config", "UsePAM no\n");
	assert_false(decided("UsePAM yes\n"));
}

TEST(every_pam_service_of_sshd_must_ask, here)
{
	put(stacks, "other-sshd", "account required pam_unix.so\nsession required pam_unix.so\n");
	put(stacks, "third", "account required pam_unix.so\n" OURS);
	assert_false(decided("UsePAM yes\nPAMServiceName other-sshd\n"));
	assert_false(decided("UsePAM yes\nMatch User a\nPAMServiceName other-sshd\n"));
	assert_true(decided("UsePAM yes\nPAMServiceName Third\n"));
	put(stacks, "sshd", "account required pam_agentauth.so\n");
	assert_false(decided("UsePAM yes\n")); /* a key is decided in session */
	put(stacks, "sshd", "session required pam_agentauth.so\n");
	assert_false(decided("UsePAM yes\n"));
}
