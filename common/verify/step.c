/* SPDX-License-Identifier: Apache-2.0 */
/* step.c: has the one table from step to name and sentence. */
#include "common/verify/step.h"

#define PRESENTED (AA_WAY_ASSERTION | AA_WAY_TOKEN)
#define LOGIN (PRESENTED | AA_WAY_SSH_KEY)
#define ROLES (LOGIN | AA_WAY_AWAITED | AA_WAY_STARTED)

static const struct row {
	const char *name, *sentence;
	unsigned ways;
} rows[AA_STEP_COUNT] = {
    [AA_STEP_ACCOUNT] = {"account", "the agent is registered, and not retired", ROLES | AA_WAY_SESSION},
    [AA_STEP_ELEVATION] = {"elevation", "the agent has the role for a time", AA_WAY_SOME},
    [AA_STEP_FAILURES] = {"failures", "not too many credentials failed from there within a minute",
			  PRESENTED | AA_WAY_AWAITED},
    [AA_STEP_FORM] = {"form", "it is a signed JSON Web Token in compact form", PRESENTED},
    [AA_STEP_ISSUER] = {"issuer", "its iss is a configured issuer, or an agent", PRESENTED},
    [AA_STEP_KEY] = {"key", "it is signed by a key that is known here", LOGIN},
    [AA_STEP_SIGNATURE] = {"signature", "the signature is that of the key", PRESENTED},
    [AA_STEP_TYPE] = {"type", "its typ is that of such a credential", PRESENTED},
    [AA_STEP_IDENTITY] = {"identity", "a second use of it can be told", PRESENTED},
    [AA_STEP_SUBJECT] = {"subject", "the agent speaks for itself", AA_WAY_ASSERTION},
    [AA_STEP_AUDIENCE] = {"audience", "it was made for this host", PRESENTED},
    [AA_STEP_TIMES] = {"times", "it is valid now, and does not live too long", PRESENTED},
    [AA_STEP_NONCE] = {"nonce", "it answers the prompt, as far as the host demands that", AA_WAY_ASSERTION},
    [AA_STEP_REQUIRE] = {"require", "it has the claims that the issuer's settings require", AA_WAY_TOKEN},
    [AA_STEP_BINDING] = {"binding", "its client is bound to this agent", AA_WAY_TOKEN},
    [AA_STEP_BEHALF] = {"behalf", "the agent may act for whom it acts for",
			AA_WAY_TOKEN | AA_WAY_AWAITED | AA_WAY_SESSION | AA_WAY_STARTED},
    [AA_STEP_PROOF] = {"proof", "it is bound to no key, or to that of the connection", PRESENTED},
    [AA_STEP_TASK] = {"task", "its task can be logged", AA_WAY_ASSERTION},
    [AA_STEP_SCOPE] = {"scope", "its scope can be read", AA_WAY_ASSERTION},
    [AA_STEP_EXPIRY] = {"expiry", "the agent's registration has not expired", ROLES | AA_WAY_SESSION},
    [AA_STEP_ADDRESS] = {"address", "the agent's sources admit the address", ROLES | AA_WAY_SESSION},
    [AA_STEP_ASKED] = {"asked", "the agent has the roles that are asked for",
		       AA_WAY_ASSERTION | AA_WAY_AWAITED},
    [AA_STEP_ROLE] = {"role", "the role admits service and address", ROLES | AA_WAY_SESSION},
    [AA_STEP_ROLES] = {"roles", "a role is left for this login", ROLES},
    [AA_STEP_SUSPENSION] = {"suspension", "the agent is not suspended", ROLES | AA_WAY_SESSION},
    [AA_STEP_UNASKED] = {"limits", "no limit of the agent's roles is shed by it", AA_WAY_STARTED},
    [AA_STEP_SESSION] = {"session", "a login of the agent is open", AA_WAY_SESSION},
    [AA_STEP_DEADLINE] = {"deadline", "the session has not ended", AA_WAY_SESSION},
    [AA_STEP_REVOCATION] = {"revocation", "nothing of it was revoked",
			    LOGIN | AA_WAY_AWAITED | AA_WAY_SESSION},
    [AA_STEP_SERVICE] = {"service", "a role of the session has the service", AA_WAY_SESSION},
    [AA_STEP_GROUPS] = {"groups", "the caller has no role's group that its session has not", AA_WAY_SESSION},
    [AA_STEP_PLUGIN] = {"plugin", "sudo loads the plugin that asks a person", AA_WAY_SOME},
    [AA_STEP_BUDGET] = {"budget", "the role's max_sudo is not used up", AA_WAY_SOME},
    [AA_STEP_APPROVAL] = {"approval", "no rule has the command wait for a person", AA_WAY_SESSION},
    [AA_STEP_RECORDER] = {"recorder", "a recorder of programs runs", AA_WAY_SOME},
    [AA_STEP_ROOM] = {"sessions", "the agent may have one session more", PRESENTED | AA_WAY_AWAITED},
    [AA_STEP_REPLAY] = {"replay", "it was not used before", PRESENTED},
    [AA_STEP_LOG] = {"log", "the audit log can take it", ROLES | AA_WAY_SESSION},
};

const char *aa_step_name(enum aa_step step)
{
	return rows[step].name;
}

const char *aa_step_sentence(enum aa_step step)
{
	return rows[step].sentence;
}

bool aa_step_is_of(enum aa_step step, unsigned way)
{
	return (rows[step].ways & way) != 0;
}
