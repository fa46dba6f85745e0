/* SPDX-License-Identifier: Apache-2.0 */
/* core.c: opens the second stage of the module. */
#include "config.h"

#include "pam/core.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "common/file/trusted.h"

/* Says whether the file is root's: its code runs with all that this process may do. */
static bool is_trusted(pam_handle_t *pamh)
{
	size_t size;
	int fd, err = aa_trusted_open(AT_FDCWD, AA_PAM_CORE, geteuid(), &fd, &size);

	if (err < 0) {
		pam_syslog(pamh, LOG_ERR,
			   "agents are refused: %s cannot be believed (%s). Install agentauth again",
			   AA_PAM_CORE, strerror(-err));
		return false;
	}
	close(fd);
	return true;
}

aa_phase_function *aa_core_phase(pam_handle_t *pamh, const char *name)
{
	aa_phase_function *phase = NULL;
	void *core = NULL, *symbol = NULL;
	const char *why;

	if (!is_trusted(pamh))
		return NULL;
	core = dlopen(AA_PAM_CORE, RTLD_NOW | RTLD_LOCAL);
	if (core)
		symbol = dlsym(core, name);
	if (!symbol) {
		why = dlerror();
		pam_syslog(pamh, LOG_ERR, "agents are refused: %s. Install agentauth again",
			   why ? why : AA_PAM_CORE " lacks a phase");
		return NULL;
	}
	memcpy(&phase, &symbol, sizeof(phase)); /* ISO C knows no cast from an object to a function */
	return phase;
}
