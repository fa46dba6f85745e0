/* SPDX-License-Identifier: Apache-2.0 */
/* test_issuer_block.c: the block that `issuer add` writes for a provider, held against a token of the shape that
 * the provider issues (tests/unit/providers/): accepted as it is, and refused with one thing bent. A number
 * written "@N" is N seconds from now. */
#include <config.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/list.h"
#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/issuer_block.h"
#include "tools/agentauthctl/publish/record.h"

#define BLOCK "idp" /* the name under which the sample's issuer is added */

/* ---- a sample ------------------------------------------------------------------------------ */

struct sample {
	char *file;
	json_t *json;
	struct support_site *site;
	json_t *issuer; /* the record that the block became; borrowed from the site */
};

static json_t *load(const char *file)
{
	char *path = xasprintf("%s/unit/providers/%s", TEST_SRCDIR, file);
	json_error_t error;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	free(path);
	return json;
}

static struct aa_list texts_of(const json_t *array)
{
	struct aa_list texts = {0, xcalloc(json_array_size(array) + 1, sizeof(char *))};
	size_t i;
	json_t *one;

	json_array_foreach(array, i, one)
	{
		texts.v[texts.n++] = json_string_value(one);
	}
	return texts;
}

static const char *asked(const json_t *request, const char *member)
{
	return json_string_value(json_object_get(request, member));
}

/* The templates are those of the tree, whoever has checked it out. */
static struct issuer_templates templates_of_the_tree(void)
{
	static char dir[PATH_MAX];
	struct stat st;

	assert_non_null(realpath(TEST_SRCDIR "/../etc/issuers", dir));
	assert_int_equal(stat(dir, &st), 0);
	return (struct issuer_templates){dir, st.st_uid};
}

static struct open_template open_template(const char *provider)
{
	const struct issuer_templates where = templates_of_the_tree();
	struct problems problems = {0};
	struct open_template template;

	if (issuer_template_open(&where, provider, &template, &problems) < 0) {
		problems_print(&problems);
		fail_msg("the template of %s cannot be used", provider ? provider : "any provider");
	}
	problems_free(&problems);
	return template;
}

static char *block_of(const json_t *request, char *why, size_t size)
{
	const char *provider = asked(request, "provider");
	struct issuer_request r = {
	    .name = BLOCK,
	    .issuer = asked(request, "issuer"),
	    .tenant = asked(request, "tenant"),
	    .token_version = asked(request, "token_version"),
	    .jwks_file = asked(request, "jwks_file"),
	    .jwks_uri = asked(request, "jwks_uri"),
	    .ca_file = asked(request, "ca_file"),
	    .bearer_file = asked(request, "bearer_file"),
	    .client_claim = asked(request, "client_claim"),
	    .namespace = asked(request, "namespace"),
	    .scope_claim = asked(request, "scope_claim"),
	    .audience = texts_of(json_object_get(request, "audience")),
	    .scopes = texts_of(json_object_get(request, "scopes")),
	    .algorithms = texts_of(json_object_get(request, "algorithms")),
	    .blueprint = asked(request, "blueprint"),
	    .delegation = json_is_true(json_object_get(request, "delegation")),
	};
	struct open_template template = open_template(provider);
	char *block = issuer_block(&template, &r, why, size);

	issuer_template_close(&template);
	free(r.audience.v);
	free(r.scopes.v);
	free(r.algorithms.v);
	return block;
}

