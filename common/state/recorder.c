/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.c: whether the recorder of programs runs, see recorder.h. */
#include "config.h"

#include "common/state/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"

#define NAME "recorder"
#define STOPPED "stopped"

static int open_own(const char *rundir, int flags, uid_t owner)
{
	int dir, fd, err = aa_trusted_open_folder(AT_FDCWD, rundir, O_NOFOLLOW, owner, &dir);

	if (err < 0)
		return err;
	fd = aa_trusted_open_own(dir, NAME, flags, 022, owner);
	close(dir);
	return fd;
}

static bool read_word(int fd, char ret[AA_RECORDER_WORD])
{
	ssize_t n = pread(fd, ret, AA_RECORDER_WORD - 1, 0);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return n > 0;
}

int aa_recorder_hold(const char *rundir, uid_t owner, int64_t *ret_since)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open_own(rundir, O_RDWR | O_CREAT, owner), err = 0;
	char word[AA_RECORDER_WORD];
	struct stat st;

	*ret_since = 0;
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
		err = errno == EACCES ? -EAGAIN : -errno;
	if (err < 0) {
		close(fd);
		return err;
	}
	if (read_word(fd, word) && strcmp(word, STOPPED) != 0 && fstat(fd, &st) == 0)
		*ret_since = st.st_mtime;
	return fd;
}

void aa_recorder_note(int fd, const char *word)
{
	char text[AA_RECORDER_WORD + 1] = "";

	memset(text, '\n', AA_RECORDER_WORD - 1);
	memcpy(text, word, strnlen(word, AA_RECORDER_WORD - 2));
	(void)!pwrite(fd, text, AA_RECORDER_WORD - 1, 0);
}

bool aa_recorder_runs(const char *rundir, uid_t owner, char ret_word[AA_RECORDER_WORD])
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open_own(rundir, O_RDWR, owner);
	bool runs;

	ret_word[0] = '\0';
	if (fd < 0)
		return false;
	/* Asking takes no lock, so that no recorder that starts just now finds one. */
	runs = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && read_word(fd, ret_word) &&
	       strcmp(ret_word, STOPPED) != 0;
	close(fd);
	return runs;
}
