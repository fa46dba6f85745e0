/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_login.c: whether a login through this host's sshd is decided by pam_agentauth.so, see sshd_login.h. */
#include <config.h>

#include "tools/host/sshd_login.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tools/host/sshd_config.h"

#define SERVICES_MAX 8
#define SERVICE_MAX 64

struct settings {
	bool has_use_pam, use_pam;
	char file[PATH_MAX];
	unsigned line;
	char services[SERVICES_MAX][SERVICE_MAX];
	size_t n;
	bool main_service, too_many;
};

/* Linux-PAM takes the part after the last slash, in small letters. */
static void add_service(struct settings *s, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t i;

	s->too_many = s->too_many || s->n == SERVICES_MAX;
	if (s->too_many)
		return;
	name = slash != NULL ? slash + 1 : name;
	for (i = 0; i < SERVICE_MAX - 1 && name[i] != '\0'; i++)
		s->services[s->n][i] = (char)tolower((unsigned char)name[i]);
	s->services[s->n++][i] = '\0';
}

/* The first UsePAM counts; a service of any Match block may become the agent's. */
static bool take(void *data, const struct aa_sshd_setting *setting)
{
	const char *arguments = setting->arguments;
	struct settings *s = data;
	char word[SERVICE_MAX];

	if (strcasecmp(setting->keyword, "PAMServiceName") == 0) {
		s->main_service = s->main_service || setting->match == NULL;
		if (aa_sshd_config_word(&arguments, word, sizeof(word)))
			add_service(s, word);
		else
			s->too_many = true;
	}
	if (strcasecmp(setting->keyword, "UsePAM") == 0 && setting->match == NULL && !s->has_use_pam) {
		s->has_use_pam = true;
		s->use_pam =
		    aa_sshd_config_word(&arguments, word, sizeof(word)) && strcasecmp(word, "yes") == 0;
		(void)snprintf(s->file, sizeof(s->file), "%s", setting->file);
		s->line = setting->line;
	}
	return true;
}

static bool uses_pam(const struct settings *s, const char *config, char *why, size_t size)
{
	if (s->too_many)
		(void)snprintf(why, size, "%s names PAM services that cannot be followed", config);
	else if (!s->has_use_pam)
		(void)snprintf(why, size, "%s does not say UsePAM yes", config);
	else if (!s->use_pam && s->line)
		(void)snprintf(why, size, "%s:%u: UsePAM is not yes", s->file, s->line);
	else if (!s->use_pam)
		(void)snprintf(why, size, "%s: UsePAM is not yes", s->file);
	else
		return true;
	return false;
}

static bool stack_asks(const struct aa_pam_dirs *dirs, const char *service, char *why, size_t size)
{
	static const enum aa_pam_phase phases[] = {AA_PAM_ACCOUNT, AA_PAM_SESSION};
	struct aa_pam_position position;

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		enum aa_pam_answer answer = aa_pam_stack_asks(dirs, service, phases[i], &position);

		if (answer == AA_PAM_ASKED)
			continue;
		if (position.line)
			(void)snprintf(why, size, "%s:%u: %s %s", position.file, position.line,
				       aa_pam_stack_phase_name(phases[i]), aa_pam_stack_answer_text(answer));
		else
			(void)snprintf(why, size, "%s: %s %s", position.file,
				       aa_pam_stack_phase_name(phases[i]), aa_pam_stack_answer_text(answer));
		return false;
	}
	return true;
}

static int read_settings(const struct aa_sshd_paths *paths, struct settings *ret, char *failed, size_t size)
{
	const char *config =
	    paths->told != NULL && *paths->told->config ? paths->told->config : paths->config;

	*ret = (struct settings){.n = 0};
	if (paths->told != NULL && paths->told->has_use_pam) {
		ret->has_use_pam = true;
		ret->use_pam = paths->told->use_pam;
		(void)snprintf(ret->file, sizeof(ret->file), "sshd's command line");
	}
	return aa_sshd_config_each(config, take, ret, failed, size);
}

bool aa_sshd_login_is_decided(const struct aa_sshd_paths *paths, char *why, size_t size)
{
	struct settings s;
	char failed[PATH_MAX];
	int r = read_settings(paths, &s, failed, sizeof(failed));

	if (r < 0) {
		(void)snprintf(why, size, "%s cannot be read: %s", failed, strerror(-r));
		return false;
	}
	if (!uses_pam(&s, paths->config, why, size))
		return false;
	if (!s.main_service)
		add_service(&s, "sshd");
	if (s.too_many)
		return uses_pam(&s, paths->config, why, size);
	for (size_t i = 0; i < s.n; i++)
		if (!stack_asks(&paths->pam, s.services[i], why, size))
			return false;
	return true;
}
