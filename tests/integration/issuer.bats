#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Identity providers as an administrator has them: added, their keys fetched and rotated, and agents' own keys rotated.

load support
load agents
load key_server

CONF=/etc/agentauth/agentauth.conf

requests() { # PATTERN: how many since the test began
	tail -n "+$(($(cat "$BATS_TEST_TMPDIR/requests.mark") + 1))" "$SERVER/requests" | grep -c -e "$1" || :
}

setup_file() {
	host_init
	corp_init
}
teardown_file() {
	stop_server
}

# Each test begins with a fresh set of k1, and nothing asked for.
setup() {
	[ -e "$SERVER/pid" ] || start_server
	serve_metadata "$ADDRESS"
	serve_keys "k1:$SERVER/k1.pem"
	agentauthctl issuer refresh corp >/dev/null
	rm -rf /run/agentauth/refresh /run/agentauth/refreshed
	wc -l <"$SERVER/requests" >"$BATS_TEST_TMPDIR/requests.mark"
	log_mark
	audit_mark
}

logs_in() { # KEY
	run ssh_with "$(access_token "$1")" "tokener@$HOST" id -un
	expect_status 0 && expect_output '^tokener$' &&
		expect_audit ".event == \"auth\" and .agent == \"tokener\" and .result == \"ok\" and .issuer == \"corp\" and .kid == \"$1\""
}
refused() { # REASON KEY
	audit_mark
	run ssh_with "$(access_token "$2")" "tokener@$HOST" id -un
	expect_status 255 && expect_audit ".event == \"auth\" and .result == \"denied\" and .reason == \"$1\""
}

# ---- issuer add

@test "a block for each provider is written, checks, and leaves what a person wrote" {
	local before tenant=11111111-2222-3333-4444-555555555555
	before=$(grep -c '^# After a change' "$CONF")
	cp "$CONF" "$CONF.kept"
	sed -i '/^issuers = {/a \	# corp is the only one that operations knows of' "$CONF"
	agentauthctl issuer add kc --provider keycloak --issuer https://idp.example.com/realms/agents
	agentauthctl issuer add ms1 --provider entra --tenant $tenant --token-version 1 --audience api://hosts
	agentauthctl issuer add ms2 --provider entra --tenant $tenant --audience 66666666-2222-3333-4444-555555555555
	agentauthctl issuer add okta --provider okta --issuer https://dev-1.okta.com/oauth2/default --audience api://hosts
	agentauthctl issuer add auth0 --provider auth0 --issuer https://t.eu.auth0.com/ --audience https://hosts.example.com/
	agentauthctl issuer add google --provider google
	agentauthctl issuer add github --provider github
	agentauthctl issuer add kube --provider kubernetes --issuer https://kubernetes.default.svc.cluster.local \
		--jwks-uri https://10.0.0.1:6443/openid/v1/jwks --ca-file /etc/agentauth/ca.pem --bearer-file /etc/agentauth/token
	agentauthctl issuer add spiffe --provider spiffe --issuer https://oidc.example.org
	run agentauthctl check
	expect_status 0
	run agentauthctl apply
	expect_output '^Nothing has changed'
	grep -q '# corp is the only one that operations knows of' "$CONF"
	[ "$(grep -c '^# After a change' "$CONF")" -eq "$before" ]
	run agentauthctl issuer list --json
	[ "$(jq -r '[.issuers[].name] | join(" ")' <<<"$output")" = "corp kc ms1 ms2 okta auth0 google github kube spiffe" ]
	run agentauthctl issuer list
	expect_output '^kube +- +never +no keys +https://kubernetes.default.svc.cluster.local, keys in https://10.0.0.1:6443/openid/v1/jwks$'
	expect_audit '.event == "admin" and (.command | startswith("issuer add spiffe"))'
	mv "$CONF.kept" "$CONF" # nothing of this box can be reached under these names
	agentauthctl apply --yes >/dev/null
}

@test "issuer add refuses in plain words, and changes nothing then" {
	local sum
	sum=$(sha256sum "$CONF")
	run agentauthctl issuer add corp --issuer https://x.example.com
	expect_status 1
	expect_output 'there is an issuer corp already'
	run agentauthctl issuer add x --provider entra --audience a
	expect_status 2
	expect_output 'entra needs --tenant'
	run agentauthctl issuer add x --provider okta --issuer https://d.okta.com/oauth2/default
	expect_status 2
	expect_output '--audience is missing'
	run agentauthctl issuer add x --issuer http://plain.example.com
	expect_status 1
	expect_output 'discovery asks this address'
	run agentauthctl issuer add x --issuer "$ADDRESS"
	expect_status 1
	expect_output 'is the issuer corp already'
	run agentauthctl issuer add X --provider google
	expect_status 1
	run agentauthctl issuer add x --issuer https://x.example.com --scope 'a:nosuchrole'
	expect_status 1
	expect_output 'there is no role "nosuchrole"'
	[ "$(sha256sum "$CONF")" = "$sum" ]
}

