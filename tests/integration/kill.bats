#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is live is seen, and is ended within a second: logins, sudo, what detached itself, what forks faster than one looks.

load support
load agents
load sessions

setup_file() {
	host_init
	printf '#!/bin/sh\ntouch "$1"\nexec sleep 600\n' >/usr/local/sbin/stay-as-root
	# What a role's command may leave behind: root's, detached, and no child of anybody's.
	printf '#!/bin/sh\nsetsid sh -c "touch $1; exec sleep 600" </dev/null >/dev/null 2>&1 &\n' >/usr/local/sbin/leave-as-root
	chmod 755 /usr/local/sbin/stay-as-root /usr/local/sbin/leave-as-root
	agentauthctl role add stay --service sshd --service sudo --sudo '(root) /usr/local/sbin/stay-as-root' \
		--sudo '(root) /usr/local/sbin/leave-as-root' >/dev/null
	new_agent builder-7 ES256 --role deploy --role stay
	new_agent other ES256 --role deploy --role stay
	by_key builder-7 true
	by_key other true
}

setup() {
	log_mark
	audit_mark
	forget_file builder-7 up root left up2 x '*.sock'
	forget_file other up root left
}

teardown() {
	agentauthctl resume builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent other >/dev/null 2>&1 || :
	wait
}

# One that makes a child and ends, and the child does the same, without end.
HOP='import os
open("hopping", "w")
while True:
    if os.fork(): os._exit(0)'

