/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_doctor.c checks whether this host does what the published registry takes for granted. Nothing is changed but by
 * --fix, see doctor_mend.c. */
#include "config.h"

#include <errno.h>
#include <mntent.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/publish/withheld.h"
#include "tools/cli/spawn.h"

#define NAMES_SHOWN 3
#define ROUNDS_MAX 8 /* of --fix: what is mended may uncover more */

/* The checks stand in the order in which a person should mend what they find: what keeps people out comes first. */
static const struct doctor_check checks[] = {
    {"sudo", "Nobody on this host has sudo.", doctor_sudo},
    {"registry", "Without a registry every agent is refused.", doctor_registry},
    {"state", "No agent can be registered, changed or retired.", doctor_state},
    {"decisions", "Every agent is refused.", doctor_decisions},
    {"files", "What others than root can write is refused: agents get in no more, or nothing is published.",
     doctor_files},
    {"served", "To all but root, and to sshd, the host has no agents.", doctor_served},
    {"sessions", "No agent gets a session.", doctor_rundir},
    {"audit", "No decision can be recorded, and agents are refused unless audit_failure is \"warn\".",
     doctor_logdir},
    {"log", "Who has changed the log hides what was done.", doctor_chain},
    {"space", "When the disk is full, agents are refused unless audit_failure is \"warn\".", doctor_space},
    {"nsswitch",
     "Without the group of all agents sshd's settings for them do not hold, and they own nothing.",
     doctor_nsswitch},
    {"names", "An agent whose name is somebody else's here, or nobody's, is refused.", doctor_names},
    {"groups", "sshd's settings for agents go by this group.", doctor_groups},
    {"directory", "Who is in the other's group is taken for an agent, or has a role's rules.",
     doctor_directory},
    {"power", "The agent has what the group has, in every session, whatever its roles say.", doctor_power},
    {"ids", "Who has an agent's uid has its files.", doctor_ids},
    {"pam", "There agents come in, or stay in, without being asked.", doctor_stacks},
    {"usepam", "sshd would let agents in without asking PAM; so no agent's SSH key is good.", doctor_usepam},
    {"sshd", "Agents would be let in by what is not in the registry, or not at all.", doctor_sshd},
    {"match", "Of the blocks that fit a login sshd takes each setting from the first.", doctor_match},
    {"allowed", "sshd refuses agents before it asks anybody.", doctor_allowed},
    {"methods",
     "An agent has no password: it shows a credential by keyboard-interactive, or a registered key.",
     doctor_methods},
    {"sudo-file", "The roles' sudo rules do not hold.", doctor_sudo_file},
    {"sudoers", "The roles' sudo rules do not hold, or others than these.", doctor_sudoers},
    {"defaults", "Agents' sudo is not decided as it should be.", doctor_defaults},
    {"approval",
     "Agents with such rules get no sudo, and where the PAM module is not asked either, these commands run "
     "UNASKED.",
     doctor_approval},
    {"record", "What sudo did with an agent's command is not in the log.", doctor_record},
    {"terminals", "What agents do as root is not seen again, or what people do is not logged any more.",
     doctor_terminals},
    {"doas", "doas asks nobody about sessions: the agent may run this at any time, suspended or not.",
     doctor_doas},
    {"deadlines", "Sessions that are past their deadline go on; they only get no sudo.", doctor_deadlines},
    {"recorder", "Agents with such a role are refused unless audit_failure is \"warn\".", doctor_recorder},
    {"algorithms", "Credentials that are signed with such an algorithm are refused.", doctor_algorithms},
    {"issuers", "Tokens of this issuer are refused.", doctor_issuers},
    {"agents", "No login could let the agent in.", doctor_agents},
    {"approvers", "A command that waits is refused after two minutes.", doctor_approvers},
    {"clock", "An agent may show a credential once, and the host has to know whether it did.", doctor_clock},
    {"marks", "Agents are refused (replay_full) before others on the host find no room in /run.",
     doctor_marks},
    {"mixing", "Sessions of one agent are no boundary between each other.", doctor_mixing},
    {"keys", "The log cannot tell which of two agents acted.", doctor_keys},
    {"homes", "A setuid or setgid file in a home gives to others what the agent has.", doctor_homes},
};

