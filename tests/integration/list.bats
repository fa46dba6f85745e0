#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# SPDX-License-Identifier: Apache-2.0
# Agents as people look for them: by role, owner and state, by what ends soon, and by what nobody uses. What is printed is held
# to the letter.

load support
load agents
load sessions
load golden

setup_file() {
	host_init
	agentauthctl role add idle --service sshd >/dev/null
	new_agent build-1 ES256 --role deploy --owner alice@example.com --expires 10d
	new_agent build-2 ES256 --role deploy --role logs --owner bob@example.com --expires 30d
	new_agent logs-1 ES256 --role logs --owner alice@example.com --description 'Reads what was logged'
	agentauthctl register empty --role logs --owner alicia@example.com >/dev/null
	agentauthctl register gone >/dev/null
	agentauthctl retire gone >/dev/null
	agentauthctl suspend build-2 >/dev/null
	stamp build-1 '100 days ago'
	stamp logs-1 '10 days ago'
}
setup() {
	log_mark
	audit_mark
}

stamp() { # AGENT WHEN
	install -d -m 0700 "$STATE/state/last-login"
	touch -d "$2" "$STATE/state/last-login/$1"
}
found() { # OPTIONS NAME...: these, in this order
	local options=$1
	shift
	# shellcheck disable=SC2086
	run --separate-stderr agentauthctl list $options --json
	expect_status 0
	[ "$(jq -r '[.agents[].name] | join(" ")' <<<"$output")" = "$*" ] || { printf '%s: %s\n' "$options" "$output" >&2; return 1; }
}

@test "each filter shows the agents that fit it, and several those that fit all" {
	found '' build-1 build-2 empty logs-1
	found '--role deploy' build-1 build-2
	found '--owner alice' build-1 logs-1
	found '--owner alice@example.com --role logs' logs-1
	found '--state active' build-1 logs-1
	found '--state suspended' build-2
	found '--state no-credential' empty
	found '--state retired' gone
	found '--expiring 14d' build-1
	found '--expiring 60d' build-1 build-2
	found '--expiring 60d --state active' build-1
	found '--unused 90d' build-1 build-2 empty
	found '--unused 5d --owner alice' build-1 logs-1
	found '--unused 90d --state active' build-1
	found '--state expired'
	found '--all' build-1 build-2 empty logs-1 gone
}

@test "the order that is asked for" {
	found '--sort name' build-1 build-2 empty logs-1
	found '--sort uid' build-1 build-2 logs-1 empty
	found '--sort owner' build-1 logs-1 empty build-2
	found '--sort expires' build-1 build-2 empty logs-1
	found '--sort last-login' build-2 empty build-1 logs-1
}

@test "what people see" {
	turn all agentauthctl list --all
	turn wide agentauthctl list --wide --owner alice
	turn none agentauthctl list --role logs --owner alice --state suspended --expiring 14d --unused 90d
	turn none-idle agentauthctl list --role idle
}

@test "a value that no agent can have is an error, with what was probably meant" {
	turn no-such-role agentauthctl list --role depoly
	turn no-such-owner agentauthctl list --owner bob@example.con
	cured_by root 'agentauthctl list --sort owner'
	turn no-such-state agentauthctl list --state suspend
	turn no-such-order agentauthctl list --sort nmae
	turn bad-span agentauthctl list --expiring 14
	turn bad-unused agentauthctl list --unused soon
	turn over agentauthctl list --expiring 2020-01-31
	found "$(grep -o -e '--state expired' <<<"$output")"
	turn to-come agentauthctl list --unused 2099-01-31
	turn retired-role agentauthctl list --state retired --role logs
}

@test "a login is the last one from then on, and one that is refused is none" {
	found '--unused 1d --owner alice' build-1 logs-1
	run by_key build-2 id -un # suspended
	expect_status 255
	[ ! -e "$STATE/state/last-login/build-2" ]
	run by_key logs-1 id -un
	expect_output '^logs-1$'
	found '--unused 1d --owner alice' build-1
	rm "$STATE/state/last-login/logs-1"
	run by_key logs-1 id -un
	expect_output '^logs-1$'
	found '--unused 1d --owner alice' build-1
	run stat -c '%U %a %s' "$STATE/state/last-login/logs-1"
	expect_output '^root 600 0$'
}

@test "a sudo that is let through is the last one, and one that is refused is none" {
	run setpriv --reuid build-1 --regid build-1 --init-groups sudo -n /usr/local/sbin/restart-app # without a session
	[ "$status" -ne 0 ]
	[ ! -e "$STATE/state/last-sudo/build-1" ]
	run by_key build-1 sudo -n /usr/local/sbin/restart-app
	expect_status 0
	[ -e "$STATE/state/last-sudo/build-1" ]
	run agentauthctl list --json
	run jq -c '.agents[] | [.name, .last_sudo != null]' <<<"$output"
	expect_output '^\["build-1",true\]$'
	expect_output '^\["logs-1",false\]$'
}

@test "where the last login cannot be kept, an agent logs in all the same" {
	stamp build-1 '100 days ago'
	mv "$STATE/state/last-login" "$STATE/state/kept"
	touch "$STATE/state/last-login"
	run by_key build-1 id -un
	rm "$STATE/state/last-login"
	mv "$STATE/state/kept" "$STATE/state/last-login"
	expect_output '^build-1$'
	found '--unused 90d --owner alice' build-1
}

