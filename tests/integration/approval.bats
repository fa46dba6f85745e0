#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A command of a role's `approval` waits for a person, each time, whatever the agent does meanwhile.

load support
load agents
load sessions

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	groupadd --system agentauth-approvers
	usermod --append --groups agentauth-approvers bob
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	printf '#!/bin/sh\necho "stopped by $(id -un): $*"\n' >/usr/local/sbin/stop-app
	chmod 755 /usr/local/sbin/stop-app
	host_init
	agentauthctl role add ops --service sshd --service sudo --sudo '(root) /usr/local/sbin/restart-app' \
		--approval '(root) /usr/local/sbin/stop-app' >/dev/null
	new_agent builder-7 ES256 --role ops
	by_key builder-7 true
	# Nobody answers these: one waits its two minutes out, the other is stopped until they are over. The last tests look.
	new_agent slow ES256 --role ops
	slowly unanswered
	export UNANSWERED=$request
	slowly stopped
	export STOPPED=$request
	STOPPED_PID=$(jq .pid "/run/agentauth/approvals/$STOPPED.json")
	STOPPED_UNTIL=$(jq .until "/run/agentauth/approvals/$STOPPED.json")
	export STOPPED_PID STOPPED_UNTIL
	kill -STOP "$STOPPED_PID"
	agentauthctl approval approve "$STOPPED"
}
slowly() { # FILE
	dev ssh -o BatchMode=yes -i "$KEYS/slow.pem" "slow@$HOST" \
		"sudo -n stop-app $1 >$1 2>&1; echo \$? >$1.done" >/dev/null 2>&1 3>&- &
	wait_until is_waiting slow "$1"
}

