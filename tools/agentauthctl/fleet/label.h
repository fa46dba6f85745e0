/* SPDX-License-Identifier: Apache-2.0 */
/* label.h says which labels hosts of a fleet may have. */
#ifndef AGENTAUTHCTL_FLEET_LABEL_H
#define AGENTAUTHCTL_FLEET_LABEL_H

#include <stdbool.h>
#include <stddef.h>

/* check_label() is a conf_check_fn (conf_read.h): a label, or the name of a key, is lower case letters, digits and hyphens, as
 * it stands in paths and in the log. */
bool check_label(const char *value, char *why, size_t size);

#endif
