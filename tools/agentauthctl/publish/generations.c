/* SPDX-License-Identifier: Apache-2.0 */
/* generations.c keeps the directories of generations, see generations.h. */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/registry/generation.h"
#include "common/text/number.h"
#include "tools/agentauthctl/publish/generations.h"
#include "common/text/sort.h"
#include "tools/cli/alloc.h"

#define LINK_TMP AA_CURRENT_LINK ".new"
#define TMP_SUFFIX ".tmp"
#define SMALL_FILE_MAX (16 * 1024 * 1024)

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static DIR *list_dir(int at, const char *name)
{
	int fd = open_dir(at, name);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	return d;
}

/* A generation holds files and no directories. */
static void remove_dir(int at, const char *name)
{
	DIR *d = list_dir(at, name);
	const struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	unlinkat(at, name, AT_REMOVEDIR);
}

static void tmp_name(char ret[64], uint32_t number)
{
	snprintf(ret, 64, AA_GENERATIONS_DIR "/%u" TMP_SUFFIX, number);
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int generations_list(int state_fd, uint32_t **ret, size_t *ret_n)
{
	DIR *d = list_dir(state_fd, AA_GENERATIONS_DIR);
	const struct dirent *e;
	uint32_t *v = NULL;
	size_t n = 0, cap = 0;
	int64_t number;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (!aa_number_parse(e->d_name, 1, UINT32_MAX, &number))
			continue;
		grow(&v, &cap, n + 1, sizeof(*v));
		v[n++] = (uint32_t)number;
	}
	closedir(d);
	aa_sort(v, n, sizeof(*v), compare_numbers);
	*ret = v;
	*ret_n = n;
	return 0;
}

static bool is_unfinished(const char *name)
{
	size_t len = strlen(name), suffix = strlen(TMP_SUFFIX);

	return len > suffix && strcmp(name + len - suffix, TMP_SUFFIX) == 0;
}

size_t generations_unfinished(int state_fd)
{
	DIR *d = list_dir(state_fd, AA_GENERATIONS_DIR);
	const struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += is_unfinished(e->d_name);
	if (d)
		closedir(d);
	return n;
}

void generations_clean(int state_fd)
{
	DIR *d = list_dir(state_fd, AA_GENERATIONS_DIR);
	const struct dirent *e;

	unlinkat(state_fd, LINK_TMP, 0);
	while (d && (e = readdir(d)))
		if (is_unfinished(e->d_name))
			remove_dir(dirfd(d), e->d_name);
	if (d)
		closedir(d);
}

int generation_new(int state_fd, uint32_t *ret_number, int *ret_fd)
{
	uint32_t *numbers, number;
	char name[64];
	size_t n;
	int r;

	r = generations_list(state_fd, &numbers, &n);
	if (r < 0)
		return r;
	number = n ? numbers[n - 1] + 1 : 1;
	free(numbers);
	tmp_name(name, number);
	if (mkdirat(state_fd, name, 0755) < 0)
		return -errno;
	r = open_dir(state_fd, name);
	if (r < 0)
		return r;
	if (fchmod(r, 0755) < 0) { /* whatever the umask */
		int error = errno;

		close(r);
		return -error;
	}
	*ret_number = number;
	*ret_fd = r;
	return 0;
}

void generation_discard(int state_fd, uint32_t number)
{
	char name[64]; /* also long enough for AA_GENERATION_PATH_MAX */

	tmp_name(name, number);
	remove_dir(state_fd, name);
	aa_generation_path(name, number);
	remove_dir(state_fd, name);
}

int generation_settle(int state_fd, uint32_t number)
{
	char from[64], to[AA_GENERATION_PATH_MAX];
	int r;

	tmp_name(from, number);
	aa_generation_path(to, number);
	r = aa_folder_sync(state_fd, from);
	if (r == 0 && renameat(state_fd, from, state_fd, to) < 0)
		r = -errno;
	return r < 0 ? r : aa_folder_sync(state_fd, AA_GENERATIONS_DIR);
}

int generation_switch(int state_fd, uint32_t number)
{
	char target[AA_GENERATION_PATH_MAX];

	aa_generation_path(target, number);
	unlinkat(state_fd, LINK_TMP, 0);
	if (symlinkat(target, state_fd, LINK_TMP) < 0)
		return -errno;
	if (renameat(state_fd, LINK_TMP, state_fd, AA_CURRENT_LINK) < 0) {
		int error = errno;

		unlinkat(state_fd, LINK_TMP, 0);
		return -error;
	}
	/* The link serves from now on, whatever the disk says of the directory. */
	fsync(state_fd);
	return 0;
}

int generation_none(int state_fd)
{
	return unlinkat(state_fd, AA_CURRENT_LINK, 0) < 0 ? -errno : 0;
}

void generations_prune(int state_fd, size_t keep, uint32_t current_number)
{
	char path[AA_GENERATION_PATH_MAX];
	uint32_t *numbers;
	size_t n;

	if (generations_list(state_fd, &numbers, &n) < 0)
		return;
	for (size_t i = 0; i + keep < n; i++) {
		if (numbers[i] == current_number)
			continue;
		aa_generation_path(path, numbers[i]);
		remove_dir(state_fd, path);
	}
	free(numbers);
}

void generation_forget(int state_fd, uint32_t number, const char *name)
{
	char path[AA_GENERATION_PATH_MAX];
	int dir;

	aa_generation_path(path, number);
	dir = open_dir(state_fd, path);
	if (dir < 0)
		return;
	unlinkat(dir, name, 0);
	close(dir);
}

/* ---- small files --------------------------------------------------------- */

int generation_read(int state_fd, uint32_t number, const char *name, char **ret)
{
	char path[AA_GENERATION_PATH_MAX];
	size_t len;
	int dir, r;

	aa_generation_path(path, number);
	dir = open_dir(state_fd, path);
	if (dir < 0)
		return dir;
	r = aa_trusted_read(dir, name, geteuid(), SMALL_FILE_MAX, ret, &len);
	close(dir);
	return r;
}

int generation_write(int gen_fd, const char *name, const char *text)
{
	return aa_replace_create(gen_fd, name, text, strlen(text), 0600);
}

json_t *generation_manifest(int state_fd, uint32_t number)
{
	json_t *json;
	char *text;

	if (generation_read(state_fd, number, MANIFEST_FILE, &text) < 0)
		return NULL;
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	return json;
}
