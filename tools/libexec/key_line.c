/* SPDX-License-Identifier: Apache-2.0 */
/* key_line.c: makes the line of authorized_keys that admits a key, see key_line.h. */
#include <config.h>

#include "tools/libexec/key_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/registry/accounts.h"
#include "common/registry/local.h"
#include "common/text/number.h"

#define TYPE_MAX 64
#define EXPIRES_MAX INT64_C(253402300799) /* the last second of 9999: sshd reads four digits of a year */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool aa_key_line_type_is_valid(const char *type)
{
	size_t i;

	for (i = 0; type[i] != '\0'; i++) {
		if (!is_alnum(type[i]) && strchr("-@._", type[i]) == NULL)
			return false;
	}
	return i > 0 && i <= TYPE_MAX;
}

bool aa_key_line_blob_is_valid(const char *blob)
{
	size_t len = strspn(blob, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	size_t padding = strspn(blob + len, "=");

	return len > 0 && padding <= 2 && (len + padding) % 4 == 0 && blob[len + padding] == '\0';
}

/* A line of the "s" record is taken apart; the strings are its own. */
struct key {
	char *type, *blob;
	int64_t not_after; /* 0: never */
};

static bool parse_line(char *line, struct key *ret)
{
	char *blob = strchr(line, ' '), *expires = blob != NULL ? strchr(blob + 1, ' ') : NULL;
	int64_t not_after;

	if (expires == NULL)
		return false;
	*blob++ = '\0';
	*expires++ = '\0';
	if (!aa_key_line_type_is_valid(line) || !aa_key_line_blob_is_valid(blob) ||
	    (expires[0] == '0' && expires[1]) || !aa_number_parse(expires, 0, EXPIRES_MAX, &not_after))
		return false;
	*ret = (struct key){line, blob, not_after};
	return true;
}

static int format(const struct key *key, char **ret_line)
{
	size_t size = strlen(key->type) + strlen(key->blob) + 64;
	time_t t = (time_t)key->not_after;
	char option[48] = "";
	char *line;
	struct tm tm;

	if (key->not_after != 0 &&
	    (gmtime_r(&t, &tm) == NULL ||
	     strftime(option, sizeof(option), "expiry-time=\"%Y%m%d%H%M%SZ\" ", &tm) == 0))
		return -EBADMSG;
	line = malloc(size);
	if (line == NULL)
		return -ENOMEM;
	snprintf(line, size, "%s%s %s\n", option, key->type, key->blob);
	*ret_line = line;
	return 0;
}

/* Reads every line, even after the key was found: a damaged record admits nobody. */
static int search(char *text, const char *type, const char *blob, int64_t now, char **ret_line)
{
	struct key key, found = {0};
	char *end;

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		if (end == NULL)
			return -EBADMSG;
		*end = '\0';
		if (!parse_line(text, &key))
			return -EBADMSG;
		if (strcmp(key.type, type) == 0 && strcmp(key.blob, blob) == 0)
			found = key;
	}
	if (found.type == NULL || (found.not_after != 0 && found.not_after <= now))
		return -ENOENT;
	return format(&found, ret_line);
}

static int find(const struct aa_accounts *a, const char *passwd, const char *user, const char *type,
		const char *blob, int64_t now, uint32_t *ret_uid, char **ret_line)
{
	struct aa_account account;
	char *text;
	int r;

	r = aa_account_by_name(a, user, &account);
	/* A key of a retired, suspended or expired agent is refused by the account phase, and not by this program,
	 * which anybody may ask before logging in. */
	if (r < 0)
		return r;
	r = aa_local_has(passwd, user, account.uid);
	if (r != 0)
		return r < 0 ? r : -ENOENT;
	r = aa_account_ssh_keys(a, user, &text);
	if (r < 0)
		return r;
	r = search(text, type, blob, now, ret_line);
	if (r == 0)
		*ret_uid = account.uid;
	free(text);
	return r;
}

int aa_key_line(const char *statedir, uid_t owner, const char *passwd, const char *user, const char *type,
		const char *blob, int64_t now, uint32_t *ret_uid, char **ret_line)
{
	struct aa_accounts a;
	int r;

	if (!aa_agent_name_is_valid(user))
		return -ENOENT;
	r = aa_accounts_open(statedir, owner, &a);
	if (r < 0)
		return r;
	r = find(&a, passwd, user, type, blob, now, ret_uid, ret_line);
	aa_accounts_close(&a);
	return r;
}
