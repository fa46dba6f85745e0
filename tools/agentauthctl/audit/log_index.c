/* SPDX-License-Identifier: Apache-2.0 */
/* log_index.c: reads the index of the audit log. */
#include "config.h"

#include "tools/agentauthctl/audit/log_index.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/file/trusted.h"

#define GUARD 4096

/* ---- hashes: against accidents alone; root, who could forge one, can write the log ----------- */

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93U;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93U;
	return x ^ (x >> 32);
}

static uint64_t hash_bytes(uint64_t h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)bytes[i]) * 0x100000001b3U;
	return h;
}

uint64_t index_term(const char *member, size_t member_len, const char *value, size_t len)
{
	uint64_t h = hash_bytes(0xcbf29ce484222325U, member, member_len);

	h = hash_bytes(h * 0x100000001b3U, value, len);
	return mix(h) >> INDEX_TERM_SIZE << INDEX_TERM_SIZE;
}

uint64_t index_sum(const void *data, size_t len)
{
	const char *at = data;
	uint64_t h = len, word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15U;
		h ^= h >> 29;
	}
	return mix(hash_bytes(h, at, len));
}

uint64_t index_guard(const struct log_file *file, uint64_t end)
{
	char text[GUARD];
	size_t len = end < GUARD ? (size_t)end : GUARD;

	if (file->unpacked_by || pread(file->fd, text, len, (off_t)(end - len)) != (ssize_t)len)
		return 0;
	return index_sum(text, len);
}

/* ---- segments ------------------------------------------------------------ */

/* A file that has grown is the same one as far as the segment goes; one that has not must not have been touched. */
static bool is_about(const struct index_head *head, const struct log_file *file, uint64_t begin)
{
	if (head->inode != file->inode || head->begin != begin || head->end <= head->begin)
		return false;
	if (head->file_size == file->size && head->file_mtime != file->mtime)
		return false;
	if (file->unpacked_by)
		return head->file_size == file->size;
	return head->end <= file->size && head->guard == index_guard(file, head->end);
}

static bool is_sound(const struct index_head *head, size_t size)
{
	if (size < sizeof(*head) || memcmp(head->magic, INDEX_MAGIC, sizeof(head->magic)) != 0 ||
	    head->head_sum != index_sum(&head->sum, sizeof(*head) - offsetof(struct index_head, sum)))
		return false;
	return head->n_blocks > 0 && head->n_blocks <= INDEX_BLOCKS_MAX &&
	       size == sizeof(*head) + head->n_blocks * sizeof(struct index_block) +
			   head->n_terms * sizeof(uint64_t);
}

bool index_segment_open(const struct log_files *files, const struct log_file *file, unsigned number,
			uint64_t begin, struct index_segment *ret)
{
	char name[48];
	void *map;
	int fd;

	(void)snprintf(name, sizeof(name), INDEX_NAME, file->inode, number);
	if (files->index_fd < 0 || aa_trusted_open(files->index_fd, name, files->owner, &fd, &ret->size) < 0)
		return false;
	map = ret->size ? mmap(NULL, ret->size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return false;
	ret->head = map;
	ret->blocks = (const struct index_block *)(ret->head + 1);
	if (is_sound(ret->head, ret->size) && is_about(ret->head, file, begin)) {
		ret->terms = (const uint64_t *)(ret->blocks + ret->head->n_blocks);
		return true;
	}
	(void)munmap(map, ret->size);
	return false;
}

void index_segment_close(struct index_segment *segment)
{
	(void)munmap((void *)(uintptr_t)segment->head, segment->size);
}

bool index_segment_check(const struct index_segment *s)
{
	return s->head->sum == index_sum(s->head + 1, s->size - sizeof(*s->head));
}

void index_segment_mark(const struct index_segment *s, uint64_t term, uint8_t *blocks)
{
	uint64_t low = 0, high = s->head->n_terms;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (s->terms[middle] < term)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->head->n_terms && s->terms[low] >> INDEX_TERM_SIZE == term >> INDEX_TERM_SIZE; low++) {
		uint64_t block = s->terms[low] & INDEX_BLOCKS_MAX;

		if (block < s->head->n_blocks)
			blocks[block] = 1;
	}
}
