/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_revoke.c refuses a credential, a key, or all that an agent was given before a time, from now on. It lists what
 * is refused so, and takes that back. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/decision.h"
#include "common/state/last_look.h"
#include "common/text/shown.h"
#include "common/text/utc.h"
#include "common/text/utf8.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/key_holders.h"
#include "tools/agentauthctl/commands/revoke_list.h"
#include "tools/agentauthctl/model/check_value.h"

#define NAME_MAX_BYTES 256 /* of a jti and a kid: no credential that is taken has a longer name */

/* ---- what is meant ----------------------------------------------------------- */

static bool is_utf8(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t character;

	for (; len && (n = aa_utf8_next(text, len, &character)); len -= n)
		text += n;
	return len == 0;
}

static enum ctl_status check_name_given(struct ctl *ctl, const char *option, const char *name)
{
	if (name && !is_utf8(name))
		return ctl_usage(ctl, "--%s is not UTF-8: no credential that is taken has such a one",
				 option);
	if (!name || (*name && strlen(name) <= NAME_MAX_BYTES))
		return CTL_DONE;
	return ctl_usage(ctl, "--%s is %s: no credential that is taken has such a one", option,
			 *name ? "longer than 256 bytes" : "empty");
}

static enum ctl_status check_combination(struct ctl *ctl, const struct revocation *r)
{
	int n = (r->jti != NULL) + (r->kid != NULL) + (r->agent != NULL);

	if (n != 1)
		return ctl_usage(
		    ctl, r->undo
			     ? "say what is taken back, one of: --jti J, --kid K, --agent NAME; agentauthctl "
			       "revoke --list shows what is revoked"
			     : "say what is revoked, one of: --jti J, --kid K, --agent NAME --before T");
	if (r->issuer && !r->jti)
		return ctl_usage(ctl, "--issuer belongs to --jti: it says whose token it is");
	if (r->anyway && (!r->kid || r->undo))
		return ctl_usage(
		    ctl, "--anyway goes with --kid K: the key is revoked whether somebody has it or not");
	if (r->undo && (r->before || r->why))
		return ctl_usage(ctl, "--undo takes a decision back as a whole: leave --%s out",
				 r->before ? "before" : "why");
	if (!r->undo && (r->agent != NULL) != (r->before != NULL))
		return ctl_usage(ctl, "--agent NAME and --before T belong together: what the agent was given "
				      "before T is refused");
	return CTL_DONE;
}

static enum ctl_status read_time(struct ctl *ctl, struct revocation *r)
{
	if (!r->before)
		return CTL_DONE;
	if (strcmp(r->before, "now") == 0) {
		r->when = ctl->now + 1; /* what was issued in this second too */
		return CTL_DONE;
	}
	if (aa_utc_parse_loose(r->before, ctl->now, &r->when) && r->when <= ctl->now + 1)
		return CTL_DONE;
	return ctl_usage(ctl, "%s is not a time in the past: now, 2027-01-31 or 2027-01-31T12:00:00Z",
			 quoted(r->before));
}

/* A name with a mistake in it would revoke nothing, and look as if it had. */
static enum ctl_status check_agent(struct ctl *ctl, struct revocation *r)
{
	if (!r->agent)
		return CTL_DONE;
	return r->undo ? ctl_check_name(ctl, check_agent_name, r->agent)
		       : ctl_known_agent(ctl, r->agent, &r->uid);
}

static enum ctl_status read_options(struct ctl *ctl, const struct arguments *arguments,
				    struct revocation *ret)
{
	enum ctl_status status;

	ret->jti = arguments_value(arguments, "jti");
	ret->issuer = arguments_value(arguments, "issuer");
	ret->kid = arguments_value(arguments, "kid");
	ret->agent = arguments_value(arguments, "agent");
	ret->before = arguments_value(arguments, "before");
	ret->undo = arguments_have(arguments, "undo");
	ret->anyway = arguments_have(arguments, "anyway");
	status = ctl_read_why(ctl, arguments, &ret->why);
	if (status == CTL_DONE)
		status = check_combination(ctl, ret);
	if (status == CTL_DONE)
		status = check_name_given(ctl, "jti", ret->jti);
	if (status == CTL_DONE)
		status = check_name_given(ctl, "kid", ret->kid);
	if (status == CTL_DONE)
		status = read_time(ctl, ret);
	return status == CTL_DONE ? check_agent(ctl, ret) : status;
}

static const char *text_of(const json_t *revocation, const char *member)
{
	return json_string_value(json_object_get(revocation, member));
}

/* ---- taking back ------------------------------------------------------------- */

/* is_meant() returns true where `one` is the decision that is meant, or (`loosely`) about the same credential of
 * another issuer. */
