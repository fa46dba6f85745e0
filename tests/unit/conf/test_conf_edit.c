/* SPDX-License-Identifier: Apache-2.0 */
/* test_conf_edit.c: an edit changes what it was asked to change and leaves every other byte alone. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/conf/conf_edit.h"

static struct conf_text text;

AFTER_ALL(clear)
{
	conf_text_free(&text);
}

static void given(const char *bytes)
{
	conf_text_set(&text, "t.conf", bytes, strlen(bytes));
}

static void becomes(const char *bytes)
{
	assert_int_equal(text.len, strlen(bytes));
	text.bytes[text.len] = '\0'; /* in the place of the line feed behind it */
	assert_string_equal(text.bytes, bytes);
	text.bytes[text.len] = '\n';
}

static void set(const char *before, const char *path, const char *value, const char *after)
{
	given(before);
	assert_int_equal(conf_edit_set(&text, path, value), 0);
	becomes(after);
}

static void unset(const char *before, const char *path, const char *after)
{
	given(before);
	assert_int_equal(conf_edit_unset(&text, path), 0);
	becomes(after);
}

static void add(const char *before, const char *path, const char *value, bool group, const char *after)
{
	given(before);
	assert_int_equal(conf_edit_add(&text, path, value, group), 0);
	becomes(after);
}

TEST(a_value_is_replaced_and_all_else_kept)
{
	set("# mine\nuid = 5;\towner = \"a\";  # alice\n\n/* x */ roles=[ \"r\" ]\n", "owner", "\"bob\"",
	    "# mine\nuid = 5;\towner = \"bob\";  # alice\n\n/* x */ roles=[ \"r\" ]\n");
	set("roles = { a = { gid = 1; }; # one\n b = { gid = 2; }; };", "roles.b.gid", "7",
	    "roles = { a = { gid = 1; }; # one\n b = { gid = 7; }; };");
}

TEST(a_new_setting_goes_on_a_line_of_its_own_after_the_last)
{
	set("uid = 5;  # its number\n# the end\n", "owner", "\"a\"",
	    "uid = 5;  # its number\nowner = \"a\";\n# the end\n");
	set("uid = 5", "owner", "\"a\"", "uid = 5;\nowner = \"a\";");
	set("roles = {\n\tdeploy = {\n\t\tgid = 5;\n\t};\n};\n", "roles.deploy.delegable", "true",
	    "roles = {\n\tdeploy = {\n\t\tgid = 5;\n\t\tdelegable = true;\n\t};\n};\n");
	set("limits = { a = 1 };", "limits.b", "2", "limits = { a = 1; b = 2; };");
}

TEST(what_is_missing_on_the_way_is_made)
{
	set("# nothing here\n", "roles.deploy.gid", "5",
	    "# nothing here\nroles = { deploy = { gid = 5; }; };\n");
	set("roles = {\n\t# none yet\n};\n", "roles.deploy", "{ gid = 5; }",
	    "roles = {\n\t# none yet\n\tdeploy = { gid = 5; };\n};\n");
	set("roles = {};", "roles.deploy", "{ }", "roles = { deploy = { }; };");
	given("roles = 5;");
	assert_int_equal(conf_edit_set(&text, "roles.deploy", "{ }"), -1);
	becomes("roles = 5;");
}

TEST(a_setting_goes_with_its_line_only_where_it_has_it_alone)
{
	unset("# c\nuid = 5;\n  expires = \"x\";\nowner = \"a\";\n", "expires",
	      "# c\nuid = 5;\nowner = \"a\";\n");
	unset("uid = 5; expires = \"x\"; owner = \"a\";\n", "expires", "uid = 5; owner = \"a\";\n");
	unset("uid = 5;\nexpires = \"x\"; # after the audit\n", "expires", "uid = 5;\n # after the audit\n");
	assert_int_equal(conf_edit_unset(&text, "expires"), 1);
}

