/* SPDX-License-Identifier: Apache-2.0 */
/* io_plugin.h: what the other plugins of this object know of the one that records. */
#ifndef AGENTAUTH_SUDO_IO_PLUGIN_H
#define AGENTAUTH_SUDO_IO_PLUGIN_H

/* Gives the name of the recording of the command that is about to run; NULL: it is not recorded. sudo opens the recording
 * after the approval plugin, and before it tells the audit plugin that its front end accepts the command. */
const char *agentauth_io_recording(void);

#endif
