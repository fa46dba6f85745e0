/* SPDX-License-Identifier: Apache-2.0 */
/* request.c: what sudo runs, as nobody, for `agentauth request` when its approval plugin is done: the plugin has asked, and where
 * it waited, a person has approved. There is nothing left to do, unless sudo has no plugin, and nobody was asked. */
#include <config.h>

#include <stdio.h>

#include "tools/host/sudo_conf.h"

int main(void)
{
	struct aa_plugin_position position;

	if (aa_sudo_conf_find_plugin(AA_SYSCONFDIR "/sudo.conf", 0, AA_PLUGIN_SYMBOL, &position) ==
	    AA_PLUGIN_LOADED)
		return 0;
	fputs("agentauth: nobody was asked: sudo does not load the approval plugin here. The host's "
	      "administrator sees what is wrong: agentauthctl doctor\n",
	      stderr);
	return 1;
}
