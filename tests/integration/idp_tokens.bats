#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Access tokens of a real identity provider, shown to the stock sshd by the stock ssh.

load support
load agents
load idp

setup_file() {
	host_init
	idp_start
	# One machine, one clock: what is over is over.
	sed -i 's/clock_skew = 30/clock_skew = 0/' /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
	corp_issuer
	new_client builder '{}'
}
teardown_file() {
	idp_stop
}
setup() {
	log_mark
	audit_mark
	idp_mark
}

# An agent that is known to the provider as a client of the same name.
new_client() { # NAME JSON
	idp_client "$1" "$2"
	agentauthctl register "$1" --role deploy --role logs --bind "corp:$1" >/dev/null
}

logs_in() { # AGENT TOKENFILE
	logs_in_with "$1" "$2" '.kind == "token" and .issuer == "corp"'
}

@test "RS256, PS256, ES256 and EdDSA tokens of the provider log in through stock ssh" {
	local alg token
	for alg in RS256 PS256 ES256 EdDSA; do
		new_client "a-${alg,,}" '{"access_token_alg": "'$alg'"}'
		token=$(idp_token "a-${alg,,}")
		[ "$(jwt_part "$token" 1 | jq -r '.alg + " " + .typ')" = "$alg at+jwt" ]
		logs_in "a-${alg,,}" "$token"
		expect_audit ".agent == \"a-${alg,,}\" and .alg == \"$alg\""
	done
}

@test "tokens of 1.5, 4 and 12 KB arrive through stock ssh" {
	local bytes length token
	for bytes in 700 2600 8600; do
		new_client "big-$bytes" '{"access_token_groups": '$bytes'}'
		token=$(idp_token "big-$bytes")
		length=$(wc -c <"$token")
		echo "# a token of $length bytes"
		[ "$length" -gt $((bytes * 4 / 3 + 500)) ]
		logs_in "big-$bytes" "$token"
	done
	[ "$length" -gt 12000 ]
}

@test "a token is shown once" {
	local token
	token=$(idp_token builder)
	logs_in builder "$token"
	refused_with replayed builder "$token"
	logs_in builder "$(idp_token builder)"
}

@test "a token of another client, or for another host, is refused" {
	new_client second '{}'
	logs_in second "$(idp_token second)"
	refused_with wrong_subject builder "$(idp_token second)"
	refused_with wrong_audience builder "$(RESOURCE=ssh://web02.example.com idp_token builder)"
}

@test "the roles of a login are those that the token's scopes name; a token that names none is refused" {
	run ssh_with "$(SCOPE=host.logs idp_token builder)" "builder@$HOST" 'id -Gn'
	expect_status 0
	expect_output 'agent-logs'
	expect_no_output 'agent-deploy'
	refused_with role_denied builder "$(SCOPE='' idp_token builder)"
	# Nor one whose scope is good for a role that this agent has not.
	agentauthctl set builder --no-role logs
	refused_with role_denied builder "$(SCOPE=host.logs idp_token builder)"
	agentauthctl set builder --role logs
	# The control: an issuer without scopes gives the agent itself all of its roles.
	sed -i.with '/scopes = (/,/);/d' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
	run ssh_with "$(SCOPE='' idp_token builder)" "builder@$HOST" 'id -Gn'
	mv /etc/agentauth/agentauth.conf.with /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
	expect_status 0
	expect_output 'agent-deploy.*agent-logs|agent-logs.*agent-deploy'
}

is_over() { # TOKENFILE
	[ "$(date +%s)" -gt "$(jwt_part "$1" 2 | jq .exp)" ]
}
@test "with the provider down logins work as long as keys and token are good, and then say what is not" {
	local good late
	good=$(idp_token builder)
	idp_client builder '{"access_token_ttl": 2}'
	late=$(idp_token builder)
	idp_client builder '{}'
	idp_stop
	logs_in builder "$good"
	wait_until is_over "$late"
	refused_with expired builder "$late"
	idp_start
	good=$(idp_token builder)
	idp_stop
	corp_keys_are_old
	refused_with keys_stale builder "$good"
	idp_start
	corp_refresh
	logs_in builder "$good"
}

@test "the provider rotates its keys: the new one is unknown until the host refreshes, and who is logged in stays" {
	local before after master=/home/dev/master
	before=$(idp_token builder)
	run ssh_with "$(idp_token builder)" -M -S "$master" -f -N "builder@$HOST"
	expect_status 0
	idp_rotate_keys
	after=$(idp_token builder)
	refused_with unknown_key builder "$after"
	# The refused login asked for it; systemd's agentauth-refresh.path runs this.
	run agentauthctl issuer refresh --due
	expect_status 0
	logs_in builder "$after"
	# What the last key signed is good as long as it is published.
	logs_in builder "$before"
	before=$(idp_token builder)
	idp_rotate_keys
	idp_rotate_keys
	corp_refresh
	refused_with unknown_key builder "$before"
	run dev ssh -S "$master" -o BatchMode=yes "builder@$HOST" sudo -n restart-app
	expect_status 0
	expect_output 'restarted by root for builder'
	dev ssh -S "$master" -O exit "builder@$HOST" 2>/dev/null
}

@test "a token that is revoked on this host is refused, and the client's next one is accepted" {
	local token jti
	token=$(idp_token builder)
	jti=$(jwt_part "$token" 2 | jq -r .jti)
	run agentauthctl revoke --jti "$jti" --issuer corp
	expect_status 0
	refused_with revoked builder "$token"
	logs_in builder "$(idp_token builder)"
}
