/* SPDX-License-Identifier: Apache-2.0 */
/* conf_report.h: reports what is wrong with a setting, and where the setting stands. */
#ifndef AGENTAUTH_CONF_REPORT_H
#define AGENTAUTH_CONF_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/cli/problems.h"
#include "tools/conf/conf_file.h"

/* A conf_finding is about the node (0: the file as a whole), under the path of the setting (NULL: the node's own); its code is as
 * in struct problem. */
struct conf_finding {
	bool warning;
	const char *code, *setting;
	uint32_t node;
};

void conf_report(const struct conf_file *file, struct problems *problems, const struct conf_finding *finding,
		 const char *format, va_list args) __attribute__((format(printf, 4, 0)));

/* Reports something about the setting "roles.deploy.gid"; "" is the file as a whole. */
void conf_error(const struct conf_file *file, struct problems *problems, const char *setting,
		const char *format, ...) __attribute__((format(printf, 4, 5)));
void conf_warning(const struct conf_file *file, struct problems *problems, const char *setting,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* These give the problem a code of its own. */
void conf_error_as(const struct conf_file *file, struct problems *problems, const char *code,
		   const char *setting, const char *format, ...) __attribute__((format(printf, 5, 6)));
void conf_warning_as(const struct conf_file *file, struct problems *problems, const char *code,
		     const char *setting, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
