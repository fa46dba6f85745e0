/* SPDX-License-Identifier: Apache-2.0 */
/* compile.c reads agents.d with several threads, see compile.h.
 *
 * The list of names is cut into chunks. Chunk k is worked on in slot k % SLOTS, when the chunk that had the slot
 * before has been taken: that bounds the memory, and keeps the order. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/publish/compile.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/agentauthctl/publish/stamps.h"

#define CHUNK 128
#define SLOTS 16
#define WORKERS_MAX 8
#define NANOSECONDS INT64_C(1000000000)
#define FEW 256 /* up to so many, a second thread is not worth its start */

/* ---- one agent ----------------------------------------------------------- */

/* A worker keeps the memory that it uses again for each agent. */
struct worker {
	struct conf_file file;
	struct arena arena; /* of the structs of one agent */
	struct key_memo *memo;
	struct buffer name, record, ssh, gecos;
	struct digester digester;
	struct stamps_cursor stamps;
};

static void worker_init(struct worker *w, const struct compile_source *source)
{
	*w = (struct worker){.memo = key_memo_new()};
	digester_begin(&w->digester);
	stamps_cursor_begin(&w->stamps, source->stamps);
}

static void worker_free(struct worker *w)
{
	conf_file_free(&w->file);
	arena_free(&w->arena);
	key_memo_free(w->memo);
	buffer_free(&w->name);
	buffer_free(&w->record);
	buffer_free(&w->ssh);
	buffer_free(&w->gecos);
	digester_free(&w->digester);
	stamps_cursor_free(&w->stamps);
}

static int get_text(const struct compile_source *source, struct worker *w, const char *name,
		    struct problems *problems)
{
	const struct conf_text *pending = source->pending ? text_change_of(source->pending, name) : NULL;
	int r;

	if (pending) {
		conf_text_set(&w->file.text, pending->path, pending->bytes, pending->len);
		return 0;
	}
	buffer_clear(&w->name);
	buffer_puts(&w->name, name);
	buffer_puts(&w->name, AGENT_SUFFIX);
	r = conf_text_read(source->agents_fd, source->dir, w->name.data, source->owner, problems,
			   &w->file.text);
	if (r == -ENOENT) {
		struct position position = {.file = w->file.text.path};

		problem_error(problems, &position,
			      "was there a moment ago and is gone; run the command again");
	}
	return r < 0 ? -1 : 0;
}

static const char *keep(struct arena *arena, const struct buffer *b)
{
	return b->len ? arena_strndup(arena, b->data, b->len) : "";
}

static void keep_bindings(const struct compile_source *source, struct worker *w, const struct aa_agent *agent,
			  struct arena *arena, struct compiled_agent *ret)
{
	struct bound *bindings = arena_alloc(arena, agent->bindings.n * sizeof(*bindings));

	for (size_t i = 0; i < agent->bindings.n; i++) {
		const struct aa_binding *binding = &agent->bindings.v[i];
		const struct aa_issuer *issuer = model_issuer(source->model, binding->issuer);

		if (!issuer)
			continue; /* which has been reported */
		bound_rules(binding, issuer, &w->record);
		bindings[ret->n_bindings++] =
		    (struct bound){issuer, overlap_hash(binding->client, strlen(binding->client)), ret->name,
				   w->record.len ? keep(arena, &w->record) : NULL,
				   conf_tree_place(&w->file.tree, &w->file.text, "bindings")};
	}
	ret->bindings = bindings;
}

/* A role that there is not has been reported. */
static void keep_role_gids(const struct compile_source *source, const struct aa_agent *agent,
			   struct arena *arena, struct compiled_agent *ret)
{
	uint32_t *gids = arena_alloc(arena, (agent->roles.n + 1) * sizeof(*gids));

