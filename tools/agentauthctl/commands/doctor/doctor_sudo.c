/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_sudo.c checks sudo: its file, its plugin, its sudoers; and doas. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/generation.h"
#include "common/state/told.h"
#include "common/text/number.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/sudoers.h"
#include "tools/cli/spawn.h"

#define BLANK " \t"

/* ---- sudo itself ---------------------------------------------------------------- */

/* A line of sudo.conf whose plugin sudo cannot load stops it for everybody, and so does much else. */
void doctor_sudo(struct doctor *d)
{
	struct buffer output = {0};
	enum sudo_plugin dead = sudo_plugins_dead(&d->facts.plugins);
	char *what, *cure;
	int status = doctor_ask(&output, "sudo", (const char *const[4]){"-V"});

	if (status == -ENOENT)
		doctor_fine(d, "there is no sudo here");
	else if (dead < SUDO_PLUGIN_COUNT && sudo_plugins_problem(&d->facts.plugins, dead, &what, &cure)) {
		doctor_problem(d, cure, "%s", what);
		free(what);
	} else if (status != 0)
		doctor_problem(d, xstrdup("sudo -V; visudo -c"), "sudo does not start: %s",
			       doctor_first_line(&output));
	else
		doctor_fine(d, "sudo starts");
	buffer_free(&output);
}

void doctor_sudo_file(struct doctor *d)
{
	char *path = program_find("sudo"), *roles = doctor_roles_with(d, false), *cure = NULL;
	struct stat st;

	if (!path || stat(path, &st) < 0)
		doctor_fine(d, "there is no sudo here");
	else if (roles && doctor_sudo_is_rs(d) && (st.st_mode & S_ISUID))
		doctor_sudo_rs_file(d, roles);
	else if (doctor_is_nosuid(path)) {
		cure = xasprintf("mount -o remount,bind,suid \"$(findmnt -n -o TARGET -T %s)\"", path);
		doctor_problem(d, cure, "%s is on a file system that is mounted nosuid", path);
	} else if (!(st.st_mode & S_ISUID) || st.st_uid != 0) {
		cure = xasprintf("chown root:root %s && chmod 4755 %s", path, path);
		doctor_problem(d, cure, "%s is not root's with the set-user-ID bit", path);
	} else
		doctor_fine(d, "%s is root's with the set-user-ID bit", path);
	free(path);
	free(roles);
}

/* sudo itself says what it has loaded. */
void doctor_approval(struct doctor *d)
{
	char *roles = doctor_roles_with(d, true), *what = NULL, *cure = NULL;
	struct buffer output = {0};
	bool loaded = doctor_ask(&output, "sudo", (const char *const[4]){"-V"}) == 0 && output.len &&
		      strstr(output.data, AA_TOLD_APPROVAL);

	if (doctor_sudo_is_rs(d)) {
		doctor_sudo_rs_approval(d, roles);
		goto out;
	}
	if (sudo_plugins_dead(&d->facts.plugins) < SUDO_PLUGIN_COUNT)
		goto out; /* the first check says so */
	if (!roles && d->facts.plugins.lines[SUDO_PLUGIN_APPROVAL].answer == AA_PLUGIN_LOADED)
		doctor_fine(d, "sudo has the plugin; no role has commands that wait for a person");
	else if (!roles && sudo_plugins_problem(&d->facts.plugins, SUDO_PLUGIN_APPROVAL, &what, &cure)) {
		doctor_note(d,
			    "sudo has no second lock, which holds whatever it is told to skip of PAM: %s. As "
			    "root: %s",
			    what, cure);
		free(cure);
	} else if (sudo_plugins_problem(&d->facts.plugins, SUDO_PLUGIN_APPROVAL, &what, &cure))
		doctor_problem(d, cure, "commands of %s should wait for a person, and %s", roles, what);
	else if (!loaded)
		doctor_problem(d, xstrdup("sudo -V"),
			       "commands of %s should wait for a person, and sudo does not load the plugin",
			       roles);
	else
		doctor_fine(d, "sudo has the plugin that asks, for the commands of %s", roles);
out:
	buffer_free(&output);
	free(what);
	free(roles);
}

