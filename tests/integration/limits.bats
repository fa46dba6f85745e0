#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How many sessions there may be, which may be open beside each other, and what goes wrong on the way to one.

load support
load agents
load sessions

setup_file() {
	host_init
	agentauthctl role add few --service sshd --service sudo --max-sessions 2 --sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	new_agent builder-7 ES256 --role few
	new_agent single ES256 --role deploy --role logs --max-sessions 1
	new_agent strict ES256 --role deploy --role logs --mixed-sessions refuse
	for agent in builder-7 single strict; do by_key $agent true; done
}

setup() {
	log_mark
	audit_mark
	for agent in builder-7 single strict; do forget_file $agent up up2; done
}

teardown() {
	for agent in builder-7 single strict; do agentauthctl session kill --agent $agent >/dev/null 2>&1 || :; done
	! mountpoint -q /run/agentauth/sessions || umount /run/agentauth/sessions
}

person_comes_in() {
	run dev ssh -i /home/dev/.ssh/id_alice -o BatchMode=yes "alice@$HOST" id -un
	expect_status 0 && expect_output '^alice$'
}

@test "an agent has as many sessions as its role says, and a place that is given up is free" {
	stay builder-7 'touch up; sleep 600'
	wait_for_file builder-7 up
	stay builder-7 'touch up2; sleep 600'
	wait_for_file builder-7 up2
	run by_key builder-7 id -un
	[ "$status" -ne 0 ]
	expect_no_output '^builder-7$'
	wait_for_audit '.agent == "builder-7" and .result == "denied" and .reason == "session_limit"'
	run in_session_of builder-7 'id -un'
	expect_status 255
	agentauthctl session kill "$(session_ids builder-7 | head -n 1)"
	run in_session_of builder-7 'id -un'
	expect_status 0
	expect_output '^builder-7$'
}

@test "or as its own entry says, and a credential that finds no room is not used up" {
	stay single 'touch up; sleep 600'
	wait_for_file single up
	token=$(token_file single)
	run ssh_with "$token" "single@$HOST" id -un
	expect_status 255
	expect_audit '.agent == "single" and .reason == "session_limit"'
	agentauthctl session kill --agent single
	run ssh_with "$token" "single@$HOST" id -un
	expect_status 0
}

@test "a session whose connection crashed keeps no place" {
	stay single 'touch up; sleep 600'
	wait_for_file single up
	kill -KILL "$(jq '.opener[0]' "/run/agentauth/sessions/$(session_ids single).json")"
	run by_key single id -un
	expect_status 0
}

@test "where sessions must not be mixed, another role set is refused while one is open, and the same is not" {
	stay strict 'touch up; sleep 600'
	wait_for_file strict up
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 255
	expect_audit '.agent == "strict" and .result == "denied" and .reason == "role_denied"'
	run in_session_of strict 'id -un'
	expect_status 0
	agentauthctl session kill --agent strict
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 0
	# The control: an agent that may mix.
	agentauthctl set strict --mixed-sessions allow >/dev/null
	forget_file strict up
	stay strict 'touch up; sleep 600'
	wait_for_file strict up
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	agentauthctl set strict --mixed-sessions refuse >/dev/null
	expect_status 0
}

# A process that stays when its session is over.
LEAVE='setsid -f sh -c "touch up; exec sleep 600" </dev/null >/dev/null 2>&1'

@test "where sessions must not be mixed, what one leaves running is in the way of another role set, and of the same it is not" {
	agentauthctl session kill --agent strict >/dev/null
	run in_session_of strict "$LEAVE"
	expect_status 0
	wait_for_file strict up
	wait_for_audit '.agent == "strict" and .event == "session-close"'
	[ "$(n_sessions strict)" -eq 0 ]
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 255
	expect_audit '.agent == "strict" and .event == "auth" and .result == "denied" and .reason == "role_denied"'
	run in_session_of strict 'id -un'
	expect_status 0
	token=$(token_file strict --claim 'scope="logs"')
	run ssh_with "$token" "strict@$HOST" id -un
	expect_status 255
	agentauthctl session kill --agent strict
	none_of strict
	# A credential that found something in its way is not used up.
	run ssh_with "$token" "strict@$HOST" id -un
	expect_status 0
	# The other way round: what a narrow session leaves waits for a wide one, a key's too.
	run in_session_of strict "$LEAVE" --claim 'scope="logs"'
	expect_status 0
	audit_mark
	run by_key strict id -un
	[ "$status" -ne 0 ]
	wait_for_audit '.agent == "strict" and .result == "denied" and .reason == "role_denied"'
	agentauthctl session kill --agent strict
	run by_key strict id -un
	expect_status 0
}

