/* SPDX-License-Identifier: Apache-2.0 */
/* key_source.c: tells from a key's name where the key is kept, and loads it from there. */
#include "config.h"

#include "tools/agentauth/local/key_source.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/local/key_file.h"
#include "tools/agentauth/local/key_store.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/ssh_agent.h"

#define AGENT "agent:"

/* Returns the text behind "agent:", or NULL where the name does not begin so. */
static const char *in_agent(const char *name)
{
	return strncmp(name, AGENT, strlen(AGENT)) == 0 ? name + strlen(AGENT) : NULL;
}

/* A URI begins with a scheme (RFC 3986 section 3.1), here of two letters or more. A path that looks like one is written
 * ./NAME. */
static bool is_uri(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return n >= 2 && name[n] == ':' && name[0] != '.';
}

bool key_is_in_agent(const char *name)
{
	return in_agent(name) != NULL;
}

bool key_is_file(const char *name)
{
	return !is_uri(name);
}

const char *key_path_in(const char *name)
{
	const char *held = in_agent(name);

	if (held)
		return strncmp(held, SSH_AGENT_FINGERPRINT, strlen(SSH_AGENT_FINGERPRINT)) == 0 ? NULL : held;
	return is_uri(name) ? NULL : name;
}

static struct aa_private_key *load_file(const struct key_source *source)
{
	char *path = source->name ? own_expand(source->name) : own_config_path("key.pem");
	struct aa_private_key *key = path ? key_file_load(path, &source->passphrase) : NULL;

	free(path);
	return key;
}

struct aa_private_key *key_load(const struct key_source *source)
{
	const char *held = source->name ? in_agent(source->name) : NULL;

	if (held)
		return ssh_agent_key(held, SSH_AGENT_SECONDS);
	if (source->name && is_uri(source->name))
		return key_store_open(source->name, &source->passphrase);
	return load_file(source);
}
