/* SPDX-License-Identifier: Apache-2.0 */
/* audit_chain.c: which line the next one of the audit log follows, see audit_chain.h. */
#include "config.h"

#include "common/state/audit_chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"

#define HEAD_SIZE 107			   /* seq 20, hash 64, size 20, two spaces and a line feed */
#define TAIL_BYTES (2 * AA_AUDIT_LINE_MAX) /* of the log, where the head does not tell */

static bool parse_head(const char *text, struct aa_audit_link *ret, uint64_t *ret_size)
{
	struct aa_audit_link link;

	if (sscanf(text, "%20" SCNu64 " %64[0-9a-f] %20" SCNu64, &link.seq, link.hash, ret_size) != 3 ||
	    strlen(link.hash) != 64)
		return false;
	*ret = link;
	return true;
}

/* Gives the seq of a line of the chain; 0: the line is torn, or stands outside of the chain. */
static uint64_t seq_of_line(const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL),
	       *seq = json_object_get(json, "seq");
	uint64_t n = 0;

	if (json_is_integer(seq) && json_integer_value(seq) > 0 &&
	    !json_is_true(json_object_get(json, "unchained")))
		n = (uint64_t)json_integer_value(seq);
	json_decref(json);
	return n;
}

/* Finds the beginning of the line that ends before `end`. */
static size_t line_start(const char *buf, size_t end)
{
	while (end > 0 && buf[end - 1] != '\n')
		end--;
	return end;
}

/* Gives the hash of the last line of buf[0..end), and the seq of the last line that has one; `otherwise` where none
 * has. */
static bool link_of_lines(const char *buf, size_t end, uint64_t otherwise, struct aa_audit_link *ret)
{
	size_t start = line_start(buf, end);
	uint64_t seq;

	if (aa_sha256_hex(ret->hash, buf + start, end - start) < 0)
		return false;
	while ((seq = seq_of_line(buf + start, end - start)) == 0 && start > 0) {
		end = start - 1;
		start = line_start(buf, end);
	}
	ret->seq = seq ? seq : otherwise;
	return true;
}

/* Reads the log's end, and closes a torn line with a line feed, so that the line stays what it is and nothing is
 * lost. */
static bool link_of_log(int fd, uint64_t *size, uint64_t otherwise, struct aa_audit_link *ret)
{
	size_t want = *size < TAIL_BYTES ? (size_t)*size : TAIL_BYTES, end = want;
	char *buf = malloc(want + 1);
	bool ok = false;

	if (!buf || pread(fd, buf, want, (off_t)(*size - want)) != (ssize_t)want)
		goto out;
	if (buf[end - 1] == '\n')
		end--;
	else if (write(fd, "\n", 1) == 1)
		(*size)++;
	else
		goto out;
	ok = link_of_lines(buf, end, otherwise, ret);
out:
	free(buf);
	return ok;
}

bool aa_audit_last_link(int head_fd, int log_fd, uint64_t *size, struct aa_audit_link *ret)
{
	struct aa_audit_link head = {0, "0000000000000000000000000000000000000000000000000000000000000000"};
	char text[HEAD_SIZE + 1];
	uint64_t head_size = 0;
	ssize_t n = pread(head_fd, text, HEAD_SIZE, 0);
	bool have;

	if (n < 0)
		return false;
	text[n] = '\0';
	have = n > 0 && parse_head(text, &head, &head_size);
	if (*size == 0 || (have && head_size == *size)) {
		*ret = head;
		return true;
	}
	return link_of_log(log_fd, size, head.seq, ret);
}

int aa_audit_read_head(int dirfd, uid_t owner, struct aa_audit_link *ret)
{
	char *text = NULL;
	uint64_t log_size;
	size_t len;
	int r = aa_trusted_read(dirfd, "audit.head", owner, HEAD_SIZE, &text, &len);

	if (r == 0 && !parse_head(text, ret, &log_size))
		r = -EBADMSG;
	free(text);
	return r;
}

bool aa_audit_write_head(int head_fd, const struct aa_audit_link *link, uint64_t size)
{
	char text[HEAD_SIZE + 1];

	(void)snprintf(text, sizeof(text), "%020" PRIu64 " %s %020" PRIu64 "\n", link->seq, link->hash, size);
	return pwrite(head_fd, text, HEAD_SIZE, 0) == HEAD_SIZE;
}
