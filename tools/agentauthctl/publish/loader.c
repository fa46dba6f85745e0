/* SPDX-License-Identifier: Apache-2.0 */
/* loader.c: reading agents.d with several threads, see loader.h.
 *
 * The list of names is cut into chunks. Chunk k is worked on in slot k % SLOTS, when the chunk that had the
 * slot before has been taken: that bounds the memory, and keeps the order.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "tools/agentauthctl/publish/loader.h"
#include "tools/agentauthctl/publish/record.h"

#define CHUNK 128
#define SLOTS 16
#define WORKERS_MAX 8
#define FEW 256 /* up to so many, a second thread is not worth its start */

/* ---- names --------------------------------------------------------------- */

static int compare_strings(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void append_name(struct agent_names *names, const char *name, size_t len)
{
	grow(&names->v, &names->cap, names->n + 1, sizeof(*names->v));
	names->v[names->n++] = arena_strndup(&names->arena, name, len);
}

int agent_names_read(struct agent_names *names, int agents_fd, const char *dir, struct problems *problems)
{
	struct problem_place place = {.file = dir};
	int fd = openat(agents_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int error;

	if (!d) {
		problem_error(problems, &place, "cannot be listed: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	errno = 0;
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name), suffix = strlen(AGENT_SUFFIX);

		if (entry->d_name[0] != '.' && len > suffix &&
		    strcmp(entry->d_name + len - suffix, AGENT_SUFFIX) == 0)
			append_name(names, entry->d_name, len - suffix);
		errno = 0;
	}
	error = errno;
	closedir(d);
	if (error)
		problem_error(problems, &place, "cannot be listed to its end: %s", strerror(error));
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), compare_strings);
	return error ? -1 : 0;
}

void agent_names_free(struct agent_names *names)
{
	free(names->v);
	arena_free(&names->arena);
	*names = (struct agent_names){0};
}

static const char **find_name(const struct agent_names *names, const char *name)
{
	return names->n ? bsearch(&name, names->v, names->n, sizeof(*names->v), compare_strings) : NULL;
}

bool agent_names_have(const struct agent_names *names, const char *name)
{
	return find_name(names, name) != NULL;
}

void agent_names_add(struct agent_names *names, const char *name)
{
	size_t i;

	append_name(names, name, strlen(name));
	for (i = names->n - 1; i > 0 && strcmp(names->v[i - 1], name) > 0; i--) {
		const char *other = names->v[i - 1];

		names->v[i - 1] = names->v[i];
		names->v[i] = other;
	}
}

void agent_names_remove(struct agent_names *names, const char *name)
{
	const char **found = find_name(names, name);

	if (!found)
		return;
	memmove(found, found + 1, (size_t)(names->v + names->n - (found + 1)) * sizeof(*found));
	names->n--;
}

/* ---- one agent ----------------------------------------------------------- */

/* What a worker uses again and again. */
struct bench {
	struct conf_file file;
	struct arena arena; /* of the structs of one agent */
	struct key_memo *memo;
	struct buffer name, record, ssh, gecos;
	EVP_MD_CTX *md_ctx;
	EVP_MD *md;
};

static void bench_init(struct bench *b)
{
	*b = (struct bench){
	    .memo = key_memo_new(), .md_ctx = EVP_MD_CTX_new(), .md = EVP_MD_fetch(NULL, "SHA256", NULL)};
}

static void bench_free(struct bench *b)
{
	conf_file_free(&b->file);
	arena_free(&b->arena);
	key_memo_free(b->memo);
	buffer_free(&b->name);
	buffer_free(&b->record);
	buffer_free(&b->ssh);
	buffer_free(&b->gecos);
	EVP_MD_CTX_free(b->md_ctx);
	EVP_MD_free(b->md);
}

static bool digest(struct bench *b, const void *bytes, size_t len, unsigned char ret[DIGEST_SIZE])
{
	return b->md_ctx && b->md && EVP_DigestInit_ex2(b->md_ctx, b->md, NULL) == 1 &&
	       EVP_DigestUpdate(b->md_ctx, bytes, len) == 1 && EVP_DigestFinal_ex(b->md_ctx, ret, NULL) == 1;
}

