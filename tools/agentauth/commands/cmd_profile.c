/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_profile.c: agentauth profile: writing a first profile, and seeing what the profiles are. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/name.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/guess.h"
#include "tools/cli/print.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profile_hosts.h"
#include "tools/agentauth/local/profile_edit.h"
#include "tools/cli/say.h"
#include "tools/agentauth/commands/ssh_check.h"

#define CONFIG_MAX 65536

enum {
	OPT_AGENT,
	OPT_NAME,
	OPT_AUDIENCE,
	OPT_KEY,
	OPT_PASS_FILE,
	OPT_ISSUER,
	OPT_CLIENT_ID,
	OPT_SECRET_FILE,
	OPT_TOKEN_FILE,
	OPT_TOKEN_ENV,
	OPT_SCOPE,
	N_TEXTS,
	OPT_CONFIG = N_TEXTS,
	OPT_DRY_RUN,
	OPT_JSON
};

static const struct cmdline_option options[] = {
    [OPT_AGENT] = {"agent", "NAME", "add: the agent's account; also as NAME@HOST"},
    [OPT_NAME] = {"name", "PROFILE", "add: the profile's name; default the host's"},
    [OPT_AUDIENCE] = {"audience", "A", "add: what the host asks a credential for; default ssh://HOST"},
    [OPT_KEY] = {"key", "F",
		 "add: a file, agent:SHA256:…, pkcs11:… or handle:…; default ~/.config/agentauth/key.pem"},
    [OPT_PASS_FILE] = {"passphrase-file", "F", "add: holds the key's passphrase or PIN in its first line"},
    [OPT_ISSUER] = {"issuer", "URL", "add: answer with a token of this identity provider"},
    [OPT_CLIENT_ID] = {"client-id", "ID", "add: the provider's name of the agent; default the agent's"},
    [OPT_SECRET_FILE] = {"client-secret-file", "F", "add: the client's secret for the provider"},
    [OPT_TOKEN_FILE] = {"token-file", "F", "add: answer with the token in this file"},
    [OPT_TOKEN_ENV] = {"token-env", "V", "add: answer with the token in this variable"},
    [OPT_SCOPE] = {"scope", "S", "add: ask for these roles only, spaces between them"},
    [OPT_CONFIG] = {"config", "FILE",
		    "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config"},
    [OPT_DRY_RUN] = {"dry-run", NULL, "add: print the profile, and write nothing"},
    [OPT_JSON] = {"json", NULL, "list: as JSON"},
    {NULL, NULL, NULL},
};

struct request {
	const char *action, *operand, *config;
	const char *texts[N_TEXTS];
	bool dry_run, json;
};

/* ---- add ------------------------------------------------------------------------ */

