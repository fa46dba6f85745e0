/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_sign.c makes a release of this machine's text, or signs one that somebody else has signed already. */
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
#include "common/jose/json.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/ctl_plan.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/fleet/label.h"
#include "tools/agentauthctl/fleet/release_make.h"
#include "tools/agentauthctl/fleet/signed.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/publish/plan.h"

#define EXPIRES_DEFAULT "30d"
#define LABELS_OPTION "label"

struct signing {
	struct ctl *ctl;
	const struct arguments *arguments;
	const char *dir;
	struct aa_private_key *key;
	struct release_before before;
	struct aa_jws_general *jws; /* of the manifest that lies in DIR; NULL: there is none */
};

/* ---- what lies there ------------------------------------------------------------ */

static enum ctl_status read_before(struct signing *s)
{
	struct ctl *ctl = s->ctl;
	uint8_t *payload = NULL;
	char *text = NULL, why[256] = "is no manifest";
	size_t len, payload_len;
	int r = source_read(s->before.dirfd, NULL, RELEASE_MANIFEST, RELEASE_MANIFEST_MAX, &text, &len);
	bool good;

	if (r == -ENOENT)
		return CTL_DONE;
	good = r == 0 && aa_jws_general_parse(text, len, &s->jws) == AA_JOSE_OK &&
	       aa_jws_general_payload(s->jws, &payload, &payload_len) == AA_JOSE_OK &&
	       release_parse(payload, payload_len, &s->before.release, why, sizeof(why));
	free(payload);
	free(text);
	if (good)
		return CTL_DONE;
	return ctl_fail(ctl,
			"%s/" RELEASE_MANIFEST
			" %s; a release is made in a directory that is empty or has the last "
			"one",
			s->dir, r < 0 ? source_error(r) : why);
}

static enum ctl_status open_dir(struct signing *s)
{
	int r;

	if (!s->ctl->dry_run && mkdir(s->dir, 0755) < 0 && errno != EEXIST)
		return ctl_fail(s->ctl, "%s cannot be made: %s", quoted(s->dir), strerror(errno));
	r = source_open(s->dir, &s->before.dirfd);
	if (r == 0 && !s->ctl->dry_run && mkdirat(s->before.dirfd, RELEASE_FILES, 0755) < 0 &&
	    errno != EEXIST)
		r = -errno;
	if (r < 0 && !(s->ctl->dry_run && r == -ENOENT))
		return ctl_fail(s->ctl, "%s cannot be opened: %s", quoted(s->dir), strerror(-r));
	return CTL_DONE;
}

/* ---- asking --------------------------------------------------------------------------- */

static bool may_sign(struct signing *s, uint32_t number)
{
	char answer[16] = "";

	if (s->ctl->yes || s->ctl->dry_run)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || s->ctl->json) {
		ctl_error(s->ctl,
			  "there is no terminal to ask whether this is what you sign; if it is, say --yes. "
			  "Nothing was signed");
		return false;
	}
	fprintf(stderr, "Sign release %u? [y/N] ", number);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	ctl_error(s->ctl, "nothing was signed");
	return false;
}

static void show_head(const struct signing *s, const struct release *r)
{
	char expires[AA_UTC_SIZE];
	char *labels = r->labels ? aa_json_text(r->labels, JSON_COMPACT) : NULL;

	aa_utc_print(r->expires, expires);
	ctl_answer(s->ctl, "release", json_integer((json_int_t)r->number));
	ctl_answer(s->ctl, "expires", json_string(expires));
	if (!s->ctl->json)
		printf("Fleet release %u, which expires at %s, for %s%s:\n", r->number, expires,
		       labels ? "hosts with one of the labels " : "all hosts", labels ? labels : "");
	free(labels);
}

static void show_changes(const struct signing *s, const struct changes *changes)
{
	ctl_answer(s->ctl, "changes", plan_json(changes));
	if (s->ctl->json)
		return;
	if (changes_any(changes))
		plan_print(stdout, changes, "  ", CHANGES_LISTED,
			   "retired on every host: its name and id are never given "
			   "to another");
	else
		puts("  no agent, role or issuer differs from the release before");
}

/* ---- signing ------------------------------------------------------------------------------- */

/* tell_signed() counts by this machine's own fleet.conf, where it has one. */
static void tell_signed(struct signing *s, uint32_t number)
{
	struct ctl *ctl = s->ctl;
	struct problems ignored = {0};
	struct fleet_conf conf;
	bool known = fleet_conf_read(&ctl->paths, &ignored, &conf) == 0;
	char names[200] = "";
	size_t n =
	    known ? fleet_signers(s->jws, RELEASE_TYP, &conf.release_keys, conf.release, names, sizeof(names))
		  : s->jws->n;

	ctl_answer(ctl, "signatures", json_integer((json_int_t)n));
	if (ctl->json || ctl->dry_run)
		;
	else if (known && n < (size_t)conf.threshold)
		printf(
		    "Fleet release %u has %zu of %lld signatures (%s). Pass %s on: agentauthctl fleet sign "
		    "--add %s --key "
		    "FILE\n",
		    number, n, (long long)conf.threshold, names, s->dir, s->dir);
	else
		printf("Fleet release %u has %zu signature%s%s%s%s.\n", number, n, n == 1 ? "" : "s",
		       *names ? " (" : "", names, *names ? ")" : "");
	fleet_conf_free(&conf);
	problems_free(&ignored);
}

