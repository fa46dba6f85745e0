/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: agentauth-sync carries a fleet's releases and stops to this host. It has the network and no rights; what it brings is
 * verified by `agentauthctl fleet take`, which has rights and no network. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/say.h"
#include "tools/sync/daemon.h"

#define CONF AA_CONFDIR "/sync.conf"
#define INCOMING AA_STATEDIR "/incoming"
#define STATE AA_STATEDIR "/sync"

static int usage(int status)
{
	fputs("Usage: agentauth-sync [--config FILE] [--incoming DIR] [--state DIR] [--check]\n"
	      "Carry a fleet's releases and stops from a directory, or over HTTPS, to this host.\n\n"
	      "  --config FILE   the settings (" CONF ")\n"
	      "  --incoming DIR  where releases are carried to (" INCOMING ")\n"
	      "  --state DIR     what has been carried, and how far (" STATE ")\n"
	      "  --check         read the settings, say what is wrong, and end\n"
	      "  --help          show this\n"
	      "  --version       show the version\n",
	      status ? stderr : stdout);
	return status;
}

struct options {
	const char *config, *incoming, *state;
	bool check;
};

static const char **place_of(struct options *options, const char *word)
{
	if (strcmp(word, "--config") == 0)
		return &options->config;
	if (strcmp(word, "--incoming") == 0)
		return &options->incoming;
	return strcmp(word, "--state") == 0 ? &options->state : NULL;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		const char **place = place_of(options, argv[i]);

		if (place && i + 1 < argc)
			*place = argv[++i];
		else if (strcmp(argv[i], "--check") == 0)
			options->check = true;
		else if (strcmp(argv[i], "--help") == 0)
			return usage(0);
		else if (strcmp(argv[i], "--version") == 0)
			return printf("agentauth-sync %s\n", PACKAGE_VERSION) < 0;
		else
			return usage(2);
	}
	return -1;
}

static int run(const struct options *options, const struct sync_conf *conf)
{
	struct incoming incoming;
	int state, r, status;

	r = incoming_open(options->incoming, &incoming);
	if (r < 0)
		return say_failed("%s: %s", options->incoming, strerror(-r));
	state = open(options->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state < 0) {
		incoming_close(&incoming);
		return say_failed("%s: %s", options->state, strerror(errno));
	}
	status = daemon_run(conf, &incoming, state);
	close(state);
	incoming_close(&incoming);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = {CONF, INCOMING, STATE, false};
	struct sync_conf conf;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	say_as("agentauth-sync");
	if (geteuid() == 0)
		return say_failed("it is not run as root: it has the network, and needs no right");
	umask(022);
	status = sync_conf_read(options.config, geteuid(), &conf) < 0;
	if (status == 0 && !options.check)
		status = run(&options, &conf);
	sync_conf_free(&conf);
	return status;
}
