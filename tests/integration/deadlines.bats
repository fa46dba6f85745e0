#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A session ends when its time is over: no sudo from then on, and where there is no systemd, session reap ends what runs.

load support
load agents
load sessions

setup_file() {
	host_init
	agentauthctl role add brief --service sshd --service sudo --max-session 60 --sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	printf '#!/bin/sh\ntouch "$1"\nexec sleep 600\n' >/usr/local/sbin/stay-as-root
	chmod 755 /usr/local/sbin/stay-as-root
	agentauthctl role set brief --sudo '(root) /usr/local/sbin/stay-as-root' >/dev/null
	new_agent builder-7 ES256 --role brief
	new_agent other ES256 --role deploy
	by_key builder-7 true
	by_key other true
}

setup() {
	log_mark
	audit_mark
	forget_file builder-7 up go said ended root late
	forget_file other up
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent other >/dev/null 2>&1 || :
}

# No clock is turned: the record says that the time is over, or nearly.
set_deadline() { # AGENT SECONDS-FROM-NOW
	local id file
	id=$(session_ids "$1") file=/run/agentauth/sessions/$id.json
	jq -c ".deadline = $(($(date +%s) + $2))" "$file" >"$file.new"
	chmod 600 "$file.new"
	mv "$file.new" "$file"
}

@test "the deadline is the strictest role's, and the session is told of it" {
	run by_key builder-7 "date -d \"\$AGENTAUTH_EXPIRES\" +%s"
	expect_status 0
	[ $((output - $(date +%s))) -le 60 ]
	[ $((output - $(date +%s))) -gt 40 ]
}

@test "past its deadline a session gets no sudo, though nothing ended it" {
	stay builder-7 'sudo -n restart-app >said 2>&1; touch up; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; touch ended; sleep 600'
	wait_for_file builder-7 up
	set_deadline builder-7 0
	touch_home builder-7 go
	wait_for_file builder-7 ended
	run cat /home/agents/builder-7/said
	expect_output '^restarted'
	run cat /home/agents/builder-7/late
	expect_no_output '^restarted'
	expect_output "over|ended|expired|past"
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "session_expired"'
}

# One that is told, and does as it is told.
POLITE='import os, signal, sys
def end(*_):
    open("ended", "w")
    sys.exit()
signal.signal(signal.SIGTERM, end)
open("up", "w")
while True: signal.pause()'

@test "reap ends it, busy or not, TERM first and then KILL, with what its sudo runs, and leaves the others" {
	stay other 'touch up; sleep 600'
	wait_for_file other up
	stay builder-7 "python3 -c '$POLITE' & trap '' TERM HUP; (while :; do :; done) & sudo -n stay-as-root \$PWD/root & while :; do sleep 1; done"
	wait_for_file builder-7 up
	wait_for_file builder-7 root
	run agentauthctl session reap
	expect_status 0
	[ "$(n_sessions builder-7)" -eq 1 ]
	set_deadline builder-7 -1
	run agentauthctl session reap --dry-run
	expect_output '^1 session .*would end|1 sessions? past the deadline would end'
	[ "$(n_sessions builder-7)" -eq 1 ]
	run agentauthctl --json session reap --grace 1
	expect_status 0
	[ "$(jq .ended <<<"$output")" -eq 1 ]
	expect_none_of builder-7
	[ -e /home/agents/builder-7/ended ]
	[ "$(n_sessions builder-7)" -eq 0 ]
	[ "$(n_sessions other)" -eq 1 ]
	expect_audit '.event == "session-close" and .agent == "builder-7" and .reason == "session_expired"'
	expect_no_audit '.event == "session-close" and .agent == "other"'
}

@test "a session that is ended has one end in the log, with its reason, though PAM and the reaper both see it" {
	local how id reason
	for how in 'session reap --grace 2' 'session kill'; do
		forget_file builder-7 up
		stay builder-7 'touch up; sleep 600'
		wait_for_file builder-7 up
		id=$(session_ids builder-7) reason=ok
		[ "$how" = 'session kill' ] || { set_deadline builder-7 -1 && reason=session_expired; }
		[ "$how" != 'session kill' ] || how+=" $id"
		# shellcheck disable=SC2086  # words
		run agentauthctl $how
		expect_status 0
		# shellcheck disable=SC2154  # stay sets it
		wait "$client" || :
		run agentauthctl session reap
		expect_status 0
		[ "$(audit_since_mark | jq -r --arg id "$id" 'select(.event == "session-close" and .session == $id) | .reason')" = "$reason" ]
	done
}

@test "more than a minute before, a line in the terminal says so" {
	stay builder-7 'touch up; sleep 600' -tt
	wait_for_file builder-7 up
	set_deadline builder-7 90
	run agentauthctl --json session reap
	expect_status 0
	[ "$(jq .warned <<<"$output")" -eq 1 ]
	wait_until grep -q 'this session of builder-7 ends in 90s\|this session of builder-7 ends in 8[0-9]s' "$BATS_TEST_TMPDIR/stay.out"
	[ "$(n_sessions builder-7)" -eq 1 ]
}

@test "a pid that went to another process is not ended" {
	stay builder-7 'touch up; sleep 600'
	wait_for_file builder-7 up
	id=$(session_ids builder-7) file=/run/agentauth/sessions/$(session_ids builder-7).json
	sleep 600 3>&- &
	bystander=$!
	# The record names the bystander's pid with another start time, as after a reuse of the pid; then its own.
	jq -c ".opener[0] = $bystander | .deadline = 1 | .audit_session = 4294967295" "$file" >"$file.new"
	chmod 600 "$file.new"
	mv "$file.new" "$file"
	run agentauthctl session reap --grace 0
	expect_status 0
	kill -0 $bystander
	jq -c ".opener = [$bystander, 1, $(awk '{print $22}' /proc/$bystander/stat)] | .deadline = 1 | .id = \"$id\"" \
		<<<"$(jq -n --arg boot "$(cat /proc/sys/kernel/random/boot_id)" '{id: "", agent: "builder-7", service: "sshd", kind: "publickey", boot_id: $boot, uid: 70000, login_uid: 4294967295, audit_session: 4294967295, created: 1, opened: 1, deadline: 1, creator: [0, 0, 0], parent: [0, 0, 0], opener: [0, 0, 0], roles: ["brief"]}')" >"$file"
	chmod 600 "$file"
	run agentauthctl session reap --grace 0
	expect_status 0
	! kill -0 $bystander 2>/dev/null || false
}

@test "the shipped line for cron reaps, and the units are in order" {
	sed 's/^\* \* \* \* \*/@reboot/' /usr/share/agentauth/cron.d/agentauth-reap >/etc/cron.d/agentauth-reap
	stay builder-7 'touch up; sleep 600'
	wait_for_file builder-7 up
	set_deadline builder-7 -1
	rm -f /run/crond.reboot
	cron -f 3>&- &
	wait_until none_of builder-7
	kill $!
	rm -f /etc/cron.d/agentauth-reap /run/crond.pid
	wait_for_audit '.event == "session-close" and .reason == "session_expired"'
	# A small host has no man(1) to open the pages with that the units name.
	[ -e /usr/share/man/man8/agentauthctl.8 ]
	run systemd-analyze verify --man=no /usr/lib/systemd/system/agentauth-reap.timer /usr/lib/systemd/system/agentauth-reap.service
	expect_no_output 'agentauth-reap'
}
