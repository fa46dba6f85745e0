#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What was given out is taken back in a hurry: one credential, a key, all that an agent was given before a time. It holds
# at the next login and the next sudo, whatever is published, applied or rolled back.

load support
load agents

setup_file() {
	host_init
	agentauthctl role set deploy --no-service login >/dev/null # a generation to roll back to
	new_agent builder-7 ES256
	new_agent other-1 ES256
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/builder-ssh"
	agentauthctl set builder-7 --key "$KEYS/builder-ssh.pub" >/dev/null
}
setup() {
	log_mark
	audit_mark
}

jti_of() { # TOKENFILE
	cut -d. -f2 "$1" | basenc --decode --base64url 2>/dev/null | jq -r .jti
}

# A session that runs sudo, says so, waits for the file go, and runs sudo again; its output is in the file out.
session_with_two_sudos() { # TOKENFILE AGENT
	local script='sudo -n /usr/local/sbin/restart-app && touch ~/ready; for i in $(seq 400); do [ -e ~/go ] && break; sleep 0.05; done
		if sudo -n /usr/local/sbin/restart-app; then echo second-yes; else echo second-no; fi'
	home=$(getent passwd "$2" | cut -d: -f6)
	rm -f "$home/ready" "$home/go"
	ssh_with "$1" "$2@$HOST" "$script" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	session=$!
	wait_until test -e "$home/ready"
}
second_sudo() {
	touch "$home/go"
	wait "$session" || :
	output=$(cat "$BATS_TEST_TMPDIR/out")
}

@test "a credential that is revoked before it was used is refused, and its neighbour is not" {
	local stolen good
	stolen=$(token_file builder-7) good=$(token_file builder-7)
	run agentauthctl revoke --jti "$(jti_of "$stolen")"
	expect_status 0
	expect_output 'is refused from now on'
	expect_audit '.event == "admin" and .by == "root" and .host == "web01.example.com" and (.command | startswith("revoke --jti"))'
	refused_with revoked builder-7 "$stolen"
	logs_in_with builder-7 "$good"
	expect_audit '.event == "auth" and .result == "ok"'
	run agentauthctl revoke --jti "$(jti_of "$stolen")"
	expect_status 1
	expect_output 'that is revoked already'
}

@test "revoking the credential of an open session ends its sudo, and not its neighbour's" {
	local token
	token=$(token_file builder-7)
	session_with_two_sudos "$token" builder-7
	second_sudo
	expect_output '^second-yes$'
	token=$(token_file builder-7)
	session_with_two_sudos "$token" builder-7
	agentauthctl revoke --jti "$(jti_of "$token")" >/dev/null
	second_sudo
	expect_output '^second-no$'
	expect_audit '.agent == "builder-7" and .service == "sudo" and .result == "denied" and .reason == "revoked"'
}

@test "a key that is revoked is refused in assertions and by SSH, and the agent's other key is not" {
	local kid
	new_agent keyed ES256
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/keyed-ssh"
	agentauthctl set keyed --key "$KEYS/keyed-ssh.pub" >/dev/null
	logs_in_with keyed "$(token_file keyed)"
	run dev ssh -o BatchMode=yes -i "$KEYS/keyed-ssh" "keyed@$HOST" id -un
	expect_status 0
	kid=$(agentauthctl show keyed --json | jq -r '.agent.keys[0].kid // .keys[0].kid')
	run agentauthctl revoke --kid "$kid"
	expect_status 0
	refused_with revoked keyed "$(token_file keyed)"
	run dev ssh -o BatchMode=yes -i "$KEYS/keyed-ssh" "keyed@$HOST" id -un
	expect_status 0
	kid=$(agentauthctl show keyed --json | jq -r '.agent.keys[1].kid // .keys[1].kid')
	agentauthctl revoke --kid "$kid" >/dev/null
	run dev ssh -o BatchMode=yes -i "$KEYS/keyed-ssh" "keyed@$HOST" id -un
	[ "$status" -ne 0 ]
	expect_no_output '^keyed$'
	expect_audit '.agent == "keyed" and .kind == "publickey" and .result == "denied" and .reason == "revoked"'
}

@test "what an agent was given before a time is refused, with the sudo of its sessions; what it gets later is good" {
	local before after other
	before=$(token_file other-1) other=$(token_file builder-7)
	session_with_two_sudos "$(token_file other-1)" other-1
	run agentauthctl revoke --agent other-1 --before now
	expect_status 0
	second_sudo
	expect_output '^second-no$'
	refused_with revoked other-1 "$before"
	sleep 1 # the second of the revocation is before it
	after=$(token_file other-1)
	logs_in_with other-1 "$after"
	logs_in_with builder-7 "$other"
}

