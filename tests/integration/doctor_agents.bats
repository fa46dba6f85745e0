#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor, on agents that no login could let in, on issuers' keys, and on who can approve. Each is named, what doctor says is done,
# and then nothing is said any more.

# shellcheck disable=SC2030,SC2031,SC2154  # advice.bash gives order
load support
load advice
load doctor
load key_server

setup_file() {
	doctors_host
	corp_init
	agentauthctl issuer refresh corp >/dev/null
}
setup() {
	issuer_story
}
teardown() {
	as_shipped
}
teardown_file() {
	stop_server
}

# What doctor notes is told with a command, which is done; then it is noted no more.
noted() { # REASON COMMAND [PLACEHOLDER VALUE]...
	run agentauthctl doctor
	expect_status 0
	told "note +agents +no login can let in 1 agent \(newcomer\): $1; ($2)"
	shift 2
	obey "$@"
	run agentauthctl doctor
	expect_no_output "note +agents"
}
newcomer_gets_in() {
	run by_key newcomer id -un
	expect_status 0 && expect_output '^newcomer$'
}

@test "agents that no login could let in: each way, what to do, and then it gets in" {
	run agentauthctl doctor
	expect_no_output ' agents '
	new_agent newcomer ES256 --role deploy
	newcomer_gets_in
	agentauthctl set newcomer --no-role deploy >/dev/null
	noted 'without a role' 'agentauthctl set NAME --role ROLE' NAME newcomer ROLE deploy
	newcomer_gets_in
	agentauthctl set newcomer --expires 2020-01-01 >/dev/null
	noted expired 'agentauthctl set NAME --expires TIME' NAME newcomer TIME 90d
	newcomer_gets_in
	agentauthctl set newcomer --no-key "$(agentauthctl show newcomer --json | jq -r '.. | .kid? // empty' | head -n 1)" >/dev/null
	noted 'without a key, a binding, or a person who may start it' 'agentauthctl set NAME --key FILE' NAME newcomer FILE "$KEYS/newcomer.pub"
	newcomer_gets_in
	sed -i 's/pem = /not_after = "2020-01-01T00:00:00Z"; pem = /' /etc/agentauth/agents.d/newcomer.conf
	agentauthctl apply --yes >/dev/null
	dev agentauth keygen --out "$KEYS/second.pem" 2>/dev/null >"$KEYS/second.pub"
	noted 'all keys have ended or are disabled' 'agentauthctl rotate NAME --key FILE' NAME newcomer FILE "$KEYS/second.pub"
	mv "$KEYS/second.pem" "$KEYS/newcomer.pem"
	newcomer_gets_in
	agentauthctl role add night --service cron >/dev/null
	agentauthctl set newcomer --roles night >/dev/null
	noted 'without a role that is good for sshd' 'agentauthctl role set ROLE --service sshd' ROLE night
	newcomer_gets_in
	agentauthctl role set night --source 10.0.0.0/8 --source ::1 >/dev/null
	agentauthctl set newcomer --source 192.168.0.0/16 >/dev/null
	noted 'without a network from which both the agent and such a role may come' 'agentauthctl set NAME --sources NETWORK' \
		NAME newcomer NETWORK ::1,127.0.0.1
	agentauthctl set newcomer --sources 10.1.0.0/16 >/dev/null
	run agentauthctl doctor
	expect_no_output ' agents '
	agentauthctl retire newcomer >/dev/null
	agentauthctl role remove night >/dev/null
}

@test "an agent that a person may start needs no key and no sshd, and one that is suspended is meant to be out" {
	agentauthctl role add desk --service cron >/dev/null
	agentauthctl register coder --role desk --local-user alice >/dev/null
	agentauthctl suspend builder-7 >/dev/null
	run agentauthctl doctor
	agentauthctl resume builder-7 >/dev/null
	agentauthctl retire coder >/dev/null
	agentauthctl role remove desk >/dev/null
	expect_status 0
	expect_no_output ' agents '
}

