/* SPDX-License-Identifier: Apache-2.0 */
/* sync_conf.c: the settings of agentauth-sync. */
#include "config.h"

#include "tools/sync/sync_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "tools/cli/problems_print.h"
#include "tools/conf/conf_read.h"

#define PASSWORD_MAX 1024
#define MESSAGE_ROOM 65536 /* bytes of an entry beside its content */

/* ---- values ----------------------------------------------------------------------------- */

static bool is_server(const char *value, char *why, size_t size)
{
	snprintf(why, size, "is no server: \"ldaps://HOST\", \"ldap://HOST\" (StartTLS) or \"ldapi:///\"");
	return strncasecmp(value, "ldaps://", 8) == 0 || strncasecmp(value, "ldap://", 7) == 0 ||
	       strncasecmp(value, "ldapi://", 8) == 0;
}

static bool is_https(const char *value, char *why, size_t size)
{
	snprintf(why, size, "does not begin with https://");
	return strncasecmp(value, "https://", 8) == 0;
}

static bool is_path(const char *value, char *why, size_t size)
{
	snprintf(why, size, "is no absolute path");
	return value[0] == '/';
}

/* In the daemon's own state a line ends it. */
static bool is_dn(const char *value, char *why, size_t size)
{
	LDAPDN dn = NULL;
	bool good = !strchr(value, '\n') && strlen(value) <= CARRIED_DN_MAX &&
		    ldap_str2dn(value, &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && dn;

	snprintf(why, size, "is no name in a directory: \"ou=agentauth,dc=example,dc=com\"");
	ldap_dnfree(dn);
	return good;
}

/* ---- the tables ---------------------------------------------------------------------------- */

static const char *const sasls[] = {"none", "EXTERNAL", "GSSAPI", NULL}; /* of enum link_sasl */

static const struct conf_setting web_settings[] = {
    {.name = "url",
     .type = CONF_TEXT,
     .required = true,
     .offset = offsetof(struct sync_web, url),
     .check = is_https},
    {.name = "ca_file", .type = CONF_TEXT, .offset = offsetof(struct sync_web, ca_file), .check = is_path},
    {.name = "interval",
     .type = CONF_NUMBER,
     .offset = offsetof(struct sync_web, interval),
     .min = 10,
     .max = 86400},
    {0},
};

#define MOST(member) .type = CONF_NUMBER, .offset = offsetof(struct sync_limits, most.member), .min = 1
static const struct conf_setting limit_settings[] = {
    {.name = "file", MOST(file), .max = 16 << 20},
    {.name = "manifest", MOST(manifest), .max = 64 << 20},
    {.name = "files", MOST(files), .max = 1000000},
    {.name = "stops", MOST(stops), .max = 1000000},
    {.name = "disk", MOST(disk), .max = (int64_t)1 << 34},
    {0},
};

#define AT(member) .offset = offsetof(struct sync_conf, member)
static const struct conf_setting settings[] = {
    {.name = "servers",
     .type = CONF_TEXTS,
     AT(servers),
     .max = 16,
     .check = is_server,
     .or_text = true,
     .repeats = true},
    {.name = "base", .type = CONF_TEXT, AT(base), .check = is_dn},
    {.name = "bind_dn", .type = CONF_TEXT, AT(bind_dn), .check = is_dn},
    {.name = "password_file", .type = CONF_TEXT, AT(password_file), .check = is_path},
    {.name = "sasl", .type = CONF_WORD, AT(sasl), .words = sasls},
    {.name = "ca_file", .type = CONF_TEXT, AT(ca_file), .check = is_path},
    {.name = "certificate", .type = CONF_TEXT, AT(certificate), .check = is_path},
    {.name = "key", .type = CONF_TEXT, AT(private_key), .check = is_path},
    {.name = "keepalive", .type = CONF_NUMBER, AT(keepalive), .min = 10, .max = 86400},
    {.name = "https", .type = CONF_MEMBERS, AT(https), .members = web_settings},
    {.name = "limits", .type = CONF_MEMBERS, AT(limits), .members = limit_settings},
    {0},
};

/* ---- what goes together ----------------------------------------------------------------------- */

static bool has_tls(const struct sync_conf *conf)
{
	for (size_t i = 0; i < conf->servers.n; i++)
		if (strncasecmp(conf->servers.v[i], "ldapi://", 8) != 0)
			return true;
	return false;
}

static void check_together(struct sync_conf *conf, struct problems *problems)
{
	if (conf->servers.n == 0 && !conf->https.given)
		conf_error(&conf->file, problems, "",
			   "names neither servers nor https: there is nothing to carry from");
	if (conf->servers.n == 0)
		return;
	if (!conf->base)
		conf_error(&conf->file, problems, "servers",
			   "need a base: where the release is in the directory");
	if (has_tls(conf) && !conf->ca_file)
		conf_error(&conf->file, problems, "servers",
			   "need a ca_file: the certificates that theirs are verified with");
	if (conf->sasl == LINK_SIMPLE && (!conf->bind_dn || !conf->password_file))
		conf_error(&conf->file, problems, "servers", "need bind_dn and password_file, or sasl");
	if (!conf->certificate != !conf->private_key)
		conf_error(&conf->file, problems, conf->certificate ? "certificate" : "key",
			   "stands alone: certificate and key go together");
}

static void read_password(struct sync_conf *conf, uid_t owner, struct problems *problems)
{
	size_t len = 0;
	int r;

	if (conf->sasl != LINK_SIMPLE || !conf->password_file)
		return;
	r = aa_trusted_read(AT_FDCWD, conf->password_file, owner, PASSWORD_MAX, &conf->password, &len);
	if (r < 0) {
		conf_error(&conf->file, problems, "password_file",
			   "cannot be read, or others could have written it: %s", strerror(-r));
		return;
	}
	conf->password[strcspn(conf->password, "\r\n")] = '\0';
	if (!*conf->password) /* a bind without a password is anonymous, RFC 4513 section 5.1.2 */
		conf_error(&conf->file, problems, "password_file", "is empty");
}

static int read_text(const char *path, uid_t owner, struct sync_conf *conf, struct problems *problems)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	int fd = -1, r = -1;

	if (!dir)
		problem_error(problems, NULL, "%s is no absolute path", quoted(path));
	else if (conf_dir_open(*dir ? dir : "/", owner, problems, &fd) == 0) {
		r = conf_text_read(fd, dir, slash + 1, owner, problems, &conf->file.text);
		close(fd);
		if (r == -ENOENT)
			problem_error(problems, NULL,
				      "%s is not there; agentauth-sync(8) says what stands in it", path);
	}
	free(dir);
	return r;
}

