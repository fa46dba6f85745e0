/* SPDX-License-Identifier: Apache-2.0 */
/* tries.c: has sshd, visudo, sudo and the resolver read files as they are going to be, see tries.h. */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/agentauthctl/enable/stage.h"
#include "tools/agentauthctl/enable/tries.h"
#include "tools/agentauthctl/enable/tries_pam.h"
#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

#define WORDS_MAX 8
#define NO_NAMESPACE 99

/* ---- running programs -------------------------------------------------------------- */

/* run() runs a program of this host, and returns its exit status or a negative errno. */
static int run(struct buffer *output, const char *const words[])
{
	char *path = program_find(words[0]), *argv[WORDS_MAX + 1] = {path};
	int status;

	for (size_t i = 1; i < WORDS_MAX && words[i]; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	status = path ? program_run(argv, "", 0, output) : -ENOENT;
	free(path);
	return status;
}

static const char *first_line(struct buffer *output)
{
	if (!output->len)
		return "it does not say why";
	output->data[strcspn(output->data, "\r\n")] = '\0';
	return output->data;
}

/* run_in_namespace() runs the program in a mount namespace in which `staged` stands in the place of `path`. */
static int run_in_namespace(const char *staged, const char *path, int out, const char *const words[])
{
	struct buffer output = {0};
	int status;

	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(staged, path, NULL, MS_BIND, NULL) < 0)
		return NO_NAMESPACE;
	status = run(&output, words);
	if (output.len && write(out, output.data, output.len) < 0)
		status = NO_NAMESPACE;
	return status < 0 ? 127 : status;
}

/* run_with() returns the program's status, or -1 where there can be no such namespace, as in some containers. */
static int run_with(const struct host_change *change, struct buffer *output, const char *const words[])
{
	char part[4096];
	int pipes[2], status = -1;
	ssize_t n;
	pid_t pid;

	if (!change->before || !change->after || stage_put("file", change->after) < 0 ||
	    chmod(STAGE "/file", 0644) < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		_exit(run_in_namespace(STAGE "/file", change->path, pipes[1], words));
	close(pipes[1]);
	while ((n = read(pipes[0], part, sizeof(part))) > 0)
		buffer_add(output, part, (size_t)n);
	close(pipes[0]);
	if (pid < 0 || program_wait(pid, &status) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == NO_NAMESPACE)
		return -1;
	return WEXITSTATUS(status);
}

/* ---- sudo, visudo, the resolver ------------------------------------------------------ */

bool tries_sudo_starts(struct host_plan *plan)
{
	struct buffer output = {0};
	int status = run(&output, (const char *const[]){"sudo", "-V", NULL});

	if (status != 0 && status != -ENOENT)
		host_plan_fail(plan, NULL, "sudo does not start: %s", first_line(&output));
	buffer_free(&output);
	return status == 0 || status == -ENOENT;
}

static bool try_sudo_conf(struct host_plan *plan, const struct host_change *change)
{
	struct buffer output = {0};
	int status = run_with(change, &output, (const char *const[]){"sudo", "-V", NULL});

	if (status > 0)
		host_plan_fail(plan, change->path, "sudo would not start with it: %s", first_line(&output));
	buffer_free(&output);
	return status <= 0;
}

static bool try_sudoers(struct host_plan *plan, const struct host_change *change)
{
	struct buffer output = {0};
	int status = 0;

	if (change->after && stage_put("file", change->after) == 0)
		status = run(&output, (const char *const[]){"visudo", "-c", "-f", STAGE "/file", NULL});
	if (status > 0)
		host_plan_fail(plan, change->path, "visudo refuses it: %s", first_line(&output));
	buffer_free(&output);
	return status <= 0;
}

/* People of every source must be known as before. */
static bool try_nsswitch(struct host_plan *plan, const struct host_change *change)
{
	static const char *const words[] = {"getent", "passwd", "root", "nobody", NULL};
	struct buffer now = {0}, next = {0};
	bool same;

	(void)run(&now, words);
	same = run_with(change, &next, words) < 0 ||
	       (now.len == next.len && (now.len == 0 || memcmp(now.data, next.data, now.len) == 0));
	if (!same)
		host_plan_fail(plan, change->path, "with it this host would not know root as it does now");
	buffer_free(&now);
	buffer_free(&next);
	return same;
}

/* ---- sshd ------------------------------------------------------------------------ */

/* ask_sshd() has sshd print its settings for root's login: by this file, or "" by its own. */
static int ask_sshd(const char *config, struct buffer *output)
{
	static const char connection[] = "user=root,host=localhost,addr=127.0.0.1";

	return run(output, *config ? (const char *const[]){"sshd", "-T", "-f", config, "-C", connection, NULL}
				   : (const char *const[]){"sshd", "-T", "-C", connection, NULL});
}

/* stage_sshd() writes sshd's main file as it is going to be, with our snippet before the rest unless that is in place. */
static int stage_sshd(const struct host_plan *plan, const char *main_file)
{
	struct buffer b = {0};
	char *text = NULL;
	int r = host_file_read(main_file, NULL, &text);

	for (size_t i = 0; r == 0 && i < plan->n; i++) {
		const struct host_change *c = &plan->v[i];

		if (c->part != HOST_SSHD || !c->after)
			continue;
		if (strcmp(c->path, main_file) == 0) {
			free(text);
			text = xstrdup(c->after);
		} else {
			r = stage_put("sshd.snippet", c->after);
			buffer_puts(&b, "Include " STAGE "/sshd.snippet\n");
		}
	}
	buffer_puts(&b, text ? text : "");
	if (r == 0)
		r = stage_put("sshd_config", b.data);
	buffer_free(&b);
	free(text);
	return r;
}

static bool try_sshd(struct host_plan *plan)
{
	struct buffer now = {0}, next = {0};
	bool fine = false;

	if (stage_sshd(plan, AA_SYSCONFDIR "/ssh/sshd_config") < 0)
		host_plan_fail(plan, STAGE, "sshd's configuration cannot be written there");
	else if (ask_sshd("", &now) != 0)
		host_plan_fail(plan, NULL, "sshd does not take its configuration as it is: %s",
			       first_line(&now));
	else if (ask_sshd(STAGE "/sshd_config", &next) != 0)
		host_plan_fail(plan, NULL, "sshd would not take its configuration: %s", first_line(&next));
	else if (now.len != next.len || memcmp(now.data, next.data, now.len) != 0)
		host_plan_fail(plan, NULL,
			       "sshd would have other settings for root than now, and for people too");
	else
		fine = true;
	buffer_free(&now);
	buffer_free(&next);
	return fine;
}

/* ---- all of them ------------------------------------------------------------------- */

static bool has_part(const struct host_plan *plan, enum host_part part)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].part == part)
			return true;
	return false;
}

static bool try_change(struct host_plan *plan, const struct host_change *change)
{
	if (strstr(change->path, "/sudoers.d/"))
		return try_sudoers(plan, change);
	if (change->part == HOST_SUDO)
		return try_sudo_conf(plan, change);
	return change->part != HOST_NSS || try_nsswitch(plan, change);
}

bool tries_before(struct host_plan *plan)
{
	int r = stage_pam(plan);
	bool fine = r == 0;

	if (!fine)
		host_plan_fail(plan, STAGE, "cannot be made: %s", strerror(-r));
	if (fine && has_part(plan, HOST_PAM))
		fine = tries_pam(plan);
	if (fine && has_part(plan, HOST_SSHD))
		fine = try_sshd(plan);
	for (size_t i = 0; fine && i < plan->n; i++)
		fine = try_change(plan, &plan->v[i]);
	return fine;
}
