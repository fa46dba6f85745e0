/* SPDX-License-Identifier: Apache-2.0 */
/* rule_risk.h finds what the sudo rules of roles really allow, where that is more than they seem to say. sudo matches
 * arguments as one text, so that a * takes blanks and slashes along; a rule without arguments allows all; shells,
 * interpreters, editors and pagers run whatever they are told. */
#ifndef AGENTAUTHCTL_RULE_RISK_H
#define AGENTAUTHCTL_RULE_RISK_H

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/published.h"

/* rule_risks_check() looks at the rules that are new, which are those that the same role does not have in what is
 * published (NULL: all are). A rule that amounts to everything the target user can do is an error, unless `accept`;
 * everything else worth knowing is a warning. A rule that waits for a person is refused only where others can change
 * its program: the person is shown the whole command each time, and decides. `owner` is trusted as root is. */
void rule_risks_check(const struct model *model, struct published *published, bool accept, uid_t owner,
		      struct problems *problems);
/* rule_risks_advise() warns of the other rules, which were accepted when they were published. */
void rule_risks_advise(const struct model *model, struct published *published, uid_t owner,
		       struct problems *problems);

#endif
