/* SPDX-License-Identifier: Apache-2.0 */
/* check_value.c: says how values may look, see check_value.h. */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/jose.h"
#include "common/registry/accounts.h"
#include "common/text/number.h"
#include "common/verify/rate.h"
#include "common/verify/policy.h"
#include "common/verify/recording.h"
#include "common/text/service.h"
#include "common/verify/sudo_rule.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/problems.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool refuse(char *why, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

static bool only(const char *value, const char *allowed)
{
	return value[strspn(value, allowed)] == '\0';
}

/* ---- names --------------------------------------------------------------- */

static bool check_name(const char *value, size_t max, char *why, size_t size)
{
	size_t len = strlen(value);
	char strange[2] = {value[strspn(value, LETTERS DIGITS "-")], '\0'};

	if (len == 0)
		return refuse(why, size, "is empty");
	if (value[0] == '-')
		return refuse(why, size, "begins with a hyphen; commands would take it for an option");
	if (isdigit((unsigned char)value[0]))
		return refuse(why, size,
			      "begins with a digit; programs would take it for a number such as a uid");
	if (strange[0] && isupper((unsigned char)strange[0]))
		return refuse(
		    why, size,
		    "holds a capital letter; names are lower case, so that no two differ by case alone");
	if (strange[0])
		return refuse(why, size,
			      "holds a character other than a-z, 0-9 and hyphens; anything else has a "
			      "meaning to some shell, path or file that the name is going to stand in");
	if (value[len - 1] == '-')
		return refuse(why, size, "ends in a hyphen");
	if (len > max)
		return refuse(why, size,
			      "is longer than %zu characters, which is what login records and groups hold",
			      max);
	return true;
}

bool check_agent_name(const char *value, char *why, size_t size)
{
	if (!check_name(value, AA_AGENT_NAME_MAX, why, size))
		return false;
	if (strcmp(value, "agents") == 0)
		return refuse(why, size,
			      "is the group of all agents; an agent's own group has the agent's name");
	if (strncmp(value, AA_ROLE_GROUP_PREFIX, strlen(AA_ROLE_GROUP_PREFIX)) == 0)
		return refuse(
		    why, size,
		    "begins with agent-, as the groups of roles do; sudo would take the one for the other");
	return aa_agent_name_is_valid(value) || refuse(why, size, "is not a name for an agent");
}

bool check_role_name(const char *value, char *why, size_t size)
{
	return check_name(value, AA_ROLE_NAME_MAX, why, size);
}

bool check_issuer_name(const char *value, char *why, size_t size)
{
	return check_name(value, ISSUER_NAME_MAX, why, size);
}

bool check_account_group(const char *value, char *why, size_t size)
{
	if (!check_name(value, AA_AGENT_NAME_MAX, why, size))
		return false;
	if (strncmp(value, AA_ROLE_GROUP_PREFIX, strlen(AA_ROLE_GROUP_PREFIX)) == 0)
		return refuse(why, size, "begins with agent-, as the groups of roles do");
	return true;
}

/* Checks a group or user of this host, whose names are others' choice. */
bool check_local_name(const char *value, char *why, size_t size)
{
	if (!*value || *value == '-' || strlen(value) > 64 ||
	    !only(value, LETTERS CAPITALS DIGITS "._-+@$\\"))
		return refuse(why, size, "is not a name that an account or a group can have");
	return true;
}

/* Checks a person as an identity provider names one. */
bool check_user(const char *value, char *why, size_t size)
{
	if (!*value || strlen(value) > 512)
		return refuse(why, size, "is not what names a user in a token: 1 to 512 bytes");
	return true;
}

static bool check_service_name(const char *value, char *why, size_t size)
{
	if (!*value || *value == '.' || strlen(value) > ROLE_SERVICE_MAX ||
	    !only(value, LETTERS CAPITALS DIGITS "._-+@"))
		return refuse(why, size,
			      "is not the name of a PAM service, which is a file's name in /etc/pam.d");
	return true;
}

bool check_without_credential(const char *value, char *why, size_t size)
{
	static const char *const doors[] = {"sshd",   "login",	"remote",  "sudo",
					    "sudo-i", "vsftpd", "cockpit", "xrdp-sesman"};

	if (!check_service_name(value, why, size))
		return false;
	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++)
		if (strcmp(value, doors[i]) == 0)
			return refuse(why, size,
				      "lets in whoever asks, not root alone: without a credential anybody "
				      "would be the agent");
	return true;
}

