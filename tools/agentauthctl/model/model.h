/* SPDX-License-Identifier: Apache-2.0 */
/* model.h: the configuration as structs, every value in them checked.
 *
 * agentauth.conf is read once, by model_read(); the files of agents.d against it, one by one, by
 * agent_read(), from several threads where there are many. Strings belong to the file that they were read
 * from.
 */
#ifndef AGENTAUTHCTL_MODEL_H
#define AGENTAUTHCTL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text/list.h"
#include "tools/conf/conf_read.h"
#include "tools/agentauthctl/model/host_facts.h"

#define CONF_FILE "agentauth.conf"
#define AGENTS_DIR "agents.d"
#define AGENT_SUFFIX ".conf"
#define AGENT_KEYS_MAX 64

struct model_host {
	bool given;
	struct aa_list audience; /* empty: as published, and the first time ssh://FQDN */
	int64_t clock_skew, max_assertion_ttl, max_token_ttl, max_failures;
	int nonce;	   /* nonce_words */
	int audit_failure; /* audit_failure_words */
	int audit_sync;	   /* audit_sync_words */
};

struct model_accounts {
	bool given;
	int64_t uid_min, uid_max;
	int64_t gid; /* 0 while reading: see gid_of_agents() */
	const char *home, *shell, *group;
	struct aa_list without_credential;
};

struct model_claim {
	const char *claim, *value;
};
struct model_claims {
	size_t n;
	struct model_claim *v;
};
struct model_scope {
	const char *claim, *value, *role;
};

struct model_issuer {
	const char *name;
	const char *issuer, *jwks_uri, *jwks_file, *ca_file, *bearer_file, *client_claim, *user_claim;
	bool discovery;
	struct aa_list algorithms; /* empty: RS256, ES256 */
	struct aa_list audience;
	int64_t jwks_max_age;
	int64_t max_token_ttl; /* 0: the host's */
	int delegation;	       /* delegation_words */
	int without_sub;       /* without_sub_words */
	int reuse;	       /* reuse_words */
	struct model_claims require;
	struct {
		size_t n;
		struct model_scope *v;
	} scopes;
};

struct model_limits {
	bool given;
	const char *memory_max;
	int64_t tasks_max, cpu_weight; /* 0: not set */
};

struct model_role {
	const char *name;
	int64_t gid;
	struct aa_list services, sources, sudo, approval, groups;
	int64_t max_session, max_sessions;
	bool delegable;
	struct model_limits limits;
};

struct model {
	struct model_host host;
	struct model_accounts accounts;
	struct {
		size_t n;
		struct model_issuer *v;
	} issuers;
	struct {
		size_t n;
		struct model_role *v;
	} roles;
	const struct model_role **roles_by_name;
	const struct host_facts *facts;
	struct conf_file file;
	struct arena arena;
};

extern const char *const nonce_words[],
    *const audit_failure_words[], *const audit_sync_words[], *const delegation_words[],
								 *const without_sub_words[],
								     *const reuse_words[],
									 *const key_state_words[],
									     *const mixed_sessions_words[];

/* The tables of settings, for the reader, the manual's test and the editor. */
extern const struct conf_setting main_settings[], agent_settings[], claim_settings[];

/* Reads the text in model->file.text (set by the caller). -1: reported. */
int model_read(struct model *model, const struct host_facts *facts, struct problems *problems);
void model_free(struct model *model);
const struct model_role *model_role(const struct model *model, const char *name);
const struct model_issuer *model_issuer(const struct model *model, const char *name);
/* "ssh://FQDN", for a host that is published for the first time. The caller frees it. */
char *model_default_audience(const struct model *model);

struct agent_key {
	const char *kid; /* as written, or NULL */
	const char *pem;
	int64_t not_after;
	int state; /* key_state_words */
};

struct agent_binding {
	const char *issuer, *client, *subject;
	struct model_claims require;
};

struct agent_delegation {
	bool given;
	struct aa_list users, local_users;
};

struct agent {
	const char *name;
	int64_t uid;
	const char *description, *owner; /* or NULL */
	int64_t expires;		 /* 0: never */
	struct aa_list roles, sources;
	struct {
		size_t n;
		struct agent_key *v;
	} keys;
	struct {
		size_t n;
		struct agent_binding *v;
	} bindings;
	struct agent_delegation delegation;
	int64_t max_sessions;
	int mixed_sessions; /* mixed_sessions_words */
};

/* Reads one agent's file, whose text is in file->text, but for its keys, which key_record.h reads, and for
 * what can only be told with all agents in view. -1: reported. */
int agent_read(const struct model *model, const char *name, struct conf_file *file, struct arena *arena,
	       struct problems *problems, struct agent *ret);

/* Whether the uid may be an agent's, or the gid a role's, under this configuration; else a sentence's rest in
 * `why`. */
bool model_uid_allowed(const struct model *model, int64_t uid, char *why, size_t size);
/* Whether this host's own files, the group of all agents or a role have the id. */
bool model_id_is_given(const struct model *model, uint32_t id);
/* The last id that a role may have: gids of roles go on behind agents' uids where accounts.gid lies there. */
int64_t model_gid_max(const struct model *model);

#endif