setup() {
	log_mark
	audit_mark
	rm -rf /home/agents/builder-7/* /tmp/requested
}

teardown() {
	agentauthctl resume builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	agentauthctl approval list >/dev/null
}

teardown_file() {
	agentauthctl session kill --agent slow >/dev/null
}

# A session that asks; what sudo says is in ~/said, its status in ~/done.
ask() { # [ARGUMENT]...
	stay builder-7 "mkdir -p work; cd work; sudo -n stop-app $* >../out 2>../said; echo \$? >../done"
	wait_until is_waiting
}
is_waiting() { # [AGENT [ARGUMENT]]
	request=$(agentauthctl --json approval list |
		jq -r "[.requests[] | select(.agent == \"${1:-builder-7}\" and (.command | endswith(\"${2:-}\")))][0].id // \"\"")
	[ "$request" ]
}
answered() {
	wait_for_file builder-7 'done'
	# shellcheck disable=SC2154  # stay sets it
	wait "$client" || :
	run cat /home/agents/builder-7/{out,said}
	status=$(cat /home/agents/builder-7/done)
}
bob() {
	as bob sudo -n agentauth-approver approval "$@"
}

@test "apply refuses a role with approval while sudo does not ask" {
	sed -i '/agentauth/d' /etc/sudo.conf
	run agentauthctl role add more --approval '(root) /usr/bin/id'
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	expect_status 1
	expect_output 'sudo.conf'
	run agentauthctl role add more --approval '(root) /usr/bin/id'
	expect_status 0
	agentauthctl role remove more
}

@test "sudo.conf has lost the plugin since: no sudo for whoever has such a rule, since nobody would ask" {
	sed -i '/agentauth/d' /etc/sudo.conf
	stay builder-7 'sleep 60'
	wait_until eval '[ "$(session_ids builder-7)" ]'
	run by_key builder-7 'sudo -n stop-app; sudo -n restart-app'
	denied=$output
	run agentauthctl explain builder-7 --service sudo --command '/usr/local/sbin/restart-app'
	expect_output '^builder-7 by sudo in session [0-9a-f]+ is refused: sudo does not load the plugin that asks a person \(approval_unavailable\)$'
	expect_output 'Do: agentauthctl doctor says how sudo loads it again$'
	output=$denied
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	expect_no_output 'stopped|restarted'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "denied" and .reason == "approval_unavailable"'
	run by_key builder-7 'sudo -n restart-app'
	expect_output '^restarted by root'
}

@test "what no rule names is not asked for, and -l and -v neither" {
	run by_key builder-7 'sudo -n restart-app; sudo -n -l; sudo -n -v; echo $?'
	expect_status 0
	expect_output '^restarted by root'
	expect_output 'stop-app'
	expect_output '^0$'
	expect_no_output 'waits'
}

@test "a login that asked for a scope without the role with the rule waits all the same" {
	agentauthctl role add asked --service sshd --service sudo --approval '(root) /usr/bin/whoami' >/dev/null
	new_agent less ES256 --role logs --role asked
	ssh_with "$(token_file less --claim 'scope="logs"')" "less@$HOST" \
		'sudo -n whoami >out 2>said; echo $? >done' >/dev/null 2>&1 3>&- &
	wait_until is_waiting less
	run bob list
	expect_output "^$request  less wants to run as root"
	bob deny "$request"
	wait_for_file less 'done'
	run cat /home/agents/less/out /home/agents/less/done
	[ "$output" = 1 ]
	# The control: the rule is not there, and the same login runs the same command.
	agentauthctl role set asked --no-approval '(root) /usr/bin/whoami' --approval '(root) /usr/bin/id' >/dev/null
	run ssh_with "$(token_file less --claim 'scope="logs"')" "less@$HOST" 'sudo -n whoami'
	agentauthctl set less --no-role asked >/dev/null
	agentauthctl role remove asked >/dev/null
	expect_status 0
	expect_output '^root$'
	expect_no_output 'waits'
}

@test "of thirty sudos at once three wait, the others are refused, and the next asks when one has ended" {
	stay builder-7 'for i in $(seq 30); do (sudo -n stop-app $i >/dev/null 2>said.$i; echo $? >done.$i) & done; wait; echo >done'
	wait_until are_done 27
	run bob list
	[ "$(grep -c 'builder-7 wants' <<<"$output")" -eq 3 ]
	grep -q 'three commands of this agent wait' /home/agents/builder-7/said.*
	[ "$(cat /home/agents/builder-7/done.* | sort | uniq -c | xargs)" = '27 1' ]
	expect_audit '.event == "approval" and .step == "refused" and .reason == "approval_denied"'
	is_waiting builder-7
	kill -KILL "$(jq .pid "/run/agentauth/approvals/$request.json")"
	wait_until are_done 28
	run by_key builder-7 'timeout -s INT 2 sudo -n stop-app'
	expect_output "waits for a person's approval"
	# shellcheck disable=SC2046  # numbers
	for id in $(agentauthctl --json approval list | jq -r '.requests[] | select(.agent == "builder-7").id'); do bob deny "$id"; done
	answered
}
are_done() { # NUMBER
	[ "$(cat /home/agents/builder-7/done.* 2>/dev/null | wc -l)" -eq "$1" ]
}

@test "a request says who, for which role, where, as whom and what, and runs once when a person approves" {
	ask now "'two words'"
	run cat /home/agents/builder-7/said
	expect_output "waits for a person's approval, request $request"
	run agentauthctl --json approval list
	jq -e --arg host "$HOST" '[.requests[] | select(.agent == "builder-7")] | length == 1 and (.[0] | .agent == "builder-7" and .role == "ops" and .host == $host
		and .cwd == "/home/agents/builder-7/work" and .target == "root" and .rule == "(root) /usr/local/sbin/stop-app"
		and .argv == ["stop-app", "now", "two words"] and (.command | startswith("/usr/local/sbin/stop-app now"))
		and (.rhost | startswith("127.")))' <<<"$output"
	run bob list
	expect_status 0
	expect_output "^$request  builder-7 wants to run as root"
	run bob approve "$request"
	expect_status 0
	expect_output '^Approved, this once\.$'
	answered
	expect_status 0
	expect_output '^stopped by root: now two words$'
	run cat /home/agents/builder-7/out
	expect_no_output 'agentauth'
	expect_audit ".event == \"approval\" and .step == \"requested\" and .request == \"$request\" and .agent == \"builder-7\""
	expect_audit '.event == "approval" and .step == "approved" and .by == "bob" and .result == "ok" and .role == "ops"'
	expect_audit '.event == "admin" and .by == "bob" and (.command | startswith("as approver approval approve"))'
	# The next one asks anew.
	forget_file builder-7 'done'
	ask now "'two words'"
	bob deny "$request"
	answered
	expect_status 1
}

@test "a person denies, and says why; a reason that cannot be kept answers nothing, and is called by its name" {
	ask
	run bob deny "$request" --why $'caf\xe9'
	expect_status 2
	expect_output 'holds bytes that are not UTF-8'
	run bob approve "$request" --why "$(printf '%01025d' 0)"
	expect_status 2
	expect_output 'has at most 1024 bytes'
	run bob deny "$request" --why 'not during the sale'
	expect_status 0
	answered
	expect_status 1
	expect_output 'not during the sale'
	expect_no_output '^stopped'
	expect_audit '.step == "denied" and .by == "bob" and .why == "not during the sale" and .reason == "approval_denied"'
}

@test "of two approvers at once the first stands, and the other is told" {
	ask
	bob deny "$request" >"$BATS_TEST_TMPDIR/1" 2>&1 3>&- &
	one=$!
	agentauthctl approval approve "$request" >"$BATS_TEST_TMPDIR/2" 2>&1 3>&- &
	two=$!
	first=0 second=0
	wait $one || first=$?
	wait $two || second=$?
	[ $((first + second)) -eq 1 ]
	run cat "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2"
	expect_output 'answered request .* already|no open request|is over'
	answered
	[ "$status" -eq $((second)) ]
}

@test "an agent answers nobody's request, and a person without the group neither" {
	ask
	run by_key builder-7 "agentauthctl approval approve $request; sudo -n agentauthctl approval approve $request"
	[ "$status" -ne 0 ]
	expect_no_output 'Approved'
	# Not even where somebody wrote it into sudoers.
	echo 'builder-7 ALL = (root) NOPASSWD: /usr/sbin/agentauthctl' >/etc/sudoers.d/by-hand
	run by_key builder-7 "sudo -n agentauthctl approval approve $request; sudo -n env -u SUDO_UID agentauthctl approval approve $request"
	rm /etc/sudoers.d/by-hand
	[ "$status" -ne 0 ]
	expect_output 'an agent does not answer'
	expect_no_output 'Approved'
	run as dev sudo -n agentauthctl approval approve "$request"
	[ "$status" -ne 0 ]
	run bob approve "$request" --statedir /tmp
	expect_status 1
	agentauthctl approval approve "$request"
	answered
	expect_status 0
}

@test "the hook is run as root with the request, and with nothing of the agent's" {
	install -d /etc/agentauth/hooks
	printf '#!/bin/sh\n(id; env; cat) >/tmp/requested.new; mv /tmp/requested.new /tmp/requested\n' >/etc/agentauth/hooks/approval-requested
	chmod 755 /etc/agentauth/hooks/approval-requested
	ask
	wait_until test -e /tmp/requested
	run cat /tmp/requested
	expect_output '^uid=0\(root\) gid=0\(root\) groups=0\(root\)$'
	expect_output "\"id\":\"?$request"
	expect_no_output '^(HOME|SUDO_|AGENTAUTH_)'
	bob deny "$request"
	answered
	# One that others can write is not run.
	rm /tmp/requested
	chmod 777 /etc/agentauth/hooks/approval-requested
	forget_file builder-7 'done'
	ask
	bob deny "$request"
	answered
	rm /etc/agentauth/hooks/approval-requested
	[ ! -e /tmp/requested ]
}

# What a process has of its own, a line each.
STATE_OF='#!/bin/bash
exec >/tmp/requested.new
umask
ulimit -aH | grep -v "pipe size"
for what in f n s c u; do echo "soft $what $(ulimit -S$what)"; done
grep -E "^(Sig(Blk|Ign)|ShdPnd|Cpus_allowed_list|Groups|NoNewPrivs)" /proc/self/status
echo "nice $(nice) tty $(ps -o tty= $$ 2>/dev/null || cut -d" " -f7 /proc/$$/stat)"
chrt -p $$ | sed "s/pid .*.s //"
ionice -p $$
pwd
cat /proc/$$/oom_score_adj /proc/$$/timerslack_ns
ls /proc/$$/fd | grep -vE "^(255|[0-3])$"
[ "$(cut -d" " -f6 /proc/$$/stat)" = $$ ] && echo leads its session
mv /tmp/requested.new /tmp/requested
[ ! -e /tmp/sleep ] || exec sleep 60'

@test "the hook has nothing of the caller's umask, limits, priorities, signals and descriptors" {
	install -d /etc/agentauth/hooks
	printf '%s\n' "$STATE_OF" >/etc/agentauth/hooks/approval-requested
	chmod 755 /etc/agentauth/hooks/approval-requested
	# What root itself gives it, and what an agent would have it have.
	ask
	wait_until test -e /tmp/requested
	bob deny "$request"
	answered
	mv /tmp/requested "$BATS_TEST_TMPDIR/plain"
	forget_file builder-7 'done'
	touch /tmp/sleep
	# Where this box's root may not raise a limit, nobody can; then it is the agent's soft ones.
	hard=-S
	[ $((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 24 & 1)) -eq 0 ] || hard=-SH
	stay builder-7 "ulimit $hard -f 100; ulimit $hard -n 40; ulimit $hard -c 100; ulimit $hard -s 1024; ulimit $hard -u 200
		umask 0; trap '' ALRM PIPE HUP INT USR1;
		echo 500 >/proc/self/oom_score_adj; exec 7</etc/passwd
		nice -n 15 ionice -c 3 taskset -c 0 chrt -b 0 sudo -n stop-app >out 2>said; echo \$? >done"
	wait_until is_waiting
	wait_until test -e /tmp/requested
	sleeper=$(pgrep -u root -f '^sleep 60$')
	rm /tmp/sleep
	diff "$BATS_TEST_TMPDIR/plain" /tmp/requested
	bob deny "$request"
	answered
	run cat /tmp/requested
	expect_output '^0022$'
	expect_output '^nice 0 '
	expect_output 'SCHED_OTHER'
	expect_output '^SigIgn:.0+$'
	expect_output '^SigBlk:.0+$'
	expect_output '^leads its session$'
	expect_output '^/$'
	# Its half minute ends it.
	for _ in $(seq 70); do kill -0 "$sleeper" 2>/dev/null || break; sleep 0.5; done
	run kill -0 "$sleeper"
	[ "$status" -ne 0 ]
	rm /etc/agentauth/hooks/approval-requested
}

# Takes one request by HTTP, into a file.
RECEIVER='import http.server
class Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.end_headers()
        open("/tmp/posted.type", "w").write(self.headers["Content-Type"])
        open("/tmp/posted.new", "wb").write(body)
http.server.HTTPServer(("127.0.0.1", 8070), Take).handle_request()'

@test "the shipped example of a hook posts the request as JSON" {
	rm -f /tmp/posted*
	install -d /etc/agentauth/hooks
	sed 's|https://chat.example.com/hooks/agentauth|http://127.0.0.1:8070/hooks|' \
		/usr/share/agentauth/hooks/approval-requested.example >/etc/agentauth/hooks/approval-requested
	chmod 755 /etc/agentauth/hooks/approval-requested
	/usr/bin/python3 -c "$RECEIVER" 3>&- 2>/dev/null &
	receiver=$!
	wait_until bash -c 'exec 2>/dev/null; grep -q :1F86 /proc/net/tcp'
	ask
	wait $receiver
	rm /etc/agentauth/hooks/approval-requested
	bob deny "$request"
	answered
	[ "$(cat /tmp/posted.type)" = application/json ]
	jq -e --arg id "$request" '.id == $id and .agent == "builder-7" and .argv == ["stop-app"] and .role == "ops"' /tmp/posted.new
}

@test "list --watch shows a request that comes while it looks" {
	timeout 20 agentauthctl approval list --watch >"$BATS_TEST_TMPDIR/watched" 3>&- &
	watcher=$!
	wait_until test -s "$BATS_TEST_TMPDIR/watched"
	ask
	wait_until grep -q "^$request  builder-7 wants" "$BATS_TEST_TMPDIR/watched"
	kill $watcher
	wait $watcher || :
	bob deny "$request"
	answered
}

@test "interrupted, it is withdrawn: nobody can approve it any more" {
	stay builder-7 "sudo -n stop-app >out 2>said & echo \$! >pid; wait \$!; echo \$? >done"
	wait_until is_waiting
	kill -INT "$(cat /home/agents/builder-7/pid)"
	answered
	expect_status 1
	expect_output 'withdrawn'
	run bob approve "$request"
	expect_status 1
	expect_output 'no open request'
	expect_audit '.event == "approval" and .step == "withdrawn" and .result == "denied"'
}

@test "killed, it is over, and the log says so" {
	ask
	kill -KILL "$(jq .pid "/run/agentauth/approvals/$request.json")"
	wait_for_file builder-7 'done'
	run bob approve "$request"
	expect_status 1
	expect_output 'no open request'
	run bob list
	expect_no_output 'builder-7'
	[ ! -e "/run/agentauth/approvals/$request.json" ]
	expect_audit '.event == "approval" and .step == "withdrawn" and .agent == "builder-7"'
}

@test "an agent that is suspended while it waits is refused, approved or not" {
	ask
	agentauthctl suspend builder-7
	bob approve "$request"
	answered
	expect_status 1
	expect_no_output '^stopped'
	expect_audit '.event == "approval" and .step == "refused" and .reason == "agent_suspended"'
}

@test "escape sequences in arguments, directory and task reach no terminal" {
	stay builder-7 "d=\$(printf 'a\\033]0;x\\007b'); mkdir \"\$d\"; cd \"\$d\"; sudo -n stop-app \"\$(printf '\\033[2Jx\\ny\\r\\202')\" >../out 2>../said; echo \$? >../done"
	wait_until is_waiting
	run bob list
	expect_status 0
	expect_output "^$request  builder-7 wants"
	! grep -q -P '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output" || { echo "$output" | cat -v >&2; false; }
	run bob deny "$request"
	! grep -q -P '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output" || false
	answered
	run chain_holds
	expect_status 0
}

@test "what is shown names one argv: quotes, empty words, what cannot be seen, the group and the directory" {
	agentauthctl role add group --service sshd --service sudo --sudo '(root:adm) /usr/local/sbin/stop-app' >/dev/null
	new_agent sly ES256 --role ops --role group
	stay sly "sudo -n -u root -g adm stop-app '' 'now --all' \"\$(printf 'a\\342\\200\\256b\\342\\200\\213\\363\\240\\201\\201\\377')\" café >out 2>said; echo \$? >done"
	wait_until is_waiting sly
	run bob list
	bob deny "$request"
	wait_for_file sly 'done'
	expect_output "^$request  sly wants to run as root:adm,"
	[ "$(sed -n '2s/^ *//p' <<<"$output")" = "/usr/local/sbin/stop-app '' 'now --all' \$'a\\xe2\\x80\\xaeb\\xe2\\x80\\x8b\\xf3\\xa0\\x81\\x81\\xff' café" ]
	# The log and the request say the same, with nothing hidden either.
	expect_audit '.event == "approval" and .step == "requested" and .runas == "root:adm" and (.command | endswith(" café"))'
	expect_audit '.event == "sudo-asked" and (.command | contains("stop-app '"''"' '"'now --all'"'"))'
	run audit_since_mark
	! grep -q -i -E 'u202e|u200b|udb40' <<<"$output" || false
	# The control: without -g no group, and plain words as they are.
	forget_file sly 'done'
	stay sly 'sudo -n stop-app now --all >out 2>said; echo $? >done'
	wait_until is_waiting sly
	run bob list
	bob deny "$request"
	wait_for_file sly 'done'
	expect_output "^$request  sly wants to run as root,"
	expect_output '^ *\/usr/local/sbin/stop-app now --all$'
}

