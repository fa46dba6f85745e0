/* SPDX-License-Identifier: Apache-2.0 */
/* standalone.c: a harness without a fuzzer: each seed, each seed cut at every length, and each with one byte
 * of it changed. So that a build without clang tries the harnesses as well, and a found input stays tried.
 * Usage: PROGRAM [FILE or DIRECTORY]...; without one, the seeds that are checked in. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

#define INPUT_MAX (1 << 20)
#define VARIED_MAX 4096 /* a larger input is cut and changed at so many places only */

static unsigned long inputs, runs;

/* A copy of just this size, so that a sanitizer sees a read past its end. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	FUZZ_HOLDS(copy);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void feed_varied(uint8_t *data, size_t size, bool varied)
{
	size_t step = size / VARIED_MAX + 1;

	feed(data, size);
	inputs++;
	for (size_t i = 0; varied && i < size; i += step) {
		feed(data, i);
		data[i] ^= (uint8_t)(1u << (i % 8));
		feed(data, size);
		data[i] ^= (uint8_t)(1u << (i % 8));
	}
}

static bool feed_file(const char *path, bool varied)
{
	static uint8_t data[INPUT_MAX];
	FILE *file = fopen(path, "rbe");
	size_t size = file ? fread(data, 1, sizeof(data), file) : 0;

	if (!file || ferror(file)) {
		fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
		return false;
	}
	fclose(file);
	feed_varied(data, size, varied);
	return true;
}

static bool feed_path(const char *path, bool varied)
{
	char name[4096];
	struct stat st;
	const struct dirent *entry;
	bool good = true;
	DIR *dir;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return feed_file(path, varied);
	dir = opendir(path);
	if (!dir) {
		fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
		return false;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		good = feed_file(name, varied) && good;
	}
	closedir(dir);
	return good;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char seeds[4096];
	bool good = true;

	name = name ? name + 1 : argv[0];
	snprintf(seeds, sizeof(seeds), "%s/%s", FUZZ_SEEDS, name);
	if (argc < 2)
		good = feed_path(seeds, true);
	for (int i = 1; i < argc; i++)
		good = feed_path(argv[i], false) && good;
	if (!good || inputs == 0) {
		printf("FAILED: %s: the seeds could not be read\n", name);
		return 1;
	}
	printf("ok: %s: %lu inputs, %lu runs\n", name, inputs, runs);
	return 0;
}