static int get_text(const struct load_source *source, struct bench *b, const char *name,
		    struct problems *problems)
{
	int r;

	if (source->pending.name && strcmp(source->pending.name, name) == 0) {
		conf_text_set(&b->file.text, source->pending.text->path, source->pending.text->bytes,
			      source->pending.text->len);
		return 0;
	}
	buffer_clear(&b->name);
	buffer_puts(&b->name, name);
	buffer_puts(&b->name, AGENT_SUFFIX);
	r = conf_text_read(source->agents_fd, source->dir, b->name.data, source->owner, problems,
			   &b->file.text);
	if (r == -ENOENT) {
		struct problem_place place = {.file = b->file.text.path};

		problem_error(problems, &place, "was there a moment ago and is gone; run the command again");
	}
	return r < 0 ? -1 : 0;
}

static const char *keep(struct arena *arena, const struct buffer *b)
{
	return b->len ? arena_strndup(arena, b->data, b->len) : "";
}

static void keep_bindings(const struct load_source *source, struct bench *b, const struct agent *agent,
			  struct arena *arena, struct loaded_agent *ret)
{
	struct bound *bindings = arena_alloc(arena, agent->bindings.n * sizeof(*bindings));

	for (size_t i = 0; i < agent->bindings.n; i++) {
		const struct agent_binding *binding = &agent->bindings.v[i];
		const struct model_issuer *issuer = model_issuer(source->model, binding->issuer);

		if (!issuer)
			continue; /* which has been reported */
		bound_rules(binding, issuer, &b->record);
		bindings[ret->n_bindings++] =
		    (struct bound){issuer, overlap_hash(binding->client, strlen(binding->client)), ret->name,
				   b->record.len ? keep(arena, &b->record) : NULL};
	}
	ret->bindings = bindings;
}

/* From the file to the records. What is kept is in `arena`, the slot's. */
static bool make_agent(const struct load_source *source, struct bench *b, struct arena *arena,
		       struct loaded_agent *ret)
{
	struct agent agent;
	int64_t uid;

	if (get_text(source, b, ret->name, &ret->problems) < 0)
		return false;
	if (agent_read(source->model, ret->name, &b->file, &b->arena, &ret->problems, &agent) < 0)
		return false;
	if (record_agent(&agent, &b->file, b->memo, &ret->problems, &b->record, &b->ssh) < 0)
		return false;
	record_gecos(agent.description ? agent.description : "", &b->gecos);
	ret->policy = keep(arena, &b->record);
	ret->policy_len = b->record.len;
	ret->ssh = keep(arena, &b->ssh);
	ret->ssh_len = b->ssh.len;
	ret->gecos = keep(arena, &b->gecos);
	ret->uid = (uint32_t)agent.uid;
	uid = conf_tree_find(&b->file.tree, &b->file.text, "uid");
	conf_text_place(&b->file.text, b->file.tree.v[uid].start, &ret->uid_line, &ret->uid_column);
	keep_bindings(source, b, &agent, arena, ret);
	return digest(b, b->file.text.bytes, b->file.text.len, ret->digest);
}

bool load_record(const struct load_source *source, const char *name, struct buffer *ret)
{
	struct loaded_agent agent = {.name = name};
	struct arena arena = {0};
	struct bench b;
	bool ok;

	bench_init(&b);
	ok = make_agent(source, &b, &arena, &agent);
	if (ok)
		buffer_add(ret, agent.policy, agent.policy_len);
	problems_free(&agent.problems);
	arena_free(&arena);
	bench_free(&b);
	return ok;
}

/* ---- the workers --------------------------------------------------------- */

struct slot {
	struct loaded_agent agents[CHUNK];
	struct arena arena;
	bool ready;
};

struct loader {
	struct load_source source;
	const struct agent_names *names;
	size_t n_chunks;
	struct slot slots[SLOTS];
	struct bench own; /* where there are no workers */

