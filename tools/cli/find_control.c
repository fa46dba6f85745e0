/* SPDX-License-Identifier: Apache-2.0 */
/* find_control.c: finds characters that no file and no terminal may hold, see find_control.h. */
#include "config.h"

#include "tools/cli/find_control.h"

#include <stdint.h>
#include <string.h>

#include "common/text/utf8.h"

const char *find_control(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t character;

	for (; len; text += n, len -= n) {
		n = aa_utf8_next(text, len, &character);
		if (n == 0)
			return "bytes that are not UTF-8";
		if (character == '\n' || character == '\r')
			return "a line break";
		if (aa_utf8_is_control(character))
			return "a control character";
	}
	return NULL;
}
