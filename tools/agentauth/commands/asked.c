/* SPDX-License-Identifier: Apache-2.0 */
/* asked.c: keeps the note as a byte in memory, which askpass reaches as a descriptor of the agentauth ssh above it. */
#include "config.h"

#include "tools/agentauth/commands/asked.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define VARIABLE "AGENTAUTH_ASKED"

int asked_begin(void)
{
	int fd = memfd_create("asked", MFD_CLOEXEC);
	char byte = ASKED_NOTHING, text[48];

	if (fd < 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%d %d", (int)getpid(), fd);
	if (pwrite(fd, &byte, 1, 0) == 1 && setenv(VARIABLE, text, 1) == 0)
		return fd;
	close(fd);
	return -1;
}

enum asked asked_read(int fd)
{
	char byte;

	if (fd < 0 || pread(fd, &byte, 1, 0) != 1)
		return ASKED_UNKNOWN;
	return (enum asked)byte;
}

void asked_note(enum asked what)
{
	const char *text = getenv(VARIABLE);
	char path[64], byte = (char)what;
	int pid, number, fd;

	/* The variable can name only a descriptor of a process, and no other file to be written into. */
	if (!text || sscanf(text, "%9d %9d", &pid, &number) != 2 || pid < 1 || number < 0)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	/* A note has one byte, which is written over; any other file stays as it is. */
	if (lseek(fd, 0, SEEK_END) == 1)
		(void)!pwrite(fd, &byte, 1, 0);
	close(fd);
}
