/* SPDX-License-Identifier: Apache-2.0 */
/* authorized_keys.c: sshd's AuthorizedKeysCommand: prints the line for the key that was offered, if it is the
 * agent's. */
#include <config.h>

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "tools/host/sshd_login.h"
#include "tools/libexec/key_line.h"

static int usage(const char *why)
{
	fprintf(stderr,
		"authorized-keys: %s\n"
		"usage: authorized-keys USER TYPE BLOB\n"
		"sshd calls it: AuthorizedKeysCommand " AA_LIBEXECDIR "/authorized-keys %%u %%t %%k\n",
		why);
	return 2;
}

static const char *sentence(int err)
{
	switch (err) {
	case EBADMSG:
		return "it is damaged";
	case EPERM:
		return "root does not own it, or others may write to it";
	default:
		return strerror(err);
	}
}

static int fail(int err)
{
	fprintf(stderr,
		"authorized-keys: the registry below %s cannot be read: %s. No key is admitted. "
		"'agentauthctl doctor' says what is wrong; 'agentauthctl apply' publishes it anew.\n",
		AA_STATEDIR, sentence(err));
	return 1;
}

/* Where PAM does not ask the module, sshd itself would let a key in, and a suspended agent's key would be good. */
static bool login_is_decided(void)
{
	static const char *const stacks[] = {AA_SYSCONFDIR "/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d",
					     NULL};
	struct aa_sshd_process_told told;
	struct aa_sshd_paths paths = {AA_SYSCONFDIR "/ssh/sshd_config", NULL, {stacks, AA_PAMDIR}};
	char why[PATH_MAX + 128];

	if (aa_sshd_process_told_ancestor(&told))
		paths.told = &told;
	if (aa_sshd_login_is_decided(&paths, why, sizeof(why)))
		return true;
	syslog(LOG_AUTHPRIV | LOG_WARNING,
	       "agentauth: no agent's key is admitted, since a login by key would not be decided by PAM: %s. "
	       "'agentauthctl doctor' says what to do.",
	       why);
	return false;
}

/* Says whether the user that sshd is about to let in has this uid. A person of the name, whom another source of names
 * knows, is not let in by an agent's key. */
static bool is_logged_in_as(const char *user, uint32_t uid)
{
	const struct passwd *pw = getpwnam(user);

	return pw && pw->pw_uid == uid;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	uint32_t uid = 0;
	int r;

	if (argc != 4)
		return usage("three arguments are needed");
	if (!aa_key_line_type_is_valid(argv[2]))
		return usage("TYPE is not the type of a key, such as ssh-ed25519");
	if (!aa_key_line_blob_is_valid(argv[3]))
		return usage("BLOB is not a key in base64");
	r = aa_key_line(AA_STATEDIR, 0, "/etc/passwd", argv[1], argv[2], argv[3], (int64_t)time(NULL), &uid,
			&line);
	if (r == 0 && !is_logged_in_as(argv[1], uid)) {
		free(line);
		r = -ENOENT;
	}
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fail(-r);
	if (!login_is_decided()) {
		free(line);
		return 0;
	}
	r = fputs(line, stdout) == EOF || fflush(stdout) != 0;
	free(line);
	if (r != 0) {
		fprintf(stderr, "authorized-keys: sshd does not read what is written to it: %s\n",
			strerror(errno));
		return 1;
	}
	return 0;
}
