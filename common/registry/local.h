/* SPDX-License-Identifier: Apache-2.0 */
/* local.h: whether a file of lines NAME:x:ID: has a name or an id: /etc/passwd, /etc/group, or what is withheld. */
#ifndef AGENTAUTH_REGISTRY_LOCAL_H
#define AGENTAUTH_REGISTRY_LOCAL_H

#include <stdint.h>

#include "common/file/stamp.h"

/* These files lie in STATEDIR, mode 0644. They hold the names and ids of agents that NSS does not serve, since another
 * source of names knows one of them, as lines NAME:x:ID:. */
#define AA_WITHHELD_PASSWD "withheld.passwd"
#define AA_WITHHELD_GROUP "withheld.group"

/* Says whether the file has a line for `name`, or with `id` in its third field. It is read with read(): no stdio, and no
 * getpw*, which would ask NSS again. 1: it has, 0: it has not, negative errno: cannot be told. An absent file has none. */
int aa_local_has(const char *file, const char *name, uint32_t id);
/* Answers the same. For 0 and 1 it also gives the stamp of the file that was read: a file with another stamp has to be
 * read again. */
int aa_local_has_stamped(const char *file, const char *name, uint32_t id, struct aa_stamp *ret_stamp);

#endif
