/* SPDX-License-Identifier: Apache-2.0 */
/* paths.h says where the configuration, the state and what is made of them are. */
#ifndef AGENTAUTHCTL_PATHS_H
#define AGENTAUTHCTL_PATHS_H

#include <sys/types.h>

struct paths {
	const char *confdir, *statedir;
	const char *sysconfdir; /* /etc: passwd, group, sudo.conf */
	const char *sudoers;	/* the file that is rendered; NULL: none */
	uid_t owner;		/* configuration and state may be this user's, beside root's */
};

#endif
