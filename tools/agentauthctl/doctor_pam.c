/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_pam.c: checks of the PAM stacks: whether each asks the module where it must. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* The phase that decides about an agent, and for services that open sessions the one that records it. */
static const struct {
	const char *service;
	enum aa_pam_phase phases[2];
} services[] = {
    {"sshd", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"login", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"su", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"su-l", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"sudo", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"sudo-i", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"cron", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"crond", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"atd", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"systemd-user", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"runuser", {AA_PAM_SESSION, AA_PAM_SESSION}},  {"runuser-l", {AA_PAM_SESSION, AA_PAM_SESSION}},
    {"passwd", {AA_PAM_PASSWORD, AA_PAM_PASSWORD}},
};

static const char *const stack_dirs[] = {AA_SYSCONFDIR "/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", NULL};

struct aa_sshd_paths doctor_sshd_paths(void)
{
	return (struct aa_sshd_paths){AA_SYSCONFDIR "/ssh/sshd_config", NULL, {stack_dirs, AA_PAMDIR}};
}

static char *cure(const char *service, enum aa_pam_answer answer)
{
	char *shipped = xasprintf(DOCTOR_SHARE "/pam.d/%s", service), *command = NULL;

	if (answer == AA_PAM_NO_MODULE)
		command = xstrdup("ls -l " AA_PAMDIR "  # and install agentauth again");
	else if (access(shipped, F_OK) == 0)
		command = xasprintf("cp --backup=numbered %s %s/  # lines of the host's own: from the copy "
				    "that is kept beside "
				    "it",
				    shipped, stack_dirs[0]);
	free(shipped);
	return command;
}

/* true: it asks where it must. */
static bool look_at_service(struct doctor *d, size_t i)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();
	struct aa_pam_place place;

	for (size_t p = 0; p < 2; p++) {
		enum aa_pam_answer answer =
		    aa_pam_stack_asks(&paths.pam, services[i].service, services[i].phases[p], &place);

		if (answer == AA_PAM_ABSENT)
			return false;
		if (answer == AA_PAM_ASKED)
			continue;
		if (place.line)
			doctor_problem(d, cure(services[i].service, answer), "the stack of %s: %s:%u: %s %s",
				       services[i].service, place.file, place.line,
				       aa_pam_phase_name(services[i].phases[p]), aa_pam_answer_text(answer));
		else
			doctor_problem(d, cure(services[i].service, answer), "the stack of %s: %s: %s %s",
				       services[i].service, place.file,
				       aa_pam_phase_name(services[i].phases[p]), aa_pam_answer_text(answer));
		return false;
	}
	return true;
}

void doctor_stacks(struct doctor *d)
{
	struct buffer asks = {0};
	unsigned before = d->problems;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (look_at_service(d, i))
			buffer_printf(&asks, "%s%s", asks.len ? ", " : "", services[i].service);
	if (d->problems == before)
		doctor_fine(d, AA_PAM_MODULE " is asked by %s",
			    asks.len ? asks.data : "no stack, since there is none");
	buffer_free(&asks);
}
