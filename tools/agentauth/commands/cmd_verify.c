/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_verify.c: agentauth verify, which checks the signature and the form of a compact JWS byte by byte, and no claims. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_form.h"
#include "common/jose/keyset.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

#define TOKEN_MAX (1024 * 1024) /* a login takes AA_JWS_MAX; published test vectors may be longer */
#define KEY_FILE_MAX (1024 * 1024)

static const struct option_spec options[] = {
    {"key", "FILE", "a public key or key set: JWK, JWKS, PEM, or an SSH public key (needed)", 0, NULL},
    {"json", NULL, "print the verdict as JSON, the payload in base64url", 0, NULL},
    {0},
};

/* The file holds either a set, which is searched by kid, or one key, which is taken whatever kid the token names. */
struct keys {
	struct aa_keyset *set;
	struct aa_key *one;
	bool quiet;
};

/* ---- the key ---------------------------------------------------------------- */

static void say_skipped(void *data, size_t index, const char *kid, enum aa_jose_err why)
{
	const struct keys *keys = data;

	if (!keys->quiet)
		say("key %zu of the set (%s) is not used: %s", index + 1, kid ? kid : "without a key id",
		    aa_jose_strerror(why));
}

static enum aa_jose_err parse_keys(const char *text, size_t len, struct keys *ret)
{
	json_t *json = NULL;
	enum aa_jose_err err;

	if (aa_json_object(text, len, &json) == AA_JOSE_OK && json_object_get(json, "keys"))
		err = aa_keyset_from_jwks(json, say_skipped, ret, &ret->set);
	else
		err = aa_key_from_any(text, len, &ret->one);
	json_decref(json);
	return err;
}

static int load_keys(const char *path, struct keys *ret)
{
	const struct aa_private_form *form;
	enum aa_jose_err err;
	char *text = NULL;
	size_t len;

	if (own_read_any(path, KEY_FILE_MAX, &text, &len) < 0)
		return -1;
	err = parse_keys(text, len, ret);
	form = aa_private_form(text, len);
	explicit_bzero(text, len);
	free(text);
	if (err == AA_JOSE_OK)
		return 0;
	if (form && form->public)
		say("%s holds a private key (%s), and a public one checks: %s", path, form->name,
		    form->public);
	else
		say("%s cannot be used: %s", path, aa_jose_strerror(err));
	return -1;
}

static void free_keys(struct keys *keys)
{
	aa_keyset_free(keys->set);
	aa_key_free(keys->one);
}

/* ---- the token --------------------------------------------------------------- */

/* Reads standard input, and at most one byte more than a token may have. */
static char *read_token(size_t *ret_len)
{
	char *buf = xmalloc(TOKEN_MAX + 1);
	ssize_t n = own_read_fully(STDIN_FILENO, buf, TOKEN_MAX + 1);

	if (n >= 0) {
		*ret_len = (size_t)n;
		return buf;
	}
	say("standard input cannot be read: %s", strerror(errno));
	free(buf);
	return NULL;
}

static enum aa_jose_err check(const char *token, size_t len, const struct keys *keys, struct aa_jws **ret)
{
	const struct aa_key *key = keys->one;
	struct aa_jws *jws = NULL;
	enum aa_jose_err err = aa_jws_parse(token, len, TOKEN_MAX, &jws);

	if (err == AA_JOSE_OK && keys->set)
		err = aa_keyset_find(keys->set, jws->kid, jws->alg, &key);
	if (err == AA_JOSE_OK)
		err = aa_jws_verify(jws, key);
	if (err != AA_JOSE_OK) {
		aa_jws_free(jws);
		return err;
	}
	*ret = jws;
	return AA_JOSE_OK;
}

/* ---- the verdict -------------------------------------------------------------- */

static const char *reason_of(enum aa_jose_err err, const char *token, size_t len)
{
	if (len == 0)
		return "standard input is empty";
	if (err == AA_JOSE_OVERSIZE)
		return "the token is longer than 1 MiB";
	if (err == AA_JOSE_MALFORMED && (token[len - 1] == '\n' || token[len - 1] == '\r'))
		return "standard input ends in a newline, which is no part of a token: pass the token's own "
		       "bytes, for example with printf %s or tr -d '\\n'";
	return aa_jose_strerror(err);
}

static int refuse(const char *reason, bool as_json)
{
	if (as_json)
		(void)print_json(json_pack("{s:b, s:s}", "valid", 0, "reason", reason));
	else
		say("%s", reason);
	return 1;
}

static int accept(const struct aa_jws *jws, bool as_json)
{
	char *payload;
	int status;

	if (!as_json) {
		(void)fwrite(jws->payload, 1, jws->payload_len, stdout);
		if (isatty(STDOUT_FILENO))
			putchar('\n');
		return 0;
	}
	payload = aa_base64url_encode(jws->payload, jws->payload_len);
	status = print_json(
	    payload ? json_pack("{s:b, s:O, s:s}", "valid", 1, "header", jws->header, "payload", payload)
		    : NULL);
	free(payload);
	return status;
}

static int verify(const char *key_path, bool as_json)
{
	struct keys keys = {.quiet = as_json};
	struct aa_jws *jws = NULL;
	enum aa_jose_err err;
	char *token = NULL;
	int status = 1;
	size_t len;

	if (load_keys(key_path, &keys) == 0 && (token = read_token(&len)) != NULL) {
		err = check(token, len, &keys, &jws);
		status =
		    err == AA_JOSE_OK ? accept(jws, as_json) : refuse(reason_of(err, token, len), as_json);
		explicit_bzero(token, len);
	}
	free(token);
	aa_jws_free(jws);
	free_keys(&keys);
	return status;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *key = arguments_value(a, "key");

	(void)ctl;
	if (!key)
		return say_usage("--key is missing: which key should have signed the token?");
	return verify(key, a->json);
}

const struct command command_verify = {
    .name = "verify",
    .summary = "check the signature of a token on standard input, byte by byte",
    .about = "The token is a JWS in compact serialization (RFC 7515): all of standard input, with "
	     "nothing taken off. Its payload goes to standard output. Claims such as \"exp\" and "
	     "\"aud\" are not looked at.",
    .run = run,
    .options = options,
};
