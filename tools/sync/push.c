/* SPDX-License-Identifier: Apache-2.0 */
/* push.c: writes a release from a folder into a directory. */
#include "config.h"

#include "tools/sync/push.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/sort.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"
#include "tools/sync/carried.h"
#include "tools/sync/link.h"
#include "tools/sync/manifest_names.h"

#define CONTENT_MAX ((off_t)64 << 20)

struct digests {
	struct carried *v;
	size_t n, cap;
};

struct push {
	LDAP *ld;
	const char *base;
	int folder;
	bool dry_run;
	struct push_done done;
	struct digests named, stops; /* of the folder */
};

/* ---- sets of digests ---------------------------------------------------------------------- */

static int by_hex(const void *a, const void *b)
{
	return strcmp(((const struct carried *)a)->hex, ((const struct carried *)b)->hex);
}

static void add(struct digests *set, const struct carried *file)
{
	grow(&set->v, &set->cap, set->n + 1, sizeof(*set->v));
	set->v[set->n++] = *file;
}

static void make_set(struct digests *set)
{
	size_t n = 0;

	aa_sort(set->v, set->n, sizeof(*set->v), by_hex);
	for (size_t i = 0; i < set->n; i++)
		if (i == 0 || by_hex(&set->v[i], &set->v[n - 1]) != 0)
			set->v[n++] = set->v[i];
	set->n = n;
}

static bool has(const struct digests *set, const struct carried *file)
{
	return aa_search(file, set->v, set->n, sizeof(*set->v), by_hex);
}

/* ---- the folder ------------------------------------------------------------------------------ */

