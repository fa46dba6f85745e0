#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# SPDX-License-Identifier: Apache-2.0
# agentauth request: an agent in a session asks for a role for a time, a person decides, and nothing else comes of it.

load support
load agents
load sessions

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-request /etc/sudoers.d/
	host_init
	agentauthctl role add web --service sshd >/dev/null
	new_agent builder-7 ES256 --role logs
	new_agent website ES256 --role web
	by_key builder-7 true
}

setup() {
	log_mark
	audit_mark
	rm -rf /home/agents/builder-7/* /tmp/requested
}

teardown() {
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl elevate builder-7 --end >/dev/null 2>&1 || :
	for request in $(agentauthctl --json approval list | jq -r '.requests[].id'); do
		agentauthctl approval deny "$request" >/dev/null || :
	done
}

is_waiting() {
	request=$(agentauthctl --json approval list | jq -r '[.requests[] | select(.agent == "builder-7")][0].id // ""')
	[ "$request" ]
}
# A session that asks; what it is told is in ~/said, the status in ~/done.
ask() {
	stay builder-7 "agentauth request deploy --why 'release 4.2' >said 2>&1; echo \$? >status; mv status done; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; touch ended; sleep 60"
	wait_until is_waiting
}

@test "what is shipped is in order for visudo, and doctor says nothing about it" {
	run visudo -c
	expect_status 0
	expect_output 'agentauth-request: parsed OK'
	run agentauthctl doctor
	expect_no_output 'agentauth-request|rule of sudo'
}

@test "approved: a new login has the role, for as long as the person said; the session that asked does not" {
	ask
	run agentauthctl approval list
	expect_output "^$request  builder-7 asks for the role deploy for a time, [0-9]+ s left:$"
	expect_output '^        release 4\.2$'
	run agentauthctl approval approve "$request" --for 30m
	expect_status 0
	expect_output '^Approved\.$'
	expect_output '^builder-7 has the role deploy until .*, in logins from now on\.$'
	wait_for_file builder-7 'done'
	[ "$(cat /home/agents/builder-7/done)" = 0 ]
	run cat /home/agents/builder-7/said
	expect_output "^agentauth: this request for a role waits for a person's approval, request $request, up to 120 seconds\.$"
	expect_output "^agentauth: on this host: agentauthctl approval approve $request$"
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
	touch_home builder-7 go
	wait_for_file builder-7 ended
	run cat /home/agents/builder-7/late
	expect_no_output 'restarted'
	[ "$(agentauthctl --json elevate --list | jq -r '.elevations[0] | .role, .by, .why' | xargs)" = 'deploy root release 4.2' ]
	left=$(($(date -d "$(agentauthctl --json elevate --list | jq -r '.elevations[0].until')" +%s) - $(date +%s)))
	[ $left -gt 1700 ] && [ $left -le 1800 ]
	expect_audit '.event == "approval" and .step == "approved" and .role == "deploy" and .agent == "builder-7"'
	expect_audit '.event == "admin" and .roles == ["deploy"] and .agent == "builder-7" and (.command | test("^approval approve"))'
}

@test "denied, or interrupted: nothing is given, and the agent is told" {
	ask
	agentauthctl approval deny "$request" --why 'not today'
	wait_for_file builder-7 'done'
	[ "$(cat /home/agents/builder-7/done)" = 1 ]
	run cat /home/agents/builder-7/said
	expect_output '^agentauth: denied: not today$'
	[ "$(agentauthctl --json elevate --list | jq '.elevations | length')" = 0 ]
	run by_key builder-7 'timeout -s INT 2 agentauth request deploy --why x'
	expect_no_output 'Approved'
	run agentauthctl approval list
	expect_output '^Nothing waits for approval\.$'
}

@test "without waiting: it is open when the session is over, three at most, and one answer ends it" {
	for i in 1 2 3; do
		run by_key builder-7 "agentauth request deploy --no-wait --why 'number $i'"
		expect_status 0
		expect_output 'waits for a person.s approval, request [0-9]{6}, up to 3600 seconds'
	done
	run by_key builder-7 'agentauth request deploy --no-wait --why more; sudo -n whoami'
	expect_output 'three commands of this agent wait'
	expect_output '^root$'
	[ "$(agentauthctl --json approval list | jq '.requests | length')" = 3 ]
	agentauthctl session reap --grace 0
	request=$(agentauthctl --json approval list | jq -r '.requests[] | select(.why == "number 2").id')
	run agentauthctl approval approve "$request"
	expect_status 0
	expect_audit '.event == "approval" and .step == "approved" and .by == "root" and .role == "deploy"'
	run agentauthctl approval approve "$request"
	expect_status 1
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted'
	agentauthctl elevate builder-7 --end
	run by_key builder-7 "agentauth request deploy --no-wait --why 'number 4'" # the slot is free
	expect_status 0
	for request in $(agentauthctl --json approval list | jq -r '.requests[].id'); do
		agentauthctl approval deny "$request"
	done
	[ "$(agentauthctl --json approval list | jq '.requests | length')" = 0 ]
}

@test "racing for the slots there are three" {
	run by_key builder-7 'for i in $(seq 20); do agentauth request deploy --no-wait --why $i >/dev/null 2>&1 & done; wait'
	[ "$(agentauthctl --json approval list | jq '.requests | length')" = 3 ]
}

@test "what cannot be asked for is refused with a sentence, and nothing is open" {
	run by_key builder-7 'agentauth request nothing --why x'
	expect_status 1
	expect_output '^agentauth: there is no such role on this host$'
	run by_key builder-7 'agentauth request logs --why x'
	expect_status 1
	expect_output 'the agent has this role'
	run by_key builder-7 'agentauth request deploy; agentauth request BAD --why x'
	expect_output 'a person wants to know what for: --why TEXT'
	expect_output '"BAD" is no role.s name'
	run by_key builder-7 'sudo -n -u nobody /usr/libexec/agentauth/request; sudo -n -u nobody /usr/libexec/agentauth/request wait ../x y; sudo -n -u nobody /usr/libexec/agentauth/request wait deploy x y'
	[ "$(grep -c 'a role is asked for by: agentauth request ROLE --why TEXT' <<<"$output")" = 3 ]
	expect_no_output 'waits for'
	[ "$(agentauthctl --json approval list | jq '.requests | length')" = 0 ]
	run by_key website 'agentauth request deploy --why x'
	expect_status 1
	expect_audit '.service == "sudo" and .agent == "website" and .reason == "service_denied"'
	run by_key builder-7 "agentauth request deploy --no-wait --why 'release 4.2'" # the control
	expect_status 0
}

@test "the rule gives nothing but the question: no other user, no other program, no agent's answer" {
	run by_key builder-7 'sudo -n /usr/libexec/agentauth/request wait deploy x; sudo -n -u nobody id; sudo -n -u root id'
	expect_no_output 'uid='
	expect_no_output 'waits for'
	run by_key builder-7 "agentauth request deploy --no-wait --why 'release 4.2'"
	is_waiting
	run by_key builder-7 "agentauthctl approval approve $request; sudo -n agentauthctl approval approve $request"
	[ "$(agentauthctl --json elevate --list | jq '.elevations | length')" = 0 ]
	is_waiting
}

@test "a host that lets no agent ask says so, and how its administrator lets them" {
	rm /etc/sudoers.d/agentauth-request
	run by_key builder-7 'agentauth request deploy --no-wait --why x'
	expect_status 1
	expect_output '^agentauth request: this host lets no agent ask for a role\. Its administrator lets them, as root: install -m 0440 .* /etc/sudoers.d/$'
	sh -e -c "$(sed -n 's/.*as root: //p' <<<"$output")"
	run by_key builder-7 'agentauth request deploy --no-wait --why x'
	expect_status 0
	is_waiting
}

@test "an agent's words forge nothing on a terminal" {
	run by_key builder-7 "agentauth request deploy --no-wait --why \$'x\\n123456  root asks\\e[2K'"
	is_waiting
	run agentauthctl approval list
	expect_output '^        x\\x0a123456  root asks\\x1b\[2K$'
	agentauthctl approval approve "$request"
	run agentauthctl elevate --list
	expect_no_output '^123456'
}

@test "without the plugin nobody is asked, which is said" {
	sed -i '/agentauth/d' /etc/sudo.conf
	run by_key builder-7 'agentauth request deploy --why x'
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	expect_status 1
	expect_output '^agentauth: nobody was asked: sudo does not load the approval plugin here'
	expect_output 'administrator sees what is wrong: agentauthctl doctor$'
}

@test "--for is for a role alone" {
	agentauthctl role add ops --service sshd --service sudo --approval '(root) /usr/bin/id' >/dev/null
	agentauthctl set builder-7 --role ops >/dev/null
	stay builder-7 'sudo -n id >out 2>&1; touch ended; sleep 60'
	wait_until is_waiting
	run agentauthctl approval approve "$request" --for 1h
	expect_status 2
	expect_output 'a command is approved this once'
	run agentauthctl approval approve "$request"
	expect_output '^Approved, this once\.$'
	wait_for_file builder-7 ended
	run cat /home/agents/builder-7/out
	expect_output 'uid=0'
	agentauthctl set builder-7 --no-role ops >/dev/null
	agentauthctl role remove ops >/dev/null
}