@test "issuer add takes the algorithms that are named, and the presets of workloads and agents check" {
	local tenant=11111111-2222-3333-4444-555555555555
	cp "$CONF" "$CONF.kept"
	agentauthctl issuer add aws --provider aws --issuer https://a103a2cc.tokens.sts.global.api.aws
	agentauthctl issuer add agents --provider entra-agent --tenant $tenant --blueprint 30cf4c22-9985-4ef7-8756-91cc888176bd --audience api://hosts
	agentauthctl issuer add duende --provider identityserver --issuer https://identity.example.com
	agentauthctl issuer add narrow --provider keycloak --issuer https://idp.example.com/realms/agents --algorithm ES384 --algorithm EdDSA
	run agentauthctl check
	expect_status 0
	grep -q 'algorithms = \[ "ES384", "EdDSA" \];' "$CONF"
	grep -q 'claim = "xms_par_app_azp"; value = "30cf4c22-9985-4ef7-8756-91cc888176bd";' "$CONF"
	grep -q 'without_sub = "own";' "$CONF"
	run agentauthctl issuer add x --issuer https://x.example.com --algorithm HS256
	expect_status 1
	expect_output 'HS256'
	mv "$CONF.kept" "$CONF"
	agentauthctl apply --yes >/dev/null
}

@test "issuer add --dry-run shows the block and writes nothing" {
	local sum
	sum=$(sha256sum "$CONF")
	run agentauthctl issuer add gitlab --issuer https://gitlab.example.com --dry-run
	expect_status 0
	expect_output 'issuer = "https://gitlab.example.com";'
	expect_output 'This would be published'
	run agentauthctl issuer add gitlab --issuer https://gitlab.example.com --dry-run --json
	expect_status 0
	[ "$(jq -r '.outcome' <<<"$output")" = would_publish ]
	[[ "$(jq -r '.block' <<<"$output")" == *'client_claim = "client_id";'* ]]
	[ "$(sha256sum "$CONF")" = "$sum" ]
}

# ---- issuer set, remove

@test "issuer set changes what it names, and a login follows" {
	local before
	before=$(grep -c '^# After a change' "$CONF")
	logs_in k1
	run agentauthctl issuer set corp --no-algorithm ES256
	expect_status 0
	expect_output '^The issuer corp is changed\.'
	expect_audit '.event == "admin" and .by == "root" and .command == "issuer set corp --no-algorithm ES256"'
	refused alg_not_allowed k1
	run agentauthctl issuer refresh corp
	expect_status 1
	expect_output 'has no key that the issuer.s algorithms admit, and was not taken'
	expect_output 'left out: "k1": it is for ES256, and the issuer.s algorithms are .*; agentauthctl issuer set corp --algorithm ES256 admits it'
	run agentauthctl issuer list
	expect_output '^corp +0 '
	expect_output '^  left out: "k1": it is for ES256'
	run agentauthctl issuer list --json
	[ "$(jq -c '.issuers[] | select(.name == "corp") | [.keys, .skipped[0].kid]' <<<"$output")" = '[0,"k1"]' ]
	agentauthctl issuer set corp --algorithm ES256 >/dev/null
	logs_in k1
	[ "$(grep -c '^# After a change' "$CONF")" -eq "$before" ]
}

@test "issuer set: scopes and rules come and go, the last scope does not" {
	agentauthctl issuer set corp --scope host.logs:logs --require env=prod >/dev/null
	refused claim_required k1
	expect_audit '.reason == "claim_required" and .claim == "env"'
	run ssh_with "$(access_token k1 --claim 'env="prod"' --claim 'scope="host.logs"')" "tokener@$HOST" id -un
	expect_status 0
	run agentauthctl issuer set corp --no-scope host.logs:logs --no-require env=prod
	expect_status 0
	run ssh_with "$(access_token k1 --claim 'scope="host.logs"')" "tokener@$HOST" id -un
	expect_status 255
	logs_in k1
	run agentauthctl issuer set corp --no-scope host.deploy:deploy
	expect_status 1
	expect_output 'it is the last one, and without any an agent.s own token grants all of its roles'
	run agentauthctl issuer set corp --no-scope host.other:deploy
	expect_status 1
	expect_output 'there is no such rule'
	run agentauthctl issuer set corp --require env
	expect_status 2
	expect_output 'write CLAIM=VALUE'
	run agentauthctl issuer set corp --discovery --jwks-uri https://x.example.com/jwks
	expect_status 2
	expect_output 'its keys come from one place'
	run agentauthctl issuer set corp
	expect_status 2
	run agentauthctl issuer set nobody --algorithm ES256
	expect_status 1
	expect_output 'there is no issuer "nobody"'
	run agentauthctl issuer set corp --jwks-uri "$ADDRESS/jwks" --dry-run
	expect_status 0
	expect_output 'This would be published'
	logs_in k1
}

