/* SPDX-License-Identifier: Apache-2.0 */
/* answer_parts.c: keeps the rest of an answer between prompts. */
#include "config.h"

#include "tools/agentauth/credential/answer_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/jose/jose.h"
#include "common/jose/sha256.h"
#include "tools/agentauth/local/own_folder.h"
#include "tools/cli/say.h"

#define FILE_PREFIX "answer-"
#define FILE_NAME_SIZE (sizeof(FILE_PREFIX) + 64)

/* ---- the files ------------------------------------------------------------ */

static bool file_name(const struct ask_prompt *prompt, char ret[FILE_NAME_SIZE])
{
	const char *const fields[] = {prompt->user, prompt->host, prompt->agent, prompt->audience,
				      prompt->nonce};

	return aa_sha256_texts(stpcpy(ret, FILE_PREFIX), fields, sizeof(fields) / sizeof(fields[0])) == 0;
}

int answer_keep(int folder, const struct ask_prompt *prompt, const char *answer)
{
	char name[FILE_NAME_SIZE];
	int r;

	if (!file_name(prompt, name))
		return say_error("the prompt cannot be hashed: OpenSSL's library does not work");
	(void)unlinkat(folder, name, 0);
	r = aa_replace_create(folder, name, answer, strlen(answer), 0600);
	if (r < 0) {
		say("the rest of the answer cannot be kept for the next prompt: %s", strerror(-r));
		own_folder_say_other();
	}
	return r < 0 ? -1 : 0;
}

char *answer_kept(int folder, const struct ask_prompt *prompt)
{
	char name[FILE_NAME_SIZE];
	char *answer = file_name(prompt, name) ? own_folder_read(folder, name, AA_JWS_MAX) : NULL;

	if (!answer)
		say("part %u of an answer is asked for that was not begun here, or too long ago",
		    prompt->part);
	return answer;
}

void answer_forget(int folder, const struct ask_prompt *prompt)
{
	char name[FILE_NAME_SIZE];

	if (file_name(prompt, name))
		(void)unlinkat(folder, name, 0);
}

void answer_clean(int folder, time_t now)
{
	int copy = dup(folder);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	struct stat st;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return;
	}
	rewinddir(dir); /* `folder` shares the position, which may not be the beginning */
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) != 0)
			continue;
		if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < now - ANSWER_KEPT_SECONDS)
			(void)unlinkat(folder, entry->d_name, 0);
	}
	closedir(dir);
}

int answer_part(size_t len, unsigned part, size_t *ret_begin, size_t *ret_len)
{
	size_t begin = (size_t)(part - 1) * ANSWER_PART_MAX;

	if (part == 0 || begin >= len)
		return -1;
	*ret_begin = begin;
	*ret_len = len - begin > ANSWER_PART_MAX ? ANSWER_PART_MAX : len - begin;
	return len - begin > ANSWER_PART_MAX;
}
