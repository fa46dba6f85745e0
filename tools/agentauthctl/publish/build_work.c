/* SPDX-License-Identifier: Apache-2.0 */
/* build_work.c is what every record of a generation goes through, see build_work.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/publish/build_work.h"

void build_digest(struct build_work *w, const void *bytes, size_t len)
{
	uint32_t head = (uint32_t)len; /* so that no two inputs run together */

	EVP_DigestUpdate(w->digest, &head, sizeof(head));
	EVP_DigestUpdate(w->digest, bytes, len);
}

void build_digest_text(struct build_work *w, const char *text)
{
	build_digest(w, text, strlen(text));
}

bool build_writes(const struct build_work *w)
{
	return w->writer && w->error == 0 && w->ws->problems->errors == 0;
}

void build_put_policy(struct build_work *w, const char *key, const char *text, size_t len)
{
	if (build_writes(w))
		w->error = cdb_write_policy(w->writer, key, text, len);
}

void build_put_record(struct build_work *w, const char *kind, const char *prefix, const char *name)
{
	char *key = xasprintf("%s%s", prefix, name);

	if (kind)
		changes_compare(&w->out->changes, w->published, kind, key, *name ? name : "settings",
				w->record.data, w->record.len);
	build_put_policy(w, key, w->record.data, w->record.len);
	free(key);
}
