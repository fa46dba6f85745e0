/* SPDX-License-Identifier: Apache-2.0 */
/* status.h: the answers that glibc's NSS interface knows.
 *
 * Every function that answers an enum nss_status keeps to these: the size of an answer is computed before any of it is
 * written; every pointer in it points into `buf`; and *errnop is, beside
 *   NSS_STATUS_TRYAGAIN  ERANGE: buf is too small, and nothing was used up; otherwise a shortage of the moment
 *   NSS_STATUS_UNAVAIL   ENOENT: the registry is damaged or unreadable. No other word of how is given: a program that asks
 *                        for a user who does not exist is told nothing else where the registry is in order
 *   NSS_STATUS_SUCCESS, NSS_STATUS_NOTFOUND   left alone
 */
#ifndef AGENTAUTH_NSS_STATUS_H
#define AGENTAUTH_NSS_STATUS_H

#include <nss.h>

/* Turns an error value of find.h into a status. */
enum nss_status aa_nss_status(int r, int *errnop);

#endif
