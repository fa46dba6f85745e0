/* SPDX-License-Identifier: Apache-2.0 */
/* rule_programs.c knows programs that do more than their name says, see rule_programs.h. */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauthctl/publish/rule_programs.h"

static const struct {
	enum risky_kind kind;
	const char *what, *programs;
} kinds[] = {
#define RISKY(kind, what, programs) {kind, what, programs},
#define POWER_PLACES(places)
#include "tools/agentauthctl/publish/risky_programs.def"
};

#define RISKY(kind, what, programs)
#define POWER_PLACES(places) places
static const char power_places[] =
#include "tools/agentauthctl/publish/risky_programs.def"
    ;

/* stem() returns the length of a name without a version, of "python3.11" that of "python". */
static size_t stem(const char *name)
{
	size_t len = strlen(name);

	while (len > 1 && strchr("0123456789.-", name[len - 1]))
		len--;
	return len;
}

static bool lists(const char *programs, const char *name, size_t len)
{
	char word[64];

	if (len == 0 || len + 3 > sizeof(word))
		return false;
	snprintf(word, sizeof(word), " %.*s ", (int)len, name);
	return strstr(programs, word) != NULL;
}

/* before_number() returns the length of "perl" in "perl5.36-x86_64-linux-gnu", and 0 for a name without a number. */
static size_t before_number(const char *name)
{
	size_t len = strcspn(name, "0123456789");

	return name[len] ? len : 0;
}

static bool has(size_t i, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return lists(kinds[i].programs, name, strlen(name)) || lists(kinds[i].programs, name, stem(name)) ||
	       (kinds[i].kind == RISKY_ANYTHING && lists(kinds[i].programs, name, before_number(name)));
}

enum risky_kind risky_kind_of(const char *path, const char **ret_what)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && kinds[i].kind <= RISKY_FILES; i++)
		if (has(i, path)) {
			*ret_what = kinds[i].what;
			return kinds[i].kind;
		}
	return RISKY_NOTHING;
}

bool risky_is(const char *path, enum risky_kind kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == kind && has(i, path))
			return true;
	return false;
}

bool is_shell_name(const char *word)
{
	return lists(" sh bash rbash dash ash zsh ksh mksh fish csh tcsh ", word, strlen(word));
}

bool is_power_place(const char *path)
{
	for (const char *place = power_places + 1; *place; place += strcspn(place, " ") + 1)
		if (strncmp(path, place, strcspn(place, " ")) == 0)
			return true;
	return false;
}