@test "what an approver would not be shown whole is not asked for" {
	run by_key builder-7 'sudo -n stop-app "$(printf "\001%.0s" $(seq 340))" --all'
	[ "$status" -ne 0 ]
	expect_output 'at most 1024 bytes'
	expect_no_output '^stopped by root'
	run by_key builder-7 'd=$(printf "\001%.0s" $(seq 240)); mkdir -p "$d/$d"; cd "$d/$d"; sudo -n stop-app'
	[ "$status" -ne 0 ]
	expect_no_output '^stopped by root'
	# The control: nearly as much that can be.
	stay builder-7 'sudo -n stop-app "$(printf "\001%.0s" $(seq 200))" --all >out 2>said; echo $? >done'
	wait_until is_waiting
	run bob list
	expect_output ' --all$'
	bob deny "$request"
	answered
}

@test "approved, but its role was taken away and published meanwhile: refused" {
	ask
	agentauthctl set builder-7 --no-role ops --role logs >/dev/null
	bob approve "$request"
	answered
	agentauthctl set builder-7 --no-role logs --role ops >/dev/null
	expect_status 1
	expect_no_output '^stopped by root'
	expect_audit '.event == "approval" and .step == "refused"'
}

@test "what a killed sudo leaves is taken away by reap, and is in the log" {
	ask
	kill -KILL "$(jq .pid "/run/agentauth/approvals/$request.json")"
	wait_for_file builder-7 'done'
	touch -d '10 minutes ago' "/run/agentauth/approvals/.$request.json.1" "/run/agentauth/approvals/$request.answer"
	agentauthctl session reap
	[ ! -e "/run/agentauth/approvals/$request.json" ]
	[ ! -e "/run/agentauth/approvals/.$request.json.1" ]
	[ ! -e "/run/agentauth/approvals/$request.answer" ]
	expect_audit '.event == "approval" and .step == "withdrawn" and .agent == "builder-7"'
}

