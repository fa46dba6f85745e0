#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Several operators at once, some of whom are killed: what a command said it did is there at the end, and what it did not do
# it said in a sentence.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status anew
load support
load agents

DIR=/run/together

setup_file() {
	host_init
	new_agent shared ES256 --role deploy
	local i
	for ((i = 0; i < 8; i++)); do
		agentauthctl register "own-$i" --role deploy >/dev/null
	done
}
setup() {
	audit_mark
	rm -rf $DIR
	mkdir $DIR
}

# One command in the background; what it says and its status are kept.
at_once() { # COMMAND...
	local file
	file=$(mktemp $DIR/XXXXXX)
	echo "$*" >"$file.typed"
	{
		rc=0
		"$@" >"$file" 2>&1 </dev/null || rc=$?
		echo $rc >"$file.status"
	} &
}
# Each that was typed, with its status: STATUS, TAB, COMMAND.
ended() {
	local typed
	for typed in "$DIR"/*.typed; do
		printf '%s\t%s\n' "$(cat "${typed%.typed}.status")" "$(cat "$typed")"
	done
}
expect_all_done() {
	wait
	! grep -Lx 0 $DIR/*.status | grep . >&2 || { cat $DIR/?????? >&2; return 1; }
}
text_is_published() {
	run agentauthctl diff
	expect_output '^The text is what is published\.$'
	cmp /var/lib/agentauth/current/sudoers /etc/sudoers.d/agentauth
	[ "$(grep -hoE '^uid = [0-9]+' /etc/agentauth/agents.d/*.conf | sort | uniq -d)" = '' ]
	chain_holds
}
shown() { # NAME FILTER
	agentauthctl show "$1" --json | jq -r "$2"
}

@test "forty commands at once are all done: each agent, setting, role and suspension is there, and each is in the log" {
	local i
	for ((i = 0; i < 8; i++)); do
		at_once agentauthctl register "new-$i" --role deploy
		at_once agentauthctl set "own-$i" --owner "owner-$i"
		at_once agentauthctl suspend "own-$i"
		at_once agentauthctl role add "role-$i"
		at_once agentauthctl apply
	done
	at_once agentauthctl set shared --owner alice
	at_once agentauthctl set shared --description 'of two people'
	at_once agentauthctl set shared --max-sessions 3
	at_once agentauthctl set shared --role logs
	at_once agentauthctl role set deploy --max-session 1800
	at_once agentauthctl role set deploy --max-sessions 5
	expect_all_done
	text_is_published
	for ((i = 0; i < 8; i++)); do
		getent passwd "new-$i" >/dev/null
		[ "$(shown "own-$i" .agent.owner)" = "owner-$i" ]
		[ "$(shown "own-$i" .agent.state)" = suspended ]
		getent group "agent-role-$i" >/dev/null
		expect_audit ".event == \"admin\" and .agent == \"new-$i\" and .result == \"ok\""
		expect_audit ".event == \"admin\" and .agent == \"own-$i\" and (.command | startswith(\"set\"))"
		expect_audit ".event == \"admin\" and .agent == \"own-$i\" and (.command | startswith(\"suspend\"))"
	done
	[ "$(shown shared '.agent | [.owner, .description, (.max_sessions | tostring), (.roles | join("+"))] | join(" ")')" = \
		'alice of two people 3 deploy+logs' ]
	grep -A9 'deploy = {' /etc/agentauth/agentauth.conf | grep -q 'max_session = 1800'
	grep -A9 'deploy = {' /etc/agentauth/agentauth.conf | grep -q 'max_sessions = 5'
}

@test "beside rollbacks and an edit by hand each command is done or says what is in its way, and apply publishes the rest" {
	local i name status
	for ((i = 0; i < 6; i++)); do
		at_once agentauthctl register "beside-$i" --role deploy
		[ $((i % 3)) -ne 0 ] || at_once agentauthctl rollback --yes
		[ "$i" -ne 4 ] || echo 'uid = 70900; owner = "by-hand";' >/etc/agentauth/agents.d/by-hand.conf
	done
	wait
	while IFS=$'\t' read -r status name; do
		[ "$status" -eq 0 ] || echo "# $name: exit status $status" >&3
	done < <(ended)
	# Nothing but the two reasons that there are, and nothing half said.
	while read -r name; do
		grep -Eq '^agentauthctl: (the text holds something else that is not published:|there is no generation before)' "${name%.status}" ||
			{ cat "${name%.status}" >&2; return 1; }
	done < <(grep -L '^0$' $DIR/*.status)
	agentauthctl apply --yes
	for ((i = 0; i < 6; i++)); do
		! ended | grep -q "^0	agentauthctl register beside-$i " || getent passwd "beside-$i" | grep -q /bin/bash
	done
	getent passwd by-hand >/dev/null
	text_is_published
}

@test "some of many are killed: the others are done, and what was killed is whole or not there" {
	local i
	for ((i = 0; i < 20; i++)); do
		at_once agentauthctl register "lives-$i" --role deploy
		[ $((i % 2)) -ne 0 ] || at_once timeout -s KILL "0.$((i * 7 % 100 + 10))" agentauthctl register "dies-$i" --role deploy
	done
	wait
	! ended | grep -v '^0	' | grep lives || { cat $DIR/?????? >&2; return 1; }
	agentauthctl apply --yes
	for ((i = 0; i < 20; i++)); do
		getent passwd "lives-$i" >/dev/null
		[ ! -e "/etc/agentauth/agents.d/dies-$i.conf" ] || getent passwd "dies-$i" >/dev/null
	done
	text_is_published
}

@test "of two who decide the same at once both are told how it is" {
	local i
	for ((i = 0; i < 6; i++)); do
		at_once agentauthctl suspend shared --why "reason $i"
	done
	expect_all_done
	[ "$(cat $DIR/?????? | grep -c '^shared is suspended: ')" -eq 1 ]
	[ "$(cat $DIR/?????? | grep -c '^shared was suspended already')" -eq 5 ]
	agentauthctl resume shared
}

# A command that is held as it begins to write, while somebody saves the same file in an editor.
held_while() { # FILE LINE COMMAND...
	local file=$1 line=$2 held
	shift 2
	rm -f "$DIR/trace"
	strace -o "$DIR/trace" -e trace=linkat -e inject=linkat:delay_enter=3000000:when=1 "$@" >"$DIR/out" 2>&1 </dev/null &
	held=$!
	wait_until grep -q linkat "$DIR/trace"
	cp -p "$file" "$file.saved"
	echo "$line" >>"$file.saved"
	mv "$file.saved" "$file"
	status=0
	wait "$held" || status=$?
	output=$(cat "$DIR/out")
}

@test "what an editor saves while a command runs is not lost: the command says so, and is done when it is run again" {
	local file
	for file in /etc/agentauth/agents.d/shared.conf /etc/agentauth/agentauth.conf; do
		case $file in
		*shared*) set -- agentauthctl set shared --description again ;;
		*) set -- agentauthctl role set logs --max-session 60 ;;
		esac
		held_while $file '# saved meanwhile' "$@"
		expect_status 1
		expect_output "^$file: was changed by somebody else while this command ran, and that change would have been lost; run the command again$"
		expect_output 'nothing was changed$'
		grep -q '# saved meanwhile' $file
		run "$@"
		expect_status 0
		grep -q '# saved meanwhile' $file
		text_is_published
	done
}
