#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Prometheus sees logins, refusals, sudo, sessions, requests, keys and the state of the log: Debian's promtool, node_exporter
# and Prometheus read what is written.
# shellcheck disable=SC2154

load support
load agents
load sessions
load monitoring

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	new_agent builder-7 ES256 --role deploy --key-expires 7d
	new_agent builder-8 ES256 --role deploy --expires 10d
	new_agent builder-9 ES256 --role deploy
	local token
	token=$(token_file builder-7)
	ssh_with "$token" "builder-7@$HOST" 'sudo -n restart-app; sudo -n id' || :
	ssh_with "$token" "builder-7@$HOST" true || :
	by_key builder-7 true
	agentauthctl suspend builder-8
	by_key builder-8 true || :
	agentauthctl retire builder-9
	mkdir -p "$TEXTFILES"
	rm -f "$LOGDIR"/metrics.*
	cp -a "$LOGDIR" /var/log-as-written
}
# The log as it was written, and no counters; a test changes a copy.
setup() {
	rm -rf "$LOGDIR" "${TEXTFILES:?}"/*
	cp -a /var/log-as-written "$LOGDIR"
}

whole_login() {
	by_key builder-7 true
	wait_until is_closed
}
is_closed() {
	tail -n 1 "$AUDIT" | grep -q session-close
}
expect_all_counted() {
	run metrics
	expect_output '^$'
	expect_value agentauth_audit_lines_total "$(zcat -f "$AUDIT"* | wc -l)"
	expect_value agentauth_audit_chain_ok 1
}

@test "promtool finds no fault in the text, and each login, refusal and command is counted once" {
	metrics
	"$MONITORING/promtool" check metrics <"$PROM"
	expect_value 'agentauth_logins_total{service="sshd",kind="assertion",result="ok"}' 1
	expect_value 'agentauth_logins_total{service="sshd",kind="publickey",result="ok"}' 1
	expect_value 'agentauth_logins_total{service="sshd",kind="assertion",result="denied"}' 1
	expect_value 'agentauth_denials_total{what="login",reason="replayed"}' 1
	expect_value 'agentauth_denials_total{what="login",reason="agent_suspended"}' 1
	expect_value 'agentauth_denials_total{what="login",reason="bad_signature"}' 0
	expect_value 'agentauth_sudo_total{result="ok"}' 1
	expect_value 'agentauth_sudo_total{result="denied"}' 1
	expect_value 'agentauth_denials_total{what="sudo",reason="role_denied"}' 1
	expect_value 'agentauth_decision_duration_seconds_bucket{event="auth",le="+Inf"}' 2
	expect_value 'agentauth_decision_duration_seconds_count{event="auth"}' 2
	expect_value 'agentauth_agents{state="active"}' 1
	expect_value 'agentauth_agents{state="suspended"}' 1
	expect_value 'agentauth_agents{state="retired"}' 1
	expect_value agentauth_agents_expiring 1
	expect_value agentauth_agent_keys_expiring 1
	expect_value agentauth_audit_chain_ok 1
	expect_value agentauth_audit_writable 1
	expect_value agentauth_registry_generation "$(readlink "$STATE/current" | sed 's:.*/::')"
	expect_value agentauth_audit_lines_total "$(wc -l <"$AUDIT")"
	expect_value "agentauth_build_info{version=\"$(agentauthctl --version | sed -n '1s/.* //p')\"}" 1
	grep -q '^agentauth_decision_duration_seconds_sum{event="auth"} 0\.0' "$PROM"
}