@test "what nobody answers for two minutes is refused" {
	for _ in $(seq 300); do [ ! -e /home/agents/slow/unanswered.done ] || break; sleep 0.5; done
	run cat /home/agents/slow/unanswered.done /home/agents/slow/unanswered
	expect_output '^1$'
	expect_output 'refused: nobody answered'
	expect_no_output '^stopped by root'
	jq -e -s "any(.[]; .request == \"$UNANSWERED\" and .step == \"timeout\" and .reason == \"approval_timeout\")" "$AUDIT"
	run agentauthctl explain --at "$(jq -r 'select(.reason == "approval_timeout").seq' "$AUDIT" | head -n 1)"
	expect_output 'while an approver looks: agentauthctl approval list --watch'
	run timeout 2 agentauthctl approval list --watch
	expect_output 'Nothing waits|slow wants'
}

@test "a sudo that the agent stopped until its time was over runs nothing, though it was approved" {
	while [ "$(date +%s)" -le "$STOPPED_UNTIL" ]; do sleep 0.5; done
	[ ! -e /home/agents/slow/stopped.done ]
	kill -CONT "$STOPPED_PID"
	wait_for_file slow stopped.done
	run cat /home/agents/slow/stopped.done /home/agents/slow/stopped
	expect_output '^1$'
	expect_no_output '^stopped by root'
	jq -e -s "any(.[]; .request == \"$STOPPED\" and .step == \"timeout\")" "$AUDIT"
}
