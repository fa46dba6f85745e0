/* SPDX-License-Identifier: Apache-2.0 */
/* remnants.c finds what this host already has under a name, see remnants.h. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/model/power.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/agentauthctl/names/remnants.h"
#include "tools/host/sshd_config.h"

#define BLANKS " \t\r"
#define SHOWN 8

struct reading {
	struct remnants *r;
	const struct host_facts *facts;
	const char *file; /* that is read now, as it is shown */
};

typedef void text_fn(struct reading *g, char *text);

/* ---- one remnant ----------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void add(struct reading *g, bool power, const char *name,
						      const char *format, ...)
{
	struct remnants *r = g->r;
	va_list args;
	char *what;

	if (!aa_agent_name_is_valid(name))
		return;
	va_start(args, format);
	what = xvasprintf(format, args);
	va_end(args);
	grow(&r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct remnant){
	    .name = arena_strdup(&r->arena, name), .power = power, .what = arena_strdup(&r->arena, what)};
	free(what);
}

static void add_by_uid(struct reading *g, uint32_t uid, const char *what)
{
	struct remnants *r = g->r;

	grow(&r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct remnant){.uid = uid, .what = arena_strdup(&r->arena, what)};
}

/* ---- files and directories ------------------------------------------------- */

static void read_text(struct reading *g, const char *path, text_fn *read)
{
	char *file = xasprintf("%s%s", g->r->root, path), *text = NULL;

	g->file = path;
	if (slurp(file, &text) == 0)
		read(g, text);
	free(text);
	free(file);
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len >= n && strcmp(name + len - n, suffix) == 0;
}

/* each_text() reads every file of a directory, and the files of its directories whose names end in `sub` (NULL: none
 * is entered). */
static void each_text(struct reading *g, const char *dir, const char *sub, text_fn *read)
{
	char *path = xasprintf("%s%s", g->r->root, dir);
	DIR *d = opendir(path);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char *inner = xasprintf("%s/%s", dir, entry->d_name);

		if (entry->d_name[0] == '.')
			;
		else if (sub && entry->d_type == DT_DIR && ends_in(entry->d_name, sub))
			each_text(g, inner, NULL, read);
		else if (entry->d_type != DT_DIR)
			read_text(g, inner, read);
		free(inner);
	}
	if (d)
		closedir(d);
	free(path);
}

/* each_line() calls `each` with every line that is no comment, without the white space before it. */
static void each_line(struct reading *g, char *text, text_fn *each)
{
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, BLANKS);
		if (*line && *line != '#' && *line != ';')
			each(g, line);
	}
}

/* ---- passwd's neighbours ---------------------------------------------------- */

/* A line is "group:…:…:member,member"; gshadow has the administrators too. */
static void read_group(struct reading *g, char *line)
{
	char *name = strsep(&line, ":"), *field, *member;
	const char *power;

	if (!line)
		return;
	power = power_of_group(g->facts, name);
	(void)strsep(&line, ":");
	while ((field = strsep(&line, ":")))
		while ((member = strsep(&field, ",")))
			add(g, power != NULL, member,
			    power ? "it is a member of the group %s (%s), and %s"
				  : "it is a member of the group %s (%s)",
			    name, g->file, power);
}

static void read_groups(struct reading *g, char *text)
{
	each_line(g, text, read_group);
}

static void read_entry(struct reading *g, char *line)
{
	line[strcspn(line, ":")] = '\0';
	add(g, false, line, "%s has an entry of it", g->file);
}

static void read_entries(struct reading *g, char *text)
{
	each_line(g, text, read_entry);
}

/* ---- sudo, doas, polkit, PAM ------------------------------------------------- */

static void read_sudoers(struct reading *g)
{
	const struct sudoers_who *who = &g->facts->sudoers;

	for (size_t i = 0; i < who->n; i++) {
		const char *number = who->v[i] + (who->v[i][0] == '%');

		if (*number == '#')
			add_by_uid(g, (uint32_t)strtoul(number + 1, NULL, 10),
				   "this host's sudoers name its uid");
		else if (who->v[i][0] == '%')
			add(g, true, who->v[i] + 1, "this host's sudoers name its group, %s", who->v[i]);
		else
			add(g, true, who->v[i], "this host's sudoers name it");
	}
}

static void read_doas_line(struct reading *g, char *line)
{
	char *save;

	if (strncmp(line, "permit", strlen("permit")) != 0)
		return;
	for (char *word = strtok_r(line, BLANKS, &save); word && strcmp(word, "cmd") != 0;
	     word = strtok_r(NULL, BLANKS, &save))
		add(g, true, *word == ':' ? word + 1 : word, "%s has a rule for it", g->file);
}

static void read_doas(struct reading *g, char *text)
{
	each_line(g, text, read_doas_line);
}

static void add_rule_name(struct reading *g, const char *from, const char *end)
{
	char name[AA_AGENT_NAME_MAX + 2];

	if ((size_t)(end - from) >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(end - from), from);
	add(g, true, name, "%s names it, or its group", g->file);
}