/* The text with the block in it, read as agentauthctl reads it, as the record that is published. */
static json_t *compile(const char *file, const char *block)
{
	char *text = xasprintf("host = { audience = [ \"" SITE_AUDIENCE "\" ]; };\nissuers = {\n\t" BLOCK
			       " = %s;\n};\n"
			       "roles = { deploy = { gid = 99001; }; };\n",
			       block);
	char fqdn[] = "web01.example.com";
	struct host_facts facts = {.fqdn = fqdn};
	struct model model = {0};
	struct problems problems = {0};
	struct buffer record = {0};
	json_t *json;

	conf_text_set(&model.file.text, "agentauth.conf", text, strlen(text));
	if (model_read(&model, &facts, &problems) < 0) {
		problems_print(&problems);
		fail_msg("%s: the block is refused:\n%s", file, block);
	}
	assert_int_equal(problems.warnings, 0);
	record_issuer(model_issuer(&model, BLOCK), &record);
	json = json_loads(record.data, 0, NULL);
	assert_non_null(json);
	buffer_free(&record);
	model_free(&model);
	problems_free(&problems);
	free(text);
	return json;
}

static void bind_agent(struct sample *s)
{
	json_t *agent = support_record(s->site, "agent:builder-7");
	json_t *binding = json_deep_copy(json_object_get(s->json, "binding")),
	       *users = json_object_get(s->json, "users");

	json_object_set_new(binding, "issuer", json_string(BLOCK));
	json_object_set_new(agent, "bindings", json_pack("[o]", binding));
	if (users)
		json_object_set_new(agent, "delegation", json_pack("{s:O}", "users", users));
	else
		json_object_del(agent, "delegation");
}

static void open_sample(struct sample *s, const char *file)
{
	char why[512], *block;
	json_t *jwks;
	char *key;

	s->file = xstrdup(file);
	s->json = load(file);
	block = block_of(json_object_get(s->json, "request"), why, sizeof(why));
	if (!block)
		fail_msg("%s: no block: %s", file, why);
	s->site = support_site_new(NOW);
	s->issuer = compile(file, block);
	json_object_set_new(s->site->records, "issuer:" BLOCK, s->issuer);
	key = xasprintf("iss:%s", asked(s->issuer, "issuer"));
	json_object_set_new(s->site->records, key, json_pack("{s:s}", "issuer", BLOCK));
	bind_agent(s);
	support_site_publish(s->site);
	jwks = support_jwks("k1", support_key(AA_ALG_RS256, 0), "k2", support_key(AA_ALG_ES256, 0));
	support_write_keys(s->site, BLOCK, jwks, NOW);
	json_decref(jwks);
	free(key);
	free(block);
}

static void close_sample(struct sample *s)
{
	support_site_free(s->site);
	json_decref(s->json);
	free(s->file);
}

/* ---- a token ------------------------------------------------------------------------------- */

/* "@N" becomes a number, at any depth. */
static void set_times(json_t *json)
{
	const char *name, *text;
	json_t *value;
	void *next;

	json_object_foreach_safe(json, next, name, value)
	{
		text = json_string_value(value);
		if (text && text[0] == '@')
			json_object_set_new(json, name, json_integer(NOW + strtoll(text + 1, NULL, 10)));
		else
			set_times(value);
	}
}

/* Sets or (value NULL) takes away a claim, by its name or the JSON Pointer to a member that has no escapes.
 */
static void put_claim(json_t *claims, const char *claim, json_t *value)
{
	const char *last = strrchr(claim, '/');
	json_t *at = claims;

	if (claim[0] == '/' && last > claim) {
		char *path = xstrndup(claim, (size_t)(last - claim)), *save, *step;

		for (step = strtok_r(path, "/", &save); step; step = strtok_r(NULL, "/", &save))
			at = json_object_get(at, step);
		assert_true(json_is_object(at));
		free(path);
		claim = last + 1;
	}
	if (value)
		json_object_set(at, claim, value);
	else
		json_object_del(at, claim);
}

static void bend(json_t *claims, const json_t *how)
{
	json_t *set = json_object_get(how, "set"), *one, *value;
	const char *name;
	size_t i;

	json_object_foreach(set, name, value)
	{
		put_claim(claims, name, value);
	}
	json_array_foreach(json_object_get(how, "unset"), i, one)
	{
		put_claim(claims, json_string_value(one), NULL);
	}
}

