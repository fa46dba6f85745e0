/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_sshd.c checks what sshd says of an agent's login, and what in its files is in the way. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/cli/spawn.h"
#include "tools/host/sshd_config.h"

#define SNIPPET "sshd_config.d/agentauth.conf"
#define COMMAND "/authorized-keys"

/* ---- sshd's files --------------------------------------------------------------- */

/* A position is the line where a setting stands. */
struct sshd_position {
	char file[PATH_MAX];
	unsigned line; /* 0: nowhere */
};

/* These are the positions in sshd's files that the checks look for. */
struct files {
	const struct doctor *d;
	struct sshd_position ours; /* our AuthorizedKeysCommand */
	struct sshd_position
	    first;	      /* the first block before ours that fits agents and has a setting of ours */
	char first_text[256]; /* that setting */
	struct sshd_position
	    password; /* where agents are given the password method, in a block of their own */
	struct sshd_position use_pam;
	bool has_use_pam, use_pam_is_yes;
};

static void set_position(struct sshd_position *position, const struct aa_sshd_setting *setting)
{
	(void)snprintf(position->file, sizeof(position->file), "%s", setting->file);
	position->line = setting->line;
}

/* list_fits() matches "a,b*,!c" as sshd does: 1 it fits, 0 it does not, -1 it is excluded. */
static int list_fits(const char *list, const char *word)
{
	char *copy = xstrdup(list), *save;
	int fits = 0;

	for (char *pattern = strtok_r(copy, ",", &save); pattern; pattern = strtok_r(NULL, ",", &save)) {
		bool negated = *pattern == '!';

		if (fnmatch(pattern + negated, word, FNM_NOESCAPE) != 0)
			continue;
		fits = negated ? -1 : 1;
		if (negated)
			break;
	}
	free(copy);
	return fits;
}

/* A block that names users or groups other than agents' does not fit an agent; a block with other criteria may. */
static bool block_may_fit(const struct doctor *d, const char *criteria)
{
	char what[64], list[1024];

	while (aa_sshd_config_word(&criteria, what, sizeof(what))) {
		if (strcasecmp(what, "Invalid-User") == 0)
			return false;
		if (!aa_sshd_config_word(&criteria, list, sizeof(list)))
			break;
		if (strcasecmp(what, "Group") == 0 && list_fits(list, d->group) <= 0 &&
		    !(d->anybody && list_fits(list, d->anybody) > 0))
			return false;
		if (strcasecmp(what, "User") == 0 && d->anybody && list_fits(list, d->anybody) <= 0)
			return false;
	}
	return true;
}

/* These are the settings of our block, which the first block that fits decides. */
static bool is_contested(const struct aa_sshd_setting *setting)
{
	static const char *const wanted[][2] = {
	    {"AuthorizedKeysFile", "none"},
	    {"AuthorizedKeysCommand", NULL},
	    {"AuthorizedKeysCommandUser", "nobody"},
	    {"TrustedUserCAKeys", "none"},
	    {"HostbasedAuthentication", "no"},
	    {"GSSAPIAuthentication", "no"},
	    {"PasswordAuthentication", "no"},
	    {"KbdInteractiveAuthentication", "yes"},
	    {"ChallengeResponseAuthentication", "yes"},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strcasecmp(setting->keyword, wanted[i][0]) == 0)
			return !wanted[i][1] || strcasecmp(setting->arguments, wanted[i][1]) != 0;
	return false;
}

/* A block is for agents where it names their group alone; other criteria narrow it. */
static bool block_is_for_agents(const struct doctor *d, const char *criteria)
{
	char what[64], list[1024];
	bool is = false;

	while (aa_sshd_config_word(&criteria, what, sizeof(what)) &&
	       aa_sshd_config_word(&criteria, list, sizeof(list)))
		is = is || (strcasecmp(what, "Group") == 0 && strcmp(list, d->group) == 0);
	return is;
}

/* Programs that know only passwords give the credential as one. An administrator may choose this for agents, and says
 * so in a block that is for them; anywhere else the setting is meant for people, and agents come by it unseen. */
static bool is_password_choice(const struct doctor *d, const struct aa_sshd_setting *setting)
{
	return setting->match && strcasecmp(setting->keyword, "PasswordAuthentication") == 0 &&
	       strcasecmp(setting->arguments, "yes") == 0 && block_is_for_agents(d, setting->match);
}

