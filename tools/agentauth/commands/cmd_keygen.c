/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_keygen.c: agentauth keygen, which makes a key pair: the private half goes into a file, the public half to standard
 * output. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/key_options.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/service_account.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"alg", "ALG", "RS256, PS256, ES256 (the default), EdDSA or Ed25519, and the 384 and 512 of each", 0,
     NULL},
    {"bits", "N", "size of an RSA key, 2048 to 16384; default 3072", 0, NULL},
    {"out", "FILE", "where the private key goes; default ~/.config/agentauth/key.pem", 0, NULL},
    {"import", "FILE", "take the key of a service account's JSON file instead of making one", 0, NULL},
    {"public", "KEY", "print the public half of an existing key, such as agent:SHA256:…", 0, NULL},
    {"passphrase-file", "FILE", "with --public: holds the key's passphrase or PIN in its first line", 0,
     NULL},
    {"passphrase-env", "NAME", "with --public: the environment variable that holds the passphrase", 0, NULL},
    {"json", NULL, "print path, key id and public key as JSON", 0, NULL},
    {0},
};

struct request {
	enum aa_alg alg;
	int64_t bits;
	const char *out, *import;
	struct key_source public;
	bool json;
};

/* Returns what does not go together, in words, or NULL. */
static const char *wrong_request(const struct request *r)
{
	bool makes = !r->import && !r->public.name, passphrase = secret_is_named(&r->public.passphrase);

	if (r->bits && (r->alg == AA_ALG_INVALID || r->alg > AA_ALG_PS512))
		return "--bits goes with RSA: --alg RS256 or PS256";
	if (!makes && r->alg != AA_ALG_INVALID)
		return "--alg does not go with --import or --public: the key is there already";
	if (r->public.name && (r->import || r->out))
		return "--public makes no key: neither --import nor --out goes with it";
	if (passphrase && !r->public.name)
		return "--passphrase-file and --passphrase-env go with --public";
	return NULL;
}

/* Returns false with the reason said. */
static bool read_options(const struct arguments *a, struct request *ret)
{
	const char *bits = arguments_value(a, "bits"), *wrong;

	*ret = (struct request){
	    .out = arguments_value(a, "out"), .import = arguments_value(a, "import"), .json = a->json};
	if (!key_options_alg(a, &ret->alg) || !key_options_source(a, "public", &ret->public))
		return false;
	if (bits && !arguments_number(bits, 2048, 16384, &ret->bits))
		return (void)say_usage("--bits is a number from 2048 to 16384"), false;
	wrong = wrong_request(ret);
	if (wrong)
		(void)say_usage("%s", wrong);
	return !wrong;
}

/* Prints a profile that uses the imported key, to be pasted. */
static void print_profile(const char *path, const struct service_account *account)
{
	fprintf(stderr,
		"%sThe private key of %s is in %s, and only you can read it.\n"
		"The identity provider calls it %s. A profile for it, for a host that wants ID tokens of "
		"that account:\n"
		"  google = {\n"
		"    hosts = [ \"HOST\" ]; audiences = [ \"ssh://HOST\" ]; agent = \"NAME\";\n"
		"    token_endpoint = \"%s\";\n"
		"    grant = \"jwt_bearer\"; client_id = \"%s\"; kid = \"%s\";\n"
		"    key = \"%s\"; target_audience = \"ssh://HOST\";\n"
		"  };\n",
		isatty(STDOUT_FILENO) ? "\n" : "", account->email, path, account->kid,
		account->token_uri ? account->token_uri : "https://oauth2.googleapis.com/token",
		account->email, account->kid, path);
}

/* Prints the line that is handed over, which has the whole public key so that no file needs to come to the host. */
static int print_note(const struct request *request, const char *path, const char *kid,
		      const struct aa_key *key)
{
	char *line = NULL;

	if (aa_key_to_ssh(key, &line) != AA_JOSE_OK)
		return say_failed("the public key cannot be written: memory is out");
	fputs(isatty(STDOUT_FILENO) ? "\n" : "", stderr);
	if (request->public.name)
		fprintf(stderr, "A profile names this key so: key = \"%s\";\n", path);
	else
		fprintf(stderr, "The private key is in %s, and only you can read it.\n", path);
	fprintf(stderr,
		"Its key id is %s.\n"
		"The public key went to standard output. The host's administrator registers it by this line, "
		"with the agent's name and a role:\n"
		"  agentauthctl register NAME --role ROLE --key '%s'\n",
		kid, line);
	free(line);
	return 0;
}

