#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# systemd: a real systemd and logind end sessions by themselves, and what an agent leaves with them gives no sudo.

load support
load agents
load sessions

setup_file() {
	host_init
	agentauthctl role add brief --service sshd --service sudo --max-session 15 --memory-max 64M --tasks-max 40 --cpu-weight 50 \
		--sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	new_agent builder-7 ES256 --role brief
	new_agent other ES256 --role deploy
	by_key other true
}

setup() {
	touch /var/log/sshd.log /var/log/box.log
	log_mark
	audit_mark
	forget_file builder-7 up late
	forget_file other up late
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent other >/dev/null 2>&1 || :
}

scope_of() { # AGENT
	loginctl list-sessions --no-legend | awk -v u="$1" '$3 == u { print "session-" $1 ".scope"; exit }'
}
has_scope() {
	[ -n "$(scope_of "$1")" ]
}

@test "pam_systemd gets the deadline and the limits, and systemd ends the session" {
	run systemctl show --value -p Version
	expect_output '^2[0-9][0-9]'
	stay builder-7 'touch up; exec sleep 600'
	wait_for_file builder-7 up
	run systemctl show "$(scope_of builder-7)" -p RuntimeMaxUSec -p MemoryMax -p TasksMax -p CPUWeight
	expect_output '^RuntimeMaxUSec=1[0-5](s|\.)'
	expect_output '^MemoryMax=67108864$'
	expect_output '^TasksMax=40$'
	expect_output '^CPUWeight=50$'
	for _ in $(seq 300); do ! pgrep -u builder-7 -x sleep >/dev/null || sleep 0.1; done
	run pgrep -u builder-7 -x sleep
	[ "$status" -ne 0 ]
	# shellcheck disable=SC2154  # stay sets it
	wait "$client" || :
}

@test "suspend --kill stops the user's manager and its linger too" {
	stay other 'touch up; sleep 600'
	wait_for_file other up
	loginctl enable-linger other
	agentauthctl suspend other --kill
	wait_until none_of other
	[ ! -e /var/lib/systemd/linger/other ]
	run systemctl is-active "user@$(id -u other).service"
	expect_no_output '^active$'
	run systemctl start "user@$(id -u other).service"
	expect_none_of other
	agentauthctl resume other
}

@test "the shipped timer reaps" {
	stay other 'touch up; sleep 600'
	wait_for_file other up
	file=/run/agentauth/sessions/$(session_ids other).json
	jq -c '.deadline = 1' "$file" >"$file.new"
	chmod 600 "$file.new"
	mv "$file.new" "$file"
	systemctl start agentauth-reap.timer
	run systemctl is-active agentauth-reap.timer
	expect_output '^active$'
	systemctl start agentauth-reap.service
	[ "$(pgrep -c -u other -x sleep)" -eq 0 ]
	expect_audit '.event == "session-close" and .agent == "other" and .reason == "session_expired"'
}
