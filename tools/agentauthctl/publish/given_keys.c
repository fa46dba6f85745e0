/* SPDX-License-Identifier: Apache-2.0 */
/* given_keys.c reads keys that a person hands in, see given_keys.h. */
#include "config.h"

#include "tools/agentauthctl/publish/given_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/key_form.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/keyset.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/conf/conf_edit.h"

void given_keys_free(struct given_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++) {
		aa_key_free(keys->v[i].key);
		free(keys->v[i].kid);
	}
	free(keys->v);
	*keys = (struct given_keys){0};
}

char *given_key_kid(const struct given_key *given)
{
	const char *own = given->kid ? given->kid : aa_key_kid(given->key);
	char thumbprint[AA_THUMBPRINT_SIZE], why[256];

	if (own && check_kid(own, why, sizeof(why)))
		return xstrdup(own);
	return aa_key_thumbprint(given->key, thumbprint) == AA_JOSE_OK ? xstrdup(thumbprint) : NULL;
}

char *given_key_pem(const struct given_key *given)
{
	char *pem = NULL;

	return aa_key_to_pem(given->key, &pem) == AA_JOSE_OK ? pem : NULL;
}

char *given_key_group(const struct given_key *given, const char *kid, int64_t now, int64_t not_after)
{
	struct buffer b = {0};
	char *pem = given_key_pem(given), *quoted_kid, *quoted_pem, when[32];

	if (!pem)
		return NULL;
	quoted_kid = conf_quote(kid);
	quoted_pem = conf_quote(pem);
	buffer_printf(&b, "{\n\t\tkid = %s;\n\t\tpem = %s;\n", quoted_kid, quoted_pem);
	aa_utc_print(now, when);
	if (now)
		buffer_printf(&b, "\t\tregistered = \"%s\";\n", when);
	aa_utc_print(not_after, when);
	if (not_after)
		buffer_printf(&b, "\t\tnot_after = \"%s\";\n", when);
	buffer_puts(&b, "\t}");
	free(quoted_kid);
	free(quoted_pem);
	free(pem);
	return buffer_take(&b);
}

static bool is_in(const struct given_keys *keys, const struct aa_key *key)
{
	char one[AA_THUMBPRINT_SIZE], other[AA_THUMBPRINT_SIZE];

	for (size_t i = 0; i < keys->n; i++)
		if (aa_key_thumbprint(key, one) == AA_JOSE_OK &&
		    aa_key_thumbprint(keys->v[i].key, other) == AA_JOSE_OK && strcmp(one, other) == 0)
			return true;
	return false;
}

/* take() owns `key` from then on. A key that stands in the text several times, as a set has it once for each
 * algorithm, is taken once. */
static void take(struct given_keys *keys, struct aa_key *key, const char *kid)
{
	if (is_in(keys, key)) {
		aa_key_free(key);
		return;
	}
	grow(&keys->v, &keys->cap, keys->n + 1, sizeof(*keys->v));
	keys->v[keys->n++] = (struct given_key){key, kid ? xstrdup(kid) : NULL};
}

/* ---- what is wrong --------------------------------------------------------- */

static void explain_private(const struct key_source *source, const struct aa_private_form *form)
{
	if (form->public)
		problem_error(
		    source->problems, source->position,
		    "%s holds a private key (%s), which belongs to the agent and to no host. Register its "
		    "public half, which this prints: %s",
		    source->name, form->name, form->public);
	else
		problem_error(
		    source->problems, source->position,
		    "%s holds a secret (%s), which whoever checks with it could sign with as well: no "
		    "host takes "
		    "one. agentauth keygen makes a key that has a public half",
		    source->name, form->name);
}

static int explain(const struct key_source *source, const char *bytes, size_t len, enum aa_jose_err err)
{
	const struct aa_private_form *form = aa_private_form(bytes, len);

	if (form)
		explain_private(source, form);
	else if (err != AA_JOSE_KEY_MALFORMED)
		problem_error(source->problems, source->position,
			      "the key in %s cannot be registered: %s; agentauth keygen makes one",
			      source->name, aa_jose_strerror(err));
	else
		problem_error(
		    source->problems, source->position,
		    "%s holds no key: it may be one public key or certificate in PEM, a JWK, or a line as in "
		    "id_ed25519.pub",
		    source->name);
	return -1;
}

