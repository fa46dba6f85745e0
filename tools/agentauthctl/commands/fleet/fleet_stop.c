/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_stop.c signs what shuts agents out on every host, and what lets them in again. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/jose/jws_general.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/fleet/stop.h"

#define PREFIX_MIN 8 /* characters of a stop's ID */

struct stopping {
	struct ctl *ctl;
	const struct arguments *arguments;
	struct aa_private_key *key;
	const char *dir;
	int dirfd; /* of DIR/stops */
};

/* ---- the folder -------------------------------------------------------------- */

static enum ctl_status open_folder(struct stopping *s)
{
	char *path;
	int r = 0;

	s->dir = arguments_value(s->arguments, "dir");
	if (!s->dir)
		return ctl_usage(s->ctl, "name the release directory that it goes into by --dir");
	path = xasprintf("%s/" STOPS_FOLDER, s->dir);
	if (!s->ctl->dry_run &&
	    ((mkdir(s->dir, 0755) < 0 && errno != EEXIST) || (mkdir(path, 0755) < 0 && errno != EEXIST)))
		r = -errno;
	s->dirfd = r == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (r == 0 && s->dirfd < 0 && !s->ctl->dry_run)
		r = -errno;
	free(path);
	return r < 0 ? ctl_fail(s->ctl, "%s cannot be opened: %s", quoted(s->dir), strerror(-r)) : CTL_DONE;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_stop_file(const char *name)
{
	size_t len = strlen(name), end = strlen(STOP_SUFFIX);

	return name[0] != '.' && len > end && strcmp(name + len - end, STOP_SUFFIX) == 0;
}

typedef bool each_file_fn(void *data, const char *name);

/* each_file() calls `each` with the names of the folder's statements, in their order, until it returns false. */
static void each_file(const struct stopping *s, each_file_fn *each, void *data)
{
	int fd = openat(s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t n = 0, cap = 0;
	char **names = NULL;
	bool more = true;

	while (list && (entry = readdir(list)))
		if (is_stop_file(entry->d_name)) {
			grow(&names, &cap, n + 1, sizeof(*names));
			names[n++] = xstrdup(entry->d_name);
		}
	if (list)
		closedir(list);
	aa_sort(names, n, sizeof(*names), compare_names);
	for (size_t i = 0; i < n; i++) {
		more = more && each(data, names[i]);
		free(names[i]);
	}
	free(names);
}

static bool put_name(void *data, const char *name)
{
	buffer_printf(data, "%s\n", name);
	return true;
}

/* The index is for carriers that cannot list a folder. */
static int write_index(const struct stopping *s)
{
	const struct aa_replace how = {.mode = 0644};
	struct buffer text = {0};
	int r;

	each_file(s, put_name, &text);
	r = aa_replace(s->dirfd, STOPS_INDEX, text.data ? text.data : "", text.len, &how);
	buffer_free(&text);
	return r;
}

/* ---- writing a statement ------------------------------------------------------- */

/* write_statement() signs once more and writes; `before` is the file that it takes the place of, or NULL. */
static enum ctl_status write_statement(struct stopping *s, struct aa_jws_general *jws, const char *typ,
				       const char *before)
{
	const struct aa_replace how = {.mode = 0644, .synced = true};
	enum aa_jose_err err = aa_jws_general_sign(jws, typ, s->key);
	char *text = err == AA_JOSE_OK ? aa_jws_general_text(jws) : NULL, digest[AA_SHA256_HEX_SIZE],
	     *name = NULL;
	int r = text ? aa_sha256_hex(digest, text, strlen(text)) : -ENOMEM;

	if (r == 0 && !s->ctl->dry_run) {
		name = xasprintf("%s" STOP_SUFFIX, digest);
		r = aa_replace(s->dirfd, name, text, strlen(text), &how);
		if (r == 0 && before)
			(void)unlinkat(s->dirfd, before, 0);
		if (r == 0)
			r = write_index(s);
	}
	if (!text)
		(void)ctl_fail(s->ctl, "it cannot be signed: %s", aa_jose_strerror(err));
	else if (r < 0)
		(void)ctl_fail(s->ctl, "%s cannot be written into: %s", quoted(s->dir), strerror(-r));
	free(name);
	free(text);
	return r < 0 ? CTL_FAILED : CTL_DONE;
}

static enum ctl_status make_statement(struct stopping *s, const struct stop *stop, const char *typ,
				      char id[AA_SHA256_HEX_SIZE])
{
	char *payload = stop_payload(stop);
	struct aa_jws_general *jws = NULL;
	enum ctl_status status = CTL_FAILED;

	if (!payload || aa_sha256_hex(id, payload, strlen(payload)) < 0 ||
	    aa_jws_general_new(payload, strlen(payload), &jws) != AA_JOSE_OK)
		(void)ctl_fail(s->ctl, "memory is out");
	else
		status = write_statement(s, jws, typ, NULL);
	aa_jws_general_free(jws);
	free(payload);
	return status;
}

/* in_folder() has the key and the folder for what a command does. */
static int in_folder(struct ctl *ctl, const struct arguments *arguments,
		     enum ctl_status (*act)(struct stopping *s))
{
	struct stopping s = {.ctl = ctl, .arguments = arguments, .dirfd = -1};
	enum ctl_status status = CTL_FAILED;

	s.key = fleet_private_key(ctl, arguments);
	if (s.key)
		status = open_folder(&s);
	if (status == CTL_DONE)
		status = act(&s);
	if (s.dirfd >= 0)
		close(s.dirfd);
	aa_private_key_free(s.key);
	return status;
}

/* ---- fleet stop ------------------------------------------------------------------- */

/* choose() takes what is stopped from the command: a name, or exactly one of the options. */
static enum ctl_status choose(struct stopping *s, struct stop *ret)
{
	static const char *const options[] = {"role", "owner", "jti", "kid", "all"};
	const struct arguments *a = s->arguments;
	size_t n = a->n_words;

	if (n)
		ret->value = a->words[0];
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (!arguments_have(a, options[i]))
			continue;
		n++;
		(void)stop_kind_of(options[i], &ret->kind);
		ret->value = ret->kind == STOP_ALL ? "" : arguments_value(a, options[i]);
	}
	ret->issuer = arguments_value(a, "issuer");
	if (n != 1)
		return ctl_usage(s->ctl,
				 "say whom it stops one way: NAME, --role, --owner, --jti, --kid or --all");
	if (ret->issuer && ret->kind != STOP_JTI)
		return ctl_usage(s->ctl, "--issuer goes with --jti");
	return ctl_read_why(s->ctl, a, &ret->why);
}

static enum ctl_status stop(struct stopping *s)
{
	struct stop stop = {.kind = STOP_AGENT, .value = "", .made = s->ctl->now}, again;
	char id[AA_SHA256_HEX_SIZE], *payload, why[128];
	enum ctl_status status = choose(s, &stop);
	struct aa_jws_general *jws = NULL;
	char *text = NULL;