@test "commands that wait for a person, and nobody who can approve" {
	local command
	gpasswd -d alice agentauth-approvers
	run agentauthctl doctor
	expect_status 0
	told 'note +approvers +commands of ops wait for a person, and root alone can answer, since nobody is in the group agentauth-approvers: (usermod -aG agentauth-approvers NAME)'
	command=$order
	groupdel agentauth-approvers
	run agentauthctl doctor
	told 'since there is no group agentauth-approvers: (groupadd --system agentauth-approvers && usermod -aG agentauth-approvers NAME)'
	obey NAME bob
	gpasswd -d bob agentauth-approvers
	order=$command
	obey NAME alice
	run agentauthctl doctor
	expect_no_output approvers
}

keys_are_mended() { # PATTERN
	expect_problem issuers "$1"
	expect_output 'Tokens of this issuer are refused'
	done_to_the_letter
	token_logs_in k1
}

@test "an issuer's keys that were never fetched, are too old, another's, damaged, or of no use" {
	expect_order
	token_logs_in k1
	rm "$KEYSET" "$KEYSET.etag"
	token_refused keys_stale k1
	keys_are_mended 'the keys of corp were never fetched'
	touch -d '25 hours ago' "$KEYSET"
	token_refused keys_stale k1
	keys_are_mended 'the keys of corp are of 20[0-9TZ:-]+, which is longer ago than jwks_max_age'
	echo '{' >"$KEYSET"
	keys_are_mended 'what is kept of the keys of corp is damaged'
	agentauthctl issuer set corp --algorithm RS256 --no-algorithm ES256 >/dev/null 2>&1 || agentauthctl issuer list
	run agentauthctl doctor
	agentauthctl issuer set corp --algorithm ES256 >/dev/null
	expect_output 'PROBLEM +issuers +of the keys of corp its algorithms admit none'
	expect_order
}

@test "keys that an earlier version fetched, and keys that nothing fetches again, are notes" {
	jq -c 'del(.issuer)' "$KEYSET" >"$KEYSET.new"
	cat "$KEYSET.new" >"$KEYSET"
	rm "$KEYSET.new"
	run agentauthctl doctor
	expect_status 0
	told 'note +issuers +the keys of corp were fetched by an earlier version, .*: (agentauthctl issuer refresh corp)'
	obey
	run agentauthctl doctor
	expect_no_output ' issuers '
	touch -d '13 hours ago' "$KEYSET"
	run agentauthctl doctor
	expect_status 0
	told 'note +issuers +the keys of corp are of .*, and nothing has fetched them again: is agentauth-refresh.timer on\? (agentauthctl issuer refresh corp)'
	obey
	run agentauthctl doctor
	expect_no_output ' issuers '
}

@test "a clock that differs from the issuer's by more than clock_skew, as it was seen when keys were fetched" {
	local body
	body=$(jq -r .body "$SERVER/answers/jwks.json")
	answer_at() { # DATE
		serve jwks "$(jq -n --arg body "$body" --arg date "$(LC_ALL=C date -u -d "$1" '+%a, %d %b %Y %H:%M:%S GMT')" \
			'{body: $body, headers: {Date: $date}}')"
		agentauthctl issuer refresh corp >/dev/null
	}
	answer_at '20 seconds ago'
	expect_order
	answer_at '-10 minutes'
	expect_problem issuers 'this clock was (59[89]|60[0-9]) seconds ahead of that of corp when its keys were asked for at 20[0-9TZ:-]+, and clock_skew is 30: its tokens seem to have expired'
	expect_output 'As root: timedatectl set-ntp true && agentauthctl issuer refresh corp'
	answer_at '+10 minutes'
	expect_problem issuers 'this clock was (59[0-9]|60[0-9]) seconds behind that of corp .*its tokens seem to be of the future'
	serve_keys "k1:$SERVER/k1.pem"
	agentauthctl issuer refresh corp
	expect_order
	agentauthctl issuer remove corp --yes >/dev/null 2>&1 || :
}
