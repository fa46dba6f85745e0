#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What sudo did with an agent's command: let it run, as whom, where and by which role, and how it ended; or refused it. Of
# people's sudo there is nothing in the log, and nothing in their way.
# shellcheck disable=SC2154

load support
load agents
load people
load sessions

RULES=/etc/sudoers.d/zz-hosts-own
LOGS=/var/log/agentauth

setup_file() {
	cp /etc/sudo.conf /root/sudo.conf
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	printf '#!/nowhere\n' >/usr/local/sbin/broken-app
	printf '#!/bin/sh\neval "$1"\n' >/usr/local/sbin/do-it
	chmod 755 /usr/local/sbin/broken-app /usr/local/sbin/do-it
	agentauthctl role add ops --service sshd --service sudo --sudo '(root) /usr/local/sbin/broken-app' \
		--sudo '(root) /usr/local/sbin/do-it' --sudo '(alice) /usr/bin/id' --sudo '(root:adm) /usr/bin/id' >/dev/null
	new_agent builder-7 ES256 --role deploy --role ops
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	rm -f $RULES
	cat /root/sudo.conf /usr/share/agentauth/sudo.conf >/etc/sudo.conf
	[ ! -e /root/logs ] || { rm -rf $LOGS && mv /root/logs $LOGS; }
	sed -i '/audit_failure/d' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
}

# A line of the host's own sudoers.
hosts_own() { # LINE...
	printf '%s\n' "$@" >$RULES
	chmod 440 $RULES
	visudo -c -q
}
of_event() { # EVENT JQ: of the last such line
	audit_since_mark | jq -r "select(.event == \"$1\")" | jq -s -r "last | $2"
}
n_of() { # FILTER
	audit_since_mark | jq -s "map(select($1)) | length"
}
# The log can be written no more, while all else goes on.
break_log() {
	mv $LOGS /root/logs
	install -d -m 0777 $LOGS
}

@test "a command that runs: as whom, where, by which role, at no terminal, for which session, and its end" {
	run in_session "sudo restart-app 'a b'" --claim 'task="nightly"'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	[ "$(audit_since_mark | jq -r .event | grep sudo | tr '\n' ' ')" = 'sudo-asked sudo sudo-exit ' ]
	expect_audit '.event == "sudo-asked" and .result == "ok" and .command == "sudo restart-app '"'a b'"'" and (has("asked_only") | not)'
	local event
	for event in sudo sudo-exit; do
		expect_audit '.event == "'$event'" and .service == "sudo" and .agent == "builder-7" and .result == "ok" and .reason == "ok" and
			.command == "/usr/local/sbin/restart-app '"'a b'"'" and .runas == "root" and .tty == "none" and .role == "deploy" and
			.directory == "/home/agents/builder-7" and .task == "nightly" and .kind == "assertion" and has("kid") and has("jti") and
			.rhost == "127.0.0.1" and .uid == '"$(id -u builder-7)"
	done
	[ "$(of_event sudo .session)" = "$(of_event session-open .session)" ]
	[ "$(audit_since_mark | jq -r 'select(.event | startswith("sudo")) | .pid' | sort -u | wc -l)" -eq 1 ]
	[ "$(of_event sudo-exit '.status, .micros > 0' | tr '\n' ' ')" = '0 true ' ]
}

@test "an exit status and a signal are told apart, and nothing of it was refused" {
	run in_session 'sudo do-it "exit 7"'
	expect_status 7
	expect_audit '.event == "sudo-exit" and .status == 7 and .result == "ok" and .role == "ops" and (has("signal") | not)'
	run in_session 'sudo do-it "kill -9 \$\$"'
	expect_audit '.event == "sudo-exit" and .signal == 9 and .result == "ok" and (has("status") | not)'
	run in_session 'sudo -b do-it "exit 3"'
	wait_for_audit '.event == "sudo-exit" and .status == 3'
}

@test "what sudo's own rules refuse after PAM has said yes reads as refused, in sudo's words" {
	hosts_own 'Defaults:%agents !authenticate'
	run in_session 'sudo cat /etc/shadow'
	expect_status 1
	expect_no_output 'root:'
	expect_audit '.event == "sudo-asked" and .result == "ok"'
	expect_audit '.event == "sudo" and .result == "denied" and .reason == "sudo_denied" and .command == "/usr/bin/cat /etc/shadow" and
		.why == "command not allowed" and .runas == "root" and (has("role") | not)'
	[ "$(n_of '.event == "sudo" or .event == "sudo-exit"')" -eq 1 ]
	run agentauthctl audit show --by-session --session "$(of_event sudo .session)"
	expect_output '^  .*denied  builder-7        sudo          /usr/bin/cat /etc/shadow, as root.*, sudo: command not allowed — sudo_denied'
	expect_no_output sudo-asked
}