static bool take(void *data, const struct aa_sshd_setting *setting)
{
	struct files *f = data;
	const char *arguments = setting->arguments;
	char word[64];

	if (strcasecmp(setting->keyword, "AuthorizedKeysCommand") == 0 &&
	    strstr(setting->arguments, COMMAND) && !f->ours.line)
		set_position(&f->ours, setting);
	if (strcasecmp(setting->keyword, "UsePAM") == 0 && !setting->match && !f->has_use_pam) {
		f->has_use_pam = true;
		f->use_pam_is_yes =
		    aa_sshd_config_word(&arguments, word, sizeof(word)) && strcasecmp(word, "yes") == 0;
		set_position(&f->use_pam, setting);
	}
	if (!f->password.line && (!f->ours.line || strcmp(setting->file, f->ours.file) == 0) &&
	    is_password_choice(f->d, setting))
		set_position(&f->password, setting);
	else if (!f->ours.line && !f->first.line && setting->match &&
		 strcmp(setting->file, f->ours.file) != 0 && is_contested(setting) &&
		 block_may_fit(f->d, setting->match)) {
		set_position(&f->first, setting);
		(void)snprintf(f->first_text, sizeof(f->first_text), "Match %s sets %s %s", setting->match,
			       setting->keyword, setting->arguments);
	}
	return true;
}

static int read_files(const struct doctor *d, struct files *ret, char *failed, size_t size)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();

	*ret = (struct files){.d = d};
	return aa_sshd_config_each(paths.config, take, ret, failed, size);
}

/* ---- UsePAM --------------------------------------------------------------------- */

/* The command has sshd of this host read its configuration again, and check it first. */
static const char *doctor_reload_sshd(void)
{
	if (access("/run/systemd/system", F_OK) != 0)
		return "sshd -t && kill -HUP $(cat /run/sshd.pid)";
	return access("/usr/lib/systemd/system/ssh.service", F_OK) == 0 ? "sshd -t && systemctl reload ssh"
									: "sshd -t && systemctl reload sshd";
}

/* ask_as_nobody() looks as nobody, which authorized-keys runs as. It returns 1 where the question is decided, 0 where
 * it is not, with the sentence why, and -1 where it cannot be tried. */
static int ask_as_nobody(char *why, size_t size)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();
	const struct passwd *nobody = getpwnam("nobody");
	int pipes[2], status = -1;
	ssize_t n;
	pid_t pid;

	if (!nobody || geteuid() != 0 || pipe(pipes) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (setgid(nobody->pw_gid) < 0 || setuid(nobody->pw_uid) < 0)
			_exit(2);
		status = aa_sshd_login_is_decided(&paths, why, size) ? 0 : 1;
		if (status == 1 && write(pipes[1], why, strlen(why)) < 0)
			status = 2;
		_exit(status);
	}
	close(pipes[1]);
	n = read(pipes[0], why, size - 1);
	close(pipes[0]);
	why[n > 0 ? n : 0] = '\0';
	if (pid < 0 || program_wait(pid, &status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return -1;
	return WEXITSTATUS(status) == 0;
}

static void check_readable(struct doctor *d)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();
	char why[PATH_MAX + 128], as_root[PATH_MAX + 128];

	if (ask_as_nobody(why, sizeof(why)) == 0 &&
	    aa_sshd_login_is_decided(&paths, as_root, sizeof(as_root)))
		doctor_problem(
		    d,
		    xasprintf("chmod o+r %s %s/pam.d/sshd; chmod o+rx %s/ssh %s/ssh/sshd_config.d; chmod o+r "
			      "%s/ssh/sshd_config.d/*.conf",
			      paths.config, AA_SYSCONFDIR, AA_SYSCONFDIR, AA_SYSCONFDIR, AA_SYSCONFDIR),
		    "nobody, as whom sshd asks for agents' keys, cannot see that PAM decides logins: %s",
		    why);
	else
		doctor_fine(d, "UsePAM is on");
}

/* An sshd may run with other settings than its files have. look_at_running() returns true where it has named one. */
static bool look_at_running(struct doctor *d)
{
	struct aa_sshd_paths paths = doctor_sshd_paths();
	struct aa_sshd_process_told told;
	char why[PATH_MAX + 128];
	DIR *proc = opendir("/proc");
	bool found = false;
	pid_t pid;

	while (proc && !found && (pid = aa_proc_next(proc)) > 0) {
		if (!aa_sshd_process_told(pid, &told) || (!told.has_use_pam && !*told.config))
			continue;
		paths.told = &told;
		found = !aa_sshd_login_is_decided(&paths, why, sizeof(why));
		if (found)
			doctor_problem(d, NULL,
				       "the sshd of process %d was started with options by which PAM does "
				       "not decide: %s; take "
				       "them out of what starts it",
				       pid, why);
	}
	if (proc)
		closedir(proc);
	return found;
}

