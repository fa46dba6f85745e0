#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every command in README.md and doc/*.md is run as it stands there, by this story and the others of pages_*.bats; what cannot
# run in a box says so in the page's source, and is tried in another way.

load support
load agents
load pages

setup_file() {
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
}
setup() {
	log_mark
	audit_mark
}

nothing_is_there() {
	rm -rf /home/dev/.config /home/dev/.cache /home/dev/told /etc/agentauth /var/lib/agentauth /var/log/agentauth /run/agentauth/*
}

@test "each block of README and doc is run or says why not, and names only commands and options that there are" {
	run "$HERE/pages" check "$TOP"
	echo "# $output"
	expect_status 0
	# The controls: a block that nobody runs, an option that is not there, a reason that is missing.
	mkdir -p "$BATS_TEST_TMPDIR/top/doc"
	ln -s "$TOP/tests" "$BATS_TEST_TMPDIR/top/"
	printf '# A page\n\n```console\nroot@web01:~# true\n```\n' >"$BATS_TEST_TMPDIR/top/README.md"
	printf '# Another\n\n`agentauthctl suspend x --now` and [a page](none.md)\n\n<!-- not run: because; checked by syntax -->\n```console\nroot@web01:~# agentauthctl hush\n```\n\n    no prompt\n' \
		>"$BATS_TEST_TMPDIR/top/doc/other.md"
	run "$HERE/pages" check "$BATS_TEST_TMPDIR/top"
	expect_status 1
	expect_output '^README.md:3: no story walks it'
	expect_output '^doc/other.md:3: agentauthctl suspend has no option --now'
	expect_output '^doc/other.md:3: there is no none.md'
	expect_output '^doc/other.md:6: the mark gives no reason'
	expect_output '^doc/other.md:6: agentauthctl has no command hush'
	expect_output '^doc/other.md:10: has neither a prompt nor a mark'
}

@test "what a page shows is held against what is printed: anything for dots, and nothing else" {
	cd "$BATS_TEST_TMPDIR"
	printf 'one\n…\nend …\n' >shown
	printf 'one\ntwo\nthree\nend of it\n' >printed
	run "$HERE/pages" compare shown printed
	expect_status 0
	for bent in 's/one/once/' 's/^end.*/the end/' '$a more'; do
		sed "$bent" printed >other
		run "$HERE/pages" compare shown other
		expect_status 1
	done
}

@test "the packages that README names are those that quickstart installs" {
	local package named
	named=$(sed -n '/^## Building by hand/,/^## /p' "$TOP/README.md" | sed -nE '/^    apt-get install autoconf/,/[^\\]$/p' |
		sed 's/apt-get install//; s/\\$//' | xargs)
	[ "$(wc -w <<<"$named")" -gt 10 ]
	for package in $named; do
		grep -qw -e "$package" "$TOP/quickstart" || { echo "quickstart does not know $package" >&2; return 1; }
	done
}

# A realm as a Keycloak has it: what it says of itself, its keys, and one token, which its endpoint gives to whoever asks.
realm_begins() {
	local at=https://idp.example.com/realms/agents
	mkdir -p "$IDP/answers"
	idp_authority 2>/dev/null
	idp_host idp 127.0.0.3 2>/dev/null
	mv "$IDP/idp.pem" "$IDP/tls.pem"
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$IDP/realm.pem" 2>/dev/null
	jq -n --arg body "$("$HERE/jwks" "realm-1:$IDP/realm.pem")" '{body: $body}' >"$IDP/answers/certs.json"
	jq -n --arg at $at '{body: ({issuer: $at, jwks_uri: "https://idp.example.com/certs", token_endpoint: "https://idp.example.com/token"} | tojson)}' \
		>"$IDP/answers/realms_agents_.well-known_openid-configuration.json"
	"$HERE/forge" --key "$IDP/realm.pem" --alg RS256 --header 'kid="realm-1"' --claim "iss=\"$at\"" --claim 'azp="builder-8"' \
		--claim 'sub="service-account-builder-8"' --claim 'typ="Bearer"' --claim 'exp=@300' >"$IDP/token"
	jq -n --rawfile token "$IDP/token" '{headers: {"Content-Type": "application/json"},
		body: ({access_token: $token, token_type: "Bearer", expires_in: 300} | tojson)}' >"$IDP/answers/token.json"
	("$HERE/key_server" "$IDP" 443 >>"$IDP/output" 2>&1 </dev/null 3>&-) &
	echo $! >"$IDP/pid"
	wait_until curl -s -o /dev/null https://idp.example.com/certs
}

@test "README: an agent with a token of an identity provider" {
	load idp
	nothing_is_there
	agentauthctl init >/dev/null
	walk README.md 'How it goes' 1 2
	realm_begins
	install -m 0600 -o dev -g dev /dev/stdin /home/dev/idp-secret <<<'a-secret'
	walk README.md 'How it goes' 3
	kill "$(cat "$IDP/pid")"
	jq -e '.type == "Bearer"' <<<"$output"
}

@test "doc/siem.md: what the bulk interface of Elasticsearch takes" {
	walk doc/siem.md 'Ways out'
	jq -e -s 'length > 1 and .[0].create._index == "logs-agentauth"' <<<"$output" >/dev/null
}
