#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# record = "exec": each program of such an agent's sessions, and of what they leave behind, is in the log of programs with
# agent, session and person; a role without it, and people, leave nothing there. In a box the recorder has perf events; what it
# does with the kernel's audit, test_record.sh tries on the machine itself.

load support
load agents
load sessions

EXEC=/var/log/agentauth/exec.jsonl

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	agentauthctl role add watched --service sshd --service sudo --service su --record exec \
		--sudo '(root) /usr/local/sbin/restart-app' >/dev/null
	new_agent builder-7 ES256 --role watched
	new_agent quiet ES256 --role deploy
	printf '#!/bin/sh\nsleep 0.05\necho "restarted by $(id -un) for $SUDO_USER"\nsleep 0.05\n' >/usr/local/sbin/restart-app
	printf '#include <unistd.h>\nint main(void) { usleep(400000); return 0; }\n' >/root/lone.c
	cc -static -o /usr/local/bin/lone /root/lone.c
	recorder_begin
	# The first login makes a home.
	by_key builder-7 true
	by_key quiet true
}

teardown_file() {
	recorder_end
}

setup() {
	audit_mark
	touch $EXEC
	wc -l <$EXEC >"$BATS_TEST_TMPDIR/exec.mark"
}

recorder_begin() {
	agentauthctl record >/root/recorder.out 2>&1 3>&- &
	echo $! >/root/recorder.pid
	disown
	wait_until grep -q '^records by' /root/recorder.out
}
recorder_end() {
	local pid
	pid=$(cat /root/recorder.pid)
	kill "$pid" 2>/dev/null || return 0
	wait_until none_of "$pid"
}
none_of() { # PID
	! kill -0 "$1" 2>/dev/null
}

recorded() { # FILTER: a line since the test began satisfies it
	tail -n "+$(($(cat "$BATS_TEST_TMPDIR/exec.mark") + 1))" $EXEC | jq -e -s "any(.[]; $1)" >/dev/null
}
expect_recorded() { # FILTER
	local i
	for ((i = 0; i < 40; i++)); do
		recorded "$1" && return
		sleep 0.05
	done
	printf 'no line of programs satisfies %s; lines:\n' "$1" >&2
	tail -n "+$(($(cat "$BATS_TEST_TMPDIR/exec.mark") + 1))" $EXEC | jq -c '[.agent, .session, .euid, .path, .command]' >&2
	return 1
}

@test "a command of a session is recorded with agent, session, person, directory, and its words as they were" {
	run in_session 'cd /usr && sleep 0.1; sleep "0.1" 0.02s; true'
	expect_status 0
	session=$(jq -rs 'map(select(.event == "session-open")) | last.session' "$AUDIT")
	expect_recorded '.event == "exec" and .agent == "builder-7" and .uid == 70000 and .euid == 70000 and .session == "'"$session"'"
		and .path == "/usr/bin/sleep" and .command == "sleep 0.1 0.02s" and .directory == "/usr" and .ppid > 0 and .result == "ok"'
}

@test "the recorder says how it records, and the audit log how far the log of programs has come" {
	run cat /root/recorder.out
	expect_output '^records by (audit|perf)$'
	jq -e -s 'any(.[]; .event == "exec-start" and .service == "record" and .result == "ok" and (.exec_hash | length) == 64)' "$AUDIT"
	run agentauthctl record
	expect_status 1
	expect_output 'a recorder runs already'
	run agentauthctl record --if-none
	expect_status 0
	run agentauthctl record --method ptrace
	expect_status 2
	expect_output 'neither audit nor perf'
}

@test "what sudo runs is recorded as root's, in the agent's session, and so is what that runs in turn" {
	run in_session 'sudo -n restart-app'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	session=$(jq -rs 'map(select(.event == "session-open")) | last.session' "$AUDIT")
	expect_recorded '.agent == "builder-7" and .uid == 70000 and .euid == 0 and .session == "'"$session"'" and .command == "/bin/sh /usr/local/sbin/restart-app"'
	expect_recorded '.euid == 0 and .session == "'"$session"'" and .command == "sleep 0.05"'
}

@test "a daemon that left its session and outlives it is recorded, in that session" {
	run in_session '(setsid sh -c "sleep 0.6; sleep 0.11" >/dev/null 2>&1 &)'
	expect_status 0
	session=$(jq -rs 'map(select(.event == "session-open")) | last.session' "$AUDIT")
	wait_for_audit '.event == "session-close"'
	expect_recorded '.agent == "builder-7" and .session == "'"$session"'" and .command == "sleep 0.11"'
}