static enum ctl_status write_manifest(struct signing *s)
{
	const struct aa_replace how = {.mode = 0644, .synced = true};
	enum aa_jose_err err = aa_jws_general_sign(s->jws, RELEASE_TYP, s->key);
	char *text = err == AA_JOSE_OK ? aa_jws_general_text(s->jws) : NULL;
	int r = 0;

	if (text && !s->ctl->dry_run)
		r = aa_replace(s->before.dirfd, RELEASE_MANIFEST, text, strlen(text), &how);
	if (!text)
		(void)ctl_fail(s->ctl, "the release cannot be signed: %s", aa_jose_strerror(err));
	else if (r < 0)
		(void)ctl_fail(s->ctl, "%s/" RELEASE_MANIFEST " cannot be written: %s", s->dir, strerror(-r));
	free(text);
	return text && r == 0 ? CTL_DONE : CTL_FAILED;
}

/* ---- a new release ---------------------------------------------------------------------------- */

static enum ctl_status write_files(struct signing *s, const struct release_made *made)
{
	const struct aa_replace how = {.mode = 0644};
	struct stat st;

	for (size_t i = 0; i < made->n && !s->ctl->dry_run; i++) {
		const struct making_file *file = &made->v[i];
		const char *digest = json_string_value(json_object_get(made->release.files, file->path));
		char *name = xasprintf(RELEASE_FILES "/%s", digest);
		int r = 0;

		if (fstatat(s->before.dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = aa_replace(s->before.dirfd, name, file->bytes, file->len, &how);
		free(name);
		if (r < 0)
			return ctl_fail(s->ctl, "%s cannot be written into: %s", quoted(s->dir),
					strerror(-r));
	}
	if (!s->ctl->dry_run && syncfs(s->before.dirfd) < 0)
		return ctl_fail(s->ctl, "what was written is not on the disk: %s", strerror(errno));
	return CTL_DONE;
}

static bool is_named(const json_t *files, const char *digest)
{
	json_t *object = (json_t *)(uintptr_t)files, *value;
	const char *path;

	json_object_foreach(object, path, value)
	{
		if (path && strcmp(json_string_value(value), digest) == 0)
			return true;
	}
	return false;
}

/* forget_files() takes away what no release names any more. */
static void forget_files(const struct signing *s, const struct release *release)
{
	int fd =
	    s->ctl->dry_run ? -1 : openat(s->before.dirfd, RELEASE_FILES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	json_t *old = s->before.release.files, *value;
	const char *path;

	json_object_foreach(old, path, value)
	{
		if (list && path && !is_named(release->files, json_string_value(value)))
			(void)unlinkat(fd, json_string_value(value), 0);
	}
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
}

/* list_option() returns the values of an option as an array, or NULL where it was not given. */
static json_t *list_option(const struct arguments *a, const char *option)
{
	json_t *list = NULL;

	for (size_t i = 0; i < a->n_given; i++)
		if (strcmp(a->given[i].option->name, option) == 0) {
			list = list ? list : json_array();
			json_array_append_new(list, json_string(a->given[i].value));
		}
	return list;
}

static enum ctl_status set_head(struct signing *s, struct release *r)
{
	const char *expires = arguments_value(s->arguments, "expires");
	struct ctl *ctl = s->ctl;
	char why[256];

	r->number = s->before.release.number + 1;
	r->made = ctl->now;
	if (!aa_utc_parse_loose(expires ? expires : EXPIRES_DEFAULT, ctl->now, &r->expires) ||
	    r->expires <= ctl->now)
		return ctl_usage(ctl, "--expires takes a time to come: 30d, 12h, 2027-01-31");
	for (size_t i = 0; i < s->arguments->n_given; i++)
		if (strcmp(s->arguments->given[i].option->name, LABELS_OPTION) == 0 &&
		    !check_label(s->arguments->given[i].value, why, sizeof(why)))
			return ctl_usage(ctl, "--" LABELS_OPTION ": %s %s",
					 quoted(s->arguments->given[i].value), why);
	json_object_set_new(r->json, "labels", list_option(s->arguments, LABELS_OPTION));
	r->labels = json_object_get(r->json, "labels");
	return CTL_DONE;
}

static enum ctl_status sign_made(struct signing *s, struct release_made *made)
{
	enum ctl_status status = set_head(s, &made->release);
	char *payload;

	if (status != CTL_DONE)
		return status;
	show_head(s, &made->release);
	show_changes(s, &made->changes);
	if (!may_sign(s, made->release.number))
		return CTL_FAILED;
	payload = release_payload(&made->release);
	aa_jws_general_free(s->jws);
	s->jws = NULL;
	if (!payload || aa_jws_general_new(payload, strlen(payload), &s->jws) != AA_JOSE_OK)
		status = ctl_fail(s->ctl, "memory is out");
	if (status == CTL_DONE)
		status = write_files(s, made);
	if (status == CTL_DONE)
		status = write_manifest(s);
	if (status == CTL_DONE)
		forget_files(s, &made->release);
	if (status == CTL_DONE)
		tell_signed(s, made->release.number);
	free(payload);
	return status;
}

static enum ctl_status make(struct signing *s)
{
	struct ctl *ctl = s->ctl;
	struct workspace workspace;
	struct release_made made = {0};
	enum ctl_status status = ctl_open(ctl, &workspace, true);

	if (status == CTL_DONE && !release_make(&workspace, &s->before, ctl->now, &made))
		status = ctl_fail(ctl, "nothing was signed");
	if (status == CTL_DONE)
		status = sign_made(s, &made);
	release_made_free(&made);
	workspace_close(&workspace);
	return status;
}

/* ---- another signature ----------------------------------------------------------------------- */

/* check_files() reads every file, so that nobody signs what cannot be taken. */
static enum ctl_status check_files(struct signing *s)
{
	const char *path;
	json_t *digest;

	json_object_foreach(s->before.release.files, path, digest)
	{
		char *bytes;
		size_t len;
		int r =
		    source_file(s->before.dirfd, json_string_value(digest), RELEASE_IDS_MAX, &bytes, &len);

		if (r < 0)
			return ctl_fail(s->ctl, "the file of %s: %s. Nothing was signed", path,
					source_error(r));
		if (!s->ctl->json)
			printf("  %.12s  %s\n", json_string_value(digest), path);
		free(bytes);
	}
	return CTL_DONE;
}

static bool has_signed(const struct signing *s)
{
	for (size_t i = 0; i < s->jws->n; i++)
		if (aa_jws_general_verify(s->jws, i, RELEASE_TYP, aa_private_key_public(s->key)) ==
		    AA_JOSE_OK)
			return true;
	return false;
}

static enum ctl_status add(struct signing *s)
{
	enum ctl_status status;

	if (!s->jws)
		return ctl_fail(s->ctl, "%s has no release that could be signed", quoted(s->dir));
	if (has_signed(s))
		return ctl_fail(s->ctl, "this key has signed fleet release %u already",
				s->before.release.number);
	show_head(s, &s->before.release);
	status = check_files(s);
	if (status == CTL_DONE && !may_sign(s, s->before.release.number))
		status = CTL_FAILED;
	if (status == CTL_DONE)
		status = write_manifest(s);
	if (status == CTL_DONE)
		tell_signed(s, s->before.release.number);
	return status;
}

/* ---- the command -------------------------------------------------------------------------------- */

static int run_sign(struct ctl *ctl, const struct arguments *arguments)
{
	struct signing s = {
	    .ctl = ctl, .arguments = arguments, .dir = arguments->words[0], .before = {.dirfd = -1}};
	enum ctl_status status = CTL_FAILED;

	s.key = fleet_private_key(ctl, arguments);
	if (s.key)
		status = open_dir(&s);
	if (status == CTL_DONE && s.before.dirfd >= 0)
		status = read_before(&s);
	if (status == CTL_DONE)
		status = arguments_have(arguments, "add") ? add(&s) : make(&s);
	aa_private_key_free(s.key);
	aa_jws_general_free(s.jws);
	release_free(&s.before.release);
	if (s.before.dirfd >= 0)
		close(s.before.dirfd);
	return status;
}

const struct command fleet_sign = {
    .name = "sign",
    .words = "DIR",
    .values = ":folders",
    .min_words = 1,
    .max_words = 1,
    .summary = "make a release of this machine's text in a directory, and sign it",
    .about = "The agents, roles and issuers of the text become the release after the one that lies in DIR; "
	     "what differs "
	     "is shown before it is signed. agents.d/NAME.conf is for every host; "
	     "labels/LABEL/agents.d/NAME.conf beside "
	     "agentauth.conf takes its place on hosts with this label.\n\n"
	     "Where a host wants several signatures, DIR is passed on, and the next person signs with --add "
	     "what lies in "
	     "it.",
    .options =
	(const struct option_spec[]){
	    FLEET_KEY_OPTIONS,
	    {"add", NULL, "sign the release that lies in DIR", 0, NULL},
	    {"expires", "TIME", "until when hosts take it: 30d, the default, 2027-01-31", 0, NULL},
	    {LABELS_OPTION, "LABEL", "only for hosts with this label; may be repeated", 0, NULL},
	    {"yes", NULL, "do not ask", 0, NULL},
	    {0}},
    .run = run_sign,
};