static int read_file(const struct push *push, struct carried *file, struct berval *ret)
{
	char path[CARRIED_PATH_SIZE];
	struct stat st;
	int fd, r = 0;

	carried_path(file, path);
	fd = openat(push->folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return say_error("%s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > CONTENT_MAX) {
		r = say_error("%s is no file of a release", path);
	} else {
		ret->bv_len = (size_t)st.st_size;
		ret->bv_val = xmalloc(ret->bv_len + 1);
		if (read(fd, ret->bv_val, ret->bv_len) != (ssize_t)ret->bv_len ||
		    !carried_fits(file, ret->bv_val, ret->bv_len)) {
			free(ret->bv_val);
			r = say_error("%s is not what its name says", path);
		}
	}
	close(fd);
	return r;
}

static bool add_named(const struct carried *file, void *context)
{
	add(context, file);
	return true;
}

static int read_stops(struct push *push)
{
	int fd = openat(push->folder, "stops", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct carried file;

	if (!dir)
		return fd < 0 && errno == ENOENT ? 0 : say_error("stops: %s", strerror(errno));
	for (const struct dirent *d = readdir(dir); d; d = readdir(dir))
		if (carried_of_name(d->d_name, CARRIED_STOP, &file))
			add(&push->stops, &file);
	closedir(dir);
	make_set(&push->stops);
	return 0;
}

static int read_folder(struct push *push, const char *folder, struct berval *ret_manifest)
{
	struct carried manifest = {CARRIED_MANIFEST, ""};

	push->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (push->folder < 0)
		return say_error("%s: %s", folder, strerror(errno));
	if (read_file(push, &manifest, ret_manifest) < 0)
		return -1;
	if (!manifest_names(ret_manifest->bv_val, ret_manifest->bv_len, add_named, &push->named))
		return say_error("manifest.jws is no manifest in the general serialization of JWS");
	make_set(&push->named);
	return read_stops(push);
}

/* ---- the directory ------------------------------------------------------------------------------ */

static int failed(const struct push *push, const char *dn, int rc)
{
	char why[LINK_WHY_SIZE];

	link_why(push->ld, rc, why);
	return say_error("%s: %s", dn, why);
}

static const char *unit_of(enum carried_kind kind)
{
	return kind == CARRIED_STOP ? "stops" : "files";
}

static int read_unit(const struct push *push, enum carried_kind kind, struct digests *ret)
{
	static const char *const attributes[] = {LDAP_NO_ATTRS, NULL};
	char *unit = xasprintf("ou=%s,%s", unit_of(kind), push->base);
	LDAPMessage *found = NULL;
	struct carried file;
	int rc =
	    ldap_search_ext_s(push->ld, unit, LDAP_SCOPE_ONELEVEL, CARRIED_FILTER,
			      (char **)(uintptr_t)attributes, 1, NULL, NULL, NULL, LDAP_NO_LIMIT, &found);

	for (LDAPMessage *m = ldap_first_entry(push->ld, found); m; m = ldap_next_entry(push->ld, m)) {
		char *dn = ldap_get_dn(push->ld, m);

		if (dn && carried_of_dn(dn, push->base, &file) && file.kind == kind)
			add(ret, &file);
		ldap_memfree(dn);
	}
	ldap_msgfree(found);
	if (rc != LDAP_SUCCESS)
		rc = failed(push, unit, rc);
	free(unit);
	make_set(ret);
	return rc;
}

static char *dn_of(const struct push *push, const struct carried *file)
{
	if (file->kind == CARRIED_MANIFEST)
		return xasprintf("cn=manifest,%s", push->base);
	return xasprintf(CARRIED_DIGEST "=%s,ou=%s,%s", file->hex, unit_of(file->kind), push->base);
}

static int add_entry(const struct push *push, const struct carried *file, struct berval *content)
{
	static const char *const classes[] = {"agentauthManifest", "agentauthFile", "agentauthStop"};
	char *class[] = {(char *)(uintptr_t)classes[file->kind], NULL}, *dn = dn_of(push, file);
	struct berval *contents[] = {content, NULL};
	LDAPMod kind = {LDAP_MOD_ADD, (char *)(uintptr_t) "objectClass", {.modv_strvals = class}};
	LDAPMod what = {
	    LDAP_MOD_ADD | LDAP_MOD_BVALUES, (char *)(uintptr_t)CARRIED_CONTENT, {.modv_bvals = contents}};
	LDAPMod *mods[] = {&kind, &what, NULL};
	int rc = ldap_add_ext_s(push->ld, dn, mods, NULL, NULL);

	/* Two that push the same file are one. */
	if (rc == LDAP_ALREADY_EXISTS && file->kind != CARRIED_MANIFEST)
		rc = LDAP_SUCCESS;
	if (rc != LDAP_SUCCESS)
		rc = failed(push, dn, rc);
	free(dn);
	return rc;
}

static int add_missing(struct push *push, const struct digests *wanted, enum carried_kind kind, size_t *ret_n)
{
	struct digests there = {NULL, 0, 0};
	int r = read_unit(push, kind, &there);

	for (size_t i = 0; r == 0 && i < wanted->n; i++) {
		struct carried file = wanted->v[i];
		struct berval content = {0, NULL};

		if (has(&there, &file))
			continue;
		r = read_file(push, &file, &content);
		if (r == 0 && !push->dry_run)
			r = add_entry(push, &file, &content);
		free(content.bv_val);
		*ret_n += r == 0;
	}
	free(there.v);
	return r;
}

static int put_manifest(struct push *push, struct berval *content)
{
	struct carried manifest = {CARRIED_MANIFEST, ""};
	char *dn = dn_of(push, &manifest);
	struct berval *contents[] = {content, NULL};
	LDAPMod what = {LDAP_MOD_REPLACE | LDAP_MOD_BVALUES,
			(char *)(uintptr_t)CARRIED_CONTENT,
			{.modv_bvals = contents}};
	LDAPMod *mods[] = {&what, NULL};
	int rc = ldap_compare_ext_s(push->ld, dn, CARRIED_CONTENT, content, NULL, NULL);

	push->done.manifest = rc != LDAP_COMPARE_TRUE;
	if (rc == LDAP_COMPARE_TRUE || push->dry_run)
		rc = LDAP_SUCCESS;
	else if (rc == LDAP_NO_SUCH_OBJECT)
		rc = add_entry(push, &manifest, content);
	else
		rc = ldap_modify_ext_s(push->ld, dn, mods, NULL, NULL);
	if (rc > 0)
		rc = failed(push, dn, rc);
	free(dn);
	return rc == LDAP_SUCCESS ? 0 : -1;
}

static int remove_unnamed(struct push *push)
{
	struct digests there = {NULL, 0, 0};
	int r = read_unit(push, CARRIED_FILE, &there);

	for (size_t i = 0; r == 0 && i < there.n; i++) {
		char *dn;

		if (has(&push->named, &there.v[i]))
			continue;
		dn = dn_of(push, &there.v[i]);
		if (!push->dry_run)
			r = ldap_delete_ext_s(push->ld, dn, NULL, NULL);
		if (r == LDAP_NO_SUCH_OBJECT)
			r = 0;
		if (r != 0)
			r = failed(push, dn, r);
		free(dn);
		push->done.removed += r == 0;
	}
	free(there.v);
	return r;
}

int push_release(LDAP *ld, const char *base, const char *folder, bool dry_run, struct push_done *ret)
{
	struct push push = {.ld = ld, .base = base, .folder = -1, .dry_run = dry_run};
	struct berval manifest = {0, NULL};
	int r = read_folder(&push, folder, &manifest);

	if (r == 0)
		r = add_missing(&push, &push.named, CARRIED_FILE, &push.done.files);
	if (r == 0)
		r = add_missing(&push, &push.stops, CARRIED_STOP, &push.done.stops);
	if (r == 0)
		r = put_manifest(&push, &manifest);
	if (r == 0)
		r = remove_unnamed(&push);
	if (push.folder >= 0)
		close(push.folder);
	free(manifest.bv_val);
	free(push.named.v);
	free(push.stops.v);
	*ret = push.done;
	return r == 0 ? 0 : -1;
}
