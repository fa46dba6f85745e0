/* SPDX-License-Identifier: Apache-2.0 */
/* profile_add.c: agentauth profile add, which writes a profile from its options. */
#include "config.h"

#include "tools/agentauth/commands/profile_add.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/name.h"
#include "tools/agentauth/commands/ssh_check.h"
#include "tools/agentauth/commands/ssh_login.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profile_edit.h"
#include "tools/agentauth/local/profile_hosts.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"
#include "tools/conf/conf_edit.h"

static const struct option_spec options[] = {
    {"audience", "A", "the audience for which the host asks; default ssh://HOST", 0, "audiences"},
    {"agent", "NAME", "the agent's account; also as NAME@HOST", 0, "agent"},
    {"name", "PROFILE", "the profile's name; default the host's", 0, NULL},
    {"key", "F", "a file, agent:SHA256:…, pkcs11:… or handle:…; default ~/.config/agentauth/key.pem", 0,
     "key"},
    {"passphrase-file", "F", "holds the key's passphrase or PIN in its first line", 0, "passphrase.file"},
    {"issuer", "URL", "answer with a token of this identity provider", 0, "issuer"},
    {"client-id", "ID", "the identity provider's name of the agent; default the agent's", 0, "client_id"},
    {"client-secret-file", "F", "holds the client's secret for the identity provider", 0,
     "client_secret.file"},
    {"token-file", "F", "answer with the token in this file", 0, "token.file"},
    {"token-env", "V", "answer with the token in this variable", 0, "token.env"},
    {"scope", "S", "ask for these roles only, spaces between them", 0, "scope"},
    PROFILE_CONFIG_OPTION,
    {"dry-run", NULL, "print the profile, and write nothing", 0, NULL},
    {0},
};

/* The agent and the host may both stand in the one word, NAME@HOST. */
struct request {
	const struct arguments *arguments;
	const char *agent, *host;
};

static const char *given(const struct request *r, const char *option)
{
	return arguments_value(r->arguments, option);
}

/* ---- the profile's text ----------------------------------------------------------- */

/* Returns the path as it is written into the profile, where a relative path is relative to the profiles' folder. A file that is
 * there where its name is typed is the file that is meant, so its path is written in full. */
static char *from_here(const char *path)
{
	char here[PATH_MAX];

	if (*path == '/' || *path == '~' || access(path, F_OK) != 0 || !getcwd(here, sizeof(here)))
		return xstrdup(path);
	return xasprintf("%s/%s", here, strncmp(path, "./", 2) == 0 ? path + 2 : path);
}

static const struct profile_setting *find_setting(const char *path)
{
	const struct profile_setting *s = profile_settings;
	size_t len = strcspn(path, ".");

	while (strncmp(s->conf.name, path, len) != 0 || s->conf.name[len])
		s++;
	return s;
}

static bool is_path(const struct profile_setting *setting, const char *place, const char *value)
{
	if (!(setting->flags & SETTING_PATH))
		return false;
	return place ? strcmp(place, "file") == 0 : key_is_file(value);
}

/* Writes `value` as the setting `path`: a text, a list of that one text, or a place of a secret. */
static void put_setting(struct buffer *block, const char *path, const char *value)
{
	const struct profile_setting *setting = find_setting(path);
	const char *dot = strchr(path, '.'), *place = dot ? dot + 1 : NULL;
	char *full = is_path(setting, place, value) ? from_here(value) : xstrdup(value);
	char *quoted_value = conf_quote(full);

	buffer_printf(block, "    %s = ", setting->conf.name);
	if (place)
		buffer_printf(block, "{ %s = %s; };\n", place, quoted_value);
	else if (setting->conf.type == CONF_TEXTS)
		buffer_printf(block, "[ %s ];\n", quoted_value);
	else
		buffer_printf(block, "%s;\n", quoted_value);
	free(quoted_value);
	free(full);
}

