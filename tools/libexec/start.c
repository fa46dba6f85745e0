/* SPDX-License-Identifier: Apache-2.0 */
/* start.c: start NAME [--env-file FILE] -- COMMAND..., which `agentauth run` has sudo run as root.
 *
 * It opens the agent's PAM session on behalf of the person who called sudo, becomes the agent and runs the command,
 * and ends with its status. sudo -u NAME cannot do this: it sets the groups from NSS after PAM, and so loses those of
 * the roles.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "common/file/child.h"
#include "common/registry/accounts.h"
#include "common/text/number.h"
#include "tools/libexec/env_file.h"
#include "tools/libexec/project_view.h"

#define SERVICE "agentauth-run"
#define PATH "/usr/local/bin:/usr/bin:/bin"
#define KEPT_MAX 32

extern char **environ;

/* The person on whose behalf the agent is started, and what the person hands to it. */
struct asked {
	char name[256];
	uid_t uid;
	gid_t gid;
	char **variables; /* up to NULL; NULL: none */
	char **command;
};

__attribute__((format(printf, 1, 2))) static int failed(const char *format, ...)
{
	va_list args;

	(void)fputs("agentauth run: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return 1;
}

/* ---- PAM ---------------------------------------------------------------------------- */

static void responses_free(struct pam_response *v, int n)
{
	for (int i = 0; i < n; i++)
		free(v[i].resp);
	free(v);
}

/* Shows the modules' messages; a question gets no answer, since none is to be asked. */
static int converse(int n, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	struct pam_response *v = n > 0 ? calloc((size_t)n, sizeof(*v)) : NULL;

	(void)data;
	if (!v)
		return PAM_CONV_ERR;
	for (int i = 0; i < n; i++) {
		if (messages[i]->msg_style != PAM_ERROR_MSG && messages[i]->msg_style != PAM_TEXT_INFO) {
			responses_free(v, n);
			return PAM_CONV_ERR;
		}
		(void)fprintf(stderr, "%s\n", messages[i]->msg);
	}
	*ret = v;
	return PAM_SUCCESS;
}

/* Answers PAM_SUCCESS, or the code of the step that failed. */
static int set_items(pam_handle_t *pamh, const char *person)
{
	const char *tty = ttyname(STDIN_FILENO);
	int err = pam_set_item(pamh, PAM_RUSER, person);

	if (err == PAM_SUCCESS && tty)
		err = pam_set_item(pamh, PAM_TTY, tty);
	return err;
}

/* The groups of NSS are set first; setcred adds those of the roles that open_session decided on. */
static int open_session(pam_handle_t *pamh, const struct passwd *agent, const char *person)
{
	int err = set_items(pamh, person);

	if (err == PAM_SUCCESS)
		err = pam_acct_mgmt(pamh, PAM_SILENT);
	if (err != PAM_SUCCESS)
		return err;
	if (initgroups(agent->pw_name, agent->pw_gid) < 0)
		return PAM_SYSTEM_ERR;
	err = pam_open_session(pamh, PAM_SILENT);
	if (err != PAM_SUCCESS)
		return err;
	err = pam_setcred(pamh, PAM_ESTABLISH_CRED | PAM_SILENT);
	if (err != PAM_SUCCESS)
		(void)pam_close_session(pamh, PAM_SILENT);
	return err;
}

/* Says whether this is the end of a pseudo-terminal, and not /dev/tty or /dev/ptmx, which everybody needs
 * (devices.txt: 136 to 143). */
static bool is_pty(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) >= 136 && major(st->st_rdev) <= 143;
}

/* The terminal that sudo made for this (use_pty) is root's and is given to the agent. A person's own terminal stays
 * the person's. */
static void give_terminal(const struct passwd *agent)
{
	struct stat st;

	if (isatty(STDIN_FILENO) && fstat(STDIN_FILENO, &st) == 0 && is_pty(&st) && st.st_uid == 0 &&
	    getenv("SUDO_UID")) {
		if (fchown(STDIN_FILENO, agent->pw_uid, st.st_gid) < 0)
			(void)failed("the terminal stays root's: %s", strerror(errno));
	}
}

/* ---- the command's environment ---------------------------------------------------------- */

static bool is_kept(const char *variable)
{
	static const char *const kept[] = {"TERM=", "COLORTERM=", "LANG=", "LANGUAGE=", "LC_", "TZ="};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return true;
	return false;
}

/* The terminal's and the language's variables stay, the person's and PAM's are added, and the agent's name and home come
 * last. Strings are not freed: the process becomes the command. */
