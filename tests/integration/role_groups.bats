#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# role_groups = "entry": NSS serves the groups of all roles of an agent's record, and a session that was granted fewer of them
# has no sudo.

load support
load agents
load sessions

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	agentauthctl role add nightly --service cron --sudo '(root) /usr/bin/id' >/dev/null
	new_agent builder-7 ES256 --role deploy --role logs --role nightly
	new_agent other ES256 --role logs
}

setup() {
	log_mark
	audit_mark
}

role_groups() { # session|entry
	sed -i '/role_groups/d; s/^host = {$/&\n\trole_groups = "'"$1"'";/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes
}
groups_of() { # AGENT
	id -nG "$1" | tr ' ' '\n' | sort | xargs
}

@test "without it NSS gives an agent no role's group, and a narrower session has the sudo of its roles" {
	[ "$(groups_of builder-7)" = 'agents builder-7' ]
	run in_session 'sudo -n whoami; sudo -n restart-app' --claim 'scope="logs"'
	expect_output '^root$'
	expect_no_output 'restarted'
}

@test "with it NSS gives each agent the groups of its record, and of no other" {
	run role_groups entry
	expect_status 0
	[ "$(groups_of builder-7)" = 'agent-deploy agent-logs agent-nightly agents builder-7' ]
	[ "$(groups_of other)" = 'agent-logs agents other' ]
	run getent group agent-deploy
	expect_output ':$' # and still names no members
	# People, and who is retired, have none of them.
	[ "$(groups_of bob)" = bob ]
	new_agent gone ES256 --role logs
	[ "$(groups_of gone)" = 'agent-logs agents gone' ]
	agentauthctl retire gone >/dev/null
	[ "$(groups_of gone)" = 'agents gone' ]
	# A role that an agent gets, and loses.
	agentauthctl set other --role deploy >/dev/null
	[ "$(groups_of other)" = 'agent-deploy agent-logs agents other' ]
	agentauthctl set other --no-role deploy >/dev/null
	[ "$(groups_of other)" = 'agent-logs agents other' ]
}

@test "a session with all roles that are good for sudo has its sudo; the others' groups are no matter" {
	run in_session 'id -nG; sudo -n restart-app; sudo -n whoami'
	expect_status 0
	expect_output 'agent-nightly'
	expect_output '^restarted by root for builder-7$'
	expect_output '^root$'
	run in_session_of other 'sudo -n whoami'
	expect_output '^root$'
}

@test "a session with fewer has none at all, also none of its own roles, and explain says why" {
	run in_session 'sudo -n whoami; sudo -n restart-app; sudo -n -l' --claim 'scope="logs"'
	expect_status 1
	expect_no_output '^root$|restarted|NOPASSWD'
	expect_output 'sudo is refused: the session has fewer roles than the agent'
	expect_audit '.service == "sudo" and .agent == "builder-7" and .result == "denied" and .reason == "session_narrowed"'
	ssh_with "$(token_file builder-7 --claim 'scope="logs"')" "builder-7@$HOST" 'sleep 60' >/dev/null 2>&1 3>&- &
	wait_until eval '[ "$(session_ids builder-7)" ]'
	run agentauthctl explain builder-7 --service sudo
	agentauthctl session kill --agent builder-7
	expect_output 'session_narrowed'
	expect_output 'the session lacks deploy'
	expect_output 'Do: have builder-7 log in with all of its roles$'
}

@test "a session that a person started has the delegable roles, and no sudo unless these are all" {
	agentauthctl set builder-7 --local-user alice >/dev/null
	agentauthctl role set logs --delegable >/dev/null
	run as alice sudo -S /usr/libexec/agentauth/start builder-7 -- sudo -n whoami <<<'alice-password'
	expect_no_output '^root$'
	expect_audit '.service == "sudo" and .reason == "session_narrowed" and .on_behalf_of == "alice"'
	agentauthctl set builder-7 --no-role deploy >/dev/null
	run as alice sudo -S /usr/libexec/agentauth/start builder-7 -- sudo -n whoami <<<'alice-password'
	expect_output '^root$'
	agentauthctl set builder-7 --role deploy >/dev/null
}

@test "an elevation is in no such group: the session that has it has its sudo, and an older one keeps its own" {
	agentauthctl role add rare --service sshd --service sudo --sudo '(root) /usr/bin/uname' >/dev/null
	agentauthctl elevate builder-7 --role rare --for 5m --why test >/dev/null
	[ "$(groups_of builder-7)" = 'agent-deploy agent-logs agent-nightly agents builder-7' ]
	run in_session 'sudo -n uname; sudo -n whoami'
	expect_output '^Linux$'
	expect_output '^root$'
	run in_session 'sudo -n whoami; sudo -n uname' --claim 'scope="deploy logs"'
	expect_output '^root$'
	expect_no_output '^Linux$'
	agentauthctl elevate builder-7 --role rare --end >/dev/null
}

@test "and back again" {
	run role_groups session
	expect_status 0
	[ "$(groups_of builder-7)" = 'agents builder-7' ]
	run in_session 'sudo -n whoami' --claim 'scope="logs"'
	expect_output '^root$'
}
