#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# check names every mistake of the configuration in one run, and where it stands. What is printed is held to the letter.

# shellcheck disable=SC2034,SC2154  # the loaded files use the variables
load support
load agents
load golden

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy --owner alice@example.com
	new_agent other ES256 --role deploy --owner alice@example.com
	cp -a /etc/agentauth /run/in-order
}
setup() {
	cp -aT /run/in-order /etc/agentauth
}
agent_file() { # NAME SED
	sed -i -E "$2" "/etc/agentauth/agents.d/$1.conf"
}

@test "a file that cannot be read to its end is one mistake, and takes no agent away" {
	agent_file builder-7 's/^(uid) =/\1/'
	agent_file other 's/^roles = .*/roles = [ "depoly" ];\nownr = "x";/'
	turn syntax agentauthctl check
	expect_no_output 'retire'
	run --separate-stderr agentauthctl check --json
	[ "$(jq '[.. | strings | select(test("retire"))] | length' <<<"$output")" -eq 0 ]
	run agentauthctl apply --dry-run
	expect_status 1
	expect_no_output 'retired'
	# A file that is gone does take its agent away.
	cp -aT /run/in-order /etc/agentauth
	rm /etc/agentauth/agents.d/other.conf
	run agentauthctl check
	expect_status 0
	expect_output '^Publishing it retires 1 agent\.$'
}

@test "an agentauth.conf that cannot be read keeps no mistake of an agent's file from being named" {
	sed -i 's/^host = {/host {/' /etc/agentauth/agentauth.conf
	agent_file builder-7 's/^(uid) =/\1/'
	agent_file other 's/^roles = .*/roles = [ "depoly" ];\nownr = "x";/'
	turn syntax-main agentauthctl check
	expect_status 1
	turn syntax-main-apply agentauthctl apply
	expect_status 1
	# So it is where somebody else could have written it, or where it is gone.
	cp -aT /run/in-order /etc/agentauth
	agent_file other 's/^roles = .*/ownr = "x";/'
	chmod g+w /etc/agentauth/agentauth.conf
	run agentauthctl check
	expect_status 1
	expect_output 'agentauth.conf:1:1: can be written by its group'
	expect_output 'other.conf:4:1: ownr: there is no such setting'
	rm /etc/agentauth/agentauth.conf
	run agentauthctl check
	expect_status 1
	expect_output 'holds no agentauth.conf'
	expect_output 'other.conf:4:1: ownr: there is no such setting'
}
