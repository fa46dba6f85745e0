/* SPDX-License-Identifier: Apache-2.0 */
/* test_issuer_template.c: the templates of blocks, and what they ask for. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/list.h"
#include "tests/unit/agentauthctl/issuer_sample.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/issuer_block.h"

/* ---- the templates ------------------------------------------------------------------------------ */

static bool has_sample(const char *template)
{
	bool has = false;

	for (size_t i = 0; i < n_files && !has; i++) {
		json_t *json = load(files[i]);
		const char *provider = asked(json_object_get(json, "request"), "provider");

		has = strcmp(provider ? provider : ISSUER_TEMPLATE_ANY, template) == 0;
		json_decref(json);
	}
	return has;
}

static char *read_tree(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = xcalloc(1, 131072);

	assert_non_null(file);
	assert_true(fread(text, 1, 131071, file) > 0);
	fclose(file);
	return text;
}

/* What agentauthctl(8) says of --provider, a word each with a space around it. */
static char *read_manual(void)
{
	char *manual = read_tree(TEST_SRCDIR "/../man/agentauthctl.8"),
	     *text = strstr(manual, "\n.It Fl -provider "), *end, *words;

	assert_non_null(text);
	end = strstr(text + 1, "\n.It ");
	assert_non_null(end);
	words = xstrndup(text, (size_t)(end - text));
	free(manual);
	for (char *s = words; *s; s++)
		if (*s == '\n')
			*s = ' ';
	return words;
}

TEST(each_template_can_be_used_is_installed_described_and_has_a_token)
{
	const struct issuer_templates where = templates_of_the_tree();
	struct aa_list names = issuer_template_names(&where);
	char *makefile = read_tree(TEST_SRCDIR "/../etc/Makefile.am"), *manual = read_manual(), line[128];

	assert_true(names.n >= 12);
	for (size_t i = 0; i < names.n; i++) {
		struct open_template template = open_template(names.v[i]);

		issuer_template_close(&template);
		snprintf(line, sizeof(line), "issuers/%s.conf", names.v[i]);
		if (!strstr(makefile, line))
			fail_msg("etc/Makefile.am does not install %s", line);
		snprintf(line, sizeof(line), " %s ", names.v[i]);
		if (strcmp(names.v[i], ISSUER_TEMPLATE_ANY) != 0 && !strstr(manual, line))
			fail_msg("agentauthctl(8) does not name the provider %s", names.v[i]);
		if (!has_sample(names.v[i]))
			fail_msg("tests/unit/providers has no token for the template %s", names.v[i]);
	}
	free(makefile);
	free(manual);
	issuer_template_names_free(&names);
}

/* Whether a template of this text can be used, and which setting is named otherwise. */
static void check_template_text(const char *text, const char *setting)
{
	char dir[] = "/tmp/agentauth-templates.XXXXXX", *path;
	struct issuer_templates where = {dir, geteuid()};
	struct problems problems = {0};
	struct open_template template;
	FILE *file;
	int r;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/acme.conf", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
	r = issuer_template_open(&where, "acme", &template, &problems);
	assert_int_equal(r, setting ? -1 : 0);
	if (setting)
		assert_non_null(
		    strstr(problems.v[0].setting ? problems.v[0].setting : problems.v[0].what, setting));
	issuer_template_close(&template);
	problems_free(&problems);
	unlink(path);
	rmdir(dir);
	free(path);
}

#define ACME \
	"about = ( \"Acme.\" ); client = \"the client\"; algorithms = [ \"ES256\" ]; client_claim = " \
	"\"azp\"; " \
	"user_claim = \"sub\"; reuse = \"once\"; "

TEST(a_template_that_could_not_be_used_is_refused)
{
	check_template_text(ACME "example = \"https://x\"; people = \"never\";", NULL);
	check_template_text(ACME "people = \"never\";", "example");
	check_template_text(ACME "example = \"https://x\"; people = \"by_claim\";", "own");
	check_template_text(
	    ACME "example = \"https://x\"; people = \"by_claim\"; own = { claim = \"a\"; value = \"b\"; };",
	    NULL);
	check_template_text(ACME "example = \"https://x\"; people = \"never\"; issuer_is = \"*/\";",
			    "issuer_otherwise");
	check_template_text(ACME "example = \"https://x\"; people = \"never\"; colour = \"blue\";", "colour");
}

/* ---- what is asked for -------------------------------------------------------------------------- */

static void check_request(const char *request, const char *why_not)
{
	json_t *json = support_json(request);
	char why[512] = "", *block = block_of(json, why, sizeof(why));

	if (why_not && block)
		fail_msg("%s: a block is written", request);
	if (why_not && !strstr(why, why_not))
		fail_msg("%s: refused because %s, and not because of \"%s\"", request, why, why_not);
	if (!why_not && !block)
		fail_msg("%s: refused: %s", request, why);
	if (block)
		json_decref(compile(request, block));
	free(block);
	json_decref(json);
}