/* Returns what an option's setting is to be, from malloc(); NULL leaves the setting out. */
static char *value_for(const struct request *r, const struct option_spec *option)
{
	const char *value = given(r, option->name);

	if (strcmp(option->setting, "agent") == 0)
		value = r->agent;
	if (value)
		return xstrdup(value);
	if (strcmp(option->setting, "audiences") == 0)
		return xasprintf(strchr(r->host, ':') ? "ssh://[%s]" : "ssh://%s", r->host);
	return strcmp(option->setting, "client_id") == 0 && given(r, "issuer") ? xstrdup(r->agent) : NULL;
}

/* Returns the profile as it stands in the file behind its name, from malloc(). */
static char *make_block(const struct request *r)
{
	struct buffer block = {0};

	buffer_puts(&block, "{\n");
	put_setting(&block, "hosts", r->host);
	for (const struct option_spec *o = options; o->name; o++) {
		char *value = o->setting ? value_for(r, o) : NULL;

		if (value)
			put_setting(&block, o->setting, value);
		free(value);
	}
	buffer_puts(&block, "  }");
	return buffer_take(&block);
}

/* ---- the profile's name ------------------------------------------------------------ */

/* Returns a name that libconfig takes, letters, digits, - and _, a letter first, from malloc(). `first` may be NULL. */
static char *make_name(const char *first, const char *rest)
{
	const char *begin = first ? first : rest;
	bool letter = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", *begin) != NULL;
	char *name = xasprintf("%s%s%s%s", letter ? "" : "host-", first ? first : "", first ? "-" : "", rest);

	for (char *p = name; *p; p++)
		if (*p == '.' || *p == ':' || *p == '%')
			*p = '-';
	return name;
}

static bool has_name(const struct profiles *all, const char *name)
{
	for (size_t i = 0; i < profiles_count(all); i++)
		if (strcmp(profiles_at(all, i)->name, name) == 0)
			return true;
	return false;
}

/* Returns the name that is asked for, or that of the host, or one of agent and host, from malloc(). NULL comes with the reason
 * said. */
static char *choose_name(const struct request *r, const struct profiles *all)
{
	const char *asked = given(r, "name");
	char *name = make_name(NULL, asked ? asked : r->host);

	if (!asked && has_name(all, name)) {
		free(name);
		name = make_name(r->agent, r->host);
	}
	if (!has_name(all, name))
		return name;
	say("nothing was written: %s has a profile %s already; --name gives this one another name",
	    profiles_path(all), name);
	free(name);
	return NULL;
}

/* ---- what stands in the way -------------------------------------------------------- */

static bool is_plain(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* Says what is wrong with the request, in words, or NULL. */
static const char *wrong_request(const struct request *r)
{
	static const char host_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%";
	const char *name = given(r, "name"), *audience = given(r, "audience");

	if (!r->agent)
		return "which agent? Say --agent NAME, or NAME@HOST";
	if (!aa_agent_name_is_valid(r->agent))
		return "what stands before the @ is no agent's name: small letters, digits and hyphens, a "
		       "letter first, and no ssh:// before it";
	if (ssh_login_port(r->host))
		return "a profile has no port, and goes for all ports of the host: leave it out here, and "
		       "say agentauth ssh -p PORT NAME@HOST";
	if (!*r->host || r->host[strspn(r->host, host_set)])
		return "that is no host's name or address";
	for (size_t i = 0; i < r->arguments->n_given; i++)
		if (r->arguments->given[i].value && !is_plain(r->arguments->given[i].value))
			return "an option is empty, or has a control character in it";
	if (audience && strpbrk(audience, "\"\\"))
		return "an audience has no quotes or backslashes";
	if (name && name[strspn(name, host_set)])
		return "a profile's name has letters, digits, - and _";
	if ((given(r, "client-id") || given(r, "client-secret-file")) && !given(r, "issuer"))
		return "--client-id and --client-secret-file go with --issuer";
	return NULL;
}

/* Reads the file as it is; where there is none, an empty one. Returns false with the reason said. */
static bool read_old(const char *path, char **ret_text, struct profiles **ret)
{
	char *text = NULL;
	size_t len = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		text = xstrdup("");
	else if (own_read_config(path, PROFILES_MAX, &text, &len) < 0)
		return say("nothing was written"), false;
	else if (strlen(text) != len)
		say("%s has a zero byte in it", path);
	*ret = strlen(text) == len ? profiles_parse(text, path) : NULL;
	if (*ret) {
		*ret_text = text;
		return true;
	}
	say("nothing was written");
	free(text);
	return false;
}

static const struct profile *find_for(const struct profiles *all, const struct request *r)
{
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		if (p->agent && strcmp(p->agent, r->agent) == 0 && profile_has_host(p, r->host))
			return p;
	}
	return NULL;
}