@test "what is revoked stays so through apply, a new generation and a rollback" {
	local token kept kid
	new_agent lasting ES256
	token=$(token_file lasting)
	agentauthctl revoke --jti "$(jti_of "$token")" >/dev/null
	agentauthctl apply >/dev/null
	refused_with revoked lasting "$token"
	agentauthctl set lasting --description 'as before' >/dev/null
	refused_with revoked lasting "$token"
	agentauthctl rollback >/dev/null
	refused_with revoked lasting "$token"
	kept=$(token_file lasting)
	logs_in_with lasting "$kept"
	agentauthctl apply >/dev/null
	kid=$(agentauthctl show lasting --json | jq -r '.agent.keys[0].kid // .keys[0].kid')
	agentauthctl revoke --kid "$kid" >/dev/null
	agentauthctl set lasting --description 'another' >/dev/null
	agentauthctl rollback >/dev/null
	refused_with revoked lasting "$(token_file lasting)"
	agentauthctl apply >/dev/null
	refused_with revoked lasting "$(token_file lasting)"
}

@test "revoke refuses what is not one thing, and what lies ahead" {
	run agentauthctl revoke
	expect_status 2
	run agentauthctl revoke --jti a --kid b
	expect_status 2
	expect_output 'say what is revoked, one of'
	run agentauthctl revoke --agent builder-7
	expect_status 2
	run agentauthctl revoke --agent builder-7 --before 2099-01-01
	expect_status 2
	expect_output 'is not a time in the past'
	run agentauthctl revoke --jti abc --dry-run
	expect_status 0
	expect_output 'would be revoked'
	run agentauthctl revoke --jti abc
	expect_status 0
}

@test "a name or a reason that a file of JSON cannot hold is refused for what it is, and revokes and suspends nothing" {
	for option in jti kid; do
		run agentauthctl revoke --$option $'caf\xe9'
		expect_status 2
		expect_output "^agentauthctl: --$option is not UTF-8"
	done
	for why in $'caf\xe9' $'two\nlines' $'\x1b[31mred'; do
		run agentauthctl revoke --anyway --kid of-nobody --why "$why"
		expect_status 2
		expect_output '^agentauthctl: --why is kept with the decision as one line of UTF-8, and holds'
		run agentauthctl suspend other-1 --why "$why"
		expect_status 2
	done
	run agentauthctl revoke --list
	expect_no_output 'of-nobody'
	run agentauthctl revoke --anyway --kid of-nobody --why 'café "closed"'
	expect_status 0
	run agentauthctl revoke --list
	expect_output 'of-nobody .*café "closed"$'
	agentauthctl revoke --undo --kid of-nobody
	logs_in_with other-1 "$(token_file other-1)"
}

@test "revoke --list shows what is revoked, since when, by whom and why" {
	local kid
	new_agent listed ES256
	kid=$(agentauthctl show listed --json | jq -r '.agent.keys[0].kid // .keys[0].kid')
	run agentauthctl revoke --jti 'it is "odd"' --issuer corp --why 'seen in a log'
	expect_status 0
	agentauthctl revoke --kid "$kid" >/dev/null
	agentauthctl revoke --agent listed --before 2026-01-01 --why 'the laptop is gone' >/dev/null
	run agentauthctl revoke --list
	expect_status 0
	expect_output '^REVOKED +SINCE +BY +WHY$'
	expect_output "^--jti 'it is \"odd\"' --issuer corp +20[0-9TZ:-]+ +root +seen in a log\$"
	expect_output "^--kid $kid +20[0-9TZ:-]+ +root *\$"
	expect_output '^--agent listed +20[0-9TZ:-]+ +root +what was issued before 2026-01-01T00:00:00Z: the laptop is gone$'
	run agentauthctl show listed
	expect_output '^  revoked      what was issued before 2026-01-01T00:00:00Z, by root: the laptop is gone$'
	run agentauthctl show listed --json
	[ "$(jq -c '.agent.revoked | [.before, .by, .why]' <<<"$output")" = '["2026-01-01T00:00:00Z","root","the laptop is gone"]' ]
	run agentauthctl show builder-7
	expect_no_output 'revoked'
	run agentauthctl revoke --list --json
	expect_status 0
	[ "$(jq -c '.revocations[] | select(.jti == "it is \"odd\"") | [.issuer, .by, .why, (.since | length)]' <<<"$output")" = \
		'["corp","root","seen in a log",20]' ]
	[ "$(jq -c '.revocations[] | select(.agent == "listed") | [.before, .why]' <<<"$output")" = \
		'["2026-01-01T00:00:00Z","the laptop is gone"]' ]
	run agentauthctl revoke --list --jti abc
	expect_status 2
	expect_output 'goes with nothing else'
}

