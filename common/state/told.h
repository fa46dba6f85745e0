/* SPDX-License-Identifier: Apache-2.0 */
/* told.h: what the PAM module and the plugins tell each other in the one process of a sudo that has them.
 *
 * The module says that the account phase let this uid's sudo pass, and logged it, or that it refused, and logged that.
 * Where sudo was told to skip that phase, or to ask PAM under another service's name, the plugins hear nothing, and log
 * the command themselves. The audit plugin says whose sudo it records. Nobody outside of the process can say any of it.
 */
#ifndef AGENTAUTH_STATE_TOLD_H
#define AGENTAUTH_STATE_TOLD_H

#include <stdbool.h>
#include <stdint.h>

/* sudo -V prints these of the plugins that it has loaded, before the version, and doctor looks for them. */
#define AA_TOLD_APPROVAL "agentauth: approval plugin"
#define AA_TOLD_AUDIT "agentauth: audit plugin"
#define AA_TOLD_IO "agentauth: I/O plugin"

/* The plugin's variables hold the uid, 0 where nothing was said. */
extern uint32_t agentauth_told, agentauth_refused, agentauth_audited;

/* Tells the plugin of this path that PAM let the uid's sudo pass. False: it is not loaded. */
bool aa_told_plugin(const char *plugin, uint32_t uid);
/* Tells it that PAM refused. */
void aa_told_refused(const char *plugin, uint32_t uid);
/* Says whether the audit plugin, in the object of this path, records the uid's sudo. */
bool aa_told_audited(const char *plugin, uint32_t uid);

#endif
