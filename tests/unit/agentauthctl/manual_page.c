/* SPDX-License-Identifier: Apache-2.0 */
/* manual_page.c compares man pages with what the code says, see manual_page.h. */
#include "config.h"

#include "tests/unit/agentauthctl/manual_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"

char *read_source(const char *name)
{
	char *path = xasprintf("%s/../%s", TEST_SRCDIR, name), line[1024];
	FILE *f = fopen(path, "r");
	struct buffer b = {0};

	if (!f)
		fail_msg("%s is not there", path);
	while (fgets(line, sizeof(line), f))
		buffer_puts(&b, line);
	fclose(f);
	free(path);
	return buffer_take(&b);
}

static void write_source(const char *name, const struct buffer *text)
{
	char *path = xasprintf("%s/../%s", TEST_SRCDIR, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text->data, 1, text->len, f), text->len);
	assert_int_equal(fclose(f), 0);
	free(path);
}

void is_page(const char *name, const char *page, const struct buffer *should)
{
	const char *renew = getenv("GOLDEN");

	if (renew && strcmp(renew, "renew") == 0)
		write_source(name, should);
	else if (strcmp(page, should->data) != 0)
		fail_msg("%s is not what the code says; GOLDEN=renew ./test_settings_manual writes it", name);
}