/* Signed by the key that the header names, or by another. */
static char *sign(const struct sample *s, const json_t *how, unsigned key)
{
	json_t *claims = json_deep_copy(json_object_get(s->json, "claims"));
	json_t *header = json_deep_copy(json_object_get(s->json, "header")),
	       *other = json_object_get(how, "header");
	enum aa_alg alg;
	char *head, *payload, *token;

	if (other)
		json_object_update(header, other);
	alg = aa_alg_from_name(asked(header, "alg"));
	bend(claims, how);
	set_times(claims);
	head = json_dumps(header, JSON_COMPACT);
	payload = json_dumps(claims, JSON_COMPACT);
	token = support_sign_text(head, payload, alg, support_key(alg, key));
	json_decref(header);
	json_decref(claims);
	free(head);
	free(payload);
	return token;
}

static const char *expected(const struct sample *s, const json_t *how, const char *member)
{
	const char *own = asked(how, member);

	return own ? own : asked(s->json, member);
}

static void check_roles(const struct sample *s, const json_t *how, const struct aa_verdict *v)
{
	json_t *roles = json_object_get(how, "roles"), *one;
	size_t i;

	if (!roles)
		roles = json_object_get(s->json, "roles");
	if (v->roles.n != json_array_size(roles))
		fail_msg("%s: %s: %zu roles are granted, and not %zu", s->file, asked(how, "what"),
			 v->roles.n, json_array_size(roles));
	json_array_foreach(roles, i, one)
	{
		assert_true(aa_roles_have(&v->roles, json_string_value(one)));
	}
}

static void check_verdict(const struct sample *s, const json_t *how, char *token)
{
	const struct aa_login login = support_login(s->site, NOW);
	const char *what = asked(how, "what"), *reason = asked(how, "reason"), *user;
	struct aa_verdict v = {0};

	support_verify(s->site, &login, token, &v);
	if (strcmp(aa_reason_name(v.reason), reason) != 0)
		fail_msg("%s: %s: the answer is %s, and not %s", s->file, what, aa_reason_name(v.reason),
			 reason);
	if (v.reason == AA_OK) {
		user = expected(s, how, "user");
		assert_string_equal(aa_kind_name(v.kind), expected(s, how, "kind"));
		assert_int_equal(v.once, strcmp(asked(s->issuer, "reuse"), "once") == 0);
		assert_string_equal(v.issuer, BLOCK);
		check_roles(s, how, &v);
		if (v.kind == AA_KIND_DELEGATED)
			assert_string_equal(v.on_behalf_of, user);
		else
			assert_null(v.on_behalf_of);
	}
	aa_verdict_clear(&v);
}

static void check_bent(const struct sample *s, json_t *how)
{
	check_verdict(s, how, sign(s, how, 0));
	json_decref(how);
}

/* ---- the tests ------------------------------------------------------------------------------- */

static char *files[64];
static size_t n_files;

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

BEFORE_ALL(list_samples)
{
	char *path = xasprintf("%s/unit/providers", TEST_SRCDIR);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".json"))
			files[n_files++] = xstrdup(entry->d_name);
	closedir(dir);
	free(path);
	qsort(files, n_files, sizeof(*files), compare_names);
	assert_true(n_files >= 16);
}

AFTER_ALL(forget_samples)
{
	while (n_files)
		free(files[--n_files]);
}

static void for_each_sample(void (*check)(struct sample *))
{
	for (size_t i = 0; i < n_files; i++) {
		struct sample s = {0};

		open_sample(&s, files[i]);
		check(&s);
		close_sample(&s);
	}
}

static void accept_sample(struct sample *s)
{
	check_bent(s, json_pack("{s:s, s:s}", "what", "as it is", "reason", "ok"));
}

TEST(a_token_of_each_provider_is_accepted_with_the_block_that_is_written)
{
	for_each_sample(accept_sample);
}

