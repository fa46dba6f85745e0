/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_agent.c: asks an ssh-agent for its keys, and for signatures by one of them. */
#include "config.h"

#include "tools/agentauth/local/ssh_agent.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/jose/base64url.h"
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/ssh_wire.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

#define MESSAGE_MAX (256 * 1024) /* OpenSSH's own limit */
#define PUBLIC_MAX 65536
#define KEYS_MAX 2048 /* OpenSSH's own limit */
#define SHOWN_MAX 4   /* how many keys a refusal names */
#define FINGERPRINT_SIZE (sizeof(SSH_AGENT_FINGERPRINT) + 43)

/* draft-miller-ssh-agent section 6 gives these numbers. */
enum {
	REQUEST_IDENTITIES = 11,
	IDENTITIES_ANSWER = 12,
	SIGN_REQUEST = 13,
	SIGN_RESPONSE = 14,
	FLAG_SHA2_256 = 2,
	FLAG_SHA2_512 = 4,
};

struct message {
	uint8_t *bytes;
	size_t len;
};

/* A held key is what the signer of a private key needs to ask the agent for signatures. */
struct held {
	char fingerprint[FINGERPRINT_SIZE];
	struct message blob;
	const struct aa_key *pub; /* belongs to the private key that has this signer */
	int seconds;
};

/* ---- the socket ------------------------------------------------------------- */

static const char *socket_path(void)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (path && *path)
		return path;
	say("the key is an ssh-agent's, and SSH_AUTH_SOCK is not set: there is no agent here. This starts "
	    "one: eval $(ssh-agent) && ssh-add KEY");
	return NULL;
}

static void say_unreachable(const char *path, int err)
{
	if (err == ENOENT || err == ECONNREFUSED)
		say("the ssh-agent at %s has ended: SSH_AUTH_SOCK names it still, and nothing answers there "
		    "(%s)",
		    path, strerror(err));
	else
		say("the ssh-agent at %s, which SSH_AUTH_SOCK names, cannot be asked: %s", path,
		    strerror(err));
}

static int reach(const char *path, int seconds)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = seconds};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return say_unreachable(path, ENAMETOOLONG), -1;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	say_unreachable(path, errno);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* Receives all of the bytes within the socket's time limit. On failure errno says why; 0 means that the connection ended too
 * early. */
static bool receive(int fd, uint8_t *bytes, size_t len)
{
	ssize_t n = recv(fd, bytes, len, MSG_WAITALL);

	if (n >= 0 && (size_t)n < len)
		errno = n == 0 ? 0 : EAGAIN;
	return n >= 0 && (size_t)n == len;
}

/* Receives the agent's answer into memory from malloc(). The length is checked before memory is taken for it. */
static bool receive_message(int fd, struct message *ret)
{
	uint8_t head[4];
	struct aa_ssh_reader in = {head, sizeof(head)};
	uint32_t len = 0;

	if (!receive(fd, head, sizeof(head)))
		return false;
	errno = EPROTO;
	if (!aa_ssh_take_u32(&in, &len) || len < 1 || len > MESSAGE_MAX)
		return false;
	ret->bytes = xmalloc(len);
	ret->len = len;
	if (receive(fd, ret->bytes, len))
		return true;
	free(ret->bytes);
	ret->bytes = NULL;
	return false;
}

static void say_no_answer(const char *path, int err, int seconds)
{
	if (err == EAGAIN)
		say("the ssh-agent at %s did not answer within %d s", path, seconds);
	else if (err == EPROTO)
		say("what answers at %s, which SSH_AUTH_SOCK names, is no ssh-agent", path);
	else
		say("the ssh-agent at %s ended the connection without an answer%s%s", path, err ? ": " : "",
		    err ? strerror(err) : "");
}

/* Sends one request, which begins with its length, and receives the answer. */
static bool ask(const struct aa_ssh_writer *request, int seconds, struct message *ret)
{
	const char *path = socket_path();
	int fd = path ? reach(path, seconds) : -1;
	bool good;

	if (fd < 0)
		return false;
	good =
	    send(fd, request->p, request->n, MSG_NOSIGNAL) == (ssize_t)request->n && receive_message(fd, ret);
	if (!good)
		say_no_answer(path, errno, seconds);
	(void)close(fd);
	return good;
}

/* ---- which key ---------------------------------------------------------------- */

/* Computes a fingerprint as ssh-add -l prints it: the SHA-256 of the blob in base64 without padding. */
static bool fingerprint(const uint8_t *blob, size_t len, char ret[FINGERPRINT_SIZE])
{
	uint8_t hash[32];
	char *text = NULL;

	if (EVP_Digest(blob, len, hash, NULL, EVP_sha256(), NULL) == 1)
		text = aa_base64_encode(hash, sizeof(hash));
	if (text)
		(void)snprintf(ret, FINGERPRINT_SIZE, SSH_AGENT_FINGERPRINT "%.43s", text);
	free(text);
	return text != NULL;
}

