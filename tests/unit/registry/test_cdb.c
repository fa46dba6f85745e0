/* SPDX-License-Identifier: Apache-2.0 */
/* test_cdb.c: the cdb reader finds what libcdb wrote, and survives what nobody should have written. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>

#include "common/registry/cdb_read.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define N_KEYS 40

struct fixture {
	char *dir, path[PATH_MAX];
	char *bytes; /* the file as it was written */
	size_t len;
	int fd; /* open for reading and writing */
};

static void key_of(int i, char key[32], char value[64])
{
	snprintf(key, 32, "key-%d", i);
	snprintf(value, 64, "%0*d", i + 1, i);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char key[32], value[64];
	struct cdb_make make;

	assert_non_null(f);
	f->dir = support_tmpdir();
	snprintf(f->path, sizeof(f->path), "%s/x.cdb", f->dir);
	f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_true(f->fd >= 0);
	assert_int_equal(cdb_make_start(&make, f->fd), 0);
	for (int i = 0; i < N_KEYS; i++) {
		key_of(i, key, value);
		assert_int_equal(
		    cdb_make_add(&make, key, (unsigned)strlen(key), value, (unsigned)strlen(value)), 0);
	}
	assert_int_equal(cdb_make_add(&make, "empty", 5, "", 0), 0);
	assert_int_equal(cdb_make_finish(&make), 0);
	f->bytes = support_read_file(f->path, &f->len);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	support_remove(f->dir);
	free(f->dir);
	free(f->bytes);
	free(f);
	return 0;
}

FIXTURE(here, setup, teardown);

static void put32(char *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(n >> (8 * i));
}

static uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static void overwrite(struct fixture *f, const char *bytes, size_t len)
{
	assert_int_equal(ftruncate(f->fd, 0), 0);
	assert_int_equal(pwrite(f->fd, bytes, len, 0), (ssize_t)len);
}

TEST(the_reader_finds_every_key, here)
{
	struct fixture *f = *state;
	char key[32], value[64], got[64];
	struct aa_cdb cdb;
	size_t len;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	for (int i = 0; i < N_KEYS; i++) {
		key_of(i, key, value);
		assert_int_equal(aa_cdb_get(&cdb, key, strlen(key), got, sizeof(got), &len), 0);
		assert_int_equal(len, strlen(value));
		assert_memory_equal(got, value, len);
	}
	assert_int_equal(aa_cdb_get(&cdb, "empty", 5, got, sizeof(got), &len), 0);
	assert_int_equal(len, 0);
}

TEST(the_reader_finds_no_key_that_is_not_there, here)
{
	struct fixture *f = *state;
	char key[32], got[64], *text;
	struct aa_cdb cdb;
	size_t len;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	for (int i = N_KEYS; i < N_KEYS + 2000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		assert_int_equal(aa_cdb_get(&cdb, key, strlen(key), got, sizeof(got), &len), -ENOENT);
	}
	/* A beginning of a key, and a key with something behind it. */
	assert_int_equal(aa_cdb_get(&cdb, "key-", 4, got, sizeof(got), &len), -ENOENT);
	assert_int_equal(aa_cdb_get(&cdb, "key-1\0", 6, got, sizeof(got), &len), -ENOENT);
	assert_int_equal(aa_cdb_get(&cdb, "", 0, got, sizeof(got), &len), -ENOENT);
	assert_int_equal(aa_cdb_get_alloc(&cdb, "key-", 4, 1000, &text, &len), -ENOENT);
}

TEST(the_reader_says_how_much_room_a_value_needs, here)
{
	struct fixture *f = *state;
	char key[32], value[64], *got;
	struct aa_cdb cdb;
	size_t len;

	key_of(30, key, value);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	for (size_t cap = 0; cap < 40; cap++) {
		got = malloc(cap ? cap : 1); /* of exactly this size, so that ASan sees a byte too many */
		assert_non_null(got);
		assert_int_equal(aa_cdb_get(&cdb, key, strlen(key), got, cap, &len), cap < 31 ? -ERANGE : 0);
		assert_int_equal(len, 31);
		free(got);
	}
}

