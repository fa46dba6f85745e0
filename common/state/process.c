/* SPDX-License-Identifier: Apache-2.0 */
/* process.c: reads /proc for the identity of a process. */
#include "config.h"

#include "common/state/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/file/proc.h"

int aa_process_read(pid_t pid, struct aa_process *ret)
{
	struct aa_proc_stat stat;
	int err = aa_proc_stat(AT_FDCWD, pid, &stat);

	if (err == 0)
		*ret = (struct aa_process){pid, stat.ppid, stat.start};
	return err;
}

bool aa_process_same(const struct aa_process *a, const struct aa_process *b)
{
	return a->pid > 0 && a->pid == b->pid && a->start == b->start;
}

/* 1, 0, or a negative errno. */
static int is_alive(const struct aa_process *process)
{
	struct aa_proc_stat now;
	int err = process->pid > 0 ? aa_proc_stat(AT_FDCWD, process->pid, &now) : -ESRCH;

	return err < 0 ? err : now.start == process->start && !now.dead;
}

bool aa_process_alive(const struct aa_process *process)
{
	return is_alive(process) > 0;
}

bool aa_process_may_live(const struct aa_process *process)
{
	int alive = is_alive(process);

	return alive > 0 || aa_proc_is_unseen(alive);
}

int aa_boot_id(char ret[AA_BOOT_ID_SIZE])
{
	char text[64];
	ssize_t n = aa_proc_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text, sizeof(text));

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

uint32_t aa_audit_session_id(void)
{
	return aa_proc_u32(AT_FDCWD, "/proc/self/sessionid");
}

uint32_t aa_login_uid(void)
{
	return aa_proc_u32(AT_FDCWD, "/proc/self/loginuid");
}
