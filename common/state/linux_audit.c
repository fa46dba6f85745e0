/* SPDX-License-Identifier: Apache-2.0 */
/* linux_audit.c: the kernel's audit by its own interface, netlink, without libaudit. */
#include "config.h"

#include "common/state/linux_audit.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/text/address.h"

/* The types of messages from programs, as libaudit.h has them; the kernel's headers name their range alone. */
enum {
	USER_MGMT = 1102,
	ADD_USER = 1114,
	DEL_USER = 1115,
	TRUSTED_APP = 1121,
	GRP_MGMT = 1132,
};

#define VALUE_MAX 256 /* bytes that are kept of one value */

/* ---- the text ------------------------------------------------------------ */

struct text {
	char *data;
	size_t len;
};

/* A text has room for all of its members at their longest, but for the list of roles. */
static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->data + t->len, AA_LINUX_AUDIT_MAX - t->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < AA_LINUX_AUDIT_MAX - t->len)
		t->len += (size_t)n;
	else
		t->data[t->len] = '\0';
}

/* Readers look for NAME= anywhere in the text, and for the quotation mark behind it. */
static bool is_plain(const char *value)
{
	for (; *value; value++)
		if (!isalnum((unsigned char)*value) && !strchr("_.:@/,+-", *value))
			return false;
	return true;
}

static void put_value(struct text *t, const char *name, const char *value)
{
	char hex[2 * VALUE_MAX + 1];
	size_t len = strnlen(value, VALUE_MAX);

	if (is_plain(value)) {
		put(t, " %s=\"%.*s\"", name, VALUE_MAX, value);
		return;
	}
	for (size_t i = 0; i < len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", (unsigned char)value[i]);
	put(t, " %s=%s", name, hex);
}

static void put_member(struct text *t, const json_t *record, const char *member, const char *name)
{
	const json_t *value = json_object_get(record, member);
	const json_t *first = json_array_get(value, 0);

	if (json_is_integer(value))
		put(t, " %s=%" JSON_INTEGER_FORMAT, name, json_integer_value(value));
	else if (json_is_string(value))
		put_value(t, name, json_string_value(value));
	else if (json_is_string(first))
		put_value(t, name, json_string_value(first));
}

static const char *text_of(const json_t *record, const char *member)
{
	const char *text = json_string_value(json_object_get(record, member));

	return text ? text : "";
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* An administrator's change of an agent or a role is one of an account or a group, of which nobody else reports. */
static unsigned type_of(const json_t *record)
{
	const char *command = text_of(record, "command");

	if (strcmp(text_of(record, "event"), "admin") != 0)
		return TRUSTED_APP;
	if (!json_is_string(json_object_get(record, "agent")))
		return json_object_get(record, "roles") ? GRP_MGMT : TRUSTED_APP;
	return begins(command, "register ") ? ADD_USER : begins(command, "retire ") ? DEL_USER : USER_MGMT;
}

unsigned aa_linux_audit_text(const json_t *record, const char *program, char ret[AA_LINUX_AUDIT_MAX])
{
	static const char *const members[][2] = {
	    {"agent", "acct"},	  {"session", "session"}, {"on_behalf_of", "on_behalf_of"},
	    {"reason", "reason"}, {"issuer", "issuer"},	  {"kid", "kid"},
	    {"jti", "jti"},	  {"by", "by"},		  {"request", "request"},
	    {"runas", "runas"},	  {"command", "cmd"},	  {"status", "status"},
	    {"count", "count"},	  {"seq", "seq"}};
	struct text t = {.data = ret};
	unsigned type = type_of(record);
	const char *rhost = text_of(record, "rhost"), *tty = text_of(record, "tty");

	put(&t, "op=agentauth:%s", is_plain(text_of(record, "event")) ? text_of(record, "event") : "?");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		put_member(&t, record, members[i][0], members[i][1]);
	put_member(&t, record, "roles", type == GRP_MGMT ? "grp" : "role");
	put_value(&t, "exe", program);
	put(&t, " hostname=? addr=%s terminal=%s res=%s", aa_address_is_numeric(rhost) ? rhost : "?",
	    *tty && is_plain(tty) ? tty : "?",
	    strcmp(text_of(record, "result"), "ok") == 0 ? "success" : "failed");
	return type;
}

/* ---- the kernel ---------------------------------------------------------- */

/* The kernel answers before sendto() returns. */
static bool was_taken(int fd)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr answer;
	} reply;
	ssize_t n = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT);

	return n >= (ssize_t)sizeof(reply) && reply.header.nlmsg_type == NLMSG_ERROR &&
	       reply.answer.error == 0;
}

static bool send_text(unsigned type, const char *text)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr header;
		char text[AA_LINUX_AUDIT_MAX];
	} message = {.header = {.nlmsg_type = (uint16_t)type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
				.nlmsg_seq = 1}};
	size_t len = strlen(text) + 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	bool taken;

	if (fd < 0)
		return false;
	memcpy(message.text, text, len);
	message.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
	taken = sendto(fd, &message, NLMSG_SPACE(len), MSG_NOSIGNAL, (const struct sockaddr *)&kernel,
		       sizeof(kernel)) >= 0 &&
		was_taken(fd);
	close(fd);
	return taken;
}

bool aa_linux_audit_send(const json_t *record)
{
	char program[PATH_MAX], text[AA_LINUX_AUDIT_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int saved = errno;
	bool taken;

	program[n > 0 ? n : 0] = '\0';
	taken = send_text(aa_linux_audit_text(record, n > 0 ? program : "?", text), text);
	errno = saved;
	return taken;
}
