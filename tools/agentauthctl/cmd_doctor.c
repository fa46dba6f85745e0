/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_doctor.c: doctor: whether this host does what the published registry takes for granted. Nothing is
 * changed.
 *
 * A check is a function that makes one finding or more; they stand in the table at the end. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "generations.h"
#include "published.h"
#include "registry/generation.h"
#include "spawn.h"
#include "sudoers.h"

#define MODULE "pam_agentauth.so"
#define NAMES_SHOWN 3

enum finding { FINE, NOTE, PROBLEM };

struct doctor {
	struct ctl *ctl;
	struct published *published; /* NULL: none that can be read */
	json_t *roles;		     /* name → record */
	size_t n_agents;
	char *anybody; /* the first agent's name, or NULL, and its uid */
	json_int_t uid;
	struct buffer mixing; /* names of the first agents that may have sessions of different roles at one time */
	size_t n_mixing;
	json_t *findings;
	unsigned problems;
};

__attribute__((format(printf, 4, 5))) static void find(struct doctor *d, enum finding finding,
						       const char *what, const char *format, ...)
{
	static const char *const words[] = {"ok", "note", "PROBLEM"};
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	d->problems += finding == PROBLEM;
	if (!d->ctl->json)
		printf("%-8s %-10s %s\n", words[finding], what, text);
	(void)json_array_append_new(d->findings, json_pack("{s:s, s:s, s:s}", "finding",
							   finding == PROBLEM ? "problem" : words[finding],
							   "check", what, "text", text));
	free(text);
}

/* Of what a program printed. */
static const char *first_line(struct buffer *output)
{
	if (output->len == 0)
		return "it does not say what";
	output->data[strcspn(output->data, "\n")] = '\0';
	return output->data;
}

/* ---- what is published ---------------------------------------------------------- */

static bool keep_role(void *data, const char *name, const char *record, size_t len)
{
	struct doctor *d = data;

	(void)json_object_set_new(d->roles, name, json_loadb(record, len, 0, NULL));
	return true;
}

/* Of a million agents no record is kept. */
static bool look_at_agent(void *data, const char *name, const char *record, size_t len)
{
	json_t *agent = json_loadb(record, len, 0, NULL);
	const char *mixed = json_string_value(json_object_get(agent, "mixed_sessions"));
	struct doctor *d = data;

	d->n_agents++;
	if (!d->anybody) {
		d->anybody = xstrdup(name);
		d->uid = json_integer_value(json_object_get(agent, "uid"));
	}
	if (json_array_size(json_object_get(agent, "roles")) > 1 && !(mixed && strcmp(mixed, "refuse") == 0) &&
	    d->n_mixing++ < NAMES_SHOWN)
		buffer_printf(&d->mixing, "%s%s", d->mixing.len ? ", " : "", name);
	json_decref(agent);
	return true;
}

static void check_registry(struct doctor *d)
{
	int64_t generation = 0;
	json_t *host;

	if (!d->published) {
		find(d, PROBLEM, "registry",
		     "nothing is published that can be read: every agent is refused; run agentauthctl apply");
		return;
	}
	host = published_json(d->published, "host", "");
	generation = json_integer_value(json_object_get(host, "generation"));
	json_decref(host);
	find(d, FINE, "registry", "generation %lld serves, with %zu agent%s and %zu role%s", (long long)generation,
	     d->n_agents, d->n_agents == 1 ? "" : "s", json_object_size(d->roles),
	     json_object_size(d->roles) == 1 ? "" : "s");
}

/* The names of roles that have rules in this member, as one text; NULL: none. */
static char *roles_with(const struct doctor *d, const char *member)
{
	struct buffer b = {0};
	const char *name;
	json_t *role;

	json_object_foreach(d->roles, name, role)
	{
		if (json_array_size(json_object_get(role, member)))
			buffer_printf(&b, "%s%s", b.len ? ", " : "", name);
	}
	return b.len ? buffer_take(&b) : NULL;
}

/* Has a program of this host say something: its exit status, or a negative errno (-ENOENT: there is none). The arguments end
 * with the first NULL. */
