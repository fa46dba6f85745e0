#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A chatbot that acts for people: they consent at the identity provider, in a browser, and it logs in on their behalf,
# with what they consented to and no more, until they withdraw it.

# shellcheck disable=SC2154  # idp.bash sets address, signing_in and login_pid
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
	idp_profile chatbot 'grant = "authorization_code"; client_auth = "none";'
}
teardown_file() {
	idp_stop
}
setup() {
	log_mark
	audit_mark
}

# What the chatbot asks a person for; what the person does is told in steps.
asks_person() { # PERSON STEP...
	signs_in "$1"
	shift
	begin_login chatbot
	browser go "$address" "${signing_in[@]}" "$@" see agentauth
	end_login
}
chatbot_runs() { # COMMAND
	run dev agentauth ssh "chatbot@$HOST" "$1"
}

@test "alice consents to one of two roles; the chatbot logs in on her behalf with that one" {
	asks_person alice untick host.logs press allow
	run jwt_part /home/dev/token 2
	expect_output '"sub":"alice".*"scope":"host.deploy"'
	chatbot_runs 'id; env; sudo -n /usr/local/sbin/restart-app; agentauth whoami'
	expect_status 0
	expect_output '^uid=.*\(chatbot\)'
	expect_output 'agent-deploy'
	expect_no_output 'agent-logs|agent-keep'
	expect_output '^AGENTAUTH_ROLES=deploy$'
	expect_output '^AGENTAUTH_ON_BEHALF_OF=alice$'
	expect_output '^AI_AGENT_OPERATOR=alice$'
	expect_output 'restarted by root for chatbot'
	local event
	for event in auth session-open sudo-asked; do
		expect_audit ".event == \"$event\" and .agent == \"chatbot\" and .result == \"ok\" and .on_behalf_of == \"alice\" and
			.roles == [\"deploy\"]"
	done
	expect_audit '.event == "auth" and .kind == "delegated" and .scope == "host.deploy"'
}

is_listed() { # AGENT
	agentauthctl session list | grep -q "$1"
}

@test "its sessions are listed with the person they are for" {
	asks_person alice press allow
	run dev agentauth ssh -M -S /home/dev/master -f -N "chatbot@$HOST"
	expect_status 0
	wait_until is_listed chatbot # ssh goes to the background before sshd has opened the session
	run agentauthctl session list
	expect_output 'chatbot.*alice'
	run dev ssh -S /home/dev/master "chatbot@$HOST" id
	expect_output 'agent-deploy'
	expect_no_output 'agent-keep'
	dev ssh -S /home/dev/master -O exit "chatbot@$HOST" 2>/dev/null
}

@test "bob consents in vain: the host does not let the chatbot act for him" {
	asks_person bob press allow
	chatbot_runs id
	expect_status 255
	expect_audit '.event == "auth" and .agent == "chatbot" and .reason == "delegation_denied" and .on_behalf_of == "bob"'
	agentauthctl set chatbot --user bob >/dev/null
	chatbot_runs id
	expect_status 0
	expect_audit '.event == "auth" and .result == "ok" and .on_behalf_of == "bob"'
}

@test "who refuses, or does not know the password, gives nothing" {
	rm -rf /home/dev/.cache/agentauth
	run asks_person alice press refuse
	expect_status 1
	expect_output 'access_denied: the user refused'
	chatbot_runs id
	expect_status 255
	expect_output 'agentauth token --profile chatbot --login'
	begin_login chatbot
	browser go "$address" type account alice type password wrong press login see 'Account or password is wrong'
	kill "$login_pid"
	wait "$login_pid" || :
}

@test "consent is withdrawn and the token revoked here: no new token, and no login with the old one" {
	local given=$KEYS/given.jwt
	asks_person alice press allow
	chatbot_runs true
	expect_status 0
	dev agentauth token --profile chatbot --fresh >"$given"
	chown dev: "$given"
	run dev agentauth ssh -M -S /home/dev/master -f -N "chatbot@$HOST"
	expect_status 0
	browser go "$ISSUER/consents" type account alice type password alice-at-idp type client chatbot press withdraw see 'Consent withdrawn'
	chatbot_runs true
	expect_status 255
	expect_output 'agentauth token --profile chatbot --login'
	# What was given out before is good until its end, if the host does not revoke it.
	run agentauthctl revoke --jti "$(jwt_part "$given" 2 | jq -r .jti)" --issuer corp
	expect_status 0
	audit_mark
	run ssh_with "$given" "chatbot@$HOST" true
	expect_status 255
	expect_audit '.event == "auth" and .agent == "chatbot" and .result == "denied" and .reason == "revoked" and .on_behalf_of == "alice"'
	# Nor has the session that is open any sudo, once its own token is revoked: the log says which that is.
	run dev ssh -S /home/dev/master "chatbot@$HOST" sudo -n restart-app
	expect_status 0
	agentauthctl revoke --jti "$(jq -r -s 'map(select(.event == "session-open")) | last.jti' "$AUDIT")" --issuer corp >/dev/null
	audit_mark
	run dev ssh -S /home/dev/master "chatbot@$HOST" sudo -n restart-app
	expect_status 1
	expect_audit '.event == "sudo-asked" and .agent == "chatbot" and .result == "denied" and .reason == "revoked" and .on_behalf_of == "alice"'
	dev ssh -S /home/dev/master -O exit "chatbot@$HOST" 2>/dev/null
}
