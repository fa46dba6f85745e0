/* SPDX-License-Identifier: Apache-2.0 */
/* audit_verify.c: walks over an audit log and tells what was done to it. */
#include "config.h"

#include "common/state/audit_verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/jose/sha256.h"

#define HEX_LEN 64

/* ---- one line ------------------------------------------------------------ */

enum line_kind { LINE_CHAINED, LINE_UNCHAINED, LINE_TORN, LINE_NAMELESS }; /* nameless: without seq or prev */

struct scanned {
	enum line_kind kind;
	uint64_t seq;
	char prev[HEX_LEN + 1];
	const char *text;
	size_t len;
};

static bool take_text(const char **at, const char *end, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* Says whether the text is one object and nothing behind it: a line that was cut short is none, wherever the cut is. */
static bool is_whole(const char *at, const char *end)
{
	size_t depth = 0;
	bool quoted = false;

	for (; at < end; at++) {
		if (quoted && *at == '\\')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (*at == '{' || *at == '['))
			depth++;
		else if (!quoted && (*at == '}' || *at == ']') && (depth == 0 || --depth == 0))
			return at + 1 == end;
	}
	return false;
}

/* Reads the members that each writer writes first and in this order. Ten million lines are read like this in the time in
 * which a JSON library reads one. */
static bool scan_written(const char *line, size_t len, struct scanned *ret)
{
	const char *at = line, *end = line + len, *quote;
	uint64_t seq = 0;

	if (!take_text(&at, end, "{\"time\":\"") || !(quote = memchr(at, '"', (size_t)(end - at))))
		return false;
	at = quote;
	if (!take_text(&at, end, "\",\"seq\":"))
		return false;
	for (int digits = 0; at < end && *at >= '0' && *at <= '9' && digits < 18; digits++)
		seq = seq * 10 + (uint64_t)(*at++ - '0');
	if (seq == 0 || !take_text(&at, end, ",\"prev\":\"") || end - at <= HEX_LEN || at[HEX_LEN] != '"')
		return false;
	memcpy(ret->prev, at, HEX_LEN);
	ret->prev[HEX_LEN] = '\0';
	if (strspn(ret->prev, "0123456789abcdef") != HEX_LEN || !is_whole(line, end))
		return false;
	ret->seq = seq;
	return true;
}

/* Reads a line as any JSON object. */
static enum line_kind scan_any(const char *line, size_t len, struct scanned *ret)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL),
	       *seq = json_object_get(json, "seq");
	const char *prev = json_string_value(json_object_get(json, "prev"));
	enum line_kind kind = LINE_CHAINED;

	if (!json_is_object(json))
		kind = LINE_TORN;
	else if (json_is_true(json_object_get(json, "unchained")))
		kind = LINE_UNCHAINED;
	else if (json_is_integer(seq) && json_integer_value(seq) > 0)
		ret->seq = (uint64_t)json_integer_value(seq);
	if (kind == LINE_CHAINED && prev && strlen(prev) == HEX_LEN)
		memcpy(ret->prev, prev, HEX_LEN + 1);
	if (kind == LINE_CHAINED && (!ret->seq || !*ret->prev))
		kind = LINE_NAMELESS;
	json_decref(json);
	return kind;
}

static void scan(const char *line, size_t len, struct scanned *ret)
{
	*ret = (struct scanned){.text = line, .len = len};
	ret->kind = scan_written(line, len, ret) ? LINE_CHAINED : scan_any(line, len, ret);
}

/* ---- faults -------------------------------------------------------------- */

static struct aa_audit_fault *last_fault(struct aa_audit_walk *walk)
{
	return walk->n_faults ? &walk->faults[walk->n_faults - 1] : NULL;
}

void aa_audit_walk_fault(struct aa_audit_walk *walk, enum aa_audit_fault_kind kind, uint64_t line,
			 uint64_t seq, uint64_t count)
{
	struct aa_audit_fault *last = last_fault(walk);

	if (last && kind == AA_AUDIT_PUT_IN && last->kind == kind && last->line + last->count == line)
		last->count++;
	else if (walk->n_faults == AA_AUDIT_FAULTS_MAX)
		walk->more_faults++;
	else
		walk->faults[walk->n_faults++] = (struct aa_audit_fault){kind, line, seq, count};
}

/* Takes back the last fault, of which nothing was sure. */
static void take_back(struct aa_audit_walk *walk)
{
	if (walk->more_faults)
		walk->more_faults--;
	else if (walk->n_faults)
		walk->n_faults--;
	walk->unsure = false;
}