TEST(the_reader_allocates_within_a_limit, here)
{
	struct fixture *f = *state;
	char key[32], value[64], *got = (char *)1;
	struct aa_cdb cdb;
	size_t len;

	key_of(30, key, value);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	assert_int_equal(aa_cdb_get_alloc(&cdb, key, strlen(key), 30, &got, &len), -ERANGE);
	assert_ptr_equal(got, (char *)1);
	assert_int_equal(aa_cdb_get_alloc(&cdb, key, strlen(key), 31, &got, &len), 0);
	assert_string_equal(got, value);
	free(got);
}

TEST(the_reader_walks_over_every_record_in_order, here)
{
	struct fixture *f = *state;
	char key[32], value[64], got_key[32], got[64];
	size_t key_len, len;
	struct aa_cdb cdb;
	uint32_t pos = 0, before;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	for (int i = 0; i < N_KEYS; i++) {
		key_of(i, key, value);
		before = pos;
		assert_int_equal(
		    aa_cdb_next(&cdb, &pos, got_key, sizeof(got_key), &key_len, got, (size_t)i, &len),
		    -ERANGE);
		assert_int_equal(aa_cdb_next(&cdb, &pos, got_key, 1, &key_len, got, sizeof(got), &len),
				 -ERANGE);
		assert_int_equal(pos, before);
		assert_int_equal(
		    aa_cdb_next(&cdb, &pos, got_key, sizeof(got_key), &key_len, got, sizeof(got), &len), 0);
		assert_int_equal(key_len, strlen(key));
		assert_memory_equal(got_key, key, key_len);
		assert_int_equal(len, strlen(value));
		assert_memory_equal(got, value, len);
	}
	assert_int_equal(aa_cdb_next(&cdb, &pos, got_key, sizeof(got_key), &key_len, got, sizeof(got), &len),
			 0);
	assert_int_equal(key_len, 5);
	assert_int_equal(aa_cdb_next(&cdb, &pos, got_key, sizeof(got_key), &key_len, got, sizeof(got), &len),
			 -ENOENT);
}

static bool is_harmless(int r)
{
	return r == 0 || r == -ENOENT || r == -EBADMSG || r == -ERANGE;
}

/* Everything that a reader can do with the file as it stands; the answers may be wrong, nothing else may
 * happen. */
static void read_everything(struct fixture *f, size_t len)
{
	char key[32], value[64], got[64], *text;
	size_t key_len, n, steps = 0;
	struct aa_cdb cdb;
	uint32_t pos = 0;
	int r;

	r = aa_cdb_init(&cdb, f->fd, len);
	assert_true(r == 0 || r == -EBADMSG);
	if (r < 0)
		return;
	for (int i = 0; i < N_KEYS + 3; i += 3) {
		key_of(i, key, value);
		r = aa_cdb_get(&cdb, key, strlen(key), got, sizeof(got), &n);
		assert_true(is_harmless(r));
		assert_true(r != 0 || n <= sizeof(got));
	}
	r = aa_cdb_get_alloc(&cdb, "empty", 5, 4096, &text, &n);
	assert_true(is_harmless(r));
	if (r == 0) {
		assert_int_equal(text[n], 0);
		free(text);
	}
	do {
		r = aa_cdb_next(&cdb, &pos, key, sizeof(key), &key_len, got, sizeof(got), &n);
		assert_true(is_harmless(r));
		assert_true(++steps < 10000); /* it gets on */
	} while (r == 0);
}

TEST(the_reader_survives_every_byte_changed, here)
{
	static const unsigned char masks[] = {0x01, 0xff};
	struct fixture *f = *state;

	for (size_t i = 0; i < f->len; i++) {
		for (size_t m = 0; m < sizeof(masks); m++) {
			char c = (char)(f->bytes[i] ^ masks[m]);

			assert_int_equal(pwrite(f->fd, &c, 1, (off_t)i), 1);
			read_everything(f, f->len);
		}
		assert_int_equal(pwrite(f->fd, f->bytes + i, 1, (off_t)i), 1);
	}
	the_reader_finds_every_key(state);
}

