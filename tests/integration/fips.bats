#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A host whose OpenSSL is told to take FIPS algorithms alone, and has none: agents are refused for that reason, people are not.

load support
load agents
load explain

setup_file() {
	host_init
	new_agent builder-7 ES256
	agentauthctl role set deploy --service su >/dev/null
}
setup() {
	log_mark
	audit_mark
}

# What OpenSSL reads here: an administrator's line, as fips_module(7) has it.
fips_on() {
	mv /etc/ssl/openssl.cnf /var/openssl.cnf
	printf '%s\n' 'openssl_conf = begin' '[begin]' 'alg_section = algorithms' '[algorithms]' 'default_properties = fips=yes' >/etc/ssl/openssl.cnf
}
fips_off() {
	mv /var/openssl.cnf /etc/ssl/openssl.cnf
}
teardown() {
	[ ! -e /var/openssl.cnf ] || fips_off
}

people_have_su_and_sudo() {
	[ "$(as bob su alice -c 'id -un' <<<alice-password 2>/dev/null)" = alice ] &&
		[ "$(as alice sudo -k -S id -un <<<alice-password 2>/dev/null)" = root ]
}

@test "out of FIPS mode the agent comes in, and doctor finds each algorithm" {
	run dev_su builder-7 "$(token_file builder-7)" 'id -un'
	expect_status 0
	expect_output ': builder-7$'
	run agentauthctl doctor
	expect_no_output 'OpenSSL'
	people_have_su_and_sudo
}

@test "in FIPS mode without a provider the agent is refused, and people have su and sudo" {
	local token
	token=$(token_file builder-7)
	fips_on
	people_have_su_and_sudo
	run dev_su builder-7 "$token" 'id -un'
	[ "$status" -ne 0 ]
	expect_no_output ': builder-7$'
	# The chain's hash is none of OpenSSL's, so that the line is where it belongs.
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "denied" and .reason == "alg_off"'
	people_have_su_and_sudo
	fips_off
	run dev_su builder-7 "$(token_file builder-7)" 'id -un'
	expect_status 0
}

@test "in FIPS mode doctor and explain say what is off and why, and a key of such an algorithm is not registered" {
	local token
	token=$(token_file builder-7)
	fips_on
	run agentauthctl doctor
	expect_output 'OpenSSL hands out no signature algorithm, since it is told to take FIPS algorithms alone and has no FIPS provider'
	run agentauthctl explain builder-7 --service su --credential "$token"
	expect_output 'alg_off'
	run agentauthctl set builder-7 --key "$KEYS/builder-7.pub"
	[ "$status" -ne 0 ]
	expect_output "this host's OpenSSL does not offer the key's algorithm, as in FIPS mode"
	fips_off
	foresees ok '' builder-7 --service su --credential "$token"
}
