/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_agents.c finds the agents' files that a release changes, see fleet_agents.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/fleet_agents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/sort.h"
#include "tools/agentauthctl/fleet/source.h"

/* ---- names --------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void add_names(struct fleet_agents *a, const struct release *release)
{
	char label[40], name[40];
	const char *path;
	json_t *digest;

	json_object_foreach(release->files, path, digest)
	{
		if (!digest || !release_agent_at(path, label, name))
			continue;
		grow(&a->names, &a->cap, a->n_names + 1, sizeof(*a->names));
		a->names[a->n_names++] = xstrdup(name);
	}
}

/* list_names() has each name once that this release or the one before has, on whichever hosts. */
static void list_names(const struct fleet_source *s, struct fleet_agents *a)
{
	size_t n = 0;

	add_names(a, s->release);
	if (s->own->release.json)
		add_names(a, &s->own->release);
	aa_sort(a->names, a->n_names, sizeof(*a->names), compare_names);
	for (size_t i = 0; i < a->n_names; i++)
		if (n && strcmp(a->names[n - 1], a->names[i]) == 0)
			free(a->names[i]);
		else
			a->names[n++] = a->names[i];
	a->n_names = n;
}

static bool was_of_fleet(const struct fleet_source *s, const char *name)
{
	return s->own->release.json && release_agent_digest(&s->own->release, &s->conf->labels, name);
}

/* ---- texts ---------------------------------------------------------------- */

/* one_agent is an agent whose text is looked at, with memory that is used again. */
struct one_agent {
	const struct fleet_source *s;
	struct fleet_agents *out;
	struct fleet_refusal *refusal;
	struct conf_file file;
	struct arena arena;
	struct conf_text here; /* the host's text of that name */
};

static struct agent_text *add_text(struct fleet_agents *a, const char *name)
{
	grow(&a->texts.v, &a->texts.cap, a->texts.n + 1, sizeof(*a->texts.v));
	a->texts.v[a->texts.n] = (struct agent_text){.name = name};
	return &a->texts.v[a->texts.n++];
}

/* read_here() returns whether the host has a text of that name, and in *ret_same whether it is the release's. A text that
 * cannot be believed is written over. */
static bool read_here(struct one_agent *one, const char *name, const char *digest, bool *ret_same)
{
	const struct workspace *ws = one->s->ws;
	char *base = xasprintf("%s" AGENT_SUFFIX, name), now[AA_SHA256_HEX_SIZE] = "";
	struct problems ignored = {0};
	int r = conf_text_read(ws->agents_fd, ws->agents_dir, base, ws->paths->owner, &ignored, &one->here);
	bool exists = faccessat(ws->agents_fd, base, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (r == 0)
		(void)aa_sha256_hex(now, one->here.bytes, one->here.len);
	*ret_same = r == 0 && digest && strcmp(now, digest) == 0;
	problems_free(&ignored);
	free(base);
	return exists;
}

static bool read_release(struct one_agent *one, const char *name, const char *digest)
{
	char *bytes, *path = xasprintf("%s/%s" AGENT_SUFFIX, one->s->ws->agents_dir, name);
	size_t len;
	int r = source_file(one->s->dirfd, digest, CONF_TEXT_MAX, &bytes, &len);

	if (r == 0)
		conf_text_set(&one->file.text, path, bytes, len);
	if (r == 0)
		free(bytes);
	else
		fleet_refuse(one->refusal, r == -EFBIG ? AA_OVERSIZE : AA_MALFORMED,
			     "the file of agent %s cannot be read: %s", name, source_error(r));
	free(path);
	return r == 0;
}

static bool look_at(struct one_agent *one, const char *name, bool local)
{
	struct problems problems = {0};
	struct aa_agent agent;
	bool good;

	arena_reset(&one->arena);
	good = agent_read(one->s->model, name, &one->file, &one->arena, &problems, &agent) == 0;
	if (!good)
		fleet_refuse(one->refusal, AA_MALFORMED, "agent %s is not in order on this host: %s%s%s",
			     name, problems.n && problems.v[0].setting ? problems.v[0].setting : "",
			     problems.n && problems.v[0].setting ? ": " : "",
			     problems.n ? problems.v[0].what : "it cannot be read");
	problems_free(&problems);
	return good && one->s->each(one->s->data, &agent, local, one->refusal);
}

static bool take_agent(struct one_agent *one, const char *name, const char *digest)
{
	bool same, exists = read_here(one, name, digest, &same);
	struct agent_text *text;

	one->out->n++;
	if (same)
		conf_text_set(&one->file.text, one->here.path, one->here.bytes, one->here.len);
	else if (!read_release(one, name, digest))
		return false;
	if (!look_at(one, name, exists && !was_of_fleet(one->s, name)))
		return false;
	if (same)
		return true;
	text = add_text(one->out, name);
	conf_text_set(&text->text, one->file.text.path, one->file.text.bytes, one->file.text.len);
	return true;
}

bool fleet_agents_make(const struct fleet_source *s, struct fleet_agents *ret, struct fleet_refusal *refusal)
{
	struct one_agent one = {.s = s, .out = ret, .refusal = refusal};
	bool good = true, same;

	*ret = (struct fleet_agents){0};
	list_names(s, ret);
	for (size_t i = 0; i < ret->n_names && good; i++) {
		const char *name = ret->names[i];
		const char *digest = release_agent_digest(s->release, &s->conf->labels, name);

		if (digest)
			good = take_agent(&one, name, digest);
		else if (was_of_fleet(s, name) && read_here(&one, name, NULL, &same))
			add_text(ret, name)->gone = true;
	}
	conf_file_free(&one.file);
	conf_text_free(&one.here);
	arena_free(&one.arena);
	return good;
}

void fleet_agents_free(struct fleet_agents *a)
{
	for (size_t i = 0; i < a->texts.n; i++)
		conf_text_free(&a->texts.v[i].text);
	for (size_t i = 0; i < a->n_names; i++)
		free(a->names[i]);
	free(a->texts.v);
	free(a->names);
	*a = (struct fleet_agents){0};
}