TEST(the_reader_survives_every_length, here)
{
	struct fixture *f = *state;

	for (size_t len = f->len; len-- > 0;) {
		assert_int_equal(ftruncate(f->fd, (off_t)len), 0);
		read_everything(f, len);    /* it knows of it */
		read_everything(f, f->len); /* it was cut after it was measured */
	}
	overwrite(f, f->bytes, f->len);
	the_reader_finds_every_key(state);
}

TEST(the_reader_survives_a_cut_between_init_and_look_up, here)
{
	struct fixture *f = *state;
	char key[32], value[64], got[64];
	struct aa_cdb cdb;
	size_t n;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	for (size_t len = f->len; len-- > 0;) {
		assert_int_equal(ftruncate(f->fd, (off_t)len), 0);
		for (int i = 0; i < N_KEYS; i++) {
			key_of(i, key, value);
			assert_true(is_harmless(aa_cdb_get(&cdb, key, strlen(key), got, sizeof(got), &n)));
		}
	}
}

TEST(the_reader_refuses_a_size_that_no_cdb_file_has, here)
{
	struct fixture *f = *state;
	struct aa_cdb cdb;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, 0), -EBADMSG);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, AA_CDB_HEAD - 1), -EBADMSG);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, (size_t)UINT32_MAX + 1), -EBADMSG);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
}

/* Writes into each table's place in the head, and gives the table's own. */
static void bend_tables(struct fixture *f, uint32_t pos, uint32_t n_slots)
{
	char *bent = malloc(f->len);

	assert_non_null(bent);
	memcpy(bent, f->bytes, f->len);
	for (size_t i = 8; i < AA_CDB_HEAD; i += 8) { /* the first one tells where the records end */
		put32(bent + i, pos);
		put32(bent + i + 4, n_slots);
	}
	overwrite(f, bent, f->len);
	free(bent);
}

TEST(the_reader_refuses_tables_that_lie_outside, here)
{
	struct fixture *f = *state;
	uint32_t size = (uint32_t)f->len, end = get32(f->bytes);
	struct aa_cdb cdb;

	bend_tables(f, size - 8, 1);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	bend_tables(f, size - 8, 2);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
	bend_tables(f, size - 8, UINT32_MAX);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
	bend_tables(f, size - 8, 0x20000001); /* times 8 it is 8 again in 32 bits */
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
	bend_tables(f, size + 8, 1);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
	bend_tables(f, UINT32_MAX, 1);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
	bend_tables(f, end, 1);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	bend_tables(f, end - 8, 1); /* within the records */
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
	bend_tables(f, 0, 1);
	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), -EBADMSG);
}

/* A file with one record, "k" = "v", and one table of n slots that is the same for every hash. */
static size_t one_table(char *buf, uint32_t n_slots, uint32_t slot_hash, uint32_t slot_pos)
{
	const uint32_t end = AA_CDB_HEAD + 8 + 2;

	for (size_t i = 0; i < AA_CDB_HEAD; i += 8) {
		put32(buf + i, end);
		put32(buf + i + 4, n_slots);
	}
	put32(buf + AA_CDB_HEAD, 1);
	put32(buf + AA_CDB_HEAD + 4, 1);
	memcpy(buf + AA_CDB_HEAD + 8, "kv", 2);
	for (uint32_t i = 0; i < n_slots; i++) {
		put32(buf + end + i * 8, slot_hash);
		put32(buf + end + i * 8 + 4, slot_pos);
	}
	return end + (size_t)n_slots * 8;
}

static int look_up_k(struct fixture *f, size_t len)
{
	struct aa_cdb cdb;
	char got[4];
	size_t n;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, len), 0);
	return aa_cdb_get(&cdb, "k", 1, got, sizeof(got), &n);
}

