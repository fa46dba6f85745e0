/* SPDX-License-Identifier: Apache-2.0 */
/* source.c reads what a stranger may have written, see source.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "tools/agentauthctl/fleet/release.h"
#include "tools/cli/alloc.h"

int source_open(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* read_all() reads as many bytes as the file had when it was opened: one that shrinks meanwhile is an error, and what one
 * grows by is not seen. */
static int read_all(int fd, size_t size, char **ret)
{
	char *bytes = xmalloc(size + 1);
	size_t done = 0;
	ssize_t n = 1;

	while (done < size && n > 0) {
		n = pread(fd, bytes + done, size - done, (off_t)done);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			done += (size_t)n;
	}
	bytes[done] = '\0';
	if (done == size) {
		*ret = bytes;
		return 0;
	}
	free(bytes);
	return n < 0 ? -errno : -EIO;
}

static int read_in(int dirfd, const char *name, size_t max, char **ret, size_t *ret_len)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EBADMSG;
	else if ((uintmax_t)st.st_size > max)
		r = -EFBIG;
	else
		r = read_all(fd, (size_t)st.st_size, ret);
	if (r == 0)
		*ret_len = (size_t)st.st_size;
	close(fd);
	return r;
}

int source_read(int dirfd, const char *folder, const char *name, size_t max, char **ret, size_t *ret_len)
{
	int fd, r;

	if (!folder)
		return read_in(dirfd, name, max, ret, ret_len);
	fd = openat(dirfd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = read_in(fd, name, max, ret, ret_len);
	close(fd);
	return r;
}

int source_file(int dirfd, const char *digest, size_t max, char **ret, size_t *ret_len)
{
	char now[AA_SHA256_HEX_SIZE], *bytes;
	size_t len;
	int r = source_read(dirfd, RELEASE_FILES, digest, max, &bytes, &len);

	if (r < 0)
		return r;
	if (aa_sha256_hex(now, bytes, len) < 0 || strcmp(now, digest) != 0) {
		free(bytes);
		return -EILSEQ;
	}
	*ret = bytes;
	*ret_len = len;
	return 0;
}

const char *source_error(int error)
{
	switch (-error) {
	case EFBIG:
		return "it is larger than any such file may be";
	case EBADMSG:
		return "it is no regular file";
	case ELOOP:
		return "it is a symbolic link";
	case EILSEQ:
		return "its content is not what was signed";
	default:
		return strerror(-error);
	}
}
