/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_sample.h: a token of each provider, as unit/providers describes it. */
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
