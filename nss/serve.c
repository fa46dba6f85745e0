/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c: from an error value to what glibc is told. */
#include "nss/serve.h"

#include <errno.h>

enum nss_status aa_serve_status(int r, int *errnop)
{
	switch (r) {
	case 0:
		return NSS_STATUS_SUCCESS;
	case -ENOENT:
		return NSS_STATUS_NOTFOUND;
	case -ERANGE:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
		*errnop = -r;
		return NSS_STATUS_TRYAGAIN;
	default:
		*errnop = ENOENT;
		return NSS_STATUS_UNAVAIL;
	}
}
