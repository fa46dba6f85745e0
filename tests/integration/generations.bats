#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What was published: when, by whom, and what it changed; and an agent as an earlier generation has it. What is printed is held to
# the letter.

load support
load agents
load golden

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy --owner alice@example.com
	agentauthctl set builder-7 --owner bob@example.com --description 'Release builder'
	agentauthctl role add audit --service sshd
	agentauthctl set builder-7 --role audit
}
generation() {
	basename "$(readlink /var/lib/agentauth/current)"
}

@test "each generation says when it was made, by whom and what it changed, and which one serves" {
	turn list agentauthctl generations
	run --separate-stderr agentauthctl generations --json
	expect_status 0
	[ "$(jq -r '.generations[0] | .generation, .serves, .by, .command, .changed' <<<"$output" | paste -sd '|')" = \
		"$(generation)|true|root|set builder-7 --role audit|~ agent builder-7 (roles)" ]
	[ "$(jq '[.generations[] | select(.serves)] | length' <<<"$output")" -eq 1 ]
	[ "$(jq '[.generations[] | .generation] == ([.generations[] | .generation] | sort | reverse)' <<<"$output")" = true ]
}

@test "whoever is not root is told so once" {
	turn not-root dev /usr/sbin/agentauthctl generations
	turn not-root-at dev /usr/sbin/agentauthctl show builder-7 --at 1
}

@test "an agent is shown as an earlier generation has it" {
	local now
	now=$(generation)
	turn at agentauthctl show builder-7 --at $((now - 2))
	[[ $output == *'Release builder'* && $output == *bob@example.com* ]]
	run agentauthctl show builder-7 --at $((now - 3))
	expect_output 'alice@example.com'
	expect_no_output 'Release builder'
	run --separate-stderr agentauthctl show builder-7 --at $((now - 2)) --json
	expect_status 0
	[ "$(jq -r '.generation, .agent.roles[]' <<<"$output" | xargs)" = "$((now - 2)) deploy" ]
	run --separate-stderr agentauthctl show builder-7 --at "$now" --json
	[ "$(jq -r '.agent.roles[]' <<<"$output" | xargs)" = 'deploy audit' ]
	turn at-before agentauthctl show builder-7 --at 1
	turn at-none agentauthctl show builder-7 --at 999
	turn at-word agentauthctl show builder-7 --at yesterday
}

@test "a role is shown with the agents that have it, and a name that is near is offered" {
	turn role agentauthctl role show audit
	turn role-near agentauthctl role show depoly
	run --separate-stderr agentauthctl role show audit --json
	[ "$(jq -r '.role.name, .agents[]' <<<"$output" | xargs)" = 'audit builder-7' ]
	agentauthctl role add spare --service sshd >/dev/null
	run agentauthctl role show spare
	expect_output 'agents +none'
}

@test "after a rollback the older one serves, and what is published then is told of it" {
	local now
	now=$(generation)
	agentauthctl rollback --yes >/dev/null
	turn rolled-back agentauthctl generations
	agentauthctl apply >/dev/null
	run agentauthctl generations
	expect_output "^$((now + 1)) \\(serves\\) .*\\(since $((now - 1))\\)$"
}

@test "a generation of an earlier version, and one that is damaged" {
	local now manifest
	now=$(generation)
	manifest=/var/lib/agentauth/generations/$((now - 1))/manifest.json
	jq 'del(.by, .command, .changed, .from)' $manifest >/run/manifest
	cat /run/manifest >$manifest
	run agentauthctl generations
	expect_status 0
	expect_output "^$((now - 1)) .* - .*not known: made by an earlier version$"
	echo '{' >$manifest
	run agentauthctl generations
	expect_status 1
	expect_output "^$now \\(serves\\)"
	expect_output "generation $((now - 1)) cannot be read, so that rollback cannot take it"
	run agentauthctl rollback $((now - 1))
	expect_status 1
	cat /run/manifest >$manifest
}