/* ---- findings ------------------------------------------------------------------- */

/* add() returns the finding, which the doctor owns. */
__attribute__((format(printf, 4, 0))) static json_t *add(struct doctor *d, const char *finding,
							 const char *cure, const char *format, va_list args)
{
	char *text = xvasprintf(format, args);
	json_t *json =
	    json_pack("{s:s, s:s, s:s}", "finding", finding, "check", d->check->name, "text", text);

	if (strcmp(finding, "problem") == 0)
		(void)json_object_set_new(json, "why", json_string(d->check->why));
	if (cure)
		(void)json_object_set_new(json, "cure", json_string(cure));
	(void)json_array_append_new(d->findings, json);
	free(text);
	return json;
}

void doctor_fine(struct doctor *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, "ok", NULL, format, args);
	va_end(args);
}

void doctor_note(struct doctor *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, "note", NULL, format, args);
	va_end(args);
	d->notes++;
}

void doctor_problem(struct doctor *d, char *cure, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(d, "problem", cure, format, args);
	va_end(args);
	d->problems++;
	free(cure);
}

void doctor_mendable(struct doctor *d, enum doctor_weight weight, const char *const words[],
		     const char *format, ...)
{
	char *cure = doctor_command_text(words);
	json_t *fix = json_array();
	va_list args;

	for (size_t i = 0; words[i]; i++)
		(void)json_array_append_new(fix, json_string(words[i]));
	va_start(args, format);
	(void)json_object_set_new(add(d, weight == DOCTOR_PROBLEM ? "problem" : "note", cure, format, args),
				  "fix", fix);
	va_end(args);
	*(weight == DOCTOR_PROBLEM ? &d->problems : &d->notes) += 1;
	free(cure);
}

/* ---- what checks share ---------------------------------------------------------- */

int doctor_ask(struct buffer *output, const char *name, const char *const arguments[4])
{
	char *path = program_find(name);
	char *const argv[] = {path,
			      (char *)(uintptr_t)arguments[0],
			      (char *)(uintptr_t)arguments[1],
			      (char *)(uintptr_t)arguments[2],
			      (char *)(uintptr_t)arguments[3],
			      NULL};
	int status = path ? program_run(argv, "", 0, output) : -ENOENT;

	free(path);
	return status;
}

