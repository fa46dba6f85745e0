/* SPDX-License-Identifier: Apache-2.0 */
/* id_overlaps.c finds what else gives out ids of the agents' range on this host, see id_overlaps.h. */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/agentauthctl/names/id_overlaps.h"
#include "tools/agentauthctl/names/strangers.h"
#include "tools/cli/alloc.h"

#define BLANKS " \t\r"
#define NAMES_SHOWN 3
#define LASTLOG_ENTRY 292 /* bytes for each uid, in glibc's struct lastlog */
#define LASTLOG_MUCH (INT64_C(4) << 30)

struct search {
	const struct id_range *range;
	const char *sysconfdir;
	void (*each)(void *data, const char *what);
	void *data;
	size_t found;
};

__attribute__((format(printf, 2, 3))) static void found(struct search *s, const char *format, ...)
{
	va_list args;
	char *text, *what;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	what = xasprintf("%s, which overlaps with the ids of agents", text);
	s->found++;
	if (s->each)
		s->each(s->data, what);
	free(what);
	free(text);
}

static bool meets(const struct search *s, int64_t from, int64_t to)
{
	return from <= s->range->gid_max && to >= s->range->min;
}

/* text_of() reads the file `name` below /etc, or returns NULL where there is none that can be read. */
static char *text_of(const struct search *s, const char *name)
{
	char *file = xasprintf("%s/%s", s->sysconfdir, name), *text = NULL;

	(void)slurp(file, &text);
	free(file);
	return text;
}

/* ---- subordinate ids, useradd ----------------------------------------------------- */

/* A line of /etc/subuid is "NAME:FIRST:COUNT". */
static void look_at_subordinates(struct search *s, const char *name)
{
	char *text = text_of(s, name), *save, who[64];
	long long first, count;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, " %63[^:#]:%lld:%lld", who, &first, &count) == 3 && count > 0 &&
		    meets(s, first, first + count - 1))
			found(s, "%s/%s gives %s the ids %lld to %lld for containers", s->sysconfdir, name,
			      who, first, first + count - 1);
	free(text);
}

/* login_def() returns the number that a setting of login.defs has. */
static int64_t login_def(const char *text, const char *name, int64_t otherwise)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n" BLANKS);
		if (strncmp(line, name, len) == 0 && strchr(BLANKS, line[len]))
			return strtoll(line + len, NULL, 0);
	}
	return otherwise;
}

static void look_at_useradd(struct search *s)
{
	static const struct {
		const char *min, *max, *what;
		int64_t min_default, max_default;
	} settings[] = {
	    {"UID_MIN", "UID_MAX", "useradd gives people uids", 1000, 60000},
	    {"GID_MIN", "GID_MAX", "groupadd gives groups gids", 1000, 60000},
	    {"SYS_UID_MIN", "SYS_UID_MAX", "useradd gives system accounts uids", 101, 999},
	    {"SYS_GID_MIN", "SYS_GID_MAX", "groupadd gives system groups gids", 101, 999},
	    {"SUB_UID_MIN", "SUB_UID_MAX", "useradd gives containers uids", 100000, 600100000},
	    {"SUB_GID_MIN", "SUB_GID_MAX", "useradd gives containers gids", 100000, 600100000},
	};
	char *text = text_of(s, "login.defs");

	for (size_t i = 0; text && i < sizeof(settings) / sizeof(settings[0]); i++) {
		int64_t min = login_def(text, settings[i].min, settings[i].min_default),
			max = login_def(text, settings[i].max, settings[i].max_default);

		if (meets(s, min, max))
			found(s, "%s from %lld to %lld (%s, %s in %s/login.defs)", settings[i].what,
			      (long long)min, (long long)max, settings[i].min, settings[i].max,
			      s->sysconfdir);
	}
	free(text);
}

/* ---- SSSD and winbind --------------------------------------------------------------- */

/* sssd holds what sssd.conf and its parts say; the last one that has a setting decides it. */
struct sssd {
	bool maps;
	int64_t min, max;
};

static bool value_of(const char *line, const char *name, const char **ret)
{
	size_t len = strlen(name);

	line += strspn(line, BLANKS);
	if (strncasecmp(line, name, len) != 0)
		return false;
	line += len + strspn(line + len, BLANKS);
	*ret = line + 1 + strspn(line + 1, BLANKS);
	return *line == '=';
}

static void read_sssd(const char *text, struct sssd *sssd)
{
	const char *value;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (value_of(line, "id_provider", &value))
			sssd->maps = sssd->maps || strncasecmp(value, "ad", 2) == 0;
		else if (value_of(line, "ldap_id_mapping", &value))
			sssd->maps = strncasecmp(value, "true", 4) == 0;
		else if (value_of(line, "ldap_idmap_range_min", &value))
			sssd->min = strtoll(value, NULL, 10);
		else if (value_of(line, "ldap_idmap_range_max", &value))
			sssd->max = strtoll(value, NULL, 10);
	}
}

