#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What agents did in a span of time is reported, from the log of real logins and from made ones; whoever may read it, may.
# shellcheck disable=SC2154

load support
load agents
load sessions
load golden
load report

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	groupadd --system agentauth-auditors
	useradd --create-home --groups agentauth-auditors vera
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	host_init
	printf '#!/bin/sh\necho stopped\n' >/usr/local/sbin/stop-app
	chmod 755 /usr/local/sbin/stop-app
	agentauthctl role add ops --service sshd --service sudo --sudo '(root) /usr/local/sbin/restart-app' \
		--approval '(root) /usr/local/sbin/stop-app' >/dev/null
	new_agent builder-7 ES256 --role ops
	new_agent builder-8 ES256 --role deploy
	by_key builder-7 'sudo -n restart-app; sudo -n id' || :
	in_session_of builder-8 true
	agentauthctl suspend builder-8
	by_key builder-8 true || :
	dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" 'sudo -n stop-app; sleep 60' >/dev/null 2>&1 3>&- &
	wait_until requested
	agentauthctl approval approve "$request"
	wait_until approved
	agentauthctl audit seal >/dev/null
}
requested() {
	request=$(agentauthctl --json approval list | jq -r '.requests[0].id // ""')
	[ "$request" ]
}
approved() {
	grep -q '"step":"approved"' "$AUDIT"
}
teardown_file() {
	agentauthctl session kill --agent builder-7 >/dev/null || :
}

counted() { # JQ: how many records of the log it is true of
	jq -s "[.[] | select($1)] | length" "$AUDIT"
}

@test "what agents did is reported as the log has it: sessions, refusals with their sentence, the approval, what is live" {
	run agentauthctl audit report
	expect_status 0
	expect_output '^  Host +web01\.example\.com$'
	expect_output '^  Chain +whole, from record 1 to [0-9]+$'
	expect_output '^  Sealed +to record [0-9]+, 20'
	expect_output "^builder-7 +$(counted '.event == "session-open" and .agent == "builder-7"') "
	expect_output "^$(counted '.reason == "agent_suspended"') +agent_suspended +the agent is suspended"
	expect_output '^1 requested: 1 approved, 0 denied, 0 not answered, 0 withdrawn\.$'
	expect_output '^root +1 +0$'
	expect_output '^Every agent and every key is in use\.$'
	[[ ${lines[-1]} == *builder-7* ]]
	run --separate-stderr agentauthctl --json audit report
	expect_status 0
	[ "$(jq .totals.sessions <<<"$output")" -eq "$(counted '.event == "session-open" and .result == "ok"')" ]
	[ "$(jq .whole <<<"$output")" = true ]
	[ "$(jq -c .approvals <<<"$output")" = '{"requested":1,"approved":1,"denied":0,"timeout":0,"withdrawn":0}' ]
}

@test "of one agent alone nothing of the others is reported" {
	run agentauthctl audit report --agent builder-8
	expect_status 0
	expect_output '^builder-8 +1 '
	expect_no_output '^builder-7 +[0-9]+ +[0-9]+ (s|min)'
	expect_output '^No command waited for a person\.$'
}

@test "a line that was changed is found, and so is a log that does not fit its seal" {
	cp -a /var/log/agentauth /run/changed
	sed -i '3s/"host":"web01/"host":"web02/' /run/changed/audit.jsonl
	run agentauthctl --logdir /run/changed audit report
	expect_output '^  Chain +NOT WHOLE, see the findings$'
	expect_output '^Look now: The log is not whole: 1 place does not fit$'
	expect_output '^    The first is at line 3 of /run/changed/audit\.jsonl\.'
	expect_output '^    agentauthctl audit verify$'
	made_log --agents 2 --sessions 40
	cp -a /var/log/agentauth/audit.seals "$MADE/"
	run report
	expect_output '^Look now: Record [0-9]+ is not the one that was sealed$'
}

@test "what the log says of itself is found, and shown by what the report says to do" {
	local now
	now=$(date -u +%FT%T.000000Z)
	cp -a /var/log/agentauth /run/said
	run agentauthctl --logdir /run/said audit report
	expect_no_output '^(Look now|Worth a look): (Lines of the log|The log could not|Programs of)'
	printf '{"time":"%s","seq":1,"host":"a","event":"log","service":"agentauth","result":"error","reason":"internal",%s}\n' \
		"$now" '"found":"log_cut","lines":3' "$now" '"found":"not_written","lines":12' >>/run/said/audit.jsonl
	printf '{"time":"%s","seq":1,"host":"a","event":"exec-lost","service":"record","result":"error","reason":"audit_unavailable","count":7}\n' \
		"$now" >>/run/said/audit.jsonl
	run agentauthctl --logdir /run/said audit report
	expect_output '^Look now: Lines of the log were gone when it went on, 1 time$'
	expect_output '^Worth a look: The log could not take 12 lines$'
	expect_output '^Worth a look: Programs of agents may be missing in the log of programs$'
	run agentauthctl --logdir /run/said audit show --event log
	[ "${#lines[@]}" -eq 2 ]
	run agentauthctl --logdir /run/said audit show --service record
	[ "${#lines[@]}" -eq 1 ]
}

