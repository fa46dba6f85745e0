/* SPDX-License-Identifier: Apache-2.0 */
/* call.c: the beginning and the end of every call. */
#include "config.h"

#include "pam/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "common/state/monotonic.h"
#include "common/state/session_find.h"
#include "common/text/address.h"
#include "common/text/service.h"

/* ---- items ---------------------------------------------------------------------------- */

static const char *item(pam_handle_t *pamh, int which)
{
	const void *value = NULL;

	return pam_get_item(pamh, which, &value) == PAM_SUCCESS ? value : NULL;
}

/* Finds PAM_RHOST's address. sshd may give a name instead: then the address stands in SSH_CONNECTION, which sshd puts
 * into PAM's environment. A name without an address lies in no network. */
static void find_address(struct aa_call *call)
{
	const char *rhost = item(call->pamh, PAM_RHOST), *connection;
	size_t len;

	call->address[0] = '\0';
	if (!rhost || !*rhost)
		return;
	(void)snprintf(call->address, sizeof(call->address), "%s", rhost);
	if (aa_address_is_numeric(rhost) || strcmp(call->service, "sshd") != 0)
		return;
	connection = pam_getenv(call->pamh, "SSH_CONNECTION");
	len = connection ? strcspn(connection, " ") : 0;
	if (len > 0 && len < sizeof(call->address)) {
		memcpy(call->address, connection, len);
		call->address[len] = '\0';
	}
}

/* ---- whose user --------------------------------------------------------------------------- */

static void log_doubt(const struct aa_call *call)
{
	const struct aa_user *user = &call->identity;
	const char *agent = user->account.name;

	switch (user->doubt) {
	case AA_DOUBT_NONE:
		break;
	case AA_DOUBT_REGISTRY:
		pam_syslog(
		    call->pamh, LOG_ERR,
		    "the registry in %s cannot be read (%s); agents are refused. Run: agentauthctl check",
		    call->args.statedir, strerror(-user->err));
		break;
	case AA_DOUBT_UNKNOWN:
		pam_syslog(call->pamh, LOG_ERR,
			   "the system does not know agent %s; refused. Run: agentauthctl doctor", agent);
		break;
	case AA_DOUBT_UID:
		pam_syslog(call->pamh, LOG_ERR,
			   "uid %u of agent %s is another's too; refused. Run: agentauthctl doctor",
			   user->account.uid, agent);
		break;
	case AA_DOUBT_NAME:
		pam_syslog(call->pamh, LOG_ERR,
			   "agent %s calls, and its name is a person's as well; refused. "
			   "Run: agentauthctl doctor",
			   agent);
		break;
	}
}

enum aa_user_kind aa_call_turn_to_caller(struct aa_call *call, uid_t uid)
{
	enum aa_user_kind kind = aa_user_by_uid(&call->ctx, uid, &call->identity);

	log_doubt(call);
	if (kind == AA_USER_OTHER || !call->identity.account.name)
		return kind;
	(void)snprintf(call->caller, sizeof(call->caller), "%s", call->identity.account.name);
	call->user = call->login.agent = call->caller;
	return kind;
}

/* Gives the uid of the agent that asks, 0 where none does: the real uid, or where that is somebody else's, as a
 * setuid file makes it, the kernel's login uid. root asks for others, and needs nobody's leave. A uid that may be an
 * agent's counts as one. */
static uint32_t asking_agent(const struct aa_call *call)
{
	const uint32_t uids[] = {aa_guard_caller_uid(), aa_login_uid()};
	struct aa_account account;

	for (size_t i = 0; uids[0] != 0 && i < sizeof(uids) / sizeof(uids[0]); i++)
		if (uids[i] && aa_account_by_uid(&call->ctx.accounts, uids[i], &account) != -ENOENT)
			return uids[i];
	return 0;
}

/* Finds the origin of an agent that asks for a login, for itself or for another agent; PAM has no address for su. It
 * is the source of the session that the agent is in, so that a second credential is good for no role whose sources do
 * not list that. Outside of a session, or in one that root started, it is unknown. A session that a person of this
 * host started has no address, as the person has none. */
