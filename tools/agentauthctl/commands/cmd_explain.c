/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_explain.c: `explain` tells why an agent would be let in or refused, or was. It changes nothing. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/address.h"
#include "common/text/number.h"
#include "common/text/shown.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/explain/explain.h"
#include "tools/agentauthctl/commands/given_file.h"
#include "tools/agentauthctl/commands/last_refusal.h"
#include "tools/agentauthctl/model/check_value.h"

static const struct option_spec explain_options[] = {
    {"service", "SERVICE", "the PAM service: sshd, sudo, su, cron, …", 0, NULL},
    {"from", "ADDRESS", "the address that the login comes from", 0, NULL},
    {"scope", "SCOPE", "the roles that the login asks for, as the credential would", 0, NULL},
    {"user", "NAME", "on whose behalf: a user of the issuer's; of this host with the service agentauth-run",
     0, NULL},
    {"credential", "FILE",
     "what the agent would present; - is standard input. It is verified as at a login, and not used up", 0,
     NULL},
    {"nonce", "NONCE", "the prompt's; without it the credential's own is taken for it", 0, NULL},
    {"ssh-key", "FILE", "the public SSH key that the connection is authenticated with", 0, NULL},
    {"session", "ID", "of sudo: in which session, by its first digits; the newest", 0, NULL},
    {"command", "COMMAND", "of sudo: what it is to run, in quotes", 0, NULL},
    {"runas", "USER", "of sudo: as whom (root)", 0, NULL},
    {"at", "SEQ", "what the audit log has under this number", 0, NULL},
    {"last", "NAME", "the agent's last refusal in the audit log", 0, NULL},
    {0},
};

/* ---- the question -------------------------------------------------------------- */

static enum ctl_status read_address(struct ctl *ctl, const char *from)
{
	if (!from || aa_address_is_numeric(from))
		return CTL_DONE;
	return ctl_usage(ctl, "--from %s: not an address, as 192.0.2.7 or 2001:db8::7", quoted(from));
}

/* Cuts a credential before white space, since files end in a line feed. */
static enum ctl_status read_credential(struct ctl *ctl, const char *file, struct buffer *ret)
{
	if (!file)
		return CTL_DONE;
	if (ctl_read_input(ctl, file, ret) < 0)
		return CTL_FAILED;
	while (ret->len && isspace((unsigned char)ret->data[ret->len - 1]))
		ret->data[--ret->len] = '\0';
	return ret->len ? CTL_DONE : ctl_fail(ctl, "there is no credential in %s", quoted(file));
}

/* Makes "publickey TYPE BLOB", as sshd tells PAM of a key. */
static enum ctl_status read_ssh_key(struct ctl *ctl, const char *file, char **ret)
{
	struct buffer text = {0};
	char *save, *type, *blob;

	if (!file)
		return CTL_DONE;
	if (ctl_read_input(ctl, file, &text) < 0)
		return CTL_FAILED;
	type = text.len ? strtok_r(text.data, " \t\r\n", &save) : NULL;
	blob = type ? strtok_r(NULL, " \t\r\n", &save) : NULL;
	if (blob)
		*ret = xasprintf("publickey %s %s", type, blob);
	buffer_free(&text);
	return blob ? CTL_DONE
		    : ctl_fail(ctl, "%s does not hold a public SSH key, a line as in id_ed25519.pub",
			       quoted(file));
}

static enum ctl_status read_command(struct ctl *ctl, const char *text, char ***ret)
{
	if (!text)
		return CTL_DONE;
	*ret = explain_words(text);
	if (*ret && **ret)
		return CTL_DONE;
	return ctl_usage(ctl, "--command %s: not a command: a quote is open, or there is nothing in it",
			 quoted(text));
}

/* Refuses options of a login beside sudo, and the other way round: sudo goes by the session, whose facts come from its
 * login. */
static enum ctl_status check_together(struct ctl *ctl, const struct arguments *a, const char *service)
{
	static const char *const logins[] = {"from", "scope", "user", "credential", "nonce", "ssh-key"};
	static const char *const sudos[] = {"session", "command", "runas"};
	bool sudo = strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0;

	for (size_t i = 0; sudo && i < sizeof(logins) / sizeof(logins[0]); i++)
		if (arguments_have(a, logins[i]))
			return ctl_usage(
			    ctl, "--%s belongs to a login: sudo is decided by the session that it is in",
			    logins[i]);
	for (size_t i = 0; !sudo && i < sizeof(sudos) / sizeof(sudos[0]); i++)
		if (arguments_have(a, sudos[i]))
			return ctl_usage(ctl, "--%s belongs to --service sudo", sudos[i]);
	if (arguments_have(a, "credential") && (arguments_have(a, "scope") || arguments_have(a, "user")))
		return ctl_usage(ctl, "--scope and --user do not go with --credential: it says both itself");
	if (arguments_have(a, "nonce") && !arguments_have(a, "credential"))
		return ctl_usage(ctl, "--nonce belongs to --credential");
	return CTL_DONE;
}

