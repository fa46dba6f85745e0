/* SPDX-License-Identifier: Apache-2.0 */
/* command_steps.c: see command_steps.h. */
#include "config.h"

#include <stdlib.h>

#include "tests/unit/agentauth/command_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"

struct output o;

void assert_said(int status, const char *what)
{
	assert_int_equal(o.status, status);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, what));
}

const char *public_file(void)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s", home_path("public.pem"));
	return path;
}

void generate(const char *alg)
{
	RUN(command_keygen, "", "--alg", alg, NULL);
	assert_int_equal(o.status, 0);
	home_write("public.pem", o.out, 0644);
}
