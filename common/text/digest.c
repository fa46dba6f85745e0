/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c: makes SHA-256, see digest.h. The names of FIPS 180-4 are kept. */
#include "config.h"

#include "common/text/digest.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the square roots of the first 8 primes, */
static const uint32_t first_h[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* and of the cube roots of the first 64. */
static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t right(uint32_t x, unsigned by)
{
	return x >> by | x << (32 - by);
}

static uint32_t big_endian(const unsigned char *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Prepares the message schedule (6.2.2, step 1). */
static void schedule(uint32_t w[64], const unsigned char *block)
{
	for (size_t t = 0; t < 16; t++)
		w[t] = big_endian(block + 4 * t);
	for (size_t t = 16; t < 64; t++) {
		uint32_t x = w[t - 15], y = w[t - 2];

		w[t] = (right(y, 17) ^ right(y, 19) ^ y >> 10) + w[t - 7] +
		       (right(x, 7) ^ right(x, 18) ^ x >> 3) + w[t - 16];
	}
}

/* Rotates the names a to h by one instead of their values: in round t, a is v[-t mod 8]. */
static inline void round_of(uint32_t v[8], size_t t, uint32_t kw)
{
	uint32_t a = v[-t & 7], b = v[(1 - t) & 7], c = v[(2 - t) & 7], e = v[(4 - t) & 7],
		 f = v[(5 - t) & 7], g = v[(6 - t) & 7];
	uint32_t t1 =
	    v[(7 - t) & 7] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + kw;

	v[(3 - t) & 7] += t1;
	v[(7 - t) & 7] = t1 + (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

/* Takes one block into the hash (steps 2 to 4): v holds a to h. */
static void compress(uint32_t h[8], const unsigned char *block)
{
	uint32_t w[64], v[8];

	schedule(w, block);
	memcpy(v, h, sizeof(v));
#pragma GCC unroll 8
	for (size_t t = 0; t < 64; t++)
		round_of(v, t, k[t] + w[t]);
	for (size_t i = 0; i < 8; i++)
		h[i] += v[i];
}

void aa_digest_begin(struct aa_digest *digest)
{
	memcpy(digest->h, first_h, sizeof(digest->h));
	digest->n = 0;
}

void aa_digest_add(struct aa_digest *digest, const void *data, size_t n)
{
	const unsigned char *b = data;

	while (n > 0) {
		size_t have = digest->n % AA_DIGEST_BLOCK, take = AA_DIGEST_BLOCK - have;

		take = take < n ? take : n;
		memcpy(digest->block + have, b, take);
		digest->n += take;
		b += take;
		n -= take;
		if (have + take == AA_DIGEST_BLOCK)
			compress(digest->h, digest->block);
	}
}

/* Pads the message (5.1.1): a bit, zeros, and its length in bits. */
void aa_digest_end(struct aa_digest *digest, unsigned char ret[AA_DIGEST_SIZE])
{
	static const unsigned char padding[AA_DIGEST_BLOCK] = {0x80};
	uint64_t bits = digest->n * 8;
	unsigned char length[8];

	for (size_t i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	aa_digest_add(digest, padding,
		      1 + (AA_DIGEST_BLOCK + 55 - digest->n % AA_DIGEST_BLOCK) % AA_DIGEST_BLOCK);
	aa_digest_add(digest, length, sizeof(length));
	for (size_t i = 0; i < AA_DIGEST_SIZE; i++)
		ret[i] = (unsigned char)(digest->h[i / 4] >> (24 - 8 * (i % 4)));
}
