/* SPDX-License-Identifier: Apache-2.0 */
/* places.c: what agentauth puts where on a host, see places.h.
 *
 * A line that names a file of ours is put in only where the file is there: sudo runs nothing for anybody where it cannot load
 * what a line names.
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/generation.h"
#include "tools/agentauthctl/enable/edit_conf.h"
#include "tools/agentauthctl/enable/edit_nsswitch.h"
#include "tools/agentauthctl/enable/edit_pam.h"
#include "tools/agentauthctl/enable/places.h"
#include "tools/agentauthctl/enable/places_pam.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"
#include "tools/host/sudo_conf.h"

#define ETC AA_SYSCONFDIR "/"
#define SHARE AA_DATADIR "/agentauth/"
#define SSHD_CONFIG ETC "ssh/sshd_config"
#define SSHD_SNIPPET ETC "ssh/sshd_config.d/agentauth.conf"
#define SSHD_ALONE ETC "ssh/agentauth.conf" /* where there is no sshd_config.d */
#define SUDO_CONF ETC "sudo.conf"
#define NSSWITCH ETC "nsswitch.conf"
#define PLUGIN AA_LIBEXECDIR "/" AA_PLUGIN_FILE
#define KEYS_COMMAND AA_LIBEXECDIR "/authorized-keys"
#define NSS_MODULE "libnss_agentauth.so.2"

/* These files are placed whole; of a part with a unit the file is for hosts without systemd. */
static const struct placed_file {
	enum host_part part;
	const char *path, *shipped;
	mode_t mode;
	const char *unit[2];
} files[] = {
    {HOST_SSHD, SSHD_SNIPPET, SHARE "sshd_config.d/agentauth.conf", 0644, {NULL, NULL}},
    {HOST_SSHD, SSHD_ALONE, SHARE "sshd_config.d/agentauth.conf", 0644, {NULL, NULL}},
    {HOST_TIMERS,
     ETC "cron.d/agentauth-reap",
     SHARE "cron.d/agentauth-reap",
     0644,
     {"agentauth-reap.timer", NULL}},
    {HOST_TIMERS,
     ETC "cron.d/agentauth-refresh",
     SHARE "cron.d/agentauth-refresh",
     0644,
     {"agentauth-refresh.timer", "agentauth-refresh.path"}},
    {HOST_SEAL,
     ETC "cron.d/agentauth-seal",
     SHARE "cron.d/agentauth-seal",
     0644,
     {"agentauth-seal.timer", NULL}},
    {HOST_METRICS,
     ETC "cron.d/agentauth-metrics",
     SHARE "cron.d/agentauth-metrics",
     0644,
     {"agentauth-metrics.timer", NULL}},
    {HOST_RECORD,
     ETC "cron.d/agentauth-record",
     SHARE "cron.d/agentauth-record",
     0644,
     {"agentauth-record.service", NULL}},
    {HOST_OPERATORS,
     ETC "sudoers.d/agentauth-operators",
     SHARE "sudoers.d/agentauth-operators",
     0440,
     {NULL, NULL}},
    {HOST_RUN, ETC "pam.d/agentauth-run", SHARE "pam.d/agentauth-run", 0644, {NULL, NULL}},
    {HOST_RUN, ETC "sudoers.d/agentauth-run", SHARE "sudoers.d/agentauth-run", 0440, {NULL, NULL}},
    {HOST_REQUEST,
     ETC "sudoers.d/agentauth-request",
     SHARE "sudoers.d/agentauth-request",
     0440,
     {NULL, NULL}},
};
#define N_FILES (sizeof(files) / sizeof(files[0]))

bool places_has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* ---- putting in ------------------------------------------------------------------ */

static bool absent(struct host_plan *plan, const char *what)
{
	if (plan->named)
		host_plan_fail(plan, NULL, "%s", what);
	return !plan->named;
}

static bool program_is_there(const char *name)
{
	char *path = program_find(name);

	free(path);
	return path != NULL;
}

