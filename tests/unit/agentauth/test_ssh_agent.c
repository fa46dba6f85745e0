/* SPDX-License-Identifier: Apache-2.0 */
/* test_ssh_agent.c: signing by an ssh-agent, with one that keeps the protocol, and with some that break it in one place. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/jws_sign.h"
#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/ssh_wire.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/ssh_agent.h"
#include "tools/agentauth/oauth/client_auth.h"

enum scene {
	GOOD,
	SHOWS_NO_KEY,	 /* empty, or locked */
	REFUSES,	 /* to sign */
	SIGNS_OTHERWISE, /* with another key of the same kind */
	SIGNS_SHA1,	 /* as agents before RFC 8332 do, whatever the flags are */
	SIGNS_SHORT,
	COUNTS_TOO_FAR,
	TELLS_TOO_LONG,
	CUTS,
	ENDS,
	IS_SILENT,
	SAYS_SOMETHING_ELSE,
};

static struct output o;
static pid_t agent = -1;

/* ---- the agent ------------------------------------------------------------------ */

static void take(int fd, uint8_t *bytes, size_t len)
{
	if (recv(fd, bytes, len, MSG_WAITALL) != (ssize_t)len)
		_exit(0);
}

static void answer(int fd, const struct aa_ssh_writer *body)
{
	uint8_t head[4];
	struct aa_ssh_writer out = {head, 0};

	aa_ssh_put_u32(&out, (uint32_t)body->n);
	(void)send(fd, head, 4, MSG_NOSIGNAL);
	(void)send(fd, body->p, body->n, MSG_NOSIGNAL);
}

static size_t blob_of(const struct aa_key *key, uint8_t **ret)
{
	char *line = NULL;
	size_t len = 0;

	if (aa_key_to_ssh(key, &line) != AA_JOSE_OK ||
	    aa_base64_decode(strchr(line, ' ') + 1, strlen(strchr(line, ' ') + 1), ret, &len) != AA_JOSE_OK)
		_exit(1);
	free(line);
	return len;
}

static void put_keys(struct aa_ssh_writer *out, enum scene scene, const struct aa_private_key *key)
{
	uint8_t *blob;
	size_t len;

	out->p[out->n++] = 12;
	if (scene == COUNTS_TOO_FAR || scene == SHOWS_NO_KEY) {
		aa_ssh_put_u32(out, scene == SHOWS_NO_KEY ? 0 : 1000000);
		return;
	}
	aa_ssh_put_u32(out, 2);
	aa_ssh_put_string(out, "\0\0\0\1x", 5); /* of a kind that nobody knows */
	aa_ssh_put_string(out, "an odd one", 10);
	len = blob_of(aa_private_key_public(key), &blob);
	aa_ssh_put_string(out, blob, len);
	aa_ssh_put_string(out, "the agent's \x1b[31mkey", 20);
	free(blob);
}

static void put_number(struct aa_ssh_writer *out, const uint8_t *bytes, size_t len)
{
	uint8_t padded[80] = {0};

	while (len > 1 && *bytes == 0) {
		bytes++;
		len--;
	}
	memcpy(padded + 1, bytes, len);
	aa_ssh_put_string(out, *bytes & 0x80 ? padded : padded + 1, *bytes & 0x80 ? len + 1 : len);
}

static void put_signature(struct aa_ssh_writer *out, enum scene scene, const struct aa_private_key *key,
			  enum aa_alg alg, const char *input, size_t len)
{
	const struct aa_key *pub = aa_private_key_public(key);
	uint8_t inner[1200], body[1100], *blob;
	struct aa_ssh_writer sig = {inner, 0}, numbers = {body, 0};
	struct aa_signature raw = {0};
	char type[AA_SSH_TYPE_MAX];
	size_t n = blob_of(pub, &blob);

	if (aa_pkey_sign(aa_private_key_pkey(key), NULL, pub, alg, input, len, &raw) != AA_JOSE_OK ||
	    !aa_ssh_type_of((struct aa_ssh_reader){blob, n}, type))
		_exit(1);
	if (strcmp(type, "ssh-rsa") == 0 && scene != SIGNS_SHA1)
		strcpy(type, alg == AA_ALG_RS512 ? "rsa-sha2-512" : "rsa-sha2-256");
	aa_ssh_put_string(&sig, type, strlen(type));
	if (strncmp(type, "ecdsa", 5) == 0) {
		put_number(&numbers, raw.bytes, raw.len / 2);
		put_number(&numbers, raw.bytes + raw.len / 2, raw.len / 2);
		aa_ssh_put_string(&sig, body, numbers.n);
	} else {
		aa_ssh_put_string(&sig, raw.bytes, raw.len);
	}
	out->p[out->n++] = 14;
	aa_ssh_put_string(out, inner, scene == SIGNS_SHORT ? sig.n - 1 : sig.n);
	free(blob);
	free(raw.bytes);
}

