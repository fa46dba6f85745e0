/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_sample.h: a token of each provider, as unit/providers describes it.
 *
 * A sample is a JSON object. What is added, and bound to the agent builder-7:
 *   request   the options of `issuer add`: provider, issuer, audience, scopes and so on, as block_of() reads them
 *   binding   client, and subject or require, of the agent's binding; users: on whose behalf it may act
 * The token:
 *   header    alg and kid; the issuer's keys are k1 (RS256) and k2 (ES256)
 *   claims    "@-10" is ten seconds ago
 * What is expected of it, and of what is bent, which says that too where it is another:
 *   kind      token or delegated, then with user; roles are those that are granted
 *   bends     three or more, each with what it is (what), its reason, and the claims that it sets or takes away (set, unset), or
 *             the members of the header
 */
#ifndef AGENTAUTH_TESTS_ISSUER_SAMPLE_H
#define AGENTAUTH_TESTS_ISSUER_SAMPLE_H

#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

#define BLOCK "idp" /* the name under which the sample's issuer is added */

struct sample {
	char *file;
	json_t *json;
	struct support_site *site;
	json_t *issuer; /* the record that the block became; borrowed from the site */
};

json_t *load(const char *file);
const char *asked(const json_t *request, const char *member);
/* The templates are those of the tree, whoever has checked it out. */
struct issuer_templates templates_of_the_tree(void);
struct open_template open_template(const char *provider);
char *block_of(const json_t *request, char *why, size_t size);
/* The text with the block in it, read as agentauthctl reads it, as the record that is published. */
json_t *compile(const char *file, const char *block);
void open_sample(struct sample *s, const char *file);
void close_sample(struct sample *s);
/* Signed by the key that the header names, or by another. */
char *sign(const struct sample *s, const json_t *how, unsigned key);
void check_verdict(const struct sample *s, const json_t *how, char *token);
void check_bent(const struct sample *s, json_t *how);

extern char *files[64];
extern size_t n_files;

#endif
