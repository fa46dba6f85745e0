/* SPDX-License-Identifier: Apache-2.0 */
/* conf_file.h: a configuration file holds its text, and the tree and the settings that were made of it. */
#ifndef AGENTAUTH_CONF_FILE_H
#define AGENTAUTH_CONF_FILE_H

#include <stdbool.h>

#include <libconfig.h>

#include "tools/conf/conf_text.h"
#include "tools/conf/conf_tree.h"

struct conf_file {
	struct conf_text text;
	struct conf_tree tree;
	config_t config; /* owns the strings that were read */
	bool has_config; /* the text could be parsed */
};

/* Frees what the file holds, its strings too. A file of zeros has nothing to free. */
void conf_file_free(struct conf_file *file);

#endif
