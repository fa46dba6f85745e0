#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# sudo by role: decided by the live session, with nothing typed, and never outside one.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
	new_agent other ES256 --role logs
}

setup() {
	log_mark
	audit_mark
}

@test "the rules that apply wrote are in order, for visudo and for sudo" {
	run visudo -c
	expect_status 0
	is_sudo_rs || expect_output '/etc/sudoers.d/agentauth: parsed OK' # its visudo names the first file alone
	run stat -c '%a %U' /etc/sudoers.d/agentauth
	expect_output '^440 root$'
	run cat /etc/sudoers.d/agentauth
	expect_output '^%agent-deploy .*\(root\) *NOPASSWD: */usr/local/sbin/restart-app$'
	expect_output '^Defaults:%agents .*timestamp_timeout=0'
	is_sudo_rs || expect_output '^Defaults:%agents .*noninteractive_auth' # which it has from 0.2.9 on
}

@test "a role's command runs, with nothing typed" {
	run in_session 'sudo restart-app'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "ok"'
}

@test "and under -n" {
	run in_session 'sudo -n restart-app'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
}

@test "and with a terminal" {
	run ssh_with "$(token_file builder-7)" -tt "builder-7@$HOST" 'sudo restart-app'
	expect_status 0
	expect_output 'restarted by root for builder-7'
}

@test "twice in one session, and from a process that has left its parents" {
	run in_session 'sudo -n restart-app && sudo -n restart-app && (setsid sh -c "sleep 0.3; sudo -n restart-app >late 2>&1" &) ; sleep 1; cat late'
	expect_status 0
	[ "$(grep -c '^restarted by root for builder-7$' <<<"$output")" -eq 3 ]
}

@test "a command that no role has is refused by sudo" {
	run in_session 'sudo -n cat /etc/shadow'
	expect_status 1
	expect_no_output 'root:'
	run in_session 'sudo -n /usr/local/sbin/restart-app extra-is-allowed; sudo -n -u alice id'
	expect_status 1
	expect_no_output 'alice\)'
}

@test "a role that this login did not ask for gives no sudo" {
	run in_session 'sudo -n whoami; sudo -n restart-app' --claim 'scope="logs"'
	expect_status 1
	narrow_sudo_gives '^root$'
	expect_no_output 'restarted'
}

@test "a login by registered key has sudo by all roles of the entry" {
	run dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" 'sudo -n restart-app && sudo -n whoami'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	expect_output '^root$'
}

@test "sudo -l and -v ask for no password" {
	run in_session 'sudo -n -l && sudo -n -v'
	expect_status 0
	expect_output 'NOPASSWD: /usr/local/sbin/restart-app'
}

@test "outside a live session it is refused" {
	run in_session 'sudo -n restart-app'
	expect_status 0
	audit_mark
	run setpriv --reuid builder-7 --regid builder-7 --groups agents,agent-deploy --reset-env -- sudo -n restart-app
	expect_status 1
	expect_no_output 'restarted'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "denied" and .reason == "no_session"'
}

# For an agent that is to go on when the test says so.
GO='until [ -e go ]; do sleep 0.05; done'
go() {
	touch_home builder-7 go
}

@test "what an agent leaves running gives no sudo once its login is over" {
	rm -f /home/agents/builder-7/{go,later}
	run in_session "sudo -n restart-app; nohup setsid sh -c '$GO; sudo -n restart-app >later 2>&1; echo done >>later' >/dev/null 2>&1 </dev/null &"
	expect_status 0
	expect_output '^restarted'
	wait_for_audit '.event == "session-close"'
	go
	wait_until grep -q 'done' /home/agents/builder-7/later
	run cat /home/agents/builder-7/later
	expect_output '^done$'
	expect_no_output 'restarted'
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "no_session"'
}

@test "suspended in the middle of a session: sudo ends with it" {
	rm -f /home/agents/builder-7/{go,ready}
	(
		wait_until test -e /home/agents/builder-7/ready
		agentauthctl suspend builder-7 >/dev/null
		go
	) &
	run in_session "sudo -n restart-app; touch ready; $GO; sudo -n restart-app"
	wait
	agentauthctl resume builder-7 >/dev/null
	expect_status 1
	[ "$(grep -c '^restarted' <<<"$output")" -eq 1 ]
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "agent_suspended"'
}

@test "a session of root's making, by su, gives no sudo" {
	run su - builder-7 -c 'id; sudo -n restart-app'
	expect_status 1
	expect_output 'agent-deploy'
	expect_no_output 'restarted'
}

@test "a rule that asks people for a password gives an agent nothing, and asks it for nothing" {
	for rule in 'ALL ALL = (ALL) ALL' '%agents ALL = (ALL:ALL) ALL' 'builder-7 ALL = (root) ALL' "%#$(getent group agents | cut -d: -f3) ALL = (ALL) ALL"; do
		echo "$rule" >/etc/sudoers.d/a-rule-before-ours
		chmod 440 /etc/sudoers.d/a-rule-before-ours
		audit_mark
		run ssh_with "$(token_file builder-7)" -tt "builder-7@$HOST" 'sudo tty'
		expect_status 1
		expect_no_output '^/dev/pts/'
		expect_output '^(\[sudo error\] )?agentauth: sudo is refused: no rule of sudoers grants this without a password'
		[ "$(audit_since_mark | jq -s 'map(select(.service == "sudo")) | length')" -eq 1 ]
		expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .result == "denied" and .reason == "role_denied" and (.command | test("tty"))'
		run in_session 'sudo -n id -u; sudo -i id -u; sudo -n -u bob id -u; sudo -S id -u </dev/null'
		expect_status 1
		expect_no_output '^[0-9]+'
		# What a role grants goes on beside it.
		run in_session 'sudo -n restart-app'
		expect_status 0
		expect_output '^restarted by root for builder-7$'
	done
}

