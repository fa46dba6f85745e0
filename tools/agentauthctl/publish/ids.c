/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c keeps the names and numbers that were ever used, see ids.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/registry/accounts.h"
#include "common/text/number.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/publish/ids.h"
#include "tools/cli/alloc.h"

#define IDS_FILE "ids"
#define FIRST_LINE \
	"# Names and ids that were ever used. agentauthctl appends to it; a line taken away gives a name " \
	"or an id anew.\n"

const char *id_kind_name(enum id_kind kind)
{
	static const char *const names[] = {"agent", "role", "group"};

	return names[kind];
}

/* ---- look-up ------------------------------------------------------------- */

static size_t hash_id(uint32_t id)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static size_t hash_name(enum id_kind kind, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) + (uint64_t)kind; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static void put(uint32_t *table, size_t slots, size_t hash, size_t index)
{
	size_t i = hash & (slots - 1);

	while (table[i])
		i = (i + 1) & (slots - 1);
	table[i] = (uint32_t)index + 1;
}

static void index_id(struct ids *ids, size_t i)
{
	put(ids->by_name, ids->slots, hash_name(ids->v[i].kind, ids->v[i].name), i);
	put(ids->by_id, ids->slots, hash_id(ids->v[i].id), i);
}

/* make_slots() keeps at least half of the slots free. */
static void make_slots(struct ids *ids, size_t n)
{
	size_t slots = ids->slots ? ids->slots : 1024;

	while (slots < n * 2)
		slots *= 2;
	if (slots == ids->slots)
		return;
	free(ids->by_name);
	free(ids->by_id);
	ids->slots = slots;
	ids->by_name = xcalloc(slots, sizeof(*ids->by_name));
	ids->by_id = xcalloc(slots, sizeof(*ids->by_id));
	for (size_t i = 0; i < ids->n; i++)
		index_id(ids, i);
}

/* find_name() also finds what another host gave. */
static struct given_id *find_name(const struct ids *ids, enum id_kind kind, const char *name)
{
	if (!ids->slots)
		return NULL;
	for (size_t i = hash_name(kind, name) & (ids->slots - 1); ids->by_name[i];
	     i = (i + 1) & (ids->slots - 1)) {
		struct given_id *e = &ids->v[ids->by_name[i] - 1];

		if (e->kind == kind && strcmp(e->name, name) == 0)
			return e;
	}
	return NULL;
}

struct given_id *ids_by_name(const struct ids *ids, enum id_kind kind, const char *name)
{
	struct given_id *e = find_name(ids, kind, name);

	return e && !e->elsewhere ? e : NULL;
}

struct given_id *ids_by_id(const struct ids *ids, uint32_t id)
{
	if (!ids->slots)
		return NULL;
	for (size_t i = hash_id(id) & (ids->slots - 1); ids->by_id[i]; i = (i + 1) & (ids->slots - 1)) {
		struct given_id *e = &ids->v[ids->by_id[i] - 1];

		if (e->id == id)
			return e;
	}
	return NULL;
}

static struct given_id *add(struct ids *ids, enum id_kind kind, const char *name, uint32_t id)
{
	struct given_id *e;

	make_slots(ids, ids->n + 1);
	grow(&ids->v, &ids->cap, ids->n + 1, sizeof(*ids->v));
	e = &ids->v[ids->n];
	*e = (struct given_id){.kind = kind, .id = id};
	snprintf(e->name, sizeof(e->name), "%s", name);
	index_id(ids, ids->n++);
	return e;
}

/* ---- the file ------------------------------------------------------------ */

static bool kind_parse(const char *word, enum id_kind *ret)
{
	for (enum id_kind kind = ID_AGENT; kind <= ID_GROUP; kind++)
		if (strcmp(word, id_kind_name(kind)) == 0) {
			*ret = kind;
			return true;
		}
	return false;
}

/* split() cuts `line` at its spaces into exactly `n` words. */
static bool split(char *line, char **words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		words[i] = line;
		line = strchr(line, ' ');
		if (i == n - 1)
			return line == NULL;
		if (!line)
			return false;
		*line++ = '\0';
	}
	return false;
}