@test "each metric of the table has its line in the manual, and no label has what an agent or a stranger says" {
	metrics
	diff <(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$PROM" | sort) \
		<(grep -E '^\.It Va agentauth_' "$TOP/man/agentauthctl.8" | grep -oE 'agentauth_[a-z_]+' | sort -u)
	run grep -E 'builder|alice|127\.0|restart-app' "$PROM"
	[ "$status" -eq 1 ]
	metrics --per-agent
	expect_value 'agentauth_agent_logins_total{agent="builder-7",result="ok"}' ''
	by_key builder-7 true
	metrics --per-agent
	expect_value 'agentauth_agent_logins_total{agent="builder-7",result="ok"}' 1
}

@test "counters only grow: over a login, a rotation, a packed file, and none is counted twice" {
	expect_all_counted
	expect_all_counted
	whole_login
	mv "$AUDIT" "$AUDIT-20260101"
	expect_all_counted
	whole_login
	expect_all_counted
	whole_login
	mv "$AUDIT" "$AUDIT-20260102"
	gzip "$AUDIT-20260101" "$AUDIT-20260102"
	whole_login
	expect_all_counted
	expect_value 'agentauth_logins_total{service="sshd",kind="publickey",result="ok"}' 5
	expect_value agentauth_audit_chain_ok 1
}

@test "a clock that was ahead when the log was read keeps nothing from being counted, over a rotation too" {
	append_line '{"event":"session-close","service":"sshd","result":"ok","reason":"ok"}'
	expect_all_counted
	whole_login
	mv "$AUDIT" "$AUDIT-20260101"
	whole_login
	gzip "$AUDIT-20260101"
	expect_all_counted
}

@test "where the state is lost or damaged the counters begin anew with the log that is there" {
	metrics
	whole_login
	rm "$LOGDIR/metrics.state"
	metrics
	expect_value agentauth_audit_lines_total "$(wc -l <"$AUDIT")"
	echo '{"version":1}' >"$LOGDIR/metrics.state"
	run agentauthctl metrics --output "$PROM"
	expect_status 0
	expect_output 'metrics.state is damaged: all counters begin anew'
	expect_value agentauth_audit_lines_total "$(wc -l <"$AUDIT")"
}

@test "a line of counted refusals stands for all of them" {
	metrics
	before=$(value 'agentauth_denials_total{what="login",reason="agent_suspended"}')
	append_line '{"event":"account","service":"sshd","agent":"builder-8","result":"denied","reason":"agent_suspended","count":17}'
	metrics
	expect_value 'agentauth_denials_total{what="login",reason="agent_suspended"}' $((before + 17))
}

@test "the recorder of programs: its last mark, its gaps, and the programs that it lost; gone when it ends" {
	append_line '{"event":"exec-mark","service":"record","result":"ok","reason":"ok"}'
	append_line '{"event":"exec-lost","service":"record","result":"error","reason":"internal","count":40}'
	append_line '{"event":"exec-gap","service":"record","result":"error","reason":"internal"}'
	metrics
	expect_value agentauth_recorder_lost_total 40
	expect_value agentauth_recorder_gaps_total 1
	expect_value agentauth_recorder_last_mark_timestamp_seconds "$(date -u -d 2099-01-01 +%s)"
	append_line '{"event":"exec-stop","service":"record","result":"ok","reason":"ok"}'
	metrics
	expect_value agentauth_recorder_last_mark_timestamp_seconds ''
}

@test "what a line says becomes no label: reasons, results, kinds and services that nobody has are \"other\" or \"none\"" {
	local i
	append_line '{"event":"auth","service":"x\"} 1\ny","agent":"a","result":"o\\k","reason":"\n","kind":"k"}'
	for ((i = 0; i < 30; i++)); do
		append_line "{\"event\":\"auth\",\"service\":\"service-$i\",\"result\":\"denied\",\"reason\":\"expired\",\"kind\":\"none\"}"
	done
	metrics
	"$MONITORING/promtool" check metrics <"$PROM"
	expect_value 'agentauth_denials_total{what="login",reason="other"}' 1
	expect_value 'agentauth_logins_total{service="other",kind="none",result="other"}' 1
	[ "$(grep -c '^agentauth_logins_total{service="service-' "$PROM")" -lt 24 ]
	[ "$(value 'agentauth_logins_total{service="other",kind="none",result="denied"}')" -gt 5 ]
}

@test "a line that is changed, taken out or cut off shows at once, and stays to be seen" {
	metrics
	whole_login
	sed -i '$d' "$AUDIT"
	run agentauthctl metrics --output "$PROM"
	expect_status 0
	expect_output 'the audit log does not go on as it was when it was read last \(cut_off, seq [0-9]+\): agentauthctl audit verify says where'
	expect_value agentauth_audit_chain_ok 0
	expect_value 'agentauth_audit_faults_total{kind="cut_off"}' 1
	run agentauthctl audit verify
	expect_status 1
	metrics
	expect_value agentauth_audit_chain_ok 0
	setup
	metrics
	sed -i '$s/"ok"/"no"/' "$AUDIT"
	metrics
	metrics
	expect_value 'agentauth_audit_faults_total{kind="changed"}' 1
	setup
	metrics
	sed -i '$d' "$AUDIT"
	metrics
	metrics
	expect_value 'agentauth_audit_faults_total{kind="cut_off"}' 1
	setup
	metrics
	rm "$AUDIT"
	metrics
	metrics
	expect_value 'agentauth_audit_faults_total{kind="cut_off"}' 1
	setup
	metrics
	mv "$AUDIT" "$AUDIT.1"
	expect_all_counted
	gzip "$AUDIT.1"
	expect_all_counted
}

@test "a log that was read and deleted, with its head or without, is said and counted from where it begins" {
	metrics
	rm "$AUDIT" "$LOGDIR/audit.head"
	whole_login
	metrics
	expect_value 'agentauth_audit_faults_total{kind="restarted"}' 1
	expect_value 'agentauth_logins_total{service="sshd",kind="publickey",result="ok"}' 2
	setup
	metrics
	head -n 5 "$AUDIT" >"$AUDIT.5"
	mv "$AUDIT.5" "$AUDIT"
	rm "$LOGDIR/audit.head"
	by_key builder-7 true
	metrics
	expect_value 'agentauth_audit_faults_total{kind="cut_off"}' 1
	metrics
	expect_value 'agentauth_audit_faults_total{kind="cut_off"}' 1
}

@test "the file is written whole, readable by all, beside which nothing named .prom ever stands" {
	metrics
	[ "$(stat -c '%a %U' "$PROM")" = '644 root' ]
	run strace -f -e trace=openat,rename,renameat,renameat2 agentauthctl metrics --output "$PROM"
	expect_status 0
	run grep -E 'O_CREAT' <<<"$output"
	expect_no_output '\.prom"'
	[ "$(ls -A "$TEXTFILES")" = agentauth.prom ]
}

@test "a folder that is another's, that others may write to or that is a link is refused; root's own passes" {
	local refused
	install -d -o dev /tmp/of-dev
	install -d -m 0777 /tmp/open
	ln -s "$TEXTFILES" /tmp/link
	for refused in /tmp/of-dev /tmp/open /tmp/link /tmp/none; do
		run agentauthctl metrics --output "$refused/agentauth.prom"
		expect_status 1
		expect_output "agentauthctl: $refused/agentauth.prom cannot be written: "
		[ ! -e "$refused/agentauth.prom" ]
	done
	install -d /tmp/of-root
	run agentauthctl metrics --output /tmp/of-root/agentauth.prom
	expect_status 0
	rm -rf /tmp/of-dev /tmp/open /tmp/link /tmp/of-root
}

@test "live sessions and requests that wait are those of now, and --json has the same numbers" {
	stay builder-7 'touch up; exec sleep 600'
	wait_for_file builder-7 up
	metrics
	expect_value 'agentauth_sessions_live{kind="publickey"}' 1
	expect_value 'agentauth_sessions_live{kind="token"}' 0
	expect_value agentauth_approvals_waiting 0
	run --separate-stderr agentauthctl --json metrics
	expect_status 0
	[ "$(jq '.metrics["agentauth_sessions_live{kind=\"publickey\"}"]' <<<"$output")" = 1 ]
	[ "$(jq '.metrics["agentauth_decision_duration_seconds_sum{event=\"auth\"}"] < 1' <<<"$output")" = true ]
	agentauthctl session kill --agent builder-7
	metrics
	expect_value 'agentauth_sessions_live{kind="publickey"}' 0
}

@test "a run reads what is new and one line before, however long the log is, and its memory does not grow" {
	local first again read
	append_line '{"event":"auth","service":"sshd","result":"denied","reason":"expired","kind":"assertion","micros":900}' 100000
	first=$(peak)
	expect_value agentauth_audit_lines_total "$(wc -l <"$AUDIT")"
	append_line '{"event":"auth","service":"sshd","result":"denied","reason":"expired","kind":"assertion","micros":900}' 10
	again=$(peak)
	run strace -y -e trace=read,pread64 agentauthctl metrics --output "$PROM"
	read=$(awk '/audit\.jsonl>/ { n += $NF } END { print n + 0 }' <<<"$output")
	echo "# 100,000 lines: $first kB at most, ten: $again kB; nothing new: $read of $(stat -c %s "$AUDIT") bytes read" >&3
	[ "$read" -lt 100000 ]
	[ "$first" -lt $((again + 8192)) ]
}
peak() { # kB
	/usr/bin/python3 -c 'import resource, subprocess, sys
subprocess.run(["agentauthctl", "metrics", "--output", sys.argv[1]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$PROM"
}

@test "two runs at a time, and eight: nothing is counted twice" {
	local i
	metrics
	whole_login
	for ((i = 0; i < 8; i++)); do
		agentauthctl metrics --output "$PROM" 3>&- &
	done
	wait
	expect_value agentauth_audit_lines_total "$(wc -l <"$AUDIT")"
}
