/* SPDX-License-Identifier: Apache-2.0 */
/* places_pam.c: which PAM stacks get our lines, see places_pam.h. */
#include "config.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/enable/edit_pam.h"
#include "tools/agentauthctl/enable/places_pam.h"
#include "tools/agentauthctl/enable/stage.h"
#include "tools/cli/alloc.h"

#define PAM_DIR AA_SYSCONFDIR "/pam.d/"
#define MODULE AA_PAMDIR "/" AA_PAM_MODULE

static const struct {
	const char *path;
	enum aa_pam_phase phase;
} commons[] = {{PAM_DIR "common-auth", AA_PAM_AUTH},
	       {PAM_DIR "common-account", AA_PAM_ACCOUNT},
	       {PAM_DIR "common-session", AA_PAM_SESSION},
	       {PAM_DIR "common-session-noninteractive", AA_PAM_SESSION}};
#define N_COMMONS (sizeof(commons) / sizeof(commons[0]))

/* ---- all stacks -------------------------------------------------------------------- */

/* A file that dpkg or an editor leaves beside a stack is none. */
static bool is_stack(const char *name)
{
	return *name != '.' && name[strlen(name) - 1] != '~' && !strstr(name, ".dpkg-") &&
	       strncmp(name, "agentauth-", strlen("agentauth-")) != 0;
}

static void each_stack(void (*each)(void *data, const char *path, const char *text), void *data)
{
	DIR *list = opendir(PAM_DIR);
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		char *path = xasprintf(PAM_DIR "%s", entry->d_name), *text = NULL;

		if (is_stack(entry->d_name) && host_file_read(path, NULL, &text) == 0 && text)
			each(data, path, text);
		free(text);
		free(path);
	}
	if (list)
		closedir(list);
}

struct asking {
	void (*each)(void *data, const char *path);
	void *data;
};

static void tell_if_ours(void *data, const char *path, const char *text)
{
	const struct asking *asking = data;

	if (pam_has_ours(text, PAM_EVERY, false))
		asking->each(asking->data, path);
}

void places_pam_each(void (*each)(void *data, const char *path), void *data)
{
	struct asking asking = {each, data};

	each_stack(tell_if_ours, &asking);
}

/* ---- the files that others include ------------------------------------------------- */

static bool plan_common(struct host_plan *plan, size_t i)
{
	const char *text;
	size_t change;

	if (!host_plan_text(plan, HOST_PAM, commons[i].path, &change, &text))
		return false;
	if (text && !pam_has_ours(text, PAM_EVERY, true))
		host_plan_set(plan, change, pam_insert(text, PAM_PHASE(commons[i].phase)));
	return true;
}

static const struct host_service *service_of(const char *path)
{
	for (size_t i = 0; host_services[i].name; i++)
		if (strcmp(path + strlen(PAM_DIR), host_services[i].name) == 0)
			return &host_services[i];
	return NULL;
}

/* A service may have our lines in its own stack, as on a host that was set up so by hand: asked twice, the module would decide
 * twice. Or a stack may count the lines of a common file. */
static void note_against_commons(void *data, const char *path, const char *text)
{
	const struct host_service *service = service_of(path);
	bool *decide = data;

	*decide = *decide || pam_jumps_into_common(text) ||
		  (service && (service->must_ask & PAM_PHASE(AA_PAM_ACCOUNT)) &&
		   pam_has_ours(text, PAM_PHASE(AA_PAM_ACCOUNT) | PAM_PHASE(AA_PAM_AUTH), false));
}

/* services_decide() returns whether the common files get no lines, and the services do. */
static bool services_decide(void)
{
	bool decide = false;

	each_stack(note_against_commons, &decide);
	return decide;
}

/* Other services include one of them alone, so that all are given our lines or none. */
static bool plan_commons(struct host_plan *plan)
{
	bool planned = true;

	for (size_t i = 0; i + 1 < N_COMMONS; i++)
		if (access(commons[i].path, F_OK) != 0)
			return true;
	for (size_t i = 0; planned && !services_decide() && i < N_COMMONS; i++)
		planned = plan_common(plan, i);
	return planned;
}

/* ---- services with lines of their own ---------------------------------------------- */