@test "an issuer of another URL has not the keys of the one before" {
	cp "$CONF" "$CONF.kept"
	run agentauthctl issuer set corp --issuer https://other.example.com --jwks-uri "$ADDRESS/jwks"
	expect_status 0
	expect_output 'Its keys are fetched by: agentauthctl issuer refresh corp$'
	audit_mark
	run ssh_with "$(access_token k1 --claim 'iss="https://other.example.com"')" "tokener@$HOST" id -un
	expect_status 255
	expect_audit '.event == "auth" and .reason == "keys_stale"'
	agentauthctl issuer refresh corp >/dev/null
	run ssh_with "$(access_token k1 --claim 'iss="https://other.example.com"')" "tokener@$HOST" id -un
	expect_status 0
	mv "$CONF.kept" "$CONF"
	agentauthctl apply >/dev/null
	refused keys_stale k1
	agentauthctl issuer refresh corp >/dev/null
	logs_in k1
}

@test "a token without sub is the agent's own where its issuer is said to have such, and a person's never is" {
	no_sub() {
		access_token k1 --claim sub=
	}
	cp "$CONF" "$CONF.kept"
	agentauthctl issuer set corp --delegation >/dev/null
	run ssh_with "$(no_sub)" "tokener@$HOST" id -un
	expect_status 255
	expect_audit '.event == "auth" and .reason == "claim_required" and .claim == "sub"'
	run agentauthctl issuer set corp --without-sub own --no-delegation --dry-run
	expect_status 0
	[ "$(grep -c 'warning: issuers.corp.without_sub: changes nothing where delegation is never' <<<"$output")" -eq 1 ]
	agentauthctl issuer set corp --without-sub own >/dev/null
	run ssh_with "$(no_sub)" "tokener@$HOST" id -un
	expect_status 0
	run ssh_with "$(access_token k1 --claim 'sub="somebody"')" "tokener@$HOST" id -un
	expect_status 255
	expect_audit '.event == "auth" and .reason == "delegation_denied" and .claim == "sub"'
	mv "$CONF.kept" "$CONF"
	agentauthctl apply >/dev/null
}

@test "an issuer is removed when no agent is bound to it, with its keys; its tokens are refused then" {
	serve_text going "$("$HERE/jwks" "k2:$SERVER/k2.pem")"
	agentauthctl issuer add going --issuer https://going.example.com --jwks-uri "$ADDRESS/going" --ca-file /etc/agentauth/ca.pem >/dev/null
	agentauthctl register goer --role deploy --bind going:tokener >/dev/null
	agentauthctl issuer refresh going >/dev/null
	run ssh_with "$(access_token k2 --claim 'iss="https://going.example.com"')" "goer@$HOST" id -un
	expect_status 0
	run agentauthctl issuer remove going
	expect_status 1
	expect_output '1 binding of agents names the issuer going'
	expect_output '^  agentauthctl set goer --no-bind going:tokener$'
	run agentauthctl issuer remove going --json
	[ "$(jq -c .bound <<<"$output")" = '[{"agent":"goer","client":"tokener"}]' ]
	[ -e "$STATE/keys/going" ]
	agentauthctl set goer --no-bind going:tokener >/dev/null
	run agentauthctl issuer remove going --dry-run
	expect_status 0
	expect_output 'This would be published'
	[ -e "$STATE/keys/going" ]
	run agentauthctl issuer remove going
	expect_status 0
	expect_output '^The issuer going is gone, and its keys'
	expect_audit '.event == "admin" and .result == "ok" and .command == "issuer remove going"'
	[ ! -e "$STATE/keys/going" ] && [ ! -e "$STATE/keys/going.etag" ]
	audit_mark
	run ssh_with "$(access_token k2 --claim 'iss="https://going.example.com"')" "goer@$HOST" id -un
	expect_status 255
	expect_audit '.event == "auth" and .reason == "unknown_issuer" and .claim == "iss"'
	run agentauthctl issuer remove going
	expect_status 1
	expect_output 'there is no issuer "going"'
	logs_in k1
}

@test "a refusal names the claim that it is about, and sudo's names none" {
	run ssh_with "$(access_token k1 --claim 'aud="ssh://web02.example.com"')" "tokener@$HOST" true
	expect_audit '.event == "auth" and .reason == "wrong_audience" and .claim == "aud"'
	run ssh_with "$(access_token k1 --claim 'scope="nothing"')" "tokener@$HOST" true
	expect_audit '.event == "auth" and .reason == "role_denied" and .claim == "scope"'
	run ssh_with "$(access_token k1 --claim 'jti="gone"')" "tokener@$HOST" true
	expect_status 0
	agentauthctl revoke --jti gone-2 >/dev/null
	run ssh_with "$(access_token k1 --claim 'jti="gone-2"')" "tokener@$HOST" true
	expect_audit '.event == "auth" and .reason == "revoked" and .claim == "jti"'
	agentauthctl revoke --undo --jti gone-2 >/dev/null
	run ssh_with "$(access_token k1)" "tokener@$HOST" sudo -n /usr/bin/id
	expect_no_audit '.event == "sudo" and has("claim")'
}

# ---- issuer refresh