static bool set_environment(pam_handle_t *pamh, const struct passwd *agent, char **given)
{
	char *kept[KEPT_MAX], **from_pam = pam_getenvlist(pamh);
	size_t n = 0;
	bool ok = true;

	for (char **v = environ; v && *v && n < KEPT_MAX; v++)
		if (is_kept(*v))
			kept[n++] = strdup(*v);
	(void)clearenv();
	ok = setenv("PATH", PATH, 1) == 0;
	for (size_t i = 0; i < n && ok; i++)
		ok = kept[i] && putenv(kept[i]) == 0;
	for (char **v = given; v && *v && ok; v++)
		ok = putenv(*v) == 0;
	for (char **v = from_pam; v && *v && ok; v++)
		ok = putenv(*v) == 0;
	return ok && from_pam && setenv("HOME", agent->pw_dir, 1) == 0 &&
	       setenv("USER", agent->pw_name, 1) == 0 && setenv("LOGNAME", agent->pw_name, 1) == 0 &&
	       setenv("SHELL", agent->pw_shell, 1) == 0;
}

/* ---- the child ----------------------------------------------------------------------------- */

static bool become(const struct passwd *agent)
{
	uid_t r, e, s;

	return setresgid(agent->pw_gid, agent->pw_gid, agent->pw_gid) == 0 &&
	       setresuid(agent->pw_uid, agent->pw_uid, agent->pw_uid) == 0 && getresuid(&r, &e, &s) == 0 &&
	       r == agent->pw_uid && e == r && s == r;
}

/* The command begins where the person stands, by the path if that leads there and else as a folder that is open already; or
 * in the agent's home. */
static bool enter_folder(const struct passwd *agent, const char *cwd)
{
	if ((cwd && chdir(cwd) == 0) || access(".", X_OK) == 0)
		return true;
	(void)failed("%s may not enter this directory; it begins in its home, %s", agent->pw_name,
		     agent->pw_dir);
	return chdir(agent->pw_dir) == 0;
}

/* Runs the command in the child. Never returns. */
static void run_command(pam_handle_t *pamh, const struct passwd *agent, const struct asked *asked,
			pid_t parent, const sigset_t *mask)
{
	char *cwd = getcwd(NULL, 0);
	int r = cwd ? project_view(cwd, asked->uid, agent) : 0;

	if (r < 0)
		(void)failed("the project cannot be shown to %s: %s", agent->pw_name, strerror(-r));
	if (!become(agent) || !set_environment(pamh, agent, asked->variables)) {
		(void)failed("%s cannot be become: %s", agent->pw_name, strerror(errno));
		_exit(126);
	}
	/* If the parent is killed, the session is over, and the command must end with it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(126);
	if (!enter_folder(agent, cwd))
		_exit(126);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execvp(asked->command[0], asked->command);
	(void)failed("%s cannot be run: %s", asked->command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* ---- the person's own login ------------------------------------------------------------------------ */

/* Says whether systemd counts this process to a login: of this uid, or of anybody (0). An unreadable file is an
 * error. */
static int is_in_slice_of(uid_t uid)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL, wanted[64];
	size_t cap = 0;
	int found = f ? 0 : -1;

	(void)snprintf(wanted, sizeof(wanted), "/user-%u.slice", (unsigned)uid);
	while (found == 0 && getline(&line, &cap, f) > 0) {
		const char *any = strstr(line, "/user-");

		if (uid ? strstr(line, wanted) != NULL
			: any && strncmp(any + strcspn(any, "."), ".slice", 6) == 0)
			found = 1;
	}
	if (f && ferror(f))
		found = -1;
	free(line);
	if (f)
		(void)fclose(f);
	return found;
}

static const char moved[] = "AGENTAUTH_START_MOVED"; /* it was taken out of the person's login */

/* systemd-logind opens no session for a process that is in one already, so the roles' limits and the deadline would
 * not reach it. systemd-run makes a scope of the system's for this very process and executes it anew, with all that
 * it has; where it fails it says so itself, and that is the end. False: it could not be tried. Nothing is done where
 * systemd does not run. */
static bool leave_persons_login(int argc, char **argv, const char *person)
{
	static char run[] = "systemd-run", scope[] = "--scope", quiet[] = "--quiet", collect[] = "--collect",
		    end[] = "--", self[] = AA_LIBEXECDIR "/start";
	char unit[64], what[512];
	char *const head[] = {run, scope, quiet, collect, unit, what, end, self};
	const size_t n_head = sizeof(head) / sizeof(head[0]);
	char **all;
	int inside = access("/run/systemd/system", F_OK) < 0 ? 0 : is_in_slice_of(0);

	if (inside <= 0)
		return inside == 0;
	(void)snprintf(unit, sizeof(unit), "--unit=agentauth-run-%ld.scope", (long)getpid());
	(void)snprintf(what, sizeof(what), "--description=%s, started by %s", argv[1], person);
	all = calloc(n_head + (size_t)argc, sizeof(*all));
	if (!all || getenv(moved) || setenv(moved, "1", 1) < 0)
		return false;
	memcpy(all, head, sizeof(head));
	memcpy(all + n_head, argv + 1, (size_t)argc * sizeof(*all)); /* with the NULL at its end */
	(void)execv("/usr/bin/systemd-run", all);
	return false;
}

