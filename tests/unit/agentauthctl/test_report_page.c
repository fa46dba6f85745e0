/* SPDX-License-Identifier: Apache-2.0 */
/* test_report_page.c: text that anybody may have written stays text in the page. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/agentauthctl/report_steps.h"
#include "tools/agentauthctl/report/html.h"
#include "tools/agentauthctl/report/page.h"

FIXTURE(week, week_begins, week_ends);

static void assert_text(const char *given, const char *written)
{
	struct buffer b = {0};

	html_text(&b, given);
	assert_string_equal(b.data ? b.data : "", written);
	buffer_free(&b);
}

TEST(markup_quotes_and_hidden_characters_are_written_as_text)
{
	assert_text("builder-7", "builder-7");
	assert_text("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
	assert_text("\" onload='x'", "&quot; onload=&#39;x&#39;");
	assert_text("a & b &lt; ]]>", "a &amp; b &amp;lt; ]]&gt;");
	assert_text("\xe2\x80\xaegnp.exe", "\\xe2\\x80\\xaegnp.exe");
	assert_text("\n\r\t\x1b[31m\x7f", "\\x0a\\x0d\\x09\\x1b[31m\\x7f");
	assert_text("\xff\xc0<", "\\xff\\xc0&lt;");
	assert_text("\xc3\xa9 \xf0\x9f\x98\x80", "\xc3\xa9 \xf0\x9f\x98\x80");
}

TEST(a_text_of_a_megabyte_is_cut)
{
	struct buffer b = {0};
	char *text = xmalloc(1024 * 1024 + 1);

	memset(text, '<', 1024 * 1024);
	text[1024 * 1024] = '\0';
	html_text(&b, text);
	assert_int_equal(b.len, HTML_TEXT_MAX * strlen("&lt;") + strlen("…"));
	buffer_free(&b);
	free(text);
}

TEST(a_share_is_a_percentage_however_large_its_parts_are)
{
	static const struct {
		int64_t part, whole;
		const char *text;
	} shares[] = {{0, 7, "0.000%"},	  {1, 2, "50.000%"},	       {1, 3, "33.333%"},
		      {7, 7, "100.000%"}, {604799, 604800, "99.999%"}, {1, 0, "0.000%"}};

	for (size_t i = 0; i < COUNT(shares); i++) {
		struct buffer b = {0};

		html_share(&b, shares[i].part, shares[i].whole);
		assert_string_equal(b.data, shares[i].text);
		buffer_free(&b);
	}
}

static char *page(void)
{
	struct buffer b = {0};

	week_is_over();
	page_write(&reported.report, &b);
	return buffer_take(&b);
}

TEST(a_page_of_nothing_says_so, week)
{
	char *text = page();

	assert_non_null(strstr(text, "Nothing stands out in this span."));
	assert_non_null(strstr(text, "No agent had a session, and none was refused."));
	assert_non_null(strstr(text, "Nobody logged in, and nobody was refused."));
	assert_non_null(strstr(text, "No agent acted on behalf of a person."));
	assert_non_null(strstr(text, "Nothing was refused."));
	assert_non_null(strstr(text, "No command waited for a person."));
	assert_non_null(strstr(text, "Every agent and every key is in use."));
	assert_non_null(strstr(text, "No agent has a session."));
	assert_null(strstr(text, "<script"));
	free(text);
}

/* What a page has in each place where a record's value may stand is text: no tag but those of a page of harmless values. */
TEST(values_of_a_log_add_no_tag_and_no_attribute, week)
{
#define EVIL "\\u003cscript\\u003e\\\" onload=\\\"x' ]]\\u003e"
	static const char *const members[] = {
	    OPENED ",\"agent\":\"" EVIL "\",\"session\":\"" EVIL "\",\"rhost\":\"" EVIL
		   "\",\"on_behalf_of\":\"" EVIL "\"",
	    OPENED ",\"roles\":[\"" EVIL "\"],\"agent\":\"" EVIL "\"",
	    "\"event\":\"auth\",\"result\":\"denied\",\"count\":99,\"agent\":\"" EVIL "\",\"reason\":\"" EVIL
	    "\"",
	    "\"event\":\"sudo\",\"result\":\"ok\",\"runas\":\"root\",\"agent\":\"" EVIL
	    "\",\"command\":\"" EVIL "\",\"role\":\"" EVIL "\"",
	    "\"event\":\"approval\",\"result\":\"ok\",\"step\":\"requested\",\"request\":\"" EVIL "\"",
	    "\"event\":\"approval\",\"result\":\"ok\",\"step\":\"approved\",\"request\":\"" EVIL
	    "\",\"by\":\"" EVIL "\""};
	char *text;

	for (size_t i = 0; i < COUNT(members); i++)
		seen(WEEK + (int64_t)i, members[i]);
	text = page();
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "\" onload=\""));
	assert_null(strstr(text, "]]>"));
	assert_non_null(strstr(text, "&lt;script&gt;&quot; onload=&quot;x&#39; ]]&gt;"));
	free(text);
}

TEST(each_session_is_a_bar_where_its_time_is, week)
{
	char *text, *bar;

	seen_session(WEEK + 7 * DAY / 4, WEEK + 7 * DAY / 2, "aaaaaaaa", "");
	text = page();
	bar = strstr(text, "<rect class=\"s\" x=\"25.000%\" width=\"25.000%\"");
	assert_non_null(bar);
	assert_null(strstr(bar + 1, "<rect class=\"s\" x=\"25"));
	free(text);
}