static void sign_request(struct aa_ssh_writer *out, enum scene scene, const struct aa_private_key *key,
			 struct aa_ssh_reader in)
{
	const struct aa_private_key *with = key;
	const uint8_t *blob, *input;
	size_t blob_len, len;
	struct aa_private_key *other = NULL;
	enum aa_alg alg = aa_key_default_alg(aa_private_key_public(key));
	uint32_t flags;

	if (!aa_ssh_take_string(&in, &blob, &blob_len) || !aa_ssh_take_string(&in, &input, &len) ||
	    !aa_ssh_take_u32(&in, &flags))
		_exit(1);
	if (flags == 4)
		alg = AA_ALG_RS512;
	if (scene == SIGNS_OTHERWISE && aa_private_key_generate(alg, 2048, &other) == AA_JOSE_OK)
		with = other;
	if (scene == REFUSES)
		out->p[out->n++] = 5;
	else
		put_signature(out, scene, with, alg, (const char *)input, len);
	aa_private_key_free(other);
}

static void serve(int fd, enum scene scene, const struct aa_private_key *key)
{
	uint8_t head[4], in[8192], body[4096];
	struct aa_ssh_reader reader = {head, 4};
	struct aa_ssh_writer out = {body, 0};
	uint32_t len = 0;

	take(fd, head, 4);
	if (!aa_ssh_take_u32(&reader, &len) || len > sizeof(in))
		_exit(1);
	take(fd, in, len);
	if (scene == IS_SILENT)
		(void)sleep(30);
	if (scene == ENDS)
		return;
	if (scene == TELLS_TOO_LONG || scene == CUTS) {
		(void)send(fd, scene == CUTS ? "\0\0\1\0\x0c" : "\x7f\0\0\0\x0c", 5, MSG_NOSIGNAL);
		return;
	}
	if (scene == SAYS_SOMETHING_ELSE)
		body[out.n++] = 6;
	else if (in[0] == 11)
		put_keys(&out, scene, key);
	else
		sign_request(&out, scene, key, (struct aa_ssh_reader){in + 1, len - 1});
	answer(fd, &out);
}

static void serve_all(int listener, enum scene scene, const struct aa_private_key *key)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		serve(fd, scene, key);
		(void)close(fd);
	}
	_exit(0);
}

static void start(enum scene scene, enum aa_alg alg)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct aa_private_key *key = make_key(alg);
	char *line = NULL;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", home_path("agent.sock"));
	(void)unlink(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(setenv("SSH_AUTH_SOCK", address.sun_path, 1), 0);
	assert_int_equal(aa_key_to_ssh(aa_private_key_public(key), &line), AA_JOSE_OK);
	home_write("key.pub", line, 0644);
	free(line);
	agent = fork();
	assert_true(agent >= 0);
	if (agent == 0)
		serve_all(listener, scene, key);
	(void)close(listener);
}

static int stop(void **state)
{
	if (agent > 0) {
		(void)kill(agent, SIGKILL);
		(void)waitpid(agent, NULL, 0);
		agent = -1;
	}
	(void)unsetenv("SSH_AUTH_SOCK");
	return home_teardown(state);
}

FIXTURE(here, home_setup, stop);

/* ---- what is asked of it ----------------------------------------------------------- */

static void sign_with(const char *key, const char *alg)
{
	run_command(&o, &command_assert, "", 0,
		    (const char *const[]){"--agent", "builder-7", "--audience", "ssh://web01", "--key", key,
					  alg ? "--alg" : NULL, alg, NULL});
}

static const char *key_name(void)
{
	static char name[600];

	(void)snprintf(name, sizeof(name), "agent:%s", home_path("key.pub"));
	return name;
}

static void assert_signed(enum aa_alg key, const char *alg)
{
	start(GOOD, key);
	sign_with(key_name(), alg);
	assert_string_equal(o.err, "");
	assert_int_equal(o.status, 0);
	o.out[strcspn(o.out, "\n")] = 0;
	assert_int_equal(check_token(o.out, aa_private_key_public(make_key(key))), AA_JOSE_OK);
	(void)kill(agent, SIGKILL);
	(void)waitpid(agent, NULL, 0);
	agent = -1;
}

static void assert_said(const char *because)
{
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, because))
		fail_msg("\"%s\" is not in: %s", because, o.err);
	assert_ptr_equal(strchr(o.err, '\n'), o.err + strlen(o.err) - 1); /* one reason, one line */
}

static void assert_refused(enum scene scene, enum aa_alg alg, const char *because)
{
	start(scene, alg);
	sign_with(key_name(), NULL);
	assert_said(because);
	(void)kill(agent, SIGKILL);
	(void)waitpid(agent, NULL, 0);
	agent = -1;
}

TEST(a_key_of_each_kind_signs_and_its_public_half_verifies, here)
{
	assert_signed(AA_ALG_ES256, NULL);
	assert_signed(AA_ALG_ES384, NULL);
	assert_signed(AA_ALG_ES512, NULL);
	assert_signed(AA_ALG_EDDSA, NULL);
	assert_signed(AA_ALG_EDDSA, "Ed25519");
	assert_signed(AA_ALG_RS256, NULL);
	assert_signed(AA_ALG_RS256, "RS512");
}

