/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c: the native protocol of systemd's journal (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#include "config.h"

#include "common/state/journal.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "common/file/trusted.h"

#define PREFIX "AGENTAUTH_"
#define NAME_MAX_LEN 64 /* of a field, as the journal has it */
#define NUMBER_SIZE 24

/* ---- the datagram -------------------------------------------------------- */

struct datagram {
	char *data;
	size_t len, cap;
	bool full;
};

static void put(struct datagram *d, const void *bytes, size_t len)
{
	d->full = d->full || len > d->cap - d->len;
	if (d->full)
		return;
	memcpy(d->data + d->len, bytes, len);
	d->len += len;
}

/* Each value goes with its length, so that none can begin a field of its own, whatever is in it. */
static void put_field(struct datagram *d, const char *name, const char *value)
{
	size_t len = strlen(value);
	uint64_t framed = htole64(len);

	put(d, name, strlen(name));
	put(d, "\n", 1);
	put(d, &framed, sizeof(framed));
	put(d, value, len);
	put(d, "\n", 1);
}

static void put_number(struct datagram *d, const char *name, json_int_t number)
{
	char text[NUMBER_SIZE];

	(void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, number);
	put_field(d, name, text);
}

static void put_value(struct datagram *d, const char *name, const json_t *value)
{
	if (json_is_string(value))
		put_field(d, name, json_string_value(value));
	else if (json_is_integer(value))
		put_number(d, name, json_integer_value(value));
	else if (json_is_boolean(value))
		put_field(d, name, json_is_true(value) ? "true" : "false");
}

/* Gives the name of a member's field: capitals, digits and underscores are all that the journal has. */
static bool name_field(const char *member, char ret[NAME_MAX_LEN + 1])
{
	size_t at = sizeof(PREFIX) - 1;

	memcpy(ret, PREFIX, at);
	for (; *member && at < NAME_MAX_LEN; member++) {
		if (!isalnum((unsigned char)*member) && *member != '_')
			return false;
		ret[at++] = (char)toupper((unsigned char)*member);
	}
	ret[at] = '\0';
	return *member == '\0';
}

static void put_record(struct datagram *d, const json_t *record)
{
	char name[NAME_MAX_LEN + 1];
	const json_t *value, *item;
	const char *member;
	size_t i;

	/* json_object_foreach() wants an object that it could change. */
	json_object_foreach((json_t *)(uintptr_t)record, member, value)
	{
		if (!name_field(member, name))
			continue;
		put_value(d, name, value);
		json_array_foreach(value, i, item) put_value(d, name, item);
	}
}

/* The names are those that a message of syslog has there. */
static void compose(struct datagram *d, int priority, const char *message, const json_t *record)
{
	put_field(d, "MESSAGE", message);
	put_number(d, "PRIORITY", LOG_PRI(priority));
	put_number(d, "SYSLOG_FACILITY", LOG_FAC(priority));
	put_field(d, "SYSLOG_IDENTIFIER", program_invocation_short_name);
	put_number(d, "SYSLOG_PID", getpid());
	put_record(d, record);
}

/* ---- the socket ---------------------------------------------------------- */

/* A folder that others may write to could hold a socket of theirs in the journal's place. */
static bool find_socket(const char *folder, uid_t owner, struct sockaddr_un *ret)
{
	int fd;

	ret->sun_family = AF_UNIX;
	if (aa_path_join(ret->sun_path, sizeof(ret->sun_path), folder, "socket") < 0 ||
	    aa_trusted_open_folder(AT_FDCWD, folder, O_NOFOLLOW, owner, &fd) < 0)
		return false;
	close(fd);
	return true;
}

static bool send_datagram(const struct sockaddr_un *to, const struct datagram *d)
{
	const struct timeval wait = {0, AA_JOURNAL_WAIT_MS * 1000};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return false;
	taken = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 &&
		(sendto(fd, d->data, d->len, MSG_NOSIGNAL, (const struct sockaddr *)to, sizeof(*to)) >= 0 ||
		 errno == EAGAIN);
	close(fd);
	return taken;
}

bool aa_journal_send(const char *folder, uid_t owner, int priority, const char *message, const json_t *record)
{
	/* A field of a member is as long as the member in the message, but for its name, which a list repeats. */
	struct datagram d = {.cap = 4 * strlen(message) + 4096};
	struct sockaddr_un to;
	int saved = errno;
	bool taken = false;

	if (find_socket(folder, owner, &to) && (d.data = malloc(d.cap)) != NULL) {
		compose(&d, priority, message, record);
		taken = !d.full && send_datagram(&to, &d);
	}
	free(d.data);
	errno = saved;
	return taken;
}