static void bend_as_the_sample_says(struct sample *s)
{
	json_t *bends = json_object_get(s->json, "bends"), *how;
	size_t i;

	assert_true(json_array_size(bends) >= 3);
	json_array_foreach(bends, i, how)
	{
		check_verdict(s, how, sign(s, how, 0));
	}
}

TEST(what_is_particular_of_a_provider_is_told_apart)
{
	for_each_sample(bend_as_the_sample_says);
}

static json_t *one_bent(const char *what, const char *reason, const char *claim, json_t *value)
{
	return json_pack("{s:s, s:s, s:{s:o}}", "what", what, "reason", reason, "set", claim, value);
}

static json_t *one_gone(const char *what, const char *reason, const char *claim)
{
	return json_pack("{s:s, s:s, s:[s]}", "what", what, "reason", reason, "unset", claim);
}

static void bend_time(struct sample *s)
{
	int64_t most = json_integer_value(json_object_get(s->issuer, "max_token_ttl"));
	json_t *how;

	how = one_bent("expired, beyond the skew", "expired", "exp", json_integer(NOW - 30));
	json_object_set_new(json_object_get(how, "set"), "iat", json_integer(NOW - 300));
	json_object_set_new(json_object_get(how, "set"), "nbf", json_integer(NOW - 300));
	check_bent(s, how);
	check_bent(s, one_gone("without an end", "claim_required", "exp"));
	check_bent(s, one_bent("an end that is text", "malformed", "exp", json_string("never")));
	how = one_bent("from later on", "not_yet_valid", "nbf", json_integer(NOW + 31));
	json_object_set_new(json_object_get(how, "set"), "exp", json_integer(NOW + 60));
	check_bent(s, how);
	check_bent(s, one_bent("longer than the issuer's tokens live", "lifetime_too_long", "exp",
			       json_integer(NOW - 10 + most + 1)));
}

static void bend_names(struct sample *s)
{
	const char *client = asked(s->issuer, "client_claim"), *iss = asked(s->issuer, "issuer");
	char *other = xasprintf("%s/", iss), *shorter = xstrndup(iss, strlen(iss) - 1);

	check_bent(s,
		   one_bent("another issuer, one slash longer", "unknown_issuer", "iss", json_string(other)));
	check_bent(
	    s, one_bent("another issuer, one letter shorter", "unknown_issuer", "iss", json_string(shorter)));
	check_bent(s, one_gone("no issuer", "claim_required", "iss"));
	check_bent(s,
		   one_bent("for another", "wrong_audience", "aud", json_string("ssh://web02.example.com")));
	check_bent(s, one_gone("for nobody", "claim_required", "aud"));
	check_bent(s, one_bent("another client", "wrong_subject", client, json_string("intruder")));
	check_bent(s, one_bent("a client that is a number", "malformed", client, json_integer(7)));
	check_bent(s, one_gone("no client", "claim_required", client));
	free(other);
	free(shorter);
}

static void bend_require(struct sample *s)
{
	json_t *rules = json_object_get(s->issuer, "require"), *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		check_bent(s, one_bent("a required claim with another value", "claim_required",
				       asked(rule, "claim"), json_string("x")));
		check_bent(s,
			   one_gone("a required claim is missing", "claim_required", asked(rule, "claim")));
	}
	if (strcmp(asked(s->issuer, "reuse"), "once") == 0)
		check_bent(s, one_gone("no jti, where tokens are used once", "claim_required", "jti"));
}

static void bend_header(struct sample *s)
{
	static const char *const types[] = {"logout+jwt", "dpop+jwt", "id_token", "secevent+jwt"};
	json_t *how;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		check_bent(s, json_pack("{s:s, s:s, s:{s:s}}", "what", types[i], "reason", "wrong_type",
					"header", "typ", types[i]));
	check_bent(s, json_pack("{s:s, s:s, s:{s:s}}", "what", "a key that the set lacks", "reason",
				"unknown_key", "header", "kid", "k9"));
	check_bent(s, json_pack("{s:s, s:s, s:{s:s}}", "what", "an algorithm that the issuer does not use",
				"reason", "alg_not_allowed", "header", "alg", "RS512"));
	how = json_pack("{s:s, s:s}", "what", "signed by somebody else", "reason", "bad_signature");
	check_verdict(s, how, sign(s, how, 1));
	json_decref(how);
}

