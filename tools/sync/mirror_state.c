/* SPDX-License-Identifier: Apache-2.0 */
/* mirror_state.c: the mirror's text in the daemon's folder. */
#include "config.h"

#include "tools/sync/mirror_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/text/number.h"
#include "tools/sync/state.h"

#define LEN_MAX ((int64_t)1 << 30)
#define LAST_LINE "whole ."

static void save_one(struct held_one *one, void *context)
{
	char more[64], uuid[2 * CONTROL_UUID_LEN + 1];

	aa_hex(uuid, one->uuid, CONTROL_UUID_LEN);
	snprintf(more, sizeof(more), "%u %s", one->len, uuid);
	state_file(context, &one->file, more);
}

int mirror_state_save(const struct mirror *mirror)
{
	struct buffer text = {NULL, 0, 0};
	char *cookie =
	    aa_base64url_encode(mirror->cookie.bv_val ? mirror->cookie.bv_val : "", mirror->cookie.bv_len);
	int r;

	if (!cookie)
		return -ENOMEM;
	state_begin(&text);
	buffer_printf(&text, "base %s\nmanifest %s\n", mirror->base, mirror->manifest);
	held_each(&mirror->held, save_one, &text);
	buffer_printf(&text, "cookie %s\n" LAST_LINE "\n", cookie);
	r = state_write(mirror->state, STATE_LDAP, &text);
	buffer_free(&text);
	free(cookie);
	return r;
}

static bool is_line(const char *value, const char *text)
{
	size_t len = strlen(text);

	return value && strncmp(value, text, len) == 0 && value[len] == '\n';
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool read_uuid(const char *text, unsigned char uuid[CONTROL_UUID_LEN])
{
	for (size_t i = 0; i < CONTROL_UUID_LEN; i++) {
		int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		uuid[i] = (unsigned char)(high * 16 + low);
	}
	return text[2 * CONTROL_UUID_LEN] == '\n';
}

static void load_one(struct mirror *mirror, const char *line)
{
	unsigned char uuid[CONTROL_UUID_LEN];
	struct carried file;
	const char *more;
	int64_t len;

	if (!state_line(line, &file, &more) || *more++ != ' ' || !aa_number_take(&more, LEN_MAX, &len) ||
	    *more++ != ' ' || !read_uuid(more, uuid) || held_find(&mirror->held, uuid))
		return;
	held_add(&mirror->held, uuid, &file, (size_t)len);
}

static void load_cookie(struct mirror *mirror, const char *value)
{
	size_t len = strcspn(value, "\n"), n = 0;
	uint8_t *bytes = NULL;

	if (len == 0 || aa_base64url_decode(value, len, &bytes, &n) != AA_JOSE_OK)
		return;
	mirror->cookie.bv_val = (char *)bytes;
	mirror->cookie.bv_len = n;
}

struct lookout {
	const struct mirror *mirror;
	bool missing;
};

static void look_for(struct held_one *one, void *context)
{
	struct lookout *lookout = context;

	lookout->missing = lookout->missing || !incoming_there(lookout->mirror->incoming, &one->file);
}

/* Somebody emptied the folder: what the server has told already it would not tell again. */
static void check_folder(struct mirror *mirror)
{
	struct lookout lookout = {mirror, false};

	held_each(&mirror->held, look_for, &lookout);
	if (lookout.missing) {
		mirror_forget(mirror);
		mirror->manifest[0] = '\0';
	}
}

void mirror_load(struct mirror *mirror)
{
	char *text = state_read(mirror->state, STATE_LDAP);
	const char *manifest = state_value(text, "manifest"), *cookie = state_value(text, "cookie");

	if (is_line(state_value(text, "base"), mirror->base) && is_line(state_value(text, "whole"), ".") &&
	    manifest && cookie) {
		if (strcspn(manifest, "\n") == AA_SHA256_HEX_SIZE - 1)
			snprintf(mirror->manifest, sizeof(mirror->manifest), "%.*s", AA_SHA256_HEX_SIZE - 1,
				 manifest);
		for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
			load_one(mirror, line);
		load_cookie(mirror, cookie);
		check_folder(mirror);
	}
	free(text);
}
