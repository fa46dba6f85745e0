#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is published is what people decided, all of it, or nothing: whatever the resolver says, whatever a colleague has
# half done in the text, and whatever fails or is killed on the way.

load support
load agents

CONF=/etc/agentauth/agentauth.conf

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
	cp -a /etc/hosts /run/hosts.before
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	cp -a /run/hosts.before /etc/hosts
	hostname "$HOST"
}

logs_in() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" 'echo "in as $(id -un)"'
	expect_status 0
	expect_output '^in as builder-7$'
}
audience() {
	grep -ao '"audience":\[[^]]*\]' /var/lib/agentauth/current/policy.cdb | head -n 1
}

# ---- how agents name this host ---------------------------------------------

@test "init writes how agents name this host into the text" {
	grep -q '^	audience = \[ "ssh://web01.example.com" \];' $CONF
	logs_in
}

@test "a resolver that fails, or has the short name first, while something else is published changes nothing for agents" {
	local hosts before
	sed -i '/^	audience/d' $CONF
	agentauthctl apply
	before=$(audience)
	[ "$before" = '"audience":["ssh://web01.example.com"]' ]
	hostname web01
	for hosts in '127.0.0.1 localhost' '127.0.0.1 localhost\n127.0.1.1 web01 web01.example.com' \
		'127.0.0.1 localhost\n127.0.1.1 web01.elsewhere.test web01'; do
		# shellcheck disable=SC2059
		printf "$hosts\n" >/etc/hosts
		run agentauthctl set builder-7 --description "$hosts"
		expect_status 0
		expect_no_output warning
		[ "$(audience)" = "$before" ]
		cp -a /run/hosts.before /etc/hosts
		logs_in
		wait_for_audit '.host == "web01.example.com" and .event == "auth" and .agent == "builder-7"'
	done
	run agentauthctl apply
	expect_output '^Nothing has changed'
	sed -i 's/^host = {$/&\n\taudience = [ "ssh:\/\/web01.example.com" ];/' $CONF
	agentauthctl apply
}

@test "what the text says of the audience is published" {
	sed -i 's|^	audience = .*|	audience = [ "ssh://web01.example.com", "ssh://web.example.com" ];|' $CONF
	agentauthctl apply
	[ "$(audience)" = '"audience":["ssh://web01.example.com","ssh://web.example.com"]' ]
	logs_in
}

@test "a renamed host keeps its audience, and apply says what to write" {
	local line
	sed -i '/^	audience/d' $CONF
	hostname web02.example.com
	run agentauthctl apply
	expect_status 0
	expect_output 'host: audience is not set, so that agents go on naming this host "ssh://web01.example.com", as it is published'
	line=$(grep -o 'audience = \[ [^]]*\];' <<<"$output")
	logs_in
	[ "$line" = 'audience = [ "ssh://web02.example.com" ];' ]
	sed -i "s|^host = {\$|&\n\t$line|" $CONF
	run agentauthctl apply
	expect_status 0
	expect_no_output warning
	[ "$(audience)" = '"audience":["ssh://web02.example.com"]' ]
	sed -i 's|ssh://web02|ssh://web01|' $CONF
	agentauthctl apply
	logs_in
}

@test "a host that is published for the first time must know its name, and is told what to write" {
	local line
	hostname web03
	echo '127.0.0.1 localhost' >/etc/hosts
	mkdir -p /run/new/conf/agents.d /run/new/state/generations
	echo 'roles = { };' >/run/new/conf/agentauth.conf
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 1
	expect_output 'audience is not set, and the resolver knows no full name for this host\.'
	line=$(grep -o 'audience = \[ [^]]*\];' <<<"$output")
	echo "host = { $line };" >>/run/new/conf/agentauth.conf
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	# A text of another host can be checked all the same.
	echo 'roles = { };' >/run/new/conf/agentauth.conf
	run agentauthctl check --confdir /run/new/conf --statedir /run/nowhere
	expect_status 0
	expect_no_output warning
	# The same text, where the resolver knows the name.
	printf '127.0.0.1 localhost\n127.0.1.1 web03.example.com web03\n' >/etc/hosts
	rm -r /run/new/state/*
	mkdir /run/new/state/generations
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	# Asked for by init it is written down, and what is to be known of it is said.
	rm -r /run/new
	echo '127.0.0.1 localhost' >/etc/hosts
	run agentauthctl init --confdir /run/new/conf --statedir /run/new/state
	expect_status 1
	mkdir /run/new
	run agentauthctl init --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	expect_output 'the resolver knows no full name for this host, so that it is ssh://web03 to agents'
	sed -i 's|ssh://web03"|ssh://web03.example.com"|' /run/new/conf/agentauth.conf
	run agentauthctl apply --confdir /run/new/conf --statedir /run/new/state
	expect_status 0
	rm -r /run/new
}
