#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The agent's side and a real identity provider: agentauth gets the tokens, agentauth ssh shows them to the host.

# shellcheck disable=SC2154  # idp.bash sets address, signing_in and login_pid
load support
load agents
load idp

setup_file() {
	host_init
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl role set logs --delegable >/dev/null
	idp_start
	corp_issuer
}
teardown_file() {
	idp_stop
}
setup() {
	log_mark
	audit_mark
	idp_mark
}

secret() { # CLIENT TEXT: in a file of dev's
	printf '%s\n' "$2" >"$KEYS/$1.secret"
	chown dev: "$KEYS/$1.secret"
	chmod 600 "$KEYS/$1.secret"
}
# A client of the provider, an agent of its name that is bound to it, and dev's profile of that name.
new_client() { # NAME JSON SETTINGS-OF-THE-PROFILE
	idp_client "$1" "$2"
	secret "$1" "$1-secret"
	agentauthctl register "$1" --role deploy --role logs --bind "corp:$1" --user alice >/dev/null
	idp_profile "$1" "$3"
}
with_secret() { # NAME: a secret in a file
	echo "client_secret = { file = \"$KEYS/$1.secret\"; };"
}

logs_in() { # AGENT
	run dev env SECRET="$1-secret" agentauth ssh "$1@$HOST" id
	expect_status 0 && expect_output "^uid=.*\\($1\\).*agent-deploy" &&
		expect_audit ".event == \"auth\" and .agent == \"$1\" and .result == \"ok\" and .issuer == \"corp\""
}
asked_provider() { # HOW-OFTEN JQ-FILTER
	[ "$(idp_requests "$2")" -eq "$1" ] && return
	tail -n 20 "$IDP/log.jsonl" >&2
	return 1
}

@test "client credentials: each way of authenticating, each way of keeping a secret, each algorithm of tokens" {
	local name
	new_client by-basic '{"access_token_alg": "RS256"}' "$(with_secret by-basic)"
	new_client by-post '{"access_token_alg": "PS256", "token_endpoint_auth_method": "client_secret_post"}' \
		"client_auth = \"client_secret_post\"; client_secret = { env = \"SECRET\"; };"
	new_client by-command '{"access_token_alg": "ES256"}' \
		"client_secret = { command = [ \"cat\", \"$KEYS/by-command.secret\" ]; };"
	dev agentauth keygen --alg ES256 --out "$KEYS/by-key.pem" --json >"$KEYS/by-key.json"
	new_client by-key "$(jq '{access_token_alg: "EdDSA", token_endpoint_auth_method: "private_key_jwt", client_secret: null,
		token_endpoint_auth_signing_alg: "ES256", jwks: {keys: [.jwk]}}' "$KEYS/by-key.json")" \
		"key = \"$KEYS/by-key.pem\";"
	for name in by-basic:RS256 by-post:PS256 by-command:ES256 by-key:EdDSA; do
		logs_in "${name%:*}"
		expect_audit ".event == \"auth\" and .agent == \"${name%:*}\" and .alg == \"${name#*:}\""
		asked_provider 1 ".client == \"${name%:*}\" and .result == \"ok\""
	done
}

@test "tokens of 1.5, 4 and 12 KB are shown in parts by agentauth ssh" {
	local bytes
	for bytes in 700 2600 8600; do
		new_client "big-$bytes" '{"access_token_groups": '$bytes'}' \
			"$(with_secret "big-$bytes")"
		[ "$(dev agentauth token --profile "big-$bytes" | wc -c)" -gt $((bytes * 4 / 3 + 500)) ]
		logs_in "big-$bytes"
	done
}

@test "a hundred processes that ask at once make one request" {
	new_client crowd '{}' "$(with_secret crowd)"
	run dev bash -c 'cd && mkdir crowd && for i in $(seq 100); do agentauth token --profile crowd >crowd/$i & done; wait'
	expect_status 0
	asked_provider 1 '.client == "crowd"'
	run bash -c 'cat /home/dev/crowd/* | wc -c; md5sum /home/dev/crowd/* | cut -d" " -f1 | sort -u | wc -l; ls /home/dev/crowd | wc -l'
	[ "${lines[0]}" -gt 50000 ]
	[ "${lines[1]}" = 1 ]
	[ "${lines[2]}" = 100 ]
}

@test "a secret that the provider no longer takes: what it said is shown; a new file is all that it needs" {
	new_client rotated '{}' "$(with_secret rotated)"
	logs_in rotated
	idp_client rotated '{"client_secret": "another-secret"}'
	run dev agentauth token --profile rotated --fresh
	expect_status 1
	expect_output 'invalid_client'
	expect_no_output 'rotated-secret'
	run dev agentauth ssh "rotated@$HOST" id
	expect_status 255
	expect_output 'invalid_client'
	secret rotated another-secret
	logs_in rotated
}

@test "a scope that the client may not have: what the provider said is shown" {
	new_client narrow '{"scope": "host.deploy"}' "$(with_secret narrow)"
	run dev agentauth token --profile narrow
	expect_status 1
	expect_output 'invalid_scope.*requested scope is not allowed'
	run dev agentauth token --profile narrow --scope host.deploy
	expect_status 0
}

