#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Access tokens of a real identity provider, shown to the stock sshd by the stock ssh.

load support
load agents
load idp

setup_file() {
	host_init
	idp_start
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
	run ssh_with "$2" "$1@$HOST" id -un
	expect_status 0 && expect_output "^$1\$" &&
		expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"ok\" and .kind == \"token\" and .issuer == \"corp\""
}
refused() { # REASON AGENT TOKENFILE
	audit_mark
	run ssh_with "$3" "$2@$HOST" id -un
	expect_status 255 &&
		expect_audit ".event == \"auth\" and .agent == \"$2\" and .result == \"denied\" and .reason == \"$1\""
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
