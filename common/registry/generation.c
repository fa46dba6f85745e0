/* SPDX-License-Identifier: Apache-2.0 */
/* generation.c: opens the published generation. */
#include "common/registry/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/text/number.h"

#define LINK_MAX_LEN 63 /* "generations/4294967295" and room to see that it is longer */

void aa_generation_path(char ret[AA_GENERATION_PATH_MAX], uint32_t number)
{
	char digits[10], *end = digits + sizeof(digits), *p = end;

	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(ret, AA_GENERATIONS_DIR "/", sizeof(AA_GENERATIONS_DIR));
	memcpy(ret + sizeof(AA_GENERATIONS_DIR), p, (size_t)(end - p));
	ret[sizeof(AA_GENERATIONS_DIR) + (size_t)(end - p)] = '\0';
}

/* Reads "generations/N", as the publisher writes it, and nothing else. */
static int parse_link(const char *text, uint32_t *ret_number)
{
	static const char prefix[] = AA_GENERATIONS_DIR "/";
	int64_t n;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return -EBADMSG;
	text += sizeof(prefix) - 1;
	if (*text == '0' || !aa_number_parse(text, 1, UINT32_MAX, &n))
		return -EBADMSG;
	*ret_number = (uint32_t)n;
	return 0;
}

/* *ret_target gets the link's text, zero-terminated. */
static int read_link(int dirfd, const char *path, char ret_target[LINK_MAX_LEN + 1], uint32_t *ret_number)
{
	char target[LINK_MAX_LEN + 1];
	uint32_t number = 0;
	ssize_t n;
	int r;

	n = readlinkat(dirfd, path, target, sizeof(target) - 1);
	if (n < 0)
		return errno == EINVAL ? -EBADMSG : -errno; /* EINVAL: it is no symbolic link */
	target[n] = '\0';
	r = parse_link(target, &number);
	if (r < 0)
		return r;
	memcpy(ret_target, target, sizeof(target));
	*ret_number = number;
	return 0;
}

int aa_generation_number(const char *statedir, uint32_t *ret_number)
{
	char path[PATH_MAX], target[LINK_MAX_LEN + 1];
	int saved = errno, r;

	r = aa_path_join(path, sizeof(path), statedir, AA_CURRENT_LINK);
	if (r == 0)
		r = read_link(AT_FDCWD, path, target, ret_number);
	errno = saved;
	return r;
}

int aa_generation_open(const char *statedir, uid_t owner, int *ret_fd)
{
	int saved = errno, dir = -1, r;
	char target[LINK_MAX_LEN + 1];
	uint32_t number;

	r = aa_trusted_open_folder(AT_FDCWD, statedir, 0, owner, &dir);
	if (r < 0)
		goto out;
	/* A generation that is gone when it is opened may have been replaced and removed meanwhile, so it is looked
	 * for again. A generation that stays away is damage, not "there is none". */
	for (int tries = 0; tries < AA_OPEN_TRIES; tries++) {
		r = read_link(dir, AA_CURRENT_LINK, target, &number);
		if (r < 0)
			break;
		r = aa_trusted_open_folder(dir, target, O_NOFOLLOW, owner, ret_fd);
		if (r != -ENOENT)
			break;
		r = -EBADMSG;
	}
	close(dir);
out:
	errno = saved;
	return r;
}
