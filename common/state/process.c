/* SPDX-License-Identifier: Apache-2.0 */
/* process.c: what /proc says. */
#include "config.h"

#include "common/state/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ssize_t read_file(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, cap - 1);
	if (n < 0)
		n = -errno;
	else
		buf[n] = '\0';
	close(fd);
	return n;
}

/* Fields 3, 4 and 22 of /proc/PID/stat, proc(5). Field 2, the command in brackets, may hold anything but its end is the
 * last bracket. */
static int read_stat(pid_t pid, struct aa_process *ret, char *ret_state)
{
	char path[32], text[1024], *at;
	int ppid;
	uint64_t start;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	at = strrchr(text, ')');
	if (!at ||
	    sscanf(at + 1,
		   " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
		   ret_state, &ppid, &start) != 3)
		return -EBADMSG;
	*ret = (struct aa_process){pid, ppid, start};
	return 0;
}

int aa_process_read(pid_t pid, struct aa_process *ret)
{
	char state;

	return read_stat(pid, ret, &state);
}

bool aa_process_same(const struct aa_process *a, const struct aa_process *b)
{
	return a->pid > 0 && a->pid == b->pid && a->start == b->start;
}

bool aa_process_alive(const struct aa_process *process)
{
	struct aa_process now;
	char state;

	return process->pid > 0 && read_stat(process->pid, &now, &state) == 0 &&
	       now.start == process->start && state != 'Z' && state != 'X';
}

int aa_boot_id(char ret[AA_BOOT_ID_SIZE])
{
	char text[64];
	ssize_t n = read_file("/proc/sys/kernel/random/boot_id", text, sizeof(text));

	if (n < 0)
		return (int)n;
	if (n < AA_BOOT_ID_SIZE - 1)
		return -EBADMSG;
	memcpy(ret, text, AA_BOOT_ID_SIZE - 1);
	ret[AA_BOOT_ID_SIZE - 1] = '\0';
	return 0;
}

int aa_boot_time(int64_t *ret)
{
	struct timespec real, boot;
	struct aa_process init;
	int64_t since_boot, init_start = 0;
	long hz = sysconf(_SC_CLK_TCK);

	if (clock_gettime(CLOCK_REALTIME, &real) < 0 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0 || hz <= 0)
		return -EIO;
	since_boot = boot.tv_sec + 1; /* rounded so that the answer is never later than the truth */
	if (aa_process_read(1, &init) == 0)
		init_start = (int64_t)(init.start / (uint64_t)hz);
	*ret = real.tv_sec - since_boot + init_start;
	return 0;
}

static uint32_t read_u32(const char *path)
{
	char text[32], *end;
	unsigned long value;

	if (read_file(path, text, sizeof(text)) <= 0)
		return UINT32_MAX;
	errno = 0;
	value = strtoul(text, &end, 10);
	return errno || end == text || value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

uint32_t aa_audit_session_id(void)
{
	return read_u32("/proc/self/sessionid");
}

uint32_t aa_login_uid(void)
{
	return read_u32("/proc/self/loginuid");
}
