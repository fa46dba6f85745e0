/* SPDX-License-Identifier: Apache-2.0 */
/* export_ocsf.c: a record as an event of the Open Cybersecurity Schema Framework. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/audit_chain.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/export_record.h"
#include "tools/cli/alloc.h"

#define OCSF_VERSION "1.9.0"
#define NO_LINE "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	int uid;
	const char *name, *category;
} classes[] = {
#define CLASS(class, uid, name, category) {uid, name, category},
#include "tools/agentauthctl/commands/audit/export.def"
};

static const struct observable {
	const char *path;
	int type;
	const char *name;
} observables[] = {
#define OBSERVABLE(path, type, name) {path, type, name},
#include "tools/agentauthctl/commands/audit/export.def"
};

static void put_number(json_t *event, const char *path, json_int_t number)
{
	export_put(event, path, json_integer(number));
}

/* ---- what each event has ------------------------------------------------- */

static void put_class(json_t *event, const struct exported *e)
{
	int uid = classes[e->class].uid;
	char *type = xasprintf("%s: %s", classes[e->class].name, e->activity_name);

	put_number(event, "activity_id", e->activity);
	export_put_text(event, "activity_name", e->activity_name);
	put_number(event, "category_uid", uid / 1000);
	export_put_text(event, "category_name", classes[e->class].category);
	put_number(event, "class_uid", uid);
	export_put_text(event, "class_name", classes[e->class].name);
	put_number(event, "type_uid", uid * 100 + e->activity);
	export_put_text(event, "type_name", type);
	free(type);
}

/* Returns the time in milliseconds since 1970; 0: the record has none that can be read. */
static json_int_t milliseconds(const json_t *record)
{
	const char *text = view_text(record, "time");
	char whole[AA_UTC_SIZE];
	int64_t seconds;
	long ms = 0;

	if (strlen(text) < 20)
		return 0;
	(void)snprintf(whole, sizeof(whole), "%.19sZ", text);
	if (text[19] == '.' && sscanf(text + 20, "%3ld", &ms) != 1)
		ms = 0;
	return aa_utc_parse(whole, &seconds) ? (json_int_t)(seconds * 1000 + ms) : 0;
}

static void put_outcome(json_t *event, const struct exported *e)
{
	static const char *const severity[] = {"", "Informational", "Low", "Medium", "High"};

	put_number(event, "time", milliseconds(e->record));
	put_number(event, "timezone_offset", 0);
	put_number(event, "severity_id", e->severity);
	export_put_text(event, "severity", severity[e->severity]);
	put_number(event, "status_id", e->ok ? 1 : 2);
	export_put_text(event, "status", e->ok ? "Success" : "Failure");
	export_put_text(event, "status_detail", e->reason);
	export_put_text(event, "message", e->message);
}

static void put_metadata(json_t *event, const struct exported *e)
{
	static const char *const profiles[] = {"host", "record_integrity", "ai_operation"};

	export_put_text(event, "metadata.version", OCSF_VERSION);
	export_put_text(event, "metadata.product.name", "agentauth");
	export_put_text(event, "metadata.product.vendor_name", "agentauth");
	export_put_text(event, "metadata.product.version", PACKAGE_VERSION);
	export_put_text(event, "metadata.uid", e->id);
	export_put_text(event, "metadata.log_name", e->log);
	for (size_t i = 0; i < (e->class == EXPORT_BASE ? 2 : 3); i++)
		export_put_text(event, "metadata.profiles[]", profiles[i]);
	put_number(event, "device.type_id", 0);
}

/* ---- the chain ----------------------------------------------------------- */

static json_t *fingerprint(const char *hash)
{
	return json_pack("{s:i, s:s, s:i, s:s, s:i, s:s, s:s}", "algorithm_id", 3, "algorithm", "SHA-256",
			 "encoding_id", 1, "encoding", "Hex", "serialization_id", 1, "serialization", "Flat",
			 "value", hash);
}

/* The fingerprint is that of the line in raw_data, and what the next record's prev_event has. */
static void put_integrity(json_t *event, const struct exported *e)
{
	const char *prev = view_text(e->record, "prev"), *host = view_text(e->record, "host");
	json_t *one = json_object();
	char *id;

	export_put(event, "raw_data", json_stringn(e->line->text, e->line->len));
	put_number(event, "raw_data_size", (json_int_t)e->line->len);
	export_put(event, "raw_data_hash", fingerprint(e->hash));
	export_put_text(one, "uid", e->id);
	export_put_text(one, "authority_uid", host);
	id = xasprintf("%s/%s", host, e->log);
	export_put_text(one, "chain_uid", id);
	free(id);
	export_put(one, "fingerprint", fingerprint(e->hash));
	if (*prev && strcmp(prev, NO_LINE) != 0) {
		id = exported_id(e, view_number(e->record, "seq") - 1);
		export_put_text(one, "prev_event.uid", id);
		export_put(one, "prev_event.fingerprint", fingerprint(prev));
		free(id);
	}
	export_put(event, "attestation_list[]", one);
}