	if (status != CTL_DONE)
		return status;
	/* A statement that no host would take is not signed. */
	payload = stop_payload(&stop);
	if (payload && aa_jws_general_new(payload, strlen(payload), &jws) == AA_JOSE_OK)
		text = aa_jws_general_text(jws);
	if (!text || !stop_read(text, strlen(text), &again, why, sizeof(why)))
		status = ctl_fail(s->ctl, "%s is no %s that can be stopped", quoted(stop.value),
				  stop_kind_name(stop.kind));
	stop_free(&again);
	free(text);
	aa_jws_general_free(jws);
	free(payload);
	if (status == CTL_DONE)
		status = make_statement(s, &stop, STOP_TYP, id);
	if (status != CTL_DONE)
		return status;
	ctl_answer(s->ctl, "stop", json_string(id));
	if (!s->ctl->json)
		printf("The stop %.12s of %s %s lies in %s. Each host that takes it shuts out whom it is "
		       "about, until it is "
		       "lifted.\n",
		       id, stop_kind_name(stop.kind), stop.value, s->dir);
	return CTL_DONE;
}

static int run_stop(struct ctl *ctl, const struct arguments *arguments)
{
	return in_folder(ctl, arguments, stop);
}

#define DIR_OPTION \
	{ \
		"dir", "DIR", "the release directory that it goes into", 0, NULL \
	}

const struct command fleet_stop = {
    .name = "stop",
    .words = "[NAME]",
    .values = "agents",
    .max_words = 1,
    .summary = "sign that agents are shut out on every host, and what they run ends",
    .about = "It is signed with a stop key, which may take away and give nothing. It lies in DIR beside the "
	     "release, and is "
	     "carried with it; a host that has seen it keeps it.",
    .options =
	(const struct option_spec[]){
	    FLEET_KEY_OPTIONS,
	    DIR_OPTION,
	    {"why", "TEXT", "kept with it, and shown on each host", 0, NULL},
	    {"role", "ROLE", "all agents that have this role, in the place of a name", 0, NULL},
	    {"owner", "OWNER", "all agents of this owner: all of it, or what stands before its @", 0, NULL},
	    {"jti", "JTI", "a token, which is revoked", 0, NULL},
	    {"issuer", "ISSUER", "with --jti: of this issuer alone", 0, NULL},
	    {"kid", "KID", "a key, which is revoked", 0, NULL},
	    {"all", NULL, "every agent", 0, NULL},
	    {0}},
    .run = run_stop,
};

/* ---- fleet lift -------------------------------------------------------------------- */

/* finding looks for a stop by the beginning of its ID, and for a lift of it that others have signed. */
struct finding {
	const struct stopping *s;
	const char *wanted;
	struct stop stop; /* that was found; without json: none */
	size_t n;	  /* stops that begin so */
	char *lift_file, *lift_text;
};

static char *read_one(const struct stopping *s, const char *name, size_t *ret_len)
{
	char *text;

	return source_read(s->dirfd, NULL, name, STOP_MAX, &text, ret_len) == 0 ? text : NULL;
}

static bool find_stop(void *data, const char *name)
{
	struct finding *f = data;
	struct stop stop = {0};
	char why[128];
	size_t len = 0;
	char *text = read_one(f->s, name, &len);

	if (text && stop_read(text, len, &stop, why, sizeof(why)) && stop.kind != STOP_LIFT &&
	    (strncmp(stop.id, f->wanted, strlen(f->wanted)) == 0 ||
	     strncmp(name, f->wanted, strlen(f->wanted)) == 0)) {
		f->n++;
		stop_free(&f->stop);
		f->stop = stop;
		stop = (struct stop){0};
	}
	stop_free(&stop);
	free(text);
	return true;
}

static bool find_lift(void *data, const char *name)
{
	struct finding *f = data;
	struct stop lift = {0};
	char why[128];
	size_t len = 0;
	char *text = read_one(f->s, name, &len);
	bool is = text && stop_read(text, len, &lift, why, sizeof(why)) && lift.kind == STOP_LIFT &&
		  strcmp(lift.value, f->stop.id) == 0;

	stop_free(&lift);
	if (is) {
		f->lift_file = xstrdup(name);
		f->lift_text = text;
	} else {
		free(text);
	}
	return !is;
}

static enum ctl_status add_signature(struct stopping *s, const struct finding *f)
{
	struct aa_jws_general *jws = NULL;
	enum ctl_status status;