static void find_origin(struct aa_call *call)
{
	uint32_t uid = call->address[0] || aa_call_is_session_service(call) ? 0 : asking_agent(call);
	struct aa_session *session = NULL;

	if (uid == 0)
		return;
	if (aa_session_find(call->args.rundir, call->ctx.owner, uid, &session) != AA_OK ||
	    session->kind == AA_KIND_ROOT)
		(void)snprintf(call->origin, sizeof(call->origin), AA_ORIGIN_UNKNOWN);
	else if (session->rhost)
		(void)snprintf(call->origin, sizeof(call->origin), "%s", session->rhost);
	aa_session_free(session);
	call->login.address = call->origin[0] ? call->origin : NULL;
}

const char *aa_call_source(const struct aa_call *call, char buf[AA_CALL_SOURCE_MAX])
{
	if (call->address[0])
		return call->address;
	(void)snprintf(buf, AA_CALL_SOURCE_MAX, "uid %u", (unsigned)aa_guard_caller_uid());
	return buf;
}

bool aa_call_is_session_service(const struct aa_call *call)
{
	return aa_args_session_service(&call->args, call->service);
}

/* ---- begin and end ------------------------------------------------------------------------------ */

/* The name is not logged: it may be a password that was typed into the wrong field. */
static void log_kind(const struct aa_call *call, enum aa_user_kind kind)
{
	static const char *const words[] = {[AA_USER_OTHER] = "not an agent, left to the next module",
					    [AA_USER_AGENT] = "an agent",
					    [AA_USER_UNCLEAR] = "cannot be told from an agent, refused"};

	if (call->args.debug)
		pam_syslog(call->pamh, LOG_DEBUG, "the user of service %s is %s", call->service, words[kind]);
}

void aa_call_pause(struct aa_call *call)
{
	(void)aa_guard_lower(&call->guard);
}

/* The caller may have stopped us for long, so the clock is read again. */
void aa_call_resume(struct aa_call *call)
{
	aa_guard_raise(&call->guard);
	call->ctx.starved = call->guard.starved;
	call->ctx.now = call->login.now = time(NULL);
}

enum aa_user_kind aa_call_begin(struct aa_call *call, pam_handle_t *pamh, int argc, const char **argv)
{
	const char *service;
	enum aa_user_kind kind;

	memset(call, 0, sizeof(*call));
	aa_call_resume(call);
	call->pamh = pamh;
	call->ctx.gen_fd = call->ctx.accounts.fd = -1;
	call->started_us = aa_monotonic_us();
	aa_args_read(&call->args, argc, argv);
	if (call->args.bad)
		pam_syslog(pamh, LOG_ERR, "argument not understood, agents are refused: %.64s",
			   call->args.bad);
	service = item(pamh, PAM_SERVICE);
	call->service = aa_service_canonical(service ? service : "");
	call->starts = service && strcmp(service, "agentauth-run") == 0;
	call->user = item(pamh, PAM_USER);
	find_address(call);
	call->ctx.statedir = call->args.statedir;
	call->ctx.rundir = call->args.rundir;
	call->ctx.logdir = call->args.logdir;
	call->ctx.owner = geteuid();
	call->login = (struct aa_login){.agent = call->user,
					.service = call->service,
					.address = call->address[0] ? call->address : NULL,
					.keysdir = call->ctx.keysdir,
					.owner = call->ctx.owner,
					.now = call->ctx.now};
	kind = aa_user_by_name(&call->ctx, call->user, &call->identity);
	log_doubt(call);
	if (kind == AA_USER_AGENT)
		find_origin(call);
	log_kind(call, kind);
	return kind;
}

int aa_call_end(struct aa_call *call, int answer)
{
	aa_context_close(&call->ctx);
	return aa_guard_lower(&call->guard) ? answer : PAM_SYSTEM_ERR;
}