/* ---- what a class has ---------------------------------------------------- */

static void put_login(json_t *event, const struct exported *e)
{
	const char *kind = view_text(e->record, "kind"), *service = view_text(e->record, "service");
	bool token = strcmp(kind, "token") == 0 || strcmp(kind, "delegated") == 0;

	if (*kind) {
		put_number(event, "auth_protocol_id", token ? 6 : 99);
		export_put_text(event, "auth_protocol", token ? "OAUTH 2.0" : kind);
		put_number(event, "authentication_token.type_id", 99);
	}
	if (e->activity == 7) {
		put_number(event, "account_switch_type_id", 1);
		export_put_text(event, "account_switch_type", "Substitute User");
	} else if (strcmp(service, "sshd") == 0) {
		put_number(event, "logon_type_id", 3);
		export_put_text(event, "logon_type", "Network");
	}
	export_put(event, "is_remote", json_boolean(*view_text(e->record, "rhost")));
	export_put_text(event, "dst_endpoint.hostname", view_text(e->record, "host"));
}

/* A process that never began has no number of its own: the record's stands for it. */
static void put_process(json_t *event, const struct exported *e)
{
	export_put_text(event, "process.uid", e->id);
	if (e->activity == 1) {
		put_number(event, "launch_type_id", 3);
		export_put_text(event, "launch_type", "Exec");
	}
	if (*view_text(e->record, "agent"))
		put_number(event, "actor.user.type_id", 4);
	else
		export_put_text(event, "actor.app_name", "agentauth");
}

static void put_subject(json_t *event, const char *user)
{
	char *name = xasprintf("%s.name", user), *uid = xasprintf("%s.uid", user),
	     *type = xasprintf("%s.type_id", user);

	if (!export_text(event, name) && !export_text(event, uid))
		export_put_text(event, name, "unknown");
	put_number(event, type, export_text(event, name) ? 4 : 0);
	free(name);
	free(uid);
	free(type);
}

/* An approval or a recording has its own name, an "admin" names what it is about. */
static void put_entity(json_t *event, const struct exported *e)
{
	const char *what = view_text(e->record, "event");

	export_put_text(event, "entity.type", *e->kind ? e->kind : what);
	put_number(event, "entity.type_id", 99);
	if (!export_text(event, "entity.name"))
		export_put_text(event, "entity.name", *e->name ? e->name : what);
}

/* The recorder of programs has a log of its own, and says in the audit log when it began and what it missed. */
static void put_log(json_t *event, const struct exported *e)
{
	bool programs = strncmp(view_text(e->record, "event"), "exec-", 5) == 0;

	export_put_text(event, "log_name", programs ? AA_EXEC_LOG : AA_AUDIT_LOG);
	export_put_text(event, "log_provider", "agentauth");
	put_number(event, "log_type_id", 2);
	export_put_text(event, "log_type", "Application");
}

static void put_of_class(json_t *event, const struct exported *e)
{
	switch (e->class) {
	case EXPORT_LOGIN:
		put_login(event, e);
		put_subject(event, "user");
		break;
	case EXPORT_PROCESS:
		put_process(event, e);
		break;
	case EXPORT_USER:
		put_subject(event, "user");
		break;
	case EXPORT_ROLE:
		if (!export_text(event, "iam_role.name"))
			export_put_text(event, "iam_role.name", e->name);
		break;
	case EXPORT_ENTITY:
		put_entity(event, e);
		break;
	case EXPORT_LOG:
		put_log(event, e);
		break;
	case EXPORT_BASE:
	case EXPORT_CLASSES:
		break;
	}
}

static void put_observables(json_t *event)
{
	for (size_t i = 0; i < sizeof(observables) / sizeof(observables[0]); i++) {
		const struct observable *o = &observables[i];
		const char *value = export_text(event, o->path);

		if (value)
			export_put(event, "observables[]",
				   json_pack("{s:s, s:i, s:s, s:s}", "name", o->path, "type_id", o->type,
					     "type", o->name, "value", value));
	}
}

json_t *export_ocsf(const json_t *record, const struct log_line *line)
{
	json_t *event = json_object();
	struct exported e;

	exported_begin(&e, record, line);
	put_class(event, &e);
	put_outcome(event, &e);
	put_metadata(event, &e);
	export_fields(event, &e, EXPORT_OCSF, "unmapped");
	put_of_class(event, &e);
	put_integrity(event, &e);
	put_observables(event);
	exported_end(&e);
	return event;
}