/* place_whole() plans a file that is placed as it is shipped. What a person made of it is left alone. */
static bool place_whole(struct host_plan *plan, const struct placed_file *file)
{
	char *shipped = NULL;
	const char *text;
	size_t change;

	if (!host_plan_text(plan, file->part, file->path, &change, &text))
		return false;
	if (text)
		return true;
	if (host_file_read(file->shipped, NULL, &shipped) < 0 || !shipped) {
		host_plan_fail(plan, file->shipped, "is not there, as it is where agentauth is installed");
		return false;
	}
	plan->v[change].mode = file->mode;
	host_plan_set(plan, change, shipped);
	return true;
}

static bool sshd_in(struct host_plan *plan)
{
	const struct placed_file *file = &files[access(ETC "ssh/sshd_config.d", F_OK) == 0 ? 0 : 1];
	const char *text;
	size_t change;

	if (!program_is_there("sshd"))
		return absent(plan, "there is no sshd here");
	if (access(KEYS_COMMAND, X_OK) != 0) {
		host_plan_fail(plan, KEYS_COMMAND, "is not there, so that sshd may not be told to ask it");
		return false;
	}
	if (!place_whole(plan, file) || !host_plan_text(plan, HOST_SSHD, SSHD_CONFIG, &change, &text))
		return false;
	if (text)
		host_plan_set(plan, change, sshd_config_insert(text, file->path));
	return true;
}

static bool is_sudo_rs(void)
{
	char *path = program_find("sudo"), *const argv[] = {path, (char[]){"-V"}, NULL};
	struct buffer output = {0};
	bool is = path && program_run(argv, "", 0, &output) == 0 && output.len &&
		  strncmp(output.data, "sudo-rs", strlen("sudo-rs")) == 0;

	buffer_free(&output);
	free(path);
	return is;
}

