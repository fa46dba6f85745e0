/* SPDX-License-Identifier: Apache-2.0 */
/* page.c: the page as a whole: its head, the numbers that matter, what was found, and what tables have in common. */
#include "config.h"

#include "tools/agentauthctl/report/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/jose/base64url.h"
#include "tools/agentauthctl/report/findings.h"
#include "tools/agentauthctl/report/page_parts.h"
#include "tools/agentauthctl/report/words.h"

/* ---- what the parts share ------------------------------------------------------ */

void page_table(struct buffer *p, const char *caption, const char *const *columns)
{
	html(p, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
	html_text(p, caption);
	html(p, "\"><table><caption>");
	html_text(p, caption);
	html(p, "</caption><thead><tr>");
	for (; *columns; columns++) {
		bool number = **columns == '#', share = **columns == '|';

		html(p, "<th scope=\"col\"");
		html(p, number ? " class=\"n\">" : share ? " class=\"share\">" : ">");
		html_text(p, *columns + (number || share));
		html(p, "</th>");
	}
	html(p, "</tr></thead><tbody>\n");
}

void page_table_end(struct buffer *p)
{
	html(p, "</tbody></table></div>\n");
}

void page_more(struct buffer *p, uint64_t more, const char *what)
{
	if (!more)
		return;
	html(p, "<p class=\"more\">and ");
	html_number(p, more);
	html(p, " more ");
	html_text(p, what);
	html(p, "</p>\n");
}

void page_fold(struct buffer *p, const char *summary)
{
	html(p, "<details><summary>");
	html_text(p, summary);
	html(p, "</summary>\n");
}

void page_fold_end(struct buffer *p)
{
	html(p, "</details>\n");
}

void page_section(struct buffer *p, const char *id, const char *heading, const char *lead)
{
	html(p, "<section aria-labelledby=\"");
	html_text(p, id);
	html(p, "\"><h2 id=\"");
	html_text(p, id);
	html(p, "\">");
	html_text(p, heading);
	html(p, "</h2>\n");
	if (*lead) {
		html(p, "<p class=\"lead\">");
		html_text(p, lead);
		html(p, "</p>\n");
	}
}

void page_section_end(struct buffer *p)
{
	html(p, "</section>\n");
}

/* ---- the head ------------------------------------------------------------------- */

/* The page's policy admits this style alone, told by its hash: whatever got into the page by a fault of ours can
 * neither run nor be drawn as it wants. */
static void put_policy(struct buffer *p)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char *hash = NULL;

	if (EVP_Digest(page_css, strlen(page_css), digest, &len, EVP_sha256(), NULL) == 1)
		hash = aa_base64_encode(digest, len);
	html(p,
	     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
	html_text(p, hash ? hash : "");
	html(p, "'; base-uri 'none'; form-action 'none'\">\n");
	free(hash);
}

static void put_head(const struct report *r, struct buffer *p)
{
	html(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	put_policy(p);
	html(p, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>What agents did on ");
	html_text(p, r->facts->host);
	html(p, "</title>\n<style>");
	buffer_puts(p, page_css);
	html(p, "</style>\n</head>\n<body>\n");
}

static void put_range(struct buffer *p, const char *from, uint64_t first, const char *to, uint64_t last)
{
	html_text(p, from);
	html_number(p, first);
	html_text(p, to);
	html_number(p, last);
}

static void put_chain(const struct report *r, struct buffer *p)
{
	bool whole = !r->faults && !r->seal_differs;

	html(p, whole ? "<div class=\"chain\"><dt>Chain</dt><dd><svg class=\"icon\" viewBox=\"0 0 16 16\" "
			"aria-hidden=\"true\"><path class=\"good\" d=\"M3 8.5l3.2 3.2L13 4.5\"/></svg>"
		      : "<div class=\"chain\"><dt>Chain</dt><dd class=\"bad\"><svg class=\"icon\" "
			"viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path class=\"bad\" d=\"M4 4l8 8M12 "
			"4l-8 8\"/></svg>");
	if (!r->read)
		html(p, "nothing to read");
	else if (whole)
		put_range(p, "whole, records ", r->first_seq, " to ", r->last_seq);
	else
		html(p, "not whole, see the findings");
	html(p, "</dd></div><div><dt>Sealed</dt><dd>");
	if (!r->facts->sealed) {
		html(p, "not yet");
	} else {
		html(p, "to record ");
		html_number(p, r->facts->sealed_seq);
		html(p, ", ");
		html_text(p, r->facts->sealed_time);
	}
	html(p, "</dd></div>\n");
}

static void put_header(const struct report *r, struct buffer *p)
{
	char from[WORDS_TIME], to[WORDS_TIME];

	words_dates(r->since, r->until, from, to);
	html(p, "<header>\n<p class=\"over\">What agents did on</p>\n<h1>");
	html_name(p, r->facts->host);
	html(p, "</h1>\n<p class=\"when\">");
	html_text(p, from);
	html(p, " to ");
	html_text(p, to);
	html(p, "</p>\n<dl class=\"facts\"><div><dt>Span</dt><dd>");
	html_span(p, r->until - r->since);
	html(p, ", ");
	html_time(p, r->since);
	html(p, " to ");
	html_time(p, r->until);
	html(p, ", in UTC</dd></div><div><dt>Records</dt><dd>");
	html_number(p, r->records);
	html(p, " in the span, ");
	html_number(p, r->read);
	html(p, r->read == 1 ? " line read</dd></div>" : " lines read</dd></div>");
	put_chain(r, p);
	html(p, "</dl>\n</header>\n");
}

/* ---- the numbers that matter ------------------------------------------------------ */

static void put_figure(struct buffer *p, uint64_t number, const char *what)
{
	html(p, "<div><dt>");
	html_text(p, what);
	html(p, "</dt><dd>");
	html_number(p, number);
	html(p, "</dd></div>\n");
}

static void put_figures(const struct report *r, struct buffer *p)
{
	html(p, "<main>\n<section aria-labelledby=\"figures\"><h2 id=\"figures\" class=\"unseen\">In "
		"numbers</h2>\n<dl class=\"figures\">\n");
	put_figure(p, r->n_active, r->n_active == 1 ? "agent at work" : "agents at work");
	put_figure(p, r->n[N_SESSIONS], r->n[N_SESSIONS] == 1 ? "session begun" : "sessions begun");
	put_figure(p, r->n[N_RAN], r->n[N_RAN] == 1 ? "command by sudo" : "commands by sudo");
	if (r->n[N_ASKED])
		put_figure(p, r->n[N_ASKED], "asked of sudo, end unknown");
	put_figure(p, r->n[N_REFUSED], r->n[N_REFUSED] == 1 ? "refusal" : "refusals");
	put_figure(p, r->approvals.asked, "requests for approval");
	put_figure(p, r->facts->n_live, "sessions live now");
	html(p, "</dl></section>\n");
}

/* ---- what was found ----------------------------------------------------------------- */

static void put_icon(struct buffer *p, int weight)
{
	static const char *const shapes[] = {
	    "<path class=\"bad\" d=\"M8 1.8L15 14H1z M8 6v3.6 M8 11.6v.6\"/>",
	    "<circle class=\"look\" cx=\"7\" cy=\"7\" r=\"4.6\"/><path class=\"look\" d=\"M10.4 10.4l4 4\"/>",
	    "<path class=\"tidy\" d=\"M2.5 8h11\"/>"};

	html(p, "<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">");
	buffer_puts(p, shapes[weight]);
	html(p, "</svg>");
}

/* Puts a command so that it is broken between its words alone: a person copies it. */
static void put_command(struct buffer *p, const char *command)
{
	html(p, "<p class=\"command\"><code>");
	while (*command) {
		size_t len = strcspn(command, " ");
		char *word = xstrndup(command, len);

		html(p, "<span>");
		html_name(p, word);
		html(p, command[len] ? "</span> " : "</span>");
		free(word);
		command += len + (command[len] != '\0');
	}
	html(p, "</code></p>");
}

static void put_finding(const struct report_finding *f, struct buffer *p)
{
	html(p, "<li class=\"w%d\">", (int)f->weight);
	put_icon(p, (int)f->weight);
	html(p, "<div><p class=\"weight\">");
	html_text(p, finding_weight(f));
	html(p, "</p><h3>");
	html_name(p, f->title);
	html(p, "</h3><p>");
	html_name(p, f->detail);
	html(p, "</p>");
	put_command(p, f->command);
	html(p, "</div></li>\n");
}

static void put_findings(const struct report *r, struct buffer *p)
{
	page_section(p, "findings", "Findings", "");
	if (!r->n_findings)
		html(p, "<p class=\"empty\">Nothing stands out in this span.</p>\n");
	else
		html(p, "<ul class=\"findings\">\n");
	for (size_t i = 0; i < r->n_findings && i < PAGE_ROWS; i++)
		put_finding(&r->findings[i], p);
	if (r->n_findings)
		html(p, "</ul>\n");
	page_more(p, r->n_findings > PAGE_ROWS ? r->n_findings - PAGE_ROWS : 0, "findings");
	page_section_end(p);
}

static void put_footer(const struct report *r, struct buffer *p)
{
	html(p, "</main>\n<footer><p>Made by <code>agentauthctl audit report</code> at ");
	html_time(p, r->now);
	html(p, " UTC");
	if (r->first && r->first < r->since) {
		html(p, ". What is new is told by what the log has since ");
		html_time(p, r->first);
	} else {
		html(p,
		     ". The log does not reach back before the span, so that nothing is said of what is new "
		     "in it");
	}
	html(p, ".</p></footer>\n</body>\n</html>\n");
}

void page_write(const struct report *r, struct buffer *p)
{
	put_head(r, p);
	put_header(r, p);
	put_figures(r, p);
	put_findings(r, p);
	page_timeline(r, p);
	page_logins(r, p);
	page_users(r, p);
	page_roles(r, p);
	page_reasons(r, p);
	page_approvals(r, p);
	page_unused(r, p);
	page_live(r, p);
	put_footer(r, p);
}
