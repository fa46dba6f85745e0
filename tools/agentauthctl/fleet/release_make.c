/* SPDX-License-Identifier: Apache-2.0 */
/* release_make.c makes a release of a registry's text, see release_make.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/release_make.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/fleet/fleet_main.h"
#include "tools/agentauthctl/fleet/label.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/publish/compile.h"
#include "tools/agentauthctl/publish/record.h"

struct making {
	struct workspace *ws;
	const struct release_before *before;
	int64_t now;
	struct ids ids; /* the fleet's */
	struct release_made *out;
};

static void fail(const struct making *m, const char *what, const char *why)
{
	problem_error(m->ws->problems, NULL, "%s: %s", what, why);
}

/* ---- files --------------------------------------------------------------- */

/* add_file() takes over `bytes`. */
static bool add_file(struct making *m, const char *path, char *bytes, size_t len)
{
	struct release_made *out = m->out;
	char digest[AA_SHA256_HEX_SIZE];

	grow(&out->v, &out->cap, out->n + 1, sizeof(*out->v));
	out->v[out->n++] = (struct making_file){xstrdup(path), bytes, len};
	if (aa_sha256_hex(digest, bytes, len) == 0 &&
	    json_object_set_new(out->release.files, path, json_string(digest)) == 0)
		return true;
	fail(m, path, "cannot be hashed");
	return false;
}

/* before_file() returns a file of the release before, or NULL. */
static char *before_file(const struct making *m, const char *path, size_t max, size_t *ret_len)
{
	const char *digest = json_string_value(json_object_get(m->before->release.files, path));
	char *bytes;

	return digest && source_file(m->before->dirfd, digest, max, &bytes, ret_len) == 0 ? bytes : NULL;
}

/* ---- ids -------------------------------------------------------------------- */

/* claim() gives a name its id in the whole fleet. An agent that was retired and that the registry has again is the same. */
static bool claim(struct making *m, enum id_kind kind, const char *name, uint32_t id)
{
	const struct given_id *here = ids_by_name(&m->ws->ids, kind, name);
	struct given_id *given = ids_by_id(&m->ids, id);
	char why[400];

	if (given && given->retired && given->kind == kind && strcmp(given->name, name) == 0 && here &&
	    !here->retired && here->id == id)
		ids_restore(given);
	if (ids_claim(&m->ids, kind, name, id, why, sizeof(why)))
		return true;
	fail(m, name, why);
	return false;
}

static bool begin_ids(struct making *m)
{
	size_t len;
	char *text;
	bool good;

	if (!m->before->release.json)
		return true;
	text = before_file(m, RELEASE_IDS, RELEASE_IDS_MAX, &len);
	good = text && ids_parse(&m->ids, text, RELEASE_IDS, m->ws->problems) == 0;
	if (!text)
		fail(m, "the release before",
		     "its file ids is missing or is not what was signed; without it a name could be given "
		     "twice");
	free(text);
	return good;
}

static bool put_ids(struct making *m)
{
	char *text;

	for (size_t i = 0; i < m->ids.n; i++) {
		struct given_id *e = &m->ids.v[i];
		bool goes = !e->seen && !e->retired;

		if (e->is_new || goes)
			e->time = e->time && !goes ? e->time : m->now;
		e->retired = e->retired || goes;
	}
	text = ids_text(&m->ids);
	return add_file(m, RELEASE_IDS, text, strlen(text));
}

/* ---- agents ------------------------------------------------------------------- */

/* agent_folder is a folder of agents' files: agents.d, or that of a label. */
struct agent_folder {
	int fd;
	const char *dir, *prefix, *label;
	struct agent_names names;
};

static char *shown_name(const struct agent_folder *folder, const char *agent)
{
	return *folder->label ? xasprintf("%s (on hosts with the label %s)", agent, folder->label)
			      : xstrdup(agent);
}

