/* SPDX-License-Identifier: Apache-2.0 */
/* test_agent_program.c: the built program and its two other names, with programs in the place of ssh, sudo and run0 that say how
 * they were called. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"

#define PROGRAMS TEST_BUILDDIR "/../tools/agentauth/"

static struct output o;

static int output_file(const char *name)
{
	int fd = open(home_path(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void collect(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	assert_true(n >= 0);
	buf[n] = 0;
	close(fd);
}

/* `out`: what standard output is, or -1 for o.out. */
static void run_program(const char *name, int out, const char *const *args)
{
	int fds[2] = {output_file("out"), output_file("err")}, status;
	char path[512];
	char *argv[16] = {path};
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s%s", PROGRAMS, name);
	for (int i = 0; args[i]; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	pid = fork();
	if (pid == 0) {
		dup2(out >= 0 ? out : fds[0], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execv(path, argv);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	o.status = WEXITSTATUS(status);
	collect(fds[0], o.out, sizeof(o.out));
	collect(fds[1], o.err, sizeof(o.err));
}

#define RUN(name, ...) run_program(name, -1, (const char *const[]){__VA_ARGS__})

/* A program in the place of ssh: `version` is what -V says. */
static void fake_ssh(const char *version)
{
	char script[512];

	(void)snprintf(
	    script, sizeof(script),
	    "#!/bin/sh\n"
	    "if [ \"$*\" = -V ]; then echo '%s' >&2; exit 0; fi\n"
	    "if [ \"$1\" = -G ]; then printf '%%b' \"$SSH_G\"; exit 0; fi\n"
	    "printf '<%%s>' \"$@\"\n"
	    "echo \" $SSH_ASKPASS_REQUIRE $AGENTAUTH_ASK_TASK $AGENTAUTH_ASK_SCOPE $AGENTAUTH_PROFILE "
	    "$SSH_ASKPASS\"\n"
	    "exit 7\n",
	    version);
	home_write("bin/ssh", script, 0700);
}

/* What ssh -G says, and a profile and a key for it. */
static void login_is_possible(void)
{
	setenv("SSH_G", "user builder-7\\nhostname host\\nport 22\\n", 1);
	home_write(".config/agentauth/config",
		   "profiles = { p = { hosts = [ \"host\" ]; audiences = [ \"ssh://host\" ]; agent = "
		   "\"builder-7\"; }; };",
		   0600);
	RUN("agentauth", "keygen", NULL);
	if (o.status)
		fail_msg("%s", o.err);
	assert_int_equal(o.status, 0);
}

static void fake(const char *name)
{
	char path[64], script[128];

	(void)snprintf(path, sizeof(path), "bin/%s", name);
	(void)snprintf(script, sizeof(script), "#!/bin/sh\nprintf '%s'; printf '<%%s>' \"$@\"; exit 9\n",
		       name);
	home_write(path, script, 0700);
}

#define OUR_OPTIONS \
	"<-o><NumberOfPasswordPrompts=1><-o><BatchMode=no><-o><KbdInteractiveAuthentication=yes>" \
	"<-o><PreferredAuthentications=keyboard-interactive,publickey>"

static int setup(void **state)
{
	(void)state;
	home_make();
	home_write("bin/.keep", "", 0600);
	setenv("PATH", home_path("bin"), 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	home_remove();
	return 0;
}

FIXTURE(here, setup, teardown);

TEST(ssh_gets_its_arguments_as_they_are_and_our_askpass, here)
{
	char *end;

	login_is_possible();
	fake_ssh("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.22 25 Aug 2026");
	RUN("agentauth", "ssh", "-p", "22", "-o", "User=x", "host", "echo", "--task", "a b", NULL);
	assert_int_equal(o.status, 7);
	assert_memory_equal(o.out, OUR_OPTIONS "<-p><22><-o><User=x><host><echo><--task><a b> force    /",
			    strlen(OUR_OPTIONS "<-p><22><-o><User=x><host><echo><--task><a b> force    /"));
	end = strrchr(o.out, '/');
	assert_string_equal(end, "/agentauth-askpass\n");
}

TEST(ssh_takes_its_own_options_only_in_front, here)
{
	login_is_possible();
	fake_ssh("OpenSSH_9.2p1");
	RUN("agentauth", "ssh", "--task", "t", "--scope=s", "--profile", "p", "-v", "host", "--scope=u",
	    NULL);
	assert_int_equal(o.status, 7);
	assert_non_null(strstr(o.out, "<-v><host><--scope=u> force t s p /"));
	RUN("agentauth", "ssh", "--task", "t", "--", "host", NULL);
	assert_non_null(strstr(o.out, "publickey><host> force t"));
	RUN("agentauth-ssh", "--task=t", "host", NULL);
	assert_non_null(strstr(o.out, "publickey><host> force t"));
}

TEST(an_ssh_that_does_not_name_the_host_is_refused, here)
{
	static const char *const old[] = {"OpenSSH_8.4p1 Debian", "OpenSSH_7.9p1", "Dropbear v2022.83", ""};

	login_is_possible();
	fake_ssh("OpenSSH_8.5p1, OpenSSL");
	RUN("agentauth", "ssh", "host", NULL);
	assert_int_equal(o.status, 7);
	fake_ssh("OpenSSH_10.0p2 Debian-7");
	RUN("agentauth", "ssh", "host", NULL);
	assert_int_equal(o.status, 7);
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		fake_ssh(old[i]);
		RUN("agentauth", "ssh", "host", NULL);
		assert_int_equal(o.status, 1);
		assert_string_equal(o.out, "");
		assert_non_null(strstr(o.err, "OpenSSH 8.5 or newer is needed"));
	}
	unlink(home_path("bin/ssh"));
	RUN("agentauth", "ssh", "host", NULL);
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "openssh-client"));
}

/* Nothing reaches the host: not even a connection, which a host with PerSourcePenalties would count. */
static void assert_not_tried(const char *because)
{
	RUN("agentauth", "ssh", "host", NULL);
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, because))
		fail_msg("\"%s\" is not in: %s", because, o.err);
}

