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

/* `why` NULL: the value is good; else a part of the words that it is refused with. */
struct value {
	check_fn *check;
	const char *text, *why;
};

static void check_values(const struct value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (values[i].why)
			bad(values[i].check, values[i].text, values[i].why);
		else
			good(values[i].check, values[i].text);
}

TEST(names_of_agents_and_why_not)
{
	static const struct value values[] = {
	    {check_agent_name, "builder-7", NULL},
	    {check_agent_name, "a", NULL},
	    {check_agent_name, "", "empty"},
	    {check_agent_name, "-x", "option"},
	    {check_agent_name, "7up", "uid"},
	    {check_agent_name, "1000", "uid"},
	    {check_agent_name, "Builder", "capital"},
	    {check_agent_name, "../a", "a-z"},
	    {check_agent_name, "a/b", "a-z"},
	    {check_agent_name, "a b", "a-z"},
	    {check_agent_name, "a_b", "a-z"},
	    {check_agent_name, "a\nb", "a-z"},
	    {check_agent_name, "bot\xc3\xa4", "a-z"},
	    {check_agent_name, "bot-", "ends in a hyphen"},
	    {check_agent_name, "a23456789012345678901234567890b", NULL},
	    {check_agent_name, "a23456789012345678901234567890bc", "31"},
	    {check_agent_name, "agent", NULL},
	    {check_agent_name, "agents", "group of all agents"},
	    {check_agent_name, "agent-x", "groups of roles"},
	    {check_role_name, "a2345678901234567890123456", NULL},
	    {check_role_name, "a23456789012345678901234567", "26"},
	};

	check_values(values, COUNT(values));
}

TEST(sudo_rules_are_one_command_as_a_named_user)
{
	static const struct value values[] = {
	    {check_sudo_rule, "(root) /usr/bin/systemctl restart app", NULL},
	    {check_sudo_rule, "(www-data:adm) /usr/bin/id", NULL},
	    {check_sudo_rule, "(root) /bin/echo a\\,b\\:c\\=d\\#e", NULL},
	    {check_sudo_rule, "/usr/bin/id", "user to run as"},
	    {check_sudo_rule, "() /usr/bin/id", "names no user"},
	    {check_sudo_rule, "(root) id", "absolute path"},
	    {check_sudo_rule, "(root) NOPASSWD: /usr/bin/id", "tag"},
	    {check_sudo_rule, "(root) SETENV: /usr/bin/id", "tag"},
	    {check_sudo_rule, "(ALL) ALL", "every command"},
	    {check_sudo_rule, "(root) !/usr/bin/id", "absolute path"},
	    {check_sudo_rule, "(root) /bin/echo a, /bin/sh", "comma"},
	    {check_sudo_rule, "(root) /bin/echo a : ALL = ALL", "write \\:"},
	    {check_sudo_rule, "(root) /bin/echo a=b", "write \\="},
	    {check_sudo_rule, "(root) /bin/echo #x", "write \\#"},
	    {check_sudo_rule, "(root) /bin/echo \\", "backslash"},
	    {check_sudo_rule, "(ro ot) /bin/id", "character in"},
	};

	check_values(values, COUNT(values));
}

/* The approval plugin must read them just as sudo does. */
TEST(rules_that_wait_are_plain)
{
	static const struct value values[] = {
	    {check_approval_rule, "(root) /usr/bin/systemctl stop app", NULL},
	    {check_approval_rule, "(root,www-data) /usr/bin/systemctl stop *", NULL},
	    {check_approval_rule, "(root) id", "absolute path"},
	    {check_approval_rule, "(#0) /usr/bin/id", "by name"},
	    {check_approval_rule, "(%adm) /usr/bin/id", "by name"},
	    {check_approval_rule, "(root:adm) /usr/bin/id", "by name"},
	    {check_approval_rule, "(root) /usr/sbin/", "not a directory"},
	    {check_approval_rule, "(root) /opt/a\\ b stop", "no backslash"},
	    {check_approval_rule, "(root) /usr/bin/systemctl  stop", "two blanks"},
	    {check_approval_rule, "(root) /usr/bin/systemctl stop ", "two blanks"},
	};

	check_values(values, COUNT(values));
}

TEST(networks_are_whole_and_exact)
{
	static const struct value values[] = {
	    {check_network, "10.0.0.0/8", NULL},
	    {check_network, "10.0.0.1", NULL},
	    {check_network, "10.0.0.1/32", NULL},
	    {check_network, "0.0.0.0/0", NULL},
	    {check_network, "::1", NULL},
	    {check_network, "2001:db8::/32", NULL},
	    {check_network, "2001:db8:8000::/33", NULL},
	    {check_network, "10.0.0.1/8", "bits set"},
	    {check_network, "2001:db8:8000::/32", "bits set"},
	    {check_network, "10.0.0.0/33", "prefix length"},
	    {check_network, "10.0.0.0/", "prefix length"},
	    {check_network, "10.0.0.0/8x", "prefix length"},
	    {check_network, "::/129", "prefix length"},
	    {check_network, "10.0.0", "not an address"},
	    {check_network, "host.example.com", "not an address"},
	    {check_network, "", "not an address"},
	};

	check_values(values, COUNT(values));
}

TEST(services_are_named_as_they_count)
{
	static const struct value values[] = {
	    {check_service, "sshd", NULL},
	    {check_service, "systemd-user", NULL},
	    {check_service, "sudo-i", "counts as sudo"},
	    {check_service, "su-l", "counts as su"},
	    {check_service, "a/b", "PAM service"},
	    {check_service, "", "PAM service"},
	    {check_without_credential, "su-l", NULL},
	    {check_without_credential, "cron", NULL},
	    {check_without_credential, "sshd", "without a credential"},
	    {check_without_credential, "sudo", "without a credential"},
	};

	check_values(values, COUNT(values));
}

TEST(the_other_values_have_their_forms)
{
	static const struct value values[] = {
	    {check_algorithm, "ES256", NULL},
	    {check_algorithm, "EdDSA", NULL},
	    {check_algorithm, "HS256", "proves nothing"},
	    {check_algorithm, "none", "proves nothing"},
	    {check_algorithm, "es256", "not an algorithm"},
	    {check_https_url, "https://idp.example.com/keys", NULL},
	    {check_https_url, "http://idp.example.com/keys", "https"},
	    {check_https_url, "https:///keys", "https"},
	    {check_claim, "azp", NULL},
	    {check_claim, "/kubernetes.io/serviceaccount/name", NULL},
	    {check_claim, "/a~1b/~0", NULL},
	    {check_claim, "/a~2b", "JSON Pointer"},
	    {check_claim, "", "claim"},
	    {check_memory, "2G", NULL},
	    {check_memory, "1048576", NULL},
	    {check_memory, "2GB", "amount"},
	    {check_memory, "-1", "amount"},
	    {check_memory, "0", "amount"},
	    {check_audience, "ssh://web01.example.com", NULL},
	    {check_audience, "ssh://web 01", "blanks"},
	    {check_audience, "ssh://web]", "brackets"},
	    {check_path, "/home/agents", NULL},
	    {check_path, "home", "absolute"},
	    {check_path, "/home/../etc", ".."},
	    {check_path, "/home/a:b", "colon"},
	    {check_kid, "2027-a", NULL},
	    {check_kid, "a b", "kid"},
	};

	check_values(values, COUNT(values));
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
