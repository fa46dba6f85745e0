/* SPDX-License-Identifier: Apache-2.0 */
/* publish_text.h writes the text that a command changed, and puts it back, as a part of publishing (publish.h). */
#ifndef AGENTAUTHCTL_PUBLISH_TEXT_H
#define AGENTAUTHCTL_PUBLISH_TEXT_H

#include <sys/types.h>

#include "tools/agentauthctl/publish/publish_options.h"
#include "tools/agentauthctl/publish/workspace.h"

/* file_undo is needed to put a file back as it was. */
struct file_undo {
	int dirfd;
	char *name;	       /* of the file */
	char *aside;	       /* the other name of the old text */
	struct conf_text copy; /* the old text, where the file system gives a file no second name */
	bool removed;	       /* the change is that there is no file any more */
	mode_t mode;	       /* of a file that was removed */
	bool written;
};

/* text_undo has all files of a change. All zero says that nothing was written. */
struct text_undo {
	struct file_undo *v;
	size_t n;
};

/* text_change_write() returns 0 or a negative errno: -ESTALE where the file is not the one that the change was made of.
 * After either text_change_undo() or text_change_keep() is called. No change is success. */
int text_change_write(const struct workspace *ws, const struct text_change *change, struct text_undo *ret);
/* text_change_is_stale() reports -ESTALE; it returns -1. */
int text_change_is_stale(const struct workspace *ws, const struct text_change *change);
/* text_change_undo() puts the old text back. It returns a negative errno where it cannot. */
int text_change_undo(struct text_undo *undo);
/* text_change_keep() leaves the text as it is now. It returns false where an old text's second name is left. */
bool text_change_keep(struct text_undo *undo);
void text_undo_free(struct text_undo *undo);

/* text_change_reread() reads `text` in the place of agentauth.conf's, and keeps in `main_pending` what that had in it
 * and was not published. It returns 0, or -1 where the failure was reported. */
int text_change_reread(struct workspace *ws, const struct conf_text *text);

#endif
