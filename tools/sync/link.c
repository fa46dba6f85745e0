/* SPDX-License-Identifier: Apache-2.0 */
/* link.c: opens a connection to a directory. */
#include "config.h"

#include "tools/sync/link.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_TIMEOUT 10 /* seconds for one step of the opening */
#define KEEPALIVE_IDLE 120
#define KEEPALIVE_PROBES 4
#define KEEPALIVE_INTERVAL 15

/* ---- the end of an opening that takes too long ------------------------------------ */

/* libldap's time limits are of each wait, so a server that sends a byte now and then outlasts them all. */
static volatile sig_atomic_t opening_fd = -1;

static void too_long(int signal_number)
{
	(void)signal_number;
	if (opening_fd >= 0)
		(void)shutdown(opening_fd, SHUT_RDWR);
}

static int note_fd(LDAP *ld, Sockbuf *sb, LDAPURLDesc *server, struct sockaddr *address,
		   struct ldap_conncb *callback)
{
	int fd = -1;

	(void)ld, (void)server, (void)address, (void)callback;
	if (ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &fd) == 1)
		opening_fd = fd;
	return LDAP_SUCCESS;
}

static void forget_fd(LDAP *ld, Sockbuf *sb, struct ldap_conncb *callback)
{
	(void)ld, (void)sb, (void)callback;
	opening_fd = -1;
}

static struct ldap_conncb notes = {.lc_add = note_fd, .lc_del = forget_fd};

static void begin_opening(void)
{
	struct sigaction action = {.sa_handler = too_long};

	opening_fd = -1;
	sigaction(SIGALRM, &action, NULL);
	alarm(LINK_TIMEOUT);
}

static void end_opening(void)
{
	alarm(0);
	opening_fd = -1;
}

/* ---- options ------------------------------------------------------------------------ */

static bool set_number(int option, int value)
{
	return ldap_set_option(NULL, option, &value) == LDAP_OPT_SUCCESS;
}

static bool set_text(int option, const char *value)
{
	return !value || ldap_set_option(NULL, option, value) == LDAP_OPT_SUCCESS;
}

static bool set_times(void)
{
	struct timeval wait = {ANSWER_TIMEOUT, 0};

	return ldap_set_option(NULL, LDAP_OPT_NETWORK_TIMEOUT, &wait) == LDAP_OPT_SUCCESS &&
	       ldap_set_option(NULL, LDAP_OPT_TIMEOUT, &wait) == LDAP_OPT_SUCCESS &&
	       set_number(LDAP_OPT_X_KEEPALIVE_IDLE, KEEPALIVE_IDLE) &&
	       set_number(LDAP_OPT_X_KEEPALIVE_PROBES, KEEPALIVE_PROBES) &&
	       set_number(LDAP_OPT_X_KEEPALIVE_INTERVAL, KEEPALIVE_INTERVAL);
}

int link_prepare(const struct link_conf *conf, char why[LINK_WHY_SIZE])
{
	int version = LDAP_VERSION3;

	/* The environment does not choose which servers are believed. */
	setenv("LDAPNOINIT", "1", 1);
	signal(SIGPIPE, SIG_IGN);
	if (ldap_set_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_OPT_SUCCESS ||
	    ldap_set_option(NULL, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != LDAP_OPT_SUCCESS || !set_times() ||
	    !set_number(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND) ||
	    !set_number(LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2) ||
	    !set_text(LDAP_OPT_X_TLS_CACERTFILE, conf->ca_file) ||
	    !set_text(LDAP_OPT_X_TLS_CERTFILE, conf->certificate) ||
	    !set_text(LDAP_OPT_X_TLS_KEYFILE, conf->private_key)) {
		snprintf(why, LINK_WHY_SIZE, "libldap does not take the settings of TLS");
		return -1;
	}
	return 0;
}

/* ---- opening -------------------------------------------------------------------------- */

void link_why(LDAP *ld, int rc, char why[LINK_WHY_SIZE])
{
	char *words = NULL;

	if (ld)
		ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &words);
	if (words && *words)
		snprintf(why, LINK_WHY_SIZE, "%s (%.300s)", ldap_err2string(rc), words);
	else
		snprintf(why, LINK_WHY_SIZE, "%s", ldap_err2string(rc));
	ldap_memfree(words);
}

static int answer_nothing(LDAP *ld, unsigned flags, void *defaults, void *asked)
{
	(void)ld, (void)flags, (void)defaults, (void)asked;
	return LDAP_SUCCESS;
}

static int bind_to(LDAP *ld, const struct link_conf *conf)
{
	struct berval password = {0, NULL};

	if (conf->sasl != LINK_SIMPLE)
		return ldap_sasl_interactive_bind_s(ld, NULL,
						    conf->sasl == LINK_EXTERNAL ? "EXTERNAL" : "GSSAPI", NULL,
						    NULL, LDAP_SASL_QUIET, answer_nothing, NULL);
	password.bv_val = (char *)(uintptr_t)conf->password;
	password.bv_len = strlen(conf->password);
	return ldap_sasl_bind_s(ld, conf->bind_dn, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
}

/* The connection is made first, alone, so that its time and the bounds of its messages hold from the beginning. */
static int connect_to(LDAP *ld, const struct link_conf *conf, bool start_tls)
{
	ber_len_t max = conf->message_max;
	Sockbuf *sb = NULL;
	int rc = ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &notes);

	if (rc == LDAP_OPT_SUCCESS)
		rc = ldap_connect(ld);
	if (rc != LDAP_SUCCESS)
		return rc;
	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) != LDAP_OPT_SUCCESS || !sb ||
	    ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &max) != 1)
		return LDAP_LOCAL_ERROR;
	if (start_tls && (rc = ldap_start_tls_s(ld, NULL, NULL)) != LDAP_SUCCESS)
		return rc;
	return bind_to(ld, conf);
}

static bool scheme_is(const char *uri, const char *scheme)
{
	return strncasecmp(uri, scheme, strlen(scheme)) == 0;
}

LDAP *link_open(const struct link_conf *conf, const char *uri, char why[LINK_WHY_SIZE])
{
	LDAP *ld = NULL;
	int rc;

	if (!scheme_is(uri, "ldaps://") && !scheme_is(uri, "ldap://") && !scheme_is(uri, "ldapi://")) {
		snprintf(why, LINK_WHY_SIZE, "a server is ldaps://, ldap:// with StartTLS, or ldapi://");
		return NULL;
	}
	begin_opening();
	rc = ldap_initialize(&ld, uri);
	if (rc == LDAP_SUCCESS)
		rc = connect_to(ld, conf, scheme_is(uri, "ldap://"));
	end_opening();
	if (rc == LDAP_SUCCESS && fcntl(link_fd(ld), F_SETFL, O_NONBLOCK) == 0)
		return ld;
	link_why(ld, rc, why);
	link_close(ld);
	return NULL;
}

int link_fd(LDAP *ld)
{
	int fd = -1;

	if (ldap_get_option(ld, LDAP_OPT_DESC, &fd) != LDAP_OPT_SUCCESS)
		return -1;
	return fd;
}

void link_close(LDAP *ld)
{
	if (ld)
		ldap_unbind_ext(ld, NULL, NULL);
}