static bool is_plain(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void put_quoted(FILE *f, const char *value)
{
	fputc('"', f);
	for (; *value; value++)
		fprintf(f, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	fputc('"', f);
}

static void put_string(FILE *f, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(f, "    %s = ", name);
	put_quoted(f, value);
	fputs(";\n", f);
}

static void put_source(FILE *f, const char *name, const char *place, const char *value)
{
	if (!value)
		return;
	fprintf(f, "    %s = { %s = ", name, place);
	put_quoted(f, value);
	fputs("; };\n", f);
}

/* libconfig's names are letters, digits, - and _, and begin with a letter. `first` NULL: nothing stands before it. From
 * malloc(). */
static char *make_name(const char *first, const char *rest)
{
	const char *begin = first ? first : rest;
	bool letter = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", *begin) != NULL;
	char *name;

	if (asprintf(&name, "%s%s%s%s", letter ? "" : "host-", first ? first : "", first ? "-" : "", rest) <
	    0)
		return NULL;
	for (char *p = name; *p; p++)
		if (*p == '.' || *p == ':' || *p == '%')
			*p = '-';
	return name;
}

static char *make_block(const struct request *r, const char *name, const char *agent, const char *host)
{
	const char *const *t = r->texts;
	char *block = NULL, audience[600];
	size_t len = 0;
	FILE *f = open_memstream(&block, &len);

	if (!f)
		return NULL;
	(void)snprintf(audience, sizeof(audience), strchr(host, ':') ? "ssh://[%s]" : "ssh://%s", host);
	fprintf(f, "  %s = {\n", name);
	fprintf(f, "    hosts = [ \"%s\" ];\n    audiences = [ \"%s\" ];\n", host,
		t[OPT_AUDIENCE] ? t[OPT_AUDIENCE] : audience);
	put_string(f, "agent", agent);
	put_string(f, "key", t[OPT_KEY]);
	put_source(f, "passphrase", "file", t[OPT_PASS_FILE]);
	put_string(f, "issuer", t[OPT_ISSUER]);
	if (t[OPT_ISSUER])
		put_string(f, "client_id", t[OPT_CLIENT_ID] ? t[OPT_CLIENT_ID] : agent);
	put_source(f, "client_secret", "file", t[OPT_SECRET_FILE]);
	put_source(f, "token", "file", t[OPT_TOKEN_FILE]);
	put_source(f, "token", "env", t[OPT_TOKEN_ENV]);
	put_string(f, "scope", t[OPT_SCOPE]);
	fputs("  };\n", f);
	if (fclose(f) != 0) {
		free(block);
		return NULL;
	}
	return block;
}

/* What is wrong with the request, in words, or NULL. */
static const char *wrong_request(const struct request *r, const char *agent, const char *host)
{
	static const char host_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%";
	const char *const *t = r->texts;

	if (!agent)
		return "which agent? Say --agent NAME, or NAME@HOST";
	if (!aa_agent_name_is_valid(agent))
		return "what stands before the @ is no agent's name: small letters, digits and hyphens, a "
		       "letter "
		       "first, and no ssh:// before it";
	if (ssh_login_port(host))
		return "a profile has no port, and goes for all ports of the host: leave it out here, and "
		       "say agentauth "
		       "ssh -p PORT NAME@HOST";
	if (!*host || host[strspn(host, host_set)])
		return "that is no host's name or address";
	for (size_t i = 0; i < N_TEXTS; i++)
		if (!is_plain(t[i]) || (t[i] && !*t[i]))
			return "an option is empty, or has a control character in it";
	if (t[OPT_AUDIENCE] && strpbrk(t[OPT_AUDIENCE], "\"\\"))
		return "an audience has no quotes or backslashes";
	if (t[OPT_NAME] && t[OPT_NAME][strspn(t[OPT_NAME], host_set)])
		return "a profile's name has letters, digits, - and _";
	if ((t[OPT_CLIENT_ID] || t[OPT_SECRET_FILE]) && !t[OPT_ISSUER])
		return "--client-id and --client-secret-file go with --issuer";
	return NULL;
}

/* The file as it is, parsed; where there is none, an empty one. False with the reason said. */
static bool read_old(const char *path, char **ret_text, struct profiles **ret)
{
	char *text = NULL;
	size_t len = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		text = strdup("");
	else if (own_read_config(path, CONFIG_MAX, &text, &len) < 0)
		return say("nothing was written"), false;
	if (text && strlen(text) != len)
		say("%s has a zero byte in it", path);
	else
		*ret = text ? profiles_parse(text, path) : NULL;
	if (*ret) {
		*ret_text = text;
		return true;
	}
	say("nothing was written");
	free(text);
	return false;
}

static const struct profile *find_for(const struct profiles *all, const char *agent, const char *host)
{
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		if (p->agent && strcmp(p->agent, agent) == 0 && profile_has_host(p, host))
			return p;
	}
	return NULL;
}

static bool has_name(const struct profiles *all, const char *name)
{
	for (size_t i = 0; i < profiles_count(all); i++)
		if (strcmp(profiles_at(all, i)->name, name) == 0)
			return true;
	return false;
}

/* The one that is asked for, else the host's, else one of agent and host. From malloc(); NULL with the reason said. */
static char *choose_name(const struct request *r, const struct profiles *all, const char *agent,
			 const char *host)
{
	const char *asked = r->texts[OPT_NAME];
	char *name = make_name(NULL, asked ? asked : host);

	if (name && !asked && has_name(all, name)) {
		free(name);
		name = make_name(agent, host);
	}
	if (name && !has_name(all, name))
		return name;
	if (name)
		say("nothing was written: %s has a profile %s already; --name gives this one another name",
		    profiles_path(all), name);
	else
		say("memory is out");
	free(name);
	return NULL;
}

/* Another profile of the same host and agent would leave askpass without a choice. */
static bool is_new(const struct profiles *all, const char *agent, const char *host)
{
	const struct profile *p = find_for(all, agent, host);

	if (p)
		say("nothing was written: the profile %s in %s is for %s at %s already. Log in: agentauth "
		    "ssh %s@%s; to "
		    "change it, edit that file",
		    p->name, profiles_path(all), agent, host, agent, host);
	return !p;
}

/* What the login still lacks is said here, and not only by the login. */
static void tell_next(const char *path, const char *agent, const char *host)
{
	struct profiles *all = profiles_load(path);
	const struct profile *p = all ? find_for(all, agent, host) : NULL;
	bool good;

	printf("%s has a profile for %s at %s now.\n", path, agent, host);
	(void)fflush(stdout);
	good = p && ssh_check_profile(all, p);
	printf("%s agentauth ssh %s@%s\n", good ? "Log in:" : "When that is mended:", agent, host);
	profiles_free(all);
}

/* What would not be read again is not written. */
static bool can_be_read(const char *text, const char *path)
{
	struct profiles *all = profiles_parse(text, path);
	bool good = all != NULL;

	if (!good)
		say("nothing was written: with this profile %s would be as above", path);
	profiles_free(all);
	return good;
}

static int add_block(const struct request *r, const char *path, const char *old, const char *block)
{
	char *text = profile_text_add(old, block);
	int result = -1;

	if (!text)
		say("memory is out");
	else if (can_be_read(text, path))
		result = r->dry_run ? fputs(block, stdout) : profile_text_write(path, text);
	free(text);
	return result;
}

static int add_for(const struct request *r, const char *path, const char *agent, const char *host)
{
	struct profiles *all = NULL;
	char *old = NULL, *name = NULL, *block = NULL;
	int status = 1;

	if (!read_old(path, &old, &all) || !is_new(all, agent, host))
		goto out;
	name = choose_name(r, all, agent, host);
	block = name ? make_block(r, name, agent, host) : NULL;
	if (name && !block)
		say("memory is out");
	if (block && add_block(r, path, old, block) >= 0) {
		if (!r->dry_run)
			tell_next(path, agent, host);
		status = 0;
	}
out:
	free(block);
	free(name);
	free(old);
	profiles_free(all);
	return status;
}

static int add(const struct request *r)
{
	const char *at = strrchr(r->operand, '@'), *host = at ? at + 1 : r->operand, *wrong;
	char *named = at ? strndup(r->operand, (size_t)(at - r->operand)) : NULL, *path;
	const char *agent = r->texts[OPT_AGENT] ? r->texts[OPT_AGENT] : named;
	int status = 1;

	wrong = wrong_request(r, agent, host);
	path = wrong ? NULL : profiles_file(r->config);
	if (wrong)
		status = say_usage("%s", wrong);
	else if (path)
		status = add_for(r, path, agent, host);
	free(path);
	free(named);
	return status;
}

/* ---- list, show, check ------------------------------------------------------------ */

static const char *answers_with(const struct profile *p)
{
	if (profile_has_ready_token(p))
		return "a token that the platform gives";
	return profile_uses_token(p) ? "a token of a provider" : "an assertion";
}

static json_t *strings(const struct profile_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->v[i]));
	return array;
}

