/* SPDX-License-Identifier: Apache-2.0 */
/* password.c: pam_sm_chauthtok refuses, since agents have no password. */
#include "config.h"

#include "pam/call.h"

#include <security/pam_ext.h>

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct aa_call call;
	enum aa_user_kind kind = aa_call_begin(&call, pamh, argc, argv);

	aa_call_pause(&call);
	if (kind != AA_USER_OTHER && !((unsigned)flags & PAM_SILENT) && ((unsigned)flags & PAM_PRELIM_CHECK))
		(void)pam_error(
		    pamh,
		    "%s is an agent and has no password. Its keys are rotated by the host's administrator: "
		    "agentauthctl rotate %s --key FILE",
		    call.user, call.user);
	return aa_call_end(&call, kind == AA_USER_OTHER ? PAM_USER_UNKNOWN : PAM_PERM_DENIED);
}
