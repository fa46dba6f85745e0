#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The first stage of the PAM module steps aside for people by itself, and opens the core for agents alone: a core that is
# missing is an agent's end, and no person's business.

load support
load agents
load people
load sessions

CORE=$(echo /usr/lib/*/agentauth/pam_agentauth_core.so)

setup_file() {
	host_init
	new_agent builder-7 ES256
	by_key builder-7 true
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	[ ! -e /var/core ] || mv /var/core "$CORE"
	chmod 0644 "$CORE"
	chown root:root "$CORE"
}

agent_is_refused() {
	run by_key builder-7 true
	[ "$status" -ne 0 ]
}

restart_app() { # COMMAND: what the role's command does
	printf '#!/bin/sh\n%s\n' "$1" >/usr/local/sbin/restart-app
	chmod 0755 /usr/local/sbin/restart-app
}

# What a user's sudo has in its memory while `sleep 60` runs by it.
maps_of_sudo() { # COMMAND...
	local n
	"$@" <<<'alice-password' >/dev/null 2>&1 3>&- &
	for n in $(seq 100); do
		n=$(pgrep -x -n sudo) && pgrep -x sleep -P "$n" >/dev/null && break
		sleep 0.1
	done
	cat "/proc/$n/maps"
	pkill -x sleep
	wait
}

@test "the module needs libc and libpam, and nothing else" {
	run readelf -d /usr/lib/*/security/pam_agentauth.so
	[ "$(grep -o 'NEEDED.*\[.*' <<<"$output" | sed 's/.*\[\(.*\)\]/\1/' | sort | xargs)" = "libc.so.6 libpam.so.0" ]
}

@test "a person's sudo loads no core, an agent's does" {
	maps=$(maps_of_sudo as alice sudo -k -S sleep 60)
	grep -q 'pam_agentauth\.so' <<<"$maps"
	run grep -c -e pam_agentauth_core -e libjansson <<<"$maps"
	expect_output '^0$'
	restart_app 'exec sleep 60'
	maps=$(maps_of_sudo by_key builder-7 'sudo -n restart-app')
	grep -q pam_agentauth_core <<<"$maps"
}

@test "without the core people log in and have sudo, su and login, and an agent is refused by name of the file" {
	mv "$CORE" /var/core
	people_are_untouched
	agent_is_refused
	run log_since_mark
	expect_output "agents are refused: $CORE cannot be believed \(No such file or directory\)\. Install agentauth again"
	mv /var/core "$CORE"
	by_key builder-7 true
}

@test "a core that others could have written is not opened" {
	chmod g+w "$CORE"
	agent_is_refused
	run log_since_mark
	expect_output "$CORE cannot be believed \(Operation not permitted\)"
	people_are_untouched
	chmod g-w "$CORE"
	chown bob "$CORE"
	agent_is_refused
	chown root "$CORE"
	by_key builder-7 true
}

@test "a core that cannot be loaded lets no agent in, and people are not kept out" {
	cp -p "$CORE" /var/core
	truncate -s 4096 "$CORE"
	agent_is_refused
	people_are_untouched
	run agentauthctl doctor
	expect_output "agents are refused, since $CORE cannot be loaded"
	mv /var/core "$CORE"
	by_key builder-7 true
}

@test "an agent that is in a session has no sudo without the core, and has it again with the core" {
	restart_app 'echo restarted'
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted$'
	by_key builder-7 'echo >~/in; for i in $(seq 100); do [ ! -e ~/go ] || break; sleep 0.1; done; sudo -n restart-app' >/var/session.out 2>&1 3>&- &
	wait_until test -e /home/agents/builder-7/in
	mv "$CORE" /var/core
	run agentauthctl doctor
	expect_output "agents are refused, since $CORE is missing"
	touch /home/agents/builder-7/go
	wait "$!" || :
	run cat /var/session.out
	expect_no_output '^restarted$'
	mv /var/core "$CORE"
	rm -f /home/agents/builder-7/go
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted$'
}

@test "what the arguments of a stack have wrong is logged for people too" {
	cp /etc/pam.d/sudo /var/sudo.pam
	sed -i 's/pam_agentauth\.so/& colour=red/' /etc/pam.d/sudo
	person_runs_sudo
	run log_since_mark
	expect_output 'argument not understood, agents are refused: colour=red'
	cp /var/sudo.pam /etc/pam.d/sudo
}
