/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_pam.c checks the PAM stacks: whether each asks the module where it must. */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/enable/host_services.h"
#include "tools/agentauthctl/enable/placed.h"

struct aa_sshd_paths doctor_sshd_paths(void)
{
	return (struct aa_sshd_paths){AA_SYSCONFDIR "/ssh/sshd_config", NULL, {host_stack_dirs, AA_PAMDIR}};
}

static char *cure(enum aa_pam_answer answer)
{
	return xstrdup(answer == AA_PAM_NO_MODULE ? "ls -l " AA_PAMDIR "  # and install agentauth again"
						  : "agentauthctl enable --yes pam");
}

/* ---- the check -------------------------------------------------------------------- */

/* look_at_service() returns true where the stack asks where it must. */
static bool look_at_service(struct doctor *d, const struct host_service *service)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();
	struct aa_pam_position position;

	for (int phase = AA_PAM_AUTH; phase <= AA_PAM_PASSWORD; phase++) {
		enum aa_pam_answer answer;

		if (!(service->must_ask & PAM_PHASE(phase)))
			continue;
		answer = aa_pam_stack_asks(&paths.pam, service->name, (enum aa_pam_phase)phase, &position);
		if (answer == AA_PAM_ABSENT)
			return false;
		if (answer == AA_PAM_ASKED)
			continue;
		if (position.line)
			doctor_problem(d, cure(answer), "the stack of %s: %s:%u: %s %s", service->name,
				       position.file, position.line,
				       aa_pam_stack_phase_name((enum aa_pam_phase)phase),
				       aa_pam_stack_answer_text(answer));
		else
			doctor_problem(d, cure(answer), "the stack of %s: %s: %s %s", service->name,
				       position.file, aa_pam_stack_phase_name((enum aa_pam_phase)phase),
				       aa_pam_stack_answer_text(answer));
		return false;
	}
	return true;
}

/* Tries it in a child, since a file that was cut off ends the process. */
static bool core_loads(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(dlopen(AA_PAM_CORE, RTLD_NOW | RTLD_LOCAL) ? 0 : 1);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

/* The module opens its core for agents alone: people do not notice that there is none. */
static void look_at_core(struct doctor *d)
{
	const char *wrong = NULL;
	size_t size;
	int fd, err = aa_trusted_open(AT_FDCWD, AA_PAM_CORE, 0, &fd, &size);

	if (err == -ENOENT)
		wrong = "is missing";
	else if (err < 0)
		wrong = "is not root's alone";
	else if (!core_loads())
		wrong = "cannot be loaded";
	if (err == 0)
		close(fd);
	if (wrong)
		doctor_problem(d, xstrdup("ls -l " AA_PAM_CORE "  # and install agentauth again"),
			       "agents are refused, since " AA_PAM_CORE " %s", wrong);
}

void doctor_stacks(struct doctor *d)
{
	struct buffer asks = {0};
	unsigned before = d->problems;

	look_at_core(d);
	if (placed_was_interrupted(d->ctl->paths.statedir))
		doctor_problem(
		    d, xstrdup("agentauthctl enable --yes"),
		    "a command was interrupted while it wrote to this host's own files, and its work is "
		    "half done");
	for (size_t i = 0; host_services[i].name; i++)
		if (look_at_service(d, &host_services[i]))
			buffer_printf(&asks, "%s%s", asks.len ? ", " : "", host_services[i].name);
	if (d->problems == before)
		doctor_fine(d, AA_PAM_MODULE " is asked by %s",
			    asks.len ? asks.data : "no stack, since there is none");
	buffer_free(&asks);
}