static int start(const struct passwd *agent, const struct asked *asked, pid_t parent)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;
	sigset_t old;
	pid_t pid, self = getpid();
	int status = 1 << 8, err;

	/* If sudo is killed, or systemd ends the person's login with it, this program must end, and the command too. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		return failed("sudo is gone");
	err = pam_start(SERVICE, agent->pw_name, &conv, &pamh);
	if (err != PAM_SUCCESS)
		return failed("PAM cannot be begun for %s: %s", agent->pw_name, pam_strerror(pamh, err));
	err = open_session(pamh, agent, asked->name);
	if (err == PAM_SUCCESS && getenv(moved) && is_in_slice_of(agent->pw_uid) != 1) {
		(void)failed("systemd has made no session for %s, so that its limits would not hold",
			     agent->pw_name);
		(void)pam_close_session(pamh, PAM_SILENT);
		err = PAM_SESSION_ERR;
	}
	if (err != PAM_SUCCESS) {
		(void)failed("%s is not started for %s", agent->pw_name, asked->name);
		(void)pam_end(pamh, err);
		return 1;
	}
	give_terminal(agent);
	aa_child_block_signals(&old);
	pid = fork();
	if (pid == 0)
		run_command(pamh, agent, asked, self, &old);
	if (pid > 0)
		status = aa_child_wait(pid);
	else
		(void)failed("%s cannot be started: %s", asked->command[0], strerror(errno));
	(void)pam_setcred(pamh, PAM_DELETE_CRED | PAM_SILENT);
	(void)pam_close_session(pamh, PAM_SILENT);
	(void)pam_end(pamh, PAM_SUCCESS);
	return aa_child_end_like(status);
}

/* ---- who asks, and for whom --------------------------------------------------------------------- */

/* Finds the person that sudo runs this for, by sudo's word; root itself where there was no sudo. */
static bool find_person(struct asked *ret)
{
	const char *text = getenv("SUDO_UID");
	const struct passwd *pw;
	uint32_t uid = 0;

	if (text && !aa_number_id(text, &uid))
		return false;
	pw = getpwuid(uid);
	if (!pw || strlen(pw->pw_name) >= sizeof(ret->name))
		return false;
	strcpy(ret->name, pw->pw_name);
	ret->uid = uid;
	ret->gid = pw->pw_gid;
	return true;
}

/* Takes NAME [--env-file FILE] -- COMMAND...; *ret_file stays NULL where there is none. */
static bool read_arguments(int argc, char **argv, const char **ret_file, char ***ret_command)
{
	int at = 2;

	if (argc > 4 && strcmp(argv[2], "--env-file") == 0) {
		*ret_file = argv[3];
		at = 4;
	}
	*ret_command = argv + at + 1;
	return argc > at + 1 && strcmp(argv[at], "--") == 0 && aa_agent_name_is_valid(argv[1]);
}

int main(int argc, char **argv)
{
	struct asked asked = {.variables = NULL};
	const char *file = NULL;
	char why[512];
	const struct passwd *pw;
	struct passwd agent;
	pid_t parent = getppid();

	(void)signal(SIGCHLD, SIG_DFL); /* sudo's caller may have ignored the signal */
	if (!read_arguments(argc, argv, &file, &asked.command)) {
		(void)fputs("usage: start NAME [--env-file FILE] -- COMMAND [ARGUMENT]...   (by sudo, for "
			    "agentauth run)\n",
			    stderr);
		return 2;
	}
	closefrom(STDERR_FILENO + 1);
	if (geteuid() != 0 || getuid() != 0)
		return failed("this program is for sudo to run as root");
	/* run0 sets its caller's name and uid, as sudo does, but in the caller's own process. */
	if (getenv("SUDO_UID") && !getenv("SUDO_COMMAND"))
		return failed("run0 takes the person's own word for who asks; start %s by sudo", argv[1]);
	if (!find_person(&asked))
		return failed("sudo did not say who asks");
	if (!leave_persons_login(argc, argv, asked.name))
		return failed("systemd did not take %s out of your login, so that limits would not hold; is "
			      "systemd-run installed?",
			      argv[1]);
	if (file && !(asked.variables = env_file_read(file, asked.uid, asked.gid, why, sizeof(why))))
		return failed("%s", why);
	pw = getpwnam(argv[1]);
	if (!pw)
		return failed("there is no agent %s on this host", argv[1]);
	agent = *pw;
	agent.pw_name = strdup(pw->pw_name);
	agent.pw_dir = strdup(pw->pw_dir);
	agent.pw_shell = strdup(pw->pw_shell);
	if (!agent.pw_name || !agent.pw_dir || !agent.pw_shell || agent.pw_uid == 0)
		return failed("%s cannot be started", argv[1]);
	return start(&agent, &asked, parent);
}
