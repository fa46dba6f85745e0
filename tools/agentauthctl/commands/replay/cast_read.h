/* SPDX-License-Identifier: Apache-2.0 */
/* cast_read.h: reads recordings of terminals (common/state/cast.h): which there are, and what they show. */
#ifndef AGENTAUTHCTL_CAST_READ_H
#define AGENTAUTHCTL_CAST_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

struct cast {
	char *name, *path;
	int64_t begun_us; /* since 1970, of its name */
	bool open;	  /* not sealed yet */
	/* once it was read: */
	char *text;
	size_t len, at;
	json_t *head;
	bool torn; /* its last line is no whole one */
};

struct casts {
	struct cast *v;
	size_t n, cap;
};

/* Finds the recordings whose session's id begins so, the oldest first. 0 or a negative errno; none at all is 0. */
int casts_find(const char *logdir, uid_t owner, const char *session, struct casts *ret);
void casts_free(struct casts *casts);

/* Reads the recording and its head. 0 or a negative errno: -EBADMSG where it has no head. */
int cast_load(struct cast *cast, uid_t owner);
/* Gives a member of what the head says for the audit log; "" where it is not there. */
const char *cast_about(const struct cast *cast, const char *member);

struct cast_event {
	json_t *json; /* owns the text */
	double seconds;
	char code;
	const char *text;
	size_t len;
};
/* Reads the next event, and gives the one before back. False: there is no more. Begin with all zero. */
bool cast_next(struct cast *cast, struct cast_event *event);
/* Goes back to the first event. */
void cast_rewind(struct cast *cast);
/* Gives the seconds that the recording lasts. */
double cast_seconds(struct cast *cast);

#endif