@test "keys that were registered long ago, with a date and without" {
	local conf=/etc/agentauth/agents.d
	grep -q "registered = \"$(date -u +%F)T" $conf/build-1.conf
	found '--key-older 1d'
	sed -i -E "s/registered = .*/registered = \"$(date -u -d '500 days ago' +%FT%TZ)\";/" $conf/build-1.conf
	sed -i '/registered = /d' $conf/logs-1.conf
	sed -i -E "s/^(use agent logs-1 [0-9]+) .*/\1 $(date -u -d '900 days ago' +%FT%TZ)/" "$STATE/ids"
	agentauthctl apply >/dev/null
	found '--key-older 1y' build-1 logs-1
	found '--key-older 2y' logs-1
	found '--key-older 1y --role deploy' build-1
	found "--key-older $(date -u -d '800 days ago' +%F)" logs-1
	found '--key-older 3y'
	[ "$(agentauthctl list --key-older 1y --json | jq -c '[.agents[].oldest_key_dated]')" = '[true,false]' ]
	turn key-older agentauthctl list --key-older 1y
	turn key-older-wide agentauthctl list --key-older 2y --wide
	turn key-older-none agentauthctl list --key-older 9y
	turn key-older-soon agentauthctl list --key-older soon
	run agentauthctl show logs-1
	expect_output 'ES256, active, registered at a time that is not known, last login'
	run agentauthctl show build-1
	expect_output "registered $(date -u -d '500 days ago' +%F)T"
	# What lets nobody in is not looked for.
	agentauthctl revoke --kid "$(agentauthctl show logs-1 --json | jq -r '.agent.keys[0].kid')" >/dev/null
	found '--key-older 1y' build-1
	agentauthctl revoke --undo --kid "$(agentauthctl show logs-1 --json | jq -r '.agent.keys[0].kid')" >/dev/null
	# A new key ends it.
	dev agentauth keygen --alg ES256 --out "$KEYS/new.pem" >"$KEYS/new.pub" 2>/dev/null
	run agentauthctl list --key-older 2y
	cured_by root 'agentauthctl rotate NAME --key FILE' "s#NAME#logs-1#; s#FILE#$KEYS/new.pub --grace 0#"
	found '--key-older 1d' build-1
}

@test "each key has its own last login, by credential and by SSH" {
	local used
	new_agent keyed ES256 --role logs --kid signing
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/keyed-ssh"
	agentauthctl set keyed --key "$KEYS/keyed-ssh.pub" --kid ssh >/dev/null
	last_of() { agentauthctl show keyed --json | jq -r --arg k "$1" '.agent.keys[] | select(.kid == $k) | .last_login'; }
	[ "$(last_of signing)" = null ]
	logs_in_with keyed "$(token_file keyed --header 'kid="signing"')"
	used=$(last_of signing)
	[[ "$used" = 20*Z ]]
	[ "$(last_of ssh)" = null ]
	run dev ssh -o BatchMode=yes -i "$KEYS/keyed-ssh" "keyed@$HOST" id -un
	expect_status 0
	[[ "$(last_of ssh)" = 20*Z ]]
	[ "$(last_of signing)" = "$used" ]
	turn show-keys agentauthctl show keyed
	# The name of a key that another agent has is another key.
	new_agent keyed-2 ES256 --role logs --kid signing
	[ "$(agentauthctl show keyed-2 --json | jq -r '.agent.keys[0].last_login')" = null ]
}

# Of each agent its record is read, by a call or little more. What was decided and when an agent was used is read once for all.
calls_of_list() {
	strace -f -o "$BATS_TEST_TMPDIR/trace" agentauthctl list >/dev/null
	wc -l <"$BATS_TEST_TMPDIR/trace"
}
@test "list reads the records, and asks the kernel for nothing else of an agent that is not suspended, elevated or used" {
	local few many
	few=$(calls_of_list)
	seq -f 'many-%g' 1 300 | jq -R '{name: ., roles: ["logs"]}' | jq -s '{agents: .}' >"$BATS_TEST_TMPDIR/many.json"
	run agentauthctl import "$BATS_TEST_TMPDIR/many.json"
	expect_status 0
	many=$(calls_of_list)
	echo "# $few calls, and $many with 300 agents more"
	[ $((many - few)) -lt 450 ]
	# Positive control: what is there is found.
	agentauthctl suspend many-7 >/dev/null
	agentauthctl elevate many-8 --role deploy --for 1h --why test >/dev/null
	stamp many-9 '5 days ago'
	run agentauthctl --json list
	[ "$(jq -r '.agents[] | select(.name == "many-7").state' <<<"$output")" = suspended ]
	[ "$(jq -r '.agents[] | select(.name == "many-8").elevated[0]' <<<"$output")" != null ]
	[ "$(jq -r '.agents[] | select(.name == "many-9").last_login' <<<"$output")" != null ]
	[ "$(jq -r '.agents[] | select(.name == "many-10").last_login' <<<"$output")" = null ]
}