/* ---- JSON ------------------------------------------------------------------ */

static void tell_skipped(void *data, size_t index, const char *kid, enum aa_jose_err why)
{
	const struct key_source *source = data;

	problem_warning(source->problems, source->position, "%s: its key %zu (%s) is left out: %s",
			source->name, index + 1, kid ? quoted(kid) : "without a kid", aa_jose_strerror(why));
}

static enum aa_jose_err copy_key(const struct aa_key *key, struct aa_key **ret)
{
	char *pem = NULL;
	enum aa_jose_err err = aa_key_to_pem(key, &pem);

	if (err == AA_JOSE_OK)
		err = aa_key_from_pem(pem, strlen(pem), ret);
	free(pem);
	return err;
}

static enum aa_jose_err keys_of_set(const struct key_source *source, const json_t *json,
				    struct given_keys *ret)
{
	struct aa_keyset *set = NULL;
	struct key_source heard = *source;
	enum aa_jose_err err = aa_keyset_from_jwks(json, tell_skipped, &heard, &set);

	for (size_t i = 0; err == AA_JOSE_OK && i < aa_keyset_count(set); i++) {
		const struct aa_key *key = aa_keyset_at(set, i);
		struct aa_key *copy = NULL;

		err = copy_key(key, &copy);
		if (err == AA_JOSE_OK)
			take(ret, copy, aa_key_kid(key));
	}
	aa_keyset_free(set);
	return err == AA_JOSE_OK && ret->n == 0 ? AA_JOSE_KEY_UNFIT : err;
}

/* The private half goes from memory as soon as the public half is known. */
static enum aa_jose_err key_of_account(const struct key_source *source, const json_t *json,
				       struct given_keys *ret)
{
	const json_t *text = json_object_get(json, "private_key");
	const char *pem = json_string_value(text);
	struct aa_private_key *private = NULL;
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_private_key_from_pem(pem, strlen(pem), NULL, &private);

	if (err == AA_JOSE_OK)
		err = copy_key(aa_private_key_public(private), &key);
	aa_private_key_free(private);
	if (err != AA_JOSE_OK)
		return err;
	take(ret, key, json_string_value(json_object_get(json, "private_key_id")));
	problem_warning(
	    source->problems, source->position,
	    "%s is a service account's file: its public half is registered, and the private half in "
	    "it belongs to the agent alone, so the file must not stay on this host",
	    source->name);
	return AA_JOSE_OK;
}

static bool is_account(const json_t *json)
{
	const char *type = json_string_value(json_object_get(json, "type"));

	return type && strcmp(type, "service_account") == 0 &&
	       json_is_string(json_object_get(json, "private_key"));
}

static int read_json(const struct key_source *source, const char *bytes, size_t len, struct given_keys *ret)
{
	struct aa_key *key = NULL;
	json_t *json = NULL;
	enum aa_jose_err err = aa_json_object(bytes, len, &json);

	if (err == AA_JOSE_MALFORMED)
		err = AA_JOSE_KEY_MALFORMED;
	if (err == AA_JOSE_OK && is_account(json)) {
		err = key_of_account(source, json, ret);
	} else if (err == AA_JOSE_OK && aa_private_form(bytes, len)) {
		err = AA_JOSE_KEY_PRIVATE;
	} else if (err == AA_JOSE_OK && json_object_get(json, "keys")) {
		err = keys_of_set(source, json, ret);
	} else if (err == AA_JOSE_OK) {
		err = aa_key_from_jwk(json, &key);
		if (err == AA_JOSE_OK)
			take(ret, key, NULL);
	}
	json_decref(json);
	return err == AA_JOSE_OK ? 0 : explain(source, bytes, len, err);
}

/* ---- lines of OpenSSH -------------------------------------------------------- */

/* options_end() steps over the options of a line of authorized_keys, which end at the first blank that is in no
 * quotes. */