static void assert_tried(void)
{
	RUN("agentauth", "ssh", "host", NULL);
	assert_int_equal(o.status, 7);
}

TEST(a_login_that_cannot_succeed_is_not_tried, here)
{
	login_is_possible();
	fake_ssh("OpenSSH_9.2p1");
	assert_tried();
	setenv("SSH_G", "user alice\\nhostname host\\n", 1);
	assert_not_tried("is for \"builder-7\". Log in as builder-7@host");
	setenv("SSH_G", "user builder-7\\nhostname other\\n", 1);
	assert_not_tried("has \"other\" among its hosts");
	setenv("SSH_G", "user builder-7\\nhostname other\\nhostkeyalias host\\n", 1);
	assert_tried();
	setenv("SSH_G", "user builder-7\\nhostname host\\n", 1);
	setenv("AGENTAUTH_PROFILE", "none", 1);
	assert_not_tried("no profile \"none\"");
	unsetenv("AGENTAUTH_PROFILE");
	chmod(home_path(".config/agentauth/key.pem"), 0644);
	assert_not_tried("chmod 600");
	unlink(home_path(".config/agentauth/key.pem"));
	assert_not_tried("agentauth keygen");
	unlink(home_path(".config/agentauth/config"));
	assert_not_tried("agentauth profile add builder-7@host");
	login_is_possible();
	assert_tried();
}

TEST(a_clock_that_is_behind_is_said_before_a_host_refuses, here)
{
	const struct timespec later[2] = {{.tv_sec = time(NULL) + 7200}, {.tv_sec = time(NULL) + 7200}};

	login_is_possible();
	fake_ssh("OpenSSH_9.2p1");
	assert_tried();
	assert_int_equal(utimensat(AT_FDCWD, home_path(".config/agentauth/key.pem"), later, 0), 0);
	assert_not_tried("set the clock");
}

/* In the place of ssh once it is to log in. */
static void fake_login(const char *body)
{
	char script[1024];

	(void)snprintf(script, sizeof(script),
		       "#!/bin/sh\n"
		       "if [ \"$*\" = -V ]; then echo OpenSSH_9.2p1 >&2; exit 0; fi\n"
		       "if [ \"$1\" = -G ]; then printf '%%b' \"$SSH_G\"; exit 0; fi\n"
		       "%s\n",
		       body);
	home_write("bin/ssh", script, 0700);
}