@test "keys are found by discovery, and their tokens log in through the stock ssh" {
	rm -f "$KEYSET" "$KEYSET.etag"
	refused keys_stale k1
	run agentauthctl issuer refresh corp
	expect_status 0
	expect_output '^corp: 1 key from https://keys.example.com:8443/jwks; new: "k1"\.$'
	[ "$(stat -c '%a %U' "$KEYSET")" = '600 root' ]
	expect_audit '.event == "admin" and .issuer == "corp" and .result == "ok" and .keys == 1 and .keys_new == ["k1"] and .by == "root" and .host == "web01.example.com"'
	logs_in k1
	run agentauthctl issuer list
	expect_output '^corp +1 +20[0-9TZ:-]+ +20[0-9TZ:-]+ +https://keys.example.com:8443$'
	run agentauthctl issuer refresh corp --json
	expect_status 0
	[ "$(jq -c '.issuers[0] | [.name, .outcome, .keys, .new, .gone]' <<<"$output")" = '["corp","unchanged",1,[],[]]' ]
}

@test "RFC 8414 metadata do as well" {
	rm "$SERVER/answers/.well-known_openid-configuration.json" "$KEYSET"
	serve_text .well-known_oauth-authorization-server "$(jq -n --arg i "$ADDRESS" '{issuer: $i, jwks_uri: ($i + "/jwks")}')"
	run agentauthctl issuer refresh corp
	rm "$SERVER/answers/.well-known_oauth-authorization-server.json"
	expect_status 0
	expect_output 'corp: 1 key'
	[ "$(requests '^404 /.well-known/openid-configuration$')" -eq 1 ]
}

@test "a set that has not changed is not sent again, and is as new as if it had" {
	touch -d '20 hours ago' "$KEYSET"
	run agentauthctl issuer refresh corp
	expect_status 0
	expect_output '^corp: 1 key from .*, as before\.$'
	[ "$(requests '^304 /jwks$')" -eq 1 ]
	[ "$(($(date +%s) - $(stat -c %Y "$KEYSET")))" -lt 60 ]
	logs_in k1
	# What another address calls unchanged is not about what is here.
	cp "$SERVER/answers/jwks.json" "$SERVER/answers/moved.json"
	serve_metadata "$ADDRESS" "$ADDRESS/moved"
	agentauthctl issuer refresh corp
	[ "$(requests '^200 /moved$')" -eq 1 ]
	agentauthctl issuer refresh corp
	[ "$(requests '^304 /moved$')" -eq 1 ]
}

@test "what cannot be fetched or used changes nothing, and is told in words" {
	local sum mtime
	touch -d '2 hours ago' "$KEYSET"
	sum=$(sha256sum <"$KEYSET") mtime=$(stat -c %Y "$KEYSET")
	fails() { # WORDS
		run agentauthctl issuer refresh corp
		expect_status 1 && expect_output "agentauthctl: .*corp: .*$1.*; the keys that are here serve on, until 20" &&
			[ "$(sha256sum <"$KEYSET")" = "$sum" ] && [ "$(stat -c %Y "$KEYSET")" = "$mtime" ]
	}
	serve_text jwks '<html><body>Sign in</body></html>'
	fails 'a page of HTML and no key set'
	serve_text jwks '{"keys": ['
	fails 'is no JSON object that a key set could be'
	serve_text jwks '{"keys": {}}'
	fails 'has no array "keys"'
	serve_text jwks '{"keys": []}'
	fails 'has no key that can be used'
	serve_text jwks '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}]}'
	fails 'has no key that can be used'
	serve jwks '{"size": 2000000}'
	fails 'answers with more than 1048576 bytes'
	serve jwks '{"status": 503}'
	fails 'answers with status 503'
	serve jwks '{"status": 404}'
	fails 'status 404: there is nothing at this address'
	serve jwks '{"status": 401}'
	fails 'name a file with one as bearer_file'
	serve jwks '{"status": 302, "headers": {"Location": "http://keys.example.com:8443/other"}}'
	fails 'redirects to where it must not'
	serve_keys "k1:$SERVER/k1.pem"
	serve_metadata "$ADDRESS/"
	fails 'must be the same to the letter'
	serve_metadata https://evil.example.com
	fails 'is of the issuer "https://evil.example.com"'
	serve_metadata "$ADDRESS" http://keys.example.com:8443/jwks
	fails 'not an https:// URL'
	serve_text .well-known_openid-configuration 'welcome'
	fails 'something else than its metadata'
	stop_server
	fails 'cannot be reached'
	expect_audit '.event == "admin" and .issuer == "corp" and .result == "error" and .reason == "fetch_failed" and (.detail | contains("cannot be reached"))'
	logs_in k1
}

@test "a server with a certificate of somebody else is not believed" {
	cp "$CONF" "$CONF.kept"
	sed -i '/ca_file = /d' "$CONF"
	agentauthctl apply >/dev/null
	run agentauthctl issuer refresh corp
	mv "$CONF.kept" "$CONF"
	agentauthctl apply >/dev/null
	expect_status 1
	expect_output 'cannot be trusted: .*name that with ca_file'
	agentauthctl issuer refresh corp
}