@test "what PAM or the approval plugin refuses has one line, with their reason" {
	run in_session 'sudo cat /etc/shadow'
	expect_status 1
	expect_audit '.event == "sudo-asked" and .result == "denied" and .reason == "role_denied"'
	[ "$(n_of '.event | startswith("sudo")')" -eq 1 ]
	audit_mark
	hosts_own 'Defaults !pam_acct_mgmt'
	run setpriv --reuid builder-7 --regid builder-7 --groups agents,agent-deploy --reset-env -- sudo -n restart-app
	expect_status 1
	expect_audit '.event == "sudo" and .result == "denied" and .reason == "no_session" and .command == "/usr/local/sbin/restart-app" and
		.runas == "root" and .tty == "none" and has("directory")'
	[ "$(n_of '.event | startswith("sudo")')" -eq 1 ]
}

@test "a command that is not found, and one that cannot be executed" {
	hosts_own '%agent-ops ALL = (root) NOPASSWD: ALL'
	run in_session 'sudo no-such-command --at-all'
	expect_status 1
	expect_audit '.event == "sudo" and .result == "denied" and .command == "no-such-command --at-all" and (.why | test("command not found"))'
	run in_session 'sudo broken-app'
	expect_status 1
	expect_audit '.event == "sudo" and .result == "ok" and .command == "/usr/local/sbin/broken-app"'
	expect_audit '.event == "sudo-exit" and .result == "error" and .reason == "sudo_failed" and .why == "No such file or directory"'
}

@test "with a terminal, ssh's own or one that the agent makes" {
	run ssh_with "$(token_file builder-7)" -tt "builder-7@$HOST" 'tty; sudo restart-app'
	expect_status 0
	expect_audit '.event == "sudo" and (.tty | test("^/dev/pts/[0-9]+$"))'
	expect_audit '.event == "sudo-exit" and .status == 0 and (.tty | test("^/dev/pts/[0-9]+$"))'
	audit_mark
	run in_session 'script -qec "sudo restart-app" /dev/null'
	expect_status 0
	expect_audit '.event == "sudo" and (.tty | test("^/dev/pts/[0-9]+$"))'
	hosts_own 'Defaults use_pty'
	audit_mark
	run ssh_with "$(token_file builder-7)" -tt "builder-7@$HOST" 'sudo do-it "exit 5"'
	expect_status 5
	expect_audit '.event == "sudo-exit" and .status == 5'
}

@test "as another user, as another group, and in another directory" {
	run in_session 'sudo -u alice id -un; sudo -u root -g adm id -gn'
	expect_output '^alice$'
	expect_output '^adm$'
	expect_audit '.event == "sudo" and .runas == "alice" and .role == "ops" and .command == "/usr/bin/id -un"'
	expect_audit '.event == "sudo" and .runas == "root:adm" and .role == "ops"'
	run in_session 'sudo -D /tmp restart-app'
	expect_status 1
	expect_audit '.event == "sudo" and .reason == "sudo_denied" and .directory == "/tmp" and (.why | test("change directory"))'
	hosts_own 'Defaults:%agents runcwd=*'
	run in_session 'sudo -D /tmp do-it pwd'
	expect_status 0
	expect_output '^/tmp$'
	expect_audit '.event == "sudo" and .result == "ok" and .directory == "/tmp"'
}

@test "a shell by -s and -i, and files by -e" {
	hosts_own '%agent-ops ALL = (root) NOPASSWD: /bin/bash, /bin/sh, sudoedit /etc/motd' 'Defaults:%agents editor=/usr/bin/true'
	run in_session 'sudo -s exit 4; sudo -i exit 6; sudo -e /etc/motd'
	expect_audit '.event == "sudo" and .result == "ok" and .command == "/bin/bash -c '"'exit 4'"'"'
	expect_audit '.event == "sudo-exit" and .status == 4'
	expect_audit '.event == "sudo-exit" and .status == 6'
	expect_audit '.event == "sudo" and .result == "ok" and (.command | test("/etc/motd$"))'
	expect_audit '.event == "sudo-exit" and .status == 0 and (.command | test("/etc/motd$"))'
}

@test "a shell and an edit that sudo refuses are told as they were typed" {
	hosts_own 'Defaults:%agents !authenticate'
	run in_session 'sudo -s id -un; sudo -i; sudo -e /etc/motd'
	expect_audit '.event == "sudo" and .reason == "sudo_denied" and .command == "sudo -s id -un"'
	expect_audit '.event == "sudo" and .reason == "sudo_denied" and .command == "sudo -i"'
	expect_audit '.event == "sudo" and .reason == "sudo_denied" and .command == "sudo -e /etc/motd"'
}