/* Says whether a path lies below a directory. */
static bool lies_in(const char *path, const char *dir)
{
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

bool doctor_is_nosuid(const char *path)
{
	char *real = realpath(path, NULL);
	FILE *mounts = setmntent("/proc/1/mounts", "re");
	struct mntent *mount;
	bool nosuid = false;
	size_t longest = 0;

	/* Of two mounts of one directory the later one is seen. */
	while (real && mounts && (mount = getmntent(mounts)))
		if (strlen(mount->mnt_dir) >= longest && lies_in(real, mount->mnt_dir)) {
			longest = strlen(mount->mnt_dir);
			nosuid = hasmntopt(mount, MNTOPT_NOSUID) != NULL;
		}
	if (mounts)
		(void)endmntent(mounts);
	free(real);
	return nosuid;
}

const char *doctor_first_line(struct buffer *output)
{
	if (output->len == 0)
		return "it does not say what";
	output->data[strcspn(output->data, "\n")] = '\0';
	return output->data;
}

char *doctor_roles_with(const struct doctor *d, bool approval)
{
	struct buffer b = {0};

	for (size_t i = 0; i < d->n_roles; i++) {
		const struct aa_role *role = d->roles[i];

		if (approval ? role->approval.n || role->max_sudo : role->sudo.n)
			buffer_printf(&b, "%s%s", b.len ? ", " : "", role->name);
	}
	return b.len ? buffer_take(&b) : NULL;
}

bool doctor_knows_agent(struct doctor *d, const char *name)
{
	char *key = xasprintf("agent:%s", name);
	size_t len;
	bool known = d->published && aa_agent_name_is_valid(name) && published_get(d->published, key, &len);

	free(key);
	return known;
}

/* An agent is shadowed where another source of names has an account of its name and is asked first, or our module
 * leaves the agent out. */
static bool is_shadowed(struct doctor *d, const char *name)
{
	struct aa_agent *agent = published_agent(d->published, name);
	const struct passwd *pw = getpwnam(name);
	bool shadowed = withheld_has(&d->ctl->paths, name) || (pw && agent && pw->pw_uid != agent->uid);

	aa_agent_free(agent);
	return shadowed;
}

bool doctor_is_agent(struct doctor *d, const char *name)
{
	return doctor_knows_agent(d, name) && !is_shadowed(d, name);
}

bool doctor_is_agents_group(const struct doctor *d, const char *name)
{
	return strcmp(name, d->group) == 0 ||
	       strncmp(name, AA_ROLE_GROUP_PREFIX, strlen(AA_ROLE_GROUP_PREFIX)) == 0;
}

/* ---- what is published ---------------------------------------------------------- */

static bool keep_role(void *data, const char *name, const char *record, size_t len)
{
	struct aa_role *role = published_role_of(record, len);
	struct doctor *d = data;

	(void)name;
	d->damaged = !role;
	if (d->damaged)
		return false;
	grow(&d->roles, &d->roles_cap, d->n_roles + 1, sizeof(*d->roles));
	d->roles[d->n_roles++] = role;
	return true;
}

/* Of a million agents no record is kept. */
static bool look_at_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct doctor *d = data;

	d->n_agents++;
	if (!agent) {
		d->damaged = true;
		return false;
	}
	if (!d->anybody && is_shadowed(d, name)) {
		if (!d->shadowed)
			d->shadowed = xstrdup(name);
	} else if (!d->anybody) {
		d->anybody = xstrdup(name);
		d->uid = agent->uid;
	}
	if (agent->roles.n > 1 && agent->mixed_sessions != AA_MIXED_SESSIONS_REFUSE &&
	    d->n_mixing++ < NAMES_SHOWN)
		buffer_printf(&d->mixing, "%s%s", d->mixing.len ? ", " : "", name);
	doctor_keep_keys(d, name, agent);
	doctor_keep_hopeless(d, name, agent);
	aa_agent_free(agent);
	return true;
}

static void read_group(struct doctor *d)
{
	struct aa_accounts accounts;

	(void)snprintf(d->group, sizeof(d->group), "agents");
	if (aa_accounts_open(d->ctl->paths.statedir, d->ctl->paths.owner, &accounts) < 0)
		return;
	(void)snprintf(d->group, sizeof(d->group), "%s", accounts.header.group);
	d->gid = accounts.header.gid_agents;
	aa_accounts_close(&accounts);
}

static void read_published(struct doctor *d)
{
	d->published = published_open(d->ctl->paths.statedir, d->ctl->paths.owner);
	if (d->published && (!published_walk(d->published, "role:", keep_role, d) || d->damaged ||
			     !published_walk(d->published, "agent:", look_at_agent, d) || d->damaged)) {
		published_close(d->published);
		d->published = NULL;
	}
	read_group(d);
}

static void free_roles(struct doctor *d)
{
	for (size_t i = 0; i < d->n_roles; i++)
		aa_role_free(d->roles[i]);
	free(d->roles);
}

/* ---- the command ---------------------------------------------------------------- */