void doctor_usepam(struct doctor *d)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();
	char failed[PATH_MAX];
	struct files f;
	int r = read_files(d, &f, failed, sizeof(failed));

	if (r == -ENOENT)
		doctor_fine(d, "there is no sshd here");
	else if (r < 0)
		doctor_problem(d, NULL, "%s cannot be read: %s", failed, strerror(-r));
	else if (!f.has_use_pam)
		doctor_problem(
		    d, xasprintf("sed -i '1iUsePAM yes' %s && %s", paths.config, doctor_reload_sshd()),
		    "%s does not say UsePAM yes", paths.config);
	else if (!f.use_pam_is_yes)
		doctor_problem(d,
			       xasprintf("sed -i '%us/.*/UsePAM yes/' %s && %s", f.use_pam.line,
					 f.use_pam.file, doctor_reload_sshd()),
			       "%s:%u: UsePAM is off", f.use_pam.file, f.use_pam.line);
	else if (!look_at_running(d))
		check_readable(d);
}

/* ---- what sshd says of an agent's login ------------------------------------------- */

/* ask_sshd() runs sshd -T for the first agent. It returns false where there is nothing to look at, or sshd fails,
 * which the check of the settings says. */
static bool ask_sshd(struct doctor *d, struct buffer *output, int *ret_status)
{
	char *of = xasprintf("user=%s,host=localhost,addr=127.0.0.1", d->anybody ? d->anybody : "nobody");

	*ret_status = doctor_ask(output, "sshd", (const char *const[4]){"-T", "-C", of});
	free(of);
	return d->anybody && getpwnam(d->anybody) && *ret_status == 0 && output->len;
}

static void list_lacks(const char *settings, bool password_is_chosen, struct buffer *lacks)
{
	static const char *const wanted[] = {"kbdinteractiveauthentication yes", "passwordauthentication no",
					     "authorizedkeysfile none",		 "trustedusercakeys none",
					     "hostbasedauthentication no",	 "gssapiauthentication no"};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(settings, wanted[i]) &&
		    !(password_is_chosen && strcmp(wanted[i], "passwordauthentication no") == 0))
			buffer_printf(lacks, "%s%s", lacks->len ? ", " : "", wanted[i]);
	if (!strstr(settings, COMMAND))
		buffer_printf(lacks, "%sauthorizedkeyscommand", lacks->len ? ", " : "");
}

static void say_password_is_chosen(struct doctor *d, const struct files *f)
{
	doctor_note(d,
		    "%s:%u has agents give a credential as a password too: it has no nonce, and at most "
		    "1024 bytes",
		    f->password.file, f->password.line);
}

/* Our file is not there, not read, read too late, or changed. */
static char *cure_settings(const struct files *f)
{
	const char *shipped = DOCTOR_SHARE "/" SNIPPET, *own = AA_SYSCONFDIR "/ssh/" SNIPPET;

	if (access(own, F_OK) != 0)
		return xstrdup("agentauthctl enable --yes sshd");
	if (!f->ours.line || f->first.line)
		return xasprintf("sed -i '1iInclude %s' " AA_SYSCONFDIR "/ssh/sshd_config && %s", own,
				 doctor_reload_sshd());
	return xasprintf("install -m 0644 %s %s && %s", shipped, f->ours.file, doctor_reload_sshd());
}

void doctor_sshd(struct doctor *d)
{
	struct buffer output = {0}, lacks = {0};
	char failed[PATH_MAX];
	struct files f;
	int status;
	bool are_read = read_files(d, &f, failed, sizeof(failed)) == 0;

	if (ask_sshd(d, &output, &status))
		list_lacks(output.data, are_read && f.password.line, &lacks);
	if (status == -ENOENT)
		doctor_fine(d, "there is no sshd here");
	else if (status != 0)
		doctor_problem(d, xstrdup("sshd -t"), "sshd does not take this host's configuration: %s",
			       doctor_first_line(&output));
	else if (!d->anybody && are_read && !f.ours.line)
		doctor_problem(d, cure_settings(&f), "no file of it has the settings for agents");
	else if (!d->anybody)
		doctor_fine(d, "there is no agent yet whose logins sshd could be asked about");
	else if (!getpwnam(d->anybody))
		doctor_fine(d, "%s is not known here, so that sshd cannot be asked about it", d->anybody);
	else if (lacks.len && are_read)
		doctor_problem(d, cure_settings(&f), "for %s sshd has not: %s", d->anybody, lacks.data);
	else if (are_read && f.password.line)
		say_password_is_chosen(d, &f);
	else
		doctor_fine(d, "its settings for %s are the shipped ones", d->anybody);
	buffer_free(&output);
	buffer_free(&lacks);
}