@test "nor may a job that root started for it be there, or a process whose session nobody remembers" {
	setpriv --reuid strict --regid strict --clear-groups --reset-env -- sleep 600 3>&- &
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 255
	agentauthctl session kill --agent strict
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 0
	su strict -c 'setsid -f sleep 600 </dev/null >/dev/null 2>&1'
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 255
	agentauthctl session kill --agent strict
	run in_session_of strict 'id -un' --claim 'scope="logs"'
	expect_status 0
}

# Takes another process over, as a debugger does. A kernel that lets only parents trace their children (yama) is told by
# the other that anybody may, as far as yama goes.
TRACE='import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
if libc.ptrace(16, pid, None, None) != 0: sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(pid, 0)
print("attached")
libc.ptrace(17, pid, None, None)'
TRACED='import ctypes, time
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1).value)
open("up", "w")
time.sleep(600)'

@test "where they are mixed, one session of an agent reads, traces and ends another: no boundary; another agent's is one" {
	stay single "export MARK=of-the-first; exec python3 -c '$TRACED'"
	wait_for_file single up
	pid=$(pgrep -u single -n -x python3)
	run in_session_of builder-7 "python3 -c '$TRACE' $pid || kill $pid"
	expect_output '^Operation not permitted$'
	expect_output 'kill: .*Operation not permitted'
	agentauthctl set single --no-max-sessions >/dev/null 2>&1 || agentauthctl set single --max-sessions 5 >/dev/null
	run in_session_of single "tr '\\0' '\\n' </proc/$pid/environ; python3 -c '$TRACE' $pid; kill $pid && echo ended" --claim 'scope="logs"'
	agentauthctl set single --max-sessions 1 >/dev/null
	expect_output '^MARK=of-the-first$'
	expect_output '^attached$'
	expect_output '^ended$'
}

@test "a record that cannot be read gives no sudo, and the next login is as ever" {
	stay builder-7 'touch up; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; touch ended; sleep 600'
	wait_for_file builder-7 up
	forget_file builder-7 go ended late
	echo '{' >"/run/agentauth/sessions/$(session_ids builder-7).json"
	touch_home builder-7 go
	wait_for_file builder-7 ended
	run cat /home/agents/builder-7/late
	expect_no_output '^restarted'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .reason == "no_session"'
	run in_session_of builder-7 'sudo -n restart-app'
	expect_status 0
	expect_output '^restarted'
}

@test "where no record can be written nobody gets in, and nothing stays behind" {
	mount -t tmpfs -o size=4k,nr_inodes=2,mode=700 full /run/agentauth/sessions
	run in_session_of builder-7 'id'
	expect_status 255
	run by_key builder-7 id
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
	expect_audit '.agent == "builder-7" and (.result == "error" or .result == "denied")'
	# People are not touched by it.
	run dev ssh -o BatchMode=yes -i /home/dev/.ssh/id_alice "alice@$HOST" id -un
	expect_status 0
	umount /run/agentauth/sessions
	run in_session_of builder-7 'id -un'
	expect_status 0
}