static void drop_fault(struct aa_audit_walk *walk, size_t i)
{
	memmove(&walk->faults[i], &walk->faults[i + 1], (walk->n_faults - i - 1) * sizeof(walk->faults[0]));
	walk->n_faults--;
}

/* Takes a line for moved that is missing at one place and too much at another. */
static void pair_moved(struct aa_audit_walk *walk)
{
	for (size_t i = 0; i < walk->n_faults; i++) {
		struct aa_audit_fault *in = &walk->faults[i];

		for (size_t j = 0; j < walk->n_faults && in->kind == AA_AUDIT_PUT_IN; j++) {
			const struct aa_audit_fault *out = &walk->faults[j];

			if (out->kind != AA_AUDIT_REMOVED || out->seq != in->seq || out->count != in->count)
				continue;
			in->kind = AA_AUDIT_MOVED;
			drop_fault(walk, j);
			i -= j < i;
		}
	}
}

/* ---- the chain ----------------------------------------------------------- */

static bool follows(const struct scanned *line, const struct aa_audit_line *before)
{
	return *before->hash && strcmp(line->prev, before->hash) == 0;
}

static void advance(struct aa_audit_walk *walk, const struct aa_audit_line *line)
{
	walk->before = walk->last;
	walk->last = *line;
}

/* A line whose number jumped ahead was put in, where the next line follows the one before it; else lines are missing. */
static void settle_jump(struct aa_audit_walk *walk, const struct scanned *line)
{
	struct aa_audit_line from = walk->jumped_from;

	if (!from.seq)
		return;
	if (line && line->seq == from.seq + 1 && follows(line, &from)) {
		aa_audit_walk_fault(walk, AA_AUDIT_PUT_IN, walk->last.line, walk->last.seq, 1);
		walk->last = from;
		walk->before.hash[0] = '\0';
	} else {
		aa_audit_walk_fault(walk, AA_AUDIT_REMOVED, walk->last.line, from.seq + 1,
				    walk->last.seq - from.seq - 1);
	}
	walk->jumped_from.seq = 0;
}

/* Of two lines with one number the one that the next line follows is the true one. */
static void settle_twins(struct aa_audit_walk *walk, const struct scanned *line)
{
	if (walk->twin.seq && line && follows(line, &walk->twin)) {
		struct aa_audit_line false_one = walk->last;

		take_back(walk);
		aa_audit_walk_fault(walk, AA_AUDIT_PUT_IN, false_one.line, false_one.seq, 1);
		walk->last = walk->twin;
	}
	walk->twin.seq = 0;
}

/* Hashes the line with the prev that it should have: if that is the hash which the next line holds, it was this prev that was
 * changed, and not the line before. */
static void hash_with_prev(struct aa_audit_walk *walk, const struct scanned *line, const char *prev)
{
	char *copy = strndup(line->text, line->len), *at = copy ? strstr(copy, line->prev) : NULL;

	walk->with_prev[0] = '\0';
	if (at && strlen(line->prev) == HEX_LEN) {
		memcpy(at, prev, HEX_LEN);
		(void)aa_sha256_hex(walk->with_prev, copy, line->len);
	}
	free(copy);
}

/* Takes a line that does not follow the one before, though its number does. */
static void take_unlike(struct aa_audit_walk *walk, const struct scanned *line, bool unsure)
{
	if (follows(line, &walk->before)) { /* and the line between is nobody's */
		if (unsure)
			take_back(walk);
		aa_audit_walk_fault(walk, AA_AUDIT_PUT_IN, walk->last.line, walk->last.seq, 1);
		return;
	}
	if (unsure && *walk->with_prev && strcmp(line->prev, walk->with_prev) == 0)
		take_back(walk);
	aa_audit_walk_fault(walk, AA_AUDIT_CHANGED, walk->last.line ? walk->last.line : 1, walk->last.seq, 1);
	walk->unsure = true;
	hash_with_prev(walk, line, walk->last.hash);
}

/* Takes a line with the number that is next. */
static void take_next(struct aa_audit_walk *walk, const struct scanned *line, const struct aa_audit_line *at)
{
	bool unsure = walk->unsure;

	walk->unsure = false;
	if (*walk->last.hash && !follows(line, &walk->last))
		take_unlike(walk, line, unsure);
	advance(walk, at);
}

