/* SPDX-License-Identifier: Apache-2.0 */
/* stamps.c takes agents from the generation that serves, see stamps.h.
 *
 * The file is a head, entries in the order of the agents' names, and an end that counts them. It is read by the program
 * that wrote it alone (the basis sees to that), so that numbers stand in it as they do in memory. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/registry/accounts.h"
#include "common/registry/cdb_read.h"
#include "common/registry/generation.h"
#include "common/verify/policy.h"
#include "tools/agentauthctl/publish/stamps.h"

struct head {
	char magic[16];
	unsigned char basis[DIGEST_SIZE];
};

/* Behind an entry stand its bindings, the gids of its roles, its name and its gecos, each with a zero, and the rules of
 * its bindings, one behind the other; then zeros up to a multiple of 8. */
struct entry {
	uint32_t size; /* of all of it */
	uint32_t uid;
	struct aa_stamp file;
	unsigned char digest[DIGEST_SIZE], seal[DIGEST_SIZE];
	struct conf_place uid_at, keys_at;
	uint32_t policy_len, ssh_len;
	uint32_t n_bindings, n_gids, name_len, gecos_len, rules_len, zero;
};

struct binding {
	uint64_t client;
	struct conf_place at;
	uint32_t issuer; /* its number in the model */
	uint32_t rules_len;
};

struct end {
	uint32_t size; /* 0, which no entry has */
	uint32_t count;
};

_Static_assert(sizeof(struct head) % 8 == 0 && sizeof(struct entry) % 8 == 0 &&
		   sizeof(struct binding) % 8 == 0,
	       "every part begins at a multiple of 8");

static const char magic[16] = "agentauth-stamp";

struct stamps {
	char *bytes;
	const struct entry **v;
	size_t n, cap;
	unsigned char basis[DIGEST_SIZE];
	int policy_fd, accounts_fd;
	uint32_t policy_end, accounts_end;
	atomic_bool distrusted; /* a seal was wrong, and nothing else is taken from here */
};

/* ---- an entry's parts -------------------------------------------------------- */

static const struct binding *bindings_of(const struct entry *e)
{
	return (const struct binding *)(e + 1);
}

static const uint32_t *gids_of(const struct entry *e)
{
	return (const uint32_t *)(bindings_of(e) + e->n_bindings);
}

static const char *name_of(const struct entry *e)
{
	return (const char *)(gids_of(e) + e->n_gids);
}

static const char *gecos_of(const struct entry *e)
{
	return name_of(e) + e->name_len + 1;
}

static const char *rules_of(const struct entry *e)
{
	return gecos_of(e) + e->gecos_len + 1;
}

static uint64_t size_of(const struct entry *e)
{
	uint64_t size = sizeof(*e) + (uint64_t)e->n_bindings * sizeof(struct binding) +
			(uint64_t)e->n_gids * sizeof(uint32_t) + (uint64_t)e->name_len + 1 +
			(uint64_t)e->gecos_len + 1 + (uint64_t)e->rules_len;

	return (size + 7) & ~UINT64_C(7);
}

/* Everything but the seal itself is sealed. */
static bool seal(const unsigned char basis[DIGEST_SIZE], const struct entry *e, const char *policy,
		 const char *ssh, struct digester *digester, unsigned char ret[DIGEST_SIZE])
{
	const char *behind = (const char *)&e->uid_at;
	const struct digest_part parts[] = {{basis, DIGEST_SIZE},
					    {e, offsetof(struct entry, seal)},
					    {behind, e->size - offsetof(struct entry, uid_at)},
					    {policy, e->policy_len},
					    {ssh, e->ssh_len}};

	return digester_hash(digester, parts, sizeof(parts) / sizeof(*parts), ret);
}

/* ---- reading the file ---------------------------------------------------------- */

static bool is_sound(const struct entry *e, size_t left, const struct entry *before)
{
	const char *name;

	if (left < sizeof(*e) || e->size > left || e->size < sizeof(*e) || size_of(e) != e->size)
		return false;
	name = name_of(e);
	return name[e->name_len] == '\0' && gecos_of(e)[e->gecos_len] == '\0' &&
	       (!before || strcmp(name_of(before), name) < 0);
}

