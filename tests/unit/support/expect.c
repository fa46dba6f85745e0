/* SPDX-License-Identifier: Apache-2.0 */
/* expect.c: see expect.h. */
#include <config.h>

#include "common/verify/reason.h"
#include "tests/unit/support/expect.h"
#include "tests/unit/support/test.h"

void expect(const struct support_site *site, char *credential, enum aa_reason want, const char *what)
{
	enum aa_reason reason = support_reason(site, NOW, credential);

	if (reason != want)
		fail_msg("%s: %s, not %s", what, aa_reason_name(reason), aa_reason_name(want));
}