static bool is_meant(const json_t *one, const struct revocation *r, bool loosely)
{
	const char *jti = text_of(one, "jti"), *kid = text_of(one, "kid"), *agent = text_of(one, "agent"),
		   *issuer = text_of(one, "issuer");

	if (r->jti)
		return jti && issuer && strcmp(jti, r->jti) == 0 &&
		       (strcmp(issuer, r->issuer ? r->issuer : "*") == 0) != loosely;
	return !loosely && (r->kid ? kid && strcmp(kid, r->kid) == 0 : agent && strcmp(agent, r->agent) == 0);
}

/* find_revocation() returns the decision that is meant as a new reference, or NULL where there is none. */
static json_t *find_revocation(const struct ctl *ctl, const struct revocation *r, bool loosely)
{
	json_t *list = NULL, *one, *found = NULL;
	size_t i;

	if (aa_decision_revocations(ctl->paths.statedir, &list) < 0)
		return NULL;
	json_array_foreach(list, i, one)
	{
		if (!found && is_meant(one, r, loosely))
			found = json_incref(one);
	}
	json_decref(list);
	return found;
}

static enum ctl_status is_not_revoked(struct ctl *ctl, const struct revocation *r)
{
	json_t *other = find_revocation(ctl, r, true);
	char *name = other ? revocation_name(ctl, other) : NULL;

	if (name)
		ctl_error(ctl, "that is not revoked, but %s is", name);
	else
		ctl_error(ctl, "that is not revoked; agentauthctl revoke --list shows what is");
	free(name);
	json_decref(other);
	return CTL_FAILED;
}

static int unrevoke(const struct ctl *ctl, const struct revocation *r)
{
	const char *statedir = ctl->paths.statedir;

	if (r->jti)
		return aa_decision_unrevoke_jti(statedir, r->issuer ? r->issuer : "*", r->jti);
	return r->kid ? aa_decision_unrevoke_kid(statedir, r->kid)
		      : aa_decision_unrevoke_before(statedir, r->agent);
}

static void tell_undone(struct ctl *ctl, const struct revocation *r)
{
	json_t *other = find_revocation(ctl, r, true);
	char *name = other ? revocation_name(ctl, other) : NULL;

	if (name)
		ctl_warning(ctl, "the same jti is revoked still by %s", name);
	free(name);
	json_decref(other);
	if (ctl->json)
		return;
	if (r->jti)
		printf("The credential %s is no longer revoked: it is good while it has not expired, unless "
		       "it is "
		       "for one login and was used.\n",
		       quoted(r->jti));
	else if (r->kid)
		printf(
		    "The key %s is no longer revoked: it is good wherever it is registered or published.\n",
		    quoted(r->kid));
	else
		printf(
		    "What %s was given before is no longer revoked: it is good while it has not expired.\n",
		    r->agent);
}

static enum ctl_status undo(struct ctl *ctl, const struct revocation *r)
{
	json_t *found = ctl->dry_run ? find_revocation(ctl, r, false) : NULL;
	bool there = found != NULL;
	int err;

	json_decref(found);
	if (ctl->dry_run && there && !ctl->json)
		puts("It would be taken back.");
	if (ctl->dry_run)
		return there ? CTL_DONE : is_not_revoked(ctl, r);
	err = unrevoke(ctl, r);
	if (err == -ENOENT)
		return is_not_revoked(ctl, r);
	if (err < 0)
		return ctl_fail(ctl,
				"it cannot be taken back: %s. When that is mended, run the command again",
				strerror(-err));
	ctl_audit(ctl, r->agent, "ok", "ok");
	ctl_answer(ctl, "undone", json_true());
	tell_undone(ctl, r);
	return CTL_DONE;
}

/* ---- revoking ---------------------------------------------------------------- */

static int revoke(const struct ctl *ctl, const struct revocation *r)
{
	const char *statedir = ctl->paths.statedir, *who = ctl_who();

	if (r->jti)
		return aa_decision_revoke_jti(statedir, r->issuer ? r->issuer : "*", r->jti, who, r->why,
					      ctl->now);
	if (r->kid)
		return aa_decision_revoke_kid(statedir, r->kid, who, r->why, ctl->now);
	return aa_decision_revoke_before(statedir, r->agent, r->when, who, r->why, ctl->now);
}

static void tell_way_back(const struct revocation *r)
{
	char *options = revocation_options(r);

	printf("agentauthctl revoke --undo %s takes it back.\n", options);
	free(options);
}

/* `whose` says whose the key is, or is "". */
static void tell(const struct ctl *ctl, const struct revocation *r, const char *whose)
{
	char when[32];

	if (ctl->json)
		return;
	if (r->jti)
		printf(
		    "The credential %s is refused from now on, and the sudo of a session that it opened.\n",
		    quoted(r->jti));
	else if (r->kid)
		printf("The key %s%s is refused from now on, in assertions and by SSH, and the sudo of "
		       "sessions that it opened.\n",
		       quoted(r->kid), whose);
	else {
		aa_utc_print(r->when, when);
		printf("Credentials of %s issued before %s are refused from now on, and the sudo of its "
		       "sessions begun before.\n",
		       r->agent, when);
	}
	if (r->agent)
		printf("What runs goes on: agentauthctl session kill --agent %s ends it.\n", r->agent);
	else
		puts("What runs goes on: agentauthctl session list shows it, agentauthctl session kill ID "
		     "ends it.");
	tell_way_back(r);
}

