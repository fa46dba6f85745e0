#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A token that is bound to an SSH key (cnf.jkt): sshd asks for the key first, and the token is good only with that key.

load support
load agents
load idp

setup_file() {
	host_init
	idp_start
	corp_issuer
	new_agent bound ES256 --role deploy --bind corp:bound
	# OpenSSH's own format: the client reads no Ed25519 key in PEM.
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/bound-ed.pem"
	agentauthctl register bound-ed --key "$KEYS/bound-ed.pem.pub" --role deploy --bind corp:bound-ed >/dev/null
	new_agent other ES256 --role deploy --bind corp:other
	idp_client bound '{"dpop_bound_access_tokens": true}'
	idp_client bound-ed '{"dpop_bound_access_tokens": true}'
	idp_client other '{}'
	# Read by the second sshd; the first has read its settings.
	printf 'Match Group agents\n\tAuthenticationMethods publickey,keyboard-interactive\n' >/etc/ssh/sshd_config.d/bound.conf
	# What PAM is shown of the authentication, in each phase; on a line of its own each.
	printf '#!/bin/sh\necho "$PAM_TYPE: $(echo "$SSH_AUTH_INFO_0" | tr "\\n" ";")" >>/run/auth-info\n' >/usr/local/sbin/show-auth-info
	chmod 755 /usr/local/sbin/show-auth-info
	for phase in auth account session; do
		echo "$phase optional pam_exec.so quiet /usr/local/sbin/show-auth-info"
	done >/run/lines
	sed -i '1r /run/lines' /etc/pam.d/sshd
}
teardown_file() {
	idp_stop
}
setup() {
	log_mark
	audit_mark
	: >/run/auth-info
	second_sshd
}
teardown() {
	end_second_sshd
}

# A token that the provider bound to the key that signed the proof (RFC 9449): the agent's own SSH key.
bound_token() { # CLIENT KEY-OWNER ALG
	idp_token "$1" -H "DPoP: $(forge "$2" --alg "$3" --dpop "$ISSUER/token")"
}
shows_both() { # AGENT KEY-OWNER TOKENFILE
	run ssh_with "$3" -p 2222 -o StrictHostKeyChecking=no -o IdentitiesOnly=yes -i "$KEYS/$2.pem" "$1@127.0.0.1" 'id; env'
}
logged_in() { # AGENT
	expect_status 0 && expect_output "^uid=.*\\($1\\)" && expect_output 'agent-deploy' &&
		expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"ok\" and .kind == \"token\""
}

@test "the provider binds a token to the SSH key, and sshd admits it with that key" {
	local alg agent token
	for agent in bound:ES256 bound-ed:EdDSA; do
		alg=${agent#*:} agent=${agent%:*}
		token=$(bound_token "$agent" "$agent" "$alg")
		run jwt_part "$token" 2
		expect_output '"cnf":\{"jkt":"'
		shows_both "$agent" "$agent" "$token"
		logged_in "$agent"
	done
}

@test "a token that is bound to another's key is refused, and says why" {
	local token
	token=$(bound_token bound other ES256)
	shows_both bound bound "$token"
	expect_status 255
	expect_audit '.event == "auth" and .agent == "bound" and .result == "denied" and .reason == "proof_required"'
	expect_no_audit '.result == "ok"'
}

@test "a bound token without a key is refused; the same token with the key is then accepted" {
	local token
	token=$(bound_token bound bound ES256)
	run ssh_with "$token" "bound@$HOST" id -un
	expect_status 255
	expect_audit '.event == "auth" and .agent == "bound" and .result == "denied" and .reason == "proof_required"'
	shows_both bound bound "$token"
	logged_in bound
}

@test "one who stole a bound token and has a key of another agent gets nowhere" {
	local token
	token=$(bound_token bound bound ES256)
	shows_both bound other "$token"
	expect_status 255
	expect_output 'Permission denied \(publickey\)'
	shows_both bound bound "$token"
	logged_in bound
}

@test "an unbound token needs the key here as well, because sshd asks for it" {
	local token
	token=$(idp_token other)
	run ssh_with "$token" -p 2222 -o StrictHostKeyChecking=no -o PubkeyAuthentication=no other@127.0.0.1 id -un
	expect_status 255
	shows_both other other "$token"
	logged_in other
}

# pam_agentauth(8) says this of sshd: what it is shown in auth, account and open_session.
shown() { # AUTH ACCOUNT OPEN_SESSION, "-" where the phase is not called
	local expected seen phase
	expected=$(for phase in auth account open_session; do
		[ "$1" = - ] || echo "$phase: $1"
		shift
	done)
	seen=$(grep -v '^close_session' /run/auth-info)
	[ "$seen" = "$expected" ] && return
	printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
	return 1
}

@test "sshd shows PAM how the connection authenticated so far: a key at the prompt, all of it when the session opens" {
	local key
	key="publickey $(cut -d' ' -f1,2 < <(ssh-keygen -y -f "$KEYS/bound.pem"))"
	shows_both bound bound "$(bound_token bound bound ES256)"
	expect_status 0
	shown "$key;;" "$key;;" "$key;keyboard-interactive/pam;;"
	: >/run/auth-info
	run dev ssh -o BatchMode=yes -i "$KEYS/bound.pem" "bound@$HOST" true
	expect_status 0
	shown - ';' "$key;;"
	: >/run/auth-info
	run ssh_with "$(idp_token other)" "other@$HOST" true
	expect_status 0
	shown ';' ';' 'keyboard-interactive/pam;;'
}
