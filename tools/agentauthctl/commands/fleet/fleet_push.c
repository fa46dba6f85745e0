/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_push.c writes a release into a directory. libldap is in a program of its own, so that nothing of root's that reads the
 * registry has a server's bytes in it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

#define PROGRAM AA_LIBEXECDIR "/fleet-push"

static const struct option_spec options[] = {
    {"to", "URL", "the directory and the base in it: ldaps://HOST/ou=agentauth,dc=example,dc=com", 0, NULL},
    {"bind-dn", "DN", "who writes it", 0, NULL},
    {"password-file", "FILE", "holds that entry's password in its first line", 0, NULL},
    {"sasl", "EXTERNAL|GSSAPI", "in their place: a certificate, or the user of ldapi; or Kerberos", 0, NULL},
    {"ca-file", "FILE", "certificates that the server's is verified with", 0, NULL},
    {"certificate", "FILE", "a certificate to be known by, with --key", 0, NULL},
    {"key", "FILE", "its private key", 0, NULL},
    {0},
};

struct pushed {
	unsigned long files, stops, removed;
	int manifest;
};

/* Each option goes on as NAME=VALUE, whose memory is argv's. */
static char **argv_of(const struct ctl *ctl, const struct arguments *arguments)
{
	char **argv = xcalloc(arguments->n_given + 4, sizeof(char *));
	size_t n = 0;

	argv[n++] = xstrdup(PROGRAM);
	argv[n++] = xasprintf("dir=%s", arguments->words[0]);
	for (size_t i = 0; options[i].name; i++) {
		const char *value = arguments_value(arguments, options[i].name);

		if (value)
			argv[n++] = xasprintf("%s=%s", options[i].name, value);
	}
	if (ctl->dry_run)
		argv[n++] = xstrdup("dry-run=yes");
	return argv;
}

static void argv_free(char **argv)
{
	for (char **at = argv; *at; at++)
		free(*at);
	free(argv);
}

static enum ctl_status answer(struct ctl *ctl, const struct pushed *pushed)
{
	const char *would = ctl->dry_run ? " would be" : "";

	if (ctl->json) {
		ctl->answer =
		    json_pack("{s:i,s:i,s:i,s:b,s:b}", "files_added", (int)pushed->files, "stops_added",
			      (int)pushed->stops, "files_removed", (int)pushed->removed, "manifest_changed",
			      pushed->manifest, "dry_run", (int)ctl->dry_run);
		return CTL_DONE;
	}
	printf("Files%s added: %lu, removed: %lu; stops%s added: %lu. The manifest %s.\n", would,
	       pushed->files, pushed->removed, would, pushed->stops,
	       !pushed->manifest ? "is there already"
	       : ctl->dry_run	 ? "would be written"
				 : "is written");
	return CTL_DONE;
}

static enum ctl_status start(struct ctl *ctl, char *const argv[])
{
	struct buffer output = {NULL, 0, 0};
	struct pushed pushed;
	enum ctl_status status;
	int r = program_run(argv, "", 0, &output);

	if (r == 0 && output.data &&
	    sscanf(output.data, "%lu %lu %lu %d", &pushed.files, &pushed.stops, &pushed.removed,
		   &pushed.manifest) == 4)
		status = answer(ctl, &pushed);
	else if (r < 0)
		status = ctl_fail(ctl, PROGRAM " cannot be started: %s", strerror(-r));
	else
		status = ctl_fail(ctl, "%.*s", output.data ? (int)strcspn(output.data, "\n") : 0,
				  output.data ? output.data : "");
	buffer_free(&output);
	return status;
}

static int run_push(struct ctl *ctl, const struct arguments *arguments)
{
	char **argv;
	enum ctl_status status;

	if (!arguments_value(arguments, "to"))
		return ctl_usage(ctl, "--to says which directory the release is written into");
	if (!arguments_value(arguments, "sasl") &&
	    (!arguments_value(arguments, "bind-dn") || !arguments_value(arguments, "password-file")))
		return ctl_usage(ctl, "give --bind-dn and --password-file, or --sasl");
	argv = argv_of(ctl, arguments);
	status = start(ctl, argv);
	argv_free(argv);
	return status;
}

const struct command fleet_push = {
    .name = "push",
    .also = "upload",
    .words = "DIR",
    .min_words = 1,
    .max_words = 1,
    .summary = "write a release into a directory, from where agentauth-sync carries it to hosts",
    .about = "DIR is a release: manifest.jws, what it names in files/, and stops. What is not in the "
	     "directory yet is added "
	     "there, then the manifest takes the place of the one before, then what it does not name is "
	     "removed: whoever reads "
	     "meanwhile has one release or the other. Stops are added, and never removed.\n\n"
	     "The directory's schema and rights are among the installed files, in share/agentauth/ldap.",
    .options = options,
    .run = run_push,
};