static void look_at_sssd(struct search *s)
{
	char *dir = xasprintf("%s/sssd/conf.d", s->sysconfdir), *text = text_of(s, "sssd/sssd.conf");
	struct sssd sssd = {false, 200000, 2000200000};
	const struct dirent *entry;
	DIR *d = opendir(dir);

	if (text)
		read_sssd(text, &sssd);
	free(text);
	while (d && (entry = readdir(d))) {
		char *name = xasprintf("sssd/conf.d/%s", entry->d_name);

		text = entry->d_name[0] == '.' ? NULL : text_of(s, name);
		if (text)
			read_sssd(text, &sssd);
		free(text);
		free(name);
	}
	if (d)
		closedir(d);
	free(dir);
	if (sssd.maps && meets(s, sssd.min, sssd.max))
		found(s,
		      "SSSD maps the directory's accounts to the ids %lld to %lld (ldap_idmap_range_min and "
		      "_max)",
		      (long long)sssd.min, (long long)sssd.max);
}

/* The line is "idmap config * : range = 3000-7999". */
static void look_at_winbind(struct search *s)
{
	char *text = text_of(s, "samba/smb.conf"), *save;
	long long min, max;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *equals = strchr(line, '=');

		line += strspn(line, BLANKS);
		if (equals && strncasecmp(line, "idmap", strlen("idmap")) == 0 &&
		    sscanf(equals + 1, " %lld - %lld", &min, &max) == 2 && meets(s, min, max))
			found(s, "winbind maps accounts to the ids %lld to %lld (%s/samba/smb.conf)", min,
			      max, s->sysconfdir);
	}
	free(text);
}

/* ---- accounts that are there ---------------------------------------------------------- */

static void look_at_names(struct search *s, const struct local_names *names, const char *what)
{
	struct buffer shown = {0};
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++)
		if (meets(s, names->by_id[i].id, names->by_id[i].id) && n++ < NAMES_SHOWN)
			buffer_printf(&shown, "%s%s (%u)", shown.len ? ", " : "", names->by_id[i].name,
				      names->by_id[i].id);
	if (n)
		found(s, "%zu %s%s of this host %s there already: %s%s", n, what, n == 1 ? "" : "s",
		      n == 1 ? "is" : "are", shown.data, n > NAMES_SHOWN ? ", …" : "");
	buffer_free(&shown);
}

static void look_at_strangers(struct search *s)
{
	char *known = strangers_between((uint32_t)s->range->min, (uint32_t)s->range->gid_max, s->sysconfdir);

	if (known)
		found(s, "other sources of names have accounts or groups there: %s", known);
	free(known);
}

/* A large lastlog is no overlap, and as good a reason for small ids. */
static void look_at_lastlog(struct search *s)
{
	int64_t size = s->range->uid_max * LASTLOG_ENTRY;
	char *what;

	if (size <= LASTLOG_MUCH || access("/var/log/lastlog", F_OK) < 0)
		return;
	what = xasprintf("with uids up to %lld a login at a terminal makes /var/log/lastlog %lld GB long "
			 "(sparse: it takes "
			 "no room, and backups and copies of it may)",
			 (long long)s->range->uid_max, (long long)(size / 1000000000));
	s->found++;
	s->each(s->data, what);
	free(what);
}

static void look_at_all(struct search *s, const struct host_facts *facts)
{
	look_at_subordinates(s, "subuid");
	look_at_subordinates(s, "subgid");
	look_at_useradd(s);
	look_at_sssd(s);
	look_at_winbind(s);
	look_at_names(s, &facts->users, "account");
	look_at_names(s, &facts->groups, "group");
	look_at_strangers(s);
}

size_t id_overlaps_find(const struct id_range *range, const struct host_facts *facts, const char *sysconfdir,
			void (*each)(void *data, const char *what), void *data)
{
	struct search s = {range, sysconfdir, each, data, 0};

	look_at_all(&s, facts);
	look_at_lastlog(&s);
	return s.found;
}

/* ---- another range ---------------------------------------------------------------------- */

char *id_overlaps_cure(const struct host_facts *facts, const char *sysconfdir)
{
	/* These lie above systemd's dynamic users, above containers, and above SSSD's mapping, where lastlog is large
	 * and all else free. */
	static const struct id_range others[] = {
	    {AA_UID_MIN_DEFAULT, AA_UID_MAX_DEFAULT, AA_GID_AGENTS_DEFAULT},
	    {66000, 68999, 69999},
	    {601000000, 601989999, 601999999},
	    {2001000000, 2001989999, 2001999999},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct search s = {.range = &others[i], .sysconfdir = sysconfdir};

		look_at_all(&s, facts);
		if (s.found == 0)
			return xasprintf("uid_min = %lld; uid_max = %lld; gid = %lld;",
					 (long long)others[i].min, (long long)others[i].uid_max,
					 (long long)others[i].gid_max);
	}
	return NULL;
}
