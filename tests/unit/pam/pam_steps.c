/* SPDX-License-Identifier: Apache-2.0 */
/* pam_steps.c: see pam_steps.h. */
#include <config.h>

#include <stdlib.h>

#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/test.h"

static int setup(void **state)
{
	*state = support_pam_new();
	return 0;
}

static int teardown(void **state)
{
	support_pam_free(*state);
	return 0;
}

const struct test_fixture fixture_pam = {setup, teardown};

int authenticate(struct support_pam *p)
{
	return p->last = pam_authenticate(p->pamh, 0);
}

int account(struct support_pam *p)
{
	return p->last = pam_acct_mgmt(p->pamh, 0);
}

int log_in(struct support_pam *p, const char *service, char *answer)
{
	int err;

	support_pam_start(p, service, "builder-7");
	support_pam_say(p, answer);
	err = authenticate(p);
	p->answers = NULL;
	p->n_answers = 0;
	free(answer);
	return err;
}

const char *env(struct support_pam *p, const char *name)
{
	return pam_getenv(p->pamh, name);
}

bool is_a_refusal(int err)
{
	static const int never[] = {PAM_SUCCESS,
				    PAM_IGNORE,
				    PAM_SESSION_ERR,
				    PAM_NEW_AUTHTOK_REQD,
				    PAM_AUTHTOK_ERR,
				    PAM_AUTHTOK_EXPIRED,
				    PAM_AUTHTOK_RECOVERY_ERR,
				    PAM_AUTHTOK_LOCK_BUSY,
				    PAM_USER_UNKNOWN,
				    PAM_AUTHTOK_DISABLE_AGING};

	for (size_t i = 0; i < COUNT(never); i++)
		if (err == never[i])
			return false;
	return true;
}

int sudo_account(const struct support_pam *p)
{
	struct support_pam inner = *p;
	int err;

	inner.pamh = NULL;
	support_pam_start(&inner, "sudo", "builder-7");
	support_pam_say(&inner, "secret");
	err = account(&inner);
	assert_int_equal(inner.asked, 0); /* never */
	assert_null(env(&inner, "AGENTAUTH_SESSION"));
	support_pam_end(&inner);
	return err;
}
