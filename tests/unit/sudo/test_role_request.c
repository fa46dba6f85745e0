/* SPDX-License-Identifier: Apache-2.0 */
/* test_role_request.c: how an agent's request for a role is read, word by word. */
#include <config.h>

#include <string.h>

#include "sudo/role_request.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

#define LIST(...) \
	{ \
		(char *)(uintptr_t) "request", __VA_ARGS__, NULL, NULL \
	}
#define WORD(text) (char *)(uintptr_t)(text)

TEST(only_the_shipped_program_is_a_request)
{
	assert_true(aa_role_request_is(AA_LIBEXECDIR "/request"));
	assert_false(aa_role_request_is("/tmp/request"));
	assert_false(aa_role_request_is(AA_LIBEXECDIR "/request2"));
	assert_false(aa_role_request_is(""));
}

TEST(a_role_that_the_agent_lacks_is_asked_for_with_a_reason, site)
{
	static const struct {
		char *argv[7];
		const char *said; /* NULL: it is a request */
		bool lasts;
	} cases[] = {
	    {LIST(WORD("wait"), WORD("inside"), WORD("to look")), NULL, false},
	    {LIST(WORD("no-wait"), WORD("inside"), WORD("to look")), NULL, true},
	    {LIST(WORD("later"), WORD("inside"), WORD("to look")), "is asked for by", false},
	    {LIST(WORD("wait"), WORD("inside"), WORD("")), "is asked for by", false},
	    {LIST(WORD("no-wait"), WORD("inside"), WORD("")), "is asked for by", false},
	    {LIST(WORD("wait"), WORD("inside")), "is asked for by", false},
	    {LIST(WORD("wait"), WORD("inside"), WORD("to look"), WORD("more")), "is asked for by", false},
	    {LIST(WORD("wait"), WORD("In/side"), WORD("to look")), "is asked for by", false},
	    {LIST(WORD("wait"), WORD("unheard-of"), WORD("to look")), "no such role", false},
	    {LIST(WORD("wait"), WORD("deploy"), WORD("to look")), "has this role", false},
	    {{NULL}, "is asked for by", false},
	};
	struct support_site *site = *state;
	struct aa_policy *policy = support_policy(site);
	struct aa_agent *agent = support_agent(policy, "builder-7");

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct aa_role_request wanted = {0};
		const char *said = "unset";
		enum aa_reason reason = aa_role_request_read(cases[i].argv, policy, agent, &wanted, &said);

		assert_int_equal(reason, cases[i].said ? AA_ROLE_DENIED : AA_OK);
		if (cases[i].said) {
			assert_non_null(strstr(said, cases[i].said));
			continue;
		}
		assert_null(said);
		assert_string_equal(wanted.role, "inside");
		assert_string_equal(wanted.why, "to look");
		assert_int_equal(wanted.lasts, cases[i].lasts);
	}
	aa_agent_free(agent);
	aa_policy_close(policy);
}
