/* SPDX-License-Identifier: Apache-2.0 */
/* json_place.h finds where a value stands in JSON text that jansson has read without a mistake: jansson keeps no
 * positions. */
#ifndef AGENTAUTHCTL_JSON_PLACE_H
#define AGENTAUTHCTL_JSON_PLACE_H

#include <stddef.h>

/* json_place() returns the beginning of the value at `path` ("keys[0].pem") below the value at `from`, or of the
 * innermost one above it that is there. *ret_found says how many bytes of the path that is. */
const char *json_place(const char *from, const char *end, const char *path, size_t *ret_found);

/* json_elements() calls `each` with the beginning of each element of the array at `from`. */
void json_elements(const char *from, const char *end, void (*each)(void *data, const char *element),
		   void *data);

#endif