/* Without the line the log says that an agent asked for sudo, and not what came of it. */
void doctor_record(struct doctor *d)
{
	char *roles = doctor_roles_with(d, false), *what = NULL, *cure = NULL;

	if (doctor_sudo_is_rs(d)) {
		doctor_fine(d, "sudo-rs has no plugin that would record it");
		goto out;
	}
	if (sudo_plugins_dead(&d->facts.plugins) < SUDO_PLUGIN_COUNT)
		goto out; /* the first check says so */
	if (!sudo_plugins_problem(&d->facts.plugins, SUDO_PLUGIN_AUDIT, &what, &cure))
		doctor_fine(d, "sudo has the plugin that records what it did with an agent's command");
	else if (roles)
		doctor_note(d,
			    "sudo does not record what it does with the commands of %s, so that the log says "
			    "what was asked only: %s. As root: %s",
			    roles, what, cure);
	else
		doctor_fine(d, "no role has a sudo rule, and sudo has no plugin that would record it");
out:
	free(what);
	free(cure);
	free(roles);
}

/* ---- sudoers -------------------------------------------------------------------- */

/* published_sudoers() gives the sudoers of the serving generation, or NULL where it has none. It returns a negative
 * errno where that cannot be told. */
static int published_sudoers(const struct paths *paths, char **ret)
{
	int state = open(paths->statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	uint32_t number;

	r = state < 0 ? -errno : aa_generation_number(paths->statedir, &number);
	if (r == 0)
		r = generation_read(state, number, SUDOERS_FILE, ret);
	if (state >= 0)
		close(state);
	return r == -ENOENT ? 0 : r;
}

/* look_at_generated() returns true where the file is as it was published. What roles have now, and have no more, is in
 * force by it. */
static bool look_at_generated(struct doctor *d, const char *roles)
{
	const struct paths *paths = &d->ctl->paths;
	char *published = NULL;
	bool known = paths->sudoers && published_sudoers(paths, &published) == 0;
	bool as_published =
	    !known || (roles && !published) || sudoers_is_installed(paths->sudoers, published, paths->owner);

	if (!as_published && roles)
		doctor_mendable(d, DOCTOR_PROBLEM, doctor_fix_words,
				"%s is not what was published, and %s have sudo rules", paths->sudoers,
				roles);
	else if (!as_published)
		doctor_mendable(d, DOCTOR_PROBLEM, doctor_fix_words,
				"%s is not what was published, and no role has a sudo rule", paths->sudoers);
	else if (known && roles && !published) {
		doctor_problem(d, xstrdup("agentauthctl apply --yes"),
			       "%s have sudo rules, and none were published, since there was no sudo then",
			       roles);
		as_published = false;
	}
	free(published);
	return as_published;
}

/* visudo -c names each file that it reads. That of sudo-rs names the first alone, so that the names in all of them tell. */
static bool is_read(struct doctor *d, const struct buffer *output, const char *file)
{
	if (doctor_sudo_is_rs(d))
		return sudoers_who_has(&d->facts.sudoers, '%', d->group);
	return !output->len || !strstr(output->data, "/sudoers: ") || strstr(output->data, file);
}

void doctor_sudoers(struct doctor *d)
{
	const struct paths *paths = &d->ctl->paths;
	char *roles = doctor_roles_with(d, false);
	struct buffer output = {0};
	int status =
	    doctor_ask(&output, doctor_sudo_is_rs(d) ? "visudo-rs" : "visudo", (const char *const[4]){"-c"});
	bool generated = status == -ENOENT || !d->published || look_at_generated(d, roles);

	if (status > 0)
		doctor_problem(
		    d, xstrdup("visudo -c"),
		    "visudo -c finds a mistake in this host's sudoers, and sudo may refuse everybody: %s",
		    doctor_first_line(&output));
	else if (generated && (!roles || !paths->sudoers))
		doctor_fine(d, "no role has a sudo rule");
	else if (status == -ENOENT)
		doctor_problem(d, xstrdup("apt-get install sudo"),
			       "%s have sudo rules, and there is no sudo here", roles);
	else if (generated && !is_read(d, &output, paths->sudoers))
		doctor_problem(d,
			       xasprintf("echo '@includedir %s/sudoers.d' >>%s/sudoers && visudo -c",
					 paths->sysconfdir, paths->sysconfdir),
			       "%s is not read: %s/sudoers has no @includedir %s/sudoers.d", paths->sudoers,
			       paths->sysconfdir, paths->sysconfdir);
	else if (generated)
		doctor_fine(d, "%s is what was published", paths->sudoers);
	buffer_free(&output);
	free(roles);
}

/* ---- Defaults ------------------------------------------------------------------- */

/* These settings of sudo can take the decision about an agent's sudo from our stack. */
static const struct setting {
	const char *name;
	const char *text; /* what it must be: "sudo", or "sudo-i"; NULL: it is a flag */
	bool flag;
	const char *does;
} settings[] = {
    {"pam_acct_mgmt", NULL, true, "has sudo not ask whether the agent has a live session"},
    {"pam_session", NULL, true, "has sudo open no session"},
    {"pam_setcred", NULL, true, "keeps the groups of the roles from what is started for an agent"},
    {"pam_ruser", NULL, true, "hides from PAM by whom sudo was called"},
    {"pam_service", "sudo", false, "has sudo ask another stack"},
    {"pam_login_service", "sudo-i", false, "has sudo -i ask another stack"},
    {"pam_askpass_service", "sudo", false, "has sudo -A ask another stack"},
    {"requiretty", NULL, false, "refuses agents, which have no terminal"},
    {"intercept", NULL, false, "stops what is not started by the rules' own text"},
    {"rootpw", NULL, false, "has PAM asked about root instead of the agent"},
    {"targetpw", NULL, false, "has PAM asked about the target instead of the agent"},
    {"runaspw", NULL, false, "has PAM asked about another user instead of the agent"},
};

enum binding { ALL, AGENTS, SOME, OTHERS };

/* effective holds what the last Defaults of each kind say. */
struct effective {
	const json_t *value[SOME + 1]; /* NULL: they say nothing */
	const json_t *bound;	       /* to what, for SOME */
};

static enum binding one_binding(struct doctor *d, const json_t *binding)
{
	const char *user = json_string_value(json_object_get(binding, "username"));
	const char *group = json_string_value(json_object_get(binding, "usergroup"));

	if (json_object_get(binding, "hostname"))
		return ALL;
	if (group)
		return doctor_is_agents_group(d, group) ? AGENTS : OTHERS;
	if (!user)
		return json_object_get(binding, "command") ? SOME : OTHERS;
	if (strcmp(user, "ALL") == 0)
		return AGENTS;
	/* cvtsudoers writes the users that commands are run as in the same way as the users that run them. */
	return doctor_is_agent(d, user) || strcmp(user, "root") == 0 ? SOME : OTHERS;
}

static enum binding whom_for(struct doctor *d, const json_t *defaults)
{
	const json_t *list = json_object_get(defaults, "Binding"), *binding;
	enum binding found = json_array_size(list) ? OTHERS : ALL;
	size_t i;

	json_array_foreach(list, i, binding)
	{
		enum binding one = one_binding(d, binding);

		if (!json_is_true(json_object_get(binding, "negated")) && one < found)
			found = one;
	}
	return found;
}

static struct effective find_effective(struct doctor *d, const json_t *all, const char *name)
{
	struct effective e = {0};
	const json_t *defaults, *option;
	size_t i, j;

	json_array_foreach(all, i, defaults)
	{
		enum binding for_whom = whom_for(d, defaults);

		json_array_foreach(json_object_get(defaults, "Options"), j, option)
		{
			const json_t *value = json_object_get(option, name);

			if (!value || for_whom == OTHERS)
				continue;
			e.value[for_whom] = value;
			if (for_whom == SOME)
				e.bound = json_array_get(json_object_get(defaults, "Binding"), 0);
		}
	}
	return e;
}

static bool is_bad(const struct setting *s, const json_t *value)
{
	if (!value)
		return false;
	if (!s->text)
		return json_is_true(value) != s->flag;
	return !json_is_string(value) || strcmp(json_string_value(value), s->text) != 0;
}

static void report_setting(struct doctor *d, const struct setting *s)
{
	const char *right = s->text   ? ""
			    : s->flag ? ""
				      : "!",
		   *equals = s->text ? "=" : "", *text = s->text ? s->text : "";

	/* The file's name comes after ours, and its mode is what visudo wants. */
	doctor_problem(d,
		       xasprintf("(umask 0337; echo 'Defaults:%%%s %s%s%s%s' >>" AA_SYSCONFDIR
				 "/sudoers.d/zz-agentauth) && visudo -c",
				 d->group, right, s->name, equals, text),
		       "sudoers set %s%s, which %s", s->text || !s->flag ? "" : "!", s->name, s->does);
}

static bool look_at_setting(struct doctor *d, const json_t *all, const struct setting *s)
{
	struct effective e = find_effective(d, all, s->name);
	char *bound;

	if (is_bad(s, e.value[SOME])) {
		bound = json_dumps(e.bound, JSON_COMPACT);
		doctor_problem(d, NULL, "sudoers set %s%s for %s, which %s; take it out there with visudo",
			       s->text || !s->flag ? "" : "!", s->name, bound, s->does);
		free(bound);
		return false;
	}
	if (!is_bad(s, e.value[AGENTS] ? e.value[AGENTS] : e.value[ALL]))
		return true;
	report_setting(d, s);
	return false;
}

void doctor_defaults(struct doctor *d)
{
	char *file = xasprintf("%s/sudoers", d->ctl->paths.sysconfdir);
	struct buffer output = {0};
	int status = doctor_ask(&output, "cvtsudoers",
				(const char *const[4]){"-efjson", "-sprivileges,aliases", file});
	json_t *json = status == 0 && output.len
			   ? json_loadb(output.data, output.len, JSON_DISABLE_EOF_CHECK, NULL)
			   : NULL;
	bool fine = true;

	if (status == -ENOENT)
		doctor_fine(d, "there is no cvtsudoers here, by which Defaults could be looked at");
	else if (!json)
		doctor_note(d, "cvtsudoers does not say what Defaults this host's sudoers have: %s",
			    doctor_first_line(&output));
	for (size_t i = 0; json && i < sizeof(settings) / sizeof(settings[0]); i++)
		fine = look_at_setting(d, json_object_get(json, "Defaults"), &settings[i]) && fine;
	if (json && fine)
		doctor_fine(d, "no Defaults of sudoers are in the way");
	json_decref(json);
	buffer_free(&output);
	free(file);
}

/* ---- doas ----------------------------------------------------------------------- */

/* permitted() returns the identity of "permit [OPTION]… IDENTITY …", or NULL where the line is none. */
static char *permitted(char *line)
{
	char *save, *word = strtok_r(line, BLANK, &save);
	bool in_braces = false;

	if (!word || strcmp(word, "permit") != 0)
		return NULL;
	while ((word = strtok_r(NULL, BLANK, &save))) {
		bool was = in_braces;

		in_braces = (in_braces || strchr(word, '{')) && !strchr(word, '}');
		if (!was && !in_braces && !strchr(word, '}') && strcmp(word, "nopass") != 0 &&
		    strcmp(word, "nolog") != 0 && strcmp(word, "persist") != 0 &&
		    strcmp(word, "keepenv") != 0 && strcmp(word, "setenv") != 0)
			return word;
	}
	return NULL;
}

/* Says whether an identity of doas.conf is an agent, or a group that agents have. doas takes the number for the name, and
 * quotes around either. */
static bool is_agents_identity(struct doctor *d, char *identity)
{
	char *name = identity + (*identity == '"'), *of_id = NULL;
	bool group = *name == ':', is;
	uint32_t id;

	name += group;
	name += *name == '"';
	name[strcspn(name, "\"")] = '\0';
	if (aa_number_id(name, &id)) {
		const struct group *gr = group ? getgrgid(id) : NULL;
		const struct passwd *pw = group ? NULL : getpwuid(id);

		name = of_id = xstrdup(gr ? gr->gr_name : pw ? pw->pw_name : "");
	}
	/* An agent's own group has its name. */
	is = doctor_is_agent(d, name) || (group && doctor_is_agents_group(d, name));
	free(of_id);
	return is;
}

void doctor_doas(struct doctor *d)
{
	char *file = xasprintf("%s/doas.conf", d->ctl->paths.sysconfdir), *program = program_find("doas"),
	     *text = NULL, *next;
	unsigned number = 0, before = d->problems;

	if (program && slurp(file, &text) == 0)
		for (char *line = text; line; line = next) {
			char *identity, *shown;

			next = strchr(line, '\n');
			if (next)
				*next++ = '\0';
			number++;
			line[strcspn(line, "#")] = '\0';
			identity = permitted(line);
			shown = identity ? xstrdup(identity) : NULL;
			if (identity && is_agents_identity(d, identity))
				doctor_problem(d, xasprintf("sed -i '%us/^/# /' %s", number, file),
					       "%s:%u permits doas to %s", file, number, shown);
			free(shown);
		}
	if (d->problems == before)
		doctor_fine(d, "%s", program ? "doas permits no agent anything" : "there is no doas here");
	free(text);
	free(program);
	free(file);
}