/* Takes a line with the number of the line before. */
static void take_twin(struct aa_audit_walk *walk, const struct scanned *line, const struct aa_audit_line *at)
{
	if (!follows(line, &walk->before)) {
		aa_audit_walk_fault(walk, AA_AUDIT_PUT_IN, at->line, at->seq, 1);
		return;
	}
	if (walk->unsure)
		take_back(walk);
	else
		walk->twin = walk->last;
	aa_audit_walk_fault(walk, AA_AUDIT_PUT_IN, walk->last.line, walk->last.seq, 1);
	walk->unsure = walk->twin.seq != 0;
	walk->last = *at;
}

static void take_chained(struct aa_audit_walk *walk, const struct scanned *line,
			 const struct aa_audit_line *at)
{
	settle_jump(walk, line);
	settle_twins(walk, line);
	if (!walk->first_seq)
		walk->first_seq = line->seq;
	if (walk->after_torn && walk->last.seq && line->seq == walk->last.seq + 2 &&
	    !follows(line, &walk->last)) {
		/* The line before looks torn, and has the place of one that this line follows. */
		aa_audit_walk_fault(walk, AA_AUDIT_CHANGED, walk->last.line, walk->last.seq + 1, 1);
		advance(walk, at);
	} else if (!walk->last.seq || line->seq == walk->last.seq + 1) {
		take_next(walk, line, at);
	} else if (line->seq == 1 && strspn(line->prev, "0") == HEX_LEN) {
		aa_audit_walk_fault(walk, AA_AUDIT_RESTARTED, at->line, walk->last.seq, 1);
		advance(walk, at);
	} else if (line->seq == walk->last.seq) {
		take_twin(walk, line, at);
	} else if (line->seq > walk->last.seq) {
		walk->jumped_from = walk->last;
		advance(walk, at);
	} else {
		aa_audit_walk_fault(walk, AA_AUDIT_PUT_IN, at->line, at->seq, 1);
	}
}

/* The next line holds the hash of any line. */
static void take_other(struct aa_audit_walk *walk, const struct aa_audit_line *at)
{
	uint64_t seq = walk->last.seq;

	advance(walk, at);
	walk->last.seq = seq;
}

int aa_audit_walk_line(struct aa_audit_walk *walk, const char *line, size_t len)
{
	struct aa_audit_line at = {.line = walk->lines + 1};
	struct scanned scanned;

	if (aa_sha256_hex(at.hash, line, len) < 0)
		return -EIO;
	scan(line, len, &scanned);
	walk->lines++;
	walk->after_torn = walk->ends_torn || walk->ends_nameless;
	walk->ends_nameless = scanned.kind == LINE_NAMELESS;
	walk->ends_torn = scanned.kind == LINE_TORN;
	walk->torn += scanned.kind == LINE_TORN;
	walk->unchained += scanned.kind == LINE_UNCHAINED;
	if (scanned.kind == LINE_UNCHAINED && !walk->ends_unchained)
		walk->in_head = walk->last;
	walk->ends_unchained = scanned.kind == LINE_UNCHAINED;
	at.seq = scanned.seq;
	if (scanned.kind != LINE_CHAINED)
		take_other(walk, &at);
	else
		take_chained(walk, &scanned, &at);
	return 0;
}

/* A torn line is part of the chain once a line follows it. At the end nothing says that it was written like this. */
void aa_audit_walk_end(struct aa_audit_walk *walk, uint64_t head_seq, const char *head_hash)
{
	const struct aa_audit_line *last = walk->ends_unchained ? &walk->in_head : &walk->last;
	uint64_t line = last->line, seq = last->seq;

	settle_jump(walk, NULL);
	settle_twins(walk, NULL);
	pair_moved(walk);
	if (walk->ends_nameless)
		aa_audit_walk_fault(walk,
				    head_hash && head_seq == seq + 1 ? AA_AUDIT_CHANGED : AA_AUDIT_PUT_IN,
				    walk->lines, seq + 1, 1);
	else if (walk->ends_torn)
		aa_audit_walk_fault(walk, AA_AUDIT_TORN, walk->lines, seq + 1, 1);
	else if (head_hash && head_seq > seq)
		aa_audit_walk_fault(walk, AA_AUDIT_CUT_OFF, line, seq + 1, head_seq - seq);
	else if (head_hash && head_seq == seq && strcmp(head_hash, last->hash) != 0)
		aa_audit_walk_fault(walk, AA_AUDIT_CHANGED, line, seq, 1);
}