@test "keys that cannot be used are named and left out, and the others are taken" {
	openssl genrsa -out "$SERVER/weak.pem" 1024 2>/dev/null
	serve_keys "k1:$SERVER/k1.pem" "weak:$SERVER/weak.pem" "twin:$SERVER/k2.pem" "twin:$SERVER/k3.pem" \
		'{"kty":"EC","crv":"P-256","kid":"enc","use":"enc","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}' \
		'{"kty":"XYZ","kid":"future"}'
	run agentauthctl issuer refresh corp
	expect_status 0
	expect_output '^corp: 1 key from '
	expect_output 'left out: "weak": the key is too weak'
	expect_output 'left out: "enc": the key is not for verifying'
	expect_output 'left out: "future": the key is not for verifying'
	[ "$(grep -c 'left out: "twin": another key of the set has the same kid' <<<"$output")" -eq 2 ]
	run jq -c '[.keys[].kid]' "$KEYSET"
	expect_output '^\["k1"\]$'
	run grep -c x5c "$KEYSET"
	expect_output '^0$'
	logs_in k1
	refused unknown_key k2
}

@test "keys that are only shown to a bearer are fetched with its token" {
	serve hidden "$(jq -n --arg body "$("$HERE/jwks" "k2:$SERVER/k2.pem")" '{body: $body, bearer: "s3cret-token"}')"
	agentauthctl issuer add hidden --issuer https://hidden.example.com --jwks-uri "$ADDRESS/hidden" --ca-file /etc/agentauth/ca.pem >/dev/null
	run agentauthctl issuer refresh hidden
	expect_status 1
	expect_output 'status 401: it shows this to a token.s bearer only'
	expect_output 'there are no keys of it here, and its tokens are refused'
	sed -i '/jwks_uri = ".*hidden";/a bearer_file = "/etc/agentauth/bearer";' "$CONF"
	agentauthctl apply >/dev/null
	run agentauthctl issuer refresh hidden
	expect_status 1
	expect_output 'bearer_file /etc/agentauth/bearer cannot be used: it is not there'
	(umask 077 && echo s3cret-token >/etc/agentauth/bearer)
	run agentauthctl issuer refresh hidden
	expect_status 0
	expect_output '^hidden: 1 key'
	chmod 666 /etc/agentauth/bearer
	run agentauthctl issuer refresh hidden
	expect_status 1
	expect_output 'others may write it'
	run grep -r s3cret "$STATE" /var/log/agentauth
	expect_status 1
}

@test "a jwks_file is read at the login itself, and checked by refresh" {
	"$HERE/jwks" "k3:$SERVER/k3.pem" >/etc/agentauth/filed.json
	agentauthctl issuer add filed --issuer https://filed.example.com --jwks-file /etc/agentauth/filed.json >/dev/null
	agentauthctl register filer --role deploy --bind filed:tokener >/dev/null
	run agentauthctl issuer refresh filed
	expect_status 0
	expect_output '^filed: 1 key from /etc/agentauth/filed.json, which logins read themselves\.$'
	run ssh_with "$(access_token k3 --claim 'iss="https://filed.example.com"')" "filer@$HOST" id -un
	expect_status 0
	"$HERE/jwks" "k2:$SERVER/k2.pem" >/etc/agentauth/filed.json
	run ssh_with "$(access_token k3 --claim 'iss="https://filed.example.com"')" "filer@$HOST" id -un
	expect_status 255
	echo '{}' >/etc/agentauth/filed.json
	run agentauthctl issuer refresh filed
	expect_status 1
	expect_output 'filed: its jwks_file /etc/agentauth/filed.json has no array "keys"'
	[ ! -e "$STATE/keys/filed" ]
}

@test "refresh is of every issuer, or of those that are named, and never of both" {
	# Tests before this one broke one of them: of every issuer there is a line, and the status is of the worst.
	run agentauthctl issuer refresh
	expect_status 1
	expect_output '^corp: 1 key .* as before'
	expect_output '^agentauthctl: filed: '
	run agentauthctl issuer refresh corp --all
	expect_status 2
	expect_output 'say whose keys one way'
	run agentauthctl issuer refresh nobody
	expect_status 1
	expect_output 'there is no issuer "nobody"'
	run agentauthctl issuer refresh corp --dry-run
	expect_status 0
	expect_output 'Nothing was written'
}

# ---- a login that lacks a key

@test "a new key of the issuer: refused, marked, fetched by --due, and good" {
	logs_in k1
	serve_keys "k2:$SERVER/k2.pem"
	[ ! -e /run/agentauth/refresh/corp ]
	refused unknown_key k2
	[ -f /run/agentauth/refresh/corp ]
	[ "$(stat -c '%a %U' /run/agentauth/refresh)" = '700 root' ]
	[ "$(requests .)" -eq 0 ]
	run agentauthctl issuer refresh --due
	expect_status 0
	expect_output '^corp: 1 key from .*; new: "k2"; gone: "k1"\.$'
	[ ! -e /run/agentauth/refresh/corp ]
	logs_in k2
	refused unknown_key k1
}

@test "keys that nobody fetched for too long are not used, until they are fetched" {
	touch -d '25 hours ago' "$KEYSET"
	run agentauthctl issuer list
	expect_output '^corp .*! https://keys.example.com:8443'
	run agentauthctl issuer list --json
	[ "$(jq '.issuers[] | select(.name == "corp") | .fresh' <<<"$output")" = false ]
	refused keys_stale k1
	[ -f /run/agentauth/refresh/corp ]
	stop_server
	run agentauthctl issuer refresh --due
	expect_status 1
	expect_output 'the keys that are here are too old, and its tokens are refused'
	refused keys_stale k1
	start_server
	touch -d '61 seconds ago' /run/agentauth/refreshed
	run agentauthctl issuer refresh --due
	expect_status 0
	logs_in k1
}