static enum ctl_status read_question(struct ctl *ctl, const struct arguments *a, struct explain_question *q)
{
	enum ctl_status status;
	char why[256];

	q->name = a->words[0];
	q->service = arguments_value(a, "service");
	q->from = arguments_value(a, "from");
	q->scope = arguments_value(a, "scope");
	q->user = arguments_value(a, "user");
	q->runas = arguments_value(a, "runas");
	q->session = arguments_value(a, "session");
	q->nonce = arguments_value(a, "nonce");
	if (!check_agent_name(q->name, why, sizeof(why)))
		return ctl_fail(ctl, "%s %s", quoted(q->name), why);
	if (!q->service && arguments_have(a, "command"))
		q->service = "sudo";
	if (!q->service)
		return ctl_usage(
		    ctl, "--service is missing: by what does %s come, sshd, sudo, or another PAM service?",
		    q->name);
	status = check_together(ctl, a, q->service);
	if (status == CTL_DONE)
		status = read_address(ctl, q->from);
	if (status == CTL_DONE)
		status = read_command(ctl, arguments_value(a, "command"), &q->argv);
	if (status == CTL_DONE)
		status = read_credential(ctl, arguments_value(a, "credential"), &q->credential);
	return status == CTL_DONE ? read_ssh_key(ctl, arguments_value(a, "ssh-key"), &q->ssh_auth_info)
				  : status;
}

static void free_question(struct explain_question *q)
{
	if (q->credential.data)
		explicit_bzero(q->credential.data, q->credential.len);
	buffer_free(&q->credential);
	explain_free_words(q->argv);
	free(q->ssh_auth_info);
}

/* Tells whether nothing was decided, since the records are root's and who asks is not. */
static bool is_roots(const struct ctl *ctl, const struct explanation *e)
{
	return e->reason == AA_REGISTRY_UNAVAILABLE && geteuid() != 0 &&
	       strcmp(ctl->paths.statedir, AA_STATEDIR) == 0;
}

static void answer(struct ctl *ctl, const struct explanation *e)
{
	if (e->q.session && !e->session)
		ctl_warning(ctl, "no live session of %s has an id that begins with %s", e->q.name,
			    quoted(e->q.session));
	if (ctl->json)
		ctl_answer(ctl, "explanation", explain_json(e));
	else
		explain_print(e);
}

static enum ctl_status explain(struct ctl *ctl, const struct arguments *arguments)
{
	struct explanation e = {.ctl = ctl};
	enum ctl_status status = read_question(ctl, arguments, &e.q);

	if (status == CTL_DONE) {
		explain_decide(&e);
		if (is_roots(ctl, &e))
			status = ctl_fail(ctl, "what is published cannot be read");
		else
			answer(ctl, &e);
		explain_free(&e);
	}
	free_question(&e.q);
	return status;
}

/* ---- what the log has -------------------------------------------------------------- */

static void print_member(const json_t *record, const char *member, const char *label)
{
	const json_t *value = json_object_get(record, member);
	char *text = json_is_array(value)    ? view_joined(value)
		     : json_is_string(value) ? xstrdup(json_string_value(value))
					     : NULL;
	char shown[2048];

	if (text && *text) {
		(void)aa_shown_text(shown, sizeof(shown), text);
		printf("  %-13s%s\n", label, shown);
	}
	free(text);
}

static void print_record(const json_t *record)
{
	static const char *const members[][2] = {{"kind", "kind"},	 {"issuer", "issuer"},
						 {"kid", "key"},	 {"alg", "algorithm"},
						 {"jti", "jti"},	 {"scope", "scope"},
						 {"roles", "roles"},	 {"on_behalf_of", "on behalf of"},
						 {"session", "session"}, {"task", "task"},
						 {"command", "command"}, {"runas", "as"},
						 {"directory", "in"},	 {"tty", "terminal"},
						 {"role", "role"},	 {"why", "why"}};
	char *text = last_refusal_text(record), *cure = last_refusal_cure(record);

	printf("%s, number %lld: %s\n  %-13s%s\n", view_text(record, "agent"),
	       (long long)view_number(record, "seq"), view_text(record, "event"), "said", text);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		print_member(record, members[i][0], members[i][1]);
	if (cure && strcmp(view_text(record, "result"), "denied") == 0)
		printf("  %-13s%s\n", "Do:", cure);
	free(text);
	free(cure);
}

/* Gives the words of a command that sudo was to run, as the log shows them. NULL: it has none, or not all of it, or in
 * escapes. What the agent typed (sudo-asked) has sudo's options in it. */
