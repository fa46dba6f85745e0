/* SPDX-License-Identifier: Apache-2.0 */
/* asked_program.c: see asked_program.h. */
#include "common/file/asked_program.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The words of a command line, one after another. */
struct words {
	const char *at, *end;
};

/* Returns the next word, or NULL: there is none, or it is cut. */
static const char *next(struct words *w)
{
	const char *word = w->at, *zero = memchr(word, '\0', (size_t)(w->end - word));

	if (!zero)
		return NULL;
	w->at = zero + 1;
	return word;
}

static bool is_one_of(const char *word, const char *const *list)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list != NULL;
}

/* Says whether the word is an option of sudo without an argument: -n, -nS, --stdin. */
static bool is_plain_option(const char *word)
{
	static const char *const names[] = {"--non-interactive", "--stdin", "--reset-timestamp", "--set-home",
					    NULL};

	return is_one_of(word, names) ||
	       (word[0] == '-' && word[1] && word[1] != '-' && strspn(word + 1, "nSkH") == strlen(word + 1));
}

/* sudo does something else by another name: sudoedit edits what is named. */
static bool is_sudo_name(const char *word)
{
	static const char *const names[] = {"sudo", "sudo-rs", NULL};
	const char *slash = strrchr(word, '/');

	return is_one_of(slash ? slash + 1 : word, names);
}

static bool asks_for(const char *line, size_t len, const char *program)
{
	static const char *const root[] = {"-uroot", "--user=root", "-u#0", "--user=#0", NULL};
	struct words w = {line, line + len};
	const char *word = next(&w);

	if (!word || !is_sudo_name(word))
		return false;
	for (word = next(&w); word && word[0] == '-'; word = next(&w)) {
		if (strcmp(word, "--") == 0) {
			word = next(&w);
			break;
		}
		if (strcmp(word, "-u") == 0 || strcmp(word, "--user") == 0) {
			word = next(&w);
			if (!word || (strcmp(word, "root") != 0 && strcmp(word, "#0") != 0))
				return false;
		} else if (!is_plain_option(word) && !is_one_of(word, root)) {
			return false;
		}
	}
	if (!word || strcmp(word, program) != 0)
		return false;
	/* Without a command the program says how it is called, as agentauth may has it do, and so it does with one that has no
	 * path. */
	return w.at == w.end || *w.at == '/';
}

bool aa_asked_program(const char *file, const char *program)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char line[1024];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line));

	if (fd >= 0)
		(void)close(fd);
	return n > 0 && asks_for(line, (size_t)n, program);
}