static const char *options_end(const char *p, const char *end)
{
	bool in_quotes = false;

	for (; p < end && (in_quotes || (*p != ' ' && *p != '\t')); p++) {
		if (*p == '\\' && p + 1 < end && p[1] == '"')
			p++;
		else if (*p == '"')
			in_quotes = !in_quotes;
	}
	return p;
}

/* next_option() copies the option at *p, without the quotes of its value, and steps behind its comma. The caller
 * frees; NULL says that there is none left. */
static char *next_option(const char **p, const char *end)
{
	struct buffer b = {0};
	bool in_quotes = false;

	if (*p >= end)
		return NULL;
	for (; *p < end && (in_quotes || **p != ','); (*p)++) {
		if (**p == '\\' && *p + 1 < end && (*p)[1] == '"')
			(*p)++;
		else if (**p == '"') {
			in_quotes = !in_quotes;
			continue;
		}
		buffer_add(&b, *p, 1);
	}
	if (*p < end)
		(*p)++;
	return buffer_take(&b);
}

/* add_sources() adds what of from="…" is a network to the hint. It returns false where something of it is none: a
 * name, a pattern, what must not match. */
static bool add_sources(char *from, struct buffer *hint)
{
	char *save, why[256];
	bool all = true;

	for (char *one = strtok_r(from, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		if (check_network(one, why, sizeof(why)))
			buffer_printf(hint, " --source %s", one);
		else
			all = false;
	}
	return all;
}

struct options {
	struct buffer names, hint;
	bool is_authority, all_networks;
};

static void note_option(struct options *o, char *option)
{
	char *value = strchr(option, '=');

	if (value)
		*value++ = '\0';
	if (strcasecmp(option, "cert-authority") == 0)
		o->is_authority = true;
	if (strcasecmp(option, "from") == 0 && value)
		o->all_networks = add_sources(value, &o->hint) && o->all_networks;
	buffer_printf(&o->names, "%s%s", o->names.len ? ", " : "", option);
}

static int tell_options(const struct key_source *source, const struct position *position, const char *p,
			const char *end)
{
	struct options o = {.all_networks = true};
	char *option;

	while ((option = next_option(&p, end))) {
		note_option(&o, option);
		free(option);
	}
	if (o.is_authority)
		problem_error(
		    source->problems, position,
		    "this is the key of a certificate authority, which vouches for others and is no "
		    "agent's own");
	else
		problem_warning(
		    source->problems, position,
		    "the key is taken, and its options (%s) are not: an agent's roles say what it may "
		    "do%s%s",
		    quoted(o.names.data),
		    !o.hint.len	     ? ""
		    : o.all_networks ? "; here from= is"
				     : "; here from= is, as far as it names networks,",
		    o.hint.len ? o.hint.data : "");
	buffer_free(&o.names);
	buffer_free(&o.hint);
	return o.is_authority ? -1 : 0;
}

/* read_line() reads a line as it is, and then once more without the options in front of it. */
static enum aa_jose_err read_line(const struct key_source *source, const struct position *position,
				  const char *p, const char *end, struct given_keys *ret)
{
	const char *rest = options_end(p, end);
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_ssh(p, (size_t)(end - p), &key), behind;

	if (err == AA_JOSE_KEY_MALFORMED || err == AA_JOSE_KEY_UNFIT) {
		const char *begin = rest;

		while (begin < end && (*begin == ' ' || *begin == '\t'))
			begin++;
		behind = aa_key_from_ssh(begin, (size_t)(end - begin), &key);
		if (behind == AA_JOSE_OK && tell_options(source, position, p, rest) < 0) {
			aa_key_free(key);
			return AA_JOSE_OK; /* which has been reported */
		}
		err = behind == AA_JOSE_OK || behind == AA_JOSE_KEY_WEAK ? behind : err;
	}
	if (err == AA_JOSE_OK)
		take(ret, key, NULL);
	return err;
}

static bool holds_nothing(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end || *p == '#';
}

static size_t count_lines(const char *p, const char *end)
{
	size_t n = 0;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p)), *stop = lf ? lf : end;

		n += !holds_nothing(p, stop);
		p = stop + 1;
	}
	return n;
}

