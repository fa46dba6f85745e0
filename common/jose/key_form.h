/* SPDX-License-Identifier: Apache-2.0 */
/* key_form.h: what a private key looks like in each form that programs write. */
#ifndef AGENTAUTH_JOSE_KEY_FORM_H
#define AGENTAUTH_JOSE_KEY_FORM_H

#include <stddef.h>

struct aa_private_form {
	const char *name; /* "OpenSSH's format" */
	/* the command that writes the public half of the file KEY; NULL: there is no such half */
	const char *public;
};
/* Tells the form in which the bytes hold a private or secret key; NULL: none that is known. */
const struct aa_private_form *aa_private_form(const char *bytes, size_t len);

#endif
