/* SPDX-License-Identifier: Apache-2.0 */
/* support_pam_module.c: a PAM module that stands before or behind ours in a test's stack.
 *
 *   authtok=FILE  sets PAM_AUTHTOK to what the file holds, as an earlier module that asked would
 *   tell=FILE     writes into the file whether PAM_AUTHTOK is set, as a later module would see it
 *
 * It answers PAM_IGNORE, so that it decides nothing.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_modules.h>

static void set_authtok(pam_handle_t *pamh, const char *file)
{
	char text[32768];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return;
	text[n] = '\0';
	(void)pam_set_item(pamh, PAM_AUTHTOK, text);
}

static void tell_authtok(pam_handle_t *pamh, const char *file)
{
	const void *token = NULL;
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)pam_get_item(pamh, PAM_AUTHTOK, &token);
	if (fd >= 0 && write(fd, token ? "set" : "unset", token ? 3 : 5) > 0)
		close(fd);
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "authtok=", 8) == 0)
			set_authtok(pamh, argv[i] + 8);
		else if (strncmp(argv[i], "tell=", 5) == 0)
			tell_authtok(pamh, argv[i] + 5);
	}
	return PAM_IGNORE;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}
