/* SPDX-License-Identifier: Apache-2.0 */
/* bench_pam.c: a new process that runs PAM's authenticate and account for a user, answering every prompt with
 * one text. Usage: bench_pam CONFDIR SERVICE USER ANSWER; exit status 0: PAM said yes. */
#define _GNU_SOURCE 1
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

/* The one agent, which no NSS of this host knows. */
#define AGENT "builder-7"
#define AGENT_UID 70007

static int the_agent(struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	if (buflen < sizeof(AGENT))
		return ERANGE;
	memcpy(buf, AGENT, sizeof(AGENT));
	*pwd = (struct passwd){.pw_name = buf, .pw_uid = AGENT_UID, .pw_gid = AGENT_UID};
	pwd->pw_passwd = pwd->pw_gecos = pwd->pw_dir = pwd->pw_shell = buf + strlen(AGENT);
	*result = pwd;
	return 0;
}

/* These two stand in place of libc's, which answers for everybody else: the module asks by the name and by the uid. */
int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	static int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **);

	if (strcmp(name, AGENT) == 0)
		return the_agent(pwd, buf, buflen, result);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "getpwnam_r");
	return next ? next(name, pwd, buf, buflen, result) : ENOSYS;
}

int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	static int (*next)(uid_t, struct passwd *, char *, size_t, struct passwd **);

	if (uid == AGENT_UID)
		return the_agent(pwd, buf, buflen, result);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "getpwuid_r");
	return next ? next(uid, pwd, buf, buflen, result) : ENOSYS;
}

static int converse(int n, const struct pam_message **messages, struct pam_response **ret, void *answer)
{
	struct pam_response *response = calloc((size_t)n, sizeof(*response));

	for (int i = 0; response && i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			response[i].resp = strdup(answer);
	*ret = response;
	return response ? PAM_SUCCESS : PAM_BUF_ERR;
}

int main(int argc, char **argv)
{
	struct pam_conv conv = {converse, argc == 5 ? argv[4] : NULL};
	pam_handle_t *pamh = NULL;
	int err;

	if (argc != 5 || pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pamh) != PAM_SUCCESS)
		return 2;
	(void)pam_set_item(pamh, PAM_RHOST, "10.1.2.3");
	err = pam_authenticate(pamh, 0);
	if (err == PAM_SUCCESS)
		err = pam_acct_mgmt(pamh, 0);
	(void)pam_end(pamh, err);
	return err == PAM_SUCCESS ? 0 : 1;
}
