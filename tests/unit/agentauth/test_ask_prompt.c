/* SPDX-License-Identifier: Apache-2.0 */
/* test_ask_prompt.c: which text is a host's prompt for an agent's credential. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauth/credential/ask_prompt.h"

#define WORDS "Agent credential for builder-7 at ssh://web01.example.com [agentauth/1 part 1 nonce AbC-_9]: "
static const char good[] = "(builder-7@web01.example.com) " WORDS;

static bool is_prompt(const char *text)
{
	struct ask_prompt prompt = {.part = 4711};
	bool is = ask_prompt_parse(text, &prompt);

	assert_int_equal(is, prompt.part != 4711);
	return is;
}

TEST(the_prompt_gives_its_fields)
{
	struct ask_prompt p;

	assert_true(ask_prompt_parse(good, &p));
	assert_string_equal(p.user, "builder-7");
	assert_string_equal(p.host, "web01.example.com");
	assert_string_equal(p.agent, "builder-7");
	assert_string_equal(p.audience, "ssh://web01.example.com");
	assert_string_equal(p.nonce, "AbC-_9");
	assert_int_equal(p.part, 1);
}

TEST(hosts_may_be_addresses)
{
	assert_true(is_prompt("(builder-7@192.0.2.1) " WORDS));
	assert_true(is_prompt("(builder-7@2001:db8::1) " WORDS));
	assert_true(is_prompt("(builder-7@fe80::1%eth0) " WORDS));
}

TEST(text_that_ssh_did_not_begin_is_no_prompt)
{
	assert_false(is_prompt(WORDS));
	assert_true(ask_prompt_lacks_host(WORDS));
	assert_false(ask_prompt_lacks_host(good));
	assert_false(is_prompt(""));
	assert_false(is_prompt("() " WORDS));
	assert_false(is_prompt("(builder-7) " WORDS));
	assert_false(is_prompt("(@web01.example.com) " WORDS));
	assert_false(is_prompt("(builder-7@) " WORDS));
	assert_false(is_prompt("(builder-7@web01.example.com)" WORDS));
	assert_false(is_prompt(" (builder-7@web01.example.com) " WORDS));
}

/* The server writes what follows the parenthesis, and may write another. */
TEST(a_second_parenthesis_is_not_believed)
{
	assert_false(is_prompt("(builder-7@evil.example) (builder-7@web01.example.com) " WORDS));
	assert_false(is_prompt("(builder-7@evil.example) \n(builder-7@web01.example.com) " WORDS));
	assert_false(is_prompt("(builder-7@evil.example (builder-7@web01.example.com) " WORDS));
}

TEST(each_other_question_of_ssh_is_no_prompt)
{
	static const char *const others[] = {
	    "builder-7@web01.example.com's password: ",
	    "(builder-7@web01.example.com) Password: ",
	    "Enter passphrase for key '/home/x/.ssh/id_ed25519': ",
	    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
	    "Confirm user presence for key ED25519-SK SHA256:x",
	    "[sudo] password for builder-7: ",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(is_prompt(others[i]));
}

static bool with_words(const char *agent, const char *audience, const char *version, const char *part,
		       const char *nonce, const char *end)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "(builder-7@web01) Agent credential for %s at %s [agentauth/%s part %s nonce %s%s",
		       agent, audience, version, part, nonce, end);
	return is_prompt(text);
}

TEST(each_field_keeps_to_its_alphabet_and_length)
{
	char name[40], nonce[80], audience[600];

	assert_true(with_words("a", "b", "1", "64", "c", "]: "));
	assert_false(with_words("a", "b", "2", "1", "c", "]: "));
	assert_false(with_words("a", "b", "1", "0", "c", "]: "));
	assert_false(with_words("a", "b", "1", "01", "c", "]: "));
	assert_false(with_words("a", "b", "1", "65", "c", "]: "));
	assert_false(with_words("a", "b", "1", "100", "c", "]: "));
	assert_false(with_words("a", "b", "1", "-1", "c", "]: "));
	assert_false(with_words("a", "b", "1", "", "c", "]: "));
	assert_false(with_words("A", "b", "1", "1", "c", "]: "));
	assert_false(with_words("", "b", "1", "1", "c", "]: "));
	assert_false(with_words("a b", "b", "1", "1", "c", "]: "));
	assert_false(with_words("a", "b c", "1", "1", "c", "]: "));
	assert_false(with_words("a", "b\033[2J", "1", "1", "c", "]: "));
	assert_false(with_words("a", "", "1", "1", "c", "]: "));
	assert_false(with_words("a", "b", "1", "1", "../x", "]: "));
	assert_false(with_words("a", "b", "1", "1", "", "]: "));
	assert_false(with_words("a", "b", "1", "1", "c", "]:"));
	assert_false(with_words("a", "b", "1", "1", "c", "]: x"));
	assert_false(with_words("a", "b", "1", "1", "c", "]: \n"));
	memset(name, 'a', sizeof(name));
	memset(nonce, 'n', sizeof(nonce));
	memset(audience, 'u', sizeof(audience));
	name[31] = nonce[64] = audience[512] = 0;
	assert_true(with_words(name, audience, "1", "1", nonce, "]: "));
	name[31] = 'a';
	name[32] = 0;
	assert_false(with_words(name, "b", "1", "1", "c", "]: "));
	nonce[64] = 'n';
	nonce[65] = 0;
	assert_false(with_words("a", "b", "1", "1", nonce, "]: "));
	audience[512] = 'u';
	audience[513] = 0;
	assert_false(with_words("a", audience, "1", "1", "c", "]: "));
}

TEST(every_cut_of_the_prompt_is_no_prompt)
{
	char text[sizeof(good)];

	for (size_t len = 0; len < sizeof(good) - 1; len++) {
		memcpy(text, good, len);
		text[len] = 0;
		assert_false(is_prompt(text));
	}
}
