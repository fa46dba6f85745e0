/* SPDX-License-Identifier: Apache-2.0 */
/* prompt.c: asks for the credential, in parts, and joins the parts. */
#include "config.h"

#include "pam/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/crypto.h"
#include "common/jose/jose.h"
#include "common/jose/offered.h"

#define PARTS_MAX 64 /* sshd's password method repeats one answer to every prompt */

/* Programs that were given a password look for this word before they answer a prompt with it (sshpass, asyncssh,
 * node-ssh; doc/clients.md says which). It stands in the nonce, since agents of every version take that as it is and
 * the rest of the prompt to the letter. */
#define NONCE_WORD "password-"

static bool new_nonce(char ret[32])
{
	unsigned char random[16];
	char *text = aa_random(random, sizeof(random)) ? aa_base64url_encode(random, sizeof(random)) : NULL;

	if (text)
		(void)snprintf(ret, 32, NONCE_WORD "%s", text);
	free(text);
	return text != NULL;
}

static void put_back(char *answer)
{
	if (answer)
		explicit_bzero(answer, strlen(answer));
	free(answer);
}

/* Puts one prompt, echo off. *ret is the conversation's own answer: put_back() wipes and frees it. */
static int ask(struct aa_call *call, const char *text, char **ret)
{
	const struct pam_message message = {PAM_PROMPT_ECHO_OFF, text};
	const struct pam_message *messages = &message;
	const struct pam_conv *conv = NULL;
	struct pam_response *response = NULL;
	int err = pam_get_item(call->pamh, PAM_CONV, (const void **)&conv);

	if (err != PAM_SUCCESS || !conv || !conv->conv)
		return PAM_CONV_ERR;
	aa_call_pause(call);
	err = conv->conv(1, &messages, &response, conv->appdata_ptr);
	aa_call_resume(call);
	if (response && err == PAM_SUCCESS)
		*ret = response->resp;
	else if (response)
		put_back(response->resp);
	free(response);
	return err;
}

/* Programs that read the credential from a file or a pipe send the line end, or a blank, behind it as well. */
static size_t length_without_blanks(const char *part)
{
	size_t len = strlen(part);

	while (len > 0 && strchr(" \t\r\n", part[len - 1]))
		len--;
	return len;
}

/* Joins one part; true while another must follow. */
static bool add_part(struct aa_answer *answer, const char *part)
{
	size_t len = part ? length_without_blanks(part) : 0;
	bool more = len > 0 && part[len - 1] == '+';

	answer->last_part = part ? strlen(part) : 0;
	len -= more;
	if (len == 0) {
		answer->reason = answer->len ? AA_TRUNCATED : AA_NO_CREDENTIAL;
		return false;
	}
	if (len > AA_JWS_MAX - answer->len) {
		answer->reason = AA_OVERSIZE;
		return false;
	}
	memcpy(answer->text + answer->len, part, len);
	answer->len += len;
	answer->text[answer->len] = '\0';
	answer->reason = more ? AA_TRUNCATED : AA_OK;
	return more;
}

static void ask_in_parts(struct aa_call *call, const char *audience, struct aa_answer *answer)
{
	char text[1024], *part;
	bool more = true;

	for (unsigned n = 1; more && n <= PARTS_MAX; n++) {
		part = NULL;
		(void)snprintf(text, sizeof(text),
			       "Agent credential for %s at %s [agentauth/1 part %u nonce %s]: ", call->user,
			       audience, n, answer->nonce);
		if (ask(call, text, &part) != PAM_SUCCESS) {
			answer->reason = answer->len ? AA_TRUNCATED : AA_NO_CREDENTIAL;
			more = false;
		} else {
			more = add_part(answer, part);
		}
		put_back(part);
	}
}

static bool begin_answer(struct aa_answer *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->text = calloc(1, AA_JWS_MAX + 1);
	ret->reason = ret->text ? AA_NO_CREDENTIAL : AA_INTERNAL;
	return ret->text != NULL;
}

/* The item is left as it is, since an earlier module set it. */
bool aa_prompt_first_pass(struct aa_call *call, struct aa_answer *ret)
{
	const void *token = NULL;

	if (!call->args.use_first_pass && !call->args.try_first_pass)
		return false;
	if (pam_get_item(call->pamh, PAM_AUTHTOK, &token) != PAM_SUCCESS)
		token = NULL;
	if (!token && !call->args.use_first_pass)
		return false;
	if (begin_answer(ret) && token)
		(void)add_part(ret, token);
	return true;
}

void aa_prompt(struct aa_call *call, const char *audience, struct aa_answer *ret)
{
	if (!begin_answer(ret))
		return;
	if (new_nonce(ret->nonce))
		ask_in_parts(call, audience, ret);
	else /* Without numbers at random there is no nonce: OpenSSL hands nothing out, signatures neither. */
		ret->reason = aa_alg_is_offered(AA_ALG_ES256) ? AA_INTERNAL : AA_ALG_OFF;
}

void aa_prompt_clear(struct aa_answer *answer)
{
	if (answer->text)
		explicit_bzero(answer->text, AA_JWS_MAX + 1);
	free(answer->text);
	explicit_bzero(answer->nonce, sizeof(answer->nonce));
	answer->text = NULL;
	answer->len = 0;
}

bool aa_prompt_looks_cut(const struct aa_answer *answer)
{
	static const size_t cuts[] = {255, 511, 512, 1022, 1023, 1024, 4094, 4095};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		if (answer->last_part == cuts[i])
			return true;
	return false;
}
