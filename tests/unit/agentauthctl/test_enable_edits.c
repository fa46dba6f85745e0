/* SPDX-License-Identifier: Apache-2.0 */
/* test_enable_edits.c: our lines are put into the host's own files, and taken out again, and no other byte changes. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/enable/edit_conf.h"
#include "tools/agentauthctl/enable/edit_nsswitch.h"
#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"

#define PLUGIN "/usr/libexec/agentauth/agentauth_approval.so"
#define OURS \
	ENABLE_MARK "Plugin agentauth_approval " PLUGIN "\n" \
		    "Plugin agentauth_audit " PLUGIN "\n"
#define SNIPPET "/etc/ssh/sshd_config.d/agentauth.conf"

static void assert_text(char *text, const char *wanted)
{
	assert_non_null(text);
	assert_string_equal(text, wanted);
	free(text);
}

/* ---- nsswitch.conf --------------------------------------------------------------- */

static void nss_line(const char *before, const char *after)
{
	char *text = xasprintf("%s\ngroup: files agentauth\n", before);
	char *wanted = xasprintf("%s\ngroup: files agentauth\n", after);
	char *with = nsswitch_insert(text), *without;

	assert_non_null(with);
	assert_string_equal(with, wanted);
	assert_text(nsswitch_insert(with), wanted);
	without = nsswitch_remove(with);
	assert_int_equal(strncmp(without, before, strlen(before)), 0);
	free(without);
	free(with);
	free(wanted);
	free(text);
}

TEST(agents_come_behind_every_other_source_of_names)
{
	nss_line("passwd:         files systemd", "passwd:         files systemd agentauth");
	nss_line("passwd: files sss\t# the directory", "passwd: files sss agentauth\t# the directory");
	nss_line("passwd:files", "passwd:files agentauth");
	nss_line("passwd: files systemd   ", "passwd: files systemd agentauth   ");
	nss_line("  passwd :\tcompat", "  passwd :\tcompat agentauth");
	nss_line("passwd: files systemd\r", "passwd: files systemd agentauth\r");
	nss_line("passwd: files [SUCCESS=merge] systemd", "passwd: files [SUCCESS=merge] systemd agentauth");
}

TEST(an_action_that_ends_the_search_has_agents_before_it_and_behind_the_files)
{
	nss_line("passwd: files sss [NOTFOUND=return] nis",
		 "passwd: files agentauth sss [NOTFOUND=return] nis");
	nss_line("passwd: files [SUCCESS=merge] sss [!UNAVAIL=Return]",
		 "passwd: files [SUCCESS=merge] agentauth sss [!UNAVAIL=Return]");
	nss_line("passwd: files [NOTFOUND=return] sss", "passwd: files agentauth [NOTFOUND=return] sss");
	assert_null(nsswitch_insert("passwd: sss [NOTFOUND=return] nis\ngroup: files\n"));
}

TEST(a_database_without_a_line_gets_one_and_other_databases_none)
{
	assert_text(nsswitch_insert("shadow: files\n"),
		    "shadow: files\n" ENABLE_MARK "passwd:\tfiles agentauth\n" ENABLE_MARK
		    "group:\tfiles agentauth\n");
	assert_text(
	    nsswitch_insert("group: files\npasswd: files\n#passwd: x\ninitgroups: files"),
	    "group: files agentauth\npasswd: files agentauth\n#passwd: x\ninitgroups: files agentauth");
	assert_text(nsswitch_remove("shadow: files agentauth\n"), "shadow: files agentauth\n");
	assert_text(nsswitch_remove("passwd: files agentauth-old\n"), "passwd: files agentauth-old\n");
}

/* ---- sudo.conf ------------------------------------------------------------------- */

static void assert_sudo_conf(const char *before, const char *after)
{
	char *with = sudo_conf_insert(before, PLUGIN);

	assert_non_null(with);
	assert_string_equal(with, after);
	assert_text(sudo_conf_insert(with, PLUGIN), after);
	free(with);
}

