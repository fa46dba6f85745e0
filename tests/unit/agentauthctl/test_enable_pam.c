/* SPDX-License-Identifier: Apache-2.0 */
/* test_enable_pam.c: our lines are put into PAM stacks where they decide about agents and about nobody else. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/enable/edit_pam.h"
#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"

#define AUTH PAM_PHASE(AA_PAM_AUTH)
#define ACCOUNT PAM_PHASE(AA_PAM_ACCOUNT)
#define SESSION PAM_PHASE(AA_PAM_SESSION)
#define PASSWORD PAM_PHASE(AA_PAM_PASSWORD)

#define PASSES_BY "user_unknown=ignore ignore=ignore module_unknown=ignore default=die"
#define OUR_AUTH ENABLE_MARK "auth\t[success=done " PASSES_BY "]\tpam_agentauth.so\n"
#define OUR_ACCOUNT \
	ENABLE_MARK \
	"account\t[success=1 user_unknown=1 module_unknown=ignore default=die]\tpam_agentauth.so\n" \
	"account\trequisite\tpam_succeed_if.so quiet user notingroup agents\n"
#define OUR_SESSION \
	ENABLE_MARK "session\t[success=ok ignore=1 module_unknown=1 default=die]\tpam_agentauth.so\n" \
		    "session\trequired\tpam_mkhomedir.so umask=0077\n"
#define OUR_PASSWORD ENABLE_MARK "password\t[success=done " PASSES_BY "]\tpam_agentauth.so\n"

/* The text that stands around ours; without ours it is as it was. */
static void goes_between(unsigned phases, const char *above, const char *ours, const char *below)
{
	char *text = xasprintf("%s%s", above, below), *wanted = xasprintf("%s%s%s", above, ours, below);
	char *with = pam_insert(text, phases), *without = pam_remove(with);

	assert_string_equal(with, wanted);
	assert_non_null(without);
	assert_string_equal(without, text);
	assert_int_equal(pam_has_ours(with, PAM_EVERY, false), *ours != '\0');
	assert_false(pam_has_ours(text, PAM_EVERY, true));
	free(text);
	free(wanted);
	free(with);
	free(without);
}

TEST(agents_are_asked_before_the_first_line_that_decides)
{
	goes_between(AUTH, "#%PAM-1.0\n", OUR_AUTH, "auth required pam_unix.so\nauth required pam_x.so\n");
	goes_between(AUTH, "session required pam_limits.so\n\n", OUR_AUTH,
		     "# Standard Un*x\n# authentication.\n@include common-auth\n");
	goes_between(ACCOUNT, "@include common-auth\n", OUR_ACCOUNT, "account\trequired pam_unix.so\n");
	goes_between(PASSWORD, "", OUR_PASSWORD, "@include common-password\n");
	goes_between(AUTH, "", OUR_AUTH, "auth substack password-auth\nauth include postlogin\n");
	goes_between(AUTH, "account required pam_unix.so\n", OUR_AUTH, "-AUTH sufficient pam_rootok.so\n");
}

TEST(what_holds_for_everybody_holds_for_agents_too)
{
	goes_between(AUTH, "auth optional pam_faildelay.so delay=3000000\nauth requisite pam_nologin.so\n",
		     OUR_AUTH, "@include common-auth\n");
	goes_between(AUTH, "auth required pam_env.so\n", OUR_AUTH, "auth sufficient pam_rootok.so\n");
	goes_between(AUTH, "", OUR_AUTH, "auth sufficient pam_nologin.so\nauth required pam_unix.so\n");
}

TEST(a_session_is_opened_behind_the_login_uid)
{
	goes_between(SESSION, "session required pam_selinux.so close\nsession required pam_loginuid.so\n",
		     OUR_SESSION, "session optional pam_systemd.so\n");
	goes_between(SESSION, "session required pam_limits.so\n", OUR_SESSION,
		     "session required pam_unix.so\n");
}

TEST(no_jump_of_another_line_reaches_over_ours)
{
	goes_between(SESSION, "", OUR_SESSION,
		     "session [success=2 default=ignore] pam_x.so\nsession required pam_loginuid.so\n"
		     "session required pam_y.so\n");
	goes_between(SESSION,
		     "session [success=1 default=ignore] pam_x.so\nsession required pam_loginuid.so\n",
		     OUR_SESSION, "session required pam_y.so\n");
	goes_between(SESSION, "auth [success=9 default=ignore] pam_x.so\nsession required pam_loginuid.so\n",
		     OUR_SESSION, "session required pam_y.so\n");
	/* Nobody knows how many lines of the phase an included file has. */
	goes_between(
	    SESSION, "", OUR_SESSION,
	    "session [default=2] pam_x.so\nsession include many\nsession required pam_loginuid.so\n");
	goes_between(
	    SESSION, "session required pam_a.so\n", OUR_SESSION,
	    "session [success=1 default=ignore] pam_x.so\nsession [success=ok new_authtok_reqd=3] pam_z.so\n"
	    "session required pam_loginuid.so\nsession required pam_y.so\n");
}

