/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: reads and writes what RFC 4533 puts into controls and intermediate responses. */
#include "config.h"

#include "tools/sync/control.h"

#include <string.h>

#define REFRESH_AND_PERSIST 3
#define TAG_NEW_COOKIE 0x80U
#define TAG_REFRESH_DELETE 0xa1U
#define TAG_REFRESH_PRESENT 0xa2U
#define TAG_ID_SET 0xa3U

int control_request(const struct berval *cookie, struct berval **ret)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	int rc = -1;

	if (!ber)
		return -1;
	if (ber_printf(ber, "{e", REFRESH_AND_PERSIST) >= 0 &&
	    (!cookie || ber_printf(ber, "O", cookie) >= 0) && ber_printf(ber, "N}") >= 0)
		rc = ber_flatten(ber, ret);
	ber_free(ber, 1);
	return rc;
}

static bool take_cookie(BerElement *ber, struct berval *ret)
{
	ber_len_t len;

	*ret = (struct berval){0, NULL};
	if (ber_peek_tag(ber, &len) != LBER_OCTETSTRING)
		return true;
	return ber_scanf(ber, "o", ret) != LBER_ERROR && ret->bv_len <= CONTROL_COOKIE_MAX;
}

static bool take_flag(BerElement *ber, bool *flag)
{
	ber_len_t len;
	ber_int_t value;

	if (ber_peek_tag(ber, &len) != LBER_BOOLEAN)
		return true;
	if (ber_scanf(ber, "b", &value) == LBER_ERROR)
		return false;
	*flag = value != 0;
	return true;
}

static bool read_entry(BerElement *ber, struct control_entry *ret)
{
	struct berval uuid;
	ber_int_t state;

	if (ber_scanf(ber, "{em", &state, &uuid) == LBER_ERROR || uuid.bv_len != CONTROL_UUID_LEN ||
	    state < CONTROL_PRESENT || state > CONTROL_DELETE)
		return false;
	ret->state = (enum control_state)state;
	memcpy(ret->uuid, uuid.bv_val, CONTROL_UUID_LEN);
	return take_cookie(ber, &ret->cookie);
}

/* liblber 2.5 reads the tag of a value without bytes from nowhere. */
static BerElement *reader_of(const struct berval *value)
{
	struct berval copy = *value;

	return value->bv_len > 0 && value->bv_val ? ber_init(&copy) : NULL;
}

bool control_entry_read(const struct berval *value, struct control_entry *ret)
{
	BerElement *ber = reader_of(value);
	bool good;

	memset(ret, 0, sizeof(*ret));
	good = ber && read_entry(ber, ret);
	if (ber)
		ber_free(ber, 1);
	if (!good)
		control_entry_free(ret);
	return good;
}

void control_entry_free(struct control_entry *entry)
{
	ber_memfree(entry->cookie.bv_val);
	entry->cookie = (struct berval){0, NULL};
}

static bool read_set(BerElement *ber, struct control_info *ret)
{
	ber_len_t len;

	ret->kind = CONTROL_ID_SET;
	if (ber_scanf(ber, "{") == LBER_ERROR || !take_cookie(ber, &ret->cookie) ||
	    !take_flag(ber, &ret->deletes))
		return false;
	if (ber_peek_tag(ber, &len) != LBER_SET || ber_scanf(ber, "[W]", &ret->uuids) == LBER_ERROR)
		return false;
	for (size_t i = 0; ret->uuids && ret->uuids[i].bv_val; i++)
		if (ret->uuids[i].bv_len != CONTROL_UUID_LEN)
			return false;
	return true;
}

static bool read_refresh(BerElement *ber, enum control_kind kind, struct control_info *ret)
{
	ret->kind = kind;
	ret->done = true; /* the default of refreshDone */
	return ber_scanf(ber, "{") != LBER_ERROR && take_cookie(ber, &ret->cookie) &&
	       take_flag(ber, &ret->done);
}

static bool read_info(BerElement *ber, struct control_info *ret)
{
	ber_len_t len;

	switch (ber_peek_tag(ber, &len)) {
	case TAG_NEW_COOKIE:
		ret->kind = CONTROL_NEW_COOKIE;
		return ber_scanf(ber, "o", &ret->cookie) != LBER_ERROR &&
		       ret->cookie.bv_len <= CONTROL_COOKIE_MAX;
	case TAG_REFRESH_DELETE:
		return read_refresh(ber, CONTROL_REFRESH_DELETE, ret);
	case TAG_REFRESH_PRESENT:
		return read_refresh(ber, CONTROL_REFRESH_PRESENT, ret);
	case TAG_ID_SET:
		return read_set(ber, ret);
	default:
		return false;
	}
}

bool control_info_read(const struct berval *value, struct control_info *ret)
{
	BerElement *ber = reader_of(value);
	bool good;

	memset(ret, 0, sizeof(*ret));
	good = ber && read_info(ber, ret);
	if (ber)
		ber_free(ber, 1);
	if (!good)
		control_info_free(ret);
	return good;
}

void control_info_free(struct control_info *info)
{
	ber_memfree(info->cookie.bv_val);
	info->cookie = (struct berval){0, NULL};
	ber_bvarray_free(info->uuids);
	info->uuids = NULL;
}