/* The roles' rules come back that disable has taken away. */
static bool rules_in(struct host_plan *plan, const struct paths *paths)
{
	int state = open(paths->statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *published = NULL;
	const char *text;
	uint32_t number;
	size_t change;
	bool planned = true;

	if (state >= 0 && paths->sudoers && aa_generation_number(paths->statedir, &number) == 0 &&
	    generation_read(state, number, SUDOERS_FILE, &published) == 0 && published) {
		planned = host_plan_text(plan, HOST_SUDO, paths->sudoers, &change, &text);
		if (planned && !text) {
			plan->v[change].mode = 0440;
			host_plan_set(plan, change, published);
			published = NULL;
		}
	}
	if (state >= 0)
		close(state);
	free(published);
	return planned;
}

static bool sudo_in(struct host_plan *plan, const struct paths *paths)
{
	const char *text;
	struct stat st;
	size_t change;

	if (!program_is_there("sudo"))
		return absent(plan, "there is no sudo here");
	if (is_sudo_rs())
		return absent(plan, "sudo is sudo-rs here, which loads no plugins");
	if (stat(PLUGIN, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022)) {
		host_plan_fail(plan, PLUGIN,
			       "is not there, or others than root can write to it: sudo would "
			       "run nothing for anybody if it were told to load it");
		return false;
	}
	if (!host_plan_text(plan, HOST_SUDO, SUDO_CONF, &change, &text))
		return false;
	host_plan_set(plan, change, sudo_conf_insert(text ? text : "", PLUGIN));
	return rules_in(plan, paths);
}

static bool nss_in(struct host_plan *plan)
{
	void *module = dlopen(NSS_MODULE, RTLD_LAZY | RTLD_LOCAL);
	const char *text;
	size_t change;
	char *with;

	if (!module) {
		host_plan_fail(plan, NULL,
			       NSS_MODULE " cannot be loaded, so that nsswitch.conf may not name it");
		return false;
	}
	(void)dlclose(module);
	if (!host_plan_text(plan, HOST_NSS, NSSWITCH, &change, &text))
		return false;
	with = nsswitch_insert(text ? text : "");
	if (with)
		host_plan_set(plan, change, with);
	else
		host_plan_fail(
		    plan, NSSWITCH,
		    "has a line for passwd, group or initgroups that an action in brackets ends, and "
		    "that lacks files");
	return with != NULL;
}

/* A unit is as it is enabled: "", and NULL where it is not. */
static void unit_in(struct host_plan *plan, const struct placed_file *file, const char *unit)
{
	char *path = program_find("systemctl");
	char *const argv[] = {path, (char[]){"is-enabled"}, (char *)(uintptr_t)unit, NULL};

	if (!path || program_run(argv, "", 0, NULL) != 0) {
		grow(&plan->v, &plan->cap, plan->n + 1, sizeof(*plan->v));
		plan->v[plan->n++] =
		    (struct host_change){file->part, xasprintf(HOST_UNIT "%s", unit), NULL, xstrdup(""), 0};
	}
	free(path);
}

static bool file_in(struct host_plan *plan, const struct placed_file *file)
{
	if (file->unit[0] && places_has_systemd()) {
		for (size_t i = 0; i < 2 && file->unit[i]; i++)
			unit_in(plan, file, file->unit[i]);
		return true;
	}
	if (file->unit[0] && access(ETC "cron.d", F_OK) != 0)
		return absent(plan, "there is neither systemd nor a folder cron.d here");
	return place_whole(plan, file);
}

bool places_in(struct host_plan *plan, unsigned parts, const struct paths *paths)
{
	bool planned = true;

	if (parts & (1u << HOST_PAM))
		planned = places_pam_in(plan);
	if (planned && (parts & (1u << HOST_SSHD)))
		planned = sshd_in(plan);
	if (planned && (parts & (1u << HOST_SUDO)))
		planned = sudo_in(plan, paths);
	if (planned && (parts & (1u << HOST_NSS)))
		planned = nss_in(plan);
	for (size_t i = 0; planned && i < N_FILES; i++)
		if (files[i].part != HOST_SSHD && (parts & (1u << files[i].part)))
			planned = file_in(plan, &files[i]);
	host_plan_settle(plan, false);
	return planned;
}

/* ---- taking out ------------------------------------------------------------------ */

static const struct placed_file *file_of(const char *path)
{
	for (size_t i = 0; i < N_FILES; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

static const struct placed_file *file_of_unit(const char *unit)
{
	for (size_t i = 0; i < N_FILES; i++)
		for (size_t k = 0; k < 2 && files[i].unit[k]; k++)
			if (strcmp(files[i].unit[k], unit) == 0)
				return &files[i];
	return NULL;
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && strcmp(path + len - n, end) == 0;
}

static enum host_part part_of(const char *path)
{
	const struct placed_file *file = strncmp(path, HOST_UNIT, strlen(HOST_UNIT)) == 0
					     ? file_of_unit(path + strlen(HOST_UNIT))
					     : file_of(path);

	if (file)
		return file->part;
	if (ends_with(path, "/sudo.conf") || ends_with(path, "/sudoers.d/agentauth"))
		return HOST_SUDO;
	if (ends_with(path, "/sshd_config"))
		return HOST_SSHD;
	return ends_with(path, "/nsswitch.conf") ? HOST_NSS : HOST_PAM;
}

/* without_ours() returns the text without our lines; the caller frees. NULL: they cannot be taken out, or of a file that was
 * placed whole nothing else is left. */
static char *without_ours(const char *path, enum host_part part, const char *text, const char *placed)
{
	char *once, *twice, *shipped = NULL;

	if (file_of(path)) {
		if (!placed && host_file_read(file_of(path)->shipped, NULL, &shipped) == 0 && shipped)
			placed = shipped;
		once = placed_file_remove(text, placed ? placed : text);
		free(shipped);
		return once;
	}
	if (part == HOST_SUDO)
		return sudo_conf_remove(text);
	if (part == HOST_NSS)
		return nsswitch_remove(text);
	if (part != HOST_SSHD)
		return pam_remove(text);
	once = sshd_config_remove(text, SSHD_SNIPPET);
	twice = sshd_config_remove(once, SSHD_ALONE);
	free(once);
	return twice;
}

/* goes_whole() returns true for files that are nothing but ours. */
static bool goes_whole(const char *path)
{
	return file_of(path) != NULL || ends_with(path, "/sudoers.d/agentauth");
}

static void tell_kept(struct host_plan *plan, const char *path)
{
	const struct position position = {.file = path};

	problem_warning(
	    plan->problems, &position,
	    "keeps our lines: a jump of another line counts them, and would end elsewhere without "
	    "them");
}

/* text_out() returns what the file is without us, or NULL where it goes; *ret_kept: it stays as it is. */
static char *text_out(struct host_plan *plan, const struct host_change *c, const char *before,
		      const char *placed, bool *ret_kept)
{
	bool as_written = placed && c->before && strcmp(c->before, placed) == 0;
	char *text;

	*ret_kept = false;
	if (as_written && (!before || goes_whole(c->path)))
		return before ? xstrdup(before) : NULL;
	if (!c->before || ends_with(c->path, "/sudoers.d/agentauth"))
		return NULL;
	text = without_ours(c->path, c->part, as_written ? before : c->before, placed);
	if (text || goes_whole(c->path))
		return text;
	tell_kept(plan, c->path);
	*ret_kept = true;
	return NULL;
}

static void unit_out(struct host_plan *plan, const char *path)
{
	grow(&plan->v, &plan->cap, plan->n + 1, sizeof(*plan->v));
	plan->v[plan->n++] = (struct host_change){part_of(path), xstrdup(path), xstrdup(""), NULL, 0};
}

bool places_out_of(struct host_plan *plan, const char *path, const struct placed *placed)
{
	char *before = NULL, *after = NULL, *text;
	const char *now;
	bool kept, planned = true;
	size_t change;

	if (strncmp(path, HOST_UNIT, strlen(HOST_UNIT)) == 0) {
		unit_out(plan, path);
		return true;
	}
	planned = host_plan_text(plan, part_of(path), path, &change, &now);
	if (planned && placed_get(placed, plan->v[change].path, &before, &after) < 0) {
		host_plan_fail(plan, placed->dir, "what was kept of %s cannot be read", path);
		planned = false;
	}
	if (planned) {
		text = text_out(plan, &plan->v[change], before, after, &kept);
		if (!kept)
			host_plan_set(plan, change, text);
	}
	free(before);
	free(after);
	return planned;
}

struct going {
	struct host_plan *plan;
	const struct placed *placed;
	unsigned parts;
	bool planned;
};

static void take_out(void *data, const char *path)
{
	struct going *going = data;

	if (going->planned && (going->parts & (1u << part_of(path))))
		going->planned = places_out_of(going->plan, path, going->placed);
}

static void take_out_there(struct going *going, const char *path)
{
	if (access(path, F_OK) == 0)
		take_out(going, path);
}

/* The agents' rules go with the plugin, and before it: some of them wait for a person by it. */
static void take_out_sudo(struct going *going, const struct paths *paths)
{
	char *text = NULL, *without;

	if (host_file_read(SUDO_CONF, NULL, &text) == 0 && text) {
		without = sudo_conf_remove(text);
		if (strcmp(without, text) != 0 && paths->sudoers)
			take_out_there(going, paths->sudoers);
		free(without);
	}
	free(text);
	take_out_there(going, SUDO_CONF);
}

static void take_out_kept(struct going *going)
{
	struct buffer kept = {0};
	char *save;

	placed_paths(going->placed, &kept);
	for (char *path = kept.len ? strtok_r(kept.data, "\n", &save) : NULL; path;
	     path = strtok_r(NULL, "\n", &save))
		take_out(going, path);
	buffer_free(&kept);
}

/* Packages take out themselves what they put in. */
static void tell_left(struct host_plan *plan, unsigned parts)
{
	char *text = NULL, *without;

	if (!(parts & (1u << HOST_NSS)) || host_file_read(NSSWITCH, NULL, &text) < 0 || !text)
		return;
	without = nsswitch_remove(text);
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->v[i].path, NSSWITCH) == 0)
			goto out;
	if (strcmp(without, text) != 0)
		problem_warning(plan->problems, &(struct position){.file = NSSWITCH},
				"still has the source of agents, which enable has not written: it goes with "
				"its package, libnss-agentauth");
out:
	free(without);
	free(text);
}

bool places_out(struct host_plan *plan, unsigned parts, const struct paths *paths,
		const struct placed *placed)
{
	struct going going = {plan, placed, parts, true};

	take_out_sudo(&going, paths);
	take_out_kept(&going);
	take_out_there(&going, SSHD_CONFIG);
	/* A stack of ours that nobody placed is a package's. */
	for (size_t i = 0; i < N_FILES; i++)
		if (!strstr(files[i].path, "/pam.d/"))
			take_out_there(&going, files[i].path);
	places_pam_each(take_out, &going);
	host_plan_settle(plan, true);
	if (going.planned)
		tell_left(plan, parts);
	return going.planned;
}
