/* SPDX-License-Identifier: Apache-2.0 */
/* publish_text.h: writing the text that a command changed, and putting it back. A part of publishing, see
 * publish.h. */
#ifndef AGENTAUTHCTL_PUBLISH_TEXT_H
#define AGENTAUTHCTL_PUBLISH_TEXT_H

#include "tools/agentauthctl/publish/publish.h"

/* What is needed to put the text back as it was. All zero: nothing was written. */
struct text_undo {
	int dirfd;
	char *name;	       /* of the file */
	char *aside;	       /* where what it held is: its other name */
	struct conf_text copy; /* the same, where the file system gives a file no second name */
	bool removed;	       /* the change is that there is no file any more */
	bool written;
};

/* 0 or a negative errno; also then text_change_undo() is called. No change is success. */
int text_change_write(const struct workspace *ws, const struct text_change *change, struct text_undo *ret);
/* As it was before. A negative errno: it cannot be put back. */
int text_change_undo(struct text_undo *undo);
/* It stays as it is now. */
void text_change_keep(struct text_undo *undo);
void text_undo_free(struct text_undo *undo);

#endif
