/* SPDX-License-Identifier: Apache-2.0 */
/* fault_scenes.h: the commands that test_ctl_faults.c has fail, each on a host that it changes. */
#ifndef AGENTAUTH_TESTS_FAULT_SCENES_H
#define AGENTAUTH_TESTS_FAULT_SCENES_H

#include <stdbool.h>

#include "tests/unit/agentauthctl/fault_host.h"

struct fault_scene {
	const char *name;
	const char *words[8]; /* of the command, NULL at their end */
	const char *undo[8];  /* of a command that takes it back where it was done; none: empty */
	void (*prepare)(struct fault_host *host); /* once; NULL: nothing */
	void (*each)(struct fault_host *host);	  /* before each run */
	void (*each_ended)(struct fault_host *host);
	bool reaped; /* session reap ends it, and not the same command once more */
	bool many;   /* it decides about one agent after the other, and the same command does the rest */
};

#define FAULT_SCENE(name) extern const struct fault_scene fault_scene_##name;
#include "tests/unit/agentauthctl/fault_scenes.def"
#undef FAULT_SCENE

#endif
