/* SPDX-License-Identifier: Apache-2.0 */
/* failures.c: the table of failed credentials, see failures.h. */
#include "config.h"

#include "common/state/failures.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/crypto.h"
#include "common/jose/sha256.h"

#define SECRET_SIZE 32
#define SETS 1024
#define WAYS 4

struct cell {
	uint64_t key; /* 0: free */
	uint32_t since, count;
};

struct bucket {
	int fd;
	uint64_t key;
	off_t at; /* of the set */
	struct cell set[WAYS];
};

/* Opens the table; a writer makes it. -1: it cannot be had, or others could have written it. */
static int open_table(const char *rundir, uid_t owner, bool writes)
{
	char path[4096];

	if (aa_path_join(path, sizeof(path), rundir, "failures") < 0)
		return -1;
	return aa_trusted_open_own(AT_FDCWD, path, writes ? O_RDWR | O_CREAT : O_RDONLY, 077, owner);
}

/* The secret is written once. Of two processes that find none, both read the same one in the end. */
static bool read_secret(int fd, bool writes, unsigned char ret[SECRET_SIZE])
{
	unsigned char fresh[SECRET_SIZE];
	ssize_t n = pread(fd, ret, SECRET_SIZE, 0);

	if (n == 0 && writes && aa_random(fresh, sizeof(fresh)) &&
	    pwrite(fd, fresh, sizeof(fresh), 0) == sizeof(fresh))
		n = pread(fd, ret, SECRET_SIZE, 0);
	return n == SECRET_SIZE;
}

void aa_failures_source(const char *source, char *ret, size_t cap)
{
	char network[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (inet_pton(AF_INET6, source, &address) == 1 && !IN6_IS_ADDR_V4MAPPED(&address)) {
		memset(address.s6_addr + 8, 0, 8);
		if (inet_ntop(AF_INET6, &address, network, sizeof(network))) {
			(void)snprintf(ret, cap, "%s/64", network);
			return;
		}
	}
	(void)snprintf(ret, cap, "%s", source);
}

static bool key_of(const unsigned char secret[SECRET_SIZE], const char *agent, const char *source,
		   uint64_t *ret)
{
	char text[2 * SECRET_SIZE + 1], who[512], hex[65], network[256];

	aa_hex(text, secret, SECRET_SIZE);
	aa_failures_source(source, network, sizeof(network));
	(void)snprintf(who, sizeof(who), "%s %s", agent, network);
	if (aa_sha256_pair(hex, text, who) < 0)
		return false;
	*ret = aa_sha256_first(hex) | 1;
	return true;
}

static bool open_bucket(struct bucket *ret, const char *rundir, uid_t owner, const char *agent,
			const char *source, bool writes)
{
	unsigned char secret[SECRET_SIZE];
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	ret->fd = open_table(rundir, owner, writes);
	if (ret->fd < 0)
		return false;
	if (read_secret(ret->fd, writes, secret) && key_of(secret, agent, source, &ret->key)) {
		ret->at = (off_t)(SECRET_SIZE + (ret->key >> 1) % SETS * sizeof(ret->set));
		n = pread(ret->fd, ret->set, sizeof(ret->set), ret->at);
		if (n >= 0) /* past the end: all are free */
			return true;
	}
	close(ret->fd);
	return false;
}

/* A clock that was stepped back ends every count that lies ahead of it by more than a window. By less it lies ahead of whoever read
 * the clock a moment before another began it. */
static bool is_current(const struct cell *cell, int64_t now)
{
	return cell->key != 0 && cell->since > now - AA_FAILURES_WINDOW &&
	       cell->since < now + AA_FAILURES_WINDOW;
}

bool aa_failures_reached(const char *rundir, uid_t owner, const char *agent, const char *source, int64_t most,
			 int64_t now)
{
	struct bucket bucket;
	bool reached = false;

	if (most <= 0 || !open_bucket(&bucket, rundir, owner, agent, source, false))
		return false;
	for (size_t i = 0; i < WAYS; i++)
		reached = reached || (bucket.set[i].key == bucket.key && is_current(&bucket.set[i], now) &&
				      bucket.set[i].count >= most);
	close(bucket.fd);
	return reached;
}

/* Chooses the cell of this key, else a free cell or one whose time is over, else the oldest. */
static size_t choose(const struct bucket *bucket, int64_t now)
{
	size_t best = 0;

	for (size_t i = 0; i < WAYS; i++)
		if (bucket->set[i].key == bucket->key)
			return i;
	for (size_t i = 0; i < WAYS; i++) {
		if (!is_current(&bucket->set[i], now))
			return i;
		if (bucket->set[i].since < bucket->set[best].since)
			best = i;
	}
	return best;
}

bool aa_failures_count(const char *rundir, uid_t owner, const char *agent, const char *source, int64_t now)
{
	struct bucket bucket;
	struct cell *cell;
	size_t i;
	bool counted;

	if (now < 0 || now > UINT32_MAX || !open_bucket(&bucket, rundir, owner, agent, source, true))
		return false;
	i = choose(&bucket, now);
	cell = &bucket.set[i];
	if (cell->key != bucket.key || !is_current(cell, now))
		*cell = (struct cell){bucket.key, (uint32_t)now, 0};
	cell->count += cell->count < UINT32_MAX;
	counted =
	    pwrite(bucket.fd, cell, sizeof(*cell), bucket.at + (off_t)(i * sizeof(*cell))) == sizeof(*cell);
	close(bucket.fd);
	return counted;
}

bool aa_failures_can_count(const char *rundir, uid_t owner, const char *agent, const char *source)
{
	struct bucket bucket;
	bool can;

	if (!open_bucket(&bucket, rundir, owner, agent, source, true))
		return false;
	can = pwrite(bucket.fd, bucket.set, sizeof(bucket.set), bucket.at) == sizeof(bucket.set);
	close(bucket.fd);
	return can;
}