bool check_service(const char *value, char *why, size_t size)
{
	const char *canonical;

	if (!check_service_name(value, why, size))
		return false;
	canonical = aa_service_canonical(value);
	if (strcmp(canonical, value) != 0)
		return refuse(why, size, "counts as %s: write that", canonical);
	return true;
}

/* ---- addresses ----------------------------------------------------------- */

static bool has_host_bits(const unsigned char *address, size_t bytes, long prefix)
{
	for (size_t i = 0; i < bytes; i++) {
		long bits = prefix - (long)i * 8;
		unsigned keep = bits >= 8 ? 0xffu : bits <= 0 ? 0u : 0xffu << (8 - bits) & 0xffu;

		if (address[i] & ~keep & 0xff)
			return true;
	}
	return false;
}

bool check_network(const char *value, char *why, size_t size)
{
	char address[INET6_ADDRSTRLEN + 1] = "";
	const char *slash = strchr(value, '/');
	size_t len = slash ? (size_t)(slash - value) : strlen(value);
	unsigned char bytes[16];
	int64_t prefix;
	bool v6;

	if (len >= sizeof address)
		return refuse(why, size, "is not an address or a network like 10.0.0.0/8 or 2001:db8::/32");
	memcpy(address, value, len);
	v6 = strchr(address, ':') != NULL;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return refuse(why, size, "is not an address or a network like 10.0.0.0/8 or 2001:db8::/32");
	prefix = v6 ? 128 : 32;
	if (slash && !aa_number_parse(slash + 1, 0, prefix, &prefix))
		return refuse(why, size, "has a prefix length that is not within 0 to %d", v6 ? 128 : 32);
	if (has_host_bits(bytes, v6 ? 16 : 4, (long)prefix))
		return refuse(
		    why, size,
		    "has bits set past its prefix length; is a longer prefix or another network meant?");
	return true;
}

/* ---- sudo ---------------------------------------------------------------- */

static const char *const sudo_faults[] = {
    [AA_SUDO_NO_RUNAS] = "does not begin with the user to run as: write \"(root) /usr/bin/command …\"",
    [AA_SUDO_NOBODY] = "names no user to run as: write (root), for example",
    [AA_SUDO_RUNAS_CHARACTER] = "has a character in (…) that is no part of a user's or group's name",
    [AA_SUDO_TOO_LONG] = "is longer than 1000 bytes",
    [AA_SUDO_TAG] = "has a tag such as NOPASSWD: before its command; tags are set by agentauthctl",
    [AA_SUDO_ALL] = "grants every command; name the commands that the role needs, with absolute paths",
    [AA_SUDO_NO_PATH] =
	"does not name its command by an absolute path, as in \"(root) /usr/bin/systemctl …\"",
    [AA_SUDO_BACKSLASH] = "ends in a backslash, which would join it with the next line of sudoers",
    [AA_SUDO_COMMA] = "holds a comma, which begins another command in sudoers: write two rules, or \\, where "
		      "an argument has one",
    [AA_SUDO_COLON] = "holds :, which ends a command in sudoers: write \\: where an argument has one",
    [AA_SUDO_EQUALS] = "holds =, which ends a command in sudoers: write \\= where an argument has one",
    [AA_SUDO_HASH] = "holds #, which ends a command in sudoers: write \\# where an argument has one",
    [AA_SUDO_BY_NUMBER] =
	"waits for a person, and so names its users by name in (…): no #uid, %group or :group",
    [AA_SUDO_DIRECTORY] = "waits for a person, and so names one command, not a directory",
    [AA_SUDO_ESCAPED] = "waits for a person, and so has no backslash in its command's path",
    [AA_SUDO_BLANKS] = "has two blanks together, or one at its end, which sudo would not see",
};

static bool say_fault(enum aa_sudo_fault fault, char *why, size_t size)
{
	return fault == AA_SUDO_FINE || refuse(why, size, "%s", sudo_faults[fault]);
}

bool check_sudo_rule(const char *value, char *why, size_t size)
{
	return say_fault(aa_sudo_rule_check(value), why, size);
}