/* Another profile of the same host and agent would leave askpass without a choice. */
static bool is_new(const struct profiles *all, const struct request *r)
{
	const struct profile *p = find_for(all, r);

	if (p)
		say("nothing was written: the profile %s in %s is for %s at %s already. Log in: agentauth "
		    "ssh %s@%s; to change it, edit that file",
		    p->name, profiles_path(all), r->agent, r->host, r->agent, r->host);
	return !p;
}

/* ---- writing ----------------------------------------------------------------------- */

/* Says what a login still lacks here, and not only at the login. */
static void tell_next(const char *path, const struct request *r)
{
	struct profiles *all = profiles_load(path);
	const struct profile *p = all ? find_for(all, r) : NULL;
	bool good;

	printf("%s has a profile for %s at %s now.\n", path, r->agent, r->host);
	(void)fflush(stdout);
	good = p && ssh_check_profile(all, p);
	printf("%s agentauth ssh %s@%s\n", good ? "Log in:" : "When that is mended:", r->agent, r->host);
	profiles_free(all);
}

/* A text that would not be read again is not written. */
static bool can_be_read(const char *text, const char *path)
{
	struct profiles *all = profiles_parse(text, path);
	bool good = all != NULL;

	if (!good)
		say("nothing was written: with this profile %s would be as above", path);
	profiles_free(all);
	return good;
}

static int add_block(const struct request *r, const char *path, const char *old, const char *name,
		     const char *block)
{
	char *text = profile_text_add(old, name, block);
	int result = -1;

	if (!text)
		say("nothing was written: %s has no place for a profile called %s, since its profiles are no "
		    "group",
		    path, name);
	else if (can_be_read(text, path)) {
		if (arguments_have(r->arguments, "dry-run"))
			result = printf("  %s = %s;\n", name, block);
		else if ((result = profile_text_write(path, text)) == 0)
			tell_next(path, r);
	}
	free(text);
	return result < 0 ? PROGRAM_FAILED : PROGRAM_DONE;
}

static int add_to(const char *path, const struct request *r)
{
	struct profiles *all = NULL;
	char *old = NULL, *name = NULL, *block = NULL;
	int status = PROGRAM_FAILED;

	if (read_old(path, &old, &all) && is_new(all, r))
		name = choose_name(r, all);
	if (name) {
		block = make_block(r);
		status = add_block(r, path, old, name, block);
	}
	free(block);
	free(name);
	free(old);
	profiles_free(all);
	return status;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *word = a->n_words ? a->words[0] : NULL, *at = word ? strrchr(word, '@') : NULL, *wrong;
	char *named = at ? xstrndup(word, (size_t)(at - word)) : NULL, *path;
	struct request r = {.arguments = a, .agent = named, .host = at ? at + 1 : word};
	int status = PROGRAM_FAILED;

	(void)ctl;
	if (!word)
		return say_usage("which host? agentauth profile add NAME@HOST");
	if (given(&r, "agent"))
		r.agent = given(&r, "agent");
	wrong = wrong_request(&r);
	path = wrong ? NULL : profiles_file(given(&r, "config"));
	if (wrong)
		status = say_usage("%s", wrong);
	else if (path)
		status = add_to(path, &r);
	free(path);
	free(named);
	return status;
}

const struct command command_profile_add = {
    .name = "add",
    .words = "NAME@HOST",
    .max_words = 1,
    .summary = "write a profile for this agent at this host",
    .about = "The profile answers with an assertion of the key, with --issuer with a token of an "
	     "identity provider, with --token-file or --token-env with a token that the platform "
	     "gives.",
    .options = options,
    .run = run,
};
