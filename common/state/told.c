/* SPDX-License-Identifier: Apache-2.0 */
/* told.c: tells one plugin of a sudo what the other has done. */
#include "config.h"

#include "common/state/told.h"

#include <dlfcn.h>
#include <stddef.h>

/* Finds a variable of the plugin, which sudo keeps loaded. NULL: it is not loaded, or has none of this name. */
static uint32_t *variable(const char *plugin, const char *name)
{
	void *handle = dlopen(plugin, RTLD_LAZY | RTLD_NOLOAD);
	uint32_t *found = handle ? dlsym(handle, name) : NULL;

	if (handle)
		dlclose(handle);
	return found;
}

static bool tell(const char *plugin, const char *name, uint32_t uid)
{
	uint32_t *told = variable(plugin, name);

	if (told)
		*told = uid;
	return told != NULL;
}

bool aa_told_plugin(const char *plugin, uint32_t uid)
{
	return tell(plugin, "agentauth_told", uid);
}

void aa_told_refused(const char *plugin, uint32_t uid)
{
	(void)tell(plugin, "agentauth_refused", uid);
}

bool aa_told_audited(const char *plugin, uint32_t uid)
{
	const uint32_t *audited = variable(plugin, "agentauth_audited");

	return uid && audited && *audited == uid;
}
