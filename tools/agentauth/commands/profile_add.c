/* SPDX-License-Identifier: Apache-2.0 */
/* profile_add.c: agentauth profile add, see profile_add.h. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/name.h"
#include "tools/agentauth/commands/profile_add.h"
#include "tools/agentauth/commands/ssh_check.h"
#include "tools/agentauth/commands/ssh_login.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profile_edit.h"
#include "tools/agentauth/local/profile_hosts.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"agent", "NAME", "the agent's account; also as NAME@HOST", 0, NULL},
    {"name", "PROFILE", "the profile's name; default the host's", 0, NULL},
    {"audience", "A", "what the host asks a credential for; default ssh://HOST", 0, NULL},
    {"key", "F", "a file, agent:SHA256:…, pkcs11:… or handle:…;\ndefault ~/.config/agentauth/key.pem",
     WRITE_KEY, "key"},
    {"passphrase-file", "F", "holds the key's passphrase or PIN in its first line", WRITE_FILE, "passphrase"},
    {"issuer", "URL", "answer with a token of this identity provider", WRITE_TEXT, "issuer"},
    {"client-id", "ID", "the identity provider's name of the agent; default the agent's", WRITE_TEXT,
     "client_id"},
    {"client-secret-file", "F", "the client's secret for the identity provider", WRITE_FILE, "client_secret"},
    {"token-file", "F", "answer with the token in this file", WRITE_FILE, "token"},
    {"token-env", "V", "answer with the token in this variable", WRITE_ENV, "token"},
    {"scope", "S", "ask for these roles only, spaces between them", WRITE_TEXT, "scope"},
    PROFILE_CONFIG_OPTION,
    {"dry-run", NULL, "print the profile, and write nothing", 0, NULL},
    {0},
};

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

/* A path in the file is relative to the file's folder. A file that is there where its name is typed is the one that is
 * meant, and is written in full. From malloc(). */
static char *from_here(const char *path)
{
	char here[PATH_MAX], *full = NULL;

	if (!path || *path == '/' || *path == '~' || access(path, F_OK) != 0 || !getcwd(here, sizeof(here)))
		return path ? strdup(path) : NULL;
	return asprintf(&full, "%s/%s", here, strncmp(path, "./", 2) == 0 ? path + 2 : path) < 0 ? NULL
												 : full;
}

static void put_key(FILE *f, const char *key)
{
	char *full = key && key_is_file(key) ? from_here(key) : NULL;

	put_string(f, "key", full ? full : key);
	free(full);
}

