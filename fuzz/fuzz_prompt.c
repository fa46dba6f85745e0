/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_prompt.c: both ends of the prompt. The lines of the input are a client's answers to the module, part by
 * part; the input as a whole is a prompt that a host shows to askpass. Holds: an answer that is whole has at
 * most 16 KiB and is its parts put together; a prompt that is taken, written again from its fields, is the
 * prompt. */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include <security/pam_appl.h>

#include "common/jose/jose.h"
#include "fuzz/fuzz.h"
#include "pam/prompt.h"
#include "tests/unit/support/support_accounts.h"
#include "tools/agentauth/credential/answer_parts.h"
#include "tools/agentauth/credential/ask_prompt.h"

struct client {
	const uint8_t *data;
	size_t size, at;
	size_t said; /* bytes, without the plus signs and the blanks at the end */
	unsigned asked;
};

/* Answers with the next line; where there is none, with no answer at all. */
static int converse(int n, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	struct client *client = data;
	size_t left = client->size - client->at;
	const uint8_t *line = client->data + client->at, *end = left ? memchr(line, '\n', left) : NULL;
	size_t len = end ? (size_t)(end - line) : left;

	(void)messages;
	FUZZ_HOLDS(n == 1);
	client->asked++;
	*ret = calloc(1, sizeof(**ret));
	if (left == 0)
		return PAM_SUCCESS;
	(*ret)->resp = strndup((const char *)line, len);
	len = strlen((*ret)->resp);
	while (len > 0 && strchr(" \t\r\n", (*ret)->resp[len - 1]))
		len--;
	client->said += len - (len > 0 && (*ret)->resp[len - 1] == '+');
	client->at = end ? (size_t)(end + 1 - client->data) : client->size;
	return PAM_SUCCESS;
}

static pam_handle_t *start(struct client *client)
{
	static const char stack[] = "auth required pam_deny.so\n";
	static char *dir;
	struct pam_conv conv = {converse, client};
	pam_handle_t *pamh = NULL;
	char path[256];

	if (!dir) {
		dir = support_tmpdir();
		snprintf(path, sizeof(path), "%s/fuzz", dir);
		support_write_file(path, stack, strlen(stack));
	}
	FUZZ_HOLDS(pam_start_confdir("fuzz", "builder-7", &conv, dir, &pamh) == PAM_SUCCESS);
	return pamh;
}

static void answer_the_module(const uint8_t *data, size_t size)
{
	struct client client = {.data = data, .size = size};
	struct aa_call call = {.user = "builder-7"};
	struct aa_answer answer;

	call.pamh = start(&client);
	aa_prompt(&call, "ssh://web01.example.com", &answer);
	FUZZ_HOLDS(client.asked <= 64);
	FUZZ_HOLDS(answer.len <= AA_JWS_MAX && strlen(answer.text) == answer.len);
	FUZZ_HOLDS(answer.reason != AA_OK || (answer.len > 0 && answer.len == client.said));
	(void)aa_prompt_looks_cut(&answer);
	aa_prompt_clear(&answer);
	pam_end(call.pamh, PAM_SUCCESS);
}

static void show_askpass(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), again[2048];
	struct ask_prompt prompt;

	if (ask_prompt_parse(text, &prompt)) {
		snprintf(again, sizeof(again),
			 "(%s@%s) Agent credential for %s at %s [agentauth/1 part %u nonce %s]: ",
			 prompt.user, prompt.host, prompt.agent, prompt.audience, prompt.part, prompt.nonce);
		FUZZ_HOLDS(strcmp(text, again) == 0);
		FUZZ_HOLDS(prompt.part >= 1 && prompt.part <= ASK_PARTS_MAX);
	}
	(void)ask_prompt_lacks_host(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t begin, len;

	answer_the_module(data, size);
	show_askpass(data, size);
	for (unsigned part = 0; part <= ASK_PARTS_MAX + 1; part++)
		if (answer_part(size, part, &begin, &len) >= 0)
			FUZZ_HOLDS(begin + len <= size && len <= ANSWER_PART_MAX);
	return 0;
}
