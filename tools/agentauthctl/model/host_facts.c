/* SPDX-License-Identifier: Apache-2.0 */
/* host_facts.c: reads this host's own accounts, name and sudo plugins, see host_facts.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/text/number.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/host_facts.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/cli/alloc.h"

/* ---- passwd and group ---------------------------------------------------- */

/* Adds "name:…:id:…" at `line`, which is cut up. libc passes over white space before a name and a number, and takes a
 * sign. */
static void add_line(struct local_names *names, char *line)
{
	char *second = strchr(line, ':'), *third = second ? strchr(second + 1, ':') : NULL;
	int64_t id;

	line += strspn(line, " \t\v\f\r");
	if (!third || second <= line)
		return;
	*second = '\0';
	third += 1 + strspn(third + 1, " \t\v\f\r");
	third += *third == '+';
	third[strcspn(third, ":")] = '\0';
	if (!aa_number_parse(third, 0, UINT32_MAX, &id))
		return;
	grow(&names->by_name, &names->cap, names->n + 1, sizeof(*names->by_name));
	names->by_name[names->n++] = (struct local_name){line, (uint32_t)id};
}

static int compare_names(const void *a, const void *b)
{
	const struct local_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare_ids(const void *a, const void *b)
{
	const struct local_name *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int local_names_read(struct local_names *names, const char *file, struct problems *problems)
{
	struct position position = {.file = file};
	char *next;
	int r = slurp(file, &names->text);

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		problem_error(problems, &position, "cannot be read: %s", strerror(-r));
		return -1;
	}
	for (char *line = names->text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		add_line(names, line);
	}
	if (names->n == 0)
		return 0;
	aa_sort(names->by_name, names->n, sizeof(*names->by_name), compare_names);
	names->by_id = xmalloc(names->n * sizeof(*names->by_id));
	memcpy(names->by_id, names->by_name, names->n * sizeof(*names->by_id));
	aa_sort(names->by_id, names->n, sizeof(*names->by_id), compare_ids);
	return 0;
}

void local_names_free(struct local_names *names)
{
	free(names->by_name);
	free(names->by_id);
	free(names->text);
	*names = (struct local_names){0};
}

const struct local_name *local_by_name(const struct local_names *names, const char *name)
{
	struct local_name key = {.name = name};

	return aa_search(&key, names->by_name, names->n, sizeof(key), compare_names);
}

const struct local_name *local_by_id(const struct local_names *names, uint32_t id)
{
	struct local_name key = {.id = id};

	return aa_search(&key, names->by_id, names->n, sizeof(key), compare_ids);
}

/* ---- the host's name ----------------------------------------------------- */

/* Asks the resolver for the host's full name, since the kernel may have the short one; a name with a dot is complete. */
static char *complete_name(const char *hostname)
{
	struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM}, *info;
	char *fqdn = NULL;

	if (strchr(hostname, '.'))
		return xstrdup(hostname);
	if (!*hostname || getaddrinfo(hostname, NULL, &hints, &info) != 0)
		return NULL;
	if (info->ai_canonname && strchr(info->ai_canonname, '.') &&
	    strncmp(info->ai_canonname, "localhost", 9) != 0)
		fqdn = xstrdup(info->ai_canonname);
	freeaddrinfo(info);
	return fqdn;
}

static void read_host_name(struct host_facts *facts)
{
	char name[HOST_NAME_MAX + 1] = "", why[256];

	if (gethostname(name, sizeof(name) - 1) < 0 || !check_audience(name, why, sizeof(why)))
		strcpy(name, "localhost");
	facts->hostname = xstrdup(name);
	facts->fqdn = complete_name(name);
	facts->fqdn_is_known = facts->fqdn != NULL;
	if (!facts->fqdn)
		facts->fqdn = xstrdup(name);
}

/* Reads sudo's own sudoers, and the file that sudo-rs reads where it is there. */
static void read_sudoers(struct host_facts *facts, const char *sysconfdir)
{
	static const char *const names[] = {"sudoers", "sudoers-rs"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *file = xasprintf("%s/%s", sysconfdir, names[i]);

		sudoers_who_read(&facts->sudoers, file);
		free(file);
	}
}

int host_facts_read(struct host_facts *facts, const char *sysconfdir, struct problems *problems)
{
	char *passwd = xasprintf("%s/passwd", sysconfdir), *group = xasprintf("%s/group", sysconfdir);
	int r = 0;

	if (local_names_read(&facts->users, passwd, problems) < 0 ||
	    local_names_read(&facts->groups, group, problems) < 0)
		r = -1;
	read_sudoers(facts, sysconfdir);
	sudo_plugins_look(&facts->plugins, sysconfdir);
	facts->sudo = xcalloc(1, sizeof(*facts->sudo));
	read_host_name(facts);
	free(passwd);
	free(group);
	return r;
}

const struct host_sudo *host_facts_sudo(const struct host_facts *facts)
{
	static const struct host_sudo usual = {.kind = HOST_SUDO_PLUGINS};

	if (!facts->sudo) /* facts that nobody has read, as tests make them */
		return &usual;
	if (facts->sudo->kind == HOST_SUDO_UNKNOWN)
		host_sudo_look(facts->sudo);
	return facts->sudo;
}

/* Tells whether both are names of one host by the kernel's name: a resolver may complete it, or fail to. */
static bool same_host(const char *a, const char *b)
{
	size_t len = strcspn(a, ".");

	return len == strcspn(b, ".") && strncasecmp(a, b, len) == 0;
}

/* Keeps the published name but where the host was renamed, or where it was short and is known in full now. */
static void keep_name(struct host_facts *facts, const char *published)
{
	if (!same_host(published, facts->hostname) || (!strchr(published, '.') && facts->fqdn_is_known))
		return;
	free(facts->fqdn);
	facts->fqdn = xstrdup(published);
}

void host_facts_keep(struct host_facts *facts, const json_t *host)
{
	const char *name = json_string_value(json_object_get(host, "name"));
	const json_t *audience = json_object_get(host, "audience"), *one;
	size_t i;

	if (name)
		keep_name(facts, name);
	facts->audience = xcalloc(json_array_size(audience), sizeof(*facts->audience));
	json_array_foreach(audience, i, one)
	{
		facts->audience[facts->n_audience++] = xstrdup(json_string_value(one));
	}
}

void host_facts_free(struct host_facts *facts)
{
	for (size_t i = 0; i < facts->n_audience; i++)
		free(facts->audience[i]);
	free(facts->audience);
	local_names_free(&facts->users);
	local_names_free(&facts->groups);
	sudoers_who_free(&facts->sudoers);
	sudo_plugins_free(&facts->plugins);
	free(facts->sudo);
	free(facts->hostname);
	free(facts->fqdn);
	*facts = (struct host_facts){0};
}