static bool read_line(struct ids *ids, char *line)
{
	struct given_id *e;
	enum id_kind kind;
	char *words[5];
	int64_t id, when;
	bool retire, hold;

	if (*line == '#')
		return true;
	if (!split(line, words, 5) || !kind_parse(words[1], &kind) || !aa_name_is_valid(words[2], 32) ||
	    !aa_number_parse(words[3], 1, INT32_MAX, &id) || !aa_utc_parse(words[4], &when))
		return false;
	retire = strcmp(words[0], "retire") == 0;
	hold = strcmp(words[0], "hold") == 0;
	if (!retire && !hold && strcmp(words[0], "use") != 0)
		return false;
	e = find_name(ids, kind, words[2]);
	if (!e || e->id != id) {
		e = add(ids, kind, words[2], (uint32_t)id);
		e->elsewhere = retire;
	}
	e->elsewhere = hold || (e->elsewhere && retire);
	e->retired = retire;
	e->time = when;
	e->first = e->first ? e->first : when;
	return true;
}

static int read_lines(struct ids *ids, char *text, const char *path, struct problems *problems)
{
	struct position position = {.file = path, .column = 1};
	char *end;

	for (char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		position.line++;
		if (!read_line(ids, line)) {
			problem_error(problems, &position,
				      "this line is damaged; it says which names and ids must never be given "
				      "again, so nothing is published. Restore the file from a backup");
			return -1;
		}
		ids->length = (size_t)(end + 1 - text);
	}
	return 0;
}

int ids_read(struct ids *ids, int dirfd, const char *statedir, uid_t owner, struct problems *problems)
{
	char *path = xasprintf("%s/" IDS_FILE, statedir), *text = NULL;
	struct position position = {.file = path};
	size_t size = 0;
	int r = aa_trusted_read(dirfd, IDS_FILE, owner, SIZE_MAX - 1, &text, &size);

	if (r == -ENOENT) {
		free(path);
		return 0;
	}
	if (r < 0) {
		problem_error(problems, &position, "cannot be read: %s", strerror(-r));
	} else {
		make_slots(ids, size / 48);
		r = read_lines(ids, text, path, problems);
	}
	free(text);
	free(path);
	return r < 0 ? -1 : 0;
}

int ids_parse(struct ids *ids, char *text, const char *path, struct problems *problems)
{
	make_slots(ids, strlen(text) / 48);
	return read_lines(ids, text, path, problems);
}

char *ids_text(const struct ids *ids)
{
	struct buffer b = {0};
	char when[32];

	for (size_t i = 0; i < ids->n; i++) {
		const struct given_id *e = &ids->v[i];

		aa_utc_print(e->time, when);
		if (e->kind != ID_GROUP)
			buffer_printf(&b, "%s %s %s %u %s\n", e->retired ? "retire" : "hold",
				      id_kind_name(e->kind), e->name, e->id, when);
	}
	return buffer_take(&b);
}

void ids_free(struct ids *ids)
{
	free(ids->v);
	free(ids->by_name);
	free(ids->by_id);
	*ids = (struct ids){0};
}

/* ---- claiming ------------------------------------------------------------ */

static bool refuse_name(const struct given_id *e, uint32_t id, char *why, size_t size)
{
	char when[32];

	aa_utc_print(e->time, when);
	if (e->retired)
		snprintf(why, size,
			 "the %s %s was retired on %.10s; its name and its id %u are never given again, "
			 "since files and logs still mean the old one. Choose another name%s%s",
			 id_kind_name(e->kind), e->name, when, e->id,
			 e->kind == ID_AGENT && !e->elsewhere
			     ? "; the same agent comes back, within 30 days, by agentauthctl restore "
			     : "",
			 e->kind == ID_AGENT && !e->elsewhere ? e->name : "");
	else if (e->elsewhere)
		snprintf(
		    why, size,
		    "the %s %s has the id %u on the host that its name was imported from; it is the same one "
		    "here, with that id (and not %u), or has another name",
		    id_kind_name(e->kind), e->name, e->id, id);
	else
		snprintf(why, size,
			 "the %s %s has had the id %u since it was published; an id cannot change (to %u), "
			 "since its files keep the old one",
			 id_kind_name(e->kind), e->name, e->id, id);
	return false;
}

static bool refuse_id(const struct given_id *e, uint32_t id, char *why, size_t size)
{
	if (e->kind == ID_GROUP)
		snprintf(why, size, "%u is, or was, the gid of the group of all agents", id);
	else if (e->retired)
		snprintf(why, size,
			 "%u was the id of %s %s, which is retired; it is never given again, since files "
			 "still have it",
			 id, id_kind_name(e->kind), e->name);
	else
		snprintf(why, size, "%u is the id of the %s %s", id, id_kind_name(e->kind), e->name);
	return false;
}

