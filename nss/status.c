/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: turns an error value into the answer that glibc gets. */
#include "nss/status.h"

#include <errno.h>

enum nss_status aa_nss_status(int r, int *errnop)
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