static void assert_told(int status, const char *what, const char *not_what)
{
	RUN("agentauth", "ssh", "host", NULL);
	assert_int_equal(o.status, status);
	if (what ? !strstr(o.err, what) : o.err[0] != 0)
		fail_msg("\"%s\" is not all that is said: %s", what ? what : "", o.err);
	if (not_what && strstr(o.err, not_what))
		fail_msg("\"%s\" is said: %s", not_what, o.err);
}

#define ASKS(prompt) "\"$SSH_ASKPASS\" \"" prompt "\" >/dev/null\n"
#define ASKS_FOR_A_CREDENTIAL \
	ASKS("(builder-7@host) Agent credential for builder-7 at ssh://host [agentauth/1 part 1 nonce " \
	     "AAAAAAAAAAAAAAAAAAAAAA]: ")

TEST(a_login_that_was_refused_is_told_from_one_that_was_not_asked_for, here)
{
	login_is_possible();
	fake_login("exit 255");
	assert_told(255, "no credential was asked for", "presented");
	fake_login(ASKS_FOR_A_CREDENTIAL "exit 255");
	assert_told(255, "the host refused the credential", "no credential was asked for");
	assert_non_null(strstr(o.err, "all roles of the agent, signed by the key "));
	assert_non_null(strstr(o.err, "agentauthctl show builder-7"));
	fake_login(ASKS("(builder-7@host) Password: ") "exit 255");
	assert_told(255, "nothing is answered", "no credential was asked for");
	/* What succeeds, and what a command gives back, is left without a word. */
	fake_login(ASKS_FOR_A_CREDENTIAL "exit 0");
	assert_told(0, NULL, NULL);
	fake_login(ASKS_FOR_A_CREDENTIAL "exit 254");
	assert_told(254, NULL, NULL);
}

/* agentauth ssh, running; `ready` is what the ssh in its place makes. */
static pid_t start_login(void)
{
	char path[512];
	pid_t pid = fork();

	(void)snprintf(path, sizeof(path), "%sagentauth", PROGRAMS);
	if (pid == 0) {
		execl(path, path, "ssh", "host", NULL);
		_exit(126);
	}
	assert_true(pid > 0);
	for (int i = 0; i < 500 && access(home_path("ready"), F_OK) < 0; i++)
		usleep(10000);
	assert_int_equal(access(home_path("ready"), F_OK), 0);
	unlink(home_path("ready"));
	return pid;
}

