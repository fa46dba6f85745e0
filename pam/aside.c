/* SPDX-License-Identifier: Apache-2.0 */
/* aside.c: the first stage of the module. It answers for everybody who is plainly no agent, as the core would, and
 * hands every other call to the core.
 *
 * It uses libc, libpam and the registry alone: a person's login, sudo, su and cron run it and load nothing else. It
 * never lets an agent in or through. Where the core cannot be loaded, agents, and whoever cannot be told from one, are
 * refused, and people do not notice.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/text/service.h"
#include "common/user/caller.h"
#include "common/user/guard.h"
#include "common/user/kind.h"
#include "pam/args.h"
#include "pam/core.h"

struct phase {
	enum aa_phase phase;
	const char *name;
	int aside;   /* the answer for people, and the core's too */
	int refused; /* for others, where there is no core */
};

static const struct phase authenticate = {AA_PHASE_AUTHENTICATE, "pam_sm_authenticate", PAM_USER_UNKNOWN,
					  PAM_AUTHINFO_UNAVAIL};
static const struct phase setcred = {AA_PHASE_SETCRED, "pam_sm_setcred", PAM_USER_UNKNOWN, PAM_CRED_UNAVAIL};
static const struct phase account = {AA_PHASE_ACCOUNT, "pam_sm_acct_mgmt", PAM_USER_UNKNOWN,
				     PAM_AUTHINFO_UNAVAIL};
/* PAM_SESSION_ERR will not do: sudo takes it for success. */
static const struct phase open_session = {AA_PHASE_OPEN_SESSION, "pam_sm_open_session", PAM_IGNORE,
					  PAM_PERM_DENIED};
static const struct phase close_session = {AA_PHASE_CLOSE_SESSION, "pam_sm_close_session", PAM_IGNORE,
					   PAM_SUCCESS};
static const struct phase change_password = {AA_PHASE_CHANGE_PASSWORD, "pam_sm_chauthtok", PAM_USER_UNKNOWN,
					     PAM_PERM_DENIED};

static const char *item(pam_handle_t *pamh, int which)
{
	const void *value = NULL;

	return pam_get_item(pamh, which, &value) == PAM_SUCCESS ? value : NULL;
}

static bool has_state(pam_handle_t *pamh)
{
	const void *data = NULL;

	return pam_get_data(pamh, AA_PAM_STATE, &data) == PAM_SUCCESS;
}

/* Says whether this process's caller, too, is plainly no agent and brings no group of agents: sudo may have been told to
 * ask PAM about somebody else, and matches rules by the caller's groups. */
static bool caller_is_person(const struct aa_accounts *accounts, int err)
{
	char role[AA_ROLE_NAME_MAX + 1];
	struct aa_caller caller;
	struct aa_user user;
	bool person;

	if (aa_user_find_uid(accounts, err, getuid(), &user) != AA_USER_OTHER ||
	    aa_caller_read(getuid(), &caller) < 0)
		return false;
	person = !aa_caller_has_agents_group(&caller, err == 0 ? accounts : NULL, role);
	aa_caller_clear(&caller);
	return person;
}

/* Decides with the registry, which may not be readable. */
static bool is_person_there(const struct aa_args *args, const char *name, bool local, bool by_caller)
{
	struct aa_accounts accounts = {.fd = -1};
	int err = aa_accounts_open(args->statedir, geteuid(), &accounts);
	struct aa_user user;
	bool person;

	if (err < 0)
		accounts.fd = -1;
	if (err == -ENOENT)
		err = -EIO; /* no registry is not "no such agent" */
	person = local || aa_user_of_name(&accounts, err, name, getuid(), &user) == AA_USER_OTHER;
	if (person && by_caller)
		person = caller_is_person(&accounts, err);
	if (accounts.fd >= 0)
		aa_accounts_close(&accounts);
	return person;
}

/* Says whether the call is plainly no agent's. A handle that has been an agent's is the core's until it ends, whoever
 * its user is by then; and where the core is open it decides, as the first stage would. */
static bool is_person(pam_handle_t *pamh, const struct aa_args *args, const struct phase *phase)
{
	const char *name = item(pamh, PAM_USER), *service = item(pamh, PAM_SERVICE);
	bool local, by_caller;

	if (has_state(pamh) || aa_core_is_open(pamh))
		return false;
	local = aa_user_is_local(name);
	by_caller = phase->phase == AA_PHASE_ACCOUNT &&
		    aa_args_session_service(args, aa_service_canonical(service ? service : ""));
	return (local && !by_caller) || is_person_there(args, name, local, by_caller);
}

/* Has the core log a refusal in a child, where the caller left no descriptor and its limit cannot be raised: the child
 * needs none of those that are open. _Fork() runs no fork handlers of other libraries. */
static void refuse_in_child(const struct phase *phase, pam_handle_t *pamh, int argc, const char **argv,
			    struct aa_guard *guard)
{
	aa_phase_function *unopened;
	pid_t pid;

	closelog();
	pid = _Fork();
	if (pid == 0) {
		closefrom(0);
		unopened = aa_core_phase(pamh, "agentauth_unopened");
		/* The core has a guard of its own, which asks the process whose it is. */
		if (unopened && aa_guard_lower(guard))
			(void)unopened(pamh, (int)phase->phase, argc, argv);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Opens the core, which no limit of the caller's keeps out, nor its log. NULL: there is none. False: the process's ids
 * could not be restored. */
static bool open_core(const struct phase *phase, pam_handle_t *pamh, int argc, const char **argv,
		      aa_phase_function **ret)
{
	struct aa_guard guard;

	if (aa_core_is_open(pamh)) {
		*ret = aa_core_phase(pamh, phase->name);
		return true;
	}
	aa_guard_raise(&guard);
	*ret = aa_core_phase(pamh, phase->name);
	if (!*ret && guard.starved)
		refuse_in_child(phase, pamh, argc, argv, &guard);
	return aa_guard_lower(&guard);
}

static int run(const struct phase *phase, pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	aa_phase_function *core = NULL;
	struct aa_args args;
	bool person;

	aa_args_read(&args, argc, argv);
	person = is_person(pamh, &args, phase);
	/* The core tells of its arguments, and what it is asked to tell. */
	if ((!person || args.debug || args.bad) && !open_core(phase, pamh, argc, argv, &core))
		return PAM_SYSTEM_ERR;
	if (core)
		return core(pamh, flags, argc, argv);
	return person ? phase->aside : phase->refused;
}

/* ---- the phases --------------------------------------------------------------------------- */

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *user;

	/* login(1) may leave it to the first module to ask for the name. */
	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS)
		return PAM_USER_UNKNOWN;
	return run(&authenticate, pamh, flags, argc, argv);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(&setcred, pamh, flags, argc, argv);
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(&account, pamh, flags, argc, argv);
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(&open_session, pamh, flags, argc, argv);
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(&close_session, pamh, flags, argc, argv);
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return run(&change_password, pamh, flags, argc, argv);
}