TEST(plugins_are_named_behind_what_sudo_conf_has)
{
	assert_sudo_conf("", OURS);
	assert_sudo_conf("Set disable_coredump false\n", "Set disable_coredump false\n" OURS);
	assert_sudo_conf("#Plugin agentauth_approval x.so\n", "#Plugin agentauth_approval x.so\n" OURS);
	assert_text(sudo_conf_remove("Set disable_coredump false\n" OURS), "Set disable_coredump false\n");
}

TEST(a_last_line_without_an_end_or_that_goes_on_swallows_no_plugin)
{
	assert_sudo_conf("Set probe_interfaces false", "Set probe_interfaces false\n" OURS);
	assert_sudo_conf("Set probe_interfaces false \\\n", "Set probe_interfaces false \\\n\n" OURS);
	assert_sudo_conf("Set probe_interfaces false \\", "Set probe_interfaces false \\\n\n" OURS);
	assert_sudo_conf("Set probe_interfaces false \\\r\n", "Set probe_interfaces false \\\r\n\n" OURS);
}

TEST(one_plugin_that_is_there_is_not_named_twice)
{
	assert_sudo_conf("plugin\tagentauth_approval " PLUGIN " # by hand\n",
			 "plugin\tagentauth_approval " PLUGIN " # by hand\n" ENABLE_MARK
			 "Plugin agentauth_audit " PLUGIN "\n");
}

TEST(every_line_that_names_our_plugin_is_taken_out_and_no_other)
{
	assert_text(sudo_conf_remove("Plugin sudoers_policy sudoers.so\r\n"
				     "Plugin \\\n  agentauth_io \\\n  " PLUGIN "\n"
				     "PLUGIN renamed /old/agentauth_approval.so\n"
				     "Plugin sudoers_io sudoers.so"),
		    "Plugin sudoers_policy sudoers.so\r\nPlugin sudoers_io sudoers.so");
	assert_text(sudo_conf_remove("Path askpass /x/agentauth_approval.so\n"),
		    "Path askpass /x/agentauth_approval.so\n");
}

/* ---- sshd_config ----------------------------------------------------------------- */

TEST(sshd_includes_our_snippet_where_it_does_not_yet)
{
	assert_text(sshd_config_insert("Port 22\n", SNIPPET), ENABLE_MARK "Include " SNIPPET "\nPort 22\n");
	assert_text(sshd_config_insert("Match User x\nInclude " SNIPPET "\n", SNIPPET),
		    ENABLE_MARK "Include " SNIPPET "\nMatch User x\nInclude " SNIPPET "\n");
	assert_text(sshd_config_insert("#Include " SNIPPET "\n", SNIPPET),
		    ENABLE_MARK "Include " SNIPPET "\n#Include " SNIPPET "\n");
	assert_text(sshd_config_remove(ENABLE_MARK "Include " SNIPPET "\nPort 22", SNIPPET), "Port 22");
}

TEST(an_include_that_fits_our_snippet_is_enough)
{
	static const char *const enough[] = {
	    "Include "
	    "/etc/ssh/sshd_config.d/*.conf\n",
	    "\n# first\ninclude\tsshd_config.d/*.conf\r\n",
	    "Include /x/*.conf \""
	    "/etc/ssh/sshd_config.d/agentauth.conf\"\nMatch all\n",
	};

	for (size_t i = 0; i < COUNT(enough); i++)
		assert_text(sshd_config_insert(enough[i], SNIPPET), enough[i]);
}

/* ---- files that are placed whole ----------------------------------------------------- */

#define PLACED "# agentauth: agents\n\nMatch Group agents\n\tAuthorizedKeysFile none\n"

TEST(of_a_placed_file_the_lines_of_others_stay_and_their_match_with_them)
{
	assert_null(placed_file_remove(PLACED, PLACED));
	assert_null(placed_file_remove(PLACED "# a remark\n", PLACED));
	assert_text(placed_file_remove(PLACED "\tX11Forwarding no\n", PLACED),
		    "Match Group agents\n\tX11Forwarding no\n");
}
