/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_init.c writes a first fleet.conf. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/key_any.h"
#include "common/jose/key_pem.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/commands/given_file.h"
#include "tools/conf/conf_edit.h"

#define KEY_MAX 65536

/* ---- the text --------------------------------------------------------------- */

/* A key's name is that of its file, up to the first dot, as far as it is one; a person edits it. */
static char *name_of(const char *file, size_t n)
{
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	size_t len = strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len == 0 || len > 32 || base[0] < 'a' || base[len - 1] == '-' || (base[len] && base[len] != '.'))
		return xasprintf("key-%zu", n + 1);
	return xstrndup(base, len);
}

static enum ctl_status put_key(struct ctl *ctl, struct buffer *text, const char *file, size_t n)
{
	struct buffer bytes = {0};
	struct aa_key *key = NULL;
	char *pem = NULL, *name, *value;
	enum ctl_status status = CTL_FAILED;

	if (ctl_read_file(ctl, file, KEY_MAX, &bytes) < 0)
		return CTL_FAILED;
	if (bytes.len == 0 || aa_key_from_any(bytes.data, bytes.len, &key) != AA_JOSE_OK ||
	    aa_key_to_pem(key, &pem) != AA_JOSE_OK) {
		ctl_error(ctl, "%s holds no public key", quoted(file));
	} else {
		name = name_of(file, n);
		value = conf_quote(pem);
		buffer_printf(text, "%s\n\t{ name = \"%s\"; pem = %s; }", n ? "," : "", name, value);
		free(value);
		free(name);
		status = CTL_DONE;
	}
	free(pem);
	aa_key_free(key);
	if (bytes.data)
		explicit_bzero(bytes.data, bytes.len);
	buffer_free(&bytes);
	return status;
}

static size_t count(const struct arguments *a, const char *option)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_given; i++)
		n += strcmp(a->given[i].option->name, option) == 0;
	return n;
}

static enum ctl_status put_keys(struct ctl *ctl, const struct arguments *a, const char *option,
				const char *setting, struct buffer *text)
{
	enum ctl_status status = CTL_DONE;
	size_t n = 0;

	if (!count(a, option))
		return CTL_DONE;
	buffer_printf(text, "%s = (", setting);
	for (size_t i = 0; i < a->n_given && status == CTL_DONE; i++)
		if (strcmp(a->given[i].option->name, option) == 0)
			status = put_key(ctl, text, a->given[i].value, n++);
	buffer_puts(text, " );\n");
	return status;
}

static void put_list(const struct arguments *a, const char *option, const char *before, const char *setting,
		     struct buffer *text)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_given; i++)
		if (strcmp(a->given[i].option->name, option) == 0) {
			char *value = conf_quote(a->given[i].value);

			if (n == 0)
				buffer_printf(text, "%s%s = [", before, setting);
			buffer_printf(text, "%s %s", n++ ? "," : "", value);
			free(value);
		}
	if (n)
		buffer_puts(text, " ];\n");
}

static void put_ceiling(const struct arguments *a, struct buffer *text)
{
	buffer_puts(
	    text,
	    "# No release gives this host what is beyond these; a list that is missing allows all of its "
	    "kind.\nceiling = {\n");
	put_list(a, "role", "\t", "roles", text);
	put_list(a, "sudo", "\t", "sudo", text);
	put_list(a, "group", "\t", "groups", text);
	put_list(a, "issuer", "\t", "issuers", text);
	buffer_puts(text, "};\n");
}

static enum ctl_status make_text(struct ctl *ctl, const struct arguments *a, struct buffer *text)
{
	const char *threshold = arguments_value(a, "threshold");
	int64_t k = (int64_t)count(a, "release-key");

