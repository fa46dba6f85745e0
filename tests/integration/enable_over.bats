#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# enable and disable on a host whose administrator copied our stacks by hand, as was the way before there was enable.

load support
load agents
load sessions
load people

setup_file() {
	host_init
	new_agent builder-7 ES256
	by_key builder-7 true
}

setup() {
	log_mark
}

@test "enable adds what is missing, leaves stacks that name the module alone, and the agent works as before" {
	cp -a /etc/pam.d /var/pam.before
	run agentauthctl enable --yes
	expect_status 0
	expect_output '^changed   /etc/sudo.conf$'
	diff -r /var/pam.before /etc/pam.d
	run by_key builder-7 'id -un; sudo -n -l'
	expect_status 0
	expect_output '\(root\) NOPASSWD: /usr/local/sbin/restart-app'
	people_are_untouched
	run agentauthctl enable --dry-run
	expect_status 0
}

@test "disable takes our lines out of stacks that it did not write, people go on, and no agent is let in" {
	run agentauthctl disable --yes
	expect_status 0
	run grep -rl pam_agentauth /etc/pam.d
	expect_output '^/etc/pam.d/agentauth-run$' # by which a person starts an agent, and nobody logs in
	[ "${#lines[@]}" -eq 1 ]
	run grep -c agentauth /etc/sudo.conf
	expect_output '^0$'
	people_are_untouched
	run by_key builder-7 true
	expect_status 255
}
