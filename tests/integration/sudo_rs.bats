#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# sudo-rs: Debian's sudo-rs of release 13 is the sudo of this host. It loads no plugins, and takes groups from NSS.

load support
load agents
load sessions

APPROVED=/usr/libexec/agentauth/approved

setup_file() {
	groupadd --system agentauth-approvers
	usermod --append --groups agentauth-approvers bob
	install -m 0440 /usr/share/agentauth/sudoers.d/agentauth-operators /etc/sudoers.d/
	printf '#!/bin/sh\necho "stopped by $(id -un) for $SUDO_USER: $*: $SUDO_COMMAND"\nexit 3\n' >/usr/local/sbin/stop-app
	chmod 755 /usr/local/sbin/stop-app
	host_init
	agentauthctl role add ops --service sshd --service sudo --accept-risk --sudo '(root) /usr/local/sbin/stop-app' \
		--approval '(root) /usr/local/sbin/stop-app now' --approval '(root) /usr/bin/id ""' >/dev/null
	new_agent builder-7 ES256
	new_agent keeper ES256 --role ops
	by_key keeper true
}

setup() {
	log_mark
	audit_mark
	rm -rf /home/agents/keeper/*
}

# A session of keeper's that asks; its sudo's words are in ~/said, its output in ~/out, its status in ~/done.
ask() { # [ARGUMENT OF approved]...
	stay keeper "sudo -n $APPROVED $* >out 2>said; echo \$? >done"
	wait_until is_waiting
}
is_waiting() {
	request=$(agentauthctl --json approval list | jq -r '[.requests[] | select(.agent == "keeper")][0].id // ""')
	[ "$request" ]
}
answered() {
	wait_for_file keeper 'done'
	# shellcheck disable=SC2154  # stay sets it
	wait "$client" || :
	run cat /home/agents/keeper/{out,said}
	status=$(cat /home/agents/keeper/done)
}

@test "this is sudo-rs, and its visudo takes the rules that apply wrote" {
	run sudo -V
	expect_output '^sudo-rs 0\.'
	run visudo-rs -c
	expect_status 0
	run cat /etc/sudoers.d/agentauth
	expect_output '^%agent-deploy ALL=\(root\) NOPASSWD: /usr/local/sbin/restart-app$'
	expect_output '^%agent-ops ALL=\(root, #0:ALL\) !/usr/local/sbin/stop-app now$'
	expect_output "^%agent-ops ALL=\(root\) NOPASSWD: $APPROVED\$"
	expect_no_output 'pam_session'
}

@test "a role's command runs with nothing typed, and the log says that it was asked, and no more" {
	run in_session 'sudo restart-app; sudo -n restart-app'
	expect_status 0
	[ "$(grep -c '^restarted by root for builder-7$' <<<"$output")" -eq 2 ]
	expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .result == "ok" and .asked_only and (.command | test("restart-app"))'
	expect_no_audit '.event == "sudo" and .result == "ok"'
}

@test "what no role has is refused, and so is a session that is narrower than the record" {
	run in_session 'sudo -n cat /etc/shadow; sudo -n -u alice id; sudo -n -u keeper id'
	[ "$status" -ne 0 ]
	expect_no_output 'root:|uid='
	run in_session 'sudo -n whoami; sudo -n restart-app' --claim 'scope="logs"'
	[ "$status" -ne 0 ]
	expect_no_output '^root$|restarted'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "denied" and .reason == "session_narrowed"'
	# Nor outside of a session.
	run setpriv --reuid builder-7 --regid builder-7 --groups agents,agent-deploy --reset-env -- sudo -n restart-app
	[ "$status" -ne 0 ]
	expect_no_output 'restarted'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "denied" and .reason == "no_session"'
}

@test "a rule that asks people for a password gives an agent nothing, also without -n, and people are asked" {
	echo 'ALL ALL = (ALL:ALL) ALL' >/etc/sudoers.d/a-rule-before-ours
	chmod 440 /etc/sudoers.d/a-rule-before-ours
	run ssh_with "$(token_file builder-7)" -tt "builder-7@$HOST" 'sudo id -u; sudo -n id -u; sudo -S id -u </dev/null'
	expect_no_output '^[0-9]+'
	run as bob sudo -k -S id -un <<<'bob-password'
	expect_status 0
	expect_output 'root$'
	run as bob sudo -k -S id -un <<<'wrong'
	rm /etc/sudoers.d/a-rule-before-ours
	expect_status 1
	expect_no_output 'root$'
}

@test "a person's sudo is as ever, and nothing of it is logged" {
	run as alice sudo -k -S id -un <<<'alice-password'
	expect_status 0
	expect_output 'root$'
	run as dev sudo -n id
	[ "$status" -ne 0 ]
	[ -z "$(audit_since_mark)" ]
}

@test "a command that waits is refused but through the program that asks, whatever other rule allows it" {
	run by_key keeper 'sudo -n stop-app; echo $?'
	expect_output "^stopped by root for keeper: : "
	run by_key keeper 'sudo -n stop-app now; sudo -n /usr/sbin/../local/sbin/stop-app now; sudo -n -u "#0" stop-app now; sudo -n id'
	[ "$status" -ne 0 ]
	expect_no_output 'stopped|uid='
	[ "$(agentauthctl --json approval list | jq '.requests | length')" -eq 0 ]
}

@test "agentauth may says how such a command is run" {
	run by_key keeper 'agentauth may -- stop-app now'
	expect_status 3
	expect_output '^waits +for a person of agentauth-approvers, each time$'
	expect_output "^by +sudo $APPROVED /usr/local/sbin/stop-app, with its arguments\$"
	expect_output '^rule +\(root\) /usr/local/sbin/stop-app now$'
	run by_key keeper 'agentauth may --json -- stop-app now'
	jq -e --arg by "$APPROVED" '.may == "approval" and .by == $by and .path == "/usr/local/sbin/stop-app" and .role == "ops"' <<<"$output"
	run by_key keeper 'agentauth may -- stop-app'
	expect_status 0
	run by_key keeper 'agentauth may -- whoami'
	expect_status 1
}

@test "agentauth may says what PAM says of the session, which this sudo does not ask about -l; of that nothing is counted" {
	local before
	before=$(sudos_counted)
	run in_session 'agentauth may -- restart-app; sudo -n -l'
	expect_output '^yes$'
	expect_output 'NOPASSWD: /usr/local/sbin/restart-app$'
	run in_session 'agentauth may --json -- restart-app; sudo -n restart-app' --claim 'scope="logs"'
	[ "$(jq -r '.may, .reason' <<<"$(sed -n '/^{/,/^}/p' <<<"$output")" | xargs)" = 'no session_narrowed' ]
	expect_no_output 'restarted'
	run setpriv --reuid builder-7 --regid builder-7 --groups agents,agent-deploy --reset-env -- agentauth may -- restart-app
	expect_status 1
	expect_output '^no .*\(no_session\)$'
	[ "$(sudos_counted)" -eq "$before" ]
	# Without a command that program does nothing else, and with one not for a role that has none that waits.
	run in_session "sudo -n $APPROVED; echo \$?; sudo -n $APPROVED /usr/local/sbin/restart-app; echo \$?"
	expect_output '^usage: approved'
	expect_output '^2$'
	expect_output '^1$'
	expect_no_output 'restarted'
}
# What the report has of keeper: commands that ran, and that were asked only.
reported() {
	agentauthctl --json audit report | jq -r '.agents[] | select(.agent == "keeper") | "\(.ran) \(.asked)"'
}
# The sudos that were let through, as Prometheus gets them.
sudos_counted() {
	agentauthctl metrics --output /run/counted.prom >/dev/null
	sed -n 's/^agentauth_sudo_total{result="ok"} //p' /run/counted.prom
}

@test "a person starts an agent by it, on the person's behalf, with its status, and its sudo is that of its roles" {
	agentauthctl role set ops --delegable >/dev/null
	agentauthctl set keeper --local-user alice >/dev/null
	run as alice sudo -n -l
	expect_output '\(root\) NOPASSWD: /usr/libexec/agentauth/start$'
	run as alice agentauth run keeper -- sh -c 'id -un; sudo -n stop-app; exit 7'
	expect_status 7
	expect_output '^keeper$'
	expect_output '^stopped by root for keeper'
	expect_audit '.event == "session-open" and .service == "agentauth-run" and .on_behalf_of == "alice" and .roles == ["ops"]'
	expect_audit '.event == "sudo-asked" and .agent == "keeper" and .on_behalf_of == "alice" and .result == "ok"'
	run as bob agentauth run keeper -- id
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
	agentauthctl set keeper --no-local-user alice >/dev/null
	agentauthctl role set ops --no-delegable >/dev/null
}

@test "a role for a time gives no sudo here, and elevate says so" {
	agentauthctl role add rare --service sshd --service sudo --sudo '(root) /usr/bin/uname' >/dev/null
	run agentauthctl elevate keeper --role rare --for 5m --why test
	expect_status 0
	expect_output "sudo-rs 0\.[0-9.]+, which grants nothing for a time: the sudo rules of rare are not to be had so\. agentauthctl set keeper --role rare gives them, until it is taken back"
	run by_key keeper 'sudo -n uname; sudo -n stop-app'
	expect_no_output '^Linux$'
	expect_output '^stopped by root'
	agentauthctl elevate keeper --role rare --end >/dev/null
	# It says what gives them.
	agentauthctl set keeper --role rare >/dev/null
	run by_key keeper 'sudo -n uname'
	expect_output '^Linux$'
	agentauthctl set keeper --no-role rare >/dev/null
	# A role without rules of sudo is nobody's disappointment.
	agentauthctl role add quiet --service sshd >/dev/null
	run agentauthctl elevate keeper --role quiet --for 5m --why test
	expect_no_output 'sudo-rs'
	agentauthctl elevate keeper --end >/dev/null
}

@test "it is asked for, runs once when a person approves, and the log has its end" {
	local before reported
	before=$(sudos_counted)
	reported=$(reported)
	ask /usr/local/sbin/stop-app now
	run agentauthctl --json approval list
	jq -e '.requests[] | select(.agent == "keeper") | .role == "ops" and .rule == "(root) /usr/local/sbin/stop-app now" and .target == "root"
		and .argv == ["/usr/local/sbin/stop-app", "now"] and .command == "/usr/local/sbin/stop-app now"' <<<"$output"
	run as bob sudo -n agentauth-approver approval approve "$request"
	expect_status 0
	answered
	expect_status 3
	expect_output '^stopped by root for keeper: now: /usr/local/sbin/stop-app'
	expect_output "waits for a person's approval, request $request"
	# PAM's line is of the same command, which counts once.
	expect_audit '.event == "sudo-asked" and .agent == "keeper" and .result == "ok" and (.command | test("approved")) and (has("asked_only") | not)'
	[ "$(sudos_counted)" -eq $((before + 1)) ]
	[ "$(reported)" = "$((${reported% *} + 1)) ${reported#* }" ]
	expect_audit ".event == \"approval\" and .step == \"requested\" and .request == \"$request\""
	expect_audit '.event == "approval" and .step == "approved" and .by == "bob" and .role == "ops"'
	expect_audit '.event == "sudo" and .result == "ok" and .agent == "keeper" and .command == "/usr/local/sbin/stop-app now" and .runas == "root" and .role == "ops" and (.session | length) == 32'
	expect_audit '.event == "sudo-exit" and .agent == "keeper" and .status == 3 and .command == "/usr/local/sbin/stop-app now"'
	chain_holds
}

@test "denied, interrupted, killed, suspended meanwhile: it does not run" {
	ask /usr/bin/id
	agentauthctl approval deny "$request" --why 'not during the sale'
	answered
	expect_status 1
	expect_output 'not during the sale'
	expect_no_output 'uid='
	expect_audit '.event == "sudo" and .agent == "keeper" and .result == "denied" and .reason == "approval_denied"'
	forget_file keeper 'done'
	stay keeper "sudo -n $APPROVED /usr/bin/id >out 2>said & echo \$! >pid; wait \$!; echo \$? >done"
	wait_until is_waiting
	kill -INT "$(cat /home/agents/keeper/pid)"
	answered
	expect_output 'withdrawn'
	expect_no_output 'uid='
	forget_file keeper 'done' pid
	# The agent may kill its own sudo, and with it the request.
	stay keeper "sudo -n $APPROVED /usr/bin/id >out 2>said & echo \$! >pid; wait \$!; echo \$? >done"
	wait_until is_waiting
	by_key keeper "kill -KILL \$(cat pid)" || kill -KILL "$(cat /home/agents/keeper/pid)"
	answered
	wait_until no_request
	run agentauthctl approval approve "$request"
	expect_status 1
	forget_file keeper 'done'
	ask /usr/bin/id
	agentauthctl suspend keeper >/dev/null
	agentauthctl approval approve "$request" || :
	answered
	agentauthctl resume keeper >/dev/null
	expect_no_output 'uid='
	expect_audit '.event == "approval" and .step == "refused" and .reason == "agent_suspended"'
}
no_request() {
	! is_waiting
}

@test "the program that asks runs what a rule names, word for word, and nothing else" {
	ln -sf /usr/bin/id /home/agents/keeper/id
	for words in '/usr/bin/whoami' '/usr/bin/../bin/id' '/home/agents/keeper/id' '/bin/id' '/usr/bin/id -u' \
		'/usr/local/sbin/stop-app' '/usr/local/sbin/stop-app later' '/usr/local/sbin/stop-app now please' \
		"/usr/local/sbin/stop-app 'now '" "''" 'id' '-u' "$APPROVED /usr/bin/id" '/bin/sh -c id'; do
		run by_key keeper "SUDO_UID=0 SUDO_USER=root LD_PRELOAD=/tmp/x PATH=/home/agents/keeper /usr/bin/sudo -n $APPROVED $words </dev/null"
		[ "$status" -ne 0 ] || { echo "ran: $words" >&2; return 1; }
		expect_no_output 'uid=|stopped|approval, request'
	done
	[ "$(agentauthctl --json approval list | jq '.requests | length')" -eq 0 ]
	expect_audit '.event == "sudo" and .agent == "keeper" and .result == "denied" and .reason == "role_denied" and .command == "/usr/bin/whoami"'
	# Neither for an agent whose roles have no such rule, nor for a person, whoever it says that it is.
	run in_session "sudo -n $APPROVED /usr/bin/id"
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
	run as alice sudo -S $APPROVED /usr/bin/id <<<'alice-password'
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
	run env SUDO_UID="$(id -u keeper)" SUDO_USER=keeper $APPROVED /usr/bin/id
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
}

@test "apply refuses what sudo-rs would read otherwise, or cannot do" {
	run agentauthctl role add more --sudo '(root) /usr/bin/systemctl restart *'
	expect_status 1
	expect_output 'sudo-rs, which knows neither wildcards .* Write a rule for each command, or leave the arguments out'
	run agentauthctl role add more --approval '(bob) /usr/bin/id'
	expect_status 1
	expect_output 'begins with \(root\)'
	run agentauthctl role add more --sudo '(root) /usr/bin/uptime' --max-sudo 5/h
	expect_status 1
	expect_output 'sudo-rs, which loads none\. Let them wait for a person each time, by approval'
	run agentauthctl role add more --sudo '(root) /usr/bin/uptime -p' --sudo '(bob:bob) /usr/bin/uptime ""'
	expect_status 0
	sed -i '/role_groups/d' /etc/agentauth/agentauth.conf
	run agentauthctl apply --yes
	expect_status 1
	expect_output 'Write role_groups = "entry"; into host'
	sed -i 's/^host = {$/&\n\trole_groups = "entry";/' /etc/agentauth/agentauth.conf
	agentauthctl role remove more
}

@test "doctor names what this sudo cannot do, and finds rules that were made for another" {
	run agentauthctl doctor
	expect_output '^note +sudo-file +sudo is sudo-rs 0\.2\.[0-9]+, which loads no plugins'
	[ "$(sudo -V 2>&1)" != 'sudo-rs 0.2.5' ] || expect_output 'has no noninteractive_auth'
	expect_no_output '^PROBLEM +(sudo|approval|record|terminals)'
	run agentauthctl --json doctor
	jq -e --arg approved "$APPROVED" '[.. | objects | select(.finding == "ok")] | any(.check == "sudoers" and (.text | endswith("is what was published")))
		and any(.check == "approval" and (.text | startswith("sudo runs " + $approved)))' <<<"$output"
	# The host changes to the other sudo, and back.
	update-alternatives --quiet --set sudo /usr/bin/sudo.ws
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	run agentauthctl apply --yes
	expect_status 0
	grep -q '^%agent-ops ALL=(root) NOPASSWD: /usr/bin/id ""$' /etc/sudoers.d/agentauth
	update-alternatives --quiet --set sudo /usr/bin/sudo-rs
	run agentauthctl doctor
	expect_output '^PROBLEM +approval +commands of ops should wait for a person, and their rules were published for a sudo with plugins'
	# Meanwhile nobody is asked, and nothing runs.
	run by_key keeper 'sudo -n id; sudo -n stop-app'
	expect_no_output 'uid=|stopped'
	expect_audit '.service == "sudo" and .agent == "keeper" and .result == "denied" and .reason == "approval_unavailable"'
	run agentauthctl apply --yes
	expect_status 0
	run sudo -n -l
	expect_no_output 'syntax error|unknown setting'
	run by_key keeper 'sudo -n stop-app'
	expect_output '^stopped by root'
	sed -i '/agentauth/d' /etc/sudo.conf
}
