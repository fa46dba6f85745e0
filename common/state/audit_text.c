/* SPDX-License-Identifier: Apache-2.0 */
/* audit_text.c: writes a line of the audit log, see audit_text.h. */
#include "config.h"

#include "common/state/audit_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text/utc.h"

#define CHAIN_MAX 192 /* bytes of time, seq and prev */
#define MILLION 1000000

int64_t aa_audit_clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * MILLION + now.tv_nsec / 1000;
}

void aa_audit_time(int64_t time_us, char ret[AA_AUDIT_TIME_SIZE])
{
	char seconds[AA_UTC_SIZE];

	aa_utc_print(time_us / MILLION, seconds);
	(void)snprintf(ret, AA_AUDIT_TIME_SIZE, "%.19s.%06dZ", seconds, (int)(time_us % MILLION));
}

static bool is_of_chain(const char *key)
{
	return strcmp(key, "time") == 0 || strcmp(key, "seq") == 0 || strcmp(key, "prev") == 0 ||
	       strcmp(key, "host") == 0;
}

/* Gives the record with the host's name before its members. Does the work of json_object_update(), which does not report that
 * memory was out. */
static json_t *with_host(const char *host, const json_t *record)
{
	json_t *whole = json_pack("{s:s}", "host", host ? host : ""), *value;
	const char *key;

	json_object_foreach((json_t *)record, key, value)
	{
		if (!is_of_chain(key) && json_object_set(whole, key, value) < 0) {
			json_decref(whole);
			return NULL;
		}
	}
	return whole;
}

bool aa_audit_text_make(struct aa_audit_text *text, const char *host, const json_t *record)
{
	char *buf = malloc(AA_AUDIT_LINE_MAX + 2);
	json_t *whole = with_host(host, record);
	size_t len = 0, room = AA_AUDIT_LINE_MAX - CHAIN_MAX;

	/* json_dumps() will not do: where memory is out for a member's name it goes on without that name. */
	if (buf && whole)
		len = json_dumpb(whole, buf + CHAIN_MAX, room, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(whole);
	if (len == 0 || len >= room) {
		free(buf);
		return false;
	}
	memcpy(buf + CHAIN_MAX + len, "\n", 2);
	/* the chain's members take the place of the brace */
	*text = (struct aa_audit_text){.buf = buf, .rest = buf + CHAIN_MAX + 1, .len = len};
	return true;
}

void aa_audit_text_chain(struct aa_audit_text *text, int64_t time_us, uint64_t seq, const char *prev)
{
	char time[AA_AUDIT_TIME_SIZE], chain[CHAIN_MAX + 1];
	int n;

	aa_audit_time(time_us, time);
	n = snprintf(chain, sizeof(chain), "{\"time\":\"%s\",\"seq\":%" PRIu64 ",\"prev\":\"%s\",", time, seq,
		     prev);
	text->line = text->rest - n;
	memcpy(text->line, chain, (size_t)n);
	text->len = (size_t)n + strlen(text->rest);
}

void aa_audit_text_free(struct aa_audit_text *text)
{
	free(text->buf);
	memset(text, 0, sizeof(*text));
}
