#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A chatbot that acts for people: they consent at the identity provider, in a browser, and it logs in on their behalf,
# with what they consented to and no more, until they withdraw it.

load support
load agents
load idp

setup_file() {
	host_init
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl role set logs --delegable >/dev/null
	agentauthctl role add keep --service sshd >/dev/null # never on somebody's behalf
	idp_start
	corp_issuer
	idp_client chatbot '{"application_type": "native", "token_endpoint_auth_method": "none", "client_secret": null,
		"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
		"redirect_uris": ["http://127.0.0.1/callback"]}'
	agentauthctl register chatbot --role deploy --role logs --role keep --bind corp:chatbot --user alice \
		--owner ops@example.com >/dev/null
}
teardown_file() {
	idp_stop
}
setup() {
	log_mark
	audit_mark
}

# The authorization code flow with PKCE, of a public client (RFC 8252): what the person does is told in steps.
asks_person() { # STEP...
	local port=8765 dir=$BATS_TEST_TMPDIR pid verifier challenge url
	verifier=$(openssl rand -hex 32)
	challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | basenc --base64url | tr -d '=\n')
	url="$ISSUER/auth?client_id=chatbot&response_type=code&redirect_uri=http://127.0.0.1:$port/callback"
	url+="&code_challenge_method=S256&code_challenge=$challenge&resource=ssh://$HOST&scope=host.deploy+host.logs"
	(cd "$dir" && exec /usr/bin/python3 -m http.server --bind 127.0.0.1 $port >"$dir/requests" 2>&1 3>&-) &
	pid=$!
	browser go "$url" "$@" see 'Error code: 404'
	kill $pid
	wait $pid || :
	curl -s -d grant_type=authorization_code -d "code_verifier=$verifier" -d client_id=chatbot \
		-d "redirect_uri=http://127.0.0.1:$port/callback" \
		-d "code=$(sed -n 's/.*[?&]code=\([^& ]*\).*/\1/p' "$dir/requests" | head -n 1)" "$ISSUER/token" >"$dir/answer"
	keep_tokens
}
refreshes() {
	curl -s -d grant_type=refresh_token -d client_id=chatbot -d "refresh_token=$(cat /run/refresh)" "$ISSUER/token" \
		>"$BATS_TEST_TMPDIR/answer"
	keep_tokens
}
keep_tokens() {
	jq -e '.access_token and .refresh_token' "$BATS_TEST_TMPDIR/answer" >/dev/null || return 1
	jq -j .access_token "$BATS_TEST_TMPDIR/answer" >"$KEYS/chatbot.jwt"
	jq -j .refresh_token "$BATS_TEST_TMPDIR/answer" >/run/refresh
	chown dev: "$KEYS/chatbot.jwt"
}
signs_in() { # PERSON: the steps
	signing_in=(type account "$1" type password "$1-at-idp" press login)
}
chatbot_runs() { # COMMAND
	run ssh_with "$KEYS/chatbot.jwt" "chatbot@$HOST" "$1"
}

@test "alice consents to one of two roles; the chatbot logs in on her behalf with that one" {
	signs_in alice
	asks_person "${signing_in[@]}" untick host.logs press allow
	run jwt_part "$KEYS/chatbot.jwt" 2
	expect_output '"sub":"alice".*"scope":"host.deploy"'
	chatbot_runs 'id; env; sudo -n /usr/local/sbin/restart-app; agentauth whoami'
	expect_status 0
	expect_output '^uid=.*\(chatbot\)'
	expect_output 'agent-deploy'
	expect_no_output 'agent-logs|agent-keep'
	expect_output '^AGENTAUTH_ROLES=deploy$'
	expect_output '^AGENTAUTH_ON_BEHALF_OF=alice$'
	expect_output 'restarted by root for chatbot'
	local event
	for event in auth session-open sudo; do
		expect_audit ".event == \"$event\" and .agent == \"chatbot\" and .result == \"ok\" and .on_behalf_of == \"alice\" and
			.roles == [\"deploy\"]"
	done
	expect_audit '.event == "auth" and .kind == "delegated" and .scope == "host.deploy"'
}

@test "its sessions are listed with the person they are for" {
	signs_in alice
	asks_person "${signing_in[@]}" press allow
	run ssh_with "$KEYS/chatbot.jwt" -M -S /home/dev/master -f -N "chatbot@$HOST"
	expect_status 0
	run agentauthctl session list
	expect_output 'chatbot.*alice'
	run dev ssh -S /home/dev/master "chatbot@$HOST" id
	expect_output 'agent-deploy'
	expect_no_output 'agent-keep'
	dev ssh -S /home/dev/master -O exit "chatbot@$HOST" 2>/dev/null
}

@test "bob consents in vain: the host does not let the chatbot act for him" {
	signs_in bob
	asks_person "${signing_in[@]}" press allow
	chatbot_runs id
	expect_status 255
	expect_audit '.event == "auth" and .agent == "chatbot" and .reason == "delegation_denied" and .on_behalf_of == "bob"'
	agentauthctl set chatbot --user bob >/dev/null
	chatbot_runs id
	expect_status 0
	expect_audit '.event == "auth" and .result == "ok" and .on_behalf_of == "bob"'
}

@test "who refuses, or does not know the password, gives nothing" {
	signs_in alice
	run asks_person "${signing_in[@]}" press refuse
	expect_status 1
	run cat "$BATS_TEST_TMPDIR/requests"
	expect_output '/callback\?error=access_denied'
	browser go "$ISSUER/auth?client_id=chatbot&response_type=code&redirect_uri=http://127.0.0.1/callback&code_challenge_method=S256&code_challenge=$(printf '%043d' 0)" \
		type account alice type password wrong press login see 'Account or password is wrong'
}

@test "consent is withdrawn and the token revoked here: no new token, and no login with the old one" {
	signs_in alice
	asks_person "${signing_in[@]}" press allow
	chatbot_runs true
	expect_status 0
	refreshes
	browser go "$ISSUER/consents" type account alice type password alice-at-idp type client chatbot press withdraw see 'Consent withdrawn'
	run refreshes
	expect_status 1
	run jq -r .error "$BATS_TEST_TMPDIR/answer"
	expect_output '^invalid_grant$'
	# What was given out before is good until its end, if the host does not revoke it.
	run agentauthctl revoke --jti "$(jwt_part "$KEYS/chatbot.jwt" 2 | jq -r .jti)" --issuer corp
	expect_status 0
	chatbot_runs true
	expect_status 255
	expect_audit '.event == "auth" and .agent == "chatbot" and .result == "denied" and .reason == "revoked" and .on_behalf_of == "alice"'
}
