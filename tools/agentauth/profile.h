/* profile.h: ~/.config/agentauth/config: which hosts may have which credential.
 *
 *   profiles = {
 *     web = {
 *       hosts = [ "web01.example.com" ];            what ssh calls the host
 *       audiences = [ "ssh://web01.example.com" ];  what that host may ask for
 *       agent = "builder-7";
 *       key = "~/.config/agentauth/key.pem";        this is the default
 *       ttl = 60;  scope = "deploy";  task = "nightly build";
 *       passphrase_file = "…";                      or passphrase_env = "NAME"
 *       kid = "…";                                  default: the key's thumbprint
 *     };
 *   };
 */
#ifndef AGENTAUTH_AGENT_PROFILE_H
#define AGENTAUTH_AGENT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile_list {
	size_t n;
	const char **v;
};

struct profile {
	const char *name, *agent, *key, *scope, *task, *kid, *passphrase_file, *passphrase_env;
	struct profile_list hosts, audiences;
	int64_t ttl;
};

struct profiles;

/* NULL, with the reason said. `path` NULL: $AGENTAUTH_CONFIG, or ~/.config/agentauth/config. */
struct profiles *profiles_load(const char *path);
/* The same from text; `path` is for messages. */
struct profiles *profiles_parse(const char *text, const char *path);
void profiles_free(struct profiles *profiles);

size_t profiles_count(const struct profiles *profiles);
const struct profile *profiles_at(const struct profiles *profiles, size_t i);
const char *profiles_path(const struct profiles *profiles);

bool profile_has_host(const struct profile *profile, const char *host); /* without regard to case */
bool profile_has_audience(const struct profile *profile, const char *audience);

#endif