static int ask(struct buffer *output, const char *name, const char *const arguments[3])
{
	char *path = program_find(name);
	char *const argv[] = {path, (char *)(uintptr_t)arguments[0], (char *)(uintptr_t)arguments[1],
			      (char *)(uintptr_t)arguments[2], NULL};
	int status = path ? program_run(argv, "", 0, output) : -ENOENT;

	free(path);
	return status;
}

/* ---- directories ---------------------------------------------------------------- */

static void check_place(struct doctor *d, const char *what, const char *path, const char *lost)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		find(d, PROBLEM, what,
		     "%s is not there: %s; run systemd-tmpfiles --create agentauth.conf, or make it, root's, "
		     "with mode 0700",
		     path, lost);
	else if (!S_ISDIR(st.st_mode) || st.st_uid != d->ctl->places.owner || (st.st_mode & 022))
		find(d, PROBLEM, what, "%s must be a directory of root's that nobody else can write: %s",
		     path, lost);
	else
		find(d, FINE, what, "%s", path);
}

static void check_places(struct doctor *d)
{
	check_place(d, "sessions", d->ctl->rundir, "no agent gets a session");
	if (d->ctl->logdir)
		check_place(
		    d, "audit", d->ctl->logdir,
		    "no decision can be recorded, and agents are refused unless audit_failure is \"warn\"");
}

/* ---- NSS ------------------------------------------------------------------------ */

static void check_names(struct doctor *d)
{
	const struct passwd *pw = d->anybody ? getpwnam(d->anybody) : NULL;

	if (!d->anybody)
		find(d, NOTE, "names", "there is no agent yet whose name could be looked up");
	else if (!pw)
		find(d, PROBLEM, "names", "%s is published and this host does not know it: put agentauth "
		     "after files for passwd and group in nsswitch.conf",
		     d->anybody);
	else if (pw->pw_uid != d->uid)
		find(d, PROBLEM, "names",
		     "%s has uid %u here, and another in the registry: a local account of that name, or "
		     "another NSS module, comes first",
		     d->anybody, (unsigned)pw->pw_uid);
	else
		find(d, FINE, "names", "%s is known here, with the registry's uid", d->anybody);
}

/* ---- PAM ------------------------------------------------------------------------ */

/* Whether a line that is no comment has the word; or, of a stack, one that it includes has. */
static bool stack_has_module(const char *dir, const char *name, int depth)
{
	char *path = xasprintf("%s/%s", dir, name), *line = NULL;
	FILE *f = fopen(path, "re");
	size_t cap = 0;
	bool found = false;

	free(path);
	while (f && !found && getline(&line, &cap, f) > 0) {
		char *save;
		bool included = false;

		for (char *word = strtok_r(line, " \t\n", &save); word && *word != '#' && !found;
		     word = strtok_r(NULL, " \t\n", &save)) {
			size_t n = strlen(word);

			found = (n >= sizeof(MODULE) - 1 &&
				 strcmp(word + n - (sizeof(MODULE) - 1), MODULE) == 0) ||
				(included && depth && stack_has_module(dir, word, depth - 1));
			included = strcmp(word, "@include") == 0 || strcmp(word, "include") == 0 ||
				   strcmp(word, "substack") == 0;
		}
	}
	free(line);
	if (f)
		(void)fclose(f);
	return found;
}

static void check_stacks(struct doctor *d)
{
	static const char *const services[] = {"sshd",	    "sudo",	    "sudo-i", "su",
					       "su-l",	    "login",	    "cron",   "runuser",
					       "runuser-l", "systemd-user", "passwd"};
	struct buffer without = {0}, with = {0};
	char *dir = xasprintf("%s/pam.d", d->ctl->places.sysconfdir);

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		char *path = xasprintf("%s/%s", dir, services[i]);
		struct buffer *b = stack_has_module(dir, services[i], 3) ? &with : &without;

		if (access(path, F_OK) == 0)
			buffer_printf(b, "%s%s", b->len ? ", " : "", services[i]);
		free(path);
	}
	if (without.len)
		find(d, PROBLEM, "pam",
		     "the stacks of %s do not ask pam_agentauth.so: take its lines from "
		     "/usr/share/agentauth/pam.d",
		     without.data);
	else
		find(d, FINE, "pam", "pam_agentauth.so is asked by %s",
		     with.len ? with.data : "no stack, since there is none");
	buffer_free(&without);
	buffer_free(&with);
	free(dir);
}

