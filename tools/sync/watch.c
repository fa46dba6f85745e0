/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c: the conversation of RFC 4533 over one connection. */
#include "config.h"

#include "tools/sync/watch.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sync/carried.h"

bool watch_refuse(struct watch *watch, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(watch->why, sizeof(watch->why), format, args);
	va_end(args);
	return false;
}

int watch_begin(struct watch *watch, LDAP *ld, const char *base, const struct berval *cookie)
{
	static const char *const attributes[] = {CARRIED_CONTENT, NULL};
	LDAPControl sync = {.ldctl_oid = (char *)(uintptr_t)LDAP_CONTROL_SYNC, .ldctl_iscritical = 1};
	LDAPControl *controls[] = {&sync, NULL};
	struct berval *value = NULL;
	int rc;

	watch->ld = ld;
	watch->probe = -1;
	watch->had_cookie = cookie != NULL;
	watch->refreshed = watch->must_refresh = false;
	watch->next = (struct berval){0, NULL};
	watch->why[0] = '\0';
	if (control_request(cookie, &value) < 0) {
		watch_refuse(watch, "out of memory");
		return -1;
	}
	sync.ldctl_value = *value;
	rc = ldap_search_ext(ld, base, LDAP_SCOPE_SUBTREE, CARRIED_FILTER, (char **)(uintptr_t)attributes, 0,
			     controls, NULL, NULL, LDAP_NO_LIMIT, &watch->search);
	ber_bvfree(value);
	if (rc == LDAP_SUCCESS)
		return 0;
	link_why(ld, rc, watch->why);
	return -1;
}

/* ---- messages ------------------------------------------------------------------------- */

static const struct berval *find_control(LDAPControl *const *controls, const char *oid)
{
	for (; controls && *controls; controls++)
		if (strcmp((*controls)->ldctl_oid, oid) == 0)
			return &(*controls)->ldctl_value;
	return NULL;
}

/* Within a refresh a cookie counts when the refresh is over, since what is gone is known then only. */
static bool take_cookie(struct watch *watch, const struct berval *cookie)
{
	char *copy;

	if (!cookie->bv_val || cookie->bv_len == 0)
		return true;
	if (watch->refreshed)
		return watch->events->cookie(watch->context, watch, cookie);
	copy = malloc(cookie->bv_len);
	if (!copy)
		return watch_refuse(watch, "out of memory");
	memcpy(copy, cookie->bv_val, cookie->bv_len);
	free(watch->next.bv_val);
	watch->next = (struct berval){cookie->bv_len, copy};
	return true;
}

static bool tell_entry(struct watch *watch, LDAPMessage *message, const struct control_entry *state)
{
	struct berval **content;
	char *dn;
	bool goes_on;

	if (state->state == CONTROL_DELETE)
		return watch->events->gone(watch->context, watch, state->uuid);
	if (state->state == CONTROL_PRESENT)
		return watch->events->present(watch->context, watch, state->uuid);
	dn = ldap_get_dn(watch->ld, message);
	if (!dn)
		return watch_refuse(watch, "an entry came whose name cannot be read");
	content = ldap_get_values_len(watch->ld, message, CARRIED_CONTENT);
	goes_on = watch->events->entry(watch->context, watch, state->uuid, dn, content);
	ldap_value_free_len(content);
	ldap_memfree(dn);
	return goes_on;
}

static bool take_entry(struct watch *watch, LDAPMessage *message)
{
	LDAPControl **controls = NULL;
	struct control_entry state;
	const struct berval *value;
	bool goes_on = false;

	if (ldap_get_entry_controls(watch->ld, message, &controls) != LDAP_SUCCESS)
		return watch_refuse(watch, "an entry came whose controls cannot be read");
	value = find_control(controls, LDAP_CONTROL_SYNC_STATE);
	if (!value || !value->bv_val || !control_entry_read(value, &state)) {
		watch_refuse(watch, "an entry came without the Sync State of RFC 4533: the server does not "
				    "keep it, or not for this search");
	} else {
		goes_on = tell_entry(watch, message, &state) && take_cookie(watch, &state.cookie);
		control_entry_free(&state);
	}
	ldap_controls_free(controls);
	return goes_on;
}

static bool end_refresh(struct watch *watch, bool whole)
{
	struct berval cookie = watch->next;
	bool goes_on;

	if (watch->refreshed)
		return true;
	watch->refreshed = true;
	watch->next = (struct berval){0, NULL};
	goes_on = watch->events->refreshed(watch->context, watch, whole) && take_cookie(watch, &cookie);
	free(cookie.bv_val);
	return goes_on;
}