static void put_file(FILE *f, const char *name, const char *path)
{
	char *full = from_here(path);

	put_source(f, name, "file", full);
	free(full);
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

static void put_option(FILE *f, const struct option_spec *option, const char *value)
{
	switch ((enum profile_add_how)option->how) {
	case WRITE_TEXT:
		put_string(f, option->setting, value);
		break;
	case WRITE_KEY:
		put_key(f, value);
		break;
	case WRITE_FILE:
		put_file(f, option->setting, value);
		break;
	case WRITE_ENV:
		put_source(f, option->setting, "env", value);
		break;
	}
}

/* An identity provider knows the agent by its name, where nothing else is said. */
static const char *value_of(const struct arguments *a, const char *option, const char *agent)
{
	const char *value = arguments_value(a, option);

	if (!value && strcmp(option, "client-id") == 0 && arguments_have(a, "issuer"))
		return agent;
	return value;
}

/* Returns the profile as it stands in the file behind its name, from malloc(). */
static char *make_block(const struct arguments *a, const char *agent, const char *host)
{
	const char *asked = arguments_value(a, "audience");
	char *block = NULL, audience[600];
	size_t len = 0;
	FILE *f = open_memstream(&block, &len);

	if (!f)
		return NULL;
	(void)snprintf(audience, sizeof(audience), strchr(host, ':') ? "ssh://[%s]" : "ssh://%s", host);
	fputs("{\n", f);
	fprintf(f, "    hosts = [ \"%s\" ];\n    audiences = [ \"%s\" ];\n", host, asked ? asked : audience);
	put_string(f, "agent", agent);
	for (const struct option_spec *o = options; o->name; o++)
		if (o->setting)
			put_option(f, o, value_of(a, o->name, agent));
	fputs("  }", f);
	if (fclose(f) != 0) {
		free(block);
		return NULL;
	}
	return block;
}

/* What is wrong with the request, in words, or NULL. */
static const char *wrong_request(const struct arguments *a, const char *agent, const char *host)
{
	static const char host_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%";
	const char *audience = arguments_value(a, "audience"), *name = arguments_value(a, "name");

	if (!agent)
		return "which agent? Say --agent NAME, or NAME@HOST";
	if (!aa_agent_name_is_valid(agent))
		return "what stands before the @ is no agent's name: small letters, digits and hyphens, a "
		       "letter first, and no ssh:// before it";
	if (ssh_login_port(host))
		return "a profile has no port, and goes for all ports of the host: leave it out here, and "
		       "say agentauth ssh -p PORT NAME@HOST";
	if (!*host || host[strspn(host, host_set)])
		return "that is no host's name or address";
	for (size_t i = 0; i < a->n_given; i++)
		if (!is_plain(a->given[i].value) || !*a->given[i].value)
			return "an option is empty, or has a control character in it";
	if (audience && strpbrk(audience, "\"\\"))
		return "an audience has no quotes or backslashes";
	if (name && name[strspn(name, host_set)])
		return "a profile's name has letters, digits, - and _";
	if ((arguments_have(a, "client-id") || arguments_have(a, "client-secret-file")) &&
	    !arguments_have(a, "issuer"))
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
	else if (own_read_config(path, PROFILES_MAX, &text, &len) < 0)
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
static char *choose_name(const char *asked, const struct profiles *all, const char *agent, const char *host)
{
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

static int add_block(const struct arguments *a, const char *path, const char *old, const char *name,
		     const char *block)
{
	char *text = profile_text_add(old, name, block);
	int result = -1;

	if (can_be_read(text, path))
		result = arguments_have(a, "dry-run") ? printf("  %s = %s;\n", name, block)
						      : profile_text_write(path, text);
	free(text);
	return result;
}

static int add_for(const struct arguments *a, const char *path, const char *agent, const char *host)
{
	struct profiles *all = NULL;
	char *old = NULL, *name = NULL, *block = NULL;
	int status = PROGRAM_FAILED;

	if (!read_old(path, &old, &all) || !is_new(all, agent, host))
		goto out;
	name = choose_name(arguments_value(a, "name"), all, agent, host);
	block = name ? make_block(a, agent, host) : NULL;
	if (name && !block)
		say("memory is out");
	if (block && add_block(a, path, old, name, block) >= 0) {
		if (!arguments_have(a, "dry-run"))
			tell_next(path, agent, host);
		status = PROGRAM_DONE;
	}
out:
	free(block);
	free(name);
	free(old);
	profiles_free(all);
	return status;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *operand = a->n_words ? a->words[0] : "", *at = strrchr(operand, '@'),
		   *host = at ? at + 1 : operand, *wrong;
	char *named = at ? strndup(operand, (size_t)(at - operand)) : NULL, *path = NULL;
	const char *agent = arguments_have(a, "agent") ? arguments_value(a, "agent") : named;
	int status = PROGRAM_FAILED;

	(void)ctl;
	wrong = a->n_words ? wrong_request(a, agent, host) : "which host? agentauth profile add NAME@HOST";
	if (!wrong)
		path = profiles_file(arguments_value(a, "config"));
	if (wrong)
		status = say_usage("%s", wrong);
	else if (path)
		status = add_for(a, path, agent, host);
	free(path);
	free(named);
	return status;
}

const struct command command_profile_add = {
    .name = "add",
    .words = "NAME@HOST",
    .max_words = 1,
    .summary = "write a profile for this agent at this host",
    .about =
	"It answers with an assertion of the key, with --issuer with a token of an identity provider, with\n"
	"--token-file or --token-env with one that is there already.",
    .options = options,
    .run = run,
};
