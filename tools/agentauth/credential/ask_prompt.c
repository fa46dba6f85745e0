/* SPDX-License-Identifier: Apache-2.0 */
/* ask_prompt.c: reads the prompt. The server that wrote it may be hostile, so a text that does not match to the letter is
 * refused. */
#include "config.h"

#include "tools/agentauth/credential/ask_prompt.h"

#include <stddef.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char name_set[] = LOWER DIGITS "-";
static const char host_set[] = LOWER UPPER DIGITS "-._:%";
static const char nonce_set[] = LOWER UPPER DIGITS "-_";
/* RFC 3986 allows these, and brackets, which would end the field. */
static const char audience_set[] = LOWER UPPER DIGITS "-._~:/?#@!$&'()*+,;=%";

static bool take_text(const char **p, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*p, text, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool take_field(const char **p, const char *set, char *out, size_t size)
{
	size_t len = strspn(*p, set);

	if (len == 0 || len >= size)
		return false;
	memcpy(out, *p, len);
	out[len] = 0;
	*p += len;
	return true;
}

static bool take_part(const char **p, unsigned *ret)
{
	unsigned n = 0;
	size_t len = strspn(*p, DIGITS);

	if (len == 0 || len > 2 || **p == '0')
		return false;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (unsigned)((*p)[i] - '0');
	if (n > ASK_PARTS_MAX)
		return false;
	*p += len;
	*ret = n;
	return true;
}

static bool take_servers_words(const char **p, struct ask_prompt *out)
{
	return take_text(p, "Agent credential for ") &&
	       take_field(p, name_set, out->agent, sizeof(out->agent)) && take_text(p, " at ") &&
	       take_field(p, audience_set, out->audience, sizeof(out->audience)) &&
	       take_text(p, " [agentauth/1 part ") && take_part(p, &out->part) && take_text(p, " nonce ") &&
	       take_field(p, nonce_set, out->nonce, sizeof(out->nonce)) && take_text(p, "]: ") && **p == 0;
}

bool ask_prompt_parse(const char *text, struct ask_prompt *ret)
{
	struct ask_prompt out = {0};
	const char *p = text;

	if (!take_text(&p, "(") || !take_field(&p, name_set, out.user, sizeof(out.user)) ||
	    !take_text(&p, "@") || !take_field(&p, host_set, out.host, sizeof(out.host)) ||
	    !take_text(&p, ") ") || !take_servers_words(&p, &out))
		return false;
	*ret = out;
	return true;
}

bool ask_prompt_lacks_host(const char *text)
{
	struct ask_prompt out;

	return take_servers_words(&text, &out);
}
