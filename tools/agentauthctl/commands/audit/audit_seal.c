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

/* Adds the public half to those of the keys before, where it is not among them. */
static int add_public(struct ctl *ctl, int dirfd, const char *pem)
{
	const struct aa_replace open = {.mode = 0644, .synced = true};
	char *before = NULL, *all;
	size_t len;
	int r = aa_trusted_read(dirfd, SEAL_PUB, ctl->paths.owner, KEY_MAX, &before, &len);

	if (r < 0 && r != -ENOENT)
		return r;
	r = 0;
	all = xasprintf("%s%s", before ? before : "", pem);
	if (!before || !strstr(before, pem))
		r = aa_replace(dirfd, SEAL_PUB, all, strlen(all), &open);
	free(before);
	free(all);
	return r;
}

/* The private half comes first: without it the public one would tell of a key that is gone. Where this command does not come to
 * the public one, the next seal does. */
static bool write_key(struct ctl *ctl, int dirfd, const struct aa_private_key *key, const char *public)
{
	const struct aa_replace secret = {.mode = 0600, .synced = true};
	char *private = NULL;
	size_t len = 0;
	int r = aa_private_key_to_pem(key, &private, &len) == AA_JOSE_OK
		    ? aa_replace(dirfd, SEAL_KEY, private, len, &secret)
		    : -ENOMEM;

	if (r == 0)
		r = add_public(ctl, dirfd, public);
	if (r < 0)
		ctl_error(ctl, "the seals' key cannot be written to %s: %s", ctl->paths.statedir,
			  strerror(-r));
	if (private)
		explicit_bzero(private, len);
	free(private);
	return r == 0;
}

static struct aa_private_key *generate(struct ctl *ctl, char **ret_public)
{
	struct aa_private_key *key = NULL;

	if (aa_private_key_generate(AA_ALG_EDDSA, 0, &key) == AA_JOSE_OK &&
	    aa_key_to_pem(aa_private_key_public(key), ret_public) == AA_JOSE_OK)
		return key;
	ctl_error(ctl, "a key for seals cannot be made; OpenSSL refuses Ed25519");
	aa_private_key_free(key);
	return NULL;
}

static void tell_new_key(struct ctl *ctl)
{
	ctl_warning(
	    ctl,
	    "a key for seals was made; keep %s/" SEAL_PUB
	    " on another host, with the seals, so that whoever rules this one cannot put another in its "
	    "place",
	    ctl->paths.statedir);
}

/* Reads the key. CTL_NONE: there is none. */
static enum ctl_status read_key(struct ctl *ctl, int dirfd, struct aa_private_key **ret)
{
	enum ctl_status status = CTL_DONE;
	char *text = NULL;
	size_t len;
	int r = aa_trusted_read(dirfd, SEAL_KEY, ctl->paths.owner, KEY_MAX, &text, &len);

	if (r == -ENOENT)
		return CTL_NONE;
	if (r < 0)
		return ctl_fail(ctl, "%s/" SEAL_KEY " cannot be read: %s", ctl->paths.statedir,
				r == -EPERM ? "others could have written it" : strerror(-r));
	if (aa_private_key_from_any(text, len, NULL, ret) != AA_JOSE_OK)
		status = ctl_fail(ctl, "%s/" SEAL_KEY " is no private key without a passphrase",
				  ctl->paths.statedir);
	explicit_bzero(text, len);
	free(text);
	return status;
}

/* A command that was killed may have written the private half alone. */
static enum ctl_status have_public(struct ctl *ctl, int dirfd, const struct aa_private_key *key)
{
	char *public = NULL;
	int r = aa_key_to_pem(aa_private_key_public(key), &public) == AA_JOSE_OK
		    ? add_public(ctl, dirfd, public)
		    : -ENOMEM;

	free(public);
	if (r == 0)
		return CTL_DONE;
	return ctl_fail(ctl, "the seals' key cannot be written to %s: %s", ctl->paths.statedir, strerror(-r));
}

