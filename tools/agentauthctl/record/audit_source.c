/* SPDX-License-Identifier: Apache-2.0 */
/* audit_source.c: learns of programs from the kernel's audit, see exec_source.h. A running auditd is not disturbed: records
 * are read as they are told to everybody with the right to read them, the group AUDIT_NLGRP_READLOG. */
#include "config.h"

#include "tools/agentauthctl/record/exec_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "tools/agentauthctl/record/audit_rules.h"
#include "tools/agentauthctl/record/kernel_audit.h"

#define MESSAGES 64			/* that one call reads */
#define MESSAGE_MAX 9216		/* bytes of one */
#define SOCKET_BYTES (64 * 1024 * 1024) /* some seconds of 5,000 programs a second */

struct audit_source {
	int fd, commands;
	struct exec_range range;
	char *marker;
	struct kernel_audit *text;
	uint32_t kernel_lost; /* as the kernel counted last */
	struct mmsghdr headers[MESSAGES];
	struct iovec parts[MESSAGES];
	char bytes[MESSAGES][MESSAGE_MAX];
};

static int join(void)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
					    .nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1)};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT),
	    size = SOCKET_BYTES;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static void take_message(struct audit_source *s, const char *bytes, size_t len)
{
	struct nlmsghdr header;

	if (len < NLMSG_HDRLEN)
		return;
	memcpy(&header, bytes, sizeof(header));
	/* The kernel writes the length without the header into it, other kernels with it. */
	if (header.nlmsg_type >= AUDIT_FIRST_USER_MSG)
		kernel_audit_record(s->text, header.nlmsg_type, bytes + NLMSG_HDRLEN, len - NLMSG_HDRLEN);
}

/* A socket that overflowed answers ENOBUFS once; what it lost shows in the numbers that never come. */
static int read_some(struct audit_source *s)
{
	int n = recvmmsg(s->fd, s->headers, MESSAGES, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++)
		take_message(s, s->bytes[i], s->headers[i].msg_len);
	return n < 0 && errno == ENOBUFS ? 1 : n;
}

static int read_all(void *self, bool idle)
{
	struct audit_source *s = self;
	int rounds = 0;

	while (read_some(s) > 0 && ++rounds < 64)
		;
	if (idle && rounds == 0)
		kernel_audit_flush(s->text);
	return rounds == 64 ? 0 : -1;
}

/* The kernel counts the records that it has lost itself, which have no number. */
static struct exec_loss lost(void *self)
{
	struct audit_source *s = self;
	struct exec_loss loss = {.known = kernel_audit_lost(s->text)};
	struct audit_status status;

	if (audit_rules_status(s->commands, &status) == 0) {
		loss.known += (uint32_t)(status.lost - s->kernel_lost);
		s->kernel_lost = status.lost;
	}
	return loss;
}

static void close_source(void *self)
{
	struct audit_source *s = self;

	if (s->fd >= 0)
		close(s->fd);
	if (s->commands >= 0)
		close(s->commands);
	kernel_audit_free(s->text);
	free(s->marker);
	free(s);
}

static void end_source(void *self)
{
	struct audit_source *s = self;

	(void)audit_rules_take(s->commands, &s->range, s->marker);
	close_source(s);
}

static struct audit_source *new_source(const struct exec_range *range, const char *marker, exec_take_fn *take,
				       void *data)
{
	struct audit_source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = s->commands = -1;
	s->range = *range;
	s->marker = strdup(marker);
	s->text = kernel_audit_new(take, data);
	for (size_t i = 0; i < MESSAGES; i++) {
		s->parts[i] = (struct iovec){s->bytes[i], MESSAGE_MAX};
		s->headers[i].msg_hdr = (struct msghdr){.msg_iov = &s->parts[i], .msg_iovlen = 1};
	}
	if (s->marker && s->text)
		return s;
	close_source(s);
	return NULL;
}

int audit_source_open(const struct exec_range *range, const char *marker, exec_take_fn *take, void *data,
		      struct exec_source *ret)
{
	struct audit_source *s = new_source(range, marker, take, data);
	struct audit_status status;
	int err;

	if (!s)
		return -ENOMEM;
	err = s->commands = audit_rules_socket();
	if (err >= 0)
		err = s->fd = join(); /* before the rules, so that nothing is missed */
	if (err >= 0)
		err = audit_rules_put(s->commands, range, marker);
	if (err == 0)
		err = audit_rules_status(s->commands, &status);
	if (err < 0) {
		close_source(s);
		return err;
	}
	s->kernel_lost = status.lost;
	*ret = (struct exec_source){
	    .name = "audit", .self = s, .fd = s->fd, .read = read_all, .lost = lost, .close = end_source};
	return 0;
}

int audit_source_clean(const struct exec_range *range, const char *marker)
{
	int fd = audit_rules_socket(), err = fd;

	if (fd >= 0) {
		err = audit_rules_take(fd, range, marker);
		close(fd);
	}
	return err;
}
