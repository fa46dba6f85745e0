#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# SPDX-License-Identifier: Apache-2.0
# Many agents at once: by their names, by a role, of an owner. What is printed is held to the letter, each agent has its line in
# the log, and what the host then decides is asked of the real sshd.

load support
load agents
load sessions
load golden

setup_file() {
	host_init
	new_agent build-1 ES256 --role deploy --owner alice@example.com
	new_agent build-2 ES256 --role deploy --owner bob@example.com
	new_agent logs-1 ES256 --role logs --owner alice@example.com
	new_agent logs-2 ES256 --role logs --owner alicia@example.com
}
setup() {
	log_mark
	audit_mark
	rm -f /var/lib/agentauth/state/suspended/*
}

suspended() { # NAME...: these and no others
	local is
	is=$(ls /var/lib/agentauth/state/suspended)
	[ "$(xargs <<<"$is")" = "$*" ] || { printf 'suspended: %s\n' "$is" >&2; return 1; }
}
logged() { # COMMAND NAME...: one record each, and no other
	local command=$1 in_log
	shift
	in_log=$(audit_since_mark | jq -r --arg c "$command" 'select(.event == "admin" and (.command | startswith($c))) | .agent' | sort)
	[ "$(xargs <<<"$in_log")" = "$*" ] || { printf 'in the log: %s\n' "$in_log" >&2; return 1; }
}

@test "several names are suspended and resumed, and what was so before is said and is no failure" {
	turn names agentauthctl suspend build-1 logs-1 build-1 --why 'odd commands'
	suspended build-1 logs-1
	logged 'suspend build-1' build-1 logs-1
	run by_key build-1 id -un
	expect_status 255
	run by_key build-2 id -un
	expect_output '^build-2$'
	turn names-again agentauthctl suspend build-1 build-2
	suspended build-1 build-2 logs-1
	turn one-again agentauthctl suspend build-1
	turn names-resumed agentauthctl resume build-1 build-2 logs-2
	suspended logs-1
	logged 'resume build-1' build-1 build-2
	run by_key build-1 id -un
	expect_output '^build-1$'
	turn one-resumed-again agentauthctl resume build-1
}

@test "an unknown name among several changes nothing, and the near name is offered" {
	turn unknown-name agentauthctl suspend build-1 biuld-2 nobody
	suspended
	logged suspend
	agentauthctl suspend build-1 >/dev/null
	turn unknown-name-resume agentauthctl resume build-1 log-1
	suspended build-1
	turn nobody-chosen agentauthctl suspend
	turn both-ways agentauthctl suspend build-1 --role deploy
	turn show-near agentauthctl show buidl-2
}

@test "all agents with a role, those of an owner, and those with both" {
	turn role-dry-run agentauthctl suspend --role deploy --dry-run
	suspended
	turn role agentauthctl suspend --role deploy
	suspended build-1 build-2
	logged 'suspend --role' build-1 build-2
	turn owner agentauthctl suspend --owner alice
	suspended build-1 build-2 logs-1
	turn owner-resumed agentauthctl resume --owner alice@example.com
	suspended build-2
	turn owner-resumed-again agentauthctl resume --owner alice@example.com
	turn both agentauthctl suspend --owner alice --role logs
	suspended build-2 logs-1
	turn role-resumed-dry-run agentauthctl resume --role deploy --dry-run
	suspended build-2 logs-1
}

@test "a role or an owner that fits nobody is said, with what was probably meant" {
	turn no-such-role agentauthctl suspend --role depoly
	turn no-such-owner agentauthctl suspend --owner alice@example.con
	turn role-of-nobody agentauthctl suspend --owner bob --role logs
	turn owner-begun agentauthctl suspend --owner ali
	suspended
	logged suspend
}

@test "the shell completes names, one behind another, roles and owners" {
	run agentauthctl --complete suspend build-1 build-
	expect_output '^build-2'
	run agentauthctl --complete suspend --role d
	expect_output '^deploy$'
	run agentauthctl --complete resume --owner ali
	[ "$output" = $'alice@example.com\nalicia@example.com' ]
	run agentauthctl --complete show build-1 --at ''
	expect_output "^$(basename "$(readlink /var/lib/agentauth/current)")$"
}

@test "the same for programs" {
	run --separate-stderr agentauthctl suspend --role deploy --json --why drill
	expect_status 0
	[ "$(jq -c '[.agents[] | [.name, .outcome]]' <<<"$output")" = '[["build-1","suspended"],["build-2","suspended"]]' ]
	run --separate-stderr agentauthctl suspend build-1 logs-1 --json
	expect_status 0
	[ "$(jq -c '[.agents[] | [.name, .outcome]]' <<<"$output")" = '[["build-1","already"],["logs-1","suspended"]]' ]
	run --separate-stderr agentauthctl resume logs-1 --json
	[ "$(jq -c '[.agent, .agents[0].outcome]' <<<"$output")" = '["logs-1","resumed"]' ]
	run --separate-stderr agentauthctl resume --role deploy --json --dry-run
	[ "$(jq -c '[.agents[].outcome]' <<<"$output")" = '["would","would"]' ]
	run agentauthctl suspend build-1 nobody --json
	expect_status 1
	suspended build-1 build-2
}

@test "with --kill everything ends that they run, and nobody else's" {
	for agent in build-1 build-2 logs-1; do
		by_key $agent 'rm -f in'
		stay $agent 'touch in; sleep 60'
		wait_for_file $agent in
	done
	run --separate-stderr agentauthctl suspend --role deploy --kill --json
	expect_status 0
	[ "$(jq -c '[.agents[] | .killed > 0]' <<<"$output")" = '[true,true]' ]
	none_of build-1
	none_of build-2
	pgrep -u logs-1 >/dev/null
	agentauthctl session kill --agent logs-1 >/dev/null
}

@test "a colleague's edit that is half done does not keep a role from being suspended" {
	cp /etc/agentauth/agents.d/logs-1.conf /run/logs-1.conf
	echo 'roles = [ "no-such' >>/etc/agentauth/agents.d/logs-1.conf
	run agentauthctl suspend --role logs
	cp /run/logs-1.conf /etc/agentauth/agents.d/logs-1.conf
	expect_status 0
	suspended logs-1 logs-2
}

@test "a hundred agents and more: each has its record, and a person sees how far it is" {
	local i
	for i in $(seq 130); do
		sed -e "s/uid = [0-9]*/uid = $((71000 + i))/" -e '/keys/,/);/d' /etc/agentauth/agents.d/logs-2.conf >"/etc/agentauth/agents.d/many-$i.conf"
	done
	agentauthctl apply >/dev/null
	audit_mark
	# Work of half a second and more is said; the disk is made slow.
	script -qec 'strace -qq -o /dev/null -e trace=linkat -e inject=linkat:delay_enter=10000 agentauthctl suspend --owner alicia >/run/many.out' \
		/run/many.typed >/dev/null </dev/null
	grep -qE 'agentauthctl: [0-9]+ of 131 agents \([0-9]+ %\)' /run/many.typed
	[ "$(grep -c '^many-[0-9]* is suspended\.$' /run/many.out)" -eq 130 ]
	grep -q '^131 agents are suspended now' /run/many.out
	[ "$(audit_since_mark | jq -r 'select(.event == "admin") | .agent' | sort -u | wc -l)" -eq 131 ]
	run agentauthctl resume --owner alicia
	expect_output '^131 agents may log in again\.$'
	rm /etc/agentauth/agents.d/many-*.conf
	agentauthctl apply --yes >/dev/null
}