@test "a provider that is down, or whose certificate is somebody else's, is named" {
	new_client steady '{}' "$(with_secret steady)"
	logs_in steady
	printf 'strict = { issuer = "%s"; client_id = "steady"; ca_file = "/home/dev/other-ca.pem"; client_secret = { file = "%s"; }; };\n' \
		"$ISSUER" "$KEYS/steady.secret" >>/home/dev/profiles
	idp_write_profiles
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=Other' -keyout /dev/null \
		-out /home/dev/other-ca.pem 2>/dev/null
	run dev agentauth token --profile strict
	expect_status 1
	expect_output "$ISSUER"
	expect_output 'certificate'
	idp_stop
	run dev agentauth token --profile steady --fresh
	expect_status 1
	expect_output "$ISSUER"
	idp_start
	logs_in steady
}

# ---- grants that need a person -----------------------------------------------------------------------------------

with_browser() { # GRANT: a client's metadata
	jq -n --arg grant "$1" '{grant_types: [$grant, "refresh_token"], response_types: (if $grant == "authorization_code" then
		["code"] else [] end), redirect_uris: ["http://127.0.0.1/callback"], application_type: "native"}'
}
code_login() { # NAME PERSON
	signs_in "$2"
	begin_login "$1"
	browser go "$address" "${signing_in[@]}" press allow see 'You are logged in'
	end_login
}

@test "device code: a person on another machine enters the code; later logins need nobody" {
	new_client gadget "$(with_browser urn:ietf:params:oauth:grant-type:device_code)" \
		"grant = \"device_code\"; $(with_secret gadget)"
	run dev agentauth ssh "gadget@$HOST" id
	expect_status 255
	expect_output 'agentauth token --profile gadget --login'
	begin_login gadget
	signs_in alice
	browser go "$address" type user_code "$(sed -n 's/^ *\([A-Z]\{4\}-[A-Z]\{4\}\)$/\1/p' /home/dev/said)" \
		press op.deviceInputForm press op.deviceConfirmForm "${signing_in[@]}" press allow see 'Sign-in Success'
	end_login
	logs_in gadget
	logs_in gadget
	expect_audit '.event == "auth" and .agent == "gadget" and .on_behalf_of == "alice" and .kind == "delegated"'
	asked_provider 2 '.client == "gadget" and .grant_type == "refresh_token" and .result == "ok"'
}

@test "authorization code: a person logs in once; each later login takes a new refresh token, and a stolen old one ends it all" {
	local cached
	new_client clerk "$(with_browser authorization_code)" "grant = \"authorization_code\"; $(with_secret clerk)"
	touch /run/before
	code_login clerk alice
	cached=$(find /home/dev/.cache/agentauth -name 'token-*' ! -name '*.lock' -newer /run/before)
	[ "$(stat -c %a-%U "$cached")" = 600-dev ]
	cp "$cached" /run/stolen
	logs_in clerk
	logs_in clerk
	asked_provider 2 '.client == "clerk" and .grant_type == "refresh_token" and .result == "ok"'
	# The thief's copy is of before: the provider sees it used twice, and ends the grant for thief and agent alike.
	cp "$cached" /run/current
	cp /run/stolen "$cached"
	run dev agentauth token --profile clerk --fresh
	expect_status 1
	expect_output 'agentauth token --profile clerk --login'
	cp /run/current "$cached"
	run dev agentauth ssh "clerk@$HOST" id
	expect_status 255
	expect_output 'agentauth token --profile clerk --login'
	code_login clerk alice
	logs_in clerk
}

@test "a person who refuses: what the provider said is shown, and nothing is kept" {
	new_client unloved "$(with_browser authorization_code)" "grant = \"authorization_code\"; $(with_secret unloved)"
	signs_in alice
	begin_login unloved
	said 'Open this address in a browser to log in:'
	said 'The browser must run on this machine'
	browser go "$address" "${signing_in[@]}" press refuse see 'did not succeed'
	run end_login
	expect_status 1
	run cat /home/dev/said
	expect_output 'access_denied: the user refused'
	[ ! -s /home/dev/token ]
	run dev agentauth token --profile unloved
	expect_status 1
}

@test "agentauth opens the person's browser by itself, and prints the token once the person is done" {
	new_client reader "$(with_browser authorization_code)" "grant = \"authorization_code\"; $(with_secret reader)"
	signs_in alice
	printf '#!/bin/sh\nexec %s %s go "$1" %s press allow see "You are logged in" 2>/home/dev/browser.log\n' "$CLIENTS/browser" \
		"$(cat "$IDP/spki")" "${signing_in[*]}" >/home/dev/my-browser
	chmod 755 /home/dev/my-browser
	run --separate-stderr dev env BROWSER=/home/dev/my-browser agentauth token --profile reader --login 3>&-
	expect_status 0
	grep -q 'If it does not, open this address in one:' <<<"$stderr"
	printf %s "$output" >/home/dev/token
	run jwt_part /home/dev/token 2
	expect_output '"sub":"alice".*"client_id":"reader"'
	logs_in reader
}

# The provider's grant for it is a stand-in: tests/idp/server.mjs.
@test "token exchange: a person's token for a front end becomes the agent's token to act for that person" {
	new_client front "$(with_browser authorization_code)" "grant = \"authorization_code\"; $(with_secret front)"
	sed -i "/^front = /,/};\$/s|resource = \[ \"[^\"]*\" \]|resource = [ \"api://worker\" ]|" /home/dev/profiles
	new_client worker '{"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]}' \
		"grant = \"token_exchange\"; subject_token = { profile = \"front\"; }; $(with_secret worker)"
	code_login front alice
	logs_in worker
	expect_audit '.event == "auth" and .agent == "worker" and .on_behalf_of == "alice" and .actors == ["worker"] and
		.kind == "delegated"'
	run dev agentauth ssh "front@$HOST" id
	expect_status 255
	expect_audit '.event == "auth" and .agent == "front" and .reason == "wrong_audience"'
}