static char **recorded_command(const json_t *record)
{
	const char *event = view_text(record, "event"), *command = view_text(record, "command");
	bool ran = strcmp(event, "sudo") == 0 || strcmp(event, "sudo-exit") == 0;

	if (!ran || strncmp(command, "/", 1) != 0 || strstr(command, "$'") ||
	    json_object_get(record, "command_length"))
		return NULL;
	return explain_words(command);
}

/* Asks with the record's agent, service, address and session, now. Of a credential the log has no more than its name. */
static void decide_now(struct ctl *ctl, const json_t *record, struct explanation *e)
{
	const char *from = view_text(record, "rhost"), *session = view_text(record, "session");
	const char *user = view_text(record, "on_behalf_of");

	e->ctl = ctl;
	e->q.name = view_text(record, "agent");
	e->q.service = view_text(record, "service");
	if (aa_address_is_numeric(from))
		e->q.from = from;
	if (strcmp(e->q.service, "sudo") == 0 || strcmp(e->q.service, "sudo-i") == 0)
		e->q.session = *session ? session : NULL;
	else if (*user)
		e->q.user = user;
	explain_decide(e);
}

static void tell_now(struct ctl *ctl, const json_t *record, const struct explanation *e)
{
	enum aa_reason then = last_refusal_reason(record);

	ctl_answer(ctl, "now", explain_json(e));
	ctl_answer(ctl, "same", json_boolean(then == e->reason));
	if (ctl->json)
		return;
	if (then == e->reason)
		puts("\nThe same is decided now:\n");
	else if (e->reason == AA_OK && e->way == AA_WAY_AWAITED)
		puts("\nThe log does not have the credential. What else decides, says now:\n");
	else
		puts("\nOtherwise is decided now:\n");
	explain_print(e);
}

static enum ctl_status explain_log(struct ctl *ctl, const struct arguments *a)
{
	const char *at = arguments_value(a, "at"), *last = arguments_value(a, "last");
	struct explanation e = {.ctl = ctl};
	int64_t seq = 0;
	json_t *record;
	char *cure, *runas;

	if (at && (last || !aa_number_parse(at, 1, INT64_MAX, &seq)))
		return ctl_usage(ctl, "--at is the seq of one record of the audit log, and goes without "
				      "--last");
	record = explain_record(ctl, seq, last);
	if (!record && ctl->problems.errors)
		return CTL_FAILED;
	if (!record && at)
		return ctl_fail(
		    ctl, "no record of the audit log has the number %s; it may have been rotated away", at);
	if (!record)
		return ctl_fail(ctl, "the audit log has no refusal of %s", quoted(last));
	cure = last_refusal_cure(record);
	ctl_answer(ctl, "record", json_incref(record));
	if (cure)
		ctl_answer(ctl, "do", json_string(cure));
	free(cure);
	if (!ctl->json)
		print_record(record);
	if (*view_text(record, "agent") && *view_text(record, "service") &&
	    strcmp(view_text(record, "event"), "admin") != 0) {
		runas = xasprintf("%.*s", (int)strcspn(view_text(record, "runas"), ":"),
				  view_text(record, "runas"));
		e.q.runas = *runas ? runas : NULL;
		e.q.argv = recorded_command(record);
		decide_now(ctl, record, &e);
		tell_now(ctl, record, &e);
		explain_free_words(e.q.argv);
		explain_free(&e);
		free(runas);
	}
	json_decref(record);
	return CTL_DONE;
}

/* Counts the options that are explain's own, and no global ones. */
static size_t own_options(const struct arguments *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_given; i++)
		for (const struct option_spec *o = explain_options; o->name; o++)
			n += a->given[i].option == o;
	return n;
}

static int run_explain(struct ctl *ctl, const struct arguments *arguments)
{
	bool log = arguments_have(arguments, "at") || arguments_have(arguments, "last");

	if (log && (arguments->n_words || own_options(arguments) > 1))
		return ctl_usage(ctl, "--at and --last take all else from the record: leave the rest out");
	if (!log && arguments->n_words == 0)
		return ctl_usage(ctl, "usage: agentauthctl explain NAME --service SERVICE");
	return (int)(log ? explain_log(ctl, arguments) : explain(ctl, arguments));
}

const struct command cmd_explain = {
    .name = "explain",
    .also = "why",
    .words = "[NAME]",
    .values = "agents",
    .max_words = 1,
    .summary = "say why an agent would be let in or refused, or was",
    .about = "The decision is made by the code that PAM and the sudo plugin run, step by step, and "
	     "changes nothing: no credential is used up, nothing is counted or logged. Each step says "
	     "which setting decides it; what refuses says what would have to change. It exits with 0 "
	     "whatever was decided: with --json, explanation.decision is ok, needs_credential, waits "
	     "or refused.",
    .options = explain_options,
    .run = run_explain,
};
