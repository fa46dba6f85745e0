/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h: opens, makes and syncs folders of ours. */
#ifndef AGENTAUTH_FILE_FOLDER_H
#define AGENTAUTH_FILE_FOLDER_H

#include <stddef.h>

/* Opens BASE/NAME, which must be a folder and no symbolic link: an O_CLOEXEC descriptor, or a negative errno. */
int aa_folder_open(const char *base, const char *name);

/* Makes BASE, and in it each of `names` ("a", "a/b"), mode 0700; those that are there stay. 0 or a negative errno. */
int aa_folder_make(const char *base, const char *const *names, size_t n);
/* Has the names in a folder, relative to `dirfd`, outlast a loss of power. 0 or a negative errno. */
int aa_folder_sync(int dirfd, const char *name);

#endif
