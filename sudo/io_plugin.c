/* SPDX-License-Identifier: Apache-2.0 */
/* io_plugin.c: the glue to sudo's plugin API, sudo_plugin(5), of what records terminals. Its open() answers 0 for everybody
 * who is not to be recorded; sudo then forgets the plugin, and makes no pseudoterminal and no pipes for it. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sudo_plugin.h>

#include "common/state/told.h"
#include "common/text/number.h"
#include "sudo/described.h"
#include "sudo/io_plugin.h"
#include "sudo/record.h"

#define PAGE 4096

static sudo_printf_t print;
static struct aa_record *record;

const char *agentauth_io_recording(void)
{
	return record ? aa_record_name(record) : NULL;
}

static void say(void *data, const char *text)
{
	(void)data;
	(void)print(SUDO_CONV_ERROR_MSG, "%s", text);
}

static unsigned size_of(char *const user_info[], const char *name)
{
	const char *text = aa_described_value(user_info, name);
	int64_t n;

	return text && aa_number_parse(text, 1, 10000, &n) ? (unsigned)n : 0;
}

static int open_plugin(unsigned int version, sudo_conv_t conversation, sudo_printf_t plugin_printf,
		       char *const settings[], char *const user_info[], char *const command_info[], int argc,
		       char *const argv[], char *const envp[], char *const options[], const char **errstr)
{
	struct aa_sudo sudo;
	enum aa_record_answer answer;

	(void)conversation;
	(void)settings;
	(void)argc;
	(void)envp;
	(void)options;
	print = plugin_printf;
	/* sudo -V has no command. Where sudo says too little, the approval plugin has refused. */
	if (SUDO_API_VERSION_GET_MAJOR(version) != SUDO_API_VERSION_MAJOR || !command_info ||
	    !aa_described_caller(&sudo, user_info))
		return 0;
	(void)aa_described_command(&sudo, command_info, argv);
	sudo.say = say;
	answer = aa_record_begin(&sudo, size_of(user_info, "cols"), size_of(user_info, "lines"), &record);
	*errstr = "agentauth: what this command shows cannot be recorded";
	return answer == AA_RECORD_BEGUN ? 1 : answer == AA_RECORD_NONE ? 0 : -1;
}

static void close_plugin(int exit_status, int error)
{
	(void)exit_status;
	(void)error;
	aa_record_end(record);
	record = NULL;
}

static int show_version(int verbose)
{
	(void)verbose;
	return aa_described_version(print, AA_TOLD_IO);
}

/* ---- what is shown ---------------------------------------------------------------------------------- */

static int output(enum aa_cast_stream stream, const char *buf, unsigned int len, const char **errstr)
{
	(void)errstr;
	if (record)
		aa_record_output(record, stream, buf, len);
	return 1;
}

static int log_ttyout(const char *buf, unsigned int len, const char **errstr)
{
	return output(AA_CAST_TTY, buf, len, errstr);
}

/* Says how many bytes of the descriptor's buffer are free; INT_MAX: it has none that fills up. */
static int room_of(int fd)
{
	int used = 0, size = 0;
	socklen_t n = sizeof(size);

	if (ioctl(fd, FIONREAD, &used) == 0 && (size = fcntl(fd, F_GETPIPE_SZ)) > 0)
		return used ? size - used : INT_MAX;
	if (ioctl(fd, TIOCOUTQ, &used) == 0 && getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &n) == 0)
		return used ? (size - used) / 2 : INT_MAX;
	return INT_MAX;
}

static bool is_read(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLOUT};

	return poll(&at, 1, 0) < 0 || !(at.revents & (POLLERR | POLLHUP | POLLNVAL));
}

/* Waits until the reader has left room for this piece and the one before it, which sudo may hold still. When a command
 * without a terminal ends, sudo drops what it cannot write at once (1.9.13 to 1.9.16), so that a slow reader would miss the
 * end of the output. */
static void wait_for_room(int fd, unsigned int len)
{
	static unsigned int before[3];
	struct timespec step = {0, 50000};

	while (room_of(fd) < (int)(before[fd] + len) + 2 * PAGE && is_read(fd)) {
		(void)nanosleep(&step, NULL);
		if (step.tv_nsec < 2000000)
			step.tv_nsec *= 2;
	}
	before[fd] = len;
}

static int log_stdout(const char *buf, unsigned int len, const char **errstr)
{
	wait_for_room(STDOUT_FILENO, len);
	return output(AA_CAST_STDOUT, buf, len, errstr);
}

static int log_stderr(const char *buf, unsigned int len, const char **errstr)
{
	wait_for_room(STDERR_FILENO, len);
	return output(AA_CAST_STDERR, buf, len, errstr);
}

static int change_winsize(unsigned int lines, unsigned int columns, const char **errstr)
{
	char text[32];

	(void)errstr;
	(void)snprintf(text, sizeof(text), "%ux%u", columns, lines);
	if (record && lines && columns)
		aa_record_event(record, 'r', text);
	return 1;
}

static int log_suspend(int signo, const char **errstr)
{
	(void)errstr;
	if (record)
		aa_record_event(record, 'm', signo == SIGCONT ? "continued" : "suspended");
	return 1;
}

/* Input is not logged, since passwords are typed. */
extern struct io_plugin agentauth_io;
struct io_plugin agentauth_io = {
    .type = SUDO_IO_PLUGIN,
    .version = SUDO_API_VERSION,
    .open = open_plugin,
    .close = close_plugin,
    .show_version = show_version,
    .log_ttyout = log_ttyout,
    .log_stdout = log_stdout,
    .log_stderr = log_stderr,
    .change_winsize = change_winsize,
    .log_suspend = log_suspend,
};
