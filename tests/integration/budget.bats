#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# max_sudo of a role: so many commands run unasked, and then each waits for a person; nothing that an agent does gets it more.

load support
load agents
load sessions

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	agentauthctl role add few --service sshd --service sudo --sudo '(root) /usr/local/sbin/restart-app' --max-sudo 3/h >/dev/null
	new_agent builder-7 ES256 --role few --role logs
	by_key builder-7 true
}

setup() {
	log_mark
	audit_mark
	rm -f "$STATE"/state/budget/* /home/agents/builder-7/*
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl approval list >/dev/null
}

is_waiting() {
	request=$(agentauthctl --json approval list | jq -r '[.requests[] | select(.agent == "builder-7")][0].id // ""')
	[ "$request" ]
}
restarts() { # in what an agent left
	grep -c '^restarted' "/home/agents/builder-7/$1" || :
}

@test "apply refuses a budget while sudo does not ask, and what is no budget" {
	sed -i '/agentauth/d' /etc/sudo.conf
	run agentauthctl role add more --sudo '(root) /usr/bin/id' --max-sudo 3/h
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	expect_status 1
	expect_output 'roles\.more\.max_sudo'
	expect_output 'sudo\.conf'
	run agentauthctl role set few --max-sudo none --dry-run
	expect_status 0
	expect_output 'max_sudo'
	run agentauthctl role add more --sudo '(root) /usr/bin/id' --max-sudo 3/w
	expect_status 1
	expect_output 'is not 1 to 1000 a minute, an hour or a day, like "20/h"'
	run agentauthctl role add more --sudo '(root) /usr/bin/id' --max-sudo 3/h
	expect_status 0
	run agentauthctl role list
	expect_output 'max sudo +3/h, and then each command when a person approves'
	agentauthctl role remove more
}

@test "three run, the fourth waits for a person, and runs when one approves; the next waits again" {
	stay builder-7 'for i in 1 2 3 4 5; do sudo -n restart-app >>out 2>>said; echo $? >>status; done; touch ended; sleep 60'
	wait_until is_waiting
	[ "$(restarts out)" = 3 ]
	run cat /home/agents/builder-7/said
	expect_output '^agentauth: the budget of role few is used up \(max_sudo 3/h\)\.$'
	expect_output "this command waits for a person's approval, request $request"
	run agentauthctl approval list
	expect_output 'role few, over max_sudo 3/h, in /home'
	run agentauthctl --json approval list
	[ "$(jq -r '.requests[0] | .rule, .role' <<<"$output" | xargs)" = 'max_sudo 3/h few' ]
	agentauthctl approval approve "$request"
	wait_until eval '[ "$(restarts out)" = 4 ]'
	wait_until is_waiting
	agentauthctl approval deny "$request"
	wait_for_file builder-7 ended
	[ "$(xargs </home/agents/builder-7/status)" = '0 0 0 0 1' ]
	expect_audit '.event == "approval" and .step == "approved" and .role == "few"'
	expect_audit '.event == "approval" and .step == "denied" and .reason == "approval_denied"'
}

@test "neither another login nor another session has a budget of its own, nor does another role's command take from it" {
	for _ in 1 2 3; do
		run by_key builder-7 'sudo -n restart-app; sudo -n whoami; sudo -n whoami'
		expect_output '^restarted'
	done
	run in_session 'sudo -n whoami; timeout -s INT 2 sudo -n restart-app'
	expect_output '^root$'
	expect_output 'budget of role few is used up'
	expect_no_output '^restarted'
	run in_session 'sudo -n -l; sudo -n -v; echo $?' # which run nothing
	expect_output '^0$'
	expect_no_output 'used up'
}

@test "asking for less gives no more: another role with the same rule does not go round the budget" {
	agentauthctl role add also --service sshd --service sudo --sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	agentauthctl set builder-7 --role also >/dev/null
	for _ in 1 2 3; do
		run in_session 'sudo -n restart-app' --claim 'scope="also"'
		expect_output '^restarted'
	done
	run in_session 'timeout -s INT 2 sudo -n restart-app' --claim 'scope="also"'
	agentauthctl set builder-7 --no-role also >/dev/null
	agentauthctl role remove also
	expect_output 'budget of role few is used up'
	expect_no_output '^restarted'
}

@test "of twenty sudos at once three run, those that are stopped too" {
	stay builder-7 'for i in $(seq 20); do (timeout -s INT 20 sudo -n restart-app >>out 2>said.$i </dev/null; echo >>ends) & done; for i in $(seq 40); do kill -STOP $(pgrep -u builder-7 sudo) 2>/dev/null; sleep 0.02; kill -CONT $(pgrep -u builder-7 sudo) 2>/dev/null; done; touch tried; wait'
	wait_for_file builder-7 tried
	wait_until is_waiting
	wait_until eval '[ "$(restarts out)" = 3 ]'
	sleep 1
	[ "$(restarts out)" = 3 ]
}

@test "a counter that is damaged, linked, or another's has each command wait; in order again, they run" {
	local file=$STATE/state/budget/builder-7.few
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
	[ "$(stat -c '%a %U %s' "$file")" = '600 root 8' ]
	cp "$file" /run/good
	for damage in "echo x >$file" "ln -sf /run/good $file" "chmod 666 $file" "rm $file; mkdir $file"; do
		sh -c "$damage"
		run by_key builder-7 'timeout -s INT 2 sudo -n restart-app'
		expect_output 'used up'
		expect_no_output '^restarted'
		rm -rf "$file"
		install -m 600 /run/good "$file"
		run by_key builder-7 'sudo -n restart-app'
		expect_output '^restarted'
	done
}

@test "sudo.conf has lost the plugin since: no sudo, since nobody would count" {
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
	sed -i '/agentauth/d' /etc/sudo.conf
	run agentauthctl doctor
	expect_output '^PROBLEM  approval .*commands of few should wait for a person, and /etc/sudo.conf does not load it'
	run by_key builder-7 'sudo -n restart-app'
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	expect_no_output '^restarted'
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "approval_unavailable"'
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
}

@test "agentauth may tells an agent of the budget, and takes nothing from it" {
	for _ in 1 2 3 4; do
		run in_session 'agentauth may -- restart-app; agentauth may --json -- whoami'
		expect_output '^yes$'
		expect_output '^budget +3/h$'
		expect_no_output 'max_sudo' # of a command without one
	done
	run in_session 'agentauth may --json -- restart-app; sudo -n restart-app'
	expect_output '"max_sudo": ?"3/h"'
	expect_output '^restarted'
}

@test "explain says what is left, and takes nothing" {
	stay builder-7 'until [ -e go ]; do sleep 0.05; done; for i in 1 2 3; do sudo -n restart-app; done; touch ended; sleep 60'
	wait_until eval '[ "$(n_sessions builder-7)" = 1 ]'
	for _ in 1 2 3 4; do
		run agentauthctl explain builder-7 --service sudo --command restart-app
		expect_output 'max_sudo of few is not used up'
	done
	touch_home builder-7 go
	wait_for_file builder-7 ended
	run agentauthctl explain builder-7 --service sudo --command restart-app
	expect_output 'max_sudo of few is used up, so that it waits for a person'
}
