/* SPDX-License-Identifier: Apache-2.0 */
/* audit_rules.c: the rules by which the kernel's audit tells of agents' programs, see audit_rules.h. */
#include "config.h"

#include "tools/agentauthctl/record/audit_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/elf-em.h>
#include <linux/netlink.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"

#define KEY "agentauth-exec"
#define BACKLOG 8192	 /* records that the kernel keeps for its own thread */
#define MESSAGE_MAX 8970 /* bytes of the longest message */

/* ---- netlink ---------------------------------------------------------------------- */

int audit_rules_socket(void)
{
	struct timeval second = {.tv_sec = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return fd;
}

struct message {
	struct nlmsghdr header;
	char data[MESSAGE_MAX];
};

static int send_message(int fd, int type, const void *data, size_t len)
{
	static unsigned number;
	struct message m = {.header = {.nlmsg_len = (unsigned)NLMSG_LENGTH(len),
				       .nlmsg_type = (unsigned short)type,
				       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
				       .nlmsg_seq = ++number}};

	if (len)
		memcpy(m.data, data, len);
	return send(fd, &m, m.header.nlmsg_len, 0) < 0 ? -errno : (int)m.header.nlmsg_seq;
}

/* Reads answers up to the acknowledgement. Each message that is none goes to `ret` (the last of them), or is counted. */
static int await(int fd, int number, void *ret, size_t size, unsigned *ret_count)
{
	union {
		struct nlmsghdr header;
		char bytes[sizeof(struct message)];
	} m;
	bool acknowledged = false;

	for (;;) {
		ssize_t n = recv(fd, &m, sizeof(m), 0);

		if (n < 0)
			return acknowledged ? 0 : -errno;
		if ((size_t)n < NLMSG_HDRLEN || m.header.nlmsg_seq != (unsigned)number)
			continue;
		if (m.header.nlmsg_type == NLMSG_ERROR) {
			int err = ((struct nlmsgerr *)NLMSG_DATA(&m.header))->error;

			acknowledged = true;
			if (err || (!ret && !ret_count))
				return err;
		} else if (m.header.nlmsg_type == NLMSG_DONE) {
			return 0;
		} else if (ret) {
			size_t len = (size_t)n - NLMSG_HDRLEN;

			memcpy(ret, NLMSG_DATA(&m.header), len < size ? len : size);
			return 0;
		} else {
			++*ret_count;
		}
	}
}

static int command(int fd, int type, const void *data, size_t len)
{
	int number = send_message(fd, type, data, len);

	return number < 0 ? number : await(fd, number, NULL, 0, NULL);
}

int audit_rules_status(int fd, struct audit_status *ret)
{
	int number = send_message(fd, AUDIT_GET, NULL, 0);

	memset(ret, 0, sizeof(*ret));
	return number < 0 ? number : await(fd, number, ret, sizeof(*ret), NULL);
}

static int count_rules(int fd, unsigned *ret)
{
	int number = send_message(fd, AUDIT_LIST_RULES, NULL, 0);

	*ret = 0;
	return number < 0 ? number : await(fd, number, NULL, 0, ret);
}

/* ---- rules ------------------------------------------------------------------------------ */

/* The key stands behind the data, without its zero. */
union rule {
	struct audit_rule_data data;
	char room[sizeof(struct audit_rule_data) + sizeof(KEY) - 1];
};

static void add_field(union rule *r, unsigned field, unsigned comparison, uint32_t value)
{
	unsigned n = r->data.field_count++;

	r->data.fields[n] = field;
	r->data.fieldflags[n] = comparison;
	r->data.values[n] = value;
}

static void add_syscall(union rule *r, unsigned number)
{
	r->data.mask[AUDIT_WORD(number)] |= AUDIT_BIT(number);
}

struct numbers {
	uint32_t arch;
	unsigned execve, execveat;
};

/* The numbers of both calls, as this kernel has them for its own programs and for those of 32 bits. */
static const struct numbers numbers[] = {
#if defined(__x86_64__)
    {AUDIT_ARCH_X86_64, SYS_execve, SYS_execveat},
    {AUDIT_ARCH_I386, 11, 358},
#elif defined(__aarch64__)
    {AUDIT_ARCH_AARCH64, SYS_execve, SYS_execveat},
    {AUDIT_ARCH_ARM, 11, 387},
#elif defined(__i386__)
    {AUDIT_ARCH_I386, SYS_execve, SYS_execveat},
#elif defined(__arm__)
    {AUDIT_ARCH_ARM, SYS_execve, SYS_execveat},
#elif defined(__riscv) && __riscv_xlen == 64
    {AUDIT_ARCH_RISCV64, SYS_execve, SYS_execveat},
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    {AUDIT_ARCH_PPC64LE, SYS_execve, SYS_execveat},
#elif defined(__s390x__)
    {AUDIT_ARCH_S390X, SYS_execve, SYS_execveat},
#endif
    {0, 0, 0}};

/* Makes the rule that tells of programs whose login uid, or uid, is in the range. */
static void make_exec_rule(const struct numbers *n, unsigned field, const struct exec_range *range,
			   union rule *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->data.flags = AUDIT_FILTER_EXIT;
	ret->data.action = AUDIT_ALWAYS;
	add_syscall(ret, n->execve);
	add_syscall(ret, n->execveat);
	add_field(ret, AUDIT_ARCH, AUDIT_EQUAL, n->arch);
	add_field(ret, field, AUDIT_GREATER_THAN_OR_EQUAL, range->least);
	add_field(ret, field, AUDIT_LESS_THAN_OR_EQUAL, range->most);
	add_field(ret, AUDIT_SUCCESS, AUDIT_EQUAL, 1);
	add_field(ret, AUDIT_FILTERKEY, AUDIT_EQUAL, sizeof(KEY) - 1);
	ret->data.buflen = sizeof(KEY) - 1;
	memcpy(ret->data.buf, KEY, sizeof(KEY) - 1);
}

/* Makes the rule by which processes that are no agent's, by login uid and uid, are left out as they are forked. They then
 * run as on a host without audit: without it each of their system calls would cost. */
static void make_task_rule(bool login_above, bool uid_above, const struct exec_range *range, union rule *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->data.flags = AUDIT_FILTER_TASK;
	ret->data.action = AUDIT_NEVER;
	memset(ret->data.mask, 0xff, sizeof(ret->data.mask));
	add_field(ret, AUDIT_LOGINUID, login_above ? AUDIT_GREATER_THAN : AUDIT_LESS_THAN,
		  login_above ? range->most : range->least);
	add_field(ret, AUDIT_UID, uid_above ? AUDIT_GREATER_THAN : AUDIT_LESS_THAN,
		  uid_above ? range->most : range->least);
}

static int change(int fd, int type, const union rule *r)
{
	int err = command(fd, type, r, sizeof(r->data) + r->data.buflen);

	return err == -EEXIST || err == -ENOENT ? 0 : err;
}

static int change_exec_rules(int fd, int type, const struct exec_range *range)
{
	static const unsigned fields[] = {AUDIT_LOGINUID, AUDIT_UID};
	int err = numbers[0].arch ? 0 : -EOPNOTSUPP;
	union rule r;

	for (size_t i = 0; numbers[i].arch && err == 0; i++)
		for (size_t j = 0; j < 2 && err == 0; j++) {
			make_exec_rule(&numbers[i], fields[j], range, &r);
			err = change(fd, type, &r);
		}
	return err;
}

static int change_task_rules(int fd, int type, const struct exec_range *range)
{
	union rule r;
	int err = 0;

	for (unsigned i = 0; i < 4 && err == 0; i++) {
		make_task_rule(i & 1, i & 2, range, &r);
		err = change(fd, type, &r);
	}
	return err;
}

/* ---- what the host had before --------------------------------------------------------------- */

static int write_marker(const char *marker, const struct audit_status *before)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%u %u\n", before->enabled, before->backlog_limit);
	return aa_replace(AT_FDCWD, marker, text, strlen(text), &(struct aa_replace){0});
}