/* ---- sshd ----------------------------------------------------------------------- */

/* What sshd itself says of a login of this agent. */
static void check_sshd(struct doctor *d)
{
	static const char *const wanted[] = {"usepam yes",
					     "kbdinteractiveauthentication yes",
					     "passwordauthentication no",
					     "authorizedkeysfile none",
					     "trustedusercakeys none",
					     "hostbasedauthentication no",
					     "gssapiauthentication no"};
	char *who = xasprintf("user=%s,host=localhost,addr=127.0.0.1", d->anybody ? d->anybody : "nobody");
	struct buffer output = {0}, lacks = {0};
	int status = ask(&output, "sshd", (const char *const[]){"-T", "-C", who});

	if (status == -ENOENT)
		find(d, NOTE, "sshd", "there is no sshd here");
	else if (!d->anybody)
		find(d, NOTE, "sshd", "there is no agent yet whose logins sshd could be asked about");
	else if (status != 0)
		find(d, PROBLEM, "sshd", "sshd -T does not take this host's configuration: %s",
		     first_line(&output));
	else {
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (!strstr(output.data, wanted[i]))
				buffer_printf(&lacks, "%s%s", lacks.len ? ", " : "", wanted[i]);
		if (!strstr(output.data, "/authorized-keys"))
			buffer_printf(&lacks, "%sauthorizedkeyscommand", lacks.len ? ", " : "");
		if (lacks.len)
			find(
			    d, PROBLEM, "sshd",
			    "for %s sshd has not: %s; copy /usr/share/agentauth/sshd_config.d/agentauth.conf "
			    "to /etc/ssh/sshd_config.d and reload it",
			    d->anybody, lacks.data);
		else
			find(d, FINE, "sshd", "its settings for %s are the shipped ones", d->anybody);
	}
	buffer_free(&output);
	buffer_free(&lacks);
	free(who);
}

/* ---- sudo ----------------------------------------------------------------------- */

