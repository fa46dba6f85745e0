/* SPDX-License-Identifier: Apache-2.0 */
/* support_log.c: see support_log.h. */
#include <config.h>

#include "tests/unit/support/support_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

struct aa_audit_walk support_walk(const char *path, const char *expect_prev)
{
	struct aa_audit_walk walk = {0};
	char *text, *at, *end;
	size_t len;

	text = support_read_file(path, &len);
	if (expect_prev)
		(void)snprintf(walk.last.hash, sizeof(walk.last.hash), "%s", expect_prev);
	for (at = text; at < text + len; at = end + 1) {
		end = memchr(at, '\n', (size_t)(text + len - at));
		if (!end)
			end = text + len;
		assert_int_equal(aa_audit_walk_line(&walk, at, (size_t)(end - at)), 0);
	}
	aa_audit_walk_end(&walk, 0, NULL);
	free(text);
	return walk;
}