/* polkit's JavaScript has names in quotes, and its older files have "unix-user:NAME;unix-group:NAME". */
static void read_rules(struct reading *g, char *text)
{
	for (const char *c = text; *c; c++) {
		bool in_quotes = *c == '"' || *c == '\'', older = strncmp(c, "unix-", strlen("unix-")) == 0;
		const char *from = older ? c + strcspn(c, ":\n") : c, *end;

		if (!in_quotes && !older)
			continue;
		from += *from != '\n' && *from != '\0';
		end = from + strcspn(from, in_quotes ? (*c == '"' ? "\"\n" : "'\n") : ";,\"' \t\r\n");
		add_rule_name(g, from, end);
		if (in_quotes && *end == *c && strncmp(from, "unix-", strlen("unix-")) != 0)
			c = end;
	}
}

/* pam_group's lines are "services;ttys;users;times;groups". */
static void read_pam_group_line(struct reading *g, char *line)
{
	char *users, *save;

	(void)strsep(&line, ";");
	(void)strsep(&line, ";");
	users = strsep(&line, ";");
	for (char *word = users ? strtok_r(users, " \t&|!", &save) : NULL; word;
	     word = strtok_r(NULL, " \t&|!", &save))
		add(g, true, word, "pam_group gives it groups (%s)", g->file);
}

static void read_pam_group(struct reading *g, char *text)
{
	each_line(g, text, read_pam_group_line);
}

/* ---- what runs as it ---------------------------------------------------------- */

/* cron's lines are "m h dom mon dow USER command" and "@reboot USER command". */
static void read_cron_line(struct reading *g, char *line)
{
	char *save, *word = strtok_r(line, BLANKS, &save);
	int fields = word && *word == '@' ? 1 : 5;

	while (word && fields--)
		word = strtok_r(NULL, BLANKS, &save);
	if (word && strtok_r(NULL, BLANKS, &save))
		add(g, false, word, "cron runs commands as it (%s)", g->file);
}

static void read_cron(struct reading *g, char *text)
{
	each_line(g, text, read_cron_line);
}

static void read_unit_line(struct reading *g, char *line)
{
	static const char *const settings[] = {
	    "User=", "Group=", "SupplementaryGroups=", "SocketUser=", "SocketGroup="};
	char *save;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strncmp(line, settings[i], strlen(settings[i])) != 0)
			continue;
		for (char *word = strtok_r(line + strlen(settings[i]), BLANKS, &save); word;
		     word = strtok_r(NULL, BLANKS, &save))
			add(g, false, word, "a unit of systemd runs as it, or with its group (%s)", g->file);
		return;
	}
}

static void read_unit(struct reading *g, char *text)
{
	each_line(g, text, read_unit_line);
}

/* systemd-sysusers is going to make what "u NAME …", "g NAME …" and "m USER GROUP" say. */
static void read_sysusers_line(struct reading *g, char *line)
{
	char *save, *word = strtok_r(line, BLANKS, &save), *name = strtok_r(NULL, BLANKS, &save);

	if (word && name && strchr("ugm", *word))
		add(g, false, name, "systemd-sysusers makes an account or a group of its name (%s)", g->file);
}

static void read_sysusers(struct reading *g, char *text)
{
	each_line(g, text, read_sysusers_line);
}

/* ---- files of its name, and of its uid ----------------------------------------- */

static void each_name(struct reading *g, const char *dir, bool by_owner, const char *what)
{
	char *path = xasprintf("%s%s", g->r->root, dir);
	DIR *d = opendir(path);
	const struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		char *sentence = xasprintf("%s (%s/%s)", what, dir, entry->d_name);

		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
			;
		else if (by_owner)
			add_by_uid(g, st.st_uid, sentence);
		else
			add(g, false, entry->d_name, "%s", sentence);
		free(sentence);
	}
	if (d)
		closedir(d);
	free(path);
}

/* ---- sshd ------------------------------------------------------------------------ */

/* A word is NAME, or NAME@host. */
static void add_ssh_words(struct reading *g, const char *words, const struct aa_sshd_setting *s)
{
	char word[256];

	while (aa_sshd_config_word(&words, word, sizeof(word))) {
		word[strcspn(word, "@,")] = '\0';
		add(g, false, word, "sshd's settings name it (%s:%u)", s->file, s->line);
	}
}

static bool read_ssh_setting(void *data, const struct aa_sshd_setting *s)
{
	struct reading *g = data;
	const char *user = s->match ? strcasestr(s->match, "user ") : NULL;

	if (strcasecmp(s->keyword, "AllowUsers") == 0)
		add_ssh_words(g, s->arguments, s);
	if (user)
		add_ssh_words(g, user + strlen("user "), s);
	return true;
}

static void read_sshd(struct reading *g, const char *sysconfdir)
{
	char *file = xasprintf("%s/ssh/sshd_config", sysconfdir), failed[PATH_MAX];

	(void)aa_sshd_config_each(file, read_ssh_setting, g, failed, sizeof(failed));
	free(file);
}

