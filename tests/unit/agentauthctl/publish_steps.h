/* SPDX-License-Identifier: Apache-2.0 */
/* publish_steps.h: publishing in a house of its own, and looking at what serves. */
#ifndef AGENTAUTH_TESTS_PUBLISH_STEPS_H
#define AGENTAUTH_TESTS_PUBLISH_STEPS_H

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"

#define AGENT(uid) "uid = " uid "; roles = [ \"deploy\" ]; keys = ( { pem = \"" TEST_PEM "\"; } );\n"

struct outcome {
	struct publish_result result;
	struct problems problems;
};

enum publish_outcome run(const struct house *h, struct publish_options options, struct outcome *ret);
void outcome_free(struct outcome *o);
/* Publishes what stands in the text, which is expected to go well, and gives the generation's number. */
uint32_t apply(const struct house *h);
/* What the text says is refused, with these words, and what serves does not change. */
void refused(const struct house *h, const char *words);
/* "active", "retired", "none" or "damaged", by what NSS and PAM read. */
const char *serves(const struct house *h, const char *name);
size_t entries(const struct house *h, const char *dir, const char *pattern);
/* All files and links of the house with their modes and what they hold, in one number: but for the lock's. */
char *fingerprint(const struct house *h);

/* What a command may change. */
struct edit {
	const char *agent, *agent_text, *main_text, *role;
};

enum publish_outcome run_edit(const struct house *h, const struct edit *edit, struct publish_options options,
			      struct outcome *ret);

#define ROLE(name, gid, rule) name " = { gid = " gid "; sudo = [ \"(root) /bin/" rule "\" ]; }; "

bool say_no_always(void *data, const struct changes *changes);
int roll_back_to(const struct house *h, uint32_t number);
void start_house(const struct house *h);
/* One of four commands: register, set, retire, and one that adds a role to what agentauth.conf holds. */
enum publish_outcome command(const struct house *h, int which, bool with_pending, struct outcome *ret);

/* The steps of a publish, at each of which it may be killed. */
#define N_STEPS 13
#define SWITCHED 8 /* from here on the new generation serves */
extern const char *const steps[N_STEPS];
/* A process that is killed at the step; false: it came through, since there is no such step. */
bool killed_at(const struct house *h, const struct text_change *change, char *step);

#endif
