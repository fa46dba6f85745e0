/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c notes what was begun and not ended, see journal.h. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/journal.h"

#define JOURNAL_FILE "journal"
#define FORMAT_NEW "generation %" PRIu32 " ids %zu new\n"
#define FORMAT_AGAIN "generation %" PRIu32 " ids %zu again\n"
#define TEXT_SIZE 96

static void put_text(const struct journal *j, char ret[TEXT_SIZE])
{
	if (j->is_new)
		snprintf(ret, TEXT_SIZE, FORMAT_NEW, j->number, j->ids_length);
	else
		snprintf(ret, TEXT_SIZE, FORMAT_AGAIN, j->number, j->ids_length);
}

int journal_begin(int state_fd, const struct journal *journal)
{
	const struct aa_replace how = {.synced = true, .locked = true};
	char text[TEXT_SIZE];

	put_text(journal, text);
	return aa_replace(state_fd, JOURNAL_FILE, text, strlen(text), &how);
}

int journal_end(int state_fd)
{
	if (unlinkat(state_fd, JOURNAL_FILE, 0) < 0 && errno != ENOENT)
		return -errno;
	return fsync(state_fd) < 0 ? -errno : 0;
}

void journal_clean(int state_fd)
{
	aa_replace_forget(state_fd, JOURNAL_FILE);
}

/* The text that is read must be the one that would be written, to the byte. */
static bool parse(const char *text, struct journal *ret)
{
	char again[TEXT_SIZE];

	ret->is_new = strstr(text, "new") != NULL;
	if (sscanf(text, "generation %" SCNu32 " ids %zu", &ret->number, &ret->ids_length) != 2)
		return false;
	put_text(ret, again);
	return strcmp(text, again) == 0;
}

int journal_read(int state_fd, uid_t owner, struct journal *ret)
{
	char text[TEXT_SIZE];
	size_t size;
	ssize_t n;
	int fd, r = aa_trusted_open(state_fd, JOURNAL_FILE, owner, &fd, &size);

	if (r < 0)
		return r;
	n = read(fd, text, sizeof(text) - 1);
	r = n < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	text[n] = '\0';
	return parse(text, ret) ? 0 : -EBADMSG;
}

const char *journal_damage(void)
{
	return "the file journal in it is damaged, so that it cannot be told what an agentauthctl that was "
	       "interrupted left undone. Restore the directory from a backup, or, where its file ids names "
	       "all "
	       "agents and roles that agentauthctl list --all and role list show, remove the journal";
}