TEST(signals_and_stops_go_through_to_ssh_and_back, here)
{
	int status;
	pid_t pid;

	login_is_possible();
	fake_login("trap 'exit 5' TERM; : >\"$HOME/ready\"; while :; do /bin/sleep 0.05; done");
	pid = start_login();
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	fake_login(": >\"$HOME/ready\"; kill -TERM $$");
	pid = start_login();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	fake_login(": >\"$HOME/ready\"; kill -STOP $$; exit 3");
	pid = start_login();
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

/* Says each SIGINT at once: a shell's trap would take two that come together for one. */
static void say_interrupted(int number)
{
	(void)number;
	(void)!write(STDOUT_FILENO, "interrupted\n", 12);
}

/* In the place of ssh: `ready`, and then half a second to be interrupted in. */
static int count_interrupts(void)
{
	struct sigaction action = {.sa_handler = say_interrupted};
	struct timespec left = {.tv_nsec = 500000000};
	char ready[512];

	(void)sigaction(SIGINT, &action, NULL);
	(void)snprintf(ready, sizeof(ready), "%s/ready", getenv("HOME"));
	(void)creat(ready, 0600);
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return 0;
}

__attribute__((constructor)) static void be_ssh(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--count-interrupts") == 0)
		_exit(count_interrupts());
}

/* Ctrl-C goes to all of the terminal's foreground group; passed on, it would reach ssh a second time. */
TEST(what_the_terminal_sends_reaches_ssh_once, here)
{
	char path[512] = "", said[4096] = "";
	size_t len = 0;
	ssize_t n;
	pid_t pid;
	int terminal;

	login_is_possible();
	fake_login("exec \"$SELF\" --count-interrupts");
	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	setenv("SELF", path, 1);
	(void)snprintf(path, sizeof(path), "%sagentauth", PROGRAMS);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid == 0) {
		execl(path, path, "ssh", "host", NULL);
		_exit(126);
	}
	assert_true(pid > 0);
	for (int i = 0; i < 500 && access(home_path("ready"), F_OK) < 0; i++)
		usleep(10000);
	assert_int_equal(write(terminal, "\003", 1), 1);
	while ((n = read(terminal, said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(terminal);
	assert_non_null(strstr(said, "interrupted"));
	assert_null(strstr(strstr(said, "interrupted") + 1, "interrupted"));
}

TEST(ssh_that_cannot_be_used_says_why, here)
{
	login_is_possible();
	home_write("bin/ssh", "#!/bin/sh\nprintf 'No user exists for uid 4711\\r\\n' >&2; exit 255\n", 0700);
	assert_told(1, "echo 'agent:x:", "apt-get");
	home_write("bin/ssh", "#!/bin/sh\necho broken >&2; exit 1\n", 0700);
	assert_told(1, "It says: broken", "apt-get");
}

TEST(a_word_that_is_nearly_one_of_ours_is_told, here)
{
	static const struct {
		const char *word, *says;
	} words[] = {{"shh", "(did you mean ssh?)"},
		     {"keygne", "(did you mean keygen?)"},
		     {"a@b", "(did you mean agentauth ssh a@b?)"},
		     {"frobnicate", "there is no command \"frobnicate\"; there are: keygen, profile, "},
		     {"tokens-and-more", "there is no command \"tokens-and-more\"; there are: keygen, "}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		RUN("agentauth", words[i].word, NULL);
		assert_int_equal(o.status, 2);
		assert_non_null(strstr(o.err, words[i].says));
	}
	RUN("agentauth", "keygen", "--otu", "x", NULL);
	assert_int_equal(o.status, 2);
	assert_non_null(strstr(o.err, "(did you mean --out?); agentauth keygen --help lists them"));
	RUN("agentauth", "profile", "lst", NULL);
	assert_int_equal(o.status, 2);
	assert_non_null(strstr(o.err, "(did you mean list?)"));
}

TEST(run_becomes_sudo_and_is_not_begun_by_run0, here)
{
	fake("sudo");
	fake("run0");
	RUN("agentauth", "run", "builder-7", "--", "make", "-j", "--help", NULL);
	assert_int_equal(o.status, 9);
	assert_non_null(strstr(o.out, "sudo<--></"));
	assert_non_null(strstr(o.out, "/agentauth/start><builder-7><--><make><-j><--help>"));
	unlink(home_path("bin/sudo"));
	RUN("agentauth", "run", "builder-7", "--", "make", "-j", NULL);
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	assert_non_null(
	    strstr(o.err, "sudo is not installed, and it is needed to become builder-7; run0 will not do"));
	assert_non_null(strstr(o.err, "apt-get install sudo"));
	unlink(home_path("bin/run0"));
}

TEST(the_name_agentauth_askpass_takes_the_prompt_alone, here)
{
	RUN("agentauth-askpass", "Password: ", NULL);
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	assert_memory_equal(o.err, "agentauth askpass: nothing is answered", 38);
	RUN("agentauth-askpass", NULL);
	assert_int_equal(o.status, 2);
}

TEST(wrong_usage_is_told_from_success_and_failure, here)
{
	RUN("agentauth", "--version", NULL);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.out, PACKAGE_STRING "\nsecurity reports: " SECURITY_CONTACT "\n");
	RUN("agentauth", "--help", NULL);
	assert_int_equal(o.status, 0);
	RUN("agentauth", "help", "verify", NULL);
	assert_int_equal(o.status, 0);
	RUN("agentauth", "help", "frobnicate", NULL);
	assert_int_equal(o.status, 2);
	RUN("agentauth", NULL);
	assert_int_equal(o.status, 2);
	assert_string_equal(o.out, "");
	RUN("agentauth", "frobnicate", NULL);
	assert_int_equal(o.status, 2);
	RUN("agentauth", "--no-such-option", NULL);
	assert_int_equal(o.status, 2);
	RUN("agentauth", "whoami", "--no-such-option", NULL);
	assert_int_equal(o.status, 2);
}

TEST(output_that_cannot_be_written_is_a_failure, here)
{
	int full = open("/dev/full", O_WRONLY);

	assert_true(full >= 0);
	run_program("agentauth", full, (const char *const[]){"--version", NULL});
	assert_int_equal(o.status, 1);
	run_program("agentauth", full, (const char *const[]){"whoami", NULL});
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "standard output cannot be written"));
	close(full);
}