	if (source->model->host.role_groups != AA_ROLE_GROUPS_ENTRY)
		return;
	for (size_t i = 0; i < agent->roles.n; i++) {
		const struct aa_role *role = model_role(source->model, agent->roles.v[i]);

		if (role)
			gids[ret->n_role_gids++] = role->gid;
	}
	ret->role_gids = gids;
}

/* keep_stamp() keeps the state of a file that says everything: there is nothing to be told of it, and a change from now on
 * gives it another stamp. */
static void keep_stamp(const struct compile_source *source, struct worker *w, struct arena *arena,
		       struct compiled_agent *ret)
{
	const struct aa_stamp *stamp = &w->file.text.stamp;

	if (source->basis && stamp->ino && ret->problems.errors + ret->problems.warnings == 0 &&
	    aa_stamp_is_settled(stamp, source->now * NANOSECONDS))
		stamps_seal(source, stamp, &w->digester, arena, ret);
}

/* make_agent() goes from the file to the records. What the caller keeps of them is in `arena`, the slot's. */
static bool make_agent(const struct compile_source *source, struct worker *w, struct arena *arena,
		       struct compiled_agent *ret)
{
	struct digest_part text;
	struct aa_agent agent;

	if (get_text(source, w, ret->name, &ret->problems) < 0)
		return false;
	if (agent_read(source->model, ret->name, &w->file, &w->arena, &ret->problems, &agent) < 0)
		return false;
	if (record_agent(&agent, &w->file, w->memo, &ret->problems, &w->record, &w->ssh) < 0)
		return false;
	record_gecos(agent.description ? agent.description : "", &w->gecos);
	ret->policy = keep(arena, &w->record);
	ret->policy_len = w->record.len;
	ret->ssh = keep(arena, &w->ssh);
	ret->ssh_len = w->ssh.len;
	ret->gecos = keep(arena, &w->gecos);
	ret->uid = (uint32_t)agent.uid;
	ret->uid_at = conf_tree_place(&w->file.tree, &w->file.text, "uid");
	ret->keys_at = conf_tree_place(&w->file.tree, &w->file.text, "keys");
	keep_bindings(source, w, &agent, arena, ret);
	keep_role_gids(source, &agent, arena, ret);
	if (source->advice)
		advice_agent(source->advice, source->model, &agent, &w->file, w->memo, &ret->advice);
	text = (struct digest_part){w->file.text.bytes, w->file.text.len};
	if (!digester_hash(&w->digester, &text, 1, ret->digest))
		return false;
	keep_stamp(source, w, arena, ret);
	return true;
}

/* take_or_make() takes an agent whose file is as it was from the generation that serves. */
static bool take_or_make(const struct compile_source *source, struct worker *w, struct arena *arena,
			 struct compiled_agent *ret)
{
	if ((!source->pending || !text_change_is_about(source->pending, ret->name)) &&
	    stamps_take(source->stamps, &w->stamps, source, &w->digester, arena, ret))
		return true;
	return make_agent(source, w, arena, ret);
}

bool compile_record(const struct compile_source *source, const char *name, struct buffer *ret)
{
	struct compiled_agent agent = {.name = name};
	struct arena arena = {0};
	struct worker w;
	bool ok;

	worker_init(&w, source);
	ok = make_agent(source, &w, &arena, &agent);
	if (ok)
		buffer_add(ret, agent.policy, agent.policy_len);
	problems_free(&agent.problems);
	arena_free(&arena);
	worker_free(&w);
	return ok;
}

/* ---- the workers --------------------------------------------------------- */

struct slot {
	struct compiled_agent agents[CHUNK];
	struct arena arena;
	bool ready;
};

struct compilation {
	struct compile_source source;
	const struct agent_names *names;
	size_t n_chunks;
	struct slot slots[SLOTS];
	struct worker own; /* where there are no workers */

	pthread_mutex_t lock;
	pthread_cond_t work, done;
	size_t next_chunk; /* that a worker takes */
	size_t taken;	   /* chunks that were handed on: their slots are free */
	bool stop;
	pthread_t workers[WORKERS_MAX];
	size_t n_workers;