@test "-l and -v run nothing, and nothing is said to have run or been refused" {
	run in_session 'sudo -l; sudo -l cat /etc/shadow; sudo -v'
	expect_audit '.event == "sudo-asked" and .command == "sudo -l"'
	[ "$(n_of '.event == "sudo" or .event == "sudo-exit"')" -eq 0 ]
}

@test "arguments that would be another line, another color, or too many" {
	run in_session "sudo restart-app \$'x\\n{\"event\":\"sudo\"}' \$'\\e[31m' ''"
	expect_status 0
	[ "$(of_event sudo .command)" = "/usr/local/sbin/restart-app \$'x\\x0a{\"event\":\"sudo\"}' \$'\\x1b[31m' ''" ]
	[ "$(n_of '.event == "sudo"')" -eq 1 ]
	run in_session 'sudo restart-app $(seq 1000)'
	expect_status 0
	expect_audit '.event == "sudo" and .command_length > 3000 and (.command | length) <= 1025 and (.command | endswith("…"))'
	run in_session "mkdir -p \$'a\\nb' && cd \$'a\\nb' && sudo restart-app"
	[ "$(of_event sudo .directory)" = "\$'/home/agents/builder-7/a\\x0ab'" ]
	run agentauthctl audit verify
	expect_status 0
}

@test "what the command of a sudo starts is told from what the agent asked for, where sudo sees it" {
	hosts_own 'Defaults:%agents log_subcmds'
	run in_session 'sudo do-it "/usr/bin/id -un; exit 2"'
	expect_status 2
	expect_audit '.event == "sudo" and .command == "/usr/bin/id -un" and .within'
	[ "$(n_of '.event == "sudo" and (has("within") | not)')" -eq 1 ]
	[ "$(n_of '.event == "sudo-exit"')" -eq 1 ]
	expect_audit '.event == "sudo-exit" and .status == 2 and (.command | startswith("/usr/local/sbin/do-it"))'
}

@test "a command that sudo intercepts and refuses is not the refusal of what started it" {
	hosts_own 'Defaults:builder-7 intercept' 'builder-7 ALL = (root) NOPASSWD: /usr/local/sbin/do-it, /usr/bin/id'
	run in_session 'sudo do-it "/usr/bin/id -un; /usr/bin/cat /etc/shadow; exit 4"'
	expect_status 4
	expect_no_output 'root:'
	expect_audit '.event == "sudo" and .result == "ok" and .command == "/usr/bin/id -un" and .within'
	expect_audit '.result == "denied" and .within and .command == "/usr/bin/cat"'
	run agentauthctl audit show --by-session --session "$(of_event sudo-exit .session)"
	expect_output '^  .* ok .* sudo  .*do-it.*: exit 4 after '
	expect_output '^  .* denied .* sudo  .*/usr/bin/cat, as root'
	expect_no_output 'sudo-asked'
}

@test "a sudo that is killed has no end, and its session says so" {
	run in_session 'sudo do-it ">/run/it-runs; sleep 1; id -un >/run/it-went-on" & until [ -e /run/it-runs ]; do sleep 0.05; done; kill -9 $!; wait'
	wait_until test -s /run/it-went-on
	[ "$(cat /run/it-went-on)" = root ]
	expect_audit '.event == "sudo" and .result == "ok"'
	[ "$(n_of '.event == "sudo-exit"')" -eq 0 ]
	run agentauthctl audit show --by-session --session "$(of_event sudo .session)"
	expect_output 'sudo          /usr/local/sbin/do-it .*, as root.*role ops  \[[0-9a-f]{8}\]$'
}

@test "below its session each command is one line, with its end" {
	run in_session 'sudo restart-app; sudo do-it "exit 7"; sudo do-it "kill -9 \$\$"; sudo cat /etc/shadow; sudo -l >/dev/null; sudo broken-app'
	run agentauthctl audit show --by-session --session "$(of_event sudo .session)"
	expect_status 0
	expect_output '^  .* ok      builder-7        sudo          /usr/local/sbin/restart-app, as root, role deploy: exit 0 after [0-9]+ ms  \['
	expect_output '^  .* ok .* sudo  .*exit 7.*, as root, role ops: exit 7 after '
	expect_output '^  .* ok .* sudo  .*: signal 9 after '
	expect_output '^  .* denied .* sudo-asked    sudo cat /etc/shadow.* — role_denied'
	expect_output '^  .* ok .* sudo-asked    sudo -l, '
	expect_output '^  .* error .* sudo  .*broken-app, as root, role ops, sudo: No such file or directory — sudo_failed'
	expect_no_output 'sudo-exit|sudo-asked    sudo restart-app'
}

