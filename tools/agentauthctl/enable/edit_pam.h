/* SPDX-License-Identifier: Apache-2.0 */
/* edit_pam.h: puts our lines into a PAM stack and takes them out again. No other line is changed, and no jump of another line
 * reaches over what is put in. */
#ifndef AGENTAUTHCTL_EDIT_PAM_H
#define AGENTAUTHCTL_EDIT_PAM_H

#include <stdbool.h>

#include "tools/agentauthctl/enable/host_services.h"

#define PAM_EVERY (~0u) /* phases */

/* pam_insert() returns the text with our lines of each of the phases that it has lines of; the caller frees. */
char *pam_insert(const char *text, unsigned phases);
/* pam_remove() returns the text without our lines, but for those that pam-auth-update keeps; the caller frees. It returns NULL
 * where a jump of another line counts ours, so that without them it would end elsewhere. */
char *pam_remove(const char *text);
/* pam_has_ours() returns whether there are lines of these phases that pam_remove() is about; with `any` also those of
 * pam-auth-update. */
bool pam_has_ours(const char *text, unsigned phases, bool any);
/* pam_jumps_into_common() returns whether a jump of the stack counts lines of one of Debian's common files that it includes. */
bool pam_jumps_into_common(const char *text);

#endif