/* Returns the key as a JWK with the id that assertions name, by which an identity provider looks for the key (RFC 7523,
 * RFC 7517 section 4.5). */
static json_t *jwk_with_kid(const struct aa_key *key, const char *kid)
{
	json_t *jwk = aa_key_to_jwk(key);

	if (jwk && json_object_set_new(jwk, "kid", json_string(kid)) < 0) {
		json_decref(jwk);
		return NULL;
	}
	return jwk;
}

static int print_as_json(enum aa_alg alg, const char *path, const char *kid, const char *pem,
			 const struct aa_key *key, const struct service_account *account)
{
	return print_json(json_pack("{s:s, s:s, s:s*, s:s, s:o, s:s*, s:s*}", "alg", aa_alg_name(alg), "kid",
				    kid, "private_key_file", path, "public_key", pem, "jwk",
				    jwk_with_kid(key, kid), "client_email", account ? account->email : NULL,
				    "token_uri", account ? account->token_uri : NULL));
}

/* Prints the public half and how to register it; `account` is the account of an imported key, or NULL. */
static int print_public(const struct request *request, const char *path, const struct aa_key *key,
			const struct service_account *account)
{
	char thumbprint[44], *pem = NULL;
	const char *kid = assertion_kid(account ? account->kid : NULL, key, thumbprint);
	int status = 0;

	if (!kid || aa_key_to_pem(key, &pem) != AA_JOSE_OK)
		return say_failed("the public key cannot be written: memory is out");
	if (request->json) {
		status = print_as_json(request->alg ? request->alg : aa_key_default_alg(key),
				       request->public.name ? NULL : path, kid, pem, key, account);
	} else {
		fputs(pem, stdout);
		(void)fflush(stdout);
		if (account)
			print_profile(path, account);
		else
			status = print_note(request, path, kid, key);
	}
	free(pem);
	return status;
}

static int save_private(const char *path, const struct aa_private_key *key)
{
	char *pem = NULL;
	size_t len;
	int result;

	if (aa_private_key_to_pem(key, &pem, &len) != AA_JOSE_OK)
		return say_error("the private key cannot be written: memory is out");
	result = own_create(path, pem, len);
	own_wipe(pem);
	return result;
}

static int generate(const struct request *request, const char *path)
{
	struct aa_private_key *key = NULL;
	enum aa_jose_err err;
	int status = 1;

	err = aa_private_key_generate(request->alg, (unsigned)request->bits, &key);
	if (err != AA_JOSE_OK)
		return say_failed("no key could be made: %s", aa_jose_strerror(err));
	if (save_private(path, key) == 0)
		status = print_public(request, path, aa_private_key_public(key), NULL);
	aa_private_key_free(key);
	return status;
}

static int import(const struct request *request, const char *path)
{
	struct service_account account = {0};
	int status = 1;

	if (service_account_read(request->import, &account) < 0)
		return 1;
	if (save_private(path, account.key) == 0)
		status = print_public(request, path, aa_private_key_public(account.key), &account);
	service_account_free(&account);
	return status;
}

/* Looks for a file that would be overwritten before an RSA key takes its seconds. */
static int make_or_import(struct request *request, const char *path)
{
	if (access(path, F_OK) == 0)
		return say_failed("%s is there already, and is not overwritten. --out names another file; "
				  "what is handed over of this key prints: agentauth keygen --public '%s'",
				  path, path);
	if (request->import)
		return import(request, path);
	if (request->alg == AA_ALG_INVALID)
		request->alg = AA_ALG_ES256;
	return generate(request, path);
}

static int show(const struct request *request)
{
	struct aa_private_key *key = key_load(&request->public);
	int status = 1;

	if (key)
		status = print_public(request, request->public.name, aa_private_key_public(key), NULL);
	aa_private_key_free(key);
	return status;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	struct request request;
	int status = PROGRAM_FAILED;
	char *path;

	(void)ctl;
	if (!read_options(a, &request))
		return PROGRAM_USAGE;
	if (request.public.name)
		return show(&request);
	path = request.out ? own_expand(request.out) : own_config_path("key.pem");
	if (path && (request.out || own_make_parents(path) == 0))
		status = make_or_import(&request, path);
	else if (path)
		own_say_elsewhere();
	free(path);
	return status;
}

const struct command command_keygen = {
    .name = "keygen",
    .summary = "make a key: the private half into a file, the public half is printed",
    .about = "A key that is there already is never overwritten. With --public none is made: for a key "
	     "that an ssh-agent (agent:SHA256:…), a token (pkcs11:…) or a TPM (handle:…) keeps.",
    .run = run,
    .options = options,
};