static json_t *as_json(const struct profile *p)
{
	return json_pack("{s:s, s:s?, s:o, s:o, s:s, s:s?, s:s?}", "profile", p->name, "agent", p->agent,
			 "hosts", strings(&p->hosts), "audiences", strings(&p->audiences), "answers_with",
			 answers_with(p), "issuer", p->issuer, "key", p->key);
}

static int list(const struct request *r, const struct profiles *all)
{
	json_t *array = json_array();
	int width = 7;

	for (size_t i = 0; i < profiles_count(all); i++) {
		int len = (int)strlen(profiles_at(all, i)->name);

		width = len > width ? len : width;
		json_array_append_new(array, as_json(profiles_at(all, i)));
	}
	if (r->json)
		return print_json(array);
	json_decref(array);
	printf("%-*s  %-20s  %-31s  %s\n", width, "PROFILE", "AGENT", "ANSWERS WITH", "HOSTS");
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		printf("%-*s  %-20s  %-31s  ", width, p->name, p->agent ? p->agent : "-", answers_with(p));
		for (size_t k = 0; k < p->hosts.n; k++)
			printf("%s%s", k ? " " : "", p->hosts.v[k]);
		puts(p->hosts.n ? "" : "-");
	}
	return 0;
}

static int show(const struct request *r, const struct profiles *all)
{
	const struct profile *p = profiles_find(all, r->operand);

	return p ? print_json(as_json(p)) : 1;
}

