/* SPDX-License-Identifier: Apache-2.0 */
/* take.c verifies a release and makes it a change of the text, see take.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/take.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/fleet/ceiling.h"
#include "tools/agentauthctl/fleet/fleet_ids.h"
#include "tools/agentauthctl/fleet/release_check.h"
#include "tools/agentauthctl/fleet/source.h"

static bool cannot_read(struct fleet_take *t, const char *what, int error)
{
	return fleet_refuse(&t->refusal, error == -EFBIG ? AA_OVERSIZE : AA_MALFORMED,
			    "%s of the release cannot be read: %s", what, source_error(error));
}

static bool read_manifest(struct fleet_take *t)
{
	int r = source_read(t->dirfd, NULL, RELEASE_MANIFEST, RELEASE_MANIFEST_MAX, &t->manifest,
			    &t->manifest_len);

	return r == 0 || cannot_read(t, "the manifest", r);
}

static const char *digest_of(const struct fleet_take *t, const char *path)
{
	return json_string_value(json_object_get(t->release.files, path));
}

static bool bring_ids(struct fleet_take *t)
{
	char *text = NULL;
	size_t len;
	int r = source_file(t->dirfd, digest_of(t, RELEASE_IDS), RELEASE_IDS_MAX, &text, &len);
	bool good = r == 0 || cannot_read(t, "the file ids", r);

	if (good && memchr(text, '\0', len))
		good = fleet_refuse(&t->refusal, AA_MALFORMED, "its file ids is damaged");
	good = good && fleet_ids_bring(&t->ws->ids, text, &t->ids, &t->refusal);
	free(text);
	return good;
}

static bool read_part(struct fleet_take *t)
{
	int r = source_file(t->dirfd, digest_of(t, RELEASE_MAIN), CONF_TEXT_MAX, &t->part, &t->part_len);

	return r == 0 || cannot_read(t, "agentauth.conf", r);
}

static bool see_agent(void *data, const struct aa_agent *agent, bool local, struct fleet_refusal *refusal)
{
	const struct fleet_take *t = data;

	return ceiling_allows_agent(&t->conf->ceiling, agent, refusal) &&
	       (!t->each || t->each(t->data, agent, local, refusal));
}

/* use_ids() is about what this host has now, and may have had before. */
static bool use_ids(struct fleet_take *t)
{
	for (size_t i = 0; i < t->main.model.roles.n; i++)
		fleet_ids_use(&t->ws->ids, &t->ids, ID_ROLE, t->main.model.roles.v[i].name);
	for (size_t i = 0; i < t->agents.n_names; i++)
		if (release_agent_digest(&t->release, &t->conf->labels, t->agents.names[i]))
			fleet_ids_use(&t->ws->ids, &t->ids, ID_AGENT, t->agents.names[i]);
	return true;
}

bool fleet_take_prepare(struct fleet_take *t, int64_t now)
{
	const struct fleet_source source = {.ws = t->ws,
					    .model = &t->main.model,
					    .conf = t->conf,
					    .own = &t->own,
					    .release = &t->release,
					    .dirfd = t->dirfd,
					    .each = see_agent,
					    .data = t};
	const struct conf_text *text = &t->ws->model.file.text;

	conf_text_set(&t->before, text->path, text->bytes, text->len);
	return read_manifest(t) &&
	       release_check(t->conf, &t->own, t->manifest, t->manifest_len, now, &t->release, t->signers,
			     sizeof(t->signers), &t->refusal) &&
	       read_part(t) && bring_ids(t) &&
	       fleet_main_make(t->ws, &t->conf->ceiling, t->part, t->part_len, t->own.main_text, &t->main,
			       &t->refusal) &&
	       fleet_agents_make(&source, &t->agents, &t->refusal) && use_ids(t);
}

bool fleet_take_is_had(const struct fleet_take *t)
{
	return t->own.release.json && t->own.release.number == t->release.number && !t->main.changed &&
	       t->agents.texts.n == 0;
}

struct text_change fleet_take_change(const struct fleet_take *t)
{
	return (struct text_change){.texts = &t->agents.texts,
				    .main_text = t->main.changed ? &t->main.text : NULL,
				    .before = t->main.changed ? &t->before : NULL,
				    .overrides = true,
				    .release = t->release.number,
				    .release_digest = t->release.digest};
}

int fleet_take_begin(const struct fleet_take *t)
{
	return taken_keep_main(t->ws->paths->statedir, digest_of(t, RELEASE_MAIN), t->part, t->part_len);
}

int fleet_take_end(const struct fleet_take *t)
{
	return taken_write(t->ws->paths->statedir, t->manifest, t->manifest_len, digest_of(t, RELEASE_MAIN));
}

void fleet_take_free(struct fleet_take *t)
{
	fleet_agents_free(&t->agents);
	fleet_main_free(&t->main);
	release_free(&t->release);
	taken_free(&t->own);
	conf_text_free(&t->before);
	ids_free(&t->ids);
	free(t->part);
	free(t->manifest);
}