/* read_each() returns what is wrong with the first line that is no key, or AA_JOSE_OK. */
static enum aa_jose_err read_each(const struct key_source *source, const char *bytes, const char *end,
				  struct given_keys *ret)
{
	struct position line = {.file = source->file, .column = 1};
	const struct position *position = source->position || !source->file ? source->position : &line;
	enum aa_jose_err first = AA_JOSE_OK, err;
	const char *lf;

	for (const char *p = bytes; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		lf = lf ? lf : end;
		line.line++;
		if (holds_nothing(p, lf))
			continue;
		while (*p == ' ' || *p == '\t')
			p++;
		err = read_line(source, position, p, lf, ret);
		if (err == AA_JOSE_OK)
			continue;
		if (first != AA_JOSE_OK && source->position)
			continue; /* which is said once where no line tells one from another */
		first = first == AA_JOSE_OK ? err : first;
		problem_error(source->problems, position, "the key in this line cannot be registered: %s",
			      aa_jose_strerror(err));
	}
	return first;
}

/* A text without a single key is said to hold none, and not to have so many bad ones. */
static int read_lines(const struct key_source *source, const char *bytes, size_t len, struct given_keys *ret)
{
	struct problems found = {0};
	struct key_source lines = *source;
	enum aa_jose_err first;
	size_t n;
	int r;

	lines.problems = &found;
	first = read_each(&lines, bytes, bytes + len, ret);
	n = count_lines(bytes, bytes + len);
	r = found.errors ? -1 : 0;
	if (first != AA_JOSE_OK && ret->n == 0 && (found.errors == n || source->position))
		explain(source, bytes, len, n == 1 ? first : AA_JOSE_KEY_MALFORMED);
	else
		problems_move(source->problems, &found);
	problems_free(&found);
	return r;
}

/* ---- all forms ---------------------------------------------------------------- */

/* read_der() puts the armour of PEM around the bytes, so that there is one reader. */
static int read_der(const struct key_source *source, const char *bytes, size_t len, struct given_keys *ret)
{
	static const char *const labels[] = {"CERTIFICATE", "PUBLIC KEY"};
	char *base64 = aa_base64_encode((const uint8_t *)bytes, len);
	enum aa_jose_err err = base64 ? AA_JOSE_KEY_MALFORMED : AA_JOSE_NOMEM;

	for (size_t i = 0; base64 && i < 2 && err != AA_JOSE_OK; i++) {
		struct buffer pem = {0};
		struct aa_key *key = NULL;

		buffer_printf(&pem, "-----BEGIN %s-----\n", labels[i]);
		for (size_t at = 0; at < strlen(base64); at += 64)
			buffer_printf(&pem, "%.64s\n", base64 + at);
		buffer_printf(&pem, "-----END %s-----\n", labels[i]);
		err = aa_key_from_pem(pem.data, pem.len, &key);
		if (err == AA_JOSE_OK)
			take(ret, key, NULL);
		buffer_free(&pem);
	}
	free(base64);
	return err == AA_JOSE_OK ? 0 : explain(source, bytes, len, err);
}

int given_keys_read(const struct key_source *source, const char *bytes, size_t len, struct given_keys *ret)
{
	const char *end = bytes + len, *first = aa_json_skip_space(bytes, end);
	struct aa_key *key = NULL;
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;

	*ret = (struct given_keys){0};
	if (first < end && *first == '{')
		return read_json(source, first, (size_t)(end - first), ret);
	if (first == end || (*first != '-' && aa_private_form(bytes, len)))
		return explain(source, bytes, len, err);
	if (*first == '0' && first == bytes && memchr(bytes, 0, len))
		return read_der(source, bytes, len, ret);
	if (*first != '-' && count_lines(first, end) > 0)
		return read_lines(source, bytes, len, ret);
	err = aa_key_from_pem(first, (size_t)(end - first), &key);
	if (err != AA_JOSE_OK)
		return explain(source, bytes, len, err);
	take(ret, key, NULL);
	return 0;
}
