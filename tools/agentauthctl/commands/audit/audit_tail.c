/* SPDX-License-Identifier: Apache-2.0 */
/* audit_tail.c: prints the last records that are asked for, and those that are written meanwhile. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_chain.h"
#include "common/text/number.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/clock.h"

#define LINES 10
#define LINES_MAX 10000
#define POLL_MS 300
#define FIRST_SPAN (256 * 1024) /* bytes */

struct tail {
	struct ctl *ctl;
	struct log_query query;
	bool why;
	json_t **last; /* the newest at the end */
	size_t most, have;
	json_t **ring; /* of a file's last ones */
	size_t room, n;
	struct log_file current; /* with --follow; fd -1: there is none */
	ino_t inode;
};

static void put(const struct tail *t, const json_t *record)
{
	char *text;

	if (t->ctl->json) {
		text = json_dumps(record, JSON_COMPACT);
		puts(text ? text : "");
	} else {
		text = audit_text(record, t->why);
		puts(text);
	}
	free(text);
}

static bool keep(void *data, json_t *record, const struct log_line *line)
{
	struct tail *t = data;
	json_t **place = &t->ring[t->n++ % t->room];

	(void)line;
	json_decref(*place);
	*place = record;
	return true;
}

static void forget(struct tail *t)
{
	for (size_t i = 0; i < t->most; i++) {
		json_decref(t->ring[i]);
		t->ring[i] = NULL;
	}
	t->n = 0;
}

/* Looks at the end of a file, and further and further back until there are enough. */
static bool find_in_file(struct tail *t, const struct log_files *one)
{
	uint64_t size = one->v[0].size, span = one->v[0].unpacked_by ? size : FIRST_SPAN;
	bool all = true;

	do {
		forget(t);
		t->query.from = span < size ? size - span : 0;
		all = log_query_walk(&t->query, one, &t->ctl->problems, NULL, keep, t);
		span *= 8;
	} while (t->n < t->room && t->query.from);
	t->query.from = 0;
	return all;
}

/* Puts what a file has before what the files behind it have. */
static void take_ring(struct tail *t)
{
	size_t n = t->n < t->room ? t->n : t->room;

	for (size_t i = 0; i < n; i++) {
		json_t **place = &t->ring[(t->n - n + i) % t->room];

		t->last[t->most - t->have - n + i] = *place;
		*place = NULL;
	}
	t->have += n;
	t->n = 0;
}

static bool find_last(struct tail *t, const struct log_files *files)
{
	bool all = true;

	for (size_t i = files->n; i-- > 0 && t->have < t->most;) {
		struct log_files one = *files;

		one.v = &files->v[i];
		one.n = 1;
		t->room = t->most - t->have;
		all = find_in_file(t, &one) && all;
		take_ring(t);
	}
	return all;
}

static void put_last(const struct tail *t)
{
	for (size_t i = t->most - t->have; i < t->most; i++)
		put(t, t->last[i]);
}

/* ---- --follow ------------------------------------------------------------ */

/* Opens the log as it is named now. */
static void open_current(struct tail *t)
{
	char *path = xasprintf("%s/" AA_AUDIT_LOG, t->ctl->logdir);
	struct stat st;
	size_t size;
	int fd;

	if (aa_trusted_open(AT_FDCWD, path, t->ctl->paths.owner, &fd, &size) == 0) {
		if (t->current.fd >= 0)
			close(t->current.fd);
		t->current = (struct log_file){.fd = fd};
		t->inode = fstat(fd, &st) == 0 ? st.st_ino : 0;
	}
	free(path);
}

static bool is_still_named(const struct tail *t)
{
	char *path = xasprintf("%s/" AA_AUDIT_LOG, t->ctl->logdir);
	struct stat st;
	bool same = t->current.fd >= 0 && stat(path, &st) == 0 && st.st_ino == t->inode;

	free(path);
	return same;
}

/* Prints what was written since. */
static void put_new(struct tail *t)
{
	uint64_t from = t->current.size;
	struct log_reader reader;
	struct log_line line;
	struct stat st;

	if (t->current.fd < 0 || fstat(t->current.fd, &st) < 0 || (uint64_t)st.st_size == from)
		return;
	t->current.size = (uint64_t)st.st_size;
	if (t->current.size < from) /* emptied in its place */
		from = 0;
	if (log_reader_begin(&reader, &t->current)) {
		log_reader_seek(&reader, from);
		while (log_reader_next(&reader, &line)) {
			json_t *record = log_query_take(&t->query, &line);

			if (record)
				put(t, record);
			json_decref(record);
		}
	}
	(void)log_reader_end(&reader);
	(void)fflush(stdout);
}

static void follow(struct tail *t)
{
	for (;;) {
		put_new(t);
		if (!is_still_named(t)) {
			put_new(t); /* the last ones, before it was turned */
			open_current(t);
		} else {
			clock_wait(POLL_MS);
		}
		if (ferror(stdout))
			return;
	}
}

/* ---- the command --------------------------------------------------------- */

static enum ctl_status tail(struct tail *t, const struct arguments *arguments)
{
	bool follows = arguments_have(arguments, "follow");
	struct log_files files;
	enum ctl_status status;
	struct stat st;

	if (follows)
		open_current(t);
	/* Lines that are written while the end is read are found by the size. */
	if (t->current.fd >= 0 && fstat(t->current.fd, &st) == 0)
		t->current.size = (uint64_t)st.st_size;
	status = audit_open(t->ctl, &log_decisions, true, &files);
	if (status == CTL_DONE && !find_last(t, &files))
		status = CTL_FAILED;
	put_last(t);
	log_files_close(&files);
	(void)fflush(stdout);
	if (status == CTL_DONE && follows)
		follow(t);
	return status;
}

static int run_tail(struct ctl *ctl, const struct arguments *arguments)
{
	const char *lines = arguments_value(arguments, "lines");
	struct tail t = {.ctl = ctl, .why = arguments_have(arguments, "why"), .current = {.fd = -1}};
	int64_t most = LINES;
	enum ctl_status status;

	if (lines && !aa_number_parse(lines, 1, LINES_MAX, &most))
		return ctl_usage(ctl, "--lines is a number from 1 to %d, not %s", LINES_MAX, quoted(lines));
	t.most = (size_t)most;
	t.last = xcalloc(t.most, sizeof(json_t *));
	t.ring = xcalloc(t.most, sizeof(json_t *));
	status = audit_filters(ctl, arguments, &t.query);
	if (status == CTL_DONE)
		status = tail(&t, arguments);
	forget(&t);
	for (size_t i = 0; i < t.most; i++)
		json_decref(t.last[i]);
	free(t.last);
	free(t.ring);
	if (t.current.fd >= 0)
		close(t.current.fd);
	log_query_free(&t.query);
	return status;
}

const struct command audit_tail = {
    .name = "tail",
    .words = "",
    .summary = "show the last records, and with --follow those that come",
    .about = "Several options ask for the records that fit all of them. With --json each record is an object "
	     "of its "
	     "own line.",
    .options = (const struct option_spec[]){{"lines", "N", "so many of them (10)", 0, NULL},
					    {"follow", NULL, "go on until interrupted", 0, NULL},
					    AUDIT_FILTERS,
					    {"why", NULL, "the sentence of each reason, too", 0, NULL},
					    {0}},
    .run = run_tail,
};
