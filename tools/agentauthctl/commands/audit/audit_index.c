/* SPDX-License-Identifier: Apache-2.0 */
/* audit_index.c: writes the index of the audit log, which can be thrown away at any time. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "tools/agentauthctl/audit/log_index.h"
#include "tools/agentauthctl/commands/audit/audit.h"

/* Makes the folder of the index, where the log's is there. */
static int make_folder(const struct ctl *ctl)
{
	int dirfd, r = aa_trusted_open_folder(AT_FDCWD, ctl->logdir, O_NOFOLLOW, ctl->paths.owner, &dirfd);

	if (r < 0)
		return r;
	if (mkdirat(dirfd, INDEX_FOLDER, 0700) < 0 && errno != EEXIST)
		r = -errno;
	close(dirfd);
	return r;
}

int audit_index_more(struct ctl *ctl, size_t most, struct progress *progress)
{
	struct problems problems = {0}; /* who asks the log is told */
	struct log_files files = {.index_fd = -1};
	int r = make_folder(ctl);

	if (r == 0) {
		(void)log_files_open(ctl->logdir, &log_decisions, ctl->paths.owner, &problems, true, &files);
		r = index_refresh(&files, most, progress);
	}
	log_files_close(&files);
	problems_free(&problems);
	return r;
}

static int run_index(struct ctl *ctl, const struct arguments *arguments)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = ctl->json};
	struct log_files files;
	enum ctl_status status = audit_open(ctl, &log_decisions, false, &files);
	int written;

	(void)arguments;
	log_files_close(&files);
	if (status != CTL_DONE)
		return status;
	written = audit_index_more(ctl, SIZE_MAX, &progress);
	if (written < 0)
		return ctl_fail(ctl, "the index cannot be written to %s/" INDEX_FOLDER ": %s", ctl->logdir,
				strerror(-written));
	if (!ctl->json && written)
		printf("%d %s of the index %s written.\n", written, written == 1 ? "part" : "parts",
		       written == 1 ? "was" : "were");
	else if (!ctl->json)
		puts("The index has all that it can have.");
	ctl_answer(ctl, "written", json_integer(written));
	return CTL_DONE;
}

const struct command audit_index = {
    .name = "index",
    .words = "",
    .summary = "write what is missing of the log's index",
    .about =
	"The index says in which parts of the log an agent, a session or a credential has records at all, so "
	"that the rest need not be read or unpacked. Show and tail look at it, verify does not; without it "
	"their answers are the same, and later. session reap writes it as the log grows. It is the folder "
	"index beside the log, which can be removed at any time.",
    .run = run_index,
};