TEST(a_client_proves_to_its_provider_who_it_is_by_a_key_of_the_agent, here)
{
	const struct profile profile = {.client_id = "builder-7", .key.name = key_name(), .ttl = 60};
	char *token;

	start(GOOD, AA_ALG_ES256);
	token = client_assertion(&profile, NULL, "https://idp.example.com", json_object(), time(NULL));
	assert_non_null(token);
	assert_int_equal(check_token(token, aa_private_key_public(make_key(AA_ALG_ES256))), AA_JOSE_OK);
	free(token);
}

TEST(an_algorithm_that_agents_do_not_know_is_told, here)
{
	start(GOOD, AA_ALG_RS256);
	sign_with(key_name(), "PS256");
	assert_said("by RS256 or RS512, not by PS256");
	sign_with(key_name(), "RS384");
	assert_said("by RS256 or RS512, not by RS384");
	sign_with(key_name(), "ES256");
	assert_said("the key cannot sign with ES256");
}

TEST(a_key_that_the_agent_lacks_is_told_with_those_that_it_holds, here)
{
	start(GOOD, AA_ALG_ES256);
	sign_with("agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);
	assert_said("does not hold SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; it holds SHA256:");
	assert_non_null(strstr(o.err, "(the agent's \\x1b[31mkey)"));
}

TEST(a_key_is_named_by_its_fingerprint_or_by_the_file_of_its_public_half, here)
{
	char *pem = NULL;

	start(GOOD, AA_ALG_ES256);
	assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(AA_ALG_ES256)), &pem), AA_JOSE_OK);
	home_write("key.pub", pem, 0644);
	free(pem);
	sign_with(key_name(), NULL);
	assert_int_equal(o.status, 0);
	sign_with("agent:~/key.pub", NULL);
	assert_int_equal(o.status, 0);
	sign_with("agent:", NULL);
	assert_said("which key of the ssh-agent?");
	sign_with("agent:SHA256:AAAA", NULL);
	assert_said("\"SHA256:AAAA\" is no fingerprint");
	sign_with("agent:~/none.pub", NULL);
	assert_said("none.pub cannot be opened");
}

TEST(a_private_half_does_not_name_a_key, here)
{
	char *pem = NULL;
	size_t len;

	start(GOOD, AA_ALG_ES256);
	assert_int_equal(aa_private_key_to_pem(make_key(AA_ALG_ES256), &pem, &len), AA_JOSE_OK);
	home_write("key.pub", pem, 0600);
	free(pem);
	sign_with(key_name(), NULL);
	assert_said("a private or secret key where a public key belongs");
}

TEST(an_agent_that_is_empty_locked_or_unwilling_is_told, here)
{
	assert_refused(SHOWS_NO_KEY, AA_ALG_ES256, "shows no key");
	assert_refused(REFUSES, AA_ALG_ES256, "would not sign with SHA256:");
}

TEST(no_agent_is_told, here)
{
	home_write("key.pub", "", 0644);
	(void)unsetenv("SSH_AUTH_SOCK");
	sign_with("agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);
	assert_said("SSH_AUTH_SOCK is not set");
	setenv("SSH_AUTH_SOCK", home_path("gone"), 1);
	sign_with("agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);
	assert_said("has ended");
	setenv("SSH_AUTH_SOCK",
	       "/a/path/that/no/socket/can/have/since/it/is/longer/than/the/kernel/has/room/for/it/in/an/"
	       "address/of/a/socket/on/this/machine",
	       1);
	sign_with("agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);
	assert_said("File name too long");
}

TEST(what_is_no_signature_of_the_key_is_not_handed_out, here)
{
	assert_refused(SIGNS_OTHERWISE, AA_ALG_ES256, "would be refused");
	assert_refused(SIGNS_SHA1, AA_ALG_RS256, "is no signature for RS256");
	assert_refused(SIGNS_SHORT, AA_ALG_ES256, "is no signature for ES256");
	assert_refused(SIGNS_SHORT, AA_ALG_EDDSA, "is no signature for EdDSA");
	assert_refused(SIGNS_SHORT, AA_ALG_RS256, "is no signature for RS256");
}

TEST(what_is_no_agent_costs_neither_memory_nor_time, here)
{
	assert_refused(COUNTS_TOO_FAR, AA_ALG_ES256, "is no ssh-agent");
	assert_refused(TELLS_TOO_LONG, AA_ALG_ES256, "is no ssh-agent");
	assert_refused(SAYS_SOMETHING_ELSE, AA_ALG_ES256, "is no ssh-agent");
	assert_refused(CUTS, AA_ALG_ES256, "did not answer");
	assert_refused(ENDS, AA_ALG_ES256, "ended the connection without an answer");
	start(IS_SILENT, AA_ALG_ES256);
	assert_null(ssh_agent_key(home_path("key.pub"), 1));
}
