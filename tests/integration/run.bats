#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A coding agent on a workstation: a person of the host starts it as its own principal, on the person's behalf.

load support
load agents
load sessions

setup_file() {
	host_init
	agentauthctl role set deploy --delegable >/dev/null
	agentauthctl role add own --service sshd --service sudo --sudo '(root) /usr/bin/whoami' >/dev/null
	new_agent coder ES256 --role deploy --role own --local-user alice
	new_agent stranger ES256 --role deploy
	new_agent plain ES256 --role own --local-user alice
	usermod --append --groups agentauth bob
}

setup() {
	log_mark
	audit_mark
}

alice() { # COMMAND...: as alice, logged in: a login uid of her own
	(
		id -u alice >/proc/self/loginuid
		as alice "$@"
	)
}

@test "the shipped rule is in order and is all that a person needs" {
	run visudo -c
	expect_status 0
	run alice sudo -n -l
	expect_output '\(root\) NOPASSWD: /usr/libexec/agentauth/start$'
}

@test "a person starts an agent: its uid, its roles that may be delegated, its environment, a session on the person's behalf" {
	cd /tmp
	run alice env SECRET=alice LC_TIME=C TERM=xterm agentauth run coder -- sh -c 'id; env; pwd; agentauth whoami; cat /proc/self/loginuid'
	expect_status 0
	expect_output '^uid=[0-9]+\(coder\) gid=[0-9]+\(coder\) groups=.*\(agents\)'
	expect_output 'groups=.*\(agent-deploy\)'
	expect_no_output 'agent-own'
	expect_output '^HOME=/home/agents/coder$'
	expect_output '^USER=coder$'
	expect_output '^TERM=xterm$'
	expect_output '^AGENTAUTH_ON_BEHALF_OF=alice$'
	expect_output '^AGENTAUTH_ROLES=deploy$'
	expect_output '^AGENTAUTH_EXPIRES='
	expect_output '^/tmp$'
	expect_output "^$(id -u coder)\$"
	expect_no_output '^(SECRET|SUDO_|MAIL)'
	expect_audit '.event == "session-open" and .service == "agentauth-run" and .agent == "coder" and .result == "ok"
		and .on_behalf_of == "alice" and .kind == "local" and .roles == ["deploy"]'
	expect_audit '.event == "session-close" and .agent == "coder" and .on_behalf_of == "alice"'
}

@test "its sudo is that of its roles, on the person's behalf, and not the person's" {
	run alice agentauth run coder -- sudo -n restart-app
	expect_status 0
	expect_output '^restarted by root for coder$'
	expect_audit '.event == "sudo-asked" and .agent == "coder" and .on_behalf_of == "alice" and .result == "ok"'
	run alice agentauth run coder -- sudo -n whoami
	expect_status 1
	run alice agentauth run coder -- sudo -n agentauthctl list
	expect_status 1
	# Nor does it start another, or itself.
	run alice agentauth run coder -- agentauth run plain -- id
	expect_status 1
	expect_no_output 'uid='
}

@test "the command's status and its signals come through" {
	run alice agentauth run coder -- sh -c 'exit 7'
	expect_status 7
	run alice agentauth run coder -- sh -c 'kill -TERM $$'
	expect_status 143
	run -127 alice agentauth run coder -- no-such-program
	expect_output 'no-such-program cannot be run'
	echo in | alice agentauth run coder -- cat >"$BATS_TEST_TMPDIR/out"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = in ]
	forget_file coder up caught
	alice agentauth run coder -- sh -c 'cd; trap "touch caught; exit 3" TERM; touch up; while :; do sleep 0.1; done' 3>&- &
	wait_for_file coder up
	pkill -TERM -u root -f '^sudo -- /usr/libexec/agentauth/start coder'
	code=0
	wait $! || code=$?
	[ "$code" -eq 3 ]
	[ -e /home/agents/coder/caught ]
	[ "$(n_sessions coder)" -eq 0 ]
}

@test "a signal arrives once, with a terminal too; a harness that ignores its children is no matter; sudo killed is the end" {
	forget_file coder up caught
	alice script -qec 'agentauth run coder -- sh -c "cd; trap \"echo x >>caught\" USR1; touch up; until [ -s caught ]; do sleep 0.05; done; sleep 0.3; wc -l <caught >count"' /dev/null >/dev/null 2>&1 3>&- &
	wait_for_file coder up
	pkill -USR1 -u root -o -f '^sudo -- /usr/libexec/agentauth/start coder'
	wait $!
	[ "$(cat /home/agents/coder/count)" -eq 1 ]
	run timeout 10 /usr/bin/python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp("setpriv", ["setpriv", "--reuid", "alice", "--regid", "alice", "--init-groups", "agentauth", "run", "coder", "--", "echo", "here"])'
	expect_status 0
	expect_output '^here$'
	forget_file coder up
	alice agentauth run coder -- sh -c 'cd; touch up; exec sleep 607' >/dev/null 2>&1 3>&- &
	wait_for_file coder up
	pkill -KILL -u root -f '^sudo -- /usr/libexec/agentauth/start coder'
	wait_until none_runs '^sleep 607'
	wait $! || :
}