/* ---- all of it --------------------------------------------------------------------- */

static const struct {
	const char *path;
	bool is_dir;
	const char *sub; /* directories in it that are read too */
	text_fn *read;
} texts[] = {
    {"/etc/group", false, NULL, read_groups},
    {"/etc/gshadow", false, NULL, read_groups},
    {"/etc/shadow", false, NULL, read_entries},
    {"/etc/subuid", false, NULL, read_entries},
    {"/etc/subgid", false, NULL, read_entries},
    {"/etc/crontab", false, NULL, read_cron},
    {"/etc/cron.d", true, NULL, read_cron},
    {"/etc/doas.conf", false, NULL, read_doas},
    {"/etc/security/group.conf", false, NULL, read_pam_group},
    {"/etc/polkit-1/rules.d", true, NULL, read_rules},
    {"/usr/share/polkit-1/rules.d", true, NULL, read_rules},
    {"/etc/polkit-1/localauthority", true, ".d", read_rules},
    {"/var/lib/polkit-1/localauthority", true, ".d", read_rules},
    {"/etc/systemd/system", true, ".d", read_unit},
    {"/run/systemd/system", true, ".d", read_unit},
    {"/usr/local/lib/systemd/system", true, ".d", read_unit},
    {"/usr/lib/systemd/system", true, ".d", read_unit},
    {"/etc/sysusers.d", true, NULL, read_sysusers},
    {"/usr/lib/sysusers.d", true, NULL, read_sysusers},
};

static const struct {
	const char *dir;
	bool by_owner;
	const char *what;
} names[] = {
    {"/var/spool/cron/crontabs", false, "it has a table of cron"},
    {"/var/spool/cron", false, "it has a table of cron"},
    {"/var/spool/cron/tabs", false, "it has a table of cron"},
    {"/var/spool/cron/crontabs", true, "its uid has a table of cron"},
    {"/var/spool/cron/atjobs", true, "its uid has a job of at"},
    {"/var/spool/at", true, "its uid has a job of at"},
    {"/var/lib/systemd/linger", false, "its services are started at boot"},
    {"/var/mail", false, "there is mail for it"},
};

static int compare(const void *a, const void *b)
{
	const struct remnant *x = a, *y = b;

	if (!x->name || !y->name)
		return x->name ? 1 : y->name ? -1 : x->uid < y->uid ? -1 : x->uid > y->uid;
	return strcmp(x->name, y->name);
}

void remnants_read(struct remnants *r, const struct host_facts *facts, const char *sysconfdir,
		   const char *home)
{
	const char *slash = strrchr(sysconfdir, '/');
	struct reading g = {r, facts, NULL};

	char *path;

	*r = (struct remnants){.home = home};
	r->root = xstrndup(sysconfdir, slash ? (size_t)(slash - sysconfdir) : 0);
	path = xasprintf("%s%s", r->root, home);
	r->home_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	read_sudoers(&g);
	read_sshd(&g, sysconfdir);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].is_dir)
			each_text(&g, texts[i].path, texts[i].sub, texts[i].read);
		else
			read_text(&g, texts[i].path, texts[i].read);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		each_name(&g, names[i].dir, names[i].by_owner, names[i].what);
	aa_sort(r->v, r->n, sizeof(*r->v), compare);
}

void remnants_free(struct remnants *r)
{
	free(r->v);
	free(r->root);
	arena_free(&r->arena);
	if (r->home_fd >= 0)
		close(r->home_fd);
	*r = (struct remnants){.home_fd = -1};
}

/* lower_bound() returns the first that is not before `key`. */
static size_t lower_bound(const struct remnants *r, const struct remnant *key)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&r->v[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void tell(struct buffer *ret, size_t n, const char *what)
{
	if (n < SHOWN && (!ret->len || !strstr(ret->data, what)))
		buffer_printf(ret, "%s%s", ret->len ? "; " : "", what);
}

static size_t find_key(const struct remnants *r, const struct remnant *key, bool only_power,
		       struct buffer *ret)
{
	size_t n = 0;

	for (size_t i = lower_bound(r, key); i < r->n && compare(&r->v[i], key) == 0; i++)
		if (r->v[i].power || !only_power)
			tell(ret, n++, r->v[i].what);
	return n;
}

static size_t find_home(const struct remnants *r, const char *name, uint32_t uid, struct buffer *ret)
{
	struct stat st;
	char *what;

	if (r->home_fd < 0 || fstatat(r->home_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid == uid)
		return 0;
	what = xasprintf("%s/%s is there and belongs to uid %u", r->home, name, (unsigned)st.st_uid);
	tell(ret, 0, what);
	free(what);
	return 1;
}

size_t remnants_find(const struct remnants *r, const char *name, uint32_t uid, bool only_power,
		     struct buffer *ret)
{
	const struct remnant by_name = {.name = name}, by_uid = {.uid = uid};
	size_t n = find_key(r, &by_name, only_power, ret);

	if (!only_power)
		n += find_key(r, &by_uid, false, ret) + find_home(r, name, uid, ret);
	return n;
}
