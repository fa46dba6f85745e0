/* SPDX-License-Identifier: Apache-2.0 */
/* export_ecs.c: a record as a document of the Elastic Common Schema. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/commands/audit/export_record.h"
#include "tools/cli/alloc.h"

#define ECS_VERSION "9.4.0"

static void put_words(json_t *event, const char *path, const char *words)
{
	char *copy = xstrdup(words ? words : ""), *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		export_put_text(event, path, word);
	free(copy);
}

json_t *export_ecs(const json_t *record, const struct log_line *line)
{
	json_t *event = json_object();
	struct exported e;

	exported_begin(&e, record, line);
	export_put_text(event, "ecs.version", ECS_VERSION);
	export_put_text(event, "message", e.message);
	export_put_text(event, "event.kind", "event");
	put_words(event, "event.category[]", e.categories);
	put_words(event, "event.type[]", e.types);
	export_put_text(event, "event.outcome", e.ok ? "success" : "failure");
	export_put_text(event, "event.reason", e.reason);
	export_put(event, "event.severity", json_integer(e.severity));
	export_put_text(event, "event.id", e.id);
	export_put_text(event, "event.module", "agentauth");
	export_put_text(event, "event.dataset", "agentauth.audit");
	export_put_text(event, "event.provider", "agentauth");
	export_put(event, "event.original", json_stringn(line->text, line->len));
	export_put_text(event, "event.hash", e.hash);
	export_fields(event, &e, EXPORT_ECS, "agentauth");
	exported_end(&e);
	return event;
}