@test "with a terminal it has one of its own, in which it types nothing for the person" {
	run alice script -qec 'tty; agentauth run coder -- sh -c "tty; stat -Lc %U-has-it /dev/stdin"' /dev/null
	expect_status 0
	[ "$(grep -ao '/dev/pts/[0-9]*' <<<"$output" | sort -u | wc -l)" -eq 2 ]
	expect_output 'coder-has-it'
}

@test "a directory that the agent may not enter is left for its home, and it says so" {
	chmod 700 /home/alice
	cd /home/alice
	run alice agentauth run coder -- pwd
	expect_status 0
	expect_output 'coder may not enter this directory'
	expect_output '^/home/agents/coder$'
}

@test "what is refused says why: another person, no delegation, no role, a suspended agent" {
	run as bob agentauth run coder -- id
	expect_status 1
	expect_output 'starting coder is refused: '
	expect_output 'coder is not started for bob'
	expect_no_output 'uid='
	expect_audit '.event == "session-open" and .agent == "coder" and .result == "denied" and .reason == "delegation_denied" and .on_behalf_of == "bob"'
	run alice agentauth run stranger -- id
	expect_status 1
	expect_output 'starting stranger is refused: '
	run alice agentauth run plain -- id
	expect_status 1
	expect_output 'starting plain is refused: '
	expect_no_output 'uid='
	agentauthctl suspend coder >/dev/null
	run alice agentauth run coder -- id
	agentauthctl resume coder >/dev/null
	expect_status 1
	expect_output 'starting coder is refused: .*suspended'
	expect_audit '.agent == "coder" and .service == "agentauth-run" and .reason == "agent_suspended"'
	run alice agentauth run nobody-here -- id
	expect_status 1
	expect_output 'there is no agent nobody-here'
	run alice agentauth run bob -- id
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
}

# run0 sets SUDO_UID and SUDO_USER in its caller's own process; SUDO_COMMAND is sudo's alone.
@test "run0 starts no agent, and says why" {
	run env SUDO_UID="$(id -u alice)" SUDO_USER=alice /usr/libexec/agentauth/start coder -- id
	expect_status 1
	expect_output "^agentauth run: run0 takes the person's own word for who asks; start coder by sudo\$"
	expect_no_output 'uid='
	expect_no_audit '.event == "session-open"'
	run env SUDO_UID="$(id -u alice)" SUDO_USER=alice SUDO_COMMAND=start /usr/libexec/agentauth/start coder -- id
	expect_status 0
	expect_output '^uid=.*coder'
	# Where it is all that the host has.
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	ln -s /bin/true "$BATS_TEST_TMPDIR/bin/run0"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	run env PATH="$BATS_TEST_TMPDIR/bin" /usr/bin/agentauth run coder -- id
	expect_status 1
	expect_output 'sudo is not installed, and it is needed to become coder; run0 will not do, .*: apt-get install sudo$'
}

@test "a person without the group gets nothing from sudo, and the helper nothing without it" {
	run as dev agentauth run coder -- id
	[ "$status" -ne 0 ]
	expect_no_output 'uid='
	run as dev /usr/libexec/agentauth/start coder -- id
	expect_status 1
	expect_output 'for sudo to run'
	run as bob sudo -n -u coder id
	[ "$status" -ne 0 ]
	run as bob sudo -n id
	[ "$status" -ne 0 ]
}

@test "it is listed with the person's name, and suspend --kill ends it with what it detached" {
	forget_file coder up
	alice agentauth run coder -- sh -c 'cd; (setsid sleep 600 >/dev/null 2>&1 </dev/null &); touch up; sleep 600' >/dev/null 2>&1 3>&- &
	wait_for_file coder up
	run agentauthctl session list
	expect_output '^[0-9a-f]{8} +coder +local .* deploy +alice$'
	run agentauthctl suspend coder --kill
	agentauthctl resume coder
	expect_status 0
	expect_none_of coder
}

@test "if the helper is killed the command ends, and what detached itself has no sudo" {
	forget_file coder up late go
	alice agentauth run coder -- sh -c "cd; (setsid sh -c 'until [ -e go ]; do sleep 0.05; done; sudo -n restart-app >late 2>&1; echo done >>late' >/dev/null 2>&1 </dev/null &); touch up; exec sleep 605" >/dev/null 2>&1 3>&- &
	wait_for_file coder up
	kill -KILL "$(jq '.opener[0]' "/run/agentauth/sessions/$(session_ids coder).json")"
	wait_until none_runs '^sleep 605'
	touch_home coder go
	wait_until grep -q '^done' /home/agents/coder/late
	run cat /home/agents/coder/late
	expect_no_output '^restarted'
	expect_audit '.service == "sudo" and .agent == "coder" and .reason == "no_session"'
}