/* The sudoers that the generation which serves has; NULL: it has none. */
static char *published_sudoers(const struct places *places)
{
	int state = open(places->statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *text = NULL;
	uint32_t number;

	if (state >= 0 && aa_generation_number(places->statedir, &number) == 0)
		(void)generation_read(state, number, SUDOERS_FILE, &text);
	if (state >= 0)
		close(state);
	return text;
}

static void check_sudoers(struct doctor *d)
{
	const struct places *places = &d->ctl->places;
	char *roles = roles_with(d, "sudo"), *published = published_sudoers(places);
	struct buffer output = {0};
	int status = ask(&output, "visudo", (const char *const[]){"-c", NULL, NULL});

	if (!roles || !places->sudoers)
		find(d, FINE, "sudoers", "no role has a sudo rule");
	else if (!published || !sudoers_is_installed(places->sudoers, published, places->owner))
		find(d, PROBLEM, "sudoers",
		     "%s is not what was published, and %s have sudo rules: run agentauthctl apply", places->sudoers,
		     roles);
	else if (status == -ENOENT)
		find(d, PROBLEM, "sudoers", "%s have sudo rules, and there is no sudo here", roles);
	else if (status != 0)
		find(d, PROBLEM, "sudoers",
		     "visudo -c finds a mistake in this host's sudoers, and sudo may refuse everybody: %s",
		     first_line(&output));
	else
		find(d, FINE, "sudoers", "%s is what was published", places->sudoers);
	buffer_free(&output);
	free(published);
	free(roles);
}

/* What sudo itself says it has loaded. */
static void check_approval(struct doctor *d)
{
	char *roles = roles_with(d, "approval");
	struct buffer output = {0};
	bool loaded = ask(&output, "sudo", (const char *const[]){"-V", NULL, NULL}) == 0 && output.len &&
		      strstr(output.data, "agentauth approval plugin");

	if (!roles)
		find(d, FINE, "approval", "no role has commands that wait for a person");
	else if (loaded)
		find(d, FINE, "approval", "sudo has the plugin that asks, for the commands of %s", roles);
	else
		find(d, PROBLEM, "approval",
		     "commands of %s should wait for a person, and sudo does not load the plugin that asks: "
		     "they run UNASKED. Add /usr/share/agentauth/sudo.conf to /etc/sudo.conf, or take the "
		     "rules out",
		     roles);
	buffer_free(&output);
	free(roles);
}

/* ---- sessions ------------------------------------------------------------------- */

static bool timer_is_active(void)
{
	struct buffer output = {0};
	bool active = ask(&output, "systemctl", (const char *const[]){"is-active", "agentauth-reap.timer", NULL}) == 0;

	buffer_free(&output);
	return active;
}

static void check_deadlines(struct doctor *d)
{
	char *cron = xasprintf("%s/cron.d/agentauth-reap", d->ctl->places.sysconfdir);

	if (timer_is_active())
		find(d, FINE, "deadlines", "agentauth-reap.timer ends sessions that are past theirs");
	else if (access(cron, F_OK) == 0)
		find(d, FINE, "deadlines", "%s ends sessions that are past theirs", cron);
	else if (access("/run/systemd/system", F_OK) == 0)
		find(d, PROBLEM, "deadlines",
		     "only logins that systemd counts end in time: run systemctl enable --now "
		     "agentauth-reap.timer");
	else
		find(d, PROBLEM, "deadlines",
		     "nothing ends sessions that are past theirs, they only get no sudo: copy "
		     "/usr/share/agentauth/cron.d/agentauth-reap to %s",
		     cron);
	free(cron);
}

static void check_mixing(struct doctor *d)
{
	if (d->n_mixing == 0)
		find(d, FINE, "mixing", "no agent can have sessions of different roles at one time");
	else
		find(d, NOTE, "mixing",
		     "%zu agent%s (%s%s) may have sessions of different roles at one time, which are no "
		     "boundary between each other: use two agents, or mixed_sessions = \"refuse\"",
		     d->n_mixing, d->n_mixing == 1 ? "" : "s", d->mixing.data,
		     d->n_mixing > NAMES_SHOWN ? ", ..." : "");
}

/* ---- the command ---------------------------------------------------------------- */

static void (*const checks[])(struct doctor *d) = {
    check_registry, check_places,   check_names,     check_stacks, check_sshd,
    check_sudoers,  check_approval, check_deadlines, check_mixing,
};

static enum ctl_status run_doctor(struct ctl *ctl, const struct arguments *arguments)
{
	struct doctor d = {.ctl = ctl, .roles = json_object(), .findings = json_array()};

	(void)arguments;
	d.published = published_open(ctl->places.statedir, ctl->places.owner);
	if (d.published && (!published_walk(d.published, "role:", keep_role, &d) ||
			    !published_walk(d.published, "agent:", look_at_agent, &d))) {
		published_close(d.published);
		d.published = NULL;
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&d);
	if (!ctl->json && d.problems)
		printf("\n%u problem%s.\n", d.problems, d.problems == 1 ? "" : "s");
	else if (!ctl->json)
		puts("\nThis host is in order.");
	ctl_answer(ctl, "findings", json_incref(d.findings));
	ctl_answer(ctl, "problems", json_integer(d.problems));
	json_decref(d.findings);
	json_decref(d.roles);
	buffer_free(&d.mixing);
	free(d.anybody);
	published_close(d.published);
	return d.problems ? CTL_FAILED : CTL_DONE;
}

const struct ctl_command cmd_doctor = {
    .name = "doctor",
    .words = "",
    .summary = "say whether this host does what the registry takes for granted",
    .about = "Looks at the registry, the directories, NSS, the PAM stacks, sshd, sudo and its approval "
	     "plugin, and at what ends\n"
	     "sessions, and says what to do about each problem. Changes nothing. Exit status: 1 if there is "
	     "a problem; a note\n"
	     "is none.",
    .run = run_doctor,
};
