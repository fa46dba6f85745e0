/* SPDX-License-Identifier: Apache-2.0 */
/* args.c: the arguments of the module in a stack. */
#include "config.h"

#include "pam/args.h"

#include <string.h>

#include "common/text/service.h"

static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 ? arg + n : NULL;
}

static bool parse_arg(struct aa_args *args, const char *arg)
{
	struct {
		const char *name;
		const char **field;
	} const paths[] = {
	    {"statedir=", &args->statedir}, {"rundir=", &args->rundir}, {"logdir=", &args->logdir}};
	const char *value;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		value = value_of(arg, paths[i].name);
		if (value && value[0] != '/')
			return false;
		if (value) {
			*paths[i].field = value;
			return true;
		}
	}
	value = value_of(arg, "session=");
	if (value)
		args->session_services = value;
	else if (strcmp(arg, "use_first_pass") == 0)
		args->use_first_pass = true;
	else if (strcmp(arg, "try_first_pass") == 0)
		args->try_first_pass = true;
	else if (strcmp(arg, "debug") == 0)
		args->debug = true;
	else
		return false;
	return true;
}

void aa_args_read(struct aa_args *ret, int argc, const char **argv)
{
	*ret = (struct aa_args){.statedir = AA_STATEDIR,
				.rundir = AA_RUNDIR,
				.logdir = AA_LOGDIR,
				.session_services = "sudo,sudo-i"};
	for (int i = 0; i < argc; i++)
		if (!parse_arg(ret, argv[i]))
			ret->bad = argv[i];
}

bool aa_args_session_service(const struct aa_args *args, const char *service)
{
	const char *list = args->session_services;
	char name[64];

	while (*list) {
		size_t len = strcspn(list, ",");

		if (len < sizeof(name)) {
			memcpy(name, list, len);
			name[len] = '\0';
			if (strcmp(aa_service_canonical(name), service) == 0)
				return true;
		}
		list += len;
		list += *list == ',';
	}
	return false;
}