@test "and people are asked, as ever" {
	echo 'ALL ALL = (ALL) ALL' >/etc/sudoers.d/a-rule-before-ours
	chmod 440 /etc/sudoers.d/a-rule-before-ours
	run as bob sudo -k -S id -un <<<'bob-password'
	expect_status 0
	expect_output 'root$'
	run as bob sudo -k -S id -un <<<'wrong'
	rm /etc/sudoers.d/a-rule-before-ours
	expect_status 1
	expect_no_output 'root$'
}

@test "an agent has no sudo to another agent" {
	run in_session 'sudo -n -u other id'
	expect_status 1
	expect_no_output 'uid='
}

@test "with use_pty and without, as -i, as another user, and under -l and -v" {
	agentauthctl role set deploy --accept-risk --sudo '(root) /bin/bash' --sudo '(bob) /usr/bin/id' >/dev/null
	for setting in use_pty '!use_pty'; do
		echo "Defaults $setting" >/etc/sudoers.d/pty
		chmod 440 /etc/sudoers.d/pty
		run in_session 'sudo -n restart-app && sudo -n -i id -un; sudo -n -u bob id -un; sudo -n -v && echo valid; sudo -n -l'
		expect_output '^restarted by root'
		expect_output '^root$'
		expect_output '^bob$'
		expect_output '^valid$'
		expect_output 'NOPASSWD: /usr/local/sbin/restart-app'
		run in_session 'sudo -n -u other id -un'
		[ "$status" -ne 0 ]
	done
	rm /etc/sudoers.d/pty
}

@test "from tmux, while the login is open, and not from a server that outlived it" {
	rm -f /home/agents/builder-7/{in,late,go}
	run in_session "tmux new-session -d \"sudo -n restart-app >in 2>&1; touch in.done; $GO; sudo -n restart-app >late 2>&1; echo done >>late\"; until [ -e in.done ]; do sleep 0.05; done; cat in"
	expect_status 0
	expect_output '^restarted by root'
	wait_for_audit '.event == "session-close"'
	go
	wait_until grep -q 'done' /home/agents/builder-7/late
	run cat /home/agents/builder-7/late
	expect_no_output '^restarted'
	expect_audit '.service == "sudo" and .result == "denied" and .reason == "no_session"'
}

# ansible on dev's machine, by the agent's registered key.
ansible() { # ARGUMENT...
	dev env ${ANSIBLE_SSH_ARGS:+"ANSIBLE_SSH_ARGS=$ANSIBLE_SSH_ARGS"} ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_NOCOLOR=1 HOME=/home/dev LANG=C.UTF-8 ansible "$HOST" -i "$HOST," -u builder-7 \
		--private-key "$KEYS/builder-7.pem" -e ansible_python_interpreter=/usr/bin/python3 "$@"
}

@test "ansible becomes root where a role's rules have its shell, and not where they have not" {
	run ansible -m command -a 'id -un'
	expect_status 0
	expect_output '^builder-7$'
	run ansible --become -m command -a 'id -un'
	[ "$status" -ne 0 ]
	expect_no_output '^root$'
	agentauthctl role set deploy --accept-risk --sudo '(root) /bin/sh' >/dev/null
	run ansible --become -m command -a 'id -un'
	expect_status 0
	expect_output '^root$'
	expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .kind == "publickey" and (.command | test("BECOME-SUCCESS")) and .result == "ok"'
}

@test "and over a connection that the agent opened with a credential, with that session's roles" {
	local path=/home/dev/shared
	ssh_with "$(token_file builder-7)" -o ControlMaster=yes -o ControlPath=$path -o ControlPersist=60 -fN "builder-7@$HOST" \
		>/dev/null 2>&1 3>&-
	export ANSIBLE_SSH_ARGS="-o ControlPath=$path"
	run ansible --become -m command -a 'id -un'
	dev ssh -o ControlPath=$path -O exit "builder-7@$HOST" 2>/dev/null
	unset ANSIBLE_SSH_ARGS
	expect_status 0
	expect_output '^root$'
	expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .kind == "assertion" and .result == "ok"'
}

@test "AGENTAUTH_ variables that an agent sets lend nothing" {
	# Not wholly empty: Debian 13's sudo (1.9.16) crashes then, without us too.
	run in_session 'env AGENTAUTH_ROLES=deploy AGENTAUTH_SESSION=$(printf %032d 0) sudo -n restart-app; env -i LANG=C /usr/bin/sudo -n whoami' --claim 'scope="logs"'
	expect_no_output '^restarted'
	narrow_sudo_gives '^root$'
}