static void examine(struct doctor *d)
{
	read_published(d);
	/* The checks themselves find what cannot be read of the host. */
	(void)host_facts_read(&d->facts, d->ctl->paths.sysconfdir, &d->ctl->problems);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		d->check = &checks[i];
		d->check->run(d);
	}
}

static void look(struct doctor *d, struct ctl *ctl)
{
	*d = (struct doctor){.ctl = ctl, .findings = json_array()};
	examine(d);
}

static void forget(struct doctor *d)
{
	json_decref(d->findings);
	free_roles(d);
	host_facts_free(&d->facts);
	for (size_t i = 0; i < HOPELESS_N; i++)
		buffer_free(&d->hopeless[i].names);
	buffer_free(&d->mixing);
	free(d->keys);
	arena_free(&d->names);
	free(d->anybody);
	free(d->shadowed);
	published_close(d->published);
}

/* look_and_mend() looks again after it has mended something, until nothing new can be mended. */
static void look_and_mend(struct doctor *d, struct ctl *ctl, json_t *done)
{
	look(d, ctl);
	for (int round = 0; round < ROUNDS_MAX && doctor_mend(ctl, d->findings, done); round++) {
		forget(d);
		look(d, ctl);
	}
	if (!ctl->dry_run)
		doctor_audit_mended(ctl, done);
}

static enum ctl_status refuse(struct ctl *ctl, const struct arguments *arguments)
{
	bool fix = arguments_have(arguments, "fix");

	if (fix && arguments_have(arguments, "log"))
		return ctl_usage(ctl, "--log looks and --fix mends: give one of them");
	if (fix && (ctl->confdir || ctl->statedir))
		return ctl_usage(ctl, "--fix mends this host itself: leave out --confdir and --statedir");
	if (geteuid() == 0)
		return CTL_DONE;
	/* Of the host's own registry main.c says so of any command. */
	return ctl->statedir ? ctl_fail(ctl, "doctor reads what is root's alone: run it as root")
			     : CTL_FAILED;
}

static int run_doctor(struct ctl *ctl, const struct arguments *arguments)
{
	bool log = arguments_have(arguments, "log"), fix = arguments_have(arguments, "fix");
	enum ctl_status status = refuse(ctl, arguments);
	json_t *done = json_array();
	struct doctor d;

	if (status != CTL_DONE || (log && doctor_has_looked(ctl))) {
		json_decref(done);
		return status;
	}
	if (fix)
		look_and_mend(&d, ctl, done);
	else
		look(&d, ctl);
	if (log)
		doctor_log(&d);
	else if (!ctl->json)
		doctor_print(&d, done);
	ctl_answer(ctl, "findings", json_incref(d.findings));
	ctl_answer(ctl, "problems", json_integer(d.problems));
	if (fix)
		ctl_answer(ctl, "mended", json_incref(done));
	json_decref(done);
	status = d.problems ? CTL_FAILED : CTL_DONE;
	forget(&d);
	return status;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .also = "status health",
    .words = "",
    .summary = "check whether this host does what agents' logins and sudo rely on",
    .about = "The checks look at the registry, the directories, NSS, the PAM stacks, sshd, sudo and its "
	     "approval plugin, recordings, issuers' keys, agents that cannot log in, and at what ends "
	     "sessions. Each "
	     "problem is told with why it matters and a command that mends it. Nothing is changed without "
	     "--fix. The exit status is 1 if there is a problem; a note is none. With --json, what is in "
	     "order is listed too.",
    .options =
	(const struct option_spec[]){{"fix", NULL,
				      "mend what is safe to mend unasked: owners and modes of our own files, "
				      "folders that are missing, the generated sudoers, what killed commands "
				      "and sessions left; with --dry-run only tell what it would do",
				      0, NULL},
				     {"log", NULL,
				      "put problems into the system's log, and print nothing; for "
				      "a timer: looks every ten minutes at most",
				      0, NULL},
				     {0}},
    .run = run_doctor,
};