void doctor_match(struct doctor *d)
{
	char failed[PATH_MAX];
	struct files f;

	if (read_files(d, &f, failed, sizeof(failed)) < 0 || !f.ours.line)
		return; /* the checks before say so */
	if (f.first.line)
		doctor_problem(d, cure_settings(&f),
			       "%s:%u: %s, before the block for agents, and may hold for them", f.first.file,
			       f.first.line, f.first_text);
	else
		doctor_fine(d, "no block before the one for agents holds for them");
}

/* ---- who may log in, and how ------------------------------------------------------- */

/* nth_value() finds the n-th word of every line of `keyword`, as far as sshd -T prints one a line. It returns false
 * where there are no more. */
static bool nth_value(const char *settings, const char *keyword, size_t n, char *ret, size_t size)
{
	size_t len = strlen(keyword);

	for (const char *line = settings; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, keyword, len) != 0 || line[len] != ' ' || n--)
			continue;
		(void)snprintf(ret, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
		return true;
	}
	return false;
}

/* list_has() returns 1 where a list of users or groups has the agent, 0 where it has not, and -1 where there is no
 * list. */
static int list_has(const struct doctor *d, const char *settings, const char *keyword)
{
	bool groups = strstr(keyword, "groups") != NULL, any = false;
	char pattern[512];
	int has = 0;

	for (size_t n = 0; has == 0 && nth_value(settings, keyword, n, pattern, sizeof(pattern)); n++) {
		any = true;
		if (!groups)
			pattern[strcspn(pattern, "@")] = '\0';
		has = list_fits(pattern, d->anybody) > 0 || (groups && list_fits(pattern, d->group) > 0);
	}
	return any ? has : -1;
}

/* A list in a Match block takes the place of the global one, for the logins that it fits. */
static char *cure_in_block(const struct doctor *d, const char *setting)
{
	const char *own = AA_SYSCONFDIR "/ssh/" SNIPPET;

	return xasprintf("sed -i 's/^Match Group %s.*/&\\n\\t%s/' %s && %s", d->group, setting, own,
			 doctor_reload_sshd());
}

void doctor_allowed(struct doctor *d)
{
	char *setting = xasprintf("AllowGroups %s", d->group);
	struct buffer output = {0};
	unsigned before = d->problems;
	int status;

	if (!ask_sshd(d, &output, &status))
		goto out;
	if (list_has(d, output.data, "allowgroups") == 0)
		doctor_problem(d, cure_in_block(d, setting), "AllowGroups has not the group %s", d->group);
	if (list_has(d, output.data, "allowusers") == 0)
		doctor_problem(d, cure_in_block(d, "AllowUsers *"), "AllowUsers has not %s", d->anybody);
	if (list_has(d, output.data, "denygroups") > 0)
		doctor_problem(d, cure_in_block(d, "DenyGroups root"), "DenyGroups has a group of %s",
			       d->anybody);
	if (list_has(d, output.data, "denyusers") > 0)
		doctor_problem(d, cure_in_block(d, "DenyUsers root"), "DenyUsers has %s", d->anybody);
	if (d->problems == before)
		doctor_fine(d, "sshd lets %s try", d->anybody);
out:
	buffer_free(&output);
	free(setting);
}

/* An agent can do all of "publickey,keyboard-interactive:pam", and shows a credential. */
static bool agent_can_do(const char *methods, bool has_password)
{
	char *copy = xstrdup(methods), *save;
	bool can = true, credential = false;

	for (char *method = strtok_r(copy, ",", &save); method; method = strtok_r(NULL, ",", &save)) {
		bool shows = strncmp(method, "keyboard-interactive", strlen("keyboard-interactive")) == 0 ||
			     (has_password && strcmp(method, "password") == 0);

		credential = credential || shows;
		can = can && (shows || strcmp(method, "publickey") == 0);
	}
	free(copy);
	return can && credential;
}

void doctor_methods(struct doctor *d)
{
	struct buffer output = {0};
	char value[1024], *save;
	bool can = false, has_password;
	int status;

	if (!ask_sshd(d, &output, &status) ||
	    !nth_value(output.data, "authenticationmethods", 0, value, sizeof(value)))
		goto out;
	can = strcmp(value, "any") == 0;
	has_password = strstr(output.data, "\npasswordauthentication yes") != NULL;
	for (char *list = strtok_r(value, " ", &save); list && !can; list = strtok_r(NULL, " ", &save))
		can = agent_can_do(list, has_password);
	if (can)
		doctor_fine(d, "%s can show a credential", d->anybody);
	else
		doctor_problem(d, cure_in_block(d, "AuthenticationMethods keyboard-interactive publickey"),
			       "AuthenticationMethods asks agents for what they have not");
out:
	buffer_free(&output);
}
