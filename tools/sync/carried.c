/* SPDX-License-Identifier: Apache-2.0 */
/* carried.c: tells which file of a release an entry of the directory is. */
#include "config.h"

#include "tools/sync/carried.h"

#include <ldap.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEX_LEN (AA_SHA256_HEX_SIZE - 1)
#define DEPTH_MAX 32 /* RDNs of a DN that is looked at */

static bool is_hex(const char *text, size_t len)
{
	return len == HEX_LEN && strspn(text, "0123456789abcdef") >= HEX_LEN;
}

/* An RDN of ours has one attribute, and a value that is plain text. */
static bool rdn_is(LDAPRDN rdn, const char *attribute, const char *value)
{
	const LDAPAVA *ava = rdn[0];

	return ava && !rdn[1] && ava->la_attr.bv_len == strlen(attribute) &&
	       strncasecmp(ava->la_attr.bv_val, attribute, ava->la_attr.bv_len) == 0 &&
	       (!value || (ava->la_value.bv_len == strlen(value) &&
			   strncasecmp(ava->la_value.bv_val, value, ava->la_value.bv_len) == 0));
}

static size_t depth(LDAPDN dn)
{
	size_t n = 0;

	while (dn && dn[n])
		n++;
	return n;
}

static bool same_ava(const LDAPAVA *a, const LDAPAVA *b)
{
	return a->la_attr.bv_len == b->la_attr.bv_len && a->la_value.bv_len == b->la_value.bv_len &&
	       strncasecmp(a->la_attr.bv_val, b->la_attr.bv_val, a->la_attr.bv_len) == 0 &&
	       strncasecmp(a->la_value.bv_val, b->la_value.bv_val, a->la_value.bv_len) == 0;
}

/* Compares as a directory does for what bases are made of: without case, whatever blanks stand around the commas. A base whose
 * RDNs have several attributes has them in the server's order. */
static bool ends_in(LDAPDN dn, size_t at, LDAPDN base)
{
	for (; dn[at] && *base; at++, base++) {
		size_t i = 0;

		for (; dn[at][i] && (*base)[i]; i++)
			if (!same_ava(dn[at][i], (*base)[i]))
				return false;
		if (dn[at][i] || (*base)[i])
			return false;
	}
	return !dn[at] && !*base;
}

static bool below_base(LDAPDN dn, LDAPDN base, struct carried *ret)
{
	size_t n = depth(dn), below = depth(base);
	const struct berval *name;

	if (n > DEPTH_MAX || below == 0)
		return false;
	if (n == below + 1 && rdn_is(dn[0], "cn", "manifest") && ends_in(dn, 1, base)) {
		*ret = (struct carried){CARRIED_MANIFEST, ""};
		return true;
	}
	if (n != below + 2 || !rdn_is(dn[0], CARRIED_DIGEST, NULL) || !ends_in(dn, 2, base))
		return false;
	name = &dn[0][0]->la_value;
	if (!is_hex(name->bv_val, name->bv_len))
		return false;
	if (rdn_is(dn[1], "ou", "files"))
		ret->kind = CARRIED_FILE;
	else if (rdn_is(dn[1], "ou", "stops"))
		ret->kind = CARRIED_STOP;
	else
		return false;
	memcpy(ret->hex, name->bv_val, HEX_LEN);
	ret->hex[HEX_LEN] = '\0';
	return true;
}

bool carried_of_dn(const char *dn, const char *base, struct carried *ret)
{
	LDAPDN parts = NULL, base_parts = NULL;
	bool found = false;

	/* The parser's time grows with the text, and no name of ours is long. */
	if (strnlen(dn, CARRIED_DN_MAX + 1) > CARRIED_DN_MAX)
		return false;
	if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && parts &&
	    ldap_str2dn(base, &base_parts, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && base_parts)
		found = below_base(parts, base_parts, ret);
	ldap_dnfree(parts);
	ldap_dnfree(base_parts);
	return found;
}

bool carried_of_name(const char *name, enum carried_kind kind, struct carried *ret)
{
	const char *end = kind == CARRIED_STOP ? ".jws" : "";

	if (kind == CARRIED_MANIFEST || strnlen(name, CARRIED_PATH_SIZE) != HEX_LEN + strlen(end) ||
	    !is_hex(name, HEX_LEN) || strcmp(name + HEX_LEN, end) != 0)
		return false;
	ret->kind = kind;
	memcpy(ret->hex, name, HEX_LEN);
	ret->hex[HEX_LEN] = '\0';
	return true;
}

bool carried_fits(struct carried *file, const void *content, size_t len)
{
	char hex[AA_SHA256_HEX_SIZE];

	if (aa_sha256_hex(hex, content, len))
		return false;
	if (file->kind != CARRIED_MANIFEST)
		return strcmp(hex, file->hex) == 0;
	memcpy(file->hex, hex, sizeof(hex));
	return true;
}

void carried_path(const struct carried *file, char ret[CARRIED_PATH_SIZE])
{
	switch (file->kind) {
	case CARRIED_FILE:
	case CARRIED_STOP:
		snprintf(ret, CARRIED_PATH_SIZE, file->kind == CARRIED_FILE ? "files/%s" : "stops/%s.jws",
			 file->hex);
		break;
	case CARRIED_MANIFEST:
		snprintf(ret, CARRIED_PATH_SIZE, "manifest.jws");
		break;
	}
}
