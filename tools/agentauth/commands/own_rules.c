/* SPDX-License-Identifier: Apache-2.0 */
/* own_rules.c: see own_rules.h. */
#include "config.h"

#include "tools/agentauth/commands/own_rules.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/verify/sudo_rule.h"
#include "tools/cli/alloc.h"

/* A rule is looked for that covers this command. */
struct wanted {
	const char *target, *path;
	char *const *argv; /* NULL: the program alone counts */
};

static bool names_program(const char *text, const char *path)
{
	struct aa_sudo_rule rule;

	return aa_sudo_rule_parse(text, &rule) && strlen(path) == rule.path_len &&
	       memcmp(rule.path, path, rule.path_len) == 0;
}

static bool fits(const char *rule, const struct wanted *w)
{
	return w->argv ? aa_sudo_rule_covers(rule, w->target, w->path, w->argv)
		       : names_program(rule, w->path);
}

static void look(const json_t *role, const char *list, bool waits, const struct wanted *w,
		 struct own_rule *ret)
{
	const char *name = json_string_value(json_object_get(role, "role")),
		   *budget = json_string_value(json_object_get(role, "max_sudo"));
	size_t i;
	json_t *rule;

	json_array_foreach(json_object_get(role, list), i, rule)
	{
		const char *text = json_string_value(rule);

		if (!name || !text || !fits(text, w) || (ret->rule && (ret->waits || !waits)))
			continue;
		own_rule_free(ret);
		*ret = (struct own_rule){xstrdup(name), xstrdup(text), waits,
					 budget && !waits ? xstrdup(budget) : NULL};
	}
}

static json_t *load(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	json_t *role = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);

	free(path);
	return role;
}

static bool find(const char *folder, const struct wanted *w, struct own_rule *ret)
{
	DIR *list = opendir(folder);
	const struct dirent *entry;
	bool read = false;

	*ret = (struct own_rule){.role = NULL};
	while (list && (entry = readdir(list))) {
		json_t *role = strncmp(entry->d_name, AA_ROLE_RULES_FILE, strlen(AA_ROLE_RULES_FILE)) == 0
				   ? load(folder, entry->d_name)
				   : NULL;

		if (!role)
			continue;
		read = true;
		look(role, "approval", true, w, ret);
		look(role, "sudo", false, w, ret);
		json_decref(role);
	}
	if (list)
		closedir(list);
	return read;
}

bool own_rules_find(const char *folder, const char *target, const char *path, char *const argv[],
		    struct own_rule *ret)
{
	const struct wanted w = {target, path, argv};

	return find(folder, &w, ret);
}

bool own_rules_near(const char *folder, const char *path, struct own_rule *ret)
{
	const struct wanted w = {NULL, path, NULL};

	return find(folder, &w, ret);
}

void own_rule_free(struct own_rule *rule)
{
	free(rule->role);
	free(rule->rule);
	free(rule->max_sudo);
	*rule = (struct own_rule){.role = NULL};
}