TEST(an_element_is_added_in_the_array_s_own_layout)
{
	add("roles = [ \"a\", \"b\" ]; # c\n", "roles", "\"c\"", false,
	    "roles = [ \"a\", \"b\", \"c\" ]; # c\n");
	add("roles = [];", "roles", "\"c\"", false, "roles = [ \"c\" ];");
	add("uid = 5;\n", "roles", "\"c\"", false, "uid = 5;\nroles = [ \"c\" ];\n");
	add("sudo = [\n\t\"a\", # first\n\t\"b\"  # second\n];\n", "sudo", "\"c\"", false,
	    "sudo = [\n\t\"a\", # first\n\t\"b\",  # second\n\t\"c\"\n];\n");
	add("keys = (\n\t{ kid = \"1\"; }\n);\n", "keys", "{ kid = \"2\"; }", true,
	    "keys = (\n\t{ kid = \"1\"; },\n\t{ kid = \"2\"; }\n);\n");
}

TEST(an_element_is_taken_away_with_its_comma)
{
	static const char lines[] = "s = [\n\t\"a\", # first\n\t\"b\", # second\n\t\"c\"  # third\n];\n";

	unset("r = [ \"a\", \"b\", \"c\" ];", "r[1]", "r = [ \"a\", \"c\" ];");
	conf_edit_unset(&text, "r[1]");
	becomes("r = [ \"a\" ];");
	conf_edit_unset(&text, "r[0]");
	becomes("r = [  ];");
	unset(lines, "s[2]", "s = [\n\t\"a\", # first\n\t\"b\" # second\n  # third\n];\n");
	unset("k = (\n\t{ a = 1; },\n\t{ a = 2; }\n);\n", "k[1]", "k = (\n\t{ a = 1; }\n);\n");
	unset("k = (\n\t{ a = 1; },\n\t{ a = 2; }\n);\n", "k[0]", "k = (\n\t{ a = 2; }\n);\n");
}

TEST(an_element_is_found_by_its_value)
{
	given("r = [ \"a\", \"b\\\"c\", \"d\" ];");
	assert_int_equal(conf_edit_index(&text, "r", "d"), 2);
	assert_int_equal(conf_edit_index(&text, "r", "b\"c"), 1);
	assert_int_equal(conf_edit_index(&text, "r", "x"), -1);
	assert_int_equal(conf_edit_count(&text, "r"), 3);
	assert_int_equal(conf_edit_count(&text, "q"), -1);
}

TEST(a_quoted_string_reads_back_as_it_was)
{
	char *one = conf_quote("a\"b\\c\td"), *two = conf_quote("two\nlines");

	assert_string_equal(one, "\"a\\\"b\\\\c\\x09d\"");
	assert_string_equal(two, "\"two\nlines\"");
	free(one);
	free(two);
}

TEST(a_text_that_stands_alone_becomes_an_array)
{
	add("record = \"exec\"; # all\n", "record", "\"tty\"", false,
	    "record = [ \"exec\", \"tty\" ]; # all\n");
	given("record = \"exec\"; roles = [ \"tty\" ];");
	assert_int_equal(conf_edit_index(&text, "record", "exec"), 0);
	assert_int_equal(conf_edit_index(&text, "record", "tty"), -1);
	assert_int_equal(conf_edit_count(&text, "record"), 0);
	assert_int_equal(conf_edit_add(&text, "record", "{ }", true), -1);
	becomes("record = \"exec\"; roles = [ \"tty\" ];");
}

TEST(a_text_that_does_not_parse_is_left_alone)
{
	given("uid = ;");
	assert_int_equal(conf_edit_set(&text, "owner", "\"a\""), -1);
	assert_int_equal(conf_edit_add(&text, "owner", "\"a\"", false), -1);
	assert_int_equal(conf_edit_unset(&text, "uid"), -1);
	becomes("uid = ;");
}