static int check(const struct request *r, const struct profiles *all)
{
	int status = 0;

	if (r->operand && !profiles_find(all, r->operand))
		return 1;
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		if (r->operand && strcmp(r->operand, p->name) != 0)
			continue;
		if (ssh_check_profile(all, p)) {
			printf("%s: good\n", p->name);
		} else {
			printf("%s: cannot be used as it is\n", p->name);
			status = 1;
		}
	}
	return status;
}

/* ---- the command ---------------------------------------------------------------------- */

static int with_profiles(const struct request *r,
			 int (*action)(const struct request *, const struct profiles *))
{
	struct profiles *all = profiles_load(r->config);
	int status = all ? action(r, all) : 1;

	profiles_free(all);
	return status;
}

static int no_such_action(const char *word)
{
	static const char *const actions[] = {"add", "list", "show", "check"};
	struct guess guess = {.word = word};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		guess_try(&guess, actions[i]);
	return say_usage(
	    "there is nothing that does \"%s\" to a profile%s; there are: add, list, show and check", word,
	    guess_asked(&guess, ""));
}

static int carry_out(const struct request *r)
{
	bool is_add = strcmp(r->action, "add") == 0, is_show = strcmp(r->action, "show") == 0;

	if ((is_add || is_show) && !r->operand)
		return say_usage(is_add ? "which host? agentauth profile add NAME@HOST" : "which profile?");
	if (is_add)
		return add(r);
	if (is_show)
		return with_profiles(r, show);
	if (strcmp(r->action, "list") == 0)
		return with_profiles(r, list);
	if (strcmp(r->action, "check") == 0)
		return with_profiles(r, check);
	return no_such_action(r->action);
}

/* Operands may stand before and between the options. */
static int read_request(const struct command *self, int argc, char **argv, struct request *ret)
{
	int opt = CMDLINE_END;

	while (optind < argc || opt >= 0) {
		opt = cmdline_next(self, argc, argv);
		if (opt == CMDLINE_HELP || opt == CMDLINE_WRONG)
			return opt;
		if (opt >= 0 && opt < N_TEXTS)
			ret->texts[opt] = optarg;
		else if (opt == OPT_CONFIG)
			ret->config = optarg;
		else if (opt == OPT_DRY_RUN)
			ret->dry_run = true;
		else if (opt == OPT_JSON)
			ret->json = true;
		else if (optind < argc && !ret->action)
			ret->action = argv[optind++];
		else if (optind < argc && !ret->operand)
			ret->operand = argv[optind++];
		else if (optind < argc)
			return say_usage("there is nothing to be done with \"%s\"", argv[optind]),
			       CMDLINE_WRONG;
	}
	return CMDLINE_END;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct request request = {0};
	int end = read_request(self, argc, argv, &request);

	if (end != CMDLINE_END)
		return cmdline_status(end);
	if (!request.action)
		return say_usage("what is to be done? add, list, show or check");
	return carry_out(&request);
}

const struct command command_profile = {
    .name = "profile",
    .operands = "add NAME@HOST | list | show PROFILE | check [PROFILE]",
    .summary = "Write, list and check the profiles: which host may have which credential",
    .details =
	"add    write a profile for this agent at this host: answers with an assertion of the key, with\n"
	"       --issuer with a token of a provider, with --token-file or --token-env with one that is\n"
	"       there already\n"
	"list   one line for each profile\n"
	"show   one profile, as JSON\n"
	"check  look at key, secret, token and clock, as ssh does before it connects\n",
    .run = run,
    .options = options,
};