/* compare() finds what differs from that agent in the release before, whose text may not be in order any more. */
static void compare(struct making *m, const struct agent_folder *folder, const char *path,
		    const struct compiled_agent *a)
{
	size_t len = 0;
	char *was = before_file(m, path, CONF_TEXT_MAX, &len), *shown = shown_name(folder, a->name);
	struct conf_text text = {0};
	const struct text_change change = {.agent = a->name, .agent_text = &text};
	const struct compile_source source = {.model = &m->ws->model,
					      .agents_fd = folder->fd,
					      .dir = folder->dir,
					      .owner = m->ws->paths->owner,
					      .pending = &change};
	struct buffer record = {0};

	if (was)
		conf_text_set(&text, path, was, len);
	if (was && !compile_record(&source, a->name, &record))
		changes_add(&m->out->changes, CHANGE_CHANGED, "agent", shown);
	else
		changes_compare_records(&m->out->changes, "agent", shown, was ? record.data : NULL,
					record.len, a->policy, a->policy_len);
	conf_text_free(&text);
	buffer_free(&record);
	free(shown);
	free(was);
}

static bool put_agent(struct making *m, const struct agent_folder *folder, const struct compiled_agent *a)
{
	char *path = xasprintf("%s" RELEASE_AGENTS "%s" AGENT_SUFFIX, folder->prefix, a->name);
	char *base = xasprintf("%s" AGENT_SUFFIX, a->name);
	struct conf_text text = {0};
	const char *before;
	bool good =
	    claim(m, ID_AGENT, a->name, a->uid) &&
	    conf_text_read(folder->fd, folder->dir, base, m->ws->paths->owner, m->ws->problems, &text) == 0 &&
	    add_file(m, path, xstrndup(text.bytes, text.len), text.len);

	before = json_string_value(json_object_get(m->before->release.files, path));
	if (good &&
	    (!before || strcmp(before, json_string_value(json_object_get(m->out->release.files, path))) != 0))
		compare(m, folder, path, a);
	conf_text_free(&text);
	free(base);
	free(path);
	return good;
}

static bool put_agents(struct making *m, const struct agent_folder *folder)
{
	const struct compile_source source = {.model = &m->ws->model,
					      .agents_fd = folder->fd,
					      .dir = folder->dir,
					      .owner = m->ws->paths->owner};
	struct compilation *compilation = compile_start(&source, &folder->names);
	struct compiled_agent *a;
	bool good = true;

	while ((a = compile_next(compilation))) {
		problems_move(m->ws->problems, &a->problems);
		good = a->ok && put_agent(m, folder, a) && good;
	}
	compile_end(compilation);
	return good;
}

static bool put_label(struct making *m, const char *label)
{
	char *dir = xasprintf("%s/" RELEASE_LABELS "%s/" AGENTS_DIR, m->ws->paths->confdir, label);
	char *prefix = xasprintf(RELEASE_LABELS "%s/", label), why[256];
	struct agent_folder folder = {-1, dir, prefix, label, {0}};
	bool good = check_label(label, why, sizeof(why));

	if (!good)
		fail(m, quoted(label), why);
	good = good && conf_dir_open(dir, m->ws->paths->owner, m->ws->problems, &folder.fd) == 0 &&
	       agent_names_read(&folder.names, folder.fd, dir, m->ws->problems) == 0 &&
	       put_agents(m, &folder);
	agent_names_free(&folder.names);
	if (folder.fd >= 0)
		close(folder.fd);
	free(prefix);
	free(dir);
	return good;
}