/* read_entries() returns false where the file is not what stamps_write_end() left. */
static bool read_entries(struct stamps *s, size_t len)
{
	const struct head *head = (const struct head *)s->bytes;
	size_t at = sizeof(*head);
	const struct end *end;

	if (len < sizeof(*head) + sizeof(*end) || memcmp(head->magic, magic, sizeof(magic)) != 0 ||
	    memcmp(head->basis, s->basis, DIGEST_SIZE) != 0)
		return false;
	while (len - at > sizeof(*end)) {
		const struct entry *e = (const struct entry *)(s->bytes + at);

		if (!is_sound(e, len - at - sizeof(*end), s->n ? s->v[s->n - 1] : NULL))
			return false;
		grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v));
		s->v[s->n++] = e;
		at += e->size;
	}
	end = (const struct end *)(s->bytes + at);
	return len - at == sizeof(*end) && end->size == 0 && end->count == s->n;
}

static int open_records(int dir, const char *name, uid_t owner, int *ret_fd, uint32_t *ret_end)
{
	struct aa_cdb cdb;
	size_t size;
	int r = aa_trusted_open(dir, name, owner, ret_fd, &size);

	if (r == 0)
		r = aa_cdb_init(&cdb, *ret_fd, size);
	if (r == 0)
		*ret_end = cdb.end;
	return r;
}

struct stamps *stamps_open(const struct published *generation, const unsigned char basis[DIGEST_SIZE],
			   uid_t owner)
{
	struct stamps *s = xcalloc(1, sizeof(*s));
	int dir = published_dir(generation);
	size_t len = 0;

	s->policy_fd = s->accounts_fd = -1;
	memcpy(s->basis, basis, DIGEST_SIZE);
	if (aa_trusted_read(dir, STAMPS_FILE, owner, SIZE_MAX - 1, &s->bytes, &len) == 0 &&
	    read_entries(s, len) &&
	    open_records(dir, AA_POLICY_FILE, owner, &s->policy_fd, &s->policy_end) == 0 &&
	    open_records(dir, AA_ACCOUNTS_FILE, owner, &s->accounts_fd, &s->accounts_end) == 0)
		return s;
	stamps_free(s);
	return NULL;
}

void stamps_free(struct stamps *s)
{
	if (!s)
		return;
	if (s->policy_fd >= 0)
		close(s->policy_fd);
	if (s->accounts_fd >= 0)
		close(s->accounts_fd);
	free(s->bytes);
	free(s->v);
	free(s);
}

/* ---- taking ---------------------------------------------------------------------- */

void stamps_cursor_begin(struct stamps_cursor *c, const struct stamps *s)
{
	*c = (struct stamps_cursor){0};
	if (!s)
		return;
	c->policy = (struct cdb_cursor){.fd = s->policy_fd, .end = s->policy_end};
	c->accounts = (struct cdb_cursor){.fd = s->accounts_fd, .end = s->accounts_end};
}

void stamps_cursor_free(struct stamps_cursor *c)
{
	cdb_cursor_free(&c->policy);
	cdb_cursor_free(&c->accounts);
}

static const struct entry *find(const struct stamps *s, struct stamps_cursor *c, const char *name)
{
	int order = -1;

	while (c->next < s->n && (order = strcmp(name_of(s->v[c->next]), name)) < 0)
		c->next++;
	return c->next < s->n && order == 0 ? s->v[c->next] : NULL;
}

/* is_still() looks at the file by its name, and needs not open it: whoever may change what is in it, whose it is or who may
 * write to it, changes its stamp. */
