/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_conf.c reads fleet.conf against its table, see fleet_conf.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/fleet_conf.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/key_any.h"
#include "tools/agentauthctl/fleet/label.h"
#include "tools/agentauthctl/model/check_value.h"

static const struct conf_setting key_settings[] = {
    {"name", CONF_TEXT, true, offsetof(struct fleet_key, name), .min = 1, .max = 64, .check = check_label},
    {"pem", CONF_TEXT, true, offsetof(struct fleet_key, pem), .min = 1, .max = 8192, .several_lines = true},
    {0}};

static const struct conf_setting ceiling_settings[] = {
    {"roles", CONF_TEXTS, false, offsetof(struct fleet_ceiling, roles), .max = 1000,
     .check = check_role_name},
    {"sudo", CONF_TEXTS, false, offsetof(struct fleet_ceiling, sudo), .max = 1000, .check = check_sudo_rule},
    {"groups", CONF_TEXTS, false, offsetof(struct fleet_ceiling, groups), .max = 1000},
    {"issuers", CONF_TEXTS, false, offsetof(struct fleet_ceiling, issuers), .max = 1000},
    {0}};

static const struct conf_setting fleet_settings[] = {
    {"release_keys", CONF_ITEMS, true, offsetof(struct fleet_conf, release_keys), .min = 1,
     .max = FLEET_KEYS_MAX, .members = key_settings, .size = sizeof(struct fleet_key)},
    {"threshold", CONF_NUMBER, true, offsetof(struct fleet_conf, threshold), .min = 1, .max = FLEET_KEYS_MAX},
    {"stop_keys", CONF_ITEMS, false, offsetof(struct fleet_conf, stop_keys), .max = FLEET_KEYS_MAX,
     .members = key_settings, .size = sizeof(struct fleet_key)},
    {"labels", CONF_TEXTS, false, offsetof(struct fleet_conf, labels), .max = FLEET_LABELS_MAX,
     .check = check_label},
    {"ceiling", CONF_MEMBERS, false, offsetof(struct fleet_conf, ceiling), .members = ceiling_settings},
    {0}};

/* load_key() reads the key of an item, and refuses one that is in the file already, under whichever name: one person's
 * signature must not count as two, and a key that is kept at hand for stops must not release. */
static bool load_key(struct fleet_conf *conf, const char *list, const struct fleet_keys *keys, size_t i,
		     struct aa_key **ret, struct problems *problems)
{
	struct aa_key *const *const all[] = {conf->release, conf->stop};
	enum aa_jose_err err = aa_key_from_any(keys->v[i].pem, strlen(keys->v[i].pem), &ret[i]);
	char path[64];

	snprintf(path, sizeof(path), "%s[%zu].pem", list, i);
	if (err != AA_JOSE_OK) {
		ret[i] = NULL;
		conf_error(&conf->file, problems, path, "%s", aa_jose_strerror(err));
		return false;
	}
	for (size_t k = 0; k < 2 * FLEET_KEYS_MAX; k++) {
		const struct aa_key *other = all[k / FLEET_KEYS_MAX][k % FLEET_KEYS_MAX];

		if (other && other != ret[i] && EVP_PKEY_eq(aa_key_pkey(other), aa_key_pkey(ret[i])) == 1) {
			conf_error(&conf->file, problems, path,
				   "is the same key as another of this file: each is of somebody else, and "
				   "a release key is no stop key");
			return false;
		}
	}
	return true;
}

static bool load_keys(struct fleet_conf *conf, struct problems *problems)
{
	bool good = true;

	for (size_t i = 0; i < conf->release_keys.n; i++)
		good =
		    load_key(conf, "release_keys", &conf->release_keys, i, conf->release, problems) && good;
	for (size_t i = 0; i < conf->stop_keys.n; i++)
		good = load_key(conf, "stop_keys", &conf->stop_keys, i, conf->stop, problems) && good;
	if ((uint64_t)conf->threshold > conf->release_keys.n) {
		conf_error(&conf->file, problems, "threshold",
			   "is %lld, and there are %zu release keys: no release could ever be taken",
			   (long long)conf->threshold, conf->release_keys.n);
		good = false;
	}
	return good;
}

int fleet_conf_read(const struct paths *paths, struct problems *problems, struct fleet_conf *ret)
{
	int fd, r;

	*ret = (struct fleet_conf){0};
	if (access(paths->confdir, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	if (conf_dir_open(paths->confdir, paths->owner, problems, &fd) < 0)
		return -1;
	r = conf_text_read(fd, paths->confdir, FLEET_CONF_FILE, paths->owner, problems, &ret->file.text);
	close(fd);
	if (r < 0)
		return r;
	if (conf_read(&ret->file, fleet_settings, ret, &ret->arena, problems) < 0 ||
	    !load_keys(ret, problems))
		return -1;
	return 0;
}

void fleet_conf_free(struct fleet_conf *conf)
{
	for (size_t i = 0; i < FLEET_KEYS_MAX; i++) {
		aa_key_free(conf->release[i]);
		aa_key_free(conf->stop[i]);
	}
	conf_file_free(&conf->file);
	arena_free(&conf->arena);
}
