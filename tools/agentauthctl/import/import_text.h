/* SPDX-License-Identifier: Apache-2.0 */
/* import_text.h turns settings as JSON has them into settings as they stand in the configuration's text, and back. */
#ifndef AGENTAUTHCTL_IMPORT_TEXT_H
#define AGENTAUTHCTL_IMPORT_TEXT_H

#include <jansson.h>

#include "tools/cli/alloc.h"
#include "tools/conf/conf_file.h"

/* import_value_wrong() returns NULL where the value can be written as a setting's; else what is wrong, as a sentence's
 * rest, and in `path`, which holds the path of the value, where. */
const char *import_value_wrong(const json_t *value, struct buffer *path);
/* import_setting() returns the value of a setting of an agent as it stands in the text. The caller frees. */
char *import_setting(const char *name, const json_t *value);
/* import_group() does the same for a role or an issuer, on lines of its own. */
char *import_group(const json_t *value);
/* export_group() returns a group of a text that was read as a JSON object. */
json_t *export_group(const config_setting_t *group);

#endif
