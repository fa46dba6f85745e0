/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_revoke.c: revoke: a credential, a key, or all that an agent was given before a time, is refused from now on. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "common/state/last_look.h"
#include "common/state/override.h"

struct revocation {
	const char *jti, *issuer, *kid, *agent, *before;
	int64_t when;
};

/* One thing is revoked by one command, so that the audit record says what. */
static enum ctl_status read_options(struct ctl *ctl, const struct arguments *arguments,
				    struct revocation *ret)
{
	char why[256];
	int n;

	ret->jti = arguments_value(arguments, "jti");
	ret->issuer = arguments_value(arguments, "issuer");
	ret->kid = arguments_value(arguments, "kid");
	ret->agent = arguments_value(arguments, "agent");
	ret->before = arguments_value(arguments, "before");
	n = (ret->jti != NULL) + (ret->kid != NULL) + (ret->agent != NULL);
	if (n != 1)
		return ctl_usage(ctl,
				 "say what is revoked, one of: --jti J, --kid K, --agent NAME --before T");
	if ((ret->agent != NULL) != (ret->before != NULL))
		return ctl_usage(ctl, "--agent NAME and --before T belong together: what the agent was given "
				      "before T is refused");
	if (ret->issuer && !ret->jti)
		return ctl_usage(ctl, "--issuer belongs to --jti: it says whose token it is");
	if (ret->agent && !check_agent_name(ret->agent, why, sizeof(why)))
		return ctl_fail(ctl, "%s %s", quoted(ret->agent), why);
	if (ret->before && strcmp(ret->before, "now") == 0)
		ret->when = ctl->now + 1; /* what was issued in this second too */
	else if (ret->before &&
		 (!time_parse_loose(ret->before, ctl->now, &ret->when) || ret->when > ctl->now + 1))
		return ctl_usage(ctl, "%s is not a time in the past: now, 2027-01-31 or 2027-01-31T12:00:00Z",
				 quoted(ret->before));
	if ((ret->jti && !*ret->jti) || (ret->kid && !*ret->kid))
		return ctl_usage(ctl, "what is revoked has a name; the one given is empty");
	return CTL_DONE;
}

static int revoke(struct ctl *ctl, const struct revocation *r)
{
	const char *statedir = ctl->places.statedir;

	if (r->jti)
		return aa_override_revoke_jti(statedir, r->issuer ? r->issuer : "*", r->jti, ctl_who(),
					      ctl->now);
	if (r->kid)
		return aa_override_revoke_kid(statedir, r->kid, ctl_who(), ctl->now);
	return aa_override_revoke_before(statedir, r->agent, r->when, ctl_who(), ctl->now);
}

static void tell(const struct ctl *ctl, const struct revocation *r)
{
	char when[32];

	if (ctl->json)
		return;
	if (r->jti)
		printf(
		    "The credential %s is refused from now on, and the sudo of a session that it opened.\n",
		    quoted(r->jti));
	else if (r->kid)
		printf("The key %s is refused from now on, in assertions and by SSH, and the sudo of "
		       "sessions that it opened.\n",
		       quoted(r->kid));
	else {
		time_format(r->when, when);
		printf("Credentials of %s issued before %s are refused from now on, and the sudo of its "
		       "sessions begun before.\n",
		       r->agent, when);
	}
	puts("What runs goes on: agentauthctl session kill ends it.");
}

static enum ctl_status run_revoke(struct ctl *ctl, const struct arguments *arguments)
{
	struct revocation r = {0};
	enum ctl_status status = read_options(ctl, arguments, &r);
	int err;

	if (status != CTL_DONE)
		return status;
	if (ctl->dry_run) {
		if (!ctl->json)
			puts("It would be revoked.");
		return CTL_DONE;
	}
	err = revoke(ctl, &r);
	if (err == -EEXIST)
		return ctl_fail(ctl, "that is revoked already");
	if (err < 0)
		return ctl_fail(ctl, "it cannot be revoked: %s. When that is mended, run the command again",
				strerror(-err));
	aa_last_look_settle(0);
	ctl_audit(ctl, r.agent, "ok", "ok");
	ctl_answer(ctl, "revoked", json_true());
	tell(ctl, &r);
	return CTL_DONE;
}

const struct ctl_command cmd_revoke = {
    .name = "revoke",
    .words = "",
    .summary = "refuse a credential, a key, or what an agent was given before a time",
    .about = "Holds from the next PAM call on, whatever is published, applied or rolled back. A token "
	     "without jti is\n"
	     "known by the jti that the audit log shows for it.",
    .options = (const struct ctl_option[]){{"jti", "J", "one credential, by its jti", 0, NULL},
					   {"issuer", "NAME",
					    "of this issuer only; \"\" is an agent's own assertion", 0, NULL},
					   {"kid", "K", "all that this key signed or authenticated", 0, NULL},
					   {"agent", "NAME", "with --before: all of this agent's", 0, NULL},
					   {"before", "T", "now, or a time in the past", 0, NULL},
					   {0}},
    .run = run_revoke,
};