	if (aa_jws_general_parse(f->lift_text, strlen(f->lift_text), &jws) != AA_JOSE_OK)
		return ctl_fail(s->ctl, "the lift in %s cannot be read", quoted(s->dir));
	for (size_t i = 0; i < jws->n; i++)
		if (aa_jws_general_verify(jws, i, LIFT_TYP, aa_private_key_public(s->key)) == AA_JOSE_OK) {
			aa_jws_general_free(jws);
			return ctl_fail(s->ctl, "this key has signed that lift already");
		}
	status = write_statement(s, jws, LIFT_TYP, f->lift_file);
	ctl_answer(s->ctl, "signatures", json_integer((json_int_t)jws->n));
	if (status == CTL_DONE && !s->ctl->json)
		printf("The lift of %.12s has %zu signatures.\n", f->stop.id, jws->n);
	aa_jws_general_free(jws);
	return status;
}

static enum ctl_status new_lift(struct stopping *s, const struct finding *f)
{
	struct stop lift = {.kind = STOP_LIFT, .value = f->stop.id, .made = s->ctl->now};
	char id[AA_SHA256_HEX_SIZE];
	enum ctl_status status = ctl_read_why(s->ctl, s->arguments, &lift.why);

	if (status == CTL_DONE)
		status = make_statement(s, &lift, LIFT_TYP, id);
	if (status != CTL_DONE)
		return status;
	ctl_answer(s->ctl, "signatures", json_integer(1));
	if (!s->ctl->json)
		printf("The lift of %.12s lies in %s, with one signature. A host takes it when as many "
		       "release keys have "
		       "signed as a release needs: agentauthctl fleet lift %.12s --dir %s --key FILE\n",
		       f->stop.id, s->dir, f->stop.id, s->dir);
	return CTL_DONE;
}

static enum ctl_status lift(struct stopping *s)
{
	struct finding f = {.s = s, .wanted = s->arguments->words[0]};
	enum ctl_status status;

	if (strlen(f.wanted) < PREFIX_MIN)
		return ctl_usage(s->ctl, "name the stop by %d characters of its ID or more", PREFIX_MIN);
	each_file(s, find_stop, &f);
	if (f.n == 1)
		each_file(s, find_lift, &f);
	if (f.n != 1)
		status =
		    ctl_fail(s->ctl, "%zu stops in %s begin with %s", f.n, quoted(s->dir), quoted(f.wanted));
	else
		status = f.lift_text ? add_signature(s, &f) : new_lift(s, &f);
	ctl_answer(s->ctl, "lifts", json_string(f.stop.id));
	stop_free(&f.stop);
	free(f.lift_file);
	free(f.lift_text);
	return status;
}

static int run_lift(struct ctl *ctl, const struct arguments *arguments)
{
	return in_folder(ctl, arguments, lift);
}

const struct command fleet_lift = {
    .name = "lift",
    .words = "STOP",
    .min_words = 1,
    .max_words = 1,
    .summary = "sign that a stop ends on every host",
    .about = "STOP is the ID that fleet stop and fleet status show, or its first 8 characters or more. What "
	     "it gives back is a "
	     "right, so that as many release keys have to sign it as a release: who signs next says the same "
	     "command again.",
    .options =
	(const struct option_spec[]){
	    FLEET_KEY_OPTIONS, DIR_OPTION, {"why", "TEXT", "kept with it", 0, NULL}, {0}},
    .run = run_lift,
};