	size_t chunk, within; /* of the agent that is handed on next */
};

static size_t chunk_length(const struct compilation *l, size_t chunk)
{
	size_t left = l->names->n - chunk * CHUNK;

	return left < CHUNK ? left : CHUNK;
}

static void work_on(struct compilation *l, struct worker *w, size_t chunk)
{
	struct slot *slot = &l->slots[chunk % SLOTS];

	arena_reset(&slot->arena);
	for (size_t i = 0; i < chunk_length(l, chunk); i++) {
		struct compiled_agent *a = &slot->agents[i];

		problems_free(&a->problems);
		problems_free(&a->advice);
		*a = (struct compiled_agent){.name = l->names->v[chunk * CHUNK + i]};
		arena_reset(&w->arena);
		a->ok = take_or_make(&l->source, w, &slot->arena, a);
	}
}

/* take_chunk(), with the lock held, returns the next chunk whose slot is free, or false where there is no more work. */
static bool take_chunk(struct compilation *l, size_t *ret)
{
	while (!l->stop && l->next_chunk < l->n_chunks && l->next_chunk >= l->taken + SLOTS)
		pthread_cond_wait(&l->work, &l->lock);
	if (l->stop || l->next_chunk >= l->n_chunks)
		return false;
	*ret = l->next_chunk++;
	return true;
}

static void *run_worker(void *data)
{
	struct compilation *l = data;
	struct worker w;
	size_t chunk;

	worker_init(&w, &l->source);
	pthread_mutex_lock(&l->lock);
	while (take_chunk(l, &chunk)) {
		pthread_mutex_unlock(&l->lock);
		work_on(l, &w, chunk);
		pthread_mutex_lock(&l->lock);
		l->slots[chunk % SLOTS].ready = true;
		pthread_cond_broadcast(&l->done);
	}
	pthread_mutex_unlock(&l->lock);
	worker_free(&w);
	return NULL;
}

static size_t processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

struct compilation *compile_start(const struct compile_source *source, const struct agent_names *names)
{
	struct compilation *l = xcalloc(1, sizeof(*l));
	size_t wanted = names->n <= FEW ? 0 : processors();

	l->source = *source;
	l->names = names;
	l->n_chunks = (names->n + CHUNK - 1) / CHUNK;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->work, NULL);
	pthread_cond_init(&l->done, NULL);
	worker_init(&l->own, source);
	while (l->n_workers < wanted && pthread_create(&l->workers[l->n_workers], NULL, run_worker, l) == 0)
		l->n_workers++;
	return l;
}

static struct slot *wait_for_chunk(struct compilation *l)
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

static void give_back(struct compilation *l)
{
	pthread_mutex_lock(&l->lock);
	l->slots[l->chunk % SLOTS].ready = false;
	l->taken = l->chunk + 1;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	l->chunk++;
	l->within = 0;
}

struct compiled_agent *compile_next(struct compilation *l)
{
	if (l->chunk < l->n_chunks && l->within == chunk_length(l, l->chunk))
		give_back(l);
	if (l->chunk >= l->n_chunks)
		return NULL;
	if (l->within == 0)
		wait_for_chunk(l);
	return &l->slots[l->chunk % SLOTS].agents[l->within++];
}

void compile_end(struct compilation *l)
{
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->n_workers; i++)
		pthread_join(l->workers[i], NULL);
	for (size_t s = 0; s < SLOTS; s++) {
		for (size_t i = 0; i < CHUNK; i++) {
			problems_free(&l->slots[s].agents[i].problems);
			problems_free(&l->slots[s].agents[i].advice);
		}
		arena_free(&l->slots[s].arena);
	}
	worker_free(&l->own);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->work);
	pthread_cond_destroy(&l->done);
	free(l);
}