@test "many tokens with unknown keys make one mark, and ask the issuer once a minute at most" {
	local i began
	for i in 1 2 3 4 5; do
		run ssh_with "$(access_token k3 --header "kid=\"random-$i\"")" "tokener@$HOST" true
		expect_status 255
	done
	[ "$(find /run/agentauth/refresh -type f | wc -l)" -eq 1 ]
	[ "$(find /run/agentauth/refresh -type f -size +0 | wc -l)" -eq 0 ]
	agentauthctl issuer refresh --due >/dev/null
	[ "$(requests ' /jwks$')" -eq 1 ]
	run ssh_with "$(access_token k3 --header 'kid="random-6"')" "tokener@$HOST" true
	expect_status 255
	[ -e /run/agentauth/refresh/corp ]
	# Within the minute it waits, with the mark in place.
	run timeout 1 agentauthctl issuer refresh --due
	expect_status 124
	[ -e /run/agentauth/refresh/corp ]
	[ "$(requests ' /jwks$')" -eq 1 ]
	touch -d '50 seconds ago' /run/agentauth/refreshed
	began=$(date +%s%N)
	agentauthctl issuer refresh --due >/dev/null
	[ "$((($(date +%s%N) - began) / 1000000))" -ge 1000 ]
	[ "$(requests ' /jwks$')" -eq 2 ]
	[ ! -e /run/agentauth/refresh/corp ]
}

@test "a mark that nothing can be done about takes its turn as well, and goes" {
	run ssh_with "$(access_token k3 --header 'kid="random"' --claim 'iss="https://filed.example.com"')" "filer@$HOST" true
	expect_status 255
	[ -e /run/agentauth/refresh/filed ]
	run agentauthctl issuer refresh --due
	expect_status 0
	expect_output '^$'
	[ -e /run/agentauth/refreshed ] && [ ! -e /run/agentauth/refresh/filed ]
	touch /run/agentauth/refresh/filed
	run timeout 1 agentauthctl issuer refresh --due
	expect_status 124
	rm /run/agentauth/refresh/filed
	[ "$(requests .)" -eq 0 ]
}

@test "--due asks for what has aged, and for nothing else" {
	agentauthctl issuer refresh --due
	[ "$(requests .)" -eq 0 ]
	rm -f /run/agentauth/refreshed
	touch -d '61 minutes ago' "$KEYSET"
	run agentauthctl issuer refresh --due
	expect_output '^corp: 1 key .* as before'
	[ "$(requests ' /jwks$')" -eq 1 ]
}

@test "the line for cron fetches keys" {
	# At cron's beginning, in the place of every minute.
	sed 's/^\* \* \* \* \*/@reboot/' /usr/share/agentauth/cron.d/agentauth-refresh >/etc/cron.d/agentauth-refresh
	grep -q '^@reboot root /usr/sbin/agentauthctl issuer refresh --due' /etc/cron.d/agentauth-refresh
	rm "$KEYSET"
	cron_until_file "$KEYSET"
	rm /etc/cron.d/agentauth-refresh
	logs_in k1
}

@test "the units of systemd are well-formed, and watch where logins leave marks" {
	run systemd-analyze verify --man=no /usr/lib/systemd/system/agentauth-refresh.{path,timer,service}
	expect_status 0
	expect_no_output 'nknown|gnoring|rror|not executable'
	grep -qx 'DirectoryNotEmpty=/run/agentauth/refresh' /usr/lib/systemd/system/agentauth-refresh.path
	grep -qx 'ExecStart=/usr/sbin/agentauthctl issuer refresh --due' /usr/lib/systemd/system/agentauth-refresh.service
	run find /etc/systemd /usr/lib/systemd -path '*.wants/agentauth*' # nothing is enabled by being installed
	expect_output '^$'
}

# ---- rotate

new_key() { # NAME
	dev agentauth keygen --alg ES256 --out "$KEYS/$1.pem" >"$KEYS/$1.pub" 2>/dev/null
}
signs_in() { # AGENT KEY
	local token
	token=$(mktemp "$KEYS/token.XXXXXX")
	"$HERE/forge" --agent "$1" --key "$KEYS/$2.pem" >"$token"
	chown dev: "$token"
	run ssh_with "$token" "$1@$HOST" id -un
}

