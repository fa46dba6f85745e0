/* SPDX-License-Identifier: Apache-2.0 */
/* support_pam.c: libpam, the built module, and a conversation by script. */
#include <config.h>

#include "tests/unit/support/support_pam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "tests/unit/support/support_accounts.h"

#define MODULE TEST_BUILDDIR "/../pam/pam_agentauth_built.so"

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "test support: %s\n", what);
		abort();
	}
}

/* ---- the conversation ------------------------------------------------------------ */

static char *next_answer(struct support_pam *p)
{
	const char *text;

	if (p->answer)
		return p->answer(p, p->asked);
	if (p->n_answers == 0)
		return NULL;
	text = p->answers[p->asked < p->n_answers ? p->asked : p->n_answers - 1];
	return text ? strdup(text) : NULL;
}

static int converse(int n, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	struct support_pam *p = data;
	struct pam_response *response = calloc((size_t)n, sizeof(*response));
	int err = p->conv_err;

	for (int i = 0; response && i < n && err == PAM_SUCCESS; i++) {
		if (messages[i]->msg_style == PAM_ERROR_MSG || messages[i]->msg_style == PAM_TEXT_INFO) {
			p->errors++;
			continue;
		}
		snprintf(p->prompt, sizeof(p->prompt), "%s", messages[i]->msg);
		response[i].resp = next_answer(p);
		p->asked++;
	}
	if (!response || err != PAM_SUCCESS) {
		p->asked++;
		free(response);
		return response ? err : PAM_BUF_ERR;
	}
	*ret = response;
	return PAM_SUCCESS;
}

void support_pam_say(struct support_pam *p, const char *answer)
{
	static const char *one[1];

	one[0] = answer;
	p->answers = one;
	p->n_answers = 1;
	p->answer = NULL;
	p->asked = p->errors = 0;
	p->conv_err = PAM_SUCCESS;
}

/* ---- services ------------------------------------------------------------------------ */

void support_pam_service(struct support_pam *p, const char *service, const char *args, const char *before,
			 const char *behind)
{
	static const char *const phases[] = {"auth", "account", "session", "password"};
	char text[8192], line[2048];

	text[0] = '\0';
	for (size_t i = 0; i < 4; i++) {
		if (i == 0 && before)
			snprintf(text, sizeof(text), "auth required %s\n", before);
		snprintf(line, sizeof(line),
			 "%s [success=ok ignore=ignore default=die] %s statedir=%s rundir=%s logdir=%s %s\n",
			 phases[i], MODULE, p->site->statedir, p->site->rundir, p->site->logdir, args);
		need(strlen(text) + strlen(line) < sizeof(text), "a service file that is too long");
		strcat(text, line);
		if (i == 0 && behind) {
			snprintf(line, sizeof(line), "auth required %s\n", behind);
			need(strlen(text) + strlen(line) < sizeof(text), "a service file that is too long");
			strcat(text, line);
		}
	}
	support_write_file(support_path(p->confdir, service), text, strlen(text));
}

struct support_pam *support_pam_new(void)
{
	static const char *const services[] = {"sshd", "login", "su", "sudo"};
	struct support_pam *p = calloc(1, sizeof(*p));

	need(p != NULL, "calloc");
	openlog("test", LOG_NDELAY,
		LOG_AUTHPRIV); /* so that the log's own descriptor is not taken for a leak */
	p->now = time(NULL);
	p->site = support_site_new(p->now);
	snprintf(p->confdir, sizeof(p->confdir), "%s/pam.d", p->site->dir);
	need(mkdir(p->confdir, 0755) == 0, p->confdir);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		support_pam_service(p, services[i], "", NULL, NULL);
	support_users_uid(0);
	return p;
}

void support_pam_end(struct support_pam *p)
{
	if (p->pamh)
		(void)pam_end(p->pamh, p->last);
	p->pamh = NULL;
}

void support_pam_free(struct support_pam *p)
{
	support_pam_end(p);
	support_site_free(p->site);
	free(p);
}

void support_pam_start(struct support_pam *p, const char *service, const char *user)
{
	const struct pam_conv conv = {converse, p};

	support_pam_end(p);
	p->asked = p->errors = 0;
	p->prompt[0] = '\0';
	need(pam_start_confdir(service, user, &conv, p->confdir, &p->pamh) == PAM_SUCCESS,
	     "pam_start_confdir");
	if (strcmp(service, "sudo") != 0)
		need(pam_set_item(p->pamh, PAM_RHOST, "10.1.2.3") == PAM_SUCCESS, "PAM_RHOST");
}

/* ---- the log ------------------------------------------------------------------------- */

static char *log_text(const struct support_pam *p)
{
	const char *path = support_path(p->site->logdir, "audit.jsonl");
	struct stat st;
	size_t len;

	return stat(path, &st) == 0 ? support_read_file(path, &len) : NULL;
}

json_t *support_pam_log(const struct support_pam *p)
{
	char *text = log_text(p), *at;
	size_t len = text ? strlen(text) : 0;
	json_t *json = NULL;

	if (len > 1) {
		text[len - 1] = '\0';
		at = strrchr(text, '\n');
		json = json_loads(at ? at + 1 : text, JSON_REJECT_DUPLICATES, NULL);
		need(json != NULL, "the last line of the log is no JSON");
	}
	free(text);
	return json;
}

unsigned support_pam_lines(const struct support_pam *p)
{
	char *text = log_text(p);
	unsigned n = 0;

	for (const char *s = text; s && *s; s++)
		n += *s == '\n';
	free(text);
	return n;
}

const char *support_pam_reason(const struct support_pam *p)
{
	static char reason[64];
	json_t *json = support_pam_log(p);
	const char *text = json_string_value(json_object_get(json, "reason"));

	snprintf(reason, sizeof(reason), "%s", text ? text : "");
	json_decref(json);
	return reason;
}