/* A key that is gone is not made again unasked: the seals of the one before would look like a stranger's. */
static enum ctl_status no_key(struct ctl *ctl, int dirfd)
{
	if (faccessat(dirfd, SEAL_PUB, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return CTL_DONE;
	return ctl_fail(
	    ctl,
	    "the key of the seals is gone: %s has " SEAL_PUB " and no " SEAL_KEY
	    "; agentauthctl audit seal --new-key makes another, which nothing connects with the old one",
	    ctl->paths.statedir);
}

/* ---- the seal ------------------------------------------------------------ */

static enum ctl_status read_head(struct ctl *ctl, int dirfd, struct aa_audit_link *ret)
{
	int r = aa_audit_read_head(dirfd, log_decisions.head, ctl->paths.owner, ret);

	if (r == -ENOENT)
		return ctl_fail(
		    ctl, "there is nothing to seal: %s has no audit.head, which is written with each line",
		    ctl->logdir);
	if (r < 0)
		return ctl_fail(ctl, "%s/audit.head cannot be read: %s", ctl->logdir, strerror(-r));
	return CTL_DONE;
}

/* Half of a line would be a seal that cannot be believed, and the next one would go on in it. */
static int write_line(int fd, const char *line)
{
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t len = (ssize_t)strlen(line), n = size < 0 ? -1 : write(fd, line, (size_t)len);
	int r = n == len ? 0 : n < 0 ? -errno : -ENOSPC;

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0 && size >= 0 && n > 0 && ftruncate(fd, size) < 0)
		return -errno;
	return r;
}

static enum ctl_status append(struct ctl *ctl, int dirfd, const char *seal)
{
	int fd = aa_trusted_open_own(dirfd, SEALS_NAME, O_WRONLY | O_APPEND | O_CREAT, 022, ctl->paths.owner);
	char *line = xasprintf("%s\n", seal);
	int r = fd < 0 ? fd : write_line(fd, line);

	if (fd >= 0)
		close(fd);
	free(line);
	if (r < 0)
		return ctl_fail(ctl, "the seal cannot be written to %s/" SEALS_NAME ": %s", ctl->logdir,
				strerror(-r));
	return CTL_DONE;
}

/* Prints and keeps a seal by `key`; `next` as seal_make() has it. */
static enum ctl_status put_seal(struct ctl *ctl, int dirfd, const struct aa_private_key *key,
				const struct aa_audit_link *at, const char *next)
{
	char *seal = seal_make(key, ctl->host, at, ctl->now, next);
	enum ctl_status status = seal ? append(ctl, dirfd, seal) : ctl_fail(ctl, "the seal cannot be signed");

	if (status == CTL_DONE && !ctl->json)
		puts(seal);
	if (status == CTL_DONE)
		ctl_answer(ctl, "seal", json_string(seal));
	ctl_answer(ctl, "seq", json_integer((json_int_t)at->seq));
	free(seal);
	return status;
}

/* The old key's last seal names the new one, before that one takes its place. */
static enum ctl_status change_key(struct ctl *ctl, int logdir, int statedir, struct aa_private_key **key,
				  const struct aa_audit_link *at)
{
	char *public = NULL;
	struct aa_private_key *new = generate(ctl, &public);
	enum ctl_status status = new ? CTL_DONE : CTL_FAILED;

	if (new &&*key)
		status = put_seal(ctl, logdir, *key, at, public);
	if (status == CTL_DONE && !write_key(ctl, statedir, new, public))
		status = CTL_FAILED;
	if (status == CTL_DONE)
		tell_new_key(ctl);
	aa_private_key_free(*key);
	*key = new;
	free(public);
	return status;
}

static enum ctl_status seal_head(struct ctl *ctl, int logdir, int statedir, bool new_key)
{
	struct aa_private_key *key = NULL;
	struct aa_audit_link at;
	enum ctl_status status = read_head(ctl, logdir, &at), found;
	bool had_key;

	if (status != CTL_DONE)
		return status;
	ctl_learn_host(ctl);
	found = read_key(ctl, statedir, &key);
	had_key = key != NULL;
	status = found == CTL_NONE ? new_key ? CTL_DONE : no_key(ctl, statedir) : found;
	if (status == CTL_DONE && key)
		status = have_public(ctl, statedir, key);
	if (status == CTL_DONE && (new_key || !key))
		status = change_key(ctl, logdir, statedir, &key, &at);
	/* The seal that names the new key is the old one's, and enough. */
	if (status == CTL_DONE && !(new_key && had_key))
		status = put_seal(ctl, logdir, key, &at, NULL);
	aa_private_key_free(key);
	return status;
}

static int run_seal(struct ctl *ctl, const struct arguments *arguments)
{
	enum ctl_status status;
	int logdir, statedir, r;

	if (!ctl->logdir)
		return audit_no_logdir(ctl);
	r = aa_trusted_open_folder(AT_FDCWD, ctl->logdir, O_NOFOLLOW, ctl->paths.owner, &logdir);
	if (r < 0)
		return ctl_fail(ctl, "%s cannot be opened: %s", ctl->logdir, strerror(-r));
	r = aa_trusted_open_folder(AT_FDCWD, ctl->paths.statedir, 0, ctl->paths.owner, &statedir);
	if (r < 0) {
		close(logdir);
		return ctl_fail(ctl, "%s cannot be opened: %s", ctl->paths.statedir, strerror(-r));
	}
	status = seal_head(ctl, logdir, statedir, arguments_have(arguments, "new-key"));
	close(statedir);
	close(logdir);
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
    .options =
	(const struct option_spec[]){
	    {"new-key", NULL, "seal once more with the old key, and from now on with a new one", 0, NULL},
	    {0}},
    .run = run_seal,
};