@test "people: nothing of their sudo is logged, and nothing of ours keeps them from it" {
	person_runs_sudo
	run as alice sudo -k -S sh -c 'exit 9' <<<'alice-password'
	expect_status 9
	break_log
	person_runs_sudo
	rm -rf $LOGS
	person_runs_sudo
	echo 'no folder' >$LOGS
	person_runs_sudo
	rm -f $LOGS
	mv /root/logs $LOGS
	[ "$(n_of true)" -eq 0 ]
	mv /var/lib/agentauth/current /var/lib/agentauth/away
	run person_runs_sudo
	mv /var/lib/agentauth/away /var/lib/agentauth/current
	expect_status 0
}

@test "a person's sudo becomes its command as it does without the plugin, and takes no more time" {
	hosts_own 'Defaults !pam_session, !pam_setcred, !use_pty' 'alice ALL = NOPASSWD: /usr/bin/true, /usr/bin/sh'
	run as alice sh -c 'sudo -n sh -c "echo \$PPID"; echo $$'
	expect_status 0
	[ "${lines[0]}" = "${lines[1]}" ]
	run in_session 'sudo do-it "echo \$PPID"; echo $$'
	expect_status 0
	[ "${lines[0]}" != "${lines[1]}" ]
	local with without
	with=$(sudos_of_alice)
	sed -i '/agentauth_audit/d' /etc/sudo.conf
	without=$(sudos_of_alice)
	echo "# 100 sudos of a person: $with ms with the audit plugin, $without ms without" >&3
	[ "$with" -lt $((3 * without)) ]
}
sudos_of_alice() {
	local begin
	begin=$(date +%s%N)
	as alice sh -c 'for i in $(seq 100); do sudo -n true; done'
	echo $((($(date +%s%N) - begin) / 1000000))
}

# The log breaks within a session.
runs_with_a_broken_log() {
	forget_file builder-7 ready go
	stay builder-7 '>ready; until [ -e go ]; do sleep 0.05; done; sudo restart-app; echo "status $?"'
	wait_for_file builder-7 ready
	break_log
	: >"$(home_of builder-7)/go"
	wait "$client" || :
	run cat "$BATS_TEST_TMPDIR/stay.out"
}

# The audit plugin alone: PAM and the approval plugin would have refused before, for the same reason.
@test "an agent's command of which there can be no line: refused, or by the host's policy not" {
	hosts_own 'Defaults !pam_acct_mgmt'
	sed -i '/agentauth_approval\b.* /{/agentauth_audit/!d}' /etc/sudo.conf
	grep -q 'Plugin agentauth_audit' /etc/sudo.conf
	run in_session 'sudo restart-app'
	expect_status 0
	runs_with_a_broken_log
	expect_output 'unable to log accept event: the audit log cannot be written'
	expect_output 'status 1$'
	expect_no_output 'restarted'
	rm -rf $LOGS
	mv /root/logs $LOGS
	sed -i 's/^host = {$/&\n\taudit_failure = "warn";/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
	runs_with_a_broken_log
	expect_output '^restarted by root for builder-7$'
	expect_output '^status 0$'
}

@test "without the line of sudo.conf the log says that it was asked only; doctor says so, and its cure mends that" {
	sed -i '/^Plugin agentauth_audit/d' /etc/sudo.conf
	run in_session 'sudo restart-app'
	expect_status 0
	expect_audit '.event == "sudo-asked" and .result == "ok" and .asked_only'
	[ "$(n_of '.event == "sudo" or .event == "sudo-exit"')" -eq 0 ]
	run agentauthctl audit show --session "$(of_event sudo-asked .session)"
	expect_output 'sudo-asked    sudo restart-app, roles deploy, ops, asked only'
	run agentauthctl doctor
	expect_output 'sudo does not record what it does with the commands of deploy, logs, ops.*/etc/sudo.conf does not load it'
	sh -c "$(sed -n '/sudo does not record/s/.*As root: //p' <<<"$output")"
	audit_mark
	run in_session 'sudo restart-app'
	expect_status 0
	expect_audit '.event == "sudo-exit" and .status == 0'
	run sudo -V
	expect_output '^agentauth: approval plugin '
	expect_output '^agentauth: audit plugin '
	run agentauthctl doctor
	expect_no_output 'does not record'
	person_runs_sudo
}

@test "a line whose file is not there stops sudo for everybody; doctor's cure mends both at once" {
	sed -i 's|agentauth/agentauth_approval.so|agentauth/gone.so|' /etc/sudo.conf
	run person_runs_sudo
	[ "$status" -ne 0 ]
	run agentauthctl doctor
	expect_output 'sudo.conf:[0-9]+ names /usr/libexec/agentauth/gone.so, which is not there: sudo refuses everybody'
	sh -c "$(sed -n 's/.*As root: \(sed -i.*\)/\1/p' <<<"$output" | head -n 1)"
	person_runs_sudo
	run in_session 'sudo restart-app'
	expect_status 0
	expect_audit '.event == "sudo-exit" and .status == 0'
}