static enum aa_pam_answer ask(const struct host_service *service, enum aa_pam_phase phase)
{
	static const char *const staged[] = {STAGE_PAM, NULL};
	const struct aa_pam_dirs dirs = {staged, AA_PAMDIR};
	struct aa_pam_position position;

	return aa_pam_stack_asks(&dirs, service->name, phase, &position);
}

/* lacking() returns the phases in which the staged stack does not ask. *ret_wrong says that it asks too late, or does not mind the
 * answer. */
static unsigned lacking(const struct host_service *service, bool *ret_wrong)
{
	unsigned phases = 0;

	*ret_wrong = false;
	for (int phase = AA_PAM_AUTH; phase <= AA_PAM_PASSWORD; phase++) {
		enum aa_pam_answer answer;

		if (!((service->must_ask | service->also) & PAM_PHASE(phase)))
			continue;
		answer = ask(service, (enum aa_pam_phase)phase);
		if (answer == AA_PAM_NOT_NAMED)
			phases |= PAM_PHASE(phase);
		else if (answer != AA_PAM_ASKED && (service->must_ask & PAM_PHASE(phase)))
			*ret_wrong = true;
	}
	return phases;
}

static bool restage(struct host_plan *plan, const char *name, size_t change, char *text)
{
	int r = stage_stack(name, text);

	host_plan_set(plan, change, text);
	if (r < 0)
		host_plan_fail(plan, STAGE, "cannot be written: %s", strerror(-r));
	return r == 0;
}

/* Lines of ours that stand in a wrong place, or were changed, are put in anew. */
static bool put_anew(struct host_plan *plan, const struct host_service *service, size_t change,
		     const char *text)
{
	char *without = pam_has_ours(text, PAM_EVERY, false) ? pam_remove(text) : NULL;

	return !without || restage(plan, service->name, change, without);
}

static bool plan_service(struct host_plan *plan, const struct host_service *service)
{
	char *path = xasprintf(PAM_DIR "%s", service->name);
	bool wrong, planned = true;
	unsigned phases = lacking(service, &wrong);
	const char *text;
	size_t change;

	if ((!phases && !wrong) || access(path, F_OK) != 0)
		goto out;
	planned = host_plan_text(plan, HOST_PAM, path, &change, &text);
	if (planned && text && wrong && put_anew(plan, service, change, text))
		phases = lacking(service, &wrong);
	/* Asked once more, and first, the module says the same of an account. */
	if (planned && wrong && ask(service, AA_PAM_ACCOUNT) == AA_PAM_PASSED_BY)
		phases |= PAM_PHASE(AA_PAM_ACCOUNT);
	text = planned ? plan->v[change].after : NULL;
	if (text && phases)
		planned = restage(plan, service->name, change, pam_insert(text, phases));
out:
	free(path);
	return planned;
}

static void tell_lacking(struct host_plan *plan, const struct host_service *service)
{
	for (int phase = AA_PAM_AUTH; phase <= AA_PAM_PASSWORD; phase++) {
		enum aa_pam_answer answer = service->must_ask & PAM_PHASE(phase)
						? ask(service, (enum aa_pam_phase)phase)
						: AA_PAM_ASKED;

		if (answer == AA_PAM_ABSENT)
			return;
		if (answer != AA_PAM_ASKED)
			problem_warning(plan->problems, NULL, "the stack of %s is left as it is: %s %s",
					service->name, aa_pam_stack_phase_name((enum aa_pam_phase)phase),
					aa_pam_stack_answer_text(answer));
	}
}

bool places_pam_in(struct host_plan *plan)
{
	bool planned;
	int r;

	if (access(MODULE, F_OK) != 0) {
		host_plan_fail(plan, MODULE, "is not there, so that no stack may name it");
		return false;
	}
	planned = plan_commons(plan);
	r = stage_pam(plan);
	if (r < 0) {
		host_plan_fail(plan, STAGE, "cannot be made: %s", strerror(-r));
		return false;
	}
	for (size_t i = 0; planned && host_services[i].name; i++)
		planned = plan_service(plan, &host_services[i]);
	for (size_t i = 0; planned && host_services[i].name; i++)
		tell_lacking(plan, &host_services[i]);
	return planned;
}
