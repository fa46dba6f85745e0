/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_process.c: reads the command line of a running sshd, see sshd_process.h.
 *
 * An sshd that listens has the title "sshd: /usr/sbin/sshd -D -o UsePAM=no [listener] 0 of 10-100 startups".
 */
#include <config.h>

#include "tools/host/sshd_process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/file/proc.h"

#define ANCESTORS_MAX 8

/* Reads the words that the process was started with, as one line. */
static bool read_title(pid_t pid, char *ret, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	n = aa_proc_text(AT_FDCWD, path, ret, size);
	for (ssize_t i = 0; i < n; i++)
		if (ret[i] == '\0')
			ret[i] = ' ';
	return n > 0;
}

/* Takes "UsePAM=no", or "UsePAM" with the value in the next word. */
static void take_option(const char *option, char **save, struct aa_sshd_process_told *ret)
{
	const char *value = option + strlen("UsePAM");

	if (strncasecmp(option, "UsePAM", strlen("UsePAM")) != 0 || ret->has_use_pam)
		return;
	if (*value == '\0')
		value = strtok_r(NULL, " ", save);
	else if (*value++ != '=')
		return;
	ret->has_use_pam = true;
	ret->use_pam = value != NULL && strcasecmp(value, "yes") == 0;
}

bool aa_sshd_process_told(pid_t pid, struct aa_sshd_process_told *ret)
{
	char title[8192], *end, *save;

	*ret = (struct aa_sshd_process_told){.has_use_pam = false};
	if (!read_title(pid, title, sizeof(title)) || strncmp(title, "sshd: ", strlen("sshd: ")) != 0)
		return false;
	end = strstr(title, " [listener]");
	if (end == NULL)
		return false;
	*end = '\0';
	for (const char *word = strtok_r(title, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		bool is_file = strncmp(word, "-f", 2) == 0, is_option = strncmp(word, "-o", 2) == 0;

		if (!is_file && !is_option)
			continue;
		word = word[2] != '\0' ? word + 2 : strtok_r(NULL, " ", &save);
		if (word == NULL)
			break;
		if (is_file)
			(void)snprintf(ret->config, sizeof(ret->config), "%s", word);
		else
			take_option(word, &save, ret);
	}
	return true;
}

static pid_t parent_of(pid_t pid)
{
	struct aa_proc_stat stat;

	return aa_proc_stat(AT_FDCWD, pid, &stat) == 0 ? stat.ppid : 0;
}

bool aa_sshd_process_told_ancestor(struct aa_sshd_process_told *ret)
{
	pid_t pid = getppid();

	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++, pid = parent_of(pid))
		if (aa_sshd_process_told(pid, ret))
			return true;
	return false;
}