TEST(the_reader_ends_a_look_up_in_a_table_without_an_empty_slot, here)
{
	static const uint32_t sizes[] = {1, 2, 15, 16, 17, 100, AA_CDB_PROBES_MAX};
	size_t room = AA_CDB_HEAD + 10 + (AA_CDB_PROBES_MAX + 1) * 8, len;
	struct fixture *f = *state;
	uint32_t hash = cdb_hash("k", 1);
	char *buf = malloc(room);

	assert_non_null(buf);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		len = one_table(buf, sizes[i], ~hash, AA_CDB_HEAD);
		overwrite(f, buf, len);
		assert_int_equal(look_up_k(f, len), -ENOENT);
		/* The one slot that fits may be the last that is looked at: the one before the hash's own. */
		put32(buf + AA_CDB_HEAD + 10 + ((hash >> 8) + sizes[i] - 1) % sizes[i] * 8, hash);
		overwrite(f, buf, len);
		assert_int_equal(look_up_k(f, len), 0);
	}
	len = one_table(buf, AA_CDB_PROBES_MAX + 1, ~hash, AA_CDB_HEAD);
	overwrite(f, buf, len);
	assert_int_equal(look_up_k(f, len), -EBADMSG);
	free(buf);
}

TEST(the_reader_refuses_slots_that_point_outside_the_records, here)
{
	struct fixture *f = *state;
	uint32_t hash = cdb_hash("k", 1);
	char buf[AA_CDB_HEAD + 10 + 8 * 4];
	uint32_t bad[] = {1, AA_CDB_HEAD - 1, AA_CDB_HEAD + 1, AA_CDB_HEAD + 10, UINT32_MAX, UINT32_MAX - 7};
	size_t len;

	len = one_table(buf, 4, hash, AA_CDB_HEAD);
	overwrite(f, buf, len);
	assert_int_equal(look_up_k(f, len), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		len = one_table(buf, 4, hash, bad[i]);
		overwrite(f, buf, len);
		assert_int_equal(look_up_k(f, len), -EBADMSG);
	}
}

TEST(the_reader_refuses_records_of_hostile_lengths, here)
{
	static const uint32_t bad[][2] = {{1, 2},
					  {1, UINT32_MAX},
					  {UINT32_MAX, 1},
					  {3, 0},
					  {UINT32_MAX, UINT32_MAX},
					  {1, UINT32_MAX - 1},
					  {0x80000000u, 0x80000000u}};
	struct fixture *f = *state;
	char buf[AA_CDB_HEAD + 10 + 8 * 4], key[8], got[8];
	size_t len = one_table(buf, 4, cdb_hash("k", 1), AA_CDB_HEAD), key_len, n;
	struct aa_cdb cdb;
	uint32_t pos;

	overwrite(f, buf, len);
	assert_int_equal(look_up_k(f, len), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put32(buf + AA_CDB_HEAD, bad[i][0]);
		put32(buf + AA_CDB_HEAD + 4, bad[i][1]);
		overwrite(f, buf, len);
		assert_int_equal(look_up_k(f, len), -EBADMSG);
		pos = 0;
		assert_int_equal(aa_cdb_init(&cdb, f->fd, len), 0);
		assert_int_equal(aa_cdb_next(&cdb, &pos, key, sizeof(key), &key_len, got, sizeof(got), &n),
				 -EBADMSG);
		assert_int_equal(pos, 0);
	}
}

TEST(the_reader_leaves_errno_as_it_was, here)
{
	struct fixture *f = *state;
	struct aa_cdb cdb;
	char got[64];
	size_t len;

	assert_int_equal(aa_cdb_init(&cdb, f->fd, f->len), 0);
	cdb.fd = -1; /* pread() will set EBADF */
	errno = 1234;
	assert_int_equal(aa_cdb_get(&cdb, "empty", 5, got, sizeof(got), &len), -EBADF);
	assert_int_equal(aa_cdb_init(&cdb, -1, f->len), -EBADF);
	assert_int_equal(errno, 1234);
}
