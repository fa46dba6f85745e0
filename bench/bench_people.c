/* SPDX-License-Identifier: Apache-2.0 */
/* bench_people.c: new processes that run PAM's stacks as programs do, and the time that they take.
 *
 *   bench_people serve PROGRAM [ARGUMENT]...  runs the program once for each line of standard input; answers
 *                                             with a line of microseconds: all that passed, the processor's
 *   bench_people job USER                     what cron asks of PAM for a job, by the host's own stack
 *   bench_people login SERVICE USER PASSWORD  authenticate and account, as pamtester
 *
 * Exit status 0: PAM, or each of the programs, said yes.
 */
#include <config.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

extern char **environ;

static long long now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long long used_us(const struct rusage *used)
{
	return (long long)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000 + used->ru_utime.tv_usec +
	       used->ru_stime.tv_usec;
}

/* What the program prints is nobody's answer, and its input is not ours. */
static int run(char **argv)
{
	posix_spawn_file_actions_t actions;
	struct rusage used;
	long long began = now_us();
	int status = -1, err;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err != 0 || wait4(pid, &status, 0, &used) != pid || status != 0) {
		fprintf(stderr, "bench_people: %s failed\n", argv[0]);
		return 1;
	}
	printf("%lld %lld\n", now_us() - began, used_us(&used));
	return fflush(stdout) == 0 ? 0 : 1;
}

static int serve(char **argv)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin))
		if (run(argv) != 0)
			return 1;
	return 0;
}

static int converse(int n, const struct pam_message **messages, struct pam_response **ret, void *answer)
{
	struct pam_response *response = calloc((size_t)n, sizeof(*response));

	for (int i = 0; response && i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			response[i].resp = strdup(answer);
	*ret = response;
	return response ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int job(const char *user)
{
	static char nothing[] = "";
	struct pam_conv conv = {converse, nothing};
	pam_handle_t *pamh = NULL;
	int err = pam_start("cron", user, &conv, &pamh);

	if (err == PAM_SUCCESS)
		err = pam_set_item(pamh, PAM_TTY, "cron");
	if (err == PAM_SUCCESS)
		err = pam_acct_mgmt(pamh, PAM_SILENT);
	if (err == PAM_SUCCESS)
		err = pam_setcred(pamh, PAM_ESTABLISH_CRED | PAM_SILENT);
	if (err == PAM_SUCCESS)
		err = pam_open_session(pamh, PAM_SILENT);
	if (err == PAM_SUCCESS)
		err = pam_setcred(pamh, PAM_DELETE_CRED | PAM_SILENT);
	if (err == PAM_SUCCESS)
		err = pam_close_session(pamh, PAM_SILENT);
	(void)pam_end(pamh, err);
	return err == PAM_SUCCESS ? 0 : 1;
}

static int login(const char *service, const char *user, char *password)
{
	struct pam_conv conv = {converse, password};
	pam_handle_t *pamh = NULL;
	int err = pam_start(service, user, &conv, &pamh);

	if (err == PAM_SUCCESS)
		err = pam_authenticate(pamh, 0);
	if (err == PAM_SUCCESS)
		err = pam_acct_mgmt(pamh, 0);
	(void)pam_end(pamh, err);
	return err == PAM_SUCCESS ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv + 2);
	if (argc == 3 && strcmp(argv[1], "job") == 0)
		return job(argv[2]);
	if (argc == 5 && strcmp(argv[1], "login") == 0)
		return login(argv[2], argv[3], argv[4]);
	fputs("usage: bench_people serve PROGRAM [ARGUMENT]... | job USER | login SERVICE USER PASSWORD\n",
	      stderr);
	return 2;
}
