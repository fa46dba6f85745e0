/* SPDX-License-Identifier: Apache-2.0 */
/* slurp.h: reads one of the host's own files whole, whoever can write to it: passwd, sudoers, a log. The files that agentauth
 * believes are read by common/file/trusted.h. */
#ifndef AGENTAUTHCTL_SLURP_H
#define AGENTAUTHCTL_SLURP_H

/* Reads at most 64 MiB and puts a zero byte behind them. Returns a negative errno on failure; the caller frees *ret. */
int slurp(const char *file, char **ret);

#endif
