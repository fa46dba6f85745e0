/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy_members.c: which members the records have, as modules that are installed know them. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/verify/policy.h"
#include "common/verify/record_read.h"
#include "tests/unit/support/test.h"

/* "role.limits.tasks_max": a line each, with how it stands there. */
static void put_members(FILE *f, const char *path, const struct aa_record_member *members)
{
	static const char *const types[] = {"text", "number", "id",   "flag", "word",
					    "list", "key",    "part", "",     "items"};
	static const char *const rules[] = {"nowhere", "always", "added", "if set", "in accounts"};
	char deeper[128];

	for (; members->name; members++) {
		snprintf(deeper, sizeof(deeper), "%s.%s", path, members->name);
		if (members->type == AA_MEMBER_SPREAD)
			put_members(f, path, members->members);
		else if (members->rule != AA_RECORD_NOWHERE)
			fprintf(f, "%s: %s, %s\n", deeper, types[members->type], rules[members->rule]);
		if (members->type == AA_MEMBER_PART || members->type == AA_MEMBER_ITEMS)
			put_members(f, deeper, members->members);
	}
}

static char *members_text(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	fprintf(f, "format %d\n", AA_POLICY_FORMAT);
	put_members(f, "host", aa_host_members);
	put_members(f, "issuer", aa_issuer_members);
	put_members(f, "role", aa_role_members);
	put_members(f, "agent", aa_agent_members);
	assert_int_equal(fclose(f), 0);
	return text;
}

static char *read_members_file(const char *path)
{
	char *text = NULL;
	size_t cap = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("%s is not there", path);
	assert_true(getdelim(&text, &cap, '\0', f) > 0);
	fclose(f);
	return text;
}

static void write_members_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A member that comes or goes without the format would be damage to the modules that are installed. GOLDEN=renew ./test_policy
 * writes the list anew, where the format is another. */
TEST(members_come_and_go_with_the_format)
{
	static const char path[] = TEST_SRCDIR "/unit/verify/policy_members";
	const char *renew = getenv("GOLDEN");
	char *known = read_members_file(path), *members = members_text();
	bool same_format = strncmp(known, members, strcspn(members, "\n") + 1) == 0;

	if (strcmp(known, members) != 0 && same_format)
		fail_msg("a record has other members, and AA_POLICY_FORMAT is %d as before",
			 AA_POLICY_FORMAT);
	if (renew && strcmp(renew, "renew") == 0)
		write_members_file(path, members);
	else
		assert_string_equal(known, members);
	free(known);
	free(members);
}
