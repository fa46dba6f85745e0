/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_terminals.c checks whether sudo records what roles want recorded, and whether people's own recordings go on. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/state/told.h"
#include "common/verify/recording.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/host/sudo_conf.h"

#define LINE "Plugin " AA_PLUGIN_IO_SYMBOL " " AA_LIBEXECDIR "/" AA_PLUGIN_FILE

/* roles_recorded() returns the names of the roles with record = "tty" as one text, or NULL. */
static char *roles_recorded(const struct doctor *d)
{
	struct buffer b = {0};

	for (size_t i = 0; i < d->n_roles; i++)
		for (size_t j = 0; j < d->roles[i]->record.n; j++)
			if (aa_recording_of(d->roles[i]->record.v[j]) == AA_RECORDING_TTY)
				buffer_printf(&b, "%s%s", b.len ? ", " : "", d->roles[i]->name);
	return b.len ? buffer_take(&b) : NULL;
}

/* sudo loads its own I/O plugin unasked only where no line names another, so that ours alone would end what the host's
 * sudoers has it log of people (log_output). */
static void report(struct doctor *d, const char *roles, bool ours, bool sudoers)
{
	const char *conf = AA_SYSCONFDIR "/sudo.conf",
		   *own = sudoers ? "\\nPlugin sudoers_io sudoers.so" : "";

	if (ours && !sudoers)
		doctor_problem(
		    d, xasprintf("printf '\\nPlugin sudoers_io sudoers.so\\n' >>%s", conf),
		    "%s loads the plugin that records agents and not sudo's own beside it, so that "
		    "log_output in sudoers logs nothing of anybody",
		    conf);
	else if (roles && !ours)
		doctor_problem(d, xasprintf("printf '\\n" LINE "%s\\n' >>%s", own, conf),
			       "what the commands of %s show should be recorded, and sudo does not load the "
			       "plugin that does",
			       roles);
	else if (roles)
		doctor_fine(d, "sudo records what the commands of %s show", roles);
	else
		doctor_fine(d, "no role has what its commands show recorded");
}

/* sudo itself says what it has loaded. Where it loads nothing, the first check says so. */
void doctor_terminals(struct doctor *d)
{
	char *roles = roles_recorded(d);
	struct buffer output = {0};

	if (roles && doctor_sudo_is_rs(d))
		doctor_problem(
		    d, NULL,
		    "what the commands of %s show should be recorded, and sudo is sudo-rs, which has no "
		    "plugin that does",
		    roles);
	else if (doctor_ask(&output, "sudo", (const char *const[4]){"-V"}) == 0 && output.len)
		report(d, roles, strstr(output.data, AA_TOLD_IO) != NULL,
		       strstr(output.data, "Sudoers I/O plugin") != NULL);
	buffer_free(&output);
	free(roles);
}
