/* SPDX-License-Identifier: Apache-2.0 */
/* host_plan.h: what is about to be written to this host's own files, one change a file, in the order in which it is written. */
#ifndef AGENTAUTHCTL_HOST_PLAN_H
#define AGENTAUTHCTL_HOST_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tools/cli/problems.h"

/* The parts stand in the order in which they are put in: what asks about agents comes before what makes them known. They are
 * taken out the other way round. */
#define HOST_PARTS(PART) \
	PART(PAM, "pam") \
	PART(SSHD, "sshd") \
	PART(SUDO, "sudo") \
	PART(NSS, "nss") \
	PART(TIMERS, "timers") \
	PART(SEAL, "seal") \
	PART(METRICS, "metrics") \
	PART(RECORD, "record") \
	PART(OPERATORS, "operators") \
	PART(RUN, "run") \
	PART(REQUEST, "request")
enum host_part {
#define PART(name, word) HOST_##name,
	HOST_PARTS(PART)
#undef PART
	    HOST_PARTS_N
};
#define HOST_USUAL ((1u << HOST_SEAL) - 1) /* what a host is enabled with unless parts are named */
#define HOST_ALL ((1u << HOST_PARTS_N) - 1)

/* A unit of systemd is written as a file of this name would be. */
#define HOST_UNIT "unit/"

struct host_change {
	enum host_part part;
	char *path;	      /* no symbolic link */
	char *before, *after; /* NULL: there is no such file */
	mode_t mode;	      /* of a file that is made */
};

struct host_plan {
	struct host_change *v;
	size_t n, cap;
	bool named; /* parts were named: what keeps one away is told */
	struct problems *problems;
};

const char *host_part_word(enum host_part part);
/* host_plan_fail() reports a problem with the file (NULL: with none). */
void host_plan_fail(struct host_plan *plan, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void host_plan_free(struct host_plan *plan);

/* host_file_read() gives the text of a file of this host's, NULL where there is none. Symbolic links are followed, and *ret_path
 * is where they lead (may be NULL); the caller frees both. A negative errno: -EPERM where others than root could write it, and
 * -EBADMSG where it is no text. */
int host_file_read(const char *path, char **ret_path, char **ret);
/* host_file_write() replaces the file, which keeps owner, mode and attributes, or removes it where there is no text. */
int host_file_write(const struct host_change *change, const char *text);

/* host_file_forget() removes what a writer that was killed has left beside the file. */
void host_file_forget(const char *path);

/* host_plan_text() gives the text that the file is going to have, NULL where there is none, for a change of it. The text is the
 * plan's. It returns false where the file cannot be changed, which is reported. */
bool host_plan_text(struct host_plan *plan, enum host_part part, const char *path, size_t *ret_change,
		    const char **ret);
/* host_plan_set() gives the file of that change another text, which the plan takes over. */
void host_plan_set(struct host_plan *plan, size_t change, char *text);
/* host_plan_settle() drops what does not change, and puts the rest in the order in which parts are put in, or taken out. */
void host_plan_settle(struct host_plan *plan, bool out);

#endif
