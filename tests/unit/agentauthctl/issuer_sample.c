/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_sample.c: see issuer_sample.h. */
#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text/list.h"
#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "tests/unit/agentauthctl/issuer_sample.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/issuer_block.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/cli/problems_print.h"

json_t *load(const char *file)
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

const char *asked(const json_t *request, const char *member)
{
	return json_string_value(json_object_get(request, member));
}

struct issuer_templates templates_of_the_tree(void)
{
	static char dir[PATH_MAX];
	struct stat st;

	assert_non_null(realpath(TEST_SRCDIR "/../etc/issuers", dir));
	assert_int_equal(stat(dir, &st), 0);
	return (struct issuer_templates){dir, st.st_uid};
}

struct open_template open_template(const char *provider)
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

char *block_of(const json_t *request, char *why, size_t size)
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

json_t *compile(const char *file, const char *block)
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

void open_sample(struct sample *s, const char *file)
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

void close_sample(struct sample *s)
{
	support_site_free(s->site);
	json_decref(s->json);
	free(s->file);
}

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

char *sign(const struct sample *s, const json_t *how, unsigned key)
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

void check_verdict(const struct sample *s, const json_t *how, char *token)
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

void check_bent(const struct sample *s, json_t *how)
{
	check_verdict(s, how, sign(s, how, 0));
	json_decref(how);
}

char *files[64];
size_t n_files;
