/* SPDX-License-Identifier: Apache-2.0 */
/* test_conf_tree.c: the reader that runs before libconfig: what it refuses, and where it says it is. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <libconfig.h>

#include "tests/unit/support/test.h"
#include "tools/cli/problems_print.h"
#include "tools/conf/conf_tree.h"

struct reading {
	struct conf_text text;
	struct conf_tree tree;
	struct problems problems;
	int result;
};

static struct reading *read_bytes(const char *bytes, size_t len)
{
	static struct reading r;

	conf_text_free(&r.text);
	conf_tree_free(&r.tree);
	problems_free(&r.problems);
	conf_text_set(&r.text, "t.conf", bytes, len);
	r.result = conf_tree_read(&r.tree, &r.text, &r.problems);
	return &r;
}

static struct reading *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void accepts(const char *text)
{
	struct reading *r = read_text(text);

	if (r->result < 0)
		problems_print(&r->problems);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->problems.errors, 0);
}

/* Refused, with the first problem at this place and with these words in it. */
static void refuses(const char *text, unsigned line, unsigned column, const char *words)
{
	struct reading *r = read_text(text);

	assert_int_not_equal(r->result, 0);
	assert_true(r->problems.n > 0);
	if (!strstr(r->problems.v[0].what, words) || r->problems.v[0].line != line ||
	    r->problems.v[0].column != column)
		problems_print(&r->problems);
	assert_non_null(strstr(r->problems.v[0].what, words));
	assert_int_equal(r->problems.v[0].line, line);
	assert_int_equal(r->problems.v[0].column, column);
}

TEST(a_text_of_every_construct_is_read)
{
	accepts("# c\n// c\n/* c\n c */ a = 1; b : \"x\" \"y\"\n \"z\", c = [ 1, 2 ]; d = ( 1, \"x\", { e = "
		"true; } )\nf = { g = { }; };");
	accepts("");
	accepts("# only a comment");
	accepts("a = 1 # at the end, without a line feed");
	accepts("a = \"line\nline\";");
	accepts("a = []; b = (); c = {};");
	accepts("a=TRUE;b=False;c=1.5;d=-1e3;e=+7;trueish=1;");
}

TEST(an_include_is_refused_wherever_it_stands)
{
	accepts("a = \"@include \\\"x\\\"\";  # @include \"x\"");
	refuses("@include \"/etc/shadow\"\n", 1, 1, "@include");
	refuses("a = 1;\n  @include \"x\"\n", 2, 3, "@include");
	refuses("a = { \n@include \"x\"\n};", 2, 1, "@include");
	refuses("a = ( @include \"x\" );", 1, 7, "expected a value");
}

TEST(numbers_that_libconfig_would_read_wrong_are_refused)
{
	accepts("a = 2147483647; b = -2147483648; c = 4294967296L; d = 0;");
	refuses("a = 2147483648;", 1, 5, "out of range");
	refuses("a = -2147483649;", 1, 5, "out of range");
	refuses("a = 4294967296;", 1, 5, "out of range");
	refuses("a = 99999999999999999999L;", 1, 5, "out of range");
	refuses("a = 010;", 1, 5, "octal");
	refuses("a = 0x10;", 1, 5, "decimal");
	refuses("a = 12abc;", 1, 5, "not a number");
	refuses("a = 1-2;", 1, 5, "not a number");
	refuses("a = inf;", 1, 5, "double quotes");
}

TEST(all_numbers_out_of_range_are_reported_not_the_first_alone)
{
	struct reading *r = read_text("a = 4294967296;\nb = 1;\nc = [ 4294967297 ];");

	assert_int_equal(r->result, 1); /* the text as a whole can be looked at */
	assert_int_equal(r->problems.n, 2);
	assert_int_equal(r->problems.v[1].line, 3);
	assert_int_equal(r->problems.v[1].column, 7);
}