static bool is_still(const struct compile_source *source, const struct entry *e)
{
	char path[AA_AGENT_NAME_MAX + sizeof(AGENT_SUFFIX)];
	struct aa_stamp stamp;
	struct stat st;

	if (e->name_len > AA_AGENT_NAME_MAX)
		return false;
	memcpy(path, name_of(e), e->name_len);
	memcpy(path + e->name_len, AGENT_SUFFIX, sizeof(AGENT_SUFFIX));
	if (fstatat(source->agents_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	stamp = aa_stamp_of(&st);
	return aa_stamp_equal(&stamp, &e->file);
}

/* take_records() takes the texts of both records, which the seal then speaks for. */
static bool take_records(struct stamps_cursor *c, const struct entry *e, struct arena *arena,
			 struct compiled_agent *ret)
{
	size_t policy_len = 0, ssh_len = 0;
	const char *policy = cdb_cursor_next(&c->policy, "agent:", name_of(e), &policy_len);
	const char *ssh = e->ssh_len ? cdb_cursor_next(&c->accounts, "s", name_of(e), &ssh_len) : "";

	if (!policy || !ssh || policy_len != e->policy_len || ssh_len != e->ssh_len)
		return false;
	ret->policy = arena_strndup(arena, policy, policy_len);
	ret->policy_len = policy_len;
	ret->ssh = ssh_len ? arena_strndup(arena, ssh, ssh_len) : "";
	ret->ssh_len = ssh_len;
	return true;
}

/* take_bindings() believes the lengths of no entry, though its seal is right: it ends where they do not fit. */
static bool take_bindings(const struct model *model, const struct entry *e, struct arena *arena,
			  struct compiled_agent *ret)
{
	const struct binding *from = bindings_of(e);
	struct bound *bindings = arena_alloc(arena, e->n_bindings * sizeof(*bindings));
	const char *rules = rules_of(e);
	uint32_t left = e->rules_len;

	for (size_t i = 0; i < e->n_bindings; i++) {
		if (from[i].issuer >= model->issuers.n || from[i].rules_len > left)
			return false;
		bindings[i] = (struct bound){&model->issuers.v[from[i].issuer], from[i].client, ret->name,
					     from[i].rules_len ? rules : NULL, from[i].at};
		rules += from[i].rules_len;
		left -= from[i].rules_len;
	}
	ret->bindings = bindings;
	ret->n_bindings = e->n_bindings;
	return left == 0;
}

/* is_sealed() has nothing more be taken from a generation in which one thing is not as it was written. */
static bool is_sealed(struct stamps *s, const struct entry *e, const struct compiled_agent *a,
		      struct digester *digester)
{
	unsigned char now[DIGEST_SIZE];

	if (seal(s->basis, e, a->policy, a->ssh, digester, now) && memcmp(now, e->seal, sizeof(now)) == 0)
		return true;
	atomic_store(&s->distrusted, true);
	return false;
}

bool stamps_take(struct stamps *s, struct stamps_cursor *c, const struct compile_source *source,
		 struct digester *digester, struct arena *arena, struct compiled_agent *ret)
{
	struct compiled_agent taken = {.name = ret->name, .taken = true};
	const struct entry *e;

	if (!s || atomic_load(&s->distrusted))
		return false;
	e = find(s, c, ret->name);
	if (!e || !is_still(source, e))
		return false;
	if (!take_records(c, e, arena, &taken)) {
		atomic_store(&s->distrusted, true);
		return false;
	}
	if (!is_sealed(s, e, &taken, digester) || !take_bindings(source->model, e, arena, &taken))
		return false;
	taken.uid = e->uid;
	taken.uid_at = e->uid_at;
	taken.keys_at = e->keys_at;
	taken.gecos = gecos_of(e);
	taken.role_gids = gids_of(e);
	taken.n_role_gids = e->n_gids;
	memcpy(taken.digest, e->digest, DIGEST_SIZE);
	taken.entry = e;
	taken.entry_len = e->size;
	*ret = taken;
	return true;
}

/* ---- sealing ---------------------------------------------------------------------- */

/* rules_length() returns the bytes of a binding's rules with the empty claim at their end. */
static uint32_t rules_length(const char *rules)
{
	const char *end = rules;

	while (end && *end) {
		end += strlen(end) + 1;
		end += strlen(end) + 1;
	}
	return end ? (uint32_t)(end - rules) + 1 : 0;
}

static struct entry measure(const struct aa_stamp *file, const struct compiled_agent *a)
{
	struct entry e = {.uid = a->uid,
			  .file = *file,
			  .uid_at = a->uid_at,
			  .keys_at = a->keys_at,
			  .policy_len = (uint32_t)a->policy_len,
			  .ssh_len = (uint32_t)a->ssh_len,
			  .n_bindings = (uint32_t)a->n_bindings,
			  .n_gids = (uint32_t)a->n_role_gids,
			  .name_len = (uint32_t)strlen(a->name),
			  .gecos_len = (uint32_t)strlen(a->gecos)};

	memcpy(e.digest, a->digest, DIGEST_SIZE);
	for (size_t i = 0; i < a->n_bindings; i++)
		e.rules_len += rules_length(a->bindings[i].rules);
	e.size = (uint32_t)size_of(&e);
	return e;
}

static void put_bindings(const struct model *model, const struct compiled_agent *a, struct binding *to,
			 char *rules)
{
	for (size_t i = 0; i < a->n_bindings; i++) {
		const struct bound *b = &a->bindings[i];
		uint32_t len = rules_length(b->rules);

		to[i] = (struct binding){b->client, b->at, (uint32_t)(b->issuer - model->issuers.v), len};
		if (len)
			memcpy(rules, b->rules, len);
		rules += len;
	}
}

void stamps_seal(const struct compile_source *source, const struct aa_stamp *file, struct digester *digester,
		 struct arena *arena, struct compiled_agent *a)
{
	struct entry measured = measure(file, a), *e = arena_alloc(arena, measured.size);

	*e = measured;
	put_bindings(source->model, a, (struct binding *)(e + 1), (char *)(uintptr_t)rules_of(e));
	if (a->n_role_gids)
		memcpy((uint32_t *)(uintptr_t)gids_of(e), a->role_gids,
		       a->n_role_gids * sizeof(*a->role_gids));
	memcpy((char *)(uintptr_t)name_of(e), a->name, e->name_len);
	memcpy((char *)(uintptr_t)gecos_of(e), a->gecos, e->gecos_len);
	if (!seal(source->basis, e, a->policy, a->ssh, digester, e->seal))
		return;
	a->entry = e;
	a->entry_len = e->size;
}

#define BUFFERED 262144

/* ---- writing ---------------------------------------------------------------------- */

struct stamps_writer {
	int gen_fd;
	FILE *file; /* NULL: nothing is kept */
	uint32_t count;
	char buffer[BUFFERED];
};

struct stamps_writer *stamps_write_begin(int gen_fd, const unsigned char basis[DIGEST_SIZE])
{
	struct stamps_writer *w = xcalloc(1, sizeof(*w));
	int fd = openat(gen_fd, STAMPS_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct head head = {0};

	w->gen_fd = gen_fd;
	w->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (fd >= 0 && !w->file)
		close(fd);
	if (w->file)
		setvbuf(w->file, w->buffer, _IOFBF, BUFFERED);
	memcpy(head.magic, magic, sizeof(magic));
	memcpy(head.basis, basis, DIGEST_SIZE);
	if (w->file)
		fwrite(&head, sizeof(head), 1, w->file);
	return w;
}

void stamps_write(struct stamps_writer *w, const struct compiled_agent *agent)
{
	if (!w || !w->file || !agent->entry)
		return;
	fwrite(agent->entry, agent->entry_len, 1, w->file);
	w->count++;
}

void stamps_write_end(struct stamps_writer *w, bool whole)
{
	const struct end end = {0, w ? w->count : 0};

	if (w && w->file) {
		fwrite(&end, sizeof(end), 1, w->file);
		whole = !ferror(w->file) && whole;
		whole = fclose(w->file) == 0 && whole;
		if (!whole)
			unlinkat(w->gen_fd, STAMPS_FILE, 0);
	}
	free(w);
}
