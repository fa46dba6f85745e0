/* SPDX-License-Identifier: Apache-2.0 */
/* conf_report.h: saying what is wrong with a setting, and where it stands; conf_error() and conf_warning() are in
 * conf_read.h. */
#ifndef AGENTAUTH_CONF_REPORT_H
#define AGENTAUTH_CONF_REPORT_H

#include <stdarg.h>

#include "tools/conf/conf_read.h"

/* Adds a problem of the file, at the node (0: the file as a whole), under the path of the setting. */
void conf_report(const struct conf_file *file, struct problems *problems, bool warning, uint32_t node,
		 const char *setting, const char *format, va_list args) __attribute__((format(printf, 6, 0)));

#endif