# All that an agent can leave behind it: sudo's children, attached and detached, double forks, tmux, forks without end.
everything() {
	echo "sudo -n stay-as-root $(home_of "$1")/root & sudo -n leave-as-root $(home_of "$1")/left; rm -f hopping
		(setsid sleep 600 >/dev/null 2>&1 </dev/null &); (trap '' TERM HUP INT; setsid sh -c 'while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &)
		tmux new-session -d 'sleep 600'; (setsid python3 -c '$HOP' >/dev/null 2>&1 </dev/null &)
		until [ -e root ] && [ -e left ] && [ -e hopping ]; do sleep 0.05; done; touch up; sleep 600"
}

took() { # COMMAND...: milliseconds into $ms, its output and status as of run
	local start
	start=$(date +%s%N)
	run "$@"
	ms=$((($(date +%s%N) - start) / 1000000))
	echo "# $*: $ms ms" >&3
}

@test "suspend --kill ends everything that the agent runs within a second, and nobody else's" {
	stay builder-7 "$(everything builder-7)"
	wait_for_file builder-7 up
	stay other "sudo -n stay-as-root $(home_of other)/root & touch up; sleep 600"
	wait_for_file other root
	before=$(processes_of other | wc -l)
	# The control: there is root's, of the agent's login, and the agent's.
	run processes_of builder-7
	expect_output 'sleep 600'
	expect_output 'tmux'
	[ "$(agentauthctl --json session list | jq '[.sessions[] | select(.agent == "builder-7")] | length')" -eq 1 ]
	took agentauthctl suspend builder-7 --kill --why 'gone wrong'
	expect_status 0
	expect_output '^builder-7 is suspended'
	expect_output 'process(es)? of builder-7 ended\.$'
	[ "$ms" -lt 1000 ]
	expect_none_of builder-7
	[ "$(processes_of other | wc -l)" -eq "$before" ]
	[ "$(n_sessions builder-7)" -eq 0 ]
	[ "$(n_sessions other)" -eq 1 ]
	expect_audit '.event == "admin" and .agent == "builder-7" and .result == "ok"'
	expect_audit '.event == "session-close" and .agent == "builder-7"'
}

@test "while it is suspended no login gets in, by credential or by key, and resume undoes it" {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 0
	agentauthctl suspend builder-7 --kill
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 255
	run by_key builder-7 id -un
	expect_status 255
	expect_audit '.agent == "builder-7" and .result == "denied" and .reason == "agent_suspended"'
	run agentauthctl resume builder-7
	expect_status 0
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" 'id -un; sudo -n restart-app'
	expect_status 0
	expect_output '^restarted'
}

@test "a multiplexed connection outlives suspend, as the command says, and not suspend --kill" {
	socket=/home/dev/mux
	dev ssh -o BatchMode=yes -o ControlMaster=yes -o ControlPath=$socket -o ControlPersist=600 -i "$KEYS/builder-7.pem" \
		-f -N "builder-7@$HOST" >/dev/null 2>&1 3>&-
	run dev ssh -S $socket "builder-7@$HOST" id -un
	expect_status 0
	run agentauthctl suspend builder-7
	expect_output 'Connections that are open go on and can open further shells'
	run dev ssh -S $socket "builder-7@$HOST" 'id -un; sudo -n restart-app'
	expect_output '^builder-7$'
	expect_no_output '^restarted'
	took agentauthctl suspend builder-7 --kill
	expect_status 0
	[ "$ms" -lt 1000 ]
	run dev ssh -o BatchMode=yes -S $socket -i "$KEYS/builder-7.pem" "builder-7@$HOST" id -un
	expect_status 255
	expect_none_of builder-7
}

@test "session kill ends one session with what detached itself from it, and leaves the agent's other one" {
	stay builder-7 "touch up; sleep 601"
	wait_for_file builder-7 up
	# shellcheck disable=SC2154  # stay sets it
	first=$client one=$(session_ids builder-7)
	stay builder-7 "(setsid sleep 602 >/dev/null 2>&1 </dev/null &); sudo -n leave-as-root $(home_of builder-7)/left; sudo -n stay-as-root $(home_of builder-7)/root & sleep 602"
	wait_for_file builder-7 root
	wait_for_file builder-7 left
	two=$(session_ids builder-7 | grep -v "$one")
	run agentauthctl session list
	expect_output "^${one:0:8} +builder-7 +publickey .* deploy,stay +-$"
	run agentauthctl session kill "${two:0:8}"
	expect_status 0
	expect_output "processes of the session ${two:0:8} of builder-7 ended"
	run processes_of builder-7
	expect_output 'sleep 601'
	expect_no_output 'sleep 60[02]'
	kill -0 "$first"
	[ "$(session_ids builder-7)" = "$one" ]
}

# The members of the last line for which the filter holds.
members_of() { # FILTER
	audit_since_mark | jq -c -s "map(select($1)) | last | keys"
}

@test "the end of a session has the same members in the log, whether it ended, was killed or was reaped" {
	run by_key builder-7 true
	expect_status 0
	wait_for_audit '.event == "session-close" and .service == "sshd" and .agent == "builder-7"'
	closed=$(members_of '.event == "session-close" and .service == "sshd" and .agent == "builder-7"')
	stay builder-7 'touch up; sleep 600'
	wait_for_file builder-7 up
	one=$(session_ids builder-7)
	agentauthctl session kill "$one" >/dev/null
	expect_audit ".event == \"session-close\" and .session == \"$one\" and .service == \"agentauthctl\" and .uid == $(id -u builder-7) and
		(.kid | length) > 0 and .rhost == \"127.0.0.1\" and .reason == \"ok\""
	[ "$(members_of ".session == \"$one\" and .event == \"session-close\"")" = "$closed" ]
	forget_file builder-7 up
	stay builder-7 'touch up; sleep 600'
	wait_for_file builder-7 up
	two=$(session_ids builder-7)
	kill -KILL "$(jq -r '.opener[0]' "/run/agentauth/sessions/$two.json")"
	wait_until session_is_over "$two"
	agentauthctl session reap >/dev/null
	expect_audit ".event == \"session-close\" and .session == \"$two\""
	[ "$(members_of ".session == \"$two\" and .event == \"session-close\"")" = "$closed" ]
}
session_is_over() { # ID
	! agentauthctl session list --json | jq -e --arg id "$1" 'any(.sessions[]; .id == $id)' >/dev/null
}

@test "a session that forks without end is ended, and the agent's other session goes on" {
	stay builder-7 "touch up; while :; do sleep 0.1; touch x; done"
	wait_for_file builder-7 up
	one=$(session_ids builder-7)
	forget_file builder-7 hopping
	stay builder-7 "python3 -c '$HOP'; until [ -e hopping ]; do sleep 0.05; done; touch up2; sleep 600"
	wait_for_file builder-7 up2
	two=$(session_ids builder-7 | grep -v "$one")
	took agentauthctl session kill "$two"
	expect_status 0
	[ "$ms" -lt 1000 ]
	run processes_of builder-7
	expect_no_output 'python3'
	expect_output 'touch x|sleep 0.1'
	forget_file builder-7 x
	wait_for_file builder-7 x
}

# Its first thread ends, and the other writes on: /proc calls such a process a zombie.
HEADLESS='import ctypes, threading, time
def on():
    while True:
        open("headless", "w").write("on")
        time.sleep(0.05)
threading.Thread(target=on).start()
libc = ctypes.CDLL(None)
libc.syscall(60 if __import__("os").uname().machine == "x86_64" else 93, 0)'

@test "a process whose first thread has ended is seen, and ended" {
	for how in 'session kill --agent builder-7' 'suspend builder-7 --kill'; do
		forget_file builder-7 up headless
		stay builder-7 "(setsid python3 -c '$HEADLESS' >/dev/null 2>&1 </dev/null &); until [ -s headless ]; do sleep 0.05; done; touch up; sleep 600"
		wait_for_file builder-7 up
		# shellcheck disable=SC2086
		run agentauthctl $how
		agentauthctl resume builder-7 >/dev/null 2>&1 || :
		expect_status 0
		expect_none_of builder-7
		forget_file builder-7 headless
		sleep 0.3
		[ ! -e "$(home_of builder-7)/headless" ]
	done
	stay builder-7 "touch up2; sleep 600"
	wait_for_file builder-7 up2
	one=$(session_ids builder-7)
	stay builder-7 "(setsid python3 -c '$HEADLESS' >/dev/null 2>&1 </dev/null &); until [ -s headless ]; do sleep 0.05; done; sleep 600"
	wait_for_file builder-7 headless
	two=$(session_ids builder-7 | grep -v "$one")
	agentauthctl session kill "$two"
	forget_file builder-7 headless
	sleep 0.3
	[ ! -e "$(home_of builder-7)/headless" ]
	[ "$(session_ids builder-7)" = "$one" ]
}

@test "session kill --agent ends all of them and refuses nothing" {
	stay builder-7 "touch up; sleep 600"
	wait_for_file builder-7 up
	run agentauthctl session kill --agent builder-7
	expect_status 0
	expect_none_of builder-7
	run by_key builder-7 id -un
	expect_status 0
}

@test "session kill says what it cannot find, and wants one session" {
	run agentauthctl session kill 0123
	expect_status 1
	expect_output 'no live session'
	run agentauthctl session kill
	expect_status 2
	run agentauthctl session kill --agent nobody-here
	expect_status 1
	expect_output 'no agent nobody-here'
}

@test "a suspended agent's cron job does not run, and another's does" {
	agentauthctl suspend builder-7
	cron_table builder-7 "@reboot touch $(home_of builder-7)/up"
	cron_table other "@reboot echo here >$(home_of other)/up"
	cron_until_file "$(home_of other)/up"
	rm /var/spool/cron/crontabs/{builder-7,other}
	[ -e "$(home_of other)/up" ]
	[ ! -e "$(home_of builder-7)/up" ]
	wait_for_audit '.service == "cron" and .agent == "builder-7" and .result == "denied" and .reason == "agent_suspended"'
}

@test "session list tells who, how, since when, until when, from where, which roles and how many processes" {
	stay builder-7 "touch up; sleep 600 | sleep 600"
	wait_for_file builder-7 up
	run agentauthctl --json session list
	expect_status 0
	jq -e '.sessions | length == 1 and (.[0] | .agent == "builder-7" and .kind == "publickey" and .service == "sshd"
		and (.rhost | startswith("127.")) and .roles == ["deploy", "stay"] and .opened > 0 and .deadline - .opened == 3600
		and .processes >= 4)' <<<"$output"
	run timeout 3 agentauthctl session list --watch
	[ "$(grep -c builder-7 <<<"$output")" -ge 2 ]
	run agentauthctl --json session list --watch
	expect_status 2
}