static bool put_labels(struct making *m)
{
	int fd = openat(m->ws->conf_fd, "labels", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool good = true;

	if (!list) {
		good = fd < 0 && errno == ENOENT;
		if (!good)
			fail(m, "labels", "the folder cannot be read");
		if (fd >= 0)
			close(fd);
		return good;
	}
	while ((entry = readdir(list)))
		if (entry->d_name[0] != '.')
			good = put_label(m, entry->d_name) && good;
	closedir(list);
	return good;
}

/* ---- issuers and roles ---------------------------------------------------------- */

static void compare_role(struct making *m, const struct aa_role *was, const struct aa_role *now)
{
	struct buffer a = {0}, b = {0};

	if (was)
		record_role(was, &a);
	record_role(now, &b);
	changes_compare_records(&m->out->changes, "role", now->name, was ? a.data : NULL, a.len, b.data,
				b.len);
	buffer_free(&a);
	buffer_free(&b);
}

static void compare_issuer(struct making *m, const struct aa_issuer *was, const struct aa_issuer *now)
{
	struct buffer a = {0}, b = {0};

	if (was)
		record_issuer(was, &a);
	record_issuer(now, &b);
	changes_compare_records(&m->out->changes, "issuer", now->name, was ? a.data : NULL, a.len, b.data,
				b.len);
	buffer_free(&a);
	buffer_free(&b);
}

static void compare_models(struct making *m, const struct model *was)
{
	const struct model *now = &m->ws->model;
	struct changes *changes = &m->out->changes;

	for (size_t i = 0; i < now->issuers.n; i++)
		compare_issuer(m, was ? model_issuer(was, now->issuers.v[i].name) : NULL, &now->issuers.v[i]);
	for (size_t i = 0; i < now->roles.n; i++)
		compare_role(m, was ? model_role(was, now->roles.v[i].name) : NULL, &now->roles.v[i]);
	for (size_t i = 0; was && i < was->issuers.n; i++)
		if (!model_issuer(now, was->issuers.v[i].name))
			changes_add(changes, CHANGE_REMOVED, "issuer", was->issuers.v[i].name);
	for (size_t i = 0; was && i < was->roles.n; i++)
		if (!model_role(now, was->roles.v[i].name))
			changes_add(changes, CHANGE_REMOVED, "role", was->roles.v[i].name);
}

static bool put_main(struct making *m)
{
	static const struct fleet_ceiling none;
	char *cut = fleet_main_cut(&m->ws->model.file), *was;
	struct fleet_refusal refusal;
	struct fleet_main then = {0};
	size_t len = 0;
	bool good = true;

	was = before_file(m, RELEASE_MAIN, CONF_TEXT_MAX, &len);
	compare_models(m, was && fleet_main_make(m->ws, &none, was, len, cut, &then, &refusal) ? &then.model
											       : NULL);
	fleet_main_free(&then);
	for (size_t i = 0; i < m->ws->model.roles.n; i++)
		good =
		    claim(m, ID_ROLE, m->ws->model.roles.v[i].name, (uint32_t)m->ws->model.roles.v[i].gid) &&
		    good;
	free(was);
	return add_file(m, RELEASE_MAIN, cut, strlen(cut)) && good;
}

static void list_gone(struct making *m)
{
	const struct agent_folder of_all = {.label = ""};
	char label[40], name[40];
	const char *path;
	json_t *digest;

	json_object_foreach(m->before->release.files, path, digest)
	{
		struct agent_folder folder = of_all;
		char *shown;

		if (!digest || json_object_get(m->out->release.files, path) ||
		    !release_agent_at(path, label, name))
			continue;
		folder.label = label;
		shown = shown_name(&folder, name);
		changes_add(&m->out->changes, CHANGE_REMOVED, "agent", shown);
		free(shown);
	}
}

bool release_make(struct workspace *ws, const struct release_before *before, int64_t now,
		  struct release_made *ret)
{
	struct making m = {.ws = ws, .before = before, .now = now, .out = ret};
	const struct agent_folder agents = {ws->agents_fd, ws->agents_dir, "", "", ws->names};
	bool good;

	*ret = (struct release_made){.release.json = json_object()};
	ret->release.files = json_object();
	json_object_set_new(ret->release.json, "files", ret->release.files);
	good = ws->problems->errors == 0 && begin_ids(&m) && put_main(&m);
	good = good && put_agents(&m, &agents) && put_labels(&m) && put_ids(&m);
	if (good)
		list_gone(&m);
	ids_free(&m.ids);
	return good && ws->problems->errors == 0;
}

void release_made_free(struct release_made *made)
{
	for (size_t i = 0; i < made->n; i++) {
		free(made->v[i].path);
		free(made->v[i].bytes);
	}
	free(made->v);
	release_free(&made->release);
	changes_free(&made->changes);
}
