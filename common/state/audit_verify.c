/* SPDX-License-Identifier: Apache-2.0 */
/* audit_verify.c: proving that an audit log is whole: every line follows the one before. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/jose/sha256.h"
#include "common/state/audit.h"
#include "common/state/audit_verify.h"

/* Says why this line does not follow, or NULL. `expect` is the hash of the line before, "" where nothing is known of
 * it. */
static const char *check_line(const char *line, size_t len, const char *expect, struct aa_audit_check *check)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL),
	       *seq = json_object_get(json, "seq");
	const char *prev = json_string_value(json_object_get(json, "prev")), *why = NULL;
	uint64_t n = json_is_integer(seq) ? (uint64_t)json_integer_value(seq) : 0;

	if (!json_is_object(json)) {
		check->torn++;
	} else if (json_is_true(json_object_get(json, "unchained"))) {
		check->unchained++;
	} else if (!prev || !n) {
		why = "the line has no seq or no prev";
	} else if (*expect && strcmp(prev, expect) != 0) {
		why = "prev is not the hash of the line before: a line was changed, removed or put in";
	} else if (check->last_seq && n != check->last_seq + 1) {
		why = "seq does not follow the line before";
	} else {
		check->last_seq = n;
		if (!check->first_seq)
			check->first_seq = n;
	}
	json_decref(json);
	return why;
}

int aa_audit_verify(const char *path, const char *expect_prev, struct aa_audit_check *ret)
{
	struct aa_audit_check check = {0};
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	uint64_t torn = 0; /* before the last line */
	ssize_t n;
	int err = 0;

	if (!f)
		return -errno;
	if (expect_prev)
		(void)snprintf(check.last_hash, sizeof(check.last_hash), "%s", expect_prev);
	while (!check.bad_line && (n = getline(&line, &cap, f)) > 0) {
		size_t len = (size_t)n - (line[n - 1] == '\n');

		torn = check.torn;
		check.lines++;
		check.why = check_line(line, len, check.last_hash, &check);
		if (check.why)
			check.bad_line = check.lines;
		if (aa_sha256_hex(check.last_hash, line, len) < 0)
			err = -EIO;
	}
	if (ferror(f))
		err = -EIO;
	/* A torn line is part of the chain once a line follows it. At the end nothing says that it was written like
	 * this. */
	if (!check.bad_line && check.torn != torn) {
		check.bad_line = check.lines;
		check.why = "the last line is not a JSON object: it was cut short or overwritten";
	}
	free(line);
	(void)fclose(f);
	if (err == 0)
		*ret = check;
	return err;
}