bool ids_claim(struct ids *ids, enum id_kind kind, const char *name, uint32_t id, char *why, size_t size)
{
	struct given_id *named = find_name(ids, kind, name), *numbered = ids_by_id(ids, id);

	if (named && named->id == id && !named->retired) {
		named->is_new = named->is_new || named->elsewhere;
		named->elsewhere = named->is_brought = false;
		named->seen = true;
		return true;
	}
	if (kind == ID_GROUP && (!numbered || numbered->kind == ID_GROUP)) {
		numbered = numbered ? numbered : add(ids, kind, name, id);
		numbered->is_new = numbered->time == 0;
		numbered->seen = true;
		return true;
	}
	if (named && kind != ID_GROUP)
		return refuse_name(named, id, why, size);
	if (numbered)
		return refuse_id(numbered, id, why, size);
	numbered = add(ids, kind, name, id);
	numbered->is_new = numbered->seen = true;
	return true;
}

void ids_restore(struct given_id *e)
{
	e->retired = false;
	e->is_new = true;
}

bool ids_bring(struct ids *ids, const struct given_id *brought, char *why, size_t size)
{
	struct given_id *named = find_name(ids, brought->kind, brought->name),
			*numbered = ids_by_id(ids, brought->id);

	if (!named && !numbered)
		named = numbered = add(ids, brought->kind, brought->name, brought->id);
	else if (!named && numbered)
		return refuse_id(numbered, brought->id, why, size);
	else if (named->id != brought->id)
		return refuse_name(named, brought->id, why, size);
	else if (!named->elsewhere || named->retired || !brought->retired)
		return true; /* this host knows it */
	named->elsewhere = named->is_brought = true;
	named->retired = brought->retired;
	named->time = brought->time;
	return true;
}

uint32_t ids_lowest_free(const struct ids *ids, uint32_t from, uint32_t to,
			 bool (*taken)(const void *data, uint32_t id), const void *data)
{
	for (uint32_t id = from; id <= to && id >= from; id++)
		if (aa_id_is_servable(id) && !ids_by_id(ids, id) && !taken(data, id))
			return id;
	return 0;
}

bool given_id_goes(const struct given_id *e)
{
	return !e->seen && !e->retired && !e->elsewhere && e->kind != ID_GROUP;
}

/* ---- writing ------------------------------------------------------------- */

static int append(int fd, off_t at, const struct buffer *lines)
{
	for (size_t done = 0; done < lines->len;) {
		ssize_t n = pwrite(fd, lines->data + done, lines->len - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int append_lines(struct ids *ids, int dirfd, const struct buffer *lines)
{
	int fd, r = 0;

	if (lines->len == 0)
		return 0;
	fd = openat(dirfd, IDS_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)ids->length) < 0) /* a line that a crash cut short */
		r = -errno;
	if (r == 0)
		r = append(fd, (off_t)ids->length, lines);
	if (r == 0 && fsync(dirfd) < 0)
		r = -errno;
	close(fd);
	if (r == 0)
		ids->length += lines->len;
	return r;
}

static void put_line(struct buffer *lines, const char *verb, const struct given_id *e, const char *when)
{
	buffer_printf(lines, "%s %s %s %u %s\n", verb, id_kind_name(e->kind), e->name, e->id, when);
}

static void put_brought(struct buffer *lines, const struct given_id *e)
{
	char when[32];

	aa_utc_print(e->time, when);
	put_line(lines, e->retired ? "retire" : "hold", e, when);
}

int ids_write(struct ids *ids, int dirfd, int64_t now, bool retire)
{
	struct buffer lines = {0};
	char when[32];
	int r;

	aa_utc_print(now, when);
	if (ids->length == 0)
		buffer_puts(&lines, FIRST_LINE);
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i].is_brought)
			put_brought(&lines, &ids->v[i]);
		else if (ids->v[i].is_new)
			put_line(&lines, "use", &ids->v[i], when);
	for (size_t i = 0; retire && i < ids->n; i++)
		if (given_id_goes(&ids->v[i]))
			put_line(&lines, "retire", &ids->v[i], when);
	r = append_lines(ids, dirfd, &lines);
	buffer_free(&lines);
	return r;
}

int ids_take_back(int dirfd, size_t length)
{
	int fd, r;

	if (length == 0)
		return unlinkat(dirfd, IDS_FILE, 0) < 0 && errno != ENOENT ? -errno : 0;
	fd = openat(dirfd, IDS_FILE, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = ftruncate(fd, (off_t)length) < 0 || fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}
