/* SPDX-License-Identifier: Apache-2.0 */
/* cast_join.c: writes recordings into one asciicast, see cast_join.h. */
#include "config.h"

#include "tools/agentauthctl/commands/replay/cast_join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/replay/screen.h"

struct joining {
	FILE *file;
	double begin; /* of this recording, in seconds of the whole */
	bool raw;
	struct buffer text;
};

static void put(struct joining *j, json_t *line)
{
	if (json_dumpf(line, j->file, JSON_COMPACT | JSON_REAL_PRECISION(12)) == 0)
		(void)putc('\n', j->file);
	json_decref(line);
}

static void put_event(struct joining *j, double seconds, char code, const char *text, size_t len)
{
	char codes[] = {code, '\0'};

	put(j, json_pack("[f, s, s%]", j->begin + seconds, codes, text, len));
}

/* Begins each recording on a clear screen of its own size. */
static void put_begin(struct joining *j, const struct cast *cast)
{
	static const char clear[] = "\033[0m\033[H\033[2J";
	const char *command = cast_about(cast, "command");
	char size[32];
	int len = snprintf(size, sizeof(size), "%lldx%lld",
			   (long long)json_integer_value(json_object_get(cast->head, "width")),
			   (long long)json_integer_value(json_object_get(cast->head, "height")));

	put_event(j, 0, 'm', command, strlen(command));
	put_event(j, 0, 'r', size, (size_t)len);
	put_event(j, 0, 'o', clear, sizeof(clear) - 1);
}

static void put_recording(struct joining *j, struct cast *cast)
{
	struct screen screen = {.plain = false};
	struct cast_event event = {0};
	double last = 0;

	cast_rewind(cast);
	while (cast_next(cast, &event)) {
		last = event.seconds;
		if (event.code != 'o' || j->raw) {
			put_event(j, last, event.code, event.text, event.len);
			continue;
		}
		buffer_clear(&j->text);
		screen_filter(&screen, event.text, event.len, &j->text);
		if (j->text.len)
			put_event(j, last, 'o', j->text.data, j->text.len);
	}
	buffer_clear(&j->text);
	screen_restore(&screen, false, &j->text);
	put_event(j, last, 'o', j->text.data, j->text.len);
}

static json_t *head_of(const struct cast *cast)
{
	json_t *head = json_copy(cast->head);

	(void)json_object_del(head, "agentauth");
	return head;
}

const char *cast_join(struct cast *casts, size_t n, bool raw, const char *file)
{
	struct joining j = {.raw = raw};
	int fd = strcmp(file, "-") == 0
		     ? dup(STDOUT_FILENO)
		     : open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const struct cast *first = NULL;
	bool ok;

	j.file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!j.file)
		return strerror(errno);
	for (size_t i = 0; i < n; i++) {
		if (!casts[i].head)
			continue;
		if (!first)
			put(&j, head_of(&casts[i]));
		else
			j.begin = (double)(casts[i].begun_us - first->begun_us) / 1e6;
		first = first ? first : &casts[i];
		if (n > 1)
			put_begin(&j, &casts[i]);
		put_recording(&j, &casts[i]);
	}
	buffer_free(&j.text);
	ok = !ferror(j.file);
	return fclose(j.file) == 0 && ok ? NULL : strerror(errno);
}
