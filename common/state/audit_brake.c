/* SPDX-License-Identifier: Apache-2.0 */
/* audit_brake.c: the table of refusals that were counted instead of written, see audit_brake.h. */
#include "config.h"

#include "common/state/audit_brake.h"

#include <string.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/state/audit_record.h"
#include "common/state/failures.h"
#include "common/verify/reason.h"

#define SETS 128
#define WAYS 8
#define TEXT_SIZE 488

static const char magic[8] = "aabrake1";

struct header {
	char magic[8];
	int64_t due; /* when the first window with a count is over; INT64_MAX: there is none */
};

struct cell {
	uint64_t key; /* 0: free */
	int64_t since;
	uint32_t written, count;
	char text[TEXT_SIZE]; /* what the refusals have in common, as JSON */
};

struct set {
	off_t at;
	struct cell cells[WAYS];
};

/* ---- the file ------------------------------------------------------------------------------ */

/* Begins the table anew where the file holds something else. */
static bool read_header(int fd, struct header *ret)
{
	ssize_t n = pread(fd, ret, sizeof(*ret), 0);

	if (n == (ssize_t)sizeof(*ret) && memcmp(ret->magic, magic, sizeof(magic)) == 0)
		return true;
	if (n < 0 || ftruncate(fd, 0) < 0)
		return false;
	memcpy(ret->magic, magic, sizeof(magic));
	ret->due = INT64_MAX;
	return pwrite(fd, ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret);
}

static bool read_set(int fd, uint64_t n, struct set *ret)
{
	memset(ret, 0, sizeof(*ret)); /* past the end all are free */
	ret->at = (off_t)(sizeof(struct header) + n * sizeof(ret->cells));
	return pread(fd, ret->cells, sizeof(ret->cells), ret->at) >= 0;
}

static bool write_cell(int fd, const struct set *set, size_t i)
{
	const struct cell *cell = &set->cells[i];

	return pwrite(fd, cell, sizeof(*cell), set->at + (off_t)(i * sizeof(*cell))) ==
	       (ssize_t)sizeof(*cell);
}

/* A clock that was stepped back ends every window that lies ahead of it by more than a window. By less it lies ahead of whoever read
 * the clock a moment before another began it. */
static bool is_current(const struct cell *cell, int64_t now)
{
	return cell->key != 0 && cell->since > now - AA_BRAKE_WINDOW && cell->since < now + AA_BRAKE_WINDOW;
}

/* ---- what is identical ---------------------------------------------------------------------- */

bool aa_audit_brake_is_for(const json_t *record)
{
	const char *result = json_string_value(json_object_get(record, "result"));

	return result && strcmp(result, "ok") != 0 && !json_object_get(record, "by") &&
	       !json_object_get(record, "request");
}

/* Describes what identical refusals have in common. False: that has no room, or there is no memory. */
static bool describe(const json_t *record, char ret[TEXT_SIZE])
{
	static const char *const members[] = {"event",	"service", "agent", "uid",   "rhost",
					      "result", "reason",  "kind",  "claim", "step"};
	const char *rhost = json_string_value(json_object_get(record, "rhost"));
	json_t *summary = json_object();
	char network[128];
	size_t len = 0;
	bool whole = summary != NULL;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && whole; i++) {
		json_t *value = json_object_get(record, members[i]);

		whole = !value || json_object_set(summary, members[i], value) == 0;
	}
	if (rhost && whole) {
		aa_failures_source(rhost, network, sizeof(network));
		whole = json_object_set_new(summary, "rhost", json_string(network)) == 0;
	}
	if (whole)
		len = json_dumpb(summary, ret, TEXT_SIZE - 1, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(summary);
	if (len == 0 || len >= TEXT_SIZE)
		return false;
	memset(ret + len, 0, TEXT_SIZE - len);
	return true;
}

static bool key_of(const char text[TEXT_SIZE], uint64_t *ret)
{
	char hex[65];

	if (aa_sha256_hex(hex, text, strlen(text)) < 0)
		return false;
	*ret = aa_sha256_first(hex) | 1;
	return true;
}

/* ---- counting --------------------------------------------------------------------------------- */

/* Chooses the cell of these refusals, else a cell without a count. WAYS: there is none, since a count is never thrown
 * away. */