static bool read_marker(const char *marker, struct audit_status *ret)
{
	char *text = NULL;
	size_t len;
	bool ok = aa_trusted_read(AT_FDCWD, marker, geteuid(), 64, &text, &len) == 0 &&
		  sscanf(text, "%9u %9u", &ret->enabled, &ret->backlog_limit) == 2;

	free(text);
	return ok;
}

static int set_status(int fd, unsigned enabled, unsigned backlog)
{
	const struct audit_status s = {.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_BACKLOG_LIMIT,
				       .enabled = enabled,
				       .backlog_limit = backlog};

	return command(fd, AUDIT_SET, &s, sizeof(s));
}

int audit_rules_put(int fd, const struct exec_range *range, const char *marker)
{
	struct audit_status before;
	unsigned others = 0;
	int err = audit_rules_take(fd, range, marker);

	if (err == 0)
		err = audit_rules_status(fd, &before);
	if (err == 0)
		err = count_rules(fd, &others);
	if (err == 0)
		err = write_marker(marker, &before);
	if (err == 0)
		err = change_exec_rules(fd, AUDIT_ADD_RULE, range);
	if (err == 0 && others == 0 && before.pid == 0)
		err = change_task_rules(fd, AUDIT_ADD_RULE, range);
	if (err == 0 && (!before.enabled || before.backlog_limit < BACKLOG))
		err = set_status(fd, 1, before.backlog_limit < BACKLOG ? BACKLOG : before.backlog_limit);
	if (err < 0)
		(void)audit_rules_take(fd, range, marker);
	return err;
}

int audit_rules_take(int fd, const struct exec_range *range, const char *marker)
{
	int err = change_exec_rules(fd, AUDIT_DEL_RULE, range),
	    tasks = change_task_rules(fd, AUDIT_DEL_RULE, range);
	struct audit_status before, now;

	if (err == 0)
		err = tasks;
	if (err < 0 || !read_marker(marker, &before) || audit_rules_status(fd, &now) < 0)
		return err;
	/* An auditd that came meanwhile keeps what it has set. */
	if (now.pid == 0)
		err = set_status(fd, before.enabled, before.backlog_limit);
	(void)unlink(marker);
	return err;
}
