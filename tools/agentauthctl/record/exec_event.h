/* SPDX-License-Identifier: Apache-2.0 */
/* exec_event.h: a program that was started, as a source of such events tells it, before it is known whose it is. */
#ifndef AGENTAUTHCTL_EXEC_EVENT_H
#define AGENTAUTHCTL_EXEC_EVENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EXEC_WORDS_KEPT 1100 /* bytes of the words: a little more than a line of the log takes */

struct exec_event {
	int64_t seconds; /* since 1970 */
	uint32_t micros;
	pid_t pid, ppid;
	uint32_t login_uid, audit_session; /* UINT32_MAX: not set */
	uint32_t uid, euid;
	char path[PATH_MAX]; /* of the program that runs; of a script its interpreter */
	char directory[PATH_MAX];
	char words[EXEC_WORDS_KEPT + 1]; /* each with a zero at its end */
	size_t kept;			 /* bytes of `words` */
	size_t length;			 /* bytes that there were; more than `kept`: it is cut */
	bool words_missed;		 /* the program was gone before they could be read */
};

/* Gets each event, and the number of those that a source has lost since it said so last. */
typedef void exec_take_fn(void *data, const struct exec_event *event);

#endif