@test "a script is recorded by its interpreter, with its file among the words" {
	touch_home builder-7 job
	printf '#!/bin/sh\nsleep 0.05\n' >/home/agents/builder-7/job
	chmod 755 /home/agents/builder-7/job
	run in_session './job one "two words"'
	expect_status 0
	expect_recorded '.path == "/usr/bin/dash" and .command == "/bin/sh ./job one '"'two words'"'"'
}

@test "a static program is recorded, and so is one that is run by its descriptor, or from memory" {
	run in_session 'lone; python3 -c "import os; os.execve(os.open(\"/usr/bin/sleep\", os.O_RDONLY), [\"by-descriptor\", \"0.4\"], {})"'
	expect_status 0
	expect_recorded '.path == "/usr/local/bin/lone" and .command == "lone"'
	expect_recorded '.path == "/usr/bin/sleep" and .command == "by-descriptor 0.4"'
	run in_session 'python3 -c "
import os
fd = os.memfd_create(\"x\", 0)
os.write(fd, open(\"/usr/bin/sleep\", \"rb\").read())
os.execve(fd, [\"from-memory\", \"0.4\"], {})"'
	expect_status 0
	expect_recorded '.command == "from-memory 0.4" and (.path | contains("/memfd:x"))'
	run in_session 'python3 -c "
import os
fd = os.memfd_create(\"y\", 0)
os.write(fd, open(\"/usr/local/bin/lone\", \"rb\").read())
os.execve(fd, [\"lone-from-memory\"], {})"'
	expect_status 0
	expect_recorded '.command == "lone-from-memory" and (.path | contains("/memfd:y"))'
}

@test "what su starts is the other agent's, and that agent's roles decide" {
	new_agent other ES256 --role watched
	touch_home other x
	run in_session 'sleep 0.05'
	expect_status 0
	run su other -s /bin/sh -c 'sleep 0.12'
	expect_status 0
	expect_recorded '.agent == "other" and .euid == (.uid) and .command == "sleep 0.12"'
	run su quiet -s /bin/sh -c 'sleep 0.13'
	expect_status 0
	run ! recorded '.command == "sleep 0.13"'
}

@test "words that could be taken for something else are shown as every text is, and long ones are cut, which the line says" {
	run in_session 'bash -c "sleep 0.05; :" $'"'"'a\n","agent":"other'"'"' $(printf "%05000d" 0)'
	expect_status 0
	expect_recorded '.path == "/usr/bin/bash" and .agent == "builder-7" and (.command | contains("a\\x0a\",\"agent\":\"other")) and .command_length > 5000 and (.command | length) < 1200'
}

@test "an agent without such a role leaves no line, and neither do people" {
	run in_session_of quiet 'sleep 0.14; sudo -n restart-app'
	expect_status 0
	run dev sh -c 'sleep 0.15'
	run in_session 'sleep 0.16'
	expect_recorded '.command == "sleep 0.16"'
	run ! recorded '.agent == "quiet" or .command == "sleep 0.14" or .command == "sleep 0.15"'
}

@test "a login that asks for less is recorded all the same" {
	agentauthctl set builder-7 --role logs >/dev/null
	run in_session 'sleep 0.17' --claim 'scope="logs"'
	expect_status 0
	expect_recorded '.agent == "builder-7" and .command == "sleep 0.17"'
	agentauthctl set builder-7 --no-role logs >/dev/null
}

@test "the chain of its lines holds, also where the log was turned" {
	mv $EXEC $EXEC.1
	run in_session 'sleep 0.18'
	expect_status 0
	wait_until test -s $EXEC
	grep -q 'sleep 0.18' $EXEC
	chain_holds $EXEC.1 $EXEC
}

@test "where the recorder was killed no recorded agent gets in, others do; it says how long it was away" {
	kill -KILL "$(cat /root/recorder.pid)"
	wait_until none_of "$(cat /root/recorder.pid)"
	run in_session 'sleep 0.19'
	expect_status 255 || expect_status 254
	wait_for_audit '.event == "session-open" and .agent == "builder-7" and .result == "denied" and .reason == "audit_unavailable"'
	run in_session_of quiet true
	expect_status 0
	run agentauthctl explain builder-7 --service sshd
	expect_output 'its roles have programs recorded, and no recorder runs'
	run agentauthctl doctor
	expect_output 'the programs of watched are to be recorded, and no recorder runs'
	order=$(agentauthctl --json doctor | jq -r '.findings[] | select(.check == "recorder").cure')
	[ "$order" = 'agentauthctl enable --yes record' ]
	eval "$order"
	# What cron would run.
	sh -c "exec $(sed -n 's/^\* \* \* \* \* root //p' /etc/cron.d/agentauth-record)" 3>&- &
	echo $! >/root/recorder.pid
	disown
	wait_for_audit '.event == "exec-start"'
	run agentauthctl doctor
	expect_no_output 'no recorder runs'
	rm /etc/cron.d/agentauth-record
	expect_audit '.event == "exec-gap" and .result == "error" and .reason == "audit_unavailable" and (.since | length) > 0'
	run in_session 'sleep 0.2'
	expect_status 0
	expect_recorded '.command == "sleep 0.2"'
	chain_holds $EXEC
}

@test "stopped in order it says so, and audit_failure = warn lets agents in without it" {
	recorder_end
	expect_audit '.event == "exec-stop" and .result == "ok" and .exec_seq > 0'
	sed -i 's/audit_failure = "deny"/audit_failure = "warn"/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
	run in_session 'echo in'
	expect_status 0
	expect_output '^in$'
	sed -i 's/audit_failure = "warn"/audit_failure = "deny"/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
	audit_mark
	recorder_begin
	expect_no_audit '.event == "exec-gap"'
}

@test "no start is lost without being counted: of many at once, and of a process that starts one program after the other" {
	printf '#include <stdlib.h>\n#include <stdio.h>\n#include <unistd.h>\nint main(int n, char **v) {\n\tchar left[16];\n\tint i = atoi(v[1]);\n\tsnprintf(left, 16, "%%d", i - 1);\n\tif (i > 1) execl("/usr/local/bin/chain", "chain", left, (char *)0);\n\treturn n - 2;\n}\n' >/root/chain.c
	cc -static -o /usr/local/bin/chain /root/chain.c
	run in_session 'for i in $(seq 400); do /bin/true & /bin/true & /bin/true & done; wait; chain 2000; sleep 0.5'
	expect_status 0
	recorder_end
	tail -n "+$(($(cat "$BATS_TEST_TMPDIR/exec.mark") + 1))" $EXEC >/root/since
	at_once=$(grep -c '"path":"/usr/bin/true"' /root/since)
	chained=$(grep -c '"path":"/usr/local/bin/chain"' /root/since)
	lost=$(audit_since_mark | jq -s 'map(select(.event == "exec-lost") | .count) | add // 0')
	echo "# of 1200 starts $at_once were recorded, of 2000 in one process $chained, $lost were counted as lost" >&3
	[ "$at_once" -le 1200 ]
	[ "$chained" -le 2000 ]
	[ "$((at_once + chained + lost))" -ge 3200 ]
	recorder_begin
}

@test "the log of programs is shown by the filters of the audit log, and proved by what the recorder says there" {
	local session last
	by_key builder-7 'sleep 0.07'
	session=$(jq -rs 'map(select(.event == "session-open" and .agent == "builder-7")) | last.session' "$AUDIT")
	expect_recorded '.command == "sleep 0.07"'
	run agentauthctl audit show --programs --session "${session:0:8}" --command sleep
	expect_status 0
	expect_output "^20[0-9-]{8} [0-9:]{8}  ok      builder-7        exec          .*sleep 0\\.07.*\\[${session:0:8}\\]\$"
	run agentauthctl audit show --programs --agent quiet
	expect_output '^The log has no record of an agent "quiet"\.$'
	run agentauthctl audit show --programs --by-session
	expect_status 2
	expect_output 'the log of programs has no beginning of a session to show them below: --session ID shows those of one'
	mkdir -m 700 /root/empty
	run agentauthctl --logdir /root/empty audit show --programs
	expect_status 1
	expect_output 'there is no log of programs in /root/empty yet: agentauthctl record writes it'
	recorder_end
	run agentauthctl audit verify --programs
	expect_status 0
	expect_output '^The log is whole: [0-9]+ records in 1 file, to seq [0-9]+, [0-9]+ marks? fits?\.$|^The log is whole: .* marks fit\.$'
	expect_output '^The last mark is of 20.*; what came since is held by nothing but this host\.$'
	run agentauthctl audit verify --programs --seals /dev/null
	expect_status 2
	expect_output 'the log of programs has no seals: the audit log names its lines'
	# Cut off with its head, the audit log still knows of the last line.
	last=$(wc -l <$EXEC)
	sed -i '$d' $EXEC
	rm /var/log/agentauth/exec.head
	run agentauthctl audit verify --programs
	expect_status 1
	expect_output "exec\\.jsonl:$((last - 1)): 1 line is missing behind this one: seq [0-9]+, of which the last was marked on 20"
	run agentauthctl audit verify
	expect_status 0
	# Changed in the middle.
	sed -i '2s/"pid":/"pid":1/' $EXEC
	run agentauthctl audit verify --programs
	expect_status 1
	expect_output 'exec\.jsonl:2: this line was changed after it was written'
}
