/* SPDX-License-Identifier: Apache-2.0 */
/* told.h: the PAM module's word to the approval plugin, in the one process of a sudo that has both.
 *
 * The module says that the account phase let this uid's sudo pass, and logged it. Where sudo was told to skip that
 * phase, or to ask PAM under another service's name, the plugin hears nothing, and logs the command itself. Nobody
 * outside of the process can say it.
 */
#ifndef AGENTAUTH_STATE_TOLD_H
#define AGENTAUTH_STATE_TOLD_H

#include <stdbool.h>
#include <stdint.h>

/* The plugin's variable holds the uid, 0 where nothing was said. */
extern uint32_t agentauth_told;

/* Tells the plugin of this path. False: it is not loaded. */
bool aa_told_plugin(const char *plugin, uint32_t uid);

#endif