static void refuse_bent(struct sample *s)
{
	bend_time(s);
	bend_names(s);
	bend_require(s);
	bend_header(s);
}

TEST(a_token_of_each_provider_is_refused_with_one_thing_bent)
{
	for_each_sample(refuse_bent);
}

/* A binding without the subject takes nobody's token for the agent's own. */
static void forget_subject(struct sample *s)
{
	json_t *agent = support_record(s->site, "agent:builder-7");
	json_t *binding = json_array_get(json_object_get(agent, "bindings"), 0);
	const char *sub = asked(json_object_get(s->json, "claims"), "sub");

	if (!json_object_get(binding, "subject") || strcmp(asked(s->json, "kind"), "token") != 0)
		return;
	assert_string_equal(asked(binding, "subject"), sub);
	json_object_del(binding, "subject");
	support_site_publish(s->site);
	check_bent(s, json_pack("{s:s, s:s}", "what", "without the binding's subject", "reason",
				"delegation_denied"));
}

TEST(without_its_subject_a_binding_fails_closed)
{
	for_each_sample(forget_subject);
}

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

static char *read_makefile(void)
{
	FILE *file = fopen(TEST_SRCDIR "/../etc/Makefile.am", "r");
	char *text = xcalloc(1, 65536);

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

TEST(each_template_can_be_used_is_installed_and_has_a_token)
{
	const struct issuer_templates where = templates_of_the_tree();
	struct aa_list names = issuer_template_names(&where);
	char *makefile = read_makefile(), line[128];

	assert_true(names.n >= 12);
	for (size_t i = 0; i < names.n; i++) {
		struct open_template template = open_template(names.v[i]);

		issuer_template_close(&template);
		snprintf(line, sizeof(line), "issuers/%s.conf", names.v[i]);
		if (!strstr(makefile, line))
			fail_msg("etc/Makefile.am does not install %s", line);
		if (!has_sample(names.v[i]))
			fail_msg("tests/unit/providers has no token for the template %s", names.v[i]);
	}
	free(makefile);
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

TEST(what_a_block_needs_is_asked_for_in_words)
{
	check_request("{\"issuer\": \"https://as.example.com\"}", NULL);
	check_request("{}", "--issuer is missing");
	check_request("{\"provider\": \"google\"}", NULL);
	check_request("{\"provider\": \"github\", \"issuer\": \"https://ghes.example.com/_services/token\"}",
		      NULL);
	check_request("{\"provider\": \"github\", \"delegation\": true}", "never a person's");
	check_request("{\"provider\": \"github\", \"scopes\": [\"x:deploy\"]}", "--scope-claim");
	check_request(
	    "{\"provider\": \"github\", \"scopes\": [\"prod:deploy\"], \"scope_claim\": \"environment\"}",
	    NULL);
	check_request("{\"issuer\": \"https://x\", \"scopes\": [\"deploy\"]}", "VALUE:ROLE");
	check_request("{\"provider\": \"okta\", \"issuer\": \"https://d.okta.com/oauth2/default\", "
		      "\"audience\": [\"api://h\"]}",
		      NULL);
	check_request("{\"provider\": \"okta\", \"issuer\": \"https://d.okta.com/oauth2/default\"}",
		      "--audience is missing");
	check_request(
	    "{\"provider\": \"okta\", \"issuer\": \"https://d.okta.com\", \"audience\": [\"api://h\"]}",
	    "own authorization server");
	check_request(
	    "{\"provider\": \"auth0\", \"issuer\": \"https://t.auth0.com/\", \"audience\": [\"https://h\"]}",
	    NULL);
	check_request(
	    "{\"provider\": \"auth0\", \"issuer\": \"https://t.auth0.com\", \"audience\": [\"https://h\"]}",
	    "ends in a slash");
	check_request("{\"provider\": \"keycloak\", \"issuer\": \"https://idp/realms/r\"}", NULL);
	check_request("{\"provider\": \"keycloak\", \"issuer\": \"https://idp/realms/r/\"}",
		      "without a slash");
	check_request("{\"provider\": \"keycloak\", \"issuer\": \"https://idp/\"}", "/realms/REALM");
	check_request("{\"provider\": \"keycloak\", \"issuer\": \"https://idp/realms/r\", \"tenant\": \"x\"}",
		      "for --provider entra and entra-agent");
	check_request("{\"provider\": \"entra\", \"audience\": [\"x\"]}", "needs --tenant");
	check_request(
	    "{\"provider\": \"entra\", \"audience\": [\"x\"], \"tenant\": \"contoso.onmicrosoft.com\"}",
	    "not its domain");
	check_request("{\"provider\": \"entra\", \"tenant\": \"11111111-2222-3333-4444-555555555555\"}",
		      "--audience is missing");
	check_request("{\"provider\": \"entra\", \"audience\": [\"x\"], \"tenant\": "
		      "\"11111111-2222-3333-4444-555555555555\", "
		      "\"token_version\": \"3\"}",
		      "1 or 2");
	check_request("{\"provider\": \"entra-agent\", \"audience\": [\"x\"]}", "needs --tenant");
	check_request("{\"provider\": \"entra-agent\", \"audience\": [\"x\"], \"tenant\": "
		      "\"11111111-2222-3333-4444-555555555555\"}",
		      NULL);
	check_request("{\"provider\": \"entra-agent\", \"audience\": [\"x\"], \"tenant\": "
		      "\"11111111-2222-3333-4444-555555555555\", \"blueprint\": \"my agents\"}",
		      "--blueprint");
	check_request("{\"provider\": \"google\", \"blueprint\": \"11111111-2222-3333-4444-555555555555\"}",
		      "for --provider entra-agent");
	check_request("{\"provider\": \"aws\"}", "--issuer is missing");
	check_request("{\"provider\": \"aws\", \"issuer\": \"https://a.tokens.sts.global.api.aws\"}", NULL);
	check_request("{\"provider\": \"aws\", \"issuer\": \"https://a.tokens.sts.global.api.aws/\"}",
		      "without a slash");
	check_request("{\"provider\": \"aws\", \"issuer\": \"https://sts.eu-west-1.amazonaws.com\"}",
		      "no account's issuer");
	check_request("{\"provider\": \"identityserver\"}", "--issuer is missing");
	check_request("{\"provider\": \"identityserver\", \"issuer\": \"https://id\"}", NULL);
	check_request("{\"issuer\": \"https://x\", \"algorithms\": [\"ES384\", \"EdDSA\"]}", NULL);
	check_request("{\"provider\": \"kubernetes\"}", "--issuer is missing");
	check_request("{\"provider\": \"kubernetes\", \"issuer\": \"https://k\", \"client_claim\": "
		      "\"/kubernetes.io/serviceaccount/name\"}",
		      "say which with --namespace");
	check_request("{\"provider\": \"kubernetes\", \"issuer\": \"https://k\", \"namespace\": \"build\"}",
		      "belongs to --client-claim");
	check_request("{\"issuer\": \"https://x\", \"namespace\": \"build\"}", "for --provider kubernetes");
	check_request("{\"issuer\": \"https://x\", \"jwks_file\": \"/f\"}", NULL);
	check_request("{\"issuer\": \"https://x\", \"jwks_file\": \"/f\", \"jwks_uri\": \"https://u\"}",
		      "two answers");
	check_request("{\"issuer\": \"https://x\", \"jwks_file\": \"/f\", \"ca_file\": \"/c\"}",
		      "there already");
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