static bool fingerprint_of(const struct aa_key *key, char ret[FINGERPRINT_SIZE])
{
	char *line = NULL, *blank;
	uint8_t *blob = NULL;
	size_t len = 0;
	bool good = false;

	if (aa_key_to_ssh(key, &line) == AA_JOSE_OK && (blank = strchr(line, ' ')) &&
	    aa_base64_decode(blank + 1, strlen(blank + 1), &blob, &len) == AA_JOSE_OK)
		good = fingerprint(blob, len, ret);
	free(blob);
	free(line);
	if (!good)
		say("memory is out");
	return good;
}

/* The file's owner and mode do not matter. The public half is no secret, and an attacker gains nothing by putting another key
 * into the file: a host knows the registered key alone. */
static bool fingerprint_of_file(const char *name, char ret[FINGERPRINT_SIZE])
{
	char *path = own_expand(name), *text = NULL;
	struct aa_key *key = NULL;
	enum aa_jose_err err;
	bool good = false;
	size_t len = 0;

	if (path && own_read_any(path, PUBLIC_MAX, &text, &len) == 0) {
		err = aa_key_from_any(text, len, &key);
		if (err == AA_JOSE_OK)
			good = fingerprint_of(key, ret);
		else
			say("%s is to be the public half of a key that ssh-agent holds: %s", path,
			    aa_jose_strerror(err));
		explicit_bzero(text, len);
	}
	aa_key_free(key);
	free(text);
	free(path);
	return good;
}

static bool read_name(const char *name, char ret[FINGERPRINT_SIZE])
{
	if (strncmp(name, SSH_AGENT_FINGERPRINT, strlen(SSH_AGENT_FINGERPRINT)) != 0)
		return *name ? fingerprint_of_file(name, ret)
			     : (say("which key of the ssh-agent? agent:SHA256:…, as ssh-add -l prints it, or "
				    "agent:FILE with the public half"),
				false);
	if (strlen(name) == FINGERPRINT_SIZE - 1) {
		strcpy(ret, name);
		return true;
	}
	say("\"%s\" is no fingerprint of a key: ssh-add -l prints them, SHA256: and 43 letters and digits",
	    name);
	return false;
}

/* ---- the keys that the agent holds --------------------------------------------- */

/* The keys that the agent has instead are named in a refusal. */
struct others {
	char text[1024];
	unsigned count;
};

static void add_other(struct others *others, const char *print, const uint8_t *comment, size_t len)
{
	size_t n = strlen(others->text);

	if (others->count++ < SHOWN_MAX)
		(void)snprintf(others->text + n, sizeof(others->text) - n, "%s%s (%.*s)", n ? ", " : "",
			       print, len > 60 ? 60 : (int)len, (const char *)comment);
}

static void say_not_held(const struct held *held, const struct others *others)
{
	if (others->count == 0)
		say("the ssh-agent at %s shows no key: none was added (ssh-add KEY), or it is locked "
		    "(ssh-add -X unlocks it)",
		    getenv("SSH_AUTH_SOCK"));
	else
		say("the ssh-agent at %s does not hold %s; it holds %s%s. This adds a key: ssh-add KEY",
		    getenv("SSH_AUTH_SOCK"), held->fingerprint, others->text,
		    others->count > SHOWN_MAX ? ", …" : "");
}

/* Copies the blob with the wanted fingerprint out of an answer; false means that the answer is malformed. */
static bool find(struct aa_ssh_reader in, struct held *held, struct others *others)
{
	uint32_t count = 0;

	if (!aa_ssh_take_u32(&in, &count) || count > KEYS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *blob, *comment;
		char print[FINGERPRINT_SIZE];
		size_t len, comment_len;

		if (!aa_ssh_take_string(&in, &blob, &len) ||
		    !aa_ssh_take_string(&in, &comment, &comment_len) || !fingerprint(blob, len, print))
			return false;
		add_other(others, print, comment, comment_len);
		if (held->blob.bytes || strcmp(print, held->fingerprint) != 0)
			continue;
		held->blob = (struct message){xmalloc(len), len};
		memcpy(held->blob.bytes, blob, len);
	}
	return true;
}

static bool look_for(struct held *held)
{
	uint8_t request[5];
	struct aa_ssh_writer out = {request, 0};
	struct others others = {0};
	struct message answer = {0};
	bool good;

	aa_ssh_put_u32(&out, 1);
	request[out.n++] = REQUEST_IDENTITIES;
	if (!ask(&out, held->seconds, &answer))
		return false;
	good = answer.bytes[0] == IDENTITIES_ANSWER &&
	       find((struct aa_ssh_reader){answer.bytes + 1, answer.len - 1}, held, &others);
	free(answer.bytes);
	if (!good)
		say_no_answer(getenv("SSH_AUTH_SOCK"), EPROTO, 0);
	else if (!held->blob.bytes)
		say_not_held(held, &others);
	return good && held->blob.bytes;
}