@test "what a crashed connection leaves is not listed, and is cleaned up" {
	stay builder-7 "touch up; sleep 600"
	wait_for_file builder-7 up
	id=$(session_ids builder-7)
	kill -KILL "$(jq '.opener[0]' "/run/agentauth/sessions/$id.json")"
	wait_until no_session_of builder-7
	[ -e "/run/agentauth/sessions/$id.json" ]
	# Another boot's, a half-written one, a damaged one, and names of what is not there.
	sed "s/$id/$(printf '%032d' 1)/; s/\"boot_id\":\"[^\"]*\"/\"boot_id\":\"$(cat /proc/sys/kernel/random/uuid)\"/" \
		"/run/agentauth/sessions/$id.json" >"/run/agentauth/sessions/$(printf '%032d' 1).json"
	echo '{' >"/run/agentauth/sessions/$(printf '%032d' 2).json"
	echo '{' >"/run/agentauth/sessions/.$(printf '%032d' 3).json"
	touch -d '10 minutes ago' "/run/agentauth/sessions/"{,.}*.json
	ln -s "$(printf '%032d' 4)" /run/agentauth/sessions/by-pid/99999
	touch "/run/agentauth/sessions/by-agent/builder-7/$(printf '%032d' 5)"
	run agentauthctl session list
	expect_status 0
	expect_output 'No agent has a session'
	run agentauthctl session reap
	expect_status 0
	run find /run/agentauth/sessions -not -type d
	expect_no_output '.'
	expect_audit '.event == "session-close" and .agent == "builder-7"'
}
