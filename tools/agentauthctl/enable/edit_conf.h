/* SPDX-License-Identifier: Apache-2.0 */
/* edit_conf.h: puts our lines into sudo.conf and sshd_config, and takes them, or a file that we placed, out again. */
#ifndef AGENTAUTHCTL_EDIT_CONF_H
#define AGENTAUTHCTL_EDIT_CONF_H

#include <stdbool.h>

/* sudo_conf_insert() returns the text with a line for each of our plugins that has none; the caller frees. */
char *sudo_conf_insert(const char *text, const char *plugin_path);
/* sudo_conf_remove() returns the text without any line that names one of our plugins; the caller frees. */
char *sudo_conf_remove(const char *text);

/* sshd_config_insert() returns sshd's main file with an Include of our snippet at its top, unless it includes the snippet
 * before the first Match; the caller frees. */
char *sshd_config_insert(const char *text, const char *snippet);
char *sshd_config_remove(const char *text, const char *snippet);

/* placed_file_remove() returns a file that we had placed as `placed`, and that was edited since, with the others' lines alone,
 * or NULL where there are none; the caller frees. A Match that others' lines stand behind stays with them. */
char *placed_file_remove(const char *text, const char *placed);

#endif
