/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_keygen.c makes a release key or a stop key. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file/replace.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"

static enum ctl_status write_key(struct ctl *ctl, const char *out, const struct aa_private_key *key,
				 const char *passphrase)
{
	char *pem = NULL;
	size_t len = 0;
	int r;

	if (aa_private_key_to_locked_pem(key, passphrase, &pem, &len) != AA_JOSE_OK)
		return ctl_fail(ctl, "the key cannot be encrypted: OpenSSL refuses");
	r = ctl->dry_run ? 0 : aa_replace_create(AT_FDCWD, out, pem, len, 0600);
	explicit_bzero(pem, len);
	free(pem);
	if (r == -EEXIST)
		return ctl_fail(ctl,
				"%s is there already, and a key is never written over; choose another --out",
				quoted(out));
	return r < 0 ? ctl_fail(ctl, "%s cannot be written: %s", quoted(out), strerror(-r)) : CTL_DONE;
}

static enum ctl_status tell(struct ctl *ctl, const char *out, const struct aa_key *key)
{
	char kid[AA_THUMBPRINT_SIZE], *pem = NULL;

	if (aa_key_thumbprint(key, kid) != AA_JOSE_OK || aa_key_to_pem(key, &pem) != AA_JOSE_OK)
		return ctl_fail(ctl, "the public half cannot be written: memory is out");
	if (ctl->json) {
		ctl_answer(ctl, "private_key_file", json_string(out));
		ctl_answer(ctl, "kid", json_string(kid));
		ctl_answer(ctl, "public_key", json_string(pem));
	} else {
		fputs(pem, stdout);
		fprintf(
		    stderr,
		    "The private key is in %s, encrypted with its passphrase. Its key id is %s.\n"
		    "The public half above goes to each host: agentauthctl fleet init --release-key FILE, or "
		    "--stop-key FILE.\n",
		    out, kid);
	}
	free(pem);
	return CTL_DONE;
}

static enum ctl_status make_key(struct ctl *ctl, const char *out, const char *passphrase)
{
	struct aa_private_key *key = NULL;
	enum ctl_status status;

	if (aa_private_key_generate(AA_ALG_ES256, 0, &key) != AA_JOSE_OK)
		return ctl_fail(ctl, "no key can be made: OpenSSL refuses");
	status = write_key(ctl, out, key, passphrase);
	if (status == CTL_DONE)
		status = tell(ctl, out, aa_private_key_public(key));
	aa_private_key_free(key);
	return status;
}

static int run_keygen(struct ctl *ctl, const struct arguments *arguments)
{
	const char *out = arguments_value(arguments, "out");
	enum ctl_status status;
	char *passphrase;

	if (!out)
		return ctl_usage(ctl, "say by --out which file the private key goes into");
	passphrase = fleet_new_passphrase(ctl, arguments);
	if (!passphrase)
		return CTL_FAILED;
	status = make_key(ctl, out, passphrase);
	explicit_bzero(passphrase, strlen(passphrase));
	free(passphrase);
	return status;
}

const struct command fleet_keygen = {
    .name = "keygen",
    .words = "",
    .summary = "make a release key or a stop key, kept under a passphrase",
    .about = "The private half goes into FILE, the public half to standard output. A release key is a "
	     "person's, and "
	     "kept where no host reaches it: with enough others it grants. A stop key may only take away, so "
	     "that one "
	     "may be at hand day and night. Which of the two a key is, each host's fleet.conf says.",
    .options =
	(const struct option_spec[]){
	    {"out", "FILE", "where the private key goes; it must not exist yet", 0, NULL},
	    {"passphrase-file", "FILE",
	     "holds the passphrase in its first line; without it a terminal is asked", 0, NULL},
	    {0}},
    .run = run_keygen,
};