@test "rotate: both keys are good within the grace period, and the new one alone after it" {
	new_agent turner ES256
	new_key turner-2
	run agentauthctl rotate turner --key "$KEYS/turner-2.pub" --grace 1h
	expect_status 0
	expect_output '^turner has its new key\.$'
	expect_output '^The key ".*" is good until 20[0-9TZ:-]+, and refused from then on\.$'
	signs_in turner turner
	expect_status 0
	signs_in turner turner-2
	expect_status 0
	# The agent's own command says which key it signs with.
	local key
	for key in turner turner-2; do
		dev agentauth assert --agent turner --audience "ssh://$HOST" --key "$KEYS/$key.pem" >"$KEYS/own.jwt"
		chown dev: "$KEYS/own.jwt"
		run ssh_with "$KEYS/own.jwt" "turner@$HOST" id -un
		expect_status 0
	done
	# The hour is over.
	sed -i "s/not_after = \"[^\"]*\"/not_after = \"$(date -u -d '-1 second' +%FT%TZ)\"/" /etc/agentauth/agents.d/turner.conf
	agentauthctl apply >/dev/null
	audit_mark
	signs_in turner turner
	expect_status 255
	expect_audit '.agent == "turner" and .result == "denied" and .reason == "key_expired"'
	signs_in turner turner-2
	expect_status 0
}

@test "rotate --grace 0 ends the old keys at once, SSH keys of the entry as well" {
	new_agent ender ES256
	new_key ender-2
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/ender-ssh"
	agentauthctl set ender --key "$KEYS/ender-ssh.pub" >/dev/null
	run dev ssh -o BatchMode=yes -i "$KEYS/ender-ssh" "ender@$HOST" id -un
	expect_status 0
	run agentauthctl rotate ender --key "$KEYS/ender-2.pub" --grace 0 --json
	expect_status 0
	[ "$(jq '.ending | length' <<<"$output")" -eq 2 ]
	signs_in ender ender
	expect_status 255
	signs_in ender ender-2
	expect_status 0
	run dev ssh -o BatchMode=yes -i "$KEYS/ender-ssh" "ender@$HOST" id -un
	expect_status 255
}