static size_t choose(const struct set *set, uint64_t key, const char text[TEXT_SIZE], int64_t now)
{
	for (size_t i = 0; i < WAYS; i++)
		if (set->cells[i].key == key && memcmp(set->cells[i].text, text, TEXT_SIZE) == 0)
			return i;
	for (size_t i = 0; i < WAYS; i++)
		if (set->cells[i].count == 0 && !is_current(&set->cells[i], now))
			return i;
	return WAYS;
}

static bool note_due(int fd, struct header *header, int64_t due)
{
	if (header->due <= due)
		return true;
	header->due = due;
	return pwrite(fd, header, sizeof(*header), 0) == (ssize_t)sizeof(*header);
}

static bool is_rate_limited(const json_t *record)
{
	const char *reason = json_string_value(json_object_get(record, "reason"));

	return reason && strcmp(reason, aa_reason_name(AA_RATE_LIMITED)) == 0;
}

bool aa_audit_brake_counts(int fd, const json_t *record, unsigned most, int64_t now)
{
	char text[TEXT_SIZE];
	struct header header;
	struct set set;
	struct cell *cell;
	uint64_t key;
	size_t i;
	bool counted;

	if (!aa_audit_brake_is_for(record) || !describe(record, text) || !key_of(text, &key) ||
	    !read_header(fd, &header) || !read_set(fd, (key >> 1) % SETS, &set) ||
	    (i = choose(&set, key, text, now)) == WAYS)
		return false;
	cell = &set.cells[i];
	if (cell->key != key || (cell->count == 0 && !is_current(cell, now))) {
		*cell = (struct cell){.key = key, .since = now};
		memcpy(cell->text, text, TEXT_SIZE);
	}
	counted = cell->count > 0 || cell->written >= (is_rate_limited(record) ? 1 : most);
	if (cell->count == UINT32_MAX || (counted && !note_due(fd, &header, cell->since + AA_BRAKE_WINDOW)))
		return false;
	*(counted ? &cell->count : &cell->written) += 1;
	return write_cell(fd, &set, i) && counted;
}

/* ---- settling ----------------------------------------------------------------------------------- */

static json_t *record_of(struct cell *cell)
{
	json_t *record;

	cell->text[TEXT_SIZE - 1] = '\0';
	record = json_loads(cell->text, JSON_REJECT_DUPLICATES, NULL);
	aa_audit_put(record, "count", json_integer(cell->count));
	if (json_object_get(record, "event"))
		return record;
	json_decref(record);
	return NULL;
}

/* Writes a count whose window is over and then frees the cell: where this process ends between the two, the count is
 * written twice and not lost. A damaged cell is dropped. False: it stays. */
static bool settle_cell(int fd, struct set *set, size_t i, aa_brake_write_fn *write, void *data)
{
	json_t *record = record_of(&set->cells[i]);

	if (record && !write(data, record))
		return false;
	memset(&set->cells[i], 0, sizeof(set->cells[i]));
	return write_cell(fd, set, i);
}

/* Settles one set, and gives the end of the first window that remains. */
static int64_t settle_set(int fd, struct set *set, int64_t now, aa_brake_write_fn *write, void *data)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < WAYS; i++) {
		const struct cell *cell = &set->cells[i];

		if (cell->count == 0)
			continue;
		if (!is_current(cell, now) && settle_cell(fd, set, i, write, data))
			continue;
		if (due > cell->since + AA_BRAKE_WINDOW)
			due = cell->since + AA_BRAKE_WINDOW;
	}
	return due;
}

void aa_audit_brake_settle(int fd, int64_t now, aa_brake_write_fn *write, void *data)
{
	struct header header;
	struct set set;
	int64_t due = INT64_MAX, one;

	if (!read_header(fd, &header) || header.due == INT64_MAX ||
	    (header.due > now && header.due - now <= AA_BRAKE_WINDOW))
		return;
	for (uint64_t n = 0; n < SETS; n++) {
		if (!read_set(fd, n, &set))
			return;
		one = settle_set(fd, &set, now, write, data);
		due = one < due ? one : due;
	}
	header.due = due;
	(void)!pwrite(fd, &header, sizeof(header), 0);
}
