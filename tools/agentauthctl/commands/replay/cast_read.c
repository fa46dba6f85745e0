/* SPDX-License-Identifier: Apache-2.0 */
/* cast_read.c: reads recordings of terminals, see cast_read.h. */
#include "config.h"

#include "tools/agentauthctl/commands/replay/cast_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/cast.h"
#include "common/state/cast_store.h"
#include "common/text/name.h"
#include "common/text/number.h"
#include "common/text/sort.h"
#include "tools/cli/alloc.h"

/* ---- which there are ---------------------------------------------------------------------------- */

/* Takes a file's name apart: SESSION.MICROSECONDS.cast. */
static bool is_cast(const char *file, const char *session, int64_t *ret_us)
{
	const char *dot = strchr(file, '.');

	if (strncmp(file, session, strlen(session)) != 0 || !dot)
		return false;
	dot++;
	return aa_number_take(&dot, INT64_MAX, ret_us) && strcmp(dot, ".cast") == 0;
}

static void add_folder(const char *folder, const char *session, bool open, struct casts *ret)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int64_t us;

	while (dir && (entry = readdir(dir))) {
		if (!is_cast(entry->d_name, session, &us))
			continue;
		grow(&ret->v, &ret->cap, ret->n + 1, sizeof(*ret->v));
		ret->v[ret->n++] = (struct cast){.name = xstrndup(entry->d_name, strlen(entry->d_name) - 5),
						 .path = xasprintf("%s/%s", folder, entry->d_name),
						 .begun_us = us,
						 .open = open};
	}
	if (dir)
		closedir(dir);
}

static int by_time(const void *a, const void *b)
{
	const struct cast *x = a, *y = b;

	return x->begun_us < y->begun_us ? -1 : x->begun_us > y->begun_us;
}

int casts_find(const char *logdir, uid_t owner, const char *session, struct casts *ret)
{
	char *path = xasprintf("%s/" AA_CAST_DIR, logdir), *folder;
	struct dirent *entry;
	int fd, r = aa_trusted_open_folder(AT_FDCWD, path, O_NOFOLLOW, owner, &fd);
	DIR *all = r == 0 ? fdopendir(fd) : NULL;

	while (all && (entry = readdir(all))) {
		if (!aa_agent_name_is_valid(entry->d_name))
			continue;
		folder = xasprintf("%s/%s", path, entry->d_name);
		add_folder(folder, session, false, ret);
		free(folder);
		folder = xasprintf("%s/%s/open", path, entry->d_name);
		add_folder(folder, session, true, ret);
		free(folder);
	}
	if (all)
		closedir(all);
	free(path);
	aa_sort(ret->v, ret->n, sizeof(*ret->v), by_time);
	return r == -ENOENT ? 0 : r;
}

void casts_free(struct casts *casts)
{
	for (size_t i = 0; i < casts->n; i++) {
		free(casts->v[i].name);
		free(casts->v[i].path);
		free(casts->v[i].text);
		json_decref(casts->v[i].head);
	}
	free(casts->v);
}

/* ---- one of them --------------------------------------------------------------------------------- */

void cast_rewind(struct cast *cast)
{
	cast->at = strcspn(cast->text, "\n");
	cast->at += cast->text[cast->at] == '\n';
}

int cast_load(struct cast *cast, uid_t owner)
{
	size_t head;
	int r;

	if (cast->text)
		return cast->head ? 0 : -EBADMSG;
	r = aa_trusted_read(AT_FDCWD, cast->path, owner, AA_CAST_MAX + AA_CAST_HEAD_MAX, &cast->text,
			    &cast->len);
	if (r < 0)
		return r;
	head = strcspn(cast->text, "\n");
	cast->head = json_loadb(cast->text, head, JSON_REJECT_DUPLICATES, NULL);
	cast_rewind(cast);
	if (json_is_object(json_object_get(cast->head, "agentauth")))
		return 0;
	json_decref(cast->head);
	cast->head = NULL;
	return -EBADMSG;
}

const char *cast_about(const struct cast *cast, const char *member)
{
	const char *text =
	    json_string_value(json_object_get(json_object_get(cast->head, "agentauth"), member));

	return text ? text : "";
}

static bool read_event(struct cast_event *event)
{
	const json_t *seconds = json_array_get(event->json, 0), *text = json_array_get(event->json, 2);
	const char *code = json_string_value(json_array_get(event->json, 1));

	if (!json_is_number(seconds) || !code || strlen(code) != 1 || !json_is_string(text))
		return false;
	event->seconds = json_number_value(seconds);
	event->code = *code;
	event->text = json_string_value(text);
	event->len = json_string_length(text);
	return event->seconds >= 0;
}

bool cast_next(struct cast *cast, struct cast_event *event)
{
	bool is_event = false;

	json_decref(event->json);
	event->json = NULL;
	while (!is_event && cast->at < cast->len) {
		const char *line = cast->text + cast->at, *end = memchr(line, '\n', cast->len - cast->at);
		size_t len = end ? (size_t)(end - line) : cast->len - cast->at;

		cast->at += len + (end != NULL);
		event->json = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
		is_event = read_event(event);
		if (!is_event) { /* a writer was killed, or somebody wrote something else */
			cast->torn = true;
			json_decref(event->json);
			event->json = NULL;
		}
	}
	return is_event;
}

double cast_seconds(struct cast *cast)
{
	struct cast_event event = {0};
	double last = 0;

	cast_rewind(cast);
	while (cast_next(cast, &event))
		last = event.seconds;
	cast_rewind(cast);
	return last;
}
