/* SPDX-License-Identifier: Apache-2.0 */
/* conf_report.h: reports what is wrong with a setting, and where the setting stands. */
#ifndef AGENTAUTH_CONF_REPORT_H
#define AGENTAUTH_CONF_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/cli/problems.h"
#include "tools/conf/conf_file.h"

/* Adds a problem of the file, at the node (0: the file as a whole), under the path of the setting. */
void conf_report(const struct conf_file *file, struct problems *problems, bool warning, uint32_t node,
		 const char *setting, const char *format, va_list args) __attribute__((format(printf, 6, 0)));

/* Reports something about the setting "roles.deploy.gid"; "" is the file as a whole. */
void conf_error(const struct conf_file *file, struct problems *problems, const char *setting,
		const char *format, ...) __attribute__((format(printf, 4, 5)));
void conf_warning(const struct conf_file *file, struct problems *problems, const char *setting,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