	pthread_mutex_t lock;
	pthread_cond_t work, done;
	size_t next_chunk; /* that a worker takes */
	size_t taken;	   /* chunks that were handed on: their slots are free */
	bool stop;
	pthread_t workers[WORKERS_MAX];
	size_t n_workers;

	size_t chunk, within; /* of the agent that is handed on next */
};

static size_t chunk_length(const struct loader *l, size_t chunk)
{
	size_t left = l->names->n - chunk * CHUNK;

	return left < CHUNK ? left : CHUNK;
}

static void work_on(struct loader *l, struct bench *b, size_t chunk)
{
	struct slot *slot = &l->slots[chunk % SLOTS];

	arena_reset(&slot->arena);
	for (size_t i = 0; i < chunk_length(l, chunk); i++) {
		struct loaded_agent *a = &slot->agents[i];

		problems_free(&a->problems);
		*a = (struct loaded_agent){.name = l->names->v[chunk * CHUNK + i]};
		arena_reset(&b->arena);
		a->ok = make_agent(&l->source, b, &slot->arena, a);
	}
}

/* With the lock held: the next chunk whose slot is free. false: there is no more work. */
static bool take_chunk(struct loader *l, size_t *ret)
{
	while (!l->stop && l->next_chunk < l->n_chunks && l->next_chunk >= l->taken + SLOTS)
		pthread_cond_wait(&l->work, &l->lock);
	if (l->stop || l->next_chunk >= l->n_chunks)
		return false;
	*ret = l->next_chunk++;
	return true;
}

static void *worker(void *data)
{
	struct loader *l = data;
	struct bench b;
	size_t chunk;

	bench_init(&b);
	pthread_mutex_lock(&l->lock);
	while (take_chunk(l, &chunk)) {
		pthread_mutex_unlock(&l->lock);
		work_on(l, &b, chunk);
		pthread_mutex_lock(&l->lock);
		l->slots[chunk % SLOTS].ready = true;
		pthread_cond_broadcast(&l->done);
	}
	pthread_mutex_unlock(&l->lock);
	bench_free(&b);
	return NULL;
}

static size_t processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

struct loader *loader_start(const struct load_source *source, const struct agent_names *names)
{
	struct loader *l = xcalloc(1, sizeof(*l));
	size_t wanted = names->n <= FEW ? 0 : processors();

	l->source = *source;
	l->names = names;
	l->n_chunks = (names->n + CHUNK - 1) / CHUNK;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->work, NULL);
	pthread_cond_init(&l->done, NULL);
	bench_init(&l->own);
	while (l->n_workers < wanted && pthread_create(&l->workers[l->n_workers], NULL, worker, l) == 0)
		l->n_workers++;
	return l;
}

static struct slot *wait_for_chunk(struct loader *l)
{
	struct slot *slot = &l->slots[l->chunk % SLOTS];

	if (l->n_workers == 0) {
		work_on(l, &l->own, l->chunk);
		return slot;
	}
	pthread_mutex_lock(&l->lock);
	while (!slot->ready)
		pthread_cond_wait(&l->done, &l->lock);
	pthread_mutex_unlock(&l->lock);
	return slot;
}

static void give_back(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->slots[l->chunk % SLOTS].ready = false;
	l->taken = l->chunk + 1;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	l->chunk++;
	l->within = 0;
}

struct loaded_agent *loader_next(struct loader *l)
{
	if (l->chunk < l->n_chunks && l->within == chunk_length(l, l->chunk))
		give_back(l);
	if (l->chunk >= l->n_chunks)
		return NULL;
	if (l->within == 0)
		wait_for_chunk(l);
	return &l->slots[l->chunk % SLOTS].agents[l->within++];
}

void loader_end(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->n_workers; i++)
		pthread_join(l->workers[i], NULL);
	for (size_t s = 0; s < SLOTS; s++) {
		for (size_t i = 0; i < CHUNK; i++)
			problems_free(&l->slots[s].agents[i].problems);
		arena_free(&l->slots[s].arena);
	}
	bench_free(&l->own);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->work);
	pthread_cond_destroy(&l->done);
	free(l);
}