/* ---- signing ---------------------------------------------------------------------- */

/* Returns the flags that ask for a signature by this algorithm, or -1 where no flags do. */
static int flags_for(const struct aa_key *pub, enum aa_alg alg)
{
	if (aa_key_default_alg(pub) != AA_ALG_RS256)
		return 0;
	if (alg == AA_ALG_RS256)
		return FLAG_SHA2_256;
	return alg == AA_ALG_RS512 ? FLAG_SHA2_512 : -1;
}

static bool request_signature(const struct held *held, const char *input, size_t len, int flags,
			      struct message *ret)
{
	size_t n = 1 + 4 + held->blob.len + 4 + len + 4;
	struct aa_ssh_writer out = {xmalloc(4 + n), 0};
	bool good;

	aa_ssh_put_u32(&out, (uint32_t)n);
	out.p[out.n++] = SIGN_REQUEST;
	aa_ssh_put_string(&out, held->blob.bytes, held->blob.len);
	aa_ssh_put_string(&out, input, len);
	aa_ssh_put_u32(&out, (uint32_t)flags);
	good = ask(&out, held->seconds, ret);
	free(out.p);
	return good;
}

static enum aa_jose_err read_answer(const struct held *held, enum aa_alg alg, const struct message *answer,
				    struct aa_signature *ret)
{
	struct aa_ssh_reader in = {answer->bytes + 1, answer->len - 1};
	const uint8_t *blob = NULL;
	size_t len = 0;

	if (answer->bytes[0] != SIGN_RESPONSE) {
		say("the ssh-agent would not sign with %s: it is locked (ssh-add -X unlocks it), the person "
		    "whom it asked said no, or the key was added for logins by SSH alone (ssh-add -h)",
		    held->fingerprint);
		return AA_JOSE_SIGNER;
	}
	if (aa_ssh_take_string(&in, &blob, &len) && in.n == 0 &&
	    aa_signature_from_ssh(held->pub, alg, blob, len, ret) == AA_JOSE_OK)
		return AA_JOSE_OK;
	say("what the ssh-agent signed with %s is no signature for %s", held->fingerprint, aa_alg_name(alg));
	return AA_JOSE_SIGNER;
}

static enum aa_jose_err sign(void *data, enum aa_alg alg, const char *input, size_t len,
			     struct aa_signature *ret)
{
	const struct held *held = data;
	int flags = flags_for(held->pub, alg);
	struct message answer = {0};
	enum aa_jose_err err = AA_JOSE_SIGNER;

	if (flags < 0)
		say("an ssh-agent signs with an RSA key by RS256 or RS512, not by %s", aa_alg_name(alg));
	else if (request_signature(held, input, len, flags, &answer))
		err = read_answer(held, alg, &answer, ret);
	free(answer.bytes);
	return err;
}

static void free_held(void *data)
{
	struct held *held = data;

	free(held->blob.bytes);
	free(held);
}

static const struct aa_signer signer = {sign, free_held};

/* ---- the key ------------------------------------------------------------------------ */

static void say_unusable(const struct held *held, enum aa_jose_err err)
{
	char type[AA_SSH_TYPE_MAX];

	if (!aa_ssh_type_of((struct aa_ssh_reader){held->blob.bytes, held->blob.len}, type))
		strcpy(type, "unknown");
	if (strncmp(type, "sk-", 3) == 0)
		say("%s is a security key's (%s), which signs logins by SSH and no assertions, and is "
		    "registered for no agent. Use a key that agentauth keygen makes",
		    held->fingerprint, type);
	else
		say("%s, of type %s, cannot sign an assertion: %s", held->fingerprint, type,
		    aa_jose_strerror(err));
}

/* Takes ownership of `held`, also when it fails. */
static struct aa_private_key *key_of(struct held *held)
{
	struct aa_private_key *key = NULL;
	struct aa_key *pub = NULL;
	enum aa_jose_err err = aa_key_from_ssh_blob(held->blob.bytes, held->blob.len, &pub);

	held->pub = pub;
	if (err == AA_JOSE_OK)
		err = aa_private_key_by_signer(pub, &signer, held, &key);
	if (err == AA_JOSE_OK)
		return key;
	say_unusable(held, err);
	aa_key_free(pub);
	free_held(held);
	return NULL;
}

struct aa_private_key *ssh_agent_key(const char *name, int seconds)
{
	struct held *held = xcalloc(1, sizeof(*held));

	held->seconds = seconds;
	if (read_name(name, held->fingerprint) && look_for(held))
		return key_of(held);
	free_held(held);
	return NULL;
}
