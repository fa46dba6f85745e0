/* SPDX-License-Identifier: Apache-2.0 */
/* test_check_value.c: what values may look like: each refusal beside one that differs in the one thing. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/find_control.h"

typedef bool check_fn(const char *value, char *why, size_t size);

static void good(check_fn *check, const char *value)
{
	char why[256] = "";

	if (!check(value, why, sizeof(why)))
		fail_msg("%s %s", value, why);
}

static void bad(check_fn *check, const char *value, const char *words)
{
	char why[256] = "";

	if (check(value, why, sizeof(why)))
		fail_msg("%s was accepted", value);
	if (!strstr(why, words))
		fail_msg("%s: \"%s\" lacks \"%s\"", value, why, words);
}

TEST(names_of_agents_and_why_not)
{
	good(check_agent_name, "builder-7");
	good(check_agent_name, "a");
	bad(check_agent_name, "", "empty");
	bad(check_agent_name, "-x", "option");
	bad(check_agent_name, "7up", "uid");
	bad(check_agent_name, "1000", "uid");
	bad(check_agent_name, "Builder", "capital");
	bad(check_agent_name, "../a", "a-z");
	bad(check_agent_name, "a/b", "a-z");
	bad(check_agent_name, "a b", "a-z");
	bad(check_agent_name, "a_b", "a-z");
	bad(check_agent_name, "a\nb", "a-z");
	bad(check_agent_name, "bot\xc3\xa4", "a-z");
	bad(check_agent_name, "bot-", "ends in a hyphen");
	good(check_agent_name, "a23456789012345678901234567890b");
	bad(check_agent_name, "a23456789012345678901234567890bc", "31");
	good(check_agent_name, "agent");
	bad(check_agent_name, "agents", "group of all agents");
	bad(check_agent_name, "agent-x", "groups of roles");
	good(check_role_name, "a2345678901234567890123456");
	bad(check_role_name, "a23456789012345678901234567", "26");
}

TEST(sudo_rules_are_one_command_as_a_named_user)
{
	good(check_sudo_rule, "(root) /usr/bin/systemctl restart app");
	good(check_sudo_rule, "(www-data:adm) /usr/bin/id");
	good(check_sudo_rule, "(root) /bin/echo a\\,b\\:c\\=d\\#e");
	bad(check_sudo_rule, "/usr/bin/id", "user to run as");
	bad(check_sudo_rule, "() /usr/bin/id", "names no user");
	bad(check_sudo_rule, "(root) id", "absolute path");
	bad(check_sudo_rule, "(root) NOPASSWD: /usr/bin/id", "tag");
	bad(check_sudo_rule, "(root) SETENV: /usr/bin/id", "tag");
	bad(check_sudo_rule, "(ALL) ALL", "every command");
	bad(check_sudo_rule, "(root) !/usr/bin/id", "absolute path");
	bad(check_sudo_rule, "(root) /bin/echo a, /bin/sh", "comma");
	bad(check_sudo_rule, "(root) /bin/echo a : ALL = ALL", "write \\:");
	bad(check_sudo_rule, "(root) /bin/echo a=b", "write \\=");
	bad(check_sudo_rule, "(root) /bin/echo #x", "write \\#");
	bad(check_sudo_rule, "(root) /bin/echo \\", "backslash");
	bad(check_sudo_rule, "(ro ot) /bin/id", "character in");
}

/* The approval plugin must read them just as sudo does. */
TEST(rules_that_wait_are_plain)
{
	good(check_approval_rule, "(root) /usr/bin/systemctl stop app");
	good(check_approval_rule, "(root,www-data) /usr/bin/systemctl stop *");
	bad(check_approval_rule, "(root) id", "absolute path");
	bad(check_approval_rule, "(#0) /usr/bin/id", "by name");
	bad(check_approval_rule, "(%adm) /usr/bin/id", "by name");
	bad(check_approval_rule, "(root:adm) /usr/bin/id", "by name");
	bad(check_approval_rule, "(root) /usr/sbin/", "not a directory");
	bad(check_approval_rule, "(root) /opt/a\\ b stop", "no backslash");
	bad(check_approval_rule, "(root) /usr/bin/systemctl  stop", "two blanks");
	bad(check_approval_rule, "(root) /usr/bin/systemctl stop ", "two blanks");
}

TEST(networks_are_whole_and_exact)
{
	good(check_network, "10.0.0.0/8");
	good(check_network, "10.0.0.1");
	good(check_network, "10.0.0.1/32");
	good(check_network, "0.0.0.0/0");
	good(check_network, "::1");
	good(check_network, "2001:db8::/32");
	good(check_network, "2001:db8:8000::/33");
	bad(check_network, "10.0.0.1/8", "bits set");
	bad(check_network, "2001:db8:8000::/32", "bits set");
	bad(check_network, "10.0.0.0/33", "prefix length");
	bad(check_network, "10.0.0.0/", "prefix length");
	bad(check_network, "10.0.0.0/8x", "prefix length");
	bad(check_network, "::/129", "prefix length");
	bad(check_network, "10.0.0", "not an address");
	bad(check_network, "host.example.com", "not an address");
	bad(check_network, "", "not an address");
}

TEST(services_are_named_as_they_count)
{
	good(check_service, "sshd");
	good(check_service, "systemd-user");
	bad(check_service, "sudo-i", "counts as sudo");
	bad(check_service, "su-l", "counts as su");
	bad(check_service, "a/b", "PAM service");
	bad(check_service, "", "PAM service");
	good(check_without_credential, "su-l");
	good(check_without_credential, "cron");
	bad(check_without_credential, "sshd", "without a credential");
	bad(check_without_credential, "sudo", "without a credential");
}

TEST(the_other_values_have_their_forms)
{
	good(check_algorithm, "ES256");
	good(check_algorithm, "EdDSA");
	bad(check_algorithm, "HS256", "proves nothing");
	bad(check_algorithm, "none", "proves nothing");
	bad(check_algorithm, "es256", "not an algorithm");
	good(check_https_url, "https://idp.example.com/keys");
	bad(check_https_url, "http://idp.example.com/keys", "https");
	bad(check_https_url, "https:///keys", "https");
	good(check_claim, "azp");
	good(check_claim, "/kubernetes.io/serviceaccount/name");
	good(check_claim, "/a~1b/~0");
	bad(check_claim, "/a~2b", "JSON Pointer");
	bad(check_claim, "", "claim");
	good(check_memory, "2G");
	good(check_memory, "1048576");
	bad(check_memory, "2GB", "amount");
	bad(check_memory, "-1", "amount");
	bad(check_memory, "0", "amount");
	good(check_audience, "ssh://web01.example.com");
	bad(check_audience, "ssh://web 01", "blanks");
	bad(check_audience, "ssh://web]", "brackets");
	good(check_path, "/home/agents");
	bad(check_path, "home", "absolute");
	bad(check_path, "/home/../etc", "..");
	bad(check_path, "/home/a:b", "colon");
	good(check_kid, "2027-a");
	bad(check_kid, "a b", "kid");
}

TEST(control_characters_have_their_names)
{
	assert_null(find_control("Bäckerei ✓"));
	assert_string_equal(find_control("a\nb"), "a line break");
	assert_string_equal(find_control("a\x1b[0m"), "a control character");
	assert_string_equal(find_control("a\xc2\x9b"), "a control character");
	assert_string_equal(find_control("a\xe2\x80\xae"), "a control character");
	assert_string_equal(find_control("a\xff"), "bytes that are not UTF-8");
}