/* What is asked for, and a part of the words that it is refused with; NULL: it is enough. */
static const char *const requests[][2] = {
    {"{\"issuer\": \"https://as.example.com\"}", NULL},
    {"{}", "--issuer is missing"},
    {"{\"provider\": \"google\"}", NULL},
    {"{\"provider\": \"github\", \"issuer\": \"https://ghes.example.com/_services/token\"}", NULL},
    {"{\"provider\": \"github\", \"delegation\": true}", "never a person's"},
    {"{\"provider\": \"github\", \"scopes\": [\"x:deploy\"]}", "--scope-claim"},
    {"{\"provider\": \"github\", \"scopes\": [\"prod:deploy\"], \"scope_claim\": \"environment\"}", NULL},
    {"{\"issuer\": \"https://x\", \"scopes\": [\"deploy\"]}", "VALUE:ROLE"},
    {"{\"provider\": \"okta\", \"issuer\": \"https://d.okta.com/oauth2/default\", \"audience\": "
     "[\"api://h\"]}",
     NULL},
    {"{\"provider\": \"okta\", \"issuer\": \"https://d.okta.com/oauth2/default\"}", "--audience is missing"},
    {"{\"provider\": \"okta\", \"issuer\": \"https://d.okta.com\", \"audience\": [\"api://h\"]}",
     "own authorization server"},
    {"{\"provider\": \"auth0\", \"issuer\": \"https://t.auth0.com/\", \"audience\": [\"https://h\"]}", NULL},
    {"{\"provider\": \"auth0\", \"issuer\": \"https://t.auth0.com\", \"audience\": [\"https://h\"]}",
     "ends in a slash"},
    {"{\"provider\": \"keycloak\", \"issuer\": \"https://idp/realms/r\"}", NULL},
    {"{\"provider\": \"keycloak\", \"issuer\": \"https://idp/realms/r/\"}", "without a slash"},
    {"{\"provider\": \"keycloak\", \"issuer\": \"https://idp/\"}", "/realms/REALM"},
    {"{\"provider\": \"keycloak\", \"issuer\": \"https://idp/realms/r\", \"tenant\": \"x\"}",
     "for --provider entra and entra-agent"},
    {"{\"provider\": \"entra\", \"audience\": [\"x\"]}", "needs --tenant"},
    {"{\"provider\": \"entra\", \"audience\": [\"x\"], \"tenant\": \"contoso.onmicrosoft.com\"}",
     "not its domain"},
    {"{\"provider\": \"entra\", \"tenant\": \"11111111-2222-3333-4444-555555555555\"}",
     "--audience is missing"},
    {"{\"provider\": \"entra\", \"audience\": [\"x\"], \"tenant\": \"11111111-2222-3333-4444-555555555555\", "
     "\"token_version\": \"3\"}",
     "1 or 2"},
    {"{\"provider\": \"entra-agent\", \"audience\": [\"x\"]}", "needs --tenant"},
    {"{\"provider\": \"entra-agent\", \"audience\": [\"x\"], \"tenant\": "
     "\"11111111-2222-3333-4444-555555555555\"}",
     NULL},
    {"{\"provider\": \"entra-agent\", \"audience\": [\"x\"], \"tenant\": "
     "\"11111111-2222-3333-4444-555555555555\", \"blueprint\": \"my agents\"}",
     "--blueprint"},
    {"{\"provider\": \"google\", \"blueprint\": \"11111111-2222-3333-4444-555555555555\"}",
     "for --provider entra-agent"},
    {"{\"provider\": \"aws\"}", "--issuer is missing"},
    {"{\"provider\": \"aws\", \"issuer\": \"https://a.tokens.sts.global.api.aws\"}", NULL},
    {"{\"provider\": \"aws\", \"issuer\": \"https://a.tokens.sts.global.api.aws/\"}", "without a slash"},
    {"{\"provider\": \"aws\", \"issuer\": \"https://sts.eu-west-1.amazonaws.com\"}", "no account's issuer"},
    {"{\"provider\": \"identityserver\"}", "--issuer is missing"},
    {"{\"provider\": \"identityserver\", \"issuer\": \"https://id\"}", NULL},
    {"{\"issuer\": \"https://x\", \"algorithms\": [\"ES384\", \"EdDSA\"]}", NULL},
    {"{\"provider\": \"kubernetes\"}", "--issuer is missing"},
    {"{\"provider\": \"kubernetes\", \"issuer\": \"https://k\", \"client_claim\": "
     "\"/kubernetes.io/serviceaccount/name\"}",
     "say which with --namespace"},
    {"{\"provider\": \"kubernetes\", \"issuer\": \"https://k\", \"namespace\": \"build\"}",
     "belongs to --client-claim"},
    {"{\"issuer\": \"https://x\", \"namespace\": \"build\"}", "for --provider kubernetes"},
    {"{\"issuer\": \"https://x\", \"jwks_file\": \"/f\"}", NULL},
    {"{\"issuer\": \"https://x\", \"jwks_file\": \"/f\", \"jwks_uri\": \"https://u\"}", "two answers"},
    {"{\"issuer\": \"https://x\", \"jwks_file\": \"/f\", \"ca_file\": \"/c\"}", "there already"},
};

TEST(what_a_block_needs_is_asked_for_in_words)
{
	for (size_t i = 0; i < COUNT(requests); i++)
		check_request(requests[i][0], requests[i][1]);
}

TEST(what_is_asked_for_is_text_and_never_more)
{
	static const char hostile[] = "https://x\"; discovery = true; }; evil = { issuer = \"https://y";
	json_t *json = json_pack("{s:s, s:s, s:[s]}", "issuer", hostile, "client_claim", "a\\\"b", "audience",
				 "\"];\n#");
	char why[512], *block = block_of(json, why, sizeof(why)), *text;
	char fqdn[] = "web01.example.com";
	struct host_facts facts = {.fqdn = fqdn};
	struct model model = {0};
	struct problems problems = {0};

	assert_non_null(block);
	text = xasprintf("issuers = {\n\t" BLOCK " = %s;\n};\n", block);
	conf_text_set(&model.file.text, "agentauth.conf", text, strlen(text));
	(void)model_read(&model, &facts, &problems);
	assert_int_equal(model.issuers.n, 1);
	assert_string_equal(model.issuers.v[0].client_claim, "a\\\"b");
	model_free(&model);
	problems_free(&problems);
	json_decref(json);
	free(block);
	free(text);
}