@test "the report of a week is this one, to the letter" {
	made_log
	turn week agentauthctl --logdir "$MADE" --rundir /run/nothing audit report "${SPAN[@]}"
	expect_status 0
}

@test "what a finding says to do shows what it is about" {
	made_log
	run report
	command=$(grep -o 'agentauthctl audit show --agent builder-7 --result denied .*' <<<"$output")
	run ${command/agentauthctl/agentauthctl --logdir $MADE}
	expect_status 0
	[ "$(grep -c ' bad_signature' <<<"$output")" -eq 14 ]
	run agentauthctl --logdir "$MADE" audit show --event approval --reason approval_timeout "${SPAN[@]}"
	expect_status 0
	[ "${#lines[@]}" -eq 7 ]
}

@test "an empty span says so, and a slip in the question is told" {
	made_log --agents 1 --sessions 0 --lines 1
	run agentauthctl --logdir "$MADE" audit report --since 2020-01-01 --until 2020-02-01
	expect_status 0
	expect_output '^Nothing stands out in this span\.$'
	expect_output '^No agent had a session, and none was refused\.$'
	expect_output '^Nothing was refused\.$'
	run report --until 2024-01-01
	expect_status 2
	expect_output -- '--until is not later than --since'
	run agentauthctl audit report --since 100y
	expect_status 2
	expect_output 'the span is of more than 20 years: --since 7d is the last week'
	run report --html /tmp/page --mode 4755
	expect_status 2
	expect_output -- '--mode is that of a file in octal digits, like 0640; got "4755"'
	run report --mode 0644
	expect_status 2
	expect_output -- '--mode goes with --html FILE alone'
	run agentauthctl --json audit report --html /tmp/page
	expect_status 2
	expect_output -- '--html and --json are two forms of the report: give one of them'
	[ ! -e /tmp/page ]
	rm "$MADE/audit.jsonl"
	run report
	expect_status 1
	expect_output 'there is no audit log in /run/made yet'
}

@test "the page is written whole, for root alone unless it is to be otherwise, and a file that cannot be written is told" {
	made_log --agents 2 --sessions 20
	umask 0
	echo before >/tmp/page.html
	report --html /tmp/page.html
	[ "$(stat -c %a /tmp/page.html)" = 600 ]
	grep -q '^</html>$' /tmp/page.html
	report --html /tmp/page.html --mode 0644
	[ "$(stat -c %a /tmp/page.html)" = 644 ]
	[ "$(report --html - | tail -n 1)" = '</html>' ]
	run report --html /nowhere/page.html
	expect_status 1
	expect_output 'the page cannot be written to "/nowhere/page\.html": No such file or directory'
	mkfifo /tmp/fifo
	timeout 20 agentauthctl --logdir "$MADE" audit report "${SPAN[@]}" --html /tmp/fifo
	[ -f /tmp/fifo ]
}

@test "an auditor has the page on standard output alone, so that no file is written with root's rights" {
	run as vera sudo -n agentauth-auditor audit report --html /etc/page.html
	expect_status 1
	expect_output 'root would open this file for you; say --html - >FILE, so that your shell does'
	[ ! -e /etc/page.html ]
	as vera sh -c 'cd ~vera && sudo -n agentauth-auditor audit report --html - >page.html'
	grep -q '<h1><bdi>web01.example.com</bdi></h1>' /home/vera/page.html
	[ "$(stat -c %U /home/vera/page.html)" = vera ]
	run as vera sudo -n agentauth-auditor audit report
	expect_status 0
	expect_output '^FINDINGS$'
}

# PEAK, in KB, and SECONDS of a report.
measured() {
	local begin=$EPOCHREALTIME
	peak=$(/usr/bin/python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' agentauthctl --logdir "$MADE" audit report "${SPAN[@]}" --html -)
	seconds=$(bc -l <<<"$EPOCHREALTIME - $begin" 2>/dev/null || echo "$EPOCHREALTIME $begin" | awk '{print $1 - $2}')
}

@test "ten times the records take no more memory" {
	local few
	made_log --lines 20000
	measured
	few=$peak
	echo "# 20000 records: $peak KB, $seconds s" >&3
	made_log --lines 200000
	measured
	echo "# 200000 records: $peak KB, $seconds s" >&3
	[ "$peak" -lt $((few * 12 / 10)) ]
}
