/* SPDX-License-Identifier: Apache-2.0 */
/* libssh_client.c: logs in with libssh and runs a command.
 *
 * Usage: libssh_client answer|password|key PORT USER COMMAND
 * CREDENTIAL is what is given as the password, KEY the private key's file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include <libssh/libssh.h>

#define HOST "web01.example.com"

static int failed(ssh_session ssh, const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, ssh_get_error(ssh));
	return 1;
}

/* What `agentauth answer` prints for the prompt; "" where it refuses. */
static void ask_agentauth(const char *user, const char *prompt, char *ret, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int pipes[2];
	pid_t pid;

	if (pipe(pipes) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)dup2(pipes[1], STDOUT_FILENO);
		(void)close(pipes[0]);
		(void)close(pipes[1]);
		(void)execlp("agentauth", "agentauth", "answer", "--host", HOST, "--user", user, "--prompt",
			     prompt, (char *)NULL);
		_exit(127);
	}
	(void)close(pipes[1]);
	while (len < size - 1 && (n = read(pipes[0], ret + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	(void)close(pipes[0]);
	(void)waitpid(pid, NULL, 0);
}

static int log_in_by_prompt(ssh_session ssh, const char *user)
{
	char answer[16385];
	int r;

	while ((r = ssh_userauth_kbdint(ssh, NULL, NULL)) == SSH_AUTH_INFO)
		for (int i = 0; i < ssh_userauth_kbdint_getnprompts(ssh); i++) {
			ask_agentauth(user, ssh_userauth_kbdint_getprompt(ssh, (unsigned)i, NULL), answer,
				      sizeof(answer));
			(void)ssh_userauth_kbdint_setanswer(ssh, (unsigned)i, answer);
		}
	return r;
}

static int log_in_by_key(ssh_session ssh)
{
	ssh_key key = NULL;
	int r;

	if (ssh_pki_import_privkey_file(getenv("KEY"), NULL, NULL, NULL, &key) != SSH_OK)
		return SSH_AUTH_ERROR;
	r = ssh_userauth_publickey(ssh, NULL, key);
	ssh_key_free(key);
	return r;
}

static int run(ssh_session ssh, const char *command)
{
	ssh_channel channel = ssh_channel_new(ssh);
	char buf[1024];
	int n;

	if (!channel || ssh_channel_open_session(channel) != SSH_OK ||
	    ssh_channel_request_exec(channel, command) != SSH_OK)
		return failed(ssh, "the command");
	while ((n = ssh_channel_read(channel, buf, sizeof(buf), 0)) > 0)
		(void)fwrite(buf, 1, (size_t)n, stdout);
	n = ssh_channel_get_exit_status(channel);
	ssh_channel_free(channel);
	return n;
}

int main(int argc, char **argv)
{
	ssh_session ssh = ssh_new();
	unsigned port;
	int r;

	if (argc != 5 || !ssh)
		return 2;
	port = (unsigned)atoi(argv[2]);
	(void)ssh_options_set(ssh, SSH_OPTIONS_HOST, HOST);
	(void)ssh_options_set(ssh, SSH_OPTIONS_PORT, &port);
	(void)ssh_options_set(ssh, SSH_OPTIONS_USER, argv[3]);
	if (ssh_connect(ssh) != SSH_OK)
		return failed(ssh, "connecting");
	if (ssh_session_is_known_server(ssh) != SSH_KNOWN_HOSTS_OK)
		return failed(ssh, "the host's key is not the one in known_hosts");
	(void)ssh_userauth_none(ssh, NULL);
	if (strcmp(argv[1], "key") == 0)
		r = log_in_by_key(ssh);
	else if (strcmp(argv[1], "password") == 0)
		r = ssh_userauth_password(ssh, NULL, getenv("CREDENTIAL"));
	else
		r = log_in_by_prompt(ssh, argv[3]);
	r = r == SSH_AUTH_SUCCESS ? run(ssh, argv[4]) : failed(ssh, "logging in");
	ssh_disconnect(ssh);
	ssh_free(ssh);
	return r;
}
