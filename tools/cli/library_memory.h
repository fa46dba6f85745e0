/* SPDX-License-Identifier: Apache-2.0 */
/* library_memory.h: has jansson and OpenSSL end the command where memory is out, as alloc.h does. */
#ifndef AGENTAUTHCTL_LIBRARY_MEMORY_H
#define AGENTAUTHCTL_LIBRARY_MEMORY_H

#include <jansson.h>

/* Is called first of all, before either library has memory of its own. A value that jansson could not make is left out of what
 * is made of it, and a line that could not be parsed looks like one that is damaged; OpenSSL 3.0 dies where it could not begin.
 * `free_json` frees what jansson had. */
void library_memory(json_free_t free_json);
/* Has OpenSSL read its configuration and load what hashes, which it does by itself as late as when it is asked first. */
void library_begin(void);

#endif
