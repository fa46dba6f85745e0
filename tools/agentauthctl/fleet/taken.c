/* SPDX-License-Identifier: Apache-2.0 */
/* taken.c keeps what was taken, see taken.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/taken.h"

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
#include "common/jose/jws_general.h"
#include "common/registry/generation.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_text.h"

#define TAKEN_FILE "taken.jws"
#define MAIN_FOLDER "files"

/* ---- reading ------------------------------------------------------------- */

/* The file is root's own, and was verified when it was taken. */
static int parse(const char *text, size_t len, struct taken *ret)
{
	struct aa_jws_general *jws = NULL;
	uint8_t *payload = NULL;
	size_t payload_len;
	char why[256];
	int r = -EBADMSG;

	if (aa_jws_general_parse(text, len, &jws) == AA_JOSE_OK &&
	    aa_jws_general_payload(jws, &payload, &payload_len) == AA_JOSE_OK &&
	    release_parse(payload, payload_len, &ret->release, why, sizeof(why)))
		r = 0;
	free(payload);
	aa_jws_general_free(jws);
	return r;
}

static int read_files(int fd, uid_t owner, struct taken *ret)
{
	char *text = NULL, path[96];
	size_t len = 0;
	int r = aa_trusted_read(fd, TAKEN_FILE, owner, RELEASE_MANIFEST_MAX, &text, &len);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = parse(text, len, ret);
	free(text);
	if (r < 0)
		return r;
	ret->number = ret->release.number;
	memcpy(ret->digest, ret->release.digest, sizeof(ret->digest));
	snprintf(path, sizeof(path), MAIN_FOLDER "/%s",
		 json_string_value(json_object_get(ret->release.files, RELEASE_MAIN)));
	return aa_trusted_read(fd, path, owner, CONF_TEXT_MAX, &ret->main_text, &len);
}

/* see_generation() learns of a release that serves, and whose manifest did not come to taken.jws. */
static void see_generation(const char *statedir, struct taken *ret)
{
	int fd = open(statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *manifest = NULL;
	const char *digest;
	json_int_t release;
	uint32_t number;

	if (fd < 0)
		return;
	if (aa_generation_number(statedir, &number) == 0)
		manifest = generation_manifest(fd, number);
	close(fd);
	release = json_integer_value(json_object_get(manifest, "release"));
	digest = json_string_value(json_object_get(manifest, "release_digest"));
	if (digest && release_is_digest(digest) && release > ret->number && release <= INT32_MAX) {
		ret->number = (uint32_t)release;
		memcpy(ret->digest, digest, sizeof(ret->digest));
	}
	json_decref(manifest);
}

int taken_read(const char *statedir, uid_t owner, struct taken *ret)
{
	int fd = aa_folder_open(statedir, TAKEN_FOLDER), r = 0;

	*ret = (struct taken){0};
	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0) {
		r = read_files(fd, owner, ret);
		close(fd);
	}
	see_generation(statedir, ret);
	return r;
}

void taken_free(struct taken *taken)
{
	release_free(&taken->release);
	free(taken->main_text);
	taken->main_text = NULL;
}

/* ---- writing ------------------------------------------------------------- */

static int write_file(const char *statedir, const char *name, const char *bytes, size_t len)
{
	static const char *const folders[] = {TAKEN_FOLDER, TAKEN_FOLDER "/" MAIN_FOLDER};
	const struct aa_replace how = {.synced = true, .locked = true};
	int r = aa_folder_make(statedir, folders, sizeof(folders) / sizeof(*folders)), fd;

	if (r < 0)
		return r;
	fd = aa_folder_open(statedir, TAKEN_FOLDER);
	if (fd < 0)
		return fd;
	r = aa_replace(fd, name, bytes, len, &how);
	close(fd);
	return r;
}

int taken_keep_main(const char *statedir, const char *digest, const char *bytes, size_t len)
{
	char *name = xasprintf(MAIN_FOLDER "/%s", digest);
	int r = write_file(statedir, name, bytes, len);

	free(name);
	return r;
}

/* forget_others() takes away the files that belong to no release any more. */
static void forget_others(const char *statedir, const char *digest)
{
	char *path = xasprintf("%s/" TAKEN_FOLDER, statedir);
	int fd = aa_folder_open(path, MAIN_FOLDER);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (entry->d_type == DT_REG && strcmp(entry->d_name, digest) != 0)
			(void)unlinkat(fd, entry->d_name, 0);
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
	free(path);
}

int taken_write(const char *statedir, const char *manifest, size_t len, const char *main_digest)
{
	int r = write_file(statedir, TAKEN_FILE, manifest, len);

	if (r == 0)
		forget_others(statedir, main_digest);
	return r;
}