	if (k == 0)
		return ctl_usage(ctl, "name the public half of each release key by --release-key");
	if (threshold && !arguments_number(threshold, 1, k, &k))
		return ctl_usage(ctl, "--threshold is a number from 1 to that of the release keys");
	buffer_puts(text, "# fleet.conf: whose releases this host takes. See agentauthctl(8).\n");
	if (put_keys(ctl, a, "release-key", "release_keys", text) != CTL_DONE)
		return CTL_FAILED;
	buffer_printf(text, "# As many of them must have signed a release.\nthreshold = %lld;\n",
		      (long long)k);
	if (put_keys(ctl, a, "stop-key", "stop_keys", text) != CTL_DONE)
		return CTL_FAILED;
	put_list(a, "label", "", "labels", text);
	put_ceiling(a, text);
	return CTL_DONE;
}

/* ---- writing it ------------------------------------------------------------------ */

static enum ctl_status write_text(struct ctl *ctl, const char *path, const struct buffer *text)
{
	struct position position = {.file = path};
	struct fleet_conf conf = {0};
	int fd, r;

	if (conf_dir_open(ctl->paths.confdir, ctl->paths.owner, &ctl->problems, &fd) < 0)
		return CTL_FAILED;
	r = faccessat(fd, FLEET_CONF_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? -EEXIST : 0;
	if (r == 0 && !ctl->dry_run)
		r = conf_text_write(fd, FLEET_CONF_FILE, text->data, text->len);
	if (r == -EEXIST)
		problem_error(
		    &ctl->problems, &position,
		    "is there already; change it with an editor, and agentauthctl fleet take reads it");
	else if (r < 0)
		problem_error(&ctl->problems, &position, "cannot be written: %s", strerror(-r));
	else if (!ctl->dry_run && fleet_conf_read(&ctl->paths, &ctl->problems, &conf) < 0)
		r = unlinkat(fd, FLEET_CONF_FILE, 0) < 0 ? -errno : -EINVAL;
	fleet_conf_free(&conf);
	close(fd);
	return r < 0 ? CTL_FAILED : CTL_DONE;
}

static int run_init(struct ctl *ctl, const struct arguments *arguments)
{
	char *path = xasprintf("%s/" FLEET_CONF_FILE, ctl->paths.confdir);
	struct buffer text = {0};
	enum ctl_status status = make_text(ctl, arguments, &text);

	if (status == CTL_DONE)
		status = write_text(ctl, path, &text);
	if (status == CTL_DONE && !ctl->dry_run)
		ctl_audit(ctl, NULL, "ok", "ok");
	if (status == CTL_DONE && !ctl->json)
		printf("%s %s. Read it, above all its ceiling: what it lacks there any release may give.\n",
		       ctl->dry_run ? "This would be written:" : "Wrote", path);
	ctl_answer(ctl, "file", json_string(path));
	buffer_free(&text);
	free(path);
	return status;
}

const struct command fleet_init = {
    .name = "init",
    .words = "",
    .summary = "write fleet.conf: whose releases this host takes, and what none may give it",
    .about = "A release gives nothing beyond the ceiling: --role, --sudo, --group and --issuer each add to "
	     "its lists, and "
	     "a list that has nothing added allows all of its kind. A sudo rule of the ceiling without "
	     "arguments allows "
	     "that command with any.",
    .options =
	(const struct option_spec[]){
	    {"release-key", "FILE", "a public key that may sign releases; may be repeated", 0, NULL},
	    {"threshold", "N", "how many of them must have signed; without it all", 0, NULL},
	    {"stop-key", "FILE", "a public key that may sign stops; may be repeated", 0, NULL},
	    {"label", "LABEL", "what this host is, where releases are for some hosts; may be repeated", 0,
	     NULL},
	    {"role", "ROLE", "a role that a release may have; may be repeated", 0, NULL},
	    {"sudo", "RULE", "a sudo rule that its roles may have; may be repeated", 0, NULL},
	    {"group", "GROUP", "a group of this host that its roles may have; may be repeated", 0, NULL},
	    {"issuer", "URL", "an issuer that a release may have; may be repeated", 0, NULL},
	    {0}},
    .run = run_init,
};
