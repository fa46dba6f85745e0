#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Identity providers as an administrator has them: added, changed and removed.

load support
load agents
load key_server

CONF=/etc/agentauth/agentauth.conf

setup_file() {
	host_init
	corp_init
}
setup() {
	issuer_story
}
teardown_file() {
	stop_server
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
	token_logs_in k1
	run agentauthctl issuer set corp --no-algorithm ES256
	expect_status 0
	expect_output '^The issuer corp is changed\.'
	expect_audit '.event == "admin" and .by == "root" and .command == "issuer set corp --no-algorithm ES256"'
	token_refused alg_not_allowed k1
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
	token_logs_in k1
	[ "$(grep -c '^# After a change' "$CONF")" -eq "$before" ]
}

@test "issuer set: scopes and rules come and go, the last scope does not" {
	agentauthctl issuer set corp --scope host.logs:logs --require env=prod >/dev/null
	token_refused claim_required k1
	expect_audit '.reason == "claim_required" and .claim == "env"'
	run ssh_with "$(access_token k1 --claim 'env="prod"' --claim 'scope="host.logs"')" "tokener@$HOST" id -un
	expect_status 0
	run agentauthctl issuer set corp --no-scope host.logs:logs --no-require env=prod
	expect_status 0
	run ssh_with "$(access_token k1 --claim 'scope="host.logs"')" "tokener@$HOST" id -un
	expect_status 255
	token_logs_in k1
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
	token_logs_in k1
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
	token_refused keys_stale k1
	agentauthctl issuer refresh corp >/dev/null
	token_logs_in k1
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
	token_logs_in k1
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
	expect_no_audit '.event == "sudo-asked" and has("claim")'
}
