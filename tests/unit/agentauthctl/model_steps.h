/* SPDX-License-Identifier: Apache-2.0 */
/* model_steps.h: a text that is accepted, and one in which one thing is wrong. */
#ifndef AGENTAUTH_TESTS_MODEL_STEPS_H
#define AGENTAUTH_TESTS_MODEL_STEPS_H

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"

/* One reading of agentauth.conf, and one of an agent's file against it. */
struct reading {
	struct host_facts facts;
	struct model model;
	struct problems problems;
};

void read_main(const struct house *house, const char *text, struct reading *r);
void reading_free(struct reading *r);
void check(const struct problems *problems, const char *text, const char *setting, const char *words);

#define MAIN \
	"issuers = { corp = { issuer = \"https://i\"; discovery = true; client_claim = \"azp\"; reuse = " \
	"\"once\"; }; };\n" \
	"roles = { deploy = { gid = 99001; }; build = { gid = 99002; }; };"

void agent_text(void **state, const char *name, const char *text, const char *setting, const char *words);

#endif