static bool take_set(struct watch *watch, const struct control_info *info)
{
	for (size_t i = 0; info->uuids && info->uuids[i].bv_val; i++) {
		const unsigned char *uuid = (const unsigned char *)info->uuids[i].bv_val;

		if (!(info->deletes ? watch->events->gone : watch->events->present)(watch->context, watch,
										    uuid))
			return false;
	}
	return true;
}

static bool tell_info(struct watch *watch, const struct control_info *info)
{
	bool goes_on = take_set(watch, info) && take_cookie(watch, &info->cookie);

	if (info->kind == CONTROL_REFRESH_PRESENT && info->done)
		return goes_on && end_refresh(watch, true);
	if (info->kind == CONTROL_REFRESH_DELETE && info->done)
		return goes_on && end_refresh(watch, !watch->had_cookie);
	return goes_on;
}

static bool take_intermediate(struct watch *watch, LDAPMessage *message)
{
	char *oid = NULL;
	struct berval *value = NULL;
	struct control_info info;
	bool goes_on = true;

	if (ldap_parse_intermediate(watch->ld, message, &oid, &value, NULL, 0) != LDAP_SUCCESS)
		return watch_refuse(watch, "an intermediate response came that cannot be read");
	if (oid && strcmp(oid, LDAP_SYNC_INFO) == 0) {
		if (!value || !control_info_read(value, &info)) {
			goes_on = watch_refuse(watch, "a Sync Info came that cannot be read");
		} else {
			goes_on = tell_info(watch, &info);
			control_info_free(&info);
		}
	}
	ldap_memfree(oid);
	ber_bvfree(value);
	return goes_on;
}

/* The search of refreshAndPersist has no end of its own: whatever this is, the server will say no more. */
static bool take_end(struct watch *watch, LDAPMessage *message)
{
	int code = LDAP_OTHER;
	char *words = NULL;

	if (ldap_parse_result(watch->ld, message, &code, NULL, &words, NULL, NULL, 0) != LDAP_SUCCESS)
		return watch_refuse(watch, "a result came that cannot be read");
	watch->must_refresh = code == LDAP_SYNC_REFRESH_REQUIRED;
	if (code == LDAP_REFERRAL)
		watch->events->referral(watch->context, watch);
	watch_refuse(watch, "the server ended the search: %s%s%.300s", ldap_err2string(code),
		     words && *words ? ", " : "", words ? words : "");
	ldap_memfree(words);
	return false;
}

static bool take_message(struct watch *watch, LDAPMessage *message)
{
	if (ldap_msgid(message) == watch->probe) {
		watch->probe = -1;
		return true;
	}
	if (ldap_msgid(message) == 0)
		return watch_refuse(watch, "the server says that it closes the connection");
	if (ldap_msgid(message) != watch->search)
		return true;
	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		return take_entry(watch, message);
	case LDAP_RES_SEARCH_REFERENCE:
		watch->events->referral(watch->context, watch);
		return true;
	case LDAP_RES_INTERMEDIATE:
		return take_intermediate(watch, message);
	case LDAP_RES_SEARCH_RESULT:
		return take_end(watch, message);
	default:
		return watch_refuse(watch, "a message came that is no answer to a search");
	}
}

enum watch_result watch_take(struct watch *watch)
{
	struct timeval at_once = {0, 0};
	LDAPMessage *message = NULL;
	int type = ldap_result(watch->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message),
	    rc = LDAP_SERVER_DOWN;
	bool goes_on;

	if (type == 0)
		return WATCH_QUIET;
	if (type < 0) {
		ldap_get_option(watch->ld, LDAP_OPT_RESULT_CODE, &rc);
		link_why(watch->ld, rc, watch->why);
		return WATCH_ENDED;
	}
	goes_on = take_message(watch, message);
	ldap_msgfree(message);
	return goes_on ? WATCH_MORE : WATCH_ENDED;
}

bool watch_pending(const struct watch *watch)
{
	Sockbuf *sb = NULL;

	return ldap_get_option(watch->ld, LDAP_OPT_SOCKBUF, &sb) == LDAP_OPT_SUCCESS && sb &&
	       ber_sockbuf_ctrl(sb, LBER_SB_OPT_DATA_READY, NULL) == 1;
}

bool watch_probe(struct watch *watch)
{
	static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};

	return ldap_search_ext(watch->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", (char **)(uintptr_t)nothing,
			       1, NULL, NULL, NULL, 1, &watch->probe) == LDAP_SUCCESS;
}

void watch_end(struct watch *watch)
{
	free(watch->next.bv_val);
	watch->next = (struct berval){0, NULL};
}