@test "a login that dies between its credential and its session leaves no session and no place" {
	token=$(token_file single)
	run "$HERE/pam_converse" sshd single "$token" authenticate acct_mgmt
	expect_status 0
	file=$(grep -l '"agent":"single".*"opened":0' /run/agentauth/sessions/*.json)
	[ -e "$file" ]
	[ "$(n_sessions single)" -eq 0 ]
	run by_key single id -un
	expect_status 0
	# What it left is swept when its time is over.
	jq -c '.created = 1' "$file" >"$file.new"
	chmod 600 "$file.new"
	mv "$file.new" "$file"
	run agentauthctl session reap
	expect_status 0
	[ ! -e "$file" ]
}

@test "an address that failed too often is not listened to for a minute, and others are" {
	sed -i 's/max_failures = 1000;/max_failures = 3;/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
	for _ in 1 2 3; do
		run ssh_with "$(token_file single --aud ssh://elsewhere.example.com)" "single@$HOST" true
		expect_status 255
	done
	run ssh_with "$(token_file single)" "single@$HOST" id -un
	expect_status 255
	expect_audit '.agent == "single" and .event == "auth" and .reason == "rate_limited"'
	run ssh_with "$(token_file single)" -b 127.0.0.9 "single@127.0.0.1" id -un
	expect_status 0
	expect_output '^single$'
	person_comes_in
	sed -i 's/max_failures = 3;/max_failures = 1000;/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
}

# The agent's su to itself or to another agent, with the credential that lies in its home.
SU_BY_FILE='fold -w 510 second | sed "\$!s/\$/+/" | (cat; echo) | su "$1" -c "id -Gn; sudo -n whoami"'
su_in_session() { # TARGET SCOPE
	forge "$1" --claim "scope=\"$2\"" >/home/agents/mover/second
	chown mover: /home/agents/mover/second
	# shellcheck disable=SC2097,SC2098
	run by_key mover "set -- $1; $SU_BY_FILE"
}

@test "an agent that becomes itself, or another, by su comes from where its session came from" {
	agentauthctl role add office --service sshd --service sudo --service su --source 192.0.2.0/24 --sudo '(root) /usr/bin/whoami' >/dev/null
	agentauthctl role add here --service sshd --service sudo --service su --source 127.0.0.0/8 --source ::1 --sudo '(root) /usr/bin/whoami' >/dev/null
	for agent in mover moved; do
		new_agent $agent ES256 --role deploy --role office --role here
		by_key $agent true
	done
	for target in mover moved; do
		audit_mark
		su_in_session $target office
		[ "$status" -ne 0 ]
		expect_no_output 'agent-office|^root$'
		expect_audit ".event == \"auth\" and .service == \"su\" and .agent == \"$target\" and .reason == \"source_denied\" and (.rhost | test(\"127.0.0.1|::1\"))"
		# The control: a role that lists where it is.
		su_in_session $target here
		expect_status 0
		expect_output 'agent-here'
		expect_output '^root$'
	done
	# One that lists nothing, and what the new session has of its address.
	su_in_session mover deploy
	expect_output 'agent-deploy'
}

@test "outside of a session nobody knows where an agent comes from, and a person of this host has no address" {
	local answers=$BATS_TEST_TMPDIR/answers
	forge mover --claim 'scope="here"' >"$answers"
	run setpriv --reuid mover --regid mover --clear-groups --reset-env -- su mover -c 'id -Gn' <<<"$(fold -w 510 "$answers" | sed '$!s/$/+/')"
	[ "$status" -ne 0 ]
	expect_no_output 'agent-here'
	expect_audit '.service == "su" and .agent == "mover" and .reason == "source_denied" and .rhost == "unknown"'
	run dev_su mover "$(token_file mover --claim 'scope="here"')" 'id -Gn'
	expect_status 0
	expect_output 'agent-here'
}

# Lines of the log since the test began, and how many refusals they stand for: "LINES REFUSALS".
told() { # FILTER
	audit_since_mark | jq -r -s "map(select($1)) | \"\(length) \(map(.count // 1) | add // 0)\""
}

@test "a flood of refusals has a few lines a minute and then one with their count, and what is granted has its own" {
	sed -i 's/max_failures = 1000;/max_failures = 8;/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
	new_agent flood ES256 --role few
	token=$(token_file flood --aud ssh://elsewhere.example.com)
	for i in $(seq 16); do # within one minute, on a slow machine too
		as flood sudo -n restart-app >/dev/null 2>&1 || :
		"$HERE/pam_converse" sshd flood "$token" authenticate >/dev/null 2>&1 || :
		[ $((i % 5)) -ne 0 ] || by_key single true
	done
	run told '.agent == "flood" and .event == "sudo-asked" and .reason == "no_session"'
	[ "$output" = '5 5' ]
	run told '.agent == "flood" and .reason == "wrong_audience"'
	[ "$output" = '5 5' ]
	run told '.agent == "flood" and .reason == "rate_limited"'
	[ "$output" = '1 1' ]
	run told '.agent == "single" and .event == "session-open" and .result == "ok"'
	[ "$output" = '3 3' ]
	# It is over, and nobody is refused any more: the timer's command tells what was counted.
	sleep 61
	agentauthctl session reap
	run told '.agent == "flood" and .event == "sudo-asked" and .reason == "no_session"'
	[ "$output" = '6 16' ]
	run told '.agent == "flood" and (.reason == "wrong_audience" or .reason == "rate_limited")'
	[ "$output" = '8 16' ]
	expect_audit '.agent == "flood" and .service == "sudo" and .count == 11 and .result == "denied" and (has("command") | not)'
	run chain_holds
	expect_status 0
	sed -i 's/max_failures = 8;/max_failures = 1000;/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
}
