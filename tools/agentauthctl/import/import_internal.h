/* SPDX-License-Identifier: Apache-2.0 */
/* import_internal.h is shared by the readers of an import: import.c, import_csv.c, import_json.c. */
#ifndef AGENTAUTHCTL_IMPORT_INTERNAL_H
#define AGENTAUTHCTL_IMPORT_INTERNAL_H

#include "tools/agentauthctl/import/import.h"

struct import_agent *import_add(struct import *import);
/* import_keys() appends the keys of the text to `keys`, as the text of an agent has them. `position` is theirs. */
void import_keys(const struct import *import, const struct position *position, const char *text, size_t len,
		 json_t *keys);

void import_read_csv(struct import *import, const char *bytes, size_t len);
void import_csv_position(const struct import *import, const struct import_agent *agent, const char *setting,
			 struct position *ret, bool *ret_given);
void import_csv_free(struct import *import);

void import_read_json(struct import *import, const char *bytes, size_t len);
void import_json_position(const struct import *import, const struct import_agent *agent, const char *setting,
			  struct position *ret, bool *ret_given);

/* import_conf_position() is about a setting of a text: of an agent of a tree, or of its agentauth.conf. */
void import_conf_position(const struct conf_file *file, const char *setting, struct position *ret,
			  bool *ret_given);
void import_tree_free(struct import *import);

#endif
