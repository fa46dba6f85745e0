/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_shared.c has what the commands of the fleet share, see fleet.h. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/jose/key_any.h"
#include "common/state/audit_record.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/commands/given_file.h"

#define KEY_MAX 65536
#define PASSPHRASE_MIN 8
#define PASSPHRASE_MAX 256

/* ---- passphrases ----------------------------------------------------------- */

/* first_line() returns the first line of a file. NULL: reported. */
static char *first_line(struct ctl *ctl, const char *file)
{
	struct buffer b = {0};
	char *line = NULL;

	if (ctl_read_file(ctl, file, KEY_MAX, &b) == 0)
		line = xstrndup(b.data ? b.data : "", b.data ? strcspn(b.data, "\r\n") : 0);
	if (b.data)
		explicit_bzero(b.data, b.len);
	buffer_free(&b);
	return line;
}

static char *ask(struct ctl *ctl, const char *prompt, bool twice)
{
	char line[PASSPHRASE_MAX + 1] = "", *copy = NULL;

	if (!isatty(STDIN_FILENO))
		ctl_error(
		    ctl,
		    "the key has a passphrase, and there is no terminal to ask: name a file that holds it "
		    "by --passphrase-file");
	else if (EVP_read_pw_string_min(line, twice ? PASSPHRASE_MIN : 0, sizeof(line), prompt, twice) == 0)
		copy = xstrdup(line);
	else
		ctl_error(ctl, "no passphrase was given%s",
			  twice ? ": it has 8 characters or more, twice the same" : "");
	explicit_bzero(line, sizeof(line));
	return copy;
}

char *fleet_new_passphrase(struct ctl *ctl, const struct arguments *arguments)
{
	const char *file = arguments_value(arguments, "passphrase-file");
	char *line = file ? first_line(ctl, file) : ask(ctl, "Passphrase of the new key: ", true);

	if (!line || strlen(line) >= PASSPHRASE_MIN)
		return line;
	explicit_bzero(line, strlen(line));
	free(line);
	ctl_error(ctl, "a passphrase has %d characters or more", PASSPHRASE_MIN);
	return NULL;
}

/* ---- keys ------------------------------------------------------------------ */

static enum aa_jose_err open_key(struct ctl *ctl, const struct buffer *bytes,
				 const struct arguments *arguments, struct aa_private_key **ret)
{
	const char *file = arguments_value(arguments, "passphrase-file");
	enum aa_jose_err err = aa_private_key_from_any(bytes->data, bytes->len, NULL, ret);
	char *passphrase;

	if (err != AA_JOSE_KEY_ENCRYPTED)
		return err;
	passphrase = file ? first_line(ctl, file) : ask(ctl, "Passphrase of the key: ", false);
	if (!passphrase)
		return err;
	err = aa_private_key_from_any(bytes->data, bytes->len, passphrase, ret);
	explicit_bzero(passphrase, strlen(passphrase));
	free(passphrase);
	return err;
}

struct aa_private_key *fleet_private_key(struct ctl *ctl, const struct arguments *arguments)
{
	const char *file = arguments_value(arguments, "key");
	struct aa_private_key *key = NULL;
	struct buffer bytes = {0};
	enum aa_jose_err err;

	if (!file) {
		ctl_error(ctl, "name the private key to sign with by --key");
		return NULL;
	}
	if (ctl_read_file(ctl, file, KEY_MAX, &bytes) == 0 && bytes.len) {
		err = open_key(ctl, &bytes, arguments, &key);
		if (err != AA_JOSE_OK)
			ctl_error(ctl, "%s is no key to sign with: %s", quoted(file), aa_jose_strerror(err));
	} else if (ctl->problems.errors == 0) {
		ctl_error(ctl, "%s is empty", quoted(file));
	}
	if (bytes.data)
		explicit_bzero(bytes.data, bytes.len);
	buffer_free(&bytes);
	return key;
}

/* ---- fleet.conf -------------------------------------------------------------- */

enum ctl_status fleet_open_conf(struct ctl *ctl, struct fleet_conf *ret)
{
	int r = fleet_conf_read(&ctl->paths, &ctl->problems, ret);

	if (r == -ENOENT)
		return ctl_fail(ctl,
				"%s has no " FLEET_CONF_FILE
				", so that this host is of no fleet; agentauthctl "
				"fleet init writes it",
				ctl->paths.confdir);
	return r < 0 ? CTL_FAILED : CTL_DONE;
}

/* ---- the log ----------------------------------------------------------------- */

static void record(struct ctl *ctl, const char *agent, const char *result, enum aa_reason reason,
		   const char *what)
{
	json_t *json = json_pack("{s:s, s:s}", "result", result, "reason", aa_reason_name(reason));

	aa_audit_set(json, "command", what);
	aa_audit_set(json, "agent", agent);
	ctl_audit_record(ctl, json);
}

enum ctl_status fleet_refused(struct ctl *ctl, const struct fleet_refusal *refusal)
{
	char *what = xasprintf("%s: %s", ctl->typed, refusal->why);

	if (!ctl->dry_run)
		record(ctl, NULL, "denied", refusal->reason, what);
	free(what);
	return ctl_fail(ctl, "%s. Nothing was changed", refusal->why);
}

void fleet_logged(struct ctl *ctl, const char *agent, const char *format, ...)
{
	va_list args;
	char *what, *whole;

	va_start(args, format);
	what = xvasprintf(format, args);
	va_end(args);
	whole = xasprintf("%s: %s", ctl->typed, what);
	record(ctl, agent, "ok", AA_OK, whole);
	free(whole);
	free(what);
}
