/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ssh.c: agentauth ssh, which runs the real ssh with our askpass. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/commands/asked.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/ssh_check.h"
#include "tools/agentauth/commands/ssh_program.h"
#include "tools/agentauth/commands/ssh_refused.h"
#include "tools/cli/say.h"
#include "tools/cli/spawn.h"

static const struct option_spec options[] = {
    {"profile", "NAME", "answer from this profile only", 0, NULL},
    {"scope", "ROLES", "ask for these roles only, spaces between them", 0, NULL},
    {"task", "TEXT", "the purpose of the login, for the host's log; at most 128 bytes", 0, NULL},
    {0},
};

/* Finds agentauth-askpass, which lies beside this program. */
static bool find_askpass(char *ret, size_t size)
{
	static const char name[] = "agentauth-askpass";
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = 0;
	slash = strrchr(self, '/');
	if (!slash || (size_t)(slash + 1 - self) + sizeof(name) > size)
		return false;
	slash[1] = 0;
	(void)stpcpy(stpcpy(ret, self), name);
	return access(ret, X_OK) == 0;
}

/* Says why ssh does not even print its version. */
static void say_unusable(const struct ssh_said *said, int status)
{
	const char *path = getenv("PATH"), *home = getenv("HOME");
	size_t len = strcspn(said->err, "\r\n");

	if (status == 127)
		say("ssh cannot be run: there is none in PATH (%s). On Debian: apt-get install "
		    "openssh-client",
		    path ? path : "which is not set");
	else if (strstr(said->err, "No user exists for uid"))
		say("ssh says \"%.*s\": it runs only for a uid that has a name. As root: echo "
		    "'agent:x:%u:%u::%s:/bin/sh' >>/etc/passwd",
		    (int)len, said->err, getuid(), getgid(), home ? home : "/");
	else
		say("ssh cannot be used. It says: %.*s", (int)len, said->err);
}

/* Tells whether ssh puts (user@host) before a prompt. Before 8.5 it did not, so that a server could write that itself and ask
 * for a credential that is meant for another host. */
static bool ssh_names_the_host(void)
{
	struct ssh_said said = {0};
	unsigned major, minor;
	int status = ssh_program_ask("-V", NULL, 0, &said);

	if (status != 0)
		return say_unusable(&said, status), false;
	/* ssh prints its version on standard error. */
	if (sscanf(said.err, "OpenSSH_%u.%u", &major, &minor) == 2 &&
	    (major > 8 || (major == 8 && minor >= 5)))
		return true;
	said.err[strcspn(said.err, ",\r\n")] = 0;
	say("ssh here is \"%s\": OpenSSH 8.5 or newer is needed, which says for which host it asks",
	    said.err);
	return false;
}

/* The login cannot do without these options. They stand before the caller's and those of ssh_config, since ssh takes the first
 * value that it reads of an option. A refused credential would be refused again, and the host counts tries. The keys of an
 * inherited ssh-agent are tried last, since each of them counts as a try. */
static const char *const needed_words[] = {
    "ssh",
    "-o",
    "NumberOfPasswordPrompts=1",
    "-o",
    "BatchMode=no",
    "-o",
    "KbdInteractiveAuthentication=yes",
    "-o",
    "PreferredAuthentications=keyboard-interactive,publickey",
};
#define N_NEEDED (sizeof(needed_words) / sizeof(needed_words[0]))

/* Returns ssh's exit status. */
static int run_ssh(char **args, int n)
{
	char **all = argv_join(needed_words, N_NEEDED, args, (size_t)n);
	int status = ssh_program_run(all);

	free(all);
	return status < 0 ? say_failed("ssh cannot be run: %s", strerror(errno)) : status;
}

static int log_in(char **args, int n, const char *askpass)
{
	struct ssh_check check = {0};
	struct ssh_login login;
	int asked, status = 1;

	if (!ssh_names_the_host() || !ssh_login_ask(args, n, &login))
		return 1;
	/* Without a host, as with -V, ssh does not log in. */
	if (*login.host && !ssh_check(&login, answer_variable("AGENTAUTH_PROFILE"), &check))
		return 1;
	asked = asked_begin();
	if (setenv("SSH_ASKPASS", askpass, 1) < 0 || setenv("SSH_ASKPASS_REQUIRE", "force", 1) < 0)
		say("memory is out");
	else
		status = run_ssh(args, n);
	if (status == SSH_FAILED && check.profile)
		ssh_refused_say(&login, &check, asked_read(asked));
	if (asked >= 0)
		close(asked);
	ssh_check_clear(&check);
	return status;
}

/* Puts the values of our options into the environment, where askpass finds them, which ssh starts. */
static int hand_over(const struct arguments *a)
{
	static const struct {
		const char *option, *variable;
	} all[] = {{"profile", "AGENTAUTH_PROFILE"}, {"scope", ANSWER_SCOPE}, {"task", ANSWER_TASK}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *value = arguments_value(a, all[i].option);

		if (value && setenv(all[i].variable, value, 1) < 0)
			return -1;
	}
	return 0;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	char askpass[PATH_MAX];

	(void)ctl;
	if (hand_over(a) < 0)
		return say_failed("memory is out");
	if (!a->n_words)
		return say_usage("ssh needs a host");
	if (!find_askpass(askpass, sizeof(askpass)))
		return say_failed("agentauth-askpass is not beside agentauth: install agentauth anew");
	return log_in(a->words, (int)a->n_words, askpass);
}

const struct command command_ssh = {
    .name = "ssh",
    .words = "ARGUMENT...",
    .rest = true,
    .summary = "run ssh, which answers a host's prompt from a profile",
    .about = "All other arguments are ssh's: agentauth ssh -p 2222 builder-7@web01 uptime\n\n"
	     "  scp -S agentauth-ssh, rsync -e 'agentauth ssh', GIT_SSH_COMMAND='agentauth ssh'\n\n"
	     "Before ssh connects, ssh -G, the profile, the key and the clock are looked at: a login that "
	     "cannot succeed is not tried.",
    .run = run,
    .options = options,
};