@test "revoke --undo takes back what was revoked, and nothing else: refused before, let in after" {
	local token other kid
	new_agent undone ES256
	token=$(token_file undone) other=$(token_file undone)
	agentauthctl revoke --jti "$(jti_of "$token")" >/dev/null
	agentauthctl revoke --jti "$(jti_of "$other")" >/dev/null
	refused_with revoked undone "$token"
	run agentauthctl revoke --undo --jti "$(jti_of "$token")" --dry-run
	expect_status 0
	expect_output 'would be taken back'
	refused_with revoked undone "$token"
	run agentauthctl revoke --undo --jti "$(jti_of "$token")"
	expect_status 0
	expect_output 'is no longer revoked'
	expect_audit '.event == "admin" and .result == "ok" and .by == "root" and (.command | startswith("revoke --undo --jti"))'
	logs_in_with undone "$token"
	refused_with revoked undone "$other"
	kid=$(agentauthctl show undone --json | jq -r '.agent.keys[0].kid // .keys[0].kid')
	agentauthctl revoke --kid "$kid" >/dev/null
	refused_with revoked undone "$(token_file undone)"
	agentauthctl revoke --undo --kid "$kid" >/dev/null
	logs_in_with undone "$(token_file undone)"
	token=$(token_file undone)
	agentauthctl revoke --agent undone --before now >/dev/null
	refused_with revoked undone "$token"
	run agentauthctl revoke --undo --agent undone
	expect_status 0
	expect_audit '.event == "admin" and .agent == "undone" and .command == "revoke --undo --agent undone"'
	logs_in_with undone "$token"
	run agentauthctl revoke --list
	expect_no_output '^--agent undone'
}

@test "revoke --undo says what is revoked in its place" {
	agentauthctl revoke --jti of-corp --issuer corp >/dev/null
	run agentauthctl revoke --undo --jti of-corp
	expect_status 1
	expect_output 'that is not revoked, but --jti of-corp --issuer corp is'
	run agentauthctl revoke --undo --jti never --dry-run
	expect_status 1
	expect_output 'that is not revoked; agentauthctl revoke --list shows what is'
	agentauthctl revoke --jti of-corp >/dev/null
	run agentauthctl revoke --undo --jti of-corp
	expect_status 0
	expect_output 'the same jti is revoked still by --jti of-corp --issuer corp'
	run agentauthctl revoke --undo
	expect_status 2
	expect_output 'say what is taken back, one of'
	run agentauthctl revoke --undo --agent builder-7 --before now
	expect_status 2
	expect_output 'leave --before out'
}

@test "an earlier time takes nothing back, and a name with a mistake in it is refused" {
	agentauthctl revoke --agent other-1 --before now >/dev/null || :
	run agentauthctl revoke --agent other-1 --before 2020-01-01
	expect_status 1
	expect_output 'revoked already; .*an earlier one takes nothing back, --undo does'
	run agentauthctl revoke --agent othr-1 --before now
	expect_status 1
	expect_output 'there is no agent othr-1'
	run agentauthctl revoke --jti "$(printf 'x%.0s' {1..257})"
	expect_status 2
	expect_output 'longer than 256 bytes'
	run agentauthctl revoke --jti y --why "$(printf 'x%.0s' {1..1025})"
	expect_status 2
	expect_output 'at most 1024 bytes'
}

@test "a revocation that cannot be read goes on revoking, is named, and can be taken back" {
	local token
	new_agent garbled ES256
	token=$(token_file garbled)
	agentauthctl revoke --agent garbled --before 2020-01-01 >/dev/null
	logs_in_with garbled "$(token_file garbled)"
	echo '{' >"$STATE/state/revoked/before/garbled"
	refused_with revoked garbled "$token"
	run agentauthctl revoke --list
	expect_status 0
	expect_output 'state/revoked/before/garbled cannot be read as a decision'
	expect_output '^--agent garbled +\? +\? +what was issued before \?$'
	agentauthctl revoke --undo --agent garbled >/dev/null
	logs_in_with garbled "$token"
}
