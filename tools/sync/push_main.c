/* SPDX-License-Identifier: Apache-2.0 */
/* push_main.c: what `agentauthctl fleet push` starts, so that libldap is in no program of root's that reads the registry: arguments
 * are NAME=VALUE, and the answer is four numbers. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"
#include "tools/sync/link.h"
#include "tools/sync/push.h"

#define MESSAGE_MAX ((size_t)80 << 20)
#define PASSWORD_MAX 1024

static const char *value_of(int argc, char **argv, const char *name)
{
	size_t len = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	return NULL;
}

/* The URL's path is the base, with %20 and the like (RFC 4516). */
static char *base_of(const char *path)
{
	char *base = xmalloc(strlen(path) + 1), *at = base, hex[3] = "";

	for (; *path; path++) {
		if (*path == '%' && strspn(path + 1, "0123456789abcdefABCDEF") >= 2) {
			memcpy(hex, path + 1, 2);
			*at++ = (char)strtol(hex, NULL, 16);
			path += 2;
		} else {
			*at++ = *path;
		}
	}
	*at = '\0';
	return base;
}

static int read_conf(int argc, char **argv, struct link_conf *conf, char **password)
{
	const char *file = value_of(argc, argv, "password-file"), *sasl = value_of(argc, argv, "sasl");
	size_t len;
	int r;

	*conf = (struct link_conf){.sasl = LINK_SIMPLE,
				   .bind_dn = value_of(argc, argv, "bind-dn"),
				   .ca_file = value_of(argc, argv, "ca-file"),
				   .certificate = value_of(argc, argv, "certificate"),
				   .private_key = value_of(argc, argv, "key"),
				   .message_max = MESSAGE_MAX};
	if (sasl) {
		conf->sasl = strcmp(sasl, "GSSAPI") == 0 ? LINK_GSSAPI : LINK_EXTERNAL;
		return 0;
	}
	r = aa_trusted_read(AT_FDCWD, file ? file : "", geteuid(), PASSWORD_MAX, password, &len);
	if (r < 0)
		return say_error("%s: %s", file ? file : "password-file", strerror(-r));
	(*password)[strcspn(*password, "\r\n")] = '\0';
	conf->password = *password;
	return **password ? 0 : say_error("%s is empty", file);
}

static int push_to(const struct link_conf *conf, const char *url, const char *folder, bool dry_run)
{
	const char *at = strstr(url, "://"), *slash = at ? strchr(at + 3, '/') : NULL;
	char why[LINK_WHY_SIZE], *server, *base;
	struct push_done done;
	LDAP *ld;
	int r = -1;

	if (!slash || !slash[1])
		return say_error(
		    "%s does not end with the base of the fleet: ldaps://HOST/ou=agentauth,dc=example,dc=com",
		    url);
	server = xstrndup(url, (size_t)(slash - url));
	base = base_of(slash + 1);
	ld = link_prepare(conf, why) == 0 ? link_open(conf, server, why) : NULL;
	if (!ld)
		say("%s: %s", server, why);
	/* Here a call may wait. */
	if (ld && fcntl(link_fd(ld), F_SETFL, 0) == 0)
		r = push_release(ld, base, folder, dry_run, &done);
	link_close(ld);
	free(server);
	free(base);
	if (r == 0)
		printf("%zu %zu %zu %d\n", done.files, done.stops, done.removed, done.manifest);
	return r;
}

int main(int argc, char **argv)
{
	const char *url = value_of(argc, argv, "to"), *folder = value_of(argc, argv, "dir");
	struct link_conf conf;
	char *password = NULL;
	int r;

	say_as("fleet push");
	if (!url || !folder)
		return say_failed("its arguments are missing");
	r = read_conf(argc, argv, &conf, &password);
	if (r == 0)
		r = push_to(&conf, url, folder, value_of(argc, argv, "dry-run"));
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
	return r == 0 ? 0 : 1;
}
