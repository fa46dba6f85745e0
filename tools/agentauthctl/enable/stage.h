/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h: a folder in which files lie as they are going to be, for the programs that try them before they are put in place. */
#ifndef AGENTAUTHCTL_STAGE_H
#define AGENTAUTHCTL_STAGE_H

#include "tools/agentauthctl/enable/host_plan.h"

#define STAGE AA_RUNDIR ".enable"
#define STAGE_PAM STAGE "/pam.d"	 /* stacks as they are going to be */
#define STAGE_PAM_NOW STAGE "/pam.d.now" /* and as they are */

/* stage_end() removes the folder. */
void stage_end(void);
/* stage_put() writes a file of the folder. 0 or a negative errno. */
int stage_put(const char *name, const char *text);
/* stage_pam() makes the folder anew, root's alone, with every stack of this host in STAGE_PAM_NOW, and as the plan has it in
 * STAGE_PAM. 0 or a negative errno. */
int stage_pam(const struct host_plan *plan);
/* stage_stack() gives a stack of STAGE_PAM another text. 0 or a negative errno. */
int stage_stack(const char *name, const char *text);

#endif
