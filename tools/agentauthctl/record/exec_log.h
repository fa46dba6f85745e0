/* SPDX-License-Identifier: Apache-2.0 */
/* exec_log.h: LOGDIR/exec.jsonl, the log of programs: lines and chain are those of the audit log, but the recorder alone
 * writes them, many at once. At 5,000 a second they would hold up the lines of logins and of sudo, and fill the machine's own
 * logs. The audit log says now and then up to which line the log of programs has come, and with which hash. */
#ifndef AGENTAUTHCTL_EXEC_LOG_H
#define AGENTAUTHCTL_EXEC_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/state/audit_chain.h"

#define EXEC_LOG_BATCH (256 * 1024) /* bytes that wait in memory for exec_log_write() */

struct exec_log {
	int dir, fd, head_fd;
	uid_t owner;
	struct aa_audit_tail end; /* behind the last line, written or waiting */
	char *lines;
	size_t len;
	uint64_t waiting, lost; /* lines; lost: that could not be written */
};

/* Opens the log, made where there is none. 0 or -errno. exec_log_close() in any case. */
int exec_log_open(struct exec_log *log, const char *logdir, uid_t owner);
void exec_log_close(struct exec_log *log);

/* Completes a record with time, seq, prev and host, and adds its line to those that wait. The reference is stolen. */
void exec_log_add(struct exec_log *log, json_t *record, int64_t time_us, const char *host);
/* Writes what waits, with one write(). A log that was turned away is begun anew, and its chain goes on. False: the lines
 * are lost, and counted. */
bool exec_log_write(struct exec_log *log);

#endif
