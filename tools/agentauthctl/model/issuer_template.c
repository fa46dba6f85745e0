/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_template.c reads the templates of issuers, see issuer_template.h. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/model/issuer_template.h"
#include "tools/agentauthctl/model/settings.h"

#define SUFFIX ".conf"
#define AT(member) .offset = offsetof(struct issuer_template, member)

static const char *const people_words[] = {
    [NO_PEOPLE] = "never", [BY_CLAIM] = "by_claim", [BY_SUBJECT] = "by_subject", NULL};

static const struct conf_setting own_settings[] = {
    {"claim", CONF_TEXT, true, offsetof(struct own_claim, claim.claim), .min = 1},
    {"value", CONF_TEXT, true, offsetof(struct own_claim, claim.value), .min = 1},
    {0},
};

static const struct conf_setting version_settings[] = {
    {"version", CONF_TEXT, true, offsetof(struct template_version, version), .min = 1},
    {"issuer", CONF_TEXT, true, offsetof(struct template_version, issuer), .min = 1},
    {"jwks_uri", CONF_TEXT, .offset = offsetof(struct template_version, jwks_uri)},
    {"client_claim", CONF_TEXT, true, offsetof(struct template_version, client_claim), .min = 1},
    {"require", CONF_ITEMS, .offset = offsetof(struct template_version, require),
     .members = claim_rule_settings, .size = sizeof(struct aa_claim_rule)},
    {0},
};

static const struct conf_setting template_settings[] = {
    {"about", CONF_TEXTS, true, AT(about)},
    {"issuer", CONF_TEXT, AT(issuer)},
    {"example", CONF_TEXT, AT(example)},
    {"issuer_is", CONF_TEXT, AT(issuer_is)},
    {"issuer_is_not", CONF_TEXT, AT(issuer_is_not)},
    {"issuer_otherwise", CONF_TEXT, AT(issuer_otherwise)},
    {"client", CONF_TEXT, true, AT(client)},
    {"algorithms", CONF_TEXTS, true, AT(algorithms), .min = 1},
    {"max_token_ttl", CONF_NUMBER, AT(max_token_ttl)},
    {"needs_audience", CONF_FLAG, AT(needs_audience)},
    {"client_claim", CONF_TEXT, AT(client_claim)},
    {"versions", CONF_ITEMS, AT(versions), .min = 1, .members = version_settings,
     .size = sizeof(struct template_version)},
    {"user_claim", CONF_TEXT, true, AT(user_claim)},
    {"scope_claim", CONF_TEXT, AT(scope_claim)},
    {"reuse", CONF_TEXT, true, AT(reuse)},
    {"require", CONF_ITEMS, AT(require), .members = claim_rule_settings,
     .size = sizeof(struct aa_claim_rule)},
    {"people", CONF_WORD, true, AT(people), .words = people_words},
    {"own", CONF_MEMBERS, AT(own), .members = own_settings},
    {"about_own", CONF_TEXTS, AT(about_own)},
    {"about_people", CONF_TEXTS, AT(about_people)},
    {"without_sub", CONF_TEXT, AT(without_sub)},
    {"blueprint_claim", CONF_TEXT, AT(blueprint_claim)},
    {"namespace_claim", CONF_TEXT, AT(namespace_claim)},
    {0},
};

/* Refuses a template that could not be used as it is written: it would fail later, with a shape of request that nobody
 * tried yet. */
static int check_template(const struct open_template *open, struct problems *problems)
{
	const struct issuer_template *t = &open->t;
	size_t errors = problems->errors;

	if (!t->issuer && !t->example)
		conf_error(&open->file, problems, "", "one of issuer and example must be set");
	if (!t->client_claim && !t->versions.n)
		conf_error(&open->file, problems, "", "one of client_claim and versions must be set");
	if ((t->people == BY_CLAIM) != t->own.given)
		conf_error(&open->file, problems, "own", "goes with people = \"by_claim\", and it with this");
	if ((t->issuer_is || t->issuer_is_not) && !t->issuer_otherwise)
		conf_error(&open->file, problems, "issuer_otherwise",
			   "is missing, and says what an issuer is to look like");
	return problems->errors > errors ? -1 : 0;
}

int issuer_template_open(const struct issuer_templates *where, const char *name, struct open_template *ret,
			 struct problems *problems)
{
	char *file = xasprintf("%s" SUFFIX, name ? name : ISSUER_TEMPLATE_ANY);
	int fd = -1, r = -1;

	*ret = (struct open_template){.name = name ? name : ISSUER_TEMPLATE_ANY};
	if (conf_dir_open(where->dir, where->owner, problems, &fd) < 0)
		goto out;
	r = conf_text_read(fd, where->dir, file, where->owner, problems, &ret->file.text);
	if (r == -ENOENT)
		problem_error(problems, &(const struct position){.file = where->dir},
			      "holds no %s, which make install puts there", file);
	if (r == 0)
		r = conf_read(&ret->file, template_settings, &ret->t, &ret->arena, problems);
	if (r == 0)
		r = check_template(ret, problems);
out:
	if (fd >= 0)
		close(fd);
	free(file);
	return r < 0 ? -1 : 0;
}

void issuer_template_close(struct open_template *open)
{
	conf_file_free(&open->file);
	arena_free(&open->arena);
}

const struct template_version *issuer_template_version(const struct issuer_template *t, const char *version)
{
	if (!version)
		return t->versions.n ? &t->versions.v[t->versions.n - 1] : NULL;
	for (size_t i = 0; i < t->versions.n; i++)
		if (strcmp(t->versions.v[i].version, version) == 0)
			return &t->versions.v[i];
	return NULL;
}

char *issuer_template_fill(const char *text, const char *mark, const char *value)
{
	struct buffer b = {0};
	const char *at;

	for (; (at = strstr(text, mark)); text = at + strlen(mark)) {
		buffer_add(&b, text, (size_t)(at - text));
		buffer_puts(&b, value);
	}
	buffer_puts(&b, text);
	return buffer_take(&b);
}

/* ---- names ------------------------------------------------------------------------------- */

static int is_template(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return entry->d_name[0] != '.' && len > suffix && strcmp(entry->d_name + len - suffix, SUFFIX) == 0;
}

struct aa_list issuer_template_names(const struct issuer_templates *where)
{
	struct dirent **entries = NULL;
	int n = scandir(where->dir, &entries, is_template, alphasort);
	struct aa_list names = {0};

	if (n <= 0)
		return names;
	names.v = xcalloc((size_t)n, sizeof(*names.v));
	for (int i = 0; i < n; i++) {
		names.v[names.n++] =
		    xstrndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(SUFFIX));
		free(entries[i]);
	}
	free(entries);
	return names;
}

void issuer_template_names_free(struct aa_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		free((char *)names->v[i]);
	free(names->v);
	*names = (struct aa_list){0};
}
