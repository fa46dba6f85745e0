/* SPDX-License-Identifier: Apache-2.0 */
/* fake_directory.c: a small LDAP server that says what a test has it say. */
#include <config.h>

#include "tests/unit/sync/fake_directory.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static pid_t server;
static int *binds;

/* ---- saying ----------------------------------------------------------------------------- */

void fake_bytes(struct fake *fake, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(fake->fd, at, len);

		if (n <= 0)
			_exit(0); /* the client has gone */
		at += n;
		len -= (size_t)n;
	}
}

static void send_ber(struct fake *fake, BerElement *ber, int rc)
{
	struct berval *bytes = NULL;

	if (rc < 0 || ber_flatten(ber, &bytes) < 0)
		_exit(9);
	fake_bytes(fake, bytes->bv_val, bytes->bv_len);
	ber_bvfree(bytes);
	ber_free(ber, 1);
}

static void say_entry(struct fake *fake, int state, const unsigned char uuid[16], const char *dn,
		      const struct berval *content)
{
	struct berval id = {16, (char *)(uintptr_t)uuid}, *value = NULL;
	BerElement *inner = ber_alloc_t(LBER_USE_DER), *ber = ber_alloc_t(LBER_USE_DER);

	if (ber_printf(inner, "{eO}", state, &id) < 0 || ber_flatten(inner, &value) < 0)
		_exit(9);
	ber_free(inner, 1);
	send_ber(fake, ber,
		 ber_printf(ber, "{it{s{{s[O]}}}t{{sO}}}", fake->id, LDAP_RES_SEARCH_ENTRY, dn,
			    "agentauthContent", content, LDAP_TAG_CONTROLS, LDAP_CONTROL_SYNC_STATE, value));
	ber_bvfree(value);
}

void fake_entry(struct fake *fake, int state, const unsigned char uuid[16], const char *dn,
		const char *content)
{
	struct berval value = {strlen(content), (char *)(uintptr_t)content};

	say_entry(fake, state, uuid, dn, &value);
}

void fake_big_entry(struct fake *fake, const unsigned char uuid[16], const char *dn, size_t len)
{
	struct berval value = {len, calloc(1, len)};

	say_entry(fake, 1, uuid, dn, &value);
	free(value.bv_val);
}

void fake_file(struct fake *fake, const unsigned char uuid[16], const char *text)
{
	char hex[AA_SHA256_HEX_SIZE], dn[256];

	if (aa_sha256_hex(hex, text, strlen(text)))
		_exit(9);
	snprintf(dn, sizeof(dn), "agentauthDigest=%s,ou=files," FAKE_BASE, hex);
	fake_entry(fake, 1, uuid, dn, text);
}

void fake_refreshed(struct fake *fake, const char *cookie)
{
	BerElement *inner = ber_alloc_t(LBER_USE_DER), *ber = ber_alloc_t(LBER_USE_DER);
	struct berval *value = NULL;

	if (ber_printf(inner, "t{s}", 0xa2U, cookie) < 0 || ber_flatten(inner, &value) < 0)
		_exit(9);
	ber_free(inner, 1);
	send_ber(fake, ber,
		 ber_printf(ber, "{it{tstO}}", fake->id, LDAP_RES_INTERMEDIATE, 0x80U, LDAP_SYNC_INFO, 0x81U,
			    value));
	ber_bvfree(value);
}

void fake_referral(struct fake *fake)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);

	send_ber(
	    fake, ber,
	    ber_printf(ber, "{it{s}}", fake->id, LDAP_RES_SEARCH_REFERENCE, "ldap://elsewhere.example.com/"));
}

void fake_result(struct fake *fake, int code)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);

	send_ber(
	    fake, ber,
	    ber_printf(ber, "{it{ess}}", fake->id, LDAP_RES_SEARCH_RESULT, code, "", "as the test says"));
}

void fake_wait(struct fake *fake)
{
	char byte;

	while (read(fake->fd, &byte, 1) > 0)
		;
}

/* ---- listening ------------------------------------------------------------------------------ */

static void answer(struct fake *fake, ber_int_t id, ber_tag_t tag, int code)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);

	send_ber(fake, ber, ber_printf(ber, "{it{ess}}", id, tag, code, "", ""));
}

static void serve(int fd, int start_tls, fake_script_fn *script)
{
	Sockbuf *sb = ber_sockbuf_alloc();
	struct fake fake = {fd, 0};

	ber_sockbuf_add_io(sb, &ber_sockbuf_io_tcp, LBER_SBIOD_LEVEL_PROVIDER, &fd);
	for (;;) {
		BerElement *ber = ber_alloc_t(LBER_USE_DER);
		ber_len_t len;
		ber_int_t id;
		ber_tag_t op;

		if (ber_get_next(sb, &len, ber) != LDAP_TAG_MESSAGE || ber_scanf(ber, "i", &id) == LBER_ERROR)
			_exit(0);
		op = ber_peek_tag(ber, &len);
		if (op == LDAP_REQ_BIND) {
			++*binds;
			answer(&fake, id, LDAP_RES_BIND, LDAP_SUCCESS);
		} else if (op == LDAP_REQ_EXTENDED) {
			answer(&fake, id, LDAP_RES_EXTENDED, start_tls);
		} else if (op == LDAP_REQ_SEARCH) {
			fake.id = id;
			script(&fake);
			_exit(0);
		}
		ber_free(ber, 1);
	}
}

static int listen_at(bool tcp, char *uri, size_t size)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(in);
	char *dir;
	int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (tcp) {
		assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
		snprintf(uri, size, "localhost:%d", ntohs(in.sin_port));
	} else {
		dir = support_tmpdir();
		snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", dir);
		assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
		snprintf(uri, size, "ldapi://");
		for (const char *at = un.sun_path; *at; at++)
			snprintf(uri + strlen(uri), size - strlen(uri), *at == '/' ? "%%2F" : "%c", *at);
		free(dir);
	}
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

const char *fake_start(bool tcp, int start_tls, fake_script_fn *script)
{
	static char uri[512];
	int listening = listen_at(tcp, uri, sizeof(uri)), fd;

	binds = mmap(NULL, sizeof(*binds), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(binds != MAP_FAILED);
	server = fork();
	if (server == 0) {
		signal(SIGCHLD, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		while ((fd = accept(listening, NULL, NULL)) >= 0) {
			if (fork() == 0)
				serve(fd, start_tls, script);
			close(fd);
		}
		_exit(0);
	}
	close(listening);
	return uri;
}

int fake_stop(void)
{
	int n = *binds;

	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	munmap(binds, sizeof(*binds));
	return n;
}