TEST(strings_hold_known_escapes_and_utf8_alone)
{
	accepts("a = \"\\n\\r\\t\\f\\\\\\\"\\x41 ä\";");
	refuses("a = \"\\q\";", 1, 6, "unknown escape");
	refuses("a = \"\\x00\";", 1, 6, "\\x00 is refused");
	refuses("a = \"\\xff\";", 1, 6, "\\xff is refused");
	refuses("a = \"\\x4\";", 1, 6, "unknown escape");
	refuses("a = \"\xc3(\";", 1, 6, "not UTF-8");
	refuses("a = \"\xed\xa0\x80\";", 1, 6, "not UTF-8");
}

TEST(broken_syntax_names_its_place)
{
	refuses("a = \"open\nb = 1;\n", 1, 5, "no end");
	refuses("a = 1;\n/* open", 2, 1, "no end");
	refuses("a = { b = 1;\n", 1, 5, "no end");
	refuses("a 1;", 1, 3, "expected =");
	refuses("a = ;", 1, 5, "expected a value");
	refuses("a = yes;", 1, 5, "double quotes");
	refuses("= 1;", 1, 1, "name of a setting");
	refuses("a = 1; }", 1, 8, "name of a setting");
	refuses("a = [ 1, ];", 1, 10, "comma before");
	refuses("a = [ 1 2 ];", 1, 9, "expected a comma");
	refuses("a = [ 1, \"x\" ];", 1, 10, "one type");
	refuses("a = [ { } ];", 1, 7, "list stands in");
	refuses("true = 1;", 1, 1, "name of a setting");
}

TEST(a_setting_that_stands_twice_is_refused)
{
	accepts("a = { x = 1; }; b = { x = 1; };");
	refuses("a = 1;\nb = 2;\na = 3;", 3, 1, "set twice; the first time is in line 1");
	refuses("g = { x = 1;\n x = 1; };", 2, 2, "set twice");
}

TEST(nesting_has_a_limit)
{
	accepts("a = (((((((1)))))));");
	refuses("a = (((((((((1)))))))));", 1, 13, "nested deeper");
}

TEST(a_path_finds_what_it_names)
{
	struct reading *r =
	    read_text("a = 1; g = { h = { list = ( { x = 1; }, { x = 2; } ); }; }; arr = [ \"p\", \"q\" ];");
	int64_t n;

	n = conf_tree_find(&r->tree, &r->text, "g.h.list[1].x");
	assert_true(n > 0);
	assert_memory_equal(r->text.bytes + r->tree.v[n].start, "x = 2;", 6);
	n = conf_tree_find(&r->tree, &r->text, "arr[1]");
	assert_memory_equal(r->text.bytes + r->tree.v[n].value, "\"q\"", 3);
	assert_int_equal(conf_tree_find(&r->tree, &r->text, ""), 0);
	assert_int_equal(conf_tree_find(&r->tree, &r->text, "g.nothing"), -1);
	assert_int_equal(conf_tree_find(&r->tree, &r->text, "arr[2]"), -1);
}

/* libconfig is the judge: what this reader accepts, libconfig reads, for each way of cutting and bending a
 * text. */
TEST(what_is_accepted_libconfig_reads_too)
{
	static const char whole[] = "# c\na = 1; b = \"x\" \"y\", c = [ 1, 2 ]\nd = ( \"x\", { e = true; } ) "
				    "// c\nf : { g = 1.5; };/**/h=-5L;";
	static const char swaps[] = "\"[](){};,=:#/*@-+.eLx0 \n\\";
	char text[sizeof(whole)];
	unsigned accepted = 0;

	for (size_t at = 0; at < sizeof(whole) - 1; at++)
		for (const char *c = swaps; *c; c++) {
			config_t config;
			struct reading *r;

			memcpy(text, whole, sizeof(text));
			text[at] = *c;
			r = read_text(text);
			if (r->result != 0)
				continue;
			accepted++;
			config_init(&config);
			if (config_read_string(&config, r->text.bytes) != CONFIG_TRUE)
				fail_msg("accepted, but libconfig says %s: %s", config_error_text(&config),
					 text);
			config_destroy(&config);
		}
	assert_true(accepted > 100);
}
