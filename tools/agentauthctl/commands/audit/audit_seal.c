/* SPDX-License-Identifier: Apache-2.0 */
/* audit_seal.c: signs the head of the audit log. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/key_any.h"
#include "common/jose/key_pem.h"
#include "tools/agentauthctl/audit/seals.h"
#include "tools/agentauthctl/commands/audit/audit.h"

#define KEY_MAX 65536

/* ---- the key ------------------------------------------------------------- */

static bool write_key(struct ctl *ctl, int dirfd, const struct aa_private_key *key)
{
	const struct aa_replace secret = {.mode = 0600, .only_new = true, .synced = true},
				open = {.mode = 0644, .synced = true};
	char *private = NULL, *public = NULL;
	size_t private_len = 0;
	int r = -ENOMEM;

	if (aa_private_key_to_pem(key, &private, &private_len) == AA_JOSE_OK &&
	    aa_key_to_pem(aa_private_key_public(key), &public) == AA_JOSE_OK) {
		r = aa_replace(dirfd, SEAL_PUB, public, strlen(public), &open);
		if (r == 0)
			r = aa_replace(dirfd, SEAL_KEY, private, private_len, &secret);
	}
	if (r < 0)
		ctl_error(ctl, "the seals' key cannot be written to %s: %s", ctl->paths.statedir,
			  strerror(-r));
	if (private)
		explicit_bzero(private, private_len);
	free(private);
	free(public);
	return r == 0;
}

static struct aa_private_key *make_key(struct ctl *ctl, int dirfd)
{
	struct aa_private_key *key = NULL;

	if (aa_private_key_generate(AA_ALG_EDDSA, 0, &key) != AA_JOSE_OK) {
		ctl_error(ctl, "a key for seals cannot be made; OpenSSL refuses Ed25519");
		return NULL;
	}
	if (write_key(ctl, dirfd, key)) {
		ctl_warning(ctl,
			    "a key for seals was made; keep %s/" SEAL_PUB
			    " on another host, with the seals, so "
			    "that whoever rules this one cannot put another in its place",
			    ctl->paths.statedir);
		return key;
	}
	aa_private_key_free(key);
	return NULL;
}

static struct aa_private_key *own_key(struct ctl *ctl)
{
	struct aa_private_key *key = NULL;
	char *text = NULL;
	size_t len;
	int dirfd, r = aa_trusted_open_folder(AT_FDCWD, ctl->paths.statedir, 0, ctl->paths.owner, &dirfd);

	if (r < 0) {
		ctl_error(ctl, "%s cannot be opened: %s", ctl->paths.statedir, strerror(-r));
		return NULL;
	}
	r = aa_trusted_read(dirfd, SEAL_KEY, ctl->paths.owner, KEY_MAX, &text, &len);
	if (r == 0 && aa_private_key_from_any(text, len, NULL, &key) != AA_JOSE_OK)
		ctl_error(ctl, "%s/" SEAL_KEY " is no private key without a passphrase", ctl->paths.statedir);
	else if (r == -ENOENT)
		key = make_key(ctl, dirfd);
	else if (r < 0)
		ctl_error(ctl, "%s/" SEAL_KEY " cannot be read: %s", ctl->paths.statedir,
			  r == -EPERM ? "others could have written it" : strerror(-r));
	if (text)
		explicit_bzero(text, len);
	free(text);
	close(dirfd);
	return key;
}

/* ---- the seal ------------------------------------------------------------ */

static enum ctl_status read_head(struct ctl *ctl, int dirfd, struct aa_audit_link *ret)
{
	int r = aa_audit_read_head(dirfd, ctl->paths.owner, ret);

	if (r == -ENOENT)
		return ctl_fail(
		    ctl, "there is nothing to seal: %s has no audit.head, which is written with each line",
		    ctl->logdir);
	if (r < 0)
		return ctl_fail(ctl, "%s/audit.head cannot be read: %s", ctl->logdir, strerror(-r));
	return CTL_DONE;
}

static enum ctl_status append(struct ctl *ctl, int dirfd, const char *seal)
{
	int fd = aa_trusted_open_own(dirfd, SEALS_NAME, O_WRONLY | O_APPEND | O_CREAT, 022, ctl->paths.owner);
	char *line = xasprintf("%s\n", seal);
	size_t len = strlen(line);
	bool done = fd >= 0 && write(fd, line, len) == (ssize_t)len && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(line);
	if (!done)
		return ctl_fail(ctl, "the seal cannot be written to %s/" SEALS_NAME ": %s", ctl->logdir,
				fd < 0 ? strerror(-fd) : strerror(errno));
	return CTL_DONE;
}

static enum ctl_status seal_head(struct ctl *ctl, int dirfd)
{
	struct aa_private_key *key = NULL;
	struct aa_audit_link at;
	enum ctl_status status = read_head(ctl, dirfd, &at);
	char *seal = NULL;

	if (status != CTL_DONE)
		return status;
	ctl_learn_host(ctl);
	key = own_key(ctl);
	seal = key ? seal_make(key, ctl->host, &at, ctl->now) : NULL;
	aa_private_key_free(key);
	if (!seal)
		return CTL_FAILED;
	status = append(ctl, dirfd, seal);
	if (status == CTL_DONE && !ctl->json)
		puts(seal);
	ctl_answer(ctl, "seal", status == CTL_DONE ? json_string(seal) : NULL);
	ctl_answer(ctl, "seq", json_integer((json_int_t)at.seq));
	free(seal);
	return status;
}

static int run_seal(struct ctl *ctl, const struct arguments *arguments)
{
	enum ctl_status status;
	int dirfd, r;

	(void)arguments;
	if (!ctl->logdir)
		return ctl_usage(ctl,
				 "with --statedir the log is no longer this host's: say which by --logdir");
	r = aa_trusted_open_folder(AT_FDCWD, ctl->logdir, O_NOFOLLOW, ctl->paths.owner, &dirfd);
	if (r < 0)
		return ctl_fail(ctl, "%s cannot be opened: %s", ctl->logdir, strerror(-r));
	status = seal_head(ctl, dirfd);
	close(dirfd);
	return status;
}

const struct command audit_seal = {
    .name = "seal",
    .words = "",
    .summary = "sign the last line of the log, and print the seal",
    .about = "A seal says that the log had a line of this number and this hash. It is added to " SEALS_NAME
	     " beside the "
	     "log; kept on another host as well, with the public half of the key, it proves later that "
	     "nobody wrote the "
	     "log anew: agentauthctl audit verify --seals FILE --key FILE.\n\n"
	     "The key is made with the first seal: " SEAL_KEY " in the folder of the registry, and " SEAL_PUB
	     ", its public half.",
    .run = run_seal,
};
