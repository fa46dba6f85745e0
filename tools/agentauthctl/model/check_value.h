/* SPDX-License-Identifier: Apache-2.0 */
/* check_value.h: says how a name, a time, a network, a sudo rule … may look, each with the sentence that says why not.
 *
 * Each check_…() answers whether the value may stand. If not, `why` gets the rest of a sentence that begins with the quoted
 * value, without a full stop: "begins with a digit; programs would take it for a uid". */
#ifndef AGENTAUTHCTL_CHECK_VALUE_H
#define AGENTAUTHCTL_CHECK_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROLE_SERVICE_MAX 64
#define ISSUER_NAME_MAX 32
#define KID_MAX 256 /* as long as a token's header may name one */

bool check_agent_name(const char *value, char *why, size_t size);
bool check_role_name(const char *value, char *why, size_t size);
bool check_issuer_name(const char *value, char *why, size_t size);
bool check_account_group(const char *value, char *why, size_t size);
bool check_local_name(const char *value, char *why, size_t size);
bool check_user(const char *value, char *why, size_t size);
bool check_service(const char *value, char *why, size_t size);
bool check_without_credential(const char *value, char *why, size_t size);
bool check_network(const char *value, char *why, size_t size);
bool check_sudo_rule(const char *value, char *why, size_t size);
/* Checks a rule that waits for a person, which the approval plugin must read just as sudo does. */
bool check_approval_rule(const char *value, char *why, size_t size);
bool check_audience(const char *value, char *why, size_t size);
bool check_path(const char *value, char *why, size_t size);
bool check_issuer_url(const char *value, char *why, size_t size);
bool check_https_url(const char *value, char *why, size_t size);
bool check_claim(const char *value, char *why, size_t size);
bool check_algorithm(const char *value, char *why, size_t size);
bool check_memory(const char *value, char *why, size_t size);
bool check_recording(const char *value, char *why, size_t size);
bool check_rate(const char *value, char *why, size_t size);
bool check_kid(const char *value, char *why, size_t size);

#endif
