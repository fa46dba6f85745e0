/* SPDX-License-Identifier: Apache-2.0 */
/* stamps_basis.c digests what all agents' records depend on, see stamps_basis.h. */
#include "config.h"

#include <link.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/file/stamp.h"
#include "common/jose/offered.h"
#include "tools/agentauthctl/publish/stamps_basis.h"

#define FORMAT "agentauth-stamps 1 " PACKAGE_VERSION /* another text here, and no stamp from before counts */

struct basis {
	struct buffer text;
	bool unknown;
};

/* A part has its length before it, so that no two inputs run together. */
static void put(struct basis *b, const void *bytes, size_t len)
{
	buffer_u32(&b->text, (uint32_t)len);
	buffer_add(&b->text, bytes, len);
}

/* ---- the program ------------------------------------------------------------ */

static void put_program_file(struct basis *b, const char *path)
{
	struct aa_stamp stamp;

	if (aa_stamp_path(path, true, &stamp) < 0 || stamp.ino == 0)
		b->unknown = true;
	put(b, path, strlen(path));
	put(b, &stamp, sizeof(stamp));
}

/* Libraries that are loaded when something asks for them, such as those of NSS, read no agent's file. */
static int put_library(struct dl_phdr_info *info, size_t size, void *data)
{
	static const char *const readers[] = {"libconfig.so", "libcrypto.so", "libjansson.so"};
	const char *base = strrchr(info->dlpi_name, '/');

	(void)size;
	for (size_t i = 0; base && i < sizeof(readers) / sizeof(*readers); i++)
		if (strncmp(base + 1, readers[i], strlen(readers[i])) == 0)
			put_program_file(data, info->dlpi_name);
	return 0;
}

/* OpenSSL's configuration decides which keys can be used, and a host may have been put into FIPS mode. */
static void put_offered(struct basis *b)
{
	char offered[AA_ALG_COUNT + 1];

	offered[0] = aa_fips_is_asked() ? '1' : '0';
	for (int alg = 0; alg < AA_ALG_COUNT; alg++)
		offered[alg + 1] = aa_alg_is_offered((enum aa_alg)alg) ? '1' : '0';
	put(b, offered, sizeof(offered));
	put(b, OpenSSL_version(OPENSSL_FULL_VERSION_STRING),
	    strlen(OpenSSL_version(OPENSSL_FULL_VERSION_STRING)));
}

/* ---- the host ----------------------------------------------------------------- */

static void put_names(struct basis *b, const struct local_names *names)
{
	buffer_u32(&b->text, (uint32_t)names->n);
	for (size_t i = 0; i < names->n; i++) {
		put(b, names->by_name[i].name, strlen(names->by_name[i].name));
		buffer_u32(&b->text, names->by_name[i].id);
	}
}

/* The text says these, or what holds where it says nothing. */
static void put_accounts(struct basis *b, const struct aa_host *host)
{
	const struct aa_accounts_policy *a = &host->accounts;

	buffer_u32(&b->text, (uint32_t)a->uid_min);
	buffer_u32(&b->text, (uint32_t)a->uid_max);
	buffer_u32(&b->text, (uint32_t)a->gid);
	put(b, a->group, strlen(a->group));
	buffer_u32(&b->text, (uint32_t)host->role_groups);
}

bool stamps_basis(const struct model *model, unsigned char ret[DIGEST_SIZE])
{
	struct basis b = {0};
	struct digester digester;
	struct digest_part part;
	bool ok;

	if (!model->file.has_config || !model->facts)
		return false;
	put(&b, FORMAT, strlen(FORMAT));
	put_program_file(&b, "/proc/self/exe");
	dl_iterate_phdr(put_library, &b);
	put_offered(&b);
	put_names(&b, &model->facts->users);
	put_names(&b, &model->facts->groups);
	put_accounts(&b, &model->host);
	put(&b, model->file.text.bytes, model->file.text.len);
	part = (struct digest_part){b.text.data, b.text.len};
	digester_begin(&digester);
	ok = digester_hash(&digester, &part, 1, ret) && !b.unknown;
	digester_free(&digester);
	buffer_free(&b.text);
	return ok;
}