bool check_approval_rule(const char *value, char *why, size_t size)
{
	return say_fault(aa_sudo_rule_check_clear(value), why, size);
}

/* ---- hosts, issuers ------------------------------------------------------ */

/* Checks for visible ASCII alone. */
static bool is_plain(const char *value)
{
	for (; *value; value++)
		if (*value <= ' ' || *value >= 0x7f)
			return false;
	return true;
}

bool check_audience(const char *value, char *why, size_t size)
{
	if (!*value || !is_plain(value) || strpbrk(value, "[]"))
		return refuse(why, size,
			      "is not an audience: it stands in the prompt and is compared byte by byte, so "
			      "it holds no blanks, brackets or characters beyond ASCII");
	if (strlen(value) > 255)
		return refuse(why, size, "is longer than 255 bytes");
	return true;
}

bool check_path(const char *value, char *why, size_t size)
{
	if (value[0] != '/')
		return refuse(why, size, "is not an absolute path");
	if (!is_plain(value) || strchr(value, ':') || strlen(value) > 200)
		return refuse(why, size,
			      "holds a blank, a colon or a character beyond ASCII, or is longer than 200 "
			      "bytes, which passwd entries do not take");
	for (const char *p = value; p; p = strchr(p + 1, '/'))
		if (strncmp(p, "/../", 4) == 0 || strcmp(p, "/..") == 0)
			return refuse(why, size, "goes up by ..");
	return true;
}

bool check_issuer_url(const char *value, char *why, size_t size)
{
	if (!*value || !is_plain(value) || strlen(value) > 512)
		return refuse(why, size, "is not what a token's iss can be: visible ASCII, up to 512 bytes");
	return true;
}

bool check_https_url(const char *value, char *why, size_t size)
{
	if (!check_issuer_url(value, why, size))
		return false;
	if (strncmp(value, "https://", 8) != 0 || !value[8] || value[8] == '/')
		return refuse(why, size,
			      "is not an https:// URL; keys that came unprotected could be anybody's");
	return true;
}

bool check_claim(const char *value, char *why, size_t size)
{
	if (!*value || strlen(value) > 256)
		return refuse(why, size, "is not a claim's name or a JSON Pointer of up to 256 bytes");
	if (value[0] != '/')
		return true;
	for (const char *p = strchr(value, '~'); p; p = strchr(p + 1, '~'))
		if (p[1] != '0' && p[1] != '1')
			return refuse(why, size, "is not a JSON Pointer (RFC 6901): after ~ stands 0 or 1");
	return true;
}

bool check_algorithm(const char *value, char *why, size_t size)
{
	if (aa_alg_from_name(value) != AA_ALG_INVALID)
		return true;
	if (strncmp(value, "HS", 2) == 0 || strcmp(value, "none") == 0)
		return refuse(why, size,
			      "proves nothing about who made a token; use one of RS, PS, ES with 256, 384 or "
			      "512, or EdDSA (Ed25519)");
	return refuse(why, size,
		      "is not an algorithm: there are RS, PS and ES with 256, 384 or 512, and EdDSA, "
		      "also called Ed25519");
}

bool check_memory(const char *value, char *why, size_t size)
{
	size_t digits = strspn(value, DIGITS);

	if (digits == 0 || digits > 15 || value[0] == '0' ||
	    (value[digits] && !strchr("KMGT", value[digits])) || (value[digits] && value[digits + 1]))
		return refuse(why, size, "is not an amount of memory like \"512M\" or \"2G\"");
	return true;
}

bool check_recording(const char *value, char *why, size_t size)
{
	if (!aa_recording_of(value))
		return refuse(why, size, "is nothing that is recorded: \"exec\" or \"tty\"");
	return true;
}

bool check_rate(const char *value, char *why, size_t size)
{
	struct aa_rate rate;

	if (!aa_rate_parse(value, &rate))
		return refuse(why, size, "is not 1 to %d a minute, an hour or a day, like \"20/h\"",
			      AA_RATE_MOST);
	return true;
}

bool check_kid(const char *value, char *why, size_t size)
{
	if (!*value || !is_plain(value) || strlen(value) > KID_MAX)
		return refuse(why, size, "is not a kid: visible ASCII, up to %d bytes", KID_MAX);
	return true;
}