@test "rotate keeps an earlier end, and says what it would do" {
	new_agent keeper ES256 --role deploy --key-expires 30m
	new_key keeper-2
	local text before
	text=/etc/agentauth/agents.d/keeper.conf
	before=$(sha256sum "$text")
	run agentauthctl rotate keeper --key "$KEYS/keeper-2.pub" --dry-run
	expect_status 0
	expect_output 'This would be published'
	[ "$(sha256sum "$text")" = "$before" ]
	before=$(grep -o 'not_after = "[^"]*"' "$text")
	run agentauthctl rotate keeper --key "$KEYS/keeper-2.pub" --grace 7d --key-expires 90d
	expect_status 0
	[ "$(grep -o 'not_after = "[^"]*"' "$text" | head -n 1)" = "$before" ]
	[ "$(grep -c 'not_after' "$text")" -eq 2 ]
}

@test "rotate refuses what is no new key, and changes nothing then" {
	new_agent same ES256
	local sum
	sum=$(sha256sum /etc/agentauth/agents.d/same.conf)
	run agentauthctl rotate same
	expect_status 2
	expect_output '--key FILE is missing'
	run agentauthctl rotate same --key "$KEYS/same.pub"
	expect_status 1
	expect_output 'this key is same.s already, with the kid'
	expect_output 'nothing was changed: the keys are as they were'
	run agentauthctl rotate same --key "$KEYS/same.pub" --kid another-name --grace 0
	expect_status 1
	expect_output 'this key is same.s already, with the kid'
	run agentauthctl rotate same --key "$KEYS/same.pem"
	expect_status 1
	expect_output 'same.pem" holds a private key \(PKCS#8 in PEM\), which belongs to the agent'
	run agentauthctl rotate same --key "$KEYS/same.pub" --grace soon
	expect_status 2
	expect_output 'not a time like 24h'
	run agentauthctl rotate nobody --key "$KEYS/same.pub"
	expect_status 1
	expect_output 'there is no agent "nobody"'
	[ "$(sha256sum /etc/agentauth/agents.d/same.conf)" = "$sum" ]
	signs_in same same
	expect_status 0
}

@test "a certificate's key is registered; a private half is refused by its form, and what is advised does it" {
	local dir=$BATS_TEST_TMPDIR way form
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$dir/pem" -out "$dir/crt" 2>/dev/null
	openssl pkcs12 -export -inkey "$dir/pem" -in "$dir/crt" -passout pass: -out "$dir/p12"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh"
	openssl pkey -in "$dir/pem" -outform DER -out "$dir/der"
	agentauthctl register certified --key "$dir/crt"
	for form in pem p12 ssh der; do
		run agentauthctl register "from-$form" --key "$dir/$form"
		expect_status 1
		expect_output "/$form\" holds a private key \\("
		expect_output 'Register its public half, which this prints: '
		[ $form != ssh ] || expect_output 'ssh-keygen -y -f KEY'
		way=${output##*which this prints: }
		way=${way%%$'\n'*}
		way=${way//KEY/"$dir/$form"}
		bash -o pipefail -c "$way" <<<'' >"$dir/$form.public"
		agentauthctl register "from-$form" --key "$dir/$form.public"
	done
	run agentauthctl show from-p12
	expect_output "$(agentauthctl show certified | grep -oE '[A-Za-z0-9_-]{43}' | head -1)"
}

# signs_in_by AGENT KEYFILE [OPTION]...: with what agentauth signs by it
signs_in_by() {
	local agent=$1 key=$2
	shift 2
	chown dev: "$key"
	chmod 600 "$key"
	if ! dev agentauth assert --agent "$agent" --audience "ssh://$HOST" --key "$key" "$@" >"$KEYS/own.jwt" 2>"$KEYS/why"; then
		run cat "$KEYS/why"
		return
	fi
	chown dev: "$KEYS/own.jwt"
	run ssh_with "$KEYS/own.jwt" "$agent@$HOST" id -un
}

@test "an agent signs in by its key in OpenSSH's format, PKCS#12 and JWK" {
	local type
	for type in ed25519 ecdsa rsa; do
		ssh-keygen -q -t $type -N '' -f "$KEYS/ssh-$type"
		agentauthctl register "by-$type" --role deploy --key "$KEYS/ssh-$type.pub"
		signs_in_by "by-$type" "$KEYS/ssh-$type"
		expect_output "^by-$type\$"
	done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$KEYS/p12.pem" -out "$KEYS/p12.crt" 2>/dev/null
	openssl pkcs12 -export -inkey "$KEYS/p12.pem" -in "$KEYS/p12.crt" -passout pass: -out "$KEYS/p12"
	agentauthctl register by-p12 --role deploy --key "$KEYS/p12.crt"
	signs_in_by by-p12 "$KEYS/p12"
	expect_output '^by-p12$'
	# RFC 8037, appendix A.1, with a kid of its own
	local public='"kid":"mine","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"'
	echo "{$public}" >"$KEYS/public.jwk"
	echo "{$public,\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}" >"$KEYS/private.jwk"
	agentauthctl register by-jwk --role deploy --key "$KEYS/public.jwk"
	signs_in_by by-jwk "$KEYS/private.jwk"
	expect_output '^by-jwk$'
}

@test "a key in OpenSSH's format with a passphrase: what is advised makes a key that signs in" {
	ssh-keygen -q -t ed25519 -N secret -f "$KEYS/closed-ed"
	ssh-keygen -q -t ecdsa -N secret -f "$KEYS/closed-ec"
	agentauthctl register closed-ed --role deploy --key "$KEYS/closed-ed.pub"
	agentauthctl register closed-ec --role deploy --key "$KEYS/closed-ec.pub"
	signs_in_by closed-ec "$KEYS/closed-ec"
	expect_output "keeps the passphrase: ssh-keygen -p -m PKCS8 -f '$KEYS/closed-ec'"
	ssh-keygen -p -P secret -N secret -m PKCS8 -f "$KEYS/closed-ec" >/dev/null
	install -m 0600 -o dev <(echo secret) "$KEYS/passphrase"
	signs_in_by closed-ec "$KEYS/closed-ec" --passphrase-file "$KEYS/passphrase"
	expect_output '^closed-ec$'
	signs_in_by closed-ed "$KEYS/closed-ed"
	expect_output "takes it off, .*: ssh-keygen -p -N '' -f '$KEYS/closed-ed'"
	ssh-keygen -p -P secret -N '' -f "$KEYS/closed-ed" >/dev/null
	signs_in_by closed-ed "$KEYS/closed-ed"
	expect_output '^closed-ed$'
}

@test "rotations without number: the key before each ends, the 64th and 65th time as well" {
	local i
	new_agent spinner ES256
	for i in $(seq 1 66); do
		agentauthctl rotate spinner --key <(openssl genpkey -algorithm ed25519 | openssl pkey -pubout) --grace 365d >/dev/null
	done
	[ "$(grep -c 'kid = ' /etc/agentauth/agents.d/spinner.conf)" -eq 64 ]
	signs_in spinner spinner # the first key made room for another
	expect_status 255
	new_key spinner-2
	new_key spinner-3
	run agentauthctl rotate spinner --key "$KEYS/spinner-2.pub" --grace 365d
	expect_status 0
	expect_output 'is refused from now on: an agent has 64 keys at most, and this one would have ended first'
	signs_in spinner spinner-2
	expect_status 0
	run agentauthctl rotate spinner --key "$KEYS/spinner-3.pub" --grace 0
	expect_status 0
	signs_in spinner spinner-2
	expect_status 255
	signs_in spinner spinner-3
	expect_status 0
	sleep 1 # a key that ends in this very second still stands in the text
	run agentauthctl rotate spinner --key "$KEYS/spinner-2.pub" --key-expires 1h --kid again
	expect_status 0
	[ "$(grep -c 'kid = ' /etc/agentauth/agents.d/spinner.conf)" -eq 2 ] # what had ended is gone
}

@test "a rotation that fails says what ends the key all the same, and that does" {
	new_agent stuck ES256
	new_key stuck-2
	echo 'uid = ;' >/etc/agentauth/agents.d/half-done.conf
	run agentauthctl rotate stuck --key "$KEYS/stuck-2.pub" --grace 0
	expect_status 1
	expect_output 'nothing was changed: the keys are as they were; agentauthctl revoke --kid KID ends one all the same'
	signs_in stuck stuck
	expect_status 0
	agentauthctl revoke --kid "$(sed -n 's/.*kid = "\(.*\)";.*/\1/p' /etc/agentauth/agents.d/stuck.conf)"
	signs_in stuck stuck
	expect_status 255
	rm /etc/agentauth/agents.d/half-done.conf
}