/* check_holders() refuses a kid that nobody has: with a mistake in it nothing would be revoked, and look as if it were. */
static enum ctl_status check_holders(struct ctl *ctl, const struct revocation *r,
				     const struct key_holders *found)
{
	const char *near = found->near ? found->near : "";

	if (found->n || r->anyway)
		return CTL_DONE;
	if (!found->unread)
		return ctl_fail(
		    ctl,
		    "no agent and no issuer that is published has the key %s%s%s%s; agentauthctl show "
		    "NAME lists an agent's keys, and --anyway revokes it all the same",
		    quoted(r->kid), *near ? " (did you mean " : "", near, *near ? "?)" : "");
	ctl_warning(
	    ctl,
	    "it is not known whose key %s is, since not all that is published, or is an issuer's, can "
	    "be read",
	    quoted(r->kid));
	return CTL_DONE;
}

static enum ctl_status revoke_named(struct ctl *ctl, const struct revocation *r, const char *whose)
{
	int err;

	if (ctl->dry_run) {
		if (!ctl->json)
			printf("It would be revoked%s%s.\n", *whose ? ": the key" : "", whose);
		return CTL_DONE;
	}
	err = revoke(ctl, r);
	if (err == -EEXIST)
		return ctl_fail(
		    ctl, "that is revoked already; agentauthctl revoke --list says since when%s",
		    r->agent ? ", and up to which time: an earlier one takes nothing back, --undo does" : "");
	if (err < 0)
		return ctl_fail(ctl, "it cannot be revoked: %s. When that is mended, run the command again",
				strerror(-err));
	aa_last_look_settle(r->uid);
	ctl_audit(ctl, r->agent, "ok", "ok");
	ctl_answer(ctl, "revoked", json_true());
	tell(ctl, r, whose);
	return CTL_DONE;
}

static enum ctl_status revoke_one(struct ctl *ctl, const struct revocation *r)
{
	struct key_holders holders;
	enum ctl_status status;
	char *whose;

	if (!r->kid)
		return revoke_named(ctl, r, "");
	key_holders_find(ctl, r->kid, &holders);
	whose = holders.n ? xasprintf(" of %s", holders.names.data) : xstrdup("");
	status = check_holders(ctl, r, &holders);
	if (status == CTL_DONE)
		status = revoke_named(ctl, r, whose);
	free(whose);
	key_holders_free(&holders);
	return status;
}

static bool names_something(const struct arguments *arguments)
{
	static const char *const names[] = {"jti",    "issuer", "kid",	"agent",
					    "before", "why",	"undo", "anyway"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (arguments_have(arguments, names[i]))
			return true;
	return false;
}

static int run_revoke(struct ctl *ctl, const struct arguments *arguments)
{
	struct revocation r = {0};
	enum ctl_status status;

	if (arguments_have(arguments, "list") && names_something(arguments))
		return ctl_usage(ctl, "--list shows all that is revoked, and goes with nothing else");
	if (arguments_have(arguments, "list"))
		return revoke_list(ctl);
	status = read_options(ctl, arguments, &r);
	if (status != CTL_DONE)
		return status;
	if (r.undo)
		return undo(ctl, &r);
	return revoke_one(ctl, &r);
}

const struct command cmd_revoke = {
    .name = "revoke",
    .words = "",
    .summary = "refuse a credential, a key, or what an agent was given before a time",
    .about = "A revocation holds from the next PAM call on, whatever is published, applied or rolled back. "
	     "A token without jti is known by the jti that the audit log shows for it.",
    .options =
	(const struct option_spec[]){
	    {"jti", "J", "one credential, by its jti", 0, NULL},
	    {"issuer", "ISSUER", "of this issuer only; \"\" is an agent's own assertion", 0, NULL},
	    {"kid", "K", "all that this key signed or authenticated", 0, NULL},
	    {"anyway", NULL, "with --kid: although nobody has such a key", 0, NULL},
	    {"agent", "NAME", "with --before: all of this agent's", 0, NULL},
	    {"before", "T", "now, or a time in the past", 0, NULL},
	    {"why", "TEXT", "kept with it, and shown by --list", 0, NULL},
	    {"list", NULL, "show what is revoked, since when, by whom and why", 0, NULL},
	    {"undo", NULL, "take it back: with --jti, --kid or --agent, as --list shows", 0, NULL},
	    {0}},
    .run = run_revoke,
};
