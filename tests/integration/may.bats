#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
# SPDX-License-Identifier: Apache-2.0
# agentauth may: what an agent's program is told of a sudo before it tries, and that sudo then does just that; and that an
# agent learns of no other roles than its session's.

load support
load agents
load sessions

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	agentauthctl role add waits --service sshd --service sudo --sudo '(root) /usr/bin/true' --approval '(root) /usr/bin/id' >/dev/null
	new_agent builder-7 ES256 --role deploy --role logs --role waits --owner alice@example.com
	new_agent other ES256 --role logs
}

setup() {
	log_mark
	audit_mark
}

@test "yes, with the role and its rule, and sudo runs it" {
	run in_session 'agentauth may -- restart-app now; echo "status $?"; sudo -n restart-app now'
	expect_output '^yes$'
	expect_output '^role +deploy$'
	expect_output '^rule +\(root\) /usr/local/sbin/restart-app$'
	expect_output '^status 0$'
	expect_output '^restarted by root'
	run in_session 'agentauth may --json -- restart-app'
	[ "$(jq -r '.may, .reason, .role, .path, .owner' <<<"$output" | xargs)" = "yes ok deploy /usr/local/sbin/restart-app alice@example.com" ]
}

@test "no, with the reason and whom to ask, and sudo refuses" {
	run in_session 'agentauth may -- cat /etc/shadow; echo "status $?"; sudo -n cat /etc/shadow'
	expect_output '^no +no rule of this session.s roles has it \(role_denied\)$'
	expect_output '^ask +alice@example.com$'
	expect_output '^status 1$'
	expect_no_output '^root:'
	run in_session 'agentauth may --runas bob -- restart-app; echo "status $?"; sudo -n -u bob restart-app'
	expect_output '^no '
	expect_output '^has +\(root\) /usr/local/sbin/restart-app$'
	expect_output '^status 1$'
	expect_no_output 'restarted'
}

@test "a command that waits for a person: whose approval, and sudo then waits" {
	run in_session "agentauth may -- id -u; echo \"status \$?\"; timeout 2 sudo -n $(is_sudo_rs && echo /usr/libexec/agentauth/approved /usr/bin/id || echo id -u)"
	expect_output '^waits +for a person of root, each time$'
	expect_output '^role +waits$'
	expect_output '^status 3$'
	expect_output 'waits for a person.s approval'
	groupadd --system agentauth-approvers
	run in_session 'agentauth may --json -- id -u'
	groupdel agentauth-approvers
	[ "$(jq -r '.may, .approvers, .role' <<<"$output" | xargs)" = "approval agentauth-approvers waits" ]
}

@test "outside a login, and suspended in the middle of one: the word of the log" {
	run setpriv --reuid builder-7 --regid builder-7 --groups agents,agent-deploy --reset-env -- agentauth may --json -- restart-app
	expect_status 1
	[ "$(jq -r '.may, .reason' <<<"$output" | xargs)" = "no no_session" ]
	expect_audit '.service == "sudo" and .agent == "builder-7" and .reason == "no_session"'
	rm -f /home/agents/builder-7/{go,ready}
	(
		wait_until test -e /home/agents/builder-7/ready
		agentauthctl suspend builder-7 >/dev/null
		touch_home builder-7 go
	) &
	run in_session 'agentauth may -- restart-app; touch ready; until [ -e go ]; do sleep 0.05; done; agentauth may --json -- restart-app; sudo -n restart-app'
	wait
	agentauthctl resume builder-7 >/dev/null
	expect_output '^yes$'
	expect_output '"reason": "agent_suspended"'
	expect_output '"sentence": "the agent is suspended"'
	expect_no_output '^restarted'
}

@test "a session reads the rules of the roles that it has, and of no others" {
	local rules=/var/lib/agentauth/current/rules
	run stat -c '%a %U %G' $rules.deploy
	expect_output '^640 root agent-deploy$'
	run in_session "cat $rules.logs; cat $rules.deploy; agentauth may -- restart-app; agentauth may -- whoami" --claim 'scope="logs"'
	expect_output '"role":"logs"'
	expect_output "rules.deploy: Permission denied"
	expect_output '^no '
	expect_output '^yes$'
	expect_no_output 'restart-app'
	run in_session_of other "cat $rules.deploy $rules.waits; agentauth may -- restart-app"
	expect_output 'Permission denied'
	expect_no_output '"role"'
	expect_output '^no '
	run as dev cat $rules.logs
	expect_status 1
	# A role without sudo has none, and what is taken away is gone with the next generation.
	agentauthctl role add quiet --service sshd >/dev/null
	[ ! -e $rules.quiet ]
	agentauthctl role set logs --no-service sudo >/dev/null
	[ ! -e $rules.logs ]
	agentauthctl role set logs --service sudo >/dev/null
	[ -e $rules.logs ]
}

@test "what is asked wrongly" {
	run in_session 'agentauth may'
	expect_status 2
	expect_output 'which command\? agentauth may -- COMMAND'
	run dev agentauth may -- id
	expect_status 1
	expect_output '^no '
}