static void make_link(struct sync_conf *conf)
{
	int64_t most = conf->limits.most.file > conf->limits.most.manifest ? conf->limits.most.file
									   : conf->limits.most.manifest;

	conf->link = (struct link_conf){
	    .sasl = (enum link_sasl)conf->sasl,
	    .bind_dn = conf->bind_dn,
	    .password = conf->password,
	    .ca_file = conf->ca_file,
	    .certificate = conf->certificate,
	    .private_key = conf->private_key,
	    .message_max = (size_t)most + MESSAGE_ROOM,
	};
}

int sync_conf_read(const char *path, uid_t owner, struct sync_conf *ret)
{
	struct problems problems = {0};
	bool good;

	*ret = (struct sync_conf){
	    .keepalive = 300,
	    .https.interval = 300,
	    .limits.most =
		{.file = 1 << 20, .manifest = 8 << 20, .files = 20000, .stops = 10000, .disk = 256 << 20},
	};
	if (read_text(path, owner, ret, &problems) == 0 &&
	    conf_read(&ret->file, settings, ret, &ret->arena, &problems) == 0) {
		check_together(ret, &problems);
		read_password(ret, owner, &problems);
		make_link(ret);
	}
	problems_print(&problems);
	good = problems.errors == 0;
	problems_free(&problems);
	return good ? 0 : -1;
}

void sync_conf_free(struct sync_conf *conf)
{
	if (conf->password)
		explicit_bzero(conf->password, strlen(conf->password));
	free(conf->password);
	conf_file_free(&conf->file);
	arena_free(&conf->arena);
}
