/* SPDX-License-Identifier: Apache-2.0 */
/* conf_file.c: frees a configuration file, see conf_file.h. */
#include "config.h"

#include "tools/conf/conf_file.h"

void conf_file_free(struct conf_file *file)
{
	if (file->has_config)
		config_destroy(&file->config);
	conf_tree_free(&file->tree);
	conf_text_free(&file->text);
	file->has_config = false;
}