TEST(a_jump_into_a_common_file_counts_what_is_put_there)
{
	assert_true(
	    pam_jumps_into_common("auth [success=1 default=ignore] pam_x.so\n@include common-auth\n"));
	assert_true(
	    pam_jumps_into_common("session [success=2 default=ignore] pam_x.so\nsession required pam_y.so\n"
				  "session include common-session\n"));
	assert_false(
	    pam_jumps_into_common("auth [success=1 default=ignore] pam_x.so\nauth required pam_y.so\n"
				  "@include common-auth\n"));
	assert_false(
	    pam_jumps_into_common("auth [success=1 default=ignore] pam_x.so\n@include common-account\n"));
}

TEST(a_line_that_goes_on_is_not_cut_in_two)
{
	goes_between(AUTH, "auth \\\n  required \\\n  pam_env.so\n", OUR_AUTH,
		     "auth [success=1 \\\n default=ignore] pam_unix.so\nauth requisite pam_deny.so\n");
	goes_between(AUTH, "# a comment does not go on \\\n\n", OUR_AUTH, "auth required pam_unix.so");
	goes_between(AUTH, "auth required pam_env.so\r\n", OUR_AUTH, "auth required pam_unix.so\r\n");
}

TEST(behind_a_last_line_without_an_end_there_is_one)
{
	char *with = pam_insert("session required pam_loginuid.so", SESSION);

	assert_string_equal(with, "session required pam_loginuid.so\n" OUR_SESSION);
	free(with);
	with = pam_insert("session required pam_loginuid.so \\", SESSION);
	assert_string_equal(with, "session required pam_loginuid.so \\\n\n" OUR_SESSION);
	free(with);
}

TEST(a_phase_that_has_no_line_gets_none)
{
	goes_between(ACCOUNT | PASSWORD, "auth sufficient pam_rootok.so\nsession required pam_unix.so\n", "",
		     "");
	goes_between(AUTH, "", "", "# nothing\n");
	goes_between(AUTH, "", "", "");
}

#define BLOCK "# here are the per-package modules (the \"Primary\" block)\n"
#define BLOCK_END "# end of pam-auth-update config\n"

TEST(what_pam_auth_update_writes_is_left_to_it)
{
	char *without;

	goes_between(AUTH, "# head\n\n", OUR_AUTH,
		     BLOCK "auth [success=1 default=ignore] pam_unix.so\n# here's the fallback\n"
			   "auth requisite pam_deny.so\n" BLOCK_END "auth optional pam_own.so\n");
	goes_between(AUTH, "# head\n\n", OUR_AUTH,
		     BLOCK "auth required pam_env.so\nauth required pam_unix.so\n" BLOCK_END);
	assert_true(pam_has_ours(BLOCK "auth required pam_agentauth.so\n" BLOCK_END, PAM_EVERY, true));
	assert_false(pam_has_ours(BLOCK "auth required pam_agentauth.so\n" BLOCK_END, PAM_EVERY, false));
	without =
	    pam_remove(BLOCK "auth required pam_agentauth.so\n" BLOCK_END "auth required pam_agentauth.so\n");
	assert_string_equal(without, BLOCK "auth required pam_agentauth.so\n" BLOCK_END);
	free(without);
}

TEST(what_others_wrote_since_stays)
{
	char *with = pam_insert("auth required pam_unix.so\n", AUTH), *edited, *without;

	edited = xasprintf("auth required pam_before.so\n%sauth required pam_mkhomedir.so\n", with);
	without = pam_remove(edited);
	assert_string_equal(
	    without,
	    "auth required pam_before.so\nauth required pam_unix.so\nauth required pam_mkhomedir.so\n");
	free(with);
	free(edited);
	free(without);
}

TEST(lines_that_a_jump_counts_are_not_taken_out)
{
	char *without =
	    pam_remove("auth [success=1 default=ignore] pam_x.so\nauth [success=done] pam_agentauth.so\n"
		       "auth required pam_unix.so\n");

	assert_null(without);
	without = pam_remove("auth [success=1 default=ignore] pam_x.so\nauth required pam_y.so\n"
			     "auth [success=done] pam_agentauth.so\nauth required pam_unix.so\n");
	assert_non_null(without);
	free(without);
}
