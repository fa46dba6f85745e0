/* SPDX-License-Identifier: Apache-2.0 */
/* stop_store.c keeps stops and lifts, see stop_store.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/stop_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/fleet/taken.h"
#include "tools/cli/alloc.h"

#define KEPT_FOLDER TAKEN_FOLDER "/" STOPS_FOLDER

/* ---- names ------------------------------------------------------------------ */

struct names {
	char **v;
	size_t n, cap;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* take_name() takes "HEX" out of "HEX.jws". */
static bool take_name(const char *file, char ret[AA_SHA256_HEX_SIZE])
{
	size_t len = strlen(file), end = strlen(STOP_SUFFIX);

	if (len != AA_SHA256_HEX_SIZE - 1 + end || strcmp(file + len - end, STOP_SUFFIX) != 0)
		return false;
	memcpy(ret, file, len - end);
	ret[len - end] = '\0';
	return release_is_digest(ret);
}

/* list_names() lists the names in an open folder, which it closes, in their order; a stranger's folder is not read past any
 * number that makes sense. */
static void list_names(int fd, struct names *ret)
{
	DIR *list = fdopendir(fd);
	const struct dirent *entry;
	char name[AA_SHA256_HEX_SIZE];

	while (list && ret->n < 2 * STOPS_KEPT && (entry = readdir(list)))
		if (take_name(entry->d_name, name)) {
			grow(&ret->v, &ret->cap, ret->n + 1, sizeof(*ret->v));
			ret->v[ret->n++] = xstrdup(name);
		}
	if (list)
		closedir(list);
	else
		close(fd);
	aa_sort(ret->v, ret->n, sizeof(*ret->v), compare_names);
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

/* ---- what is kept ----------------------------------------------------------- */

static struct stop *add(struct stops *stops)
{
	grow(&stops->v, &stops->cap, stops->n + 1, sizeof(*stops->v));
	return &stops->v[stops->n++];
}

static int read_kept(int fd, const char *name, uid_t owner, struct stops *stops)
{
	char file[AA_SHA256_HEX_SIZE + 8], why[128], *text = NULL;
	size_t len;
	int r;

	snprintf(file, sizeof(file), "%s" STOP_SUFFIX, name);
	r = aa_trusted_read(fd, file, owner, STOP_MAX, &text, &len);
	if (r == 0 && !stop_read(text, len, add(stops), why, sizeof(why)))
		r = -EBADMSG;
	free(text);
	return r;
}

int stop_store_read(const char *statedir, uid_t owner, struct stops *ret)
{
	int fd = aa_folder_open(statedir, KEPT_FOLDER), r = 0, copy;
	struct names names = {0};

	*ret = (struct stops){0};
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		r = -errno;
	else
		list_names(copy, &names);
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = read_kept(fd, names.v[i], owner, ret);
	names_free(&names);
	close(fd);
	return r;
}

void stops_free(struct stops *stops)
{
	for (size_t i = 0; i < stops->n; i++)
		stop_free(&stops->v[i]);
	free(stops->v);
	*stops = (struct stops){0};
}

/* keep() writes one, durable, and takes it into `stops`. */
static int keep(const char *statedir, const char *text, size_t len, struct stops *stops)
{
	static const char *const folders[] = {TAKEN_FOLDER, KEPT_FOLDER};
	const struct aa_replace how = {.synced = true};
	char file[AA_SHA256_HEX_SIZE + 8], why[128];
	struct stop *stop = add(stops);
	int r = -EBADMSG, fd;

	if (stop_read(text, len, stop, why, sizeof(why)))
		r = aa_folder_make(statedir, folders, sizeof(folders) / sizeof(*folders));
	fd = r < 0 ? r : aa_folder_open(statedir, KEPT_FOLDER);
	if (fd < 0)
		return fd;
	snprintf(file, sizeof(file), "%s" STOP_SUFFIX, stop->id);
	r = aa_replace(fd, file, text, len, &how);
	close(fd);
	return r;
}

/* ---- asking ------------------------------------------------------------------ */

/* find() finds one by its ID, or by its file's digest. NULL: it is not kept. */
static const struct stop *find(const struct stops *stops, const char *digest)
{
	for (size_t i = 0; i < stops->n; i++)
		if (strcmp(stops->v[i].name, digest) == 0 || strcmp(stops->v[i].id, digest) == 0)
			return &stops->v[i];
	return NULL;
}

bool stops_hold(const struct stops *stops, size_t i)
{
	if (stops->v[i].kind == STOP_LIFT)
		return false;
	for (size_t k = 0; k < stops->n; k++)
		if (stops->v[k].kind == STOP_LIFT && strcmp(stops->v[k].value, stops->v[i].id) == 0)
			return false;
	return true;
}

const struct stop *stops_of(const struct stops *stops, const struct aa_agent *agent)
{
	for (size_t i = 0; i < stops->n; i++)
		if (stop_fits(&stops->v[i], agent) && stops_hold(stops, i))
			return &stops->v[i];
	return NULL;
}

/* ---- gathering --------------------------------------------------------------- */

struct gathering {
	const struct fleet_conf *conf;
	int dirfd;
	const char *statedir;
	bool dry_run;
	struct stops *stops;
	size_t refused;
	struct fleet_refusal *refusal;
};

/* take_text() keeps a statement that holds. With a rehearsal it is known, and not written. */
static int take_text(struct gathering *g, const char *text, size_t len)
{
	char why[128];

	if (!g->dry_run)
		return keep(g->statedir, text, len, g->stops);
	(void)stop_read(text, len, add(g->stops), why, sizeof(why));
	return 0;
}

/* gather_one() returns 1 where it was taken, 0 where it was not, or a negative errno of the store. */
static int gather_one(struct gathering *g, const char *name)
{
	char file[AA_SHA256_HEX_SIZE + 8], *text = NULL;
	struct fleet_refusal refusal;
	struct stop stop = {0};
	size_t len = 0;
	bool good;
	int r;

	snprintf(file, sizeof(file), "%s" STOP_SUFFIX, name);
	r = source_read(g->dirfd, STOPS_FOLDER, file, STOP_MAX, &text, &len);
	if (r < 0)
		good = fleet_refuse(&refusal, r == -EFBIG ? AA_OVERSIZE : AA_MALFORMED,
				    "the stop %.12s cannot be read: %s", name, source_error(r));
	else
		good = stop_check(g->conf, text, len, &stop, &refusal);
	if (good && strcmp(stop.name, name) != 0)
		good = fleet_refuse(&refusal, AA_MALFORMED, "the stop %.12s has not the name of its content",
				    name);
	/* A lift that is passed on, and waits for the next person to sign. */
	if (!good && (stop.kind != STOP_LIFT || !stop.signer[0]) && g->refused++ == 0)
		*g->refusal = refusal;
	good = good && !find(g->stops, stop.id); /* the same, written otherwise */
	r = good ? take_text(g, text, len) : 0;
	stop_free(&stop);
	free(text);
	return r < 0 ? r : good;
}

int stops_gather(const struct fleet_conf *conf, int dirfd, const char *statedir, bool dry_run,
		 struct stops *stops, size_t *ret_refused, struct fleet_refusal *refusal)
{
	struct gathering g = {conf, dirfd, statedir, dry_run, stops, 0, refusal};
	int fd = openat(dirfd, STOPS_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), n = 0, r = 0;
	struct names names = {0};

	if (fd >= 0)
		list_names(fd, &names);
	for (size_t i = 0; i < names.n && r >= 0 && stops->n < STOPS_KEPT; i++) {
		r = find(stops, names.v[i]) ? 0 : gather_one(&g, names.v[i]);
		n += r > 0;
	}
	names_free(&names);
	*ret_refused = g.refused;
	return r < 0 ? r : n;
}
