/* SPDX-License-Identifier: Apache-2.0 */
/* model.h: holds the configuration as structs, every value in them checked.
 *
 * agentauth.conf is read once, by model_read(). The files of agents.d are read against it, one by one, by agent_read(),
 * from several threads where there are many. Strings belong to the file that they were read from. */
#ifndef AGENTAUTHCTL_MODEL_H
#define AGENTAUTHCTL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verify/policy_record.h"
#include "tools/agentauthctl/model/host_facts.h"
#include "tools/conf/conf_read.h"

#define CONF_FILE "agentauth.conf"
#define AGENTS_DIR "agents.d"
#define AGENT_SUFFIX ".conf"

struct model {
	struct aa_host host; /* with accounts; without an audience where the text has none: see record.c */
	struct {
		size_t n;
		struct aa_issuer *v;
	} issuers;
	struct {
		size_t n;
		struct aa_role *v;
	} roles;
	const struct aa_role **roles_by_name;
	const struct host_facts *facts;
	struct conf_file file;
	struct arena arena;
};

/* The table of agentauth.conf's settings reads into a struct model. */
extern const struct conf_setting main_settings[];

/* Sets what holds where no text says anything, which is all that agents can be held against where there is none. */
void model_begin(struct model *model, const struct host_facts *facts);
/* Reads the text in model->file.text (set by the caller). -1: reported. */
int model_read(struct model *model, const struct host_facts *facts, struct problems *problems);
void model_free(struct model *model);
const struct aa_role *model_role(const struct model *model, const char *name);
const struct aa_issuer *model_issuer(const struct model *model, const char *name);
/* Returns "ssh://FQDN", for a host that is published for the first time. The caller frees it. */
char *model_default_audience(const struct model *model);

/* Reads one agent's file, whose text is in file->text, but for its keys, which key_record.h reads, and for the rules that
 * need all agents in view. -1: reported. */
int agent_read(const struct model *model, const char *name, struct conf_file *file, struct arena *arena,
	       struct problems *problems, struct aa_agent *ret);

/* Tells whether the uid may be an agent's, or the gid a role's, under this configuration. If not, `why` gets a sentence's
 * rest. */
bool model_uid_allowed(const struct model *model, int64_t uid, char *why, size_t size);
/* Tells whether this host's own files, the group of all agents or a role have the id. */
bool model_id_is_given(const struct model *model, uint32_t id);
/* Returns the last id that a role may have: gids of roles go on behind agents' uids where accounts.gid lies there. */
int64_t model_gid_max(const struct model *model);

#endif
