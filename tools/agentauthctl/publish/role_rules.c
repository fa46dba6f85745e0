/* SPDX-License-Identifier: Apache-2.0 */
/* role_rules.c: see role_rules.h. */
#include "config.h"

#include "tools/agentauthctl/publish/role_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/list.h"
#include "common/verify/sudo_rule.h"
#include "tools/cli/alloc.h"
#include "tools/cli/json_text.h"

static void put_list(struct buffer *b, const char *name, const struct aa_list *rules)
{
	json_text_open(b, name, '[');
	for (size_t i = 0; i < rules->n; i++)
		json_text_string(b, NULL, rules->v[i]);
	json_text_close(b, ']');
}

static void compose(struct buffer *b, const struct aa_role *role)
{
	json_text_open(b, NULL, '{');
	json_text_string(b, "role", role->name);
	put_list(b, "sudo", &role->sudo);
	put_list(b, "approval", &role->approval);
	if (role->max_sudo)
		json_text_string(b, "max_sudo", role->max_sudo);
	json_text_close(b, '}');
	json_text_end(b);
}

/* Nobody reads it before the generation has its name. It is not synced: what a crash leaves torn is read as nothing. */
static int write_one(int dirfd, const char *name, uint32_t gid, const struct buffer *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text->data, text->len) != (ssize_t)text->len)
		r = errno ? -errno : -EIO;
	else if (fchown(fd, (uid_t)-1, gid) == 0 ? fchmod(fd, 0640) < 0 : geteuid() == 0)
		r = errno ? -errno : -EIO;
	close(fd);
	return r;
}

int role_rules_write(int dirfd, const struct model *model)
{
	struct buffer text = {0};
	int r = 0;

	for (size_t i = 0; i < model->roles.n && r == 0; i++) {
		const struct aa_role *role = &model->roles.v[i];
		char *name;

		if (!role->gid || (role->services.n && !aa_list_has(&role->services, "sudo")))
			continue;
		name = xasprintf(AA_ROLE_RULES_FILE "%s", role->name);
		buffer_clear(&text);
		compose(&text, role);
		r = write_one(dirfd, name, role->gid, &text);
		free(name);
	}
	buffer_free(&text);
	return r;
}
