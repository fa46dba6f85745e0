/* SPDX-License-Identifier: Apache-2.0 */
/* test_reasons_manual.c: agentauth-audit(5) has every reason, with the sentence of reason.c and the cures of cure.c. */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/verify/reason.h"
#include "tests/unit/agentauthctl/manual_page.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/commands/cure.h"

#define PAGE "man/agentauth-audit.5"
#define BEGINS ".\\\" Reasons, as common/verify/reason.c and commands/cure.c have them.\n"
#define ENDS ".\\\" End of reasons.\n"
#define COLUMNS 80

/* Adds words to the paragraph, on lines as long as a man page's. No line begins as a request of roff does. */
static void put_words(struct buffer *b, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column && column + 1 + len > COLUMNS) {
			buffer_puts(b, "\n");
			column = 0;
		} else if (column) {
			buffer_puts(b, " ");
			column++;
		}
		if (!column && (*text == '.' || *text == '\''))
			buffer_puts(b, "\\&");
		buffer_add(b, text, len);
		column += len;
		text += len + strspn(text + len, " ");
	}
	buffer_puts(b, "\n");
}

/* Returns all that helps, of an agent's own credential, a role, an issuer's token and so on. */
static char *all_cures(enum aa_reason reason)
{
	const struct cure_facts facts[] = {{.claim = "CLAIM", .service = "sshd"},
					   {.role = "ROLE", .service = "sshd"},
					   {.claim = "CLAIM", .issuer = "ISSUER"},
					   {.user = "USER"},
					   {.local_user = "USER"}};
	struct buffer b = {0};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char *text = cure_text(reason, &facts[i]);

		if (text && !(b.data && strstr(b.data, text)))
			buffer_printf(&b, "%s%s", b.len ? "; or " : "", text);
		free(text);
	}
	return b.len ? buffer_take(&b) : NULL;
}

static void put_reason(struct buffer *b, enum aa_reason reason)
{
	char *sentence = xasprintf("%s.", aa_reason_sentence(reason)), *cures = all_cures(reason), *helps;

	sentence[0] = (char)toupper((unsigned char)sentence[0]);
	buffer_printf(b, ".It Li %s\n", aa_reason_name(reason));
	put_words(b, sentence);
	free(sentence);
	if (!cures && reason != AA_OK)
		fail_msg("cure.c says nothing of what helps against %s", aa_reason_name(reason));
	if (cures) {
		helps = xasprintf("What helps: %s.", cures);
		put_words(b, helps);
		free(helps);
	}
	free(cures);
}

TEST(the_manual_says_of_every_reason_what_it_means_and_what_helps)
{
	char *page = read_source(PAGE), *begins = strstr(page, BEGINS), *ends = strstr(page, ENDS);
	struct buffer b = {0};

	assert_non_null(begins);
	assert_non_null(ends);
	buffer_add(&b, page, (size_t)(begins + strlen(BEGINS) - page));
	for (int reason = 0; reason < AA_REASON_COUNT; reason++)
		put_reason(&b, (enum aa_reason)reason);
	buffer_puts(&b, ends);
	is_page(PAGE, page, &b);
	buffer_free(&b);
	free(page);
}
