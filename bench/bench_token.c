/* SPDX-License-Identifier: Apache-2.0 */
/* bench_token.c: bench_token AGENTAUTH: what `agentauth token` costs when the cache has the token, as a new process, beside
 * true(1) and `openssl version`, which do nothing but start. Prints lines "KIND MEDIAN P99" in nanoseconds;
 * the programs take turns, so that a busy machine is one for all. bench/token.sh makes rows of them. */
#include <config.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_cache.h"

#define ROUNDS 201

static char folder[] = "/tmp/agentauth-bench.XXXXXX";
static const char text[] =
    "profiles = { p = { issuer = \"https://idp.example.com\"; client_id = \"builder-7\"; "
    "client_secret = { env = \"X\"; }; }; };\n";

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench_token: %s failed\n", what);
		exit(1);
	}
}

/* A token of 1.5 KB with an hour of life, kept as the command keeps it. */
static void fill_cache(const char *config)
{
	struct profiles *all = profiles_load(config);
	char token[1537];
	struct token t = {.text = token, .type = (char[]){"Bearer"}, .obtained = time(NULL)};
	struct token_cache cache;

	memset(token, 'x', sizeof(token) - 1);
	token[sizeof(token) - 1] = 0;
	t.expires = t.obtained + 3600;
	need(all && token_cache_open(profiles_at(all, 0), &cache) == 0, "opening the cache");
	need(token_cache_write(&cache, &t) == 0, "filling the cache");
	token_cache_close(&cache);
	profiles_free(all);
}

static void make_home(char config[128])
{
	FILE *f;

	need(mkdtemp(folder) != NULL, "mkdtemp");
	setenv("HOME", folder, 1);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	(void)snprintf(config, 128, "%s/config", folder);
	f = fopen(config, "w");
	need(f && fputs(text, f) >= 0 && fclose(f) == 0, "writing the profile");
	setenv("AGENTAUTH_CONFIG", config, 1);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(char *const *argv, const posix_spawn_file_actions_t *actions)
{
	extern char **environ;
	double begin = now_ns();
	int status = 0;
	pid_t pid;

	need(posix_spawnp(&pid, argv[0], actions, NULL, argv, environ) == 0, argv[0]);
	need(waitpid(pid, &status, 0) == pid && status == 0, argv[0]);
	return now_ns() - begin;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char *const commands[][5] = {
	    {argc == 2 ? argv[1] : NULL, (char[]){"token"}, (char[]){"--profile"}, (char[]){"p"}, NULL},
	    {(char[]){"true"}, NULL},
	    {(char[]){"openssl"}, (char[]){"version"}, NULL},
	};
	static const char *const names[] = {"token", "true", "openssl"};
	static double times[3][ROUNDS];
	posix_spawn_file_actions_t actions;
	char config[128], command[64];

	need(argc == 2, "usage: bench_token AGENTAUTH");
	make_home(config);
	fill_cache(config);
	need(posix_spawn_file_actions_init(&actions) == 0 &&
		 posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0,
	     "posix_spawn");
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 3; i++)
			times[i][round] = run(commands[i], &actions);
	for (int i = 0; i < 3; i++) {
		qsort(times[i], ROUNDS, sizeof(double), by_size);
		printf("%s %.0f %.0f\n", names[i], times[i][ROUNDS / 2], times[i][ROUNDS - 1 - ROUNDS / 100]);
	}
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
