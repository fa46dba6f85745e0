/* SPDX-License-Identifier: Apache-2.0 */
/* core.c: opens the second stage of the module. */
#include "config.h"

#include "pam/core.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "common/file/trusted.h"

/* The name under which a handle has the core that was opened for it. */
#define OPENED "agentauth_core"

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

static void *opened_core(pam_handle_t *pamh)
{
	const void *core = NULL;

	/* The pointer that was put there came from dlopen(), and is no constant. */
	return pam_get_data(pamh, OPENED, &core) == PAM_SUCCESS ? (void *)(uintptr_t)core : NULL;
}

bool aa_core_is_open(pam_handle_t *pamh)
{
	return opened_core(pamh) != NULL;
}

/* The file is looked at and opened once for a handle, in the phase that first needs it. */
static void *open_core(pam_handle_t *pamh)
{
	void *core = opened_core(pamh);

	if (core || !is_trusted(pamh))
		return core;
	core = dlopen(AA_PAM_CORE, RTLD_NOW | RTLD_LOCAL);
	if (core)
		(void)pam_set_data(pamh, OPENED, core,
				   NULL); /* without it the next phase opens the file again */
	return core;
}

aa_phase_function *aa_core_phase(pam_handle_t *pamh, const char *name)
{
	aa_phase_function *phase = NULL;
	void *core, *symbol = NULL;
	const char *why;

	(void)dlerror();
	core = open_core(pamh);
	if (core)
		symbol = dlsym(core, name);
	if (!symbol) {
		why = dlerror();
		if (core || why)
			pam_syslog(pamh, LOG_ERR, "agents are refused: %s. Install agentauth again",
				   why ? why : AA_PAM_CORE " lacks a phase");
		return NULL;
	}
	memcpy(&phase, &symbol, sizeof(phase)); /* ISO C knows no cast from an object to a function */
	return phase;
}
