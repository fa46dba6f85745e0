#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A directory has people: a real slapd, which a real SSSD asks, before and behind our module in nsswitch.conf. Somebody comes
# into it with the name, the uid or the group of an agent: the person loses nothing, the agent gains nothing.

# shellcheck disable=SC2030,SC2031,SC2154  # advice.bash gives order
load support
load advice
load directory

setup_file() {
	install -d "$DIRECTORY"
	start_slapd
	directory_person carol 20001 20001
	directory_group carol 20001
	start_sssd
	people_from_sssd
	names_from files sss agentauth systemd
	host_init
	dev ssh-keygen -q -t ed25519 -N '' -f /home/dev/.ssh/id_person
	dev ssh-keygen -q -t ed25519 -N '' -f "$KEYS/twin.ssh"
	new_agent twin ES256 --role deploy --role logs
	agentauthctl set twin --key "$KEYS/twin.ssh.pub" >/dev/null
	new_agent other ES256 --role deploy
	echo 'twin, erin ALL=(ALL) NOPASSWD: /usr/bin/true' >/etc/sudoers.d/twin
	chmod 440 /etc/sudoers.d/twin
}

teardown_file() {
	kill "$(cat /run/sssd.pid)" "$(cat /run/slapd-directory.pid)"
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	directory_is_as_at_first
	names_from files sss agentauth systemd
	agentauthctl session reap
}

# A person of the directory who comes after the agent.
twin_person() { # UID
	directory_person twin "$1" "$1"
	directory_group twin "$1"
	install -d -m 0700 -o "$1" -g "$1" /home/twin/.ssh
	install -m 0600 -o "$1" -g "$1" /home/dev/.ssh/id_person.pub /home/twin/.ssh/authorized_keys
}

person_ssh_by_key() { # NAME COMMAND
	dev ssh -i /home/dev/.ssh/id_person -o IdentitiesOnly=yes -o BatchMode=yes "$1@$HOST" "$2"
}

agent_ssh() { # NAME COMMAND
	ssh_with "$(token_file "$1")" -o PubkeyAuthentication=no "$1@$HOST" "$2"
}

# accounts.group, in a text that init wrote.
agents_are_robots() { # FILE
	sed -i 's/^accounts = {/&\n\tgroup = "robots";/' "$1"
	grep -q robots "$1"
}

# All that a person has on this host.
person_has_everything() { # NAME UID
	run person_ssh "$1" 'id; env'
	expect_status 0
	expect_output "^uid=$2\($1\) gid=$2\($1\) groups=$2\($1\)\$"
	expect_no_output '^AGENTAUTH_'
	run person_ssh_by_key "$1" 'id -u'
	expect_status 0
	expect_output "^$2\$"
	run person_ssh "$1" 'sudo -n /usr/bin/true && echo may-sudo'
	expect_status 0
	expect_output '^may-sudo$'
	run as bob su "$1" -c 'id -u' <<<"$1-password"
	expect_status 0
	expect_output "$2\$"
}

# Neither by its credential nor by its key does the agent get in, nor is it anybody else by them.
agent_gets_nothing() { # NAME
	run agent_ssh "$1" id
	expect_status 255
	run dev ssh -i "$KEYS/$1.ssh" -o IdentitiesOnly=yes -o BatchMode=yes "$1@$HOST" id
	expect_status 255
	run agentauth run "$1" -- id
	[ "$status" -ne 0 ]
	expect_no_output '^uid='
}

@test "before anybody comes: person and agents side by side, in either order of sources" {
	for order in 'sss agentauth' 'agentauth sss'; do
		# shellcheck disable=SC2086 # two sources
		names_from files $order systemd
		run person_ssh carol 'id'
		expect_status 0
		expect_output '^uid=20001\(carol\)'
		run agent_ssh twin 'id; sudo -n restart-app'
		expect_status 0
		expect_output '^uid=7000.\(twin\) .*\(agents\)'
		expect_output '^restarted by root for twin$'
		run dev ssh -i "$KEYS/twin.ssh" -o IdentitiesOnly=yes -o BatchMode=yes "twin@$HOST" id -un
		expect_status 0
		expect_output '^twin$'
	done
}

@test "a name that the directory has is no new agent's, nor is a uid, nor a role's or the agents' group" {
	run agentauthctl register carol --role deploy
	expect_status 1
	expect_output 'carol.conf: another source of names .* uid 20001'
	run agentauthctl register dave --role deploy --uid 20001
	expect_status 1
	directory_group agent-night 20009
	run agentauthctl role add night --service sshd
	expect_status 1
	expect_output 'agent-night'
	run agentauthctl role add day --service sshd
	expect_status 0
	agentauthctl role remove day
}

@test "the directory is asked first: a person of an agent's name has everything from the first moment on, the agent nothing" {
	twin_person 20002
	person_has_everything twin 20002
	agent_gets_nothing twin
	run agent_ssh other 'sudo -n restart-app'
	expect_status 0
}

@test "the directory is asked first: an agent that is logged in gets none of the person's sudo" {
	agent_ssh twin 'touch /tmp/in; until [ -e /tmp/go ]; do sleep 0.05; done; sudo -n /usr/bin/true && echo as-the-person; sudo -n restart-app; echo done' \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	wait_until test -e /tmp/in
	twin_person 20002
	touch /tmp/go
	wait $! || :
	run cat "$BATS_TEST_TMPDIR/out"
	expect_output '^done$'
	expect_no_output 'as-the-person'
	expect_no_output 'restarted'
	rm /tmp/in /tmp/go
}

@test "our module is asked first: a person of an agent's name has everything once reap has looked" {
	local uid
	uid=$(id -u twin)
	names_from files agentauth sss systemd
	twin_person 20002
	run agentauthctl session reap
	expect_status 0
	expect_output 'twin is somebody else.s name or id as well: .*sss.*20002'
	person_has_everything twin 20002
	agent_gets_nothing twin
	run getent group twin
	expect_output '^twin:\*?:20002:'
	run getent passwd "$uid"
	[ -z "$output" ]
	run agent_ssh other 'sudo -n restart-app'
	expect_status 0
	# Said once, not every minute.
	run agentauthctl session reap
	expect_status 0
	expect_no_output twin
}

@test "our module is asked first: an agent that is logged in when its name is withheld has no sudo, and ends" {
	names_from files agentauth sss systemd
	agent_ssh twin 'touch /tmp/in; until [ -e /tmp/go ]; do sleep 0.05; done; sudo -n /usr/bin/true && echo as-the-person; sudo -n restart-app; echo done; sleep 60' \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	wait_until test -e /tmp/in
	twin_person 20002
	agentauthctl session reap
	touch /tmp/go
	wait_until grep -q '^done$' "$BATS_TEST_TMPDIR/out"
	run cat "$BATS_TEST_TMPDIR/out"
	expect_no_output 'as-the-person'
	expect_no_output 'restarted'
	agentauthctl session reap --grace 0
	wait $! || :
	wait_for_audit '.event == "session-close" and .reason == "agent_unknown" and .agent == "twin"'
	rm /tmp/in /tmp/go
}

@test "a person who goes gives the name back to the agent" {
	names_from files agentauth sss systemd
	twin_person 20002
	agentauthctl session reap
	run getent passwd twin
	expect_output ':20002:'
	directory_is_as_at_first
	run agentauthctl session reap
	expect_output 'twin is no one else.s any more'
	run agent_ssh twin 'id; sudo -n restart-app'
	expect_status 0
	expect_output '^uid=7000.\(twin\)'
	expect_output '^restarted by root for twin$'
}

@test "a person with an agent's uid: the agent is refused, the person has everything" {
	local uid order
	uid=$(id -u twin)
	for order in 'sss agentauth' 'agentauth sss'; do
		# shellcheck disable=SC2086 # two sources
		names_from files $order systemd
		directory_person erin "$uid" 20003
		directory_group erin 20003
			run agentauthctl session reap
		expect_output "twin is somebody else.s name or id as well: .*$uid"
		run person_ssh erin 'id; sudo -n /usr/bin/true && echo may-sudo; sudo -n restart-app'
		expect_output '^may-sudo$'
		expect_no_output '^restarted'
		expect_output "^uid=$uid\(erin\) gid=20003\(erin\) groups=20003\(erin\)"
		agent_gets_nothing twin
		directory_is_as_at_first
		agentauthctl session reap
	done
}

@test "a group of the directory with an agent's uid as gid, or with its name: the agent does not come into it" {
	local uid
	uid=$(id -u twin)
	directory_group builders "$uid" carol
	directory_is_known
	agentauthctl session reap
	agent_gets_nothing twin
	run person_ssh carol id
	expect_status 0
	expect_output "$uid\(builders\)"
	directory_is_as_at_first
	agentauthctl session reap
	directory_group twin 20004 carol
	directory_is_known
	agentauthctl session reap
	agent_gets_nothing twin
	run person_ssh carol id
	expect_output '20004\(twin\)'
}

@test "an agent that a mistake named like a person: retiring it frees the name, and burns the uid" {
	names_from files agentauth sss systemd
	new_agent frank ES256 --role deploy
	uid=$(id -u frank)
	directory_person frank 20005 20005
	directory_group frank 20005
	run agentauthctl session reap
	told 'frank is somebody else.s name or id as well: .*; retire the agent, or take it away there'
	run agentauthctl doctor
	told 'frank, who keeps it: the agent is refused. Register it by another name, and then: (agentauthctl retire frank)'
	obey
	run person_ssh frank 'id'
	expect_status 0
	expect_output '^uid=20005\(frank\) gid=20005\(frank\) groups=20005\(frank\)'
	run agentauthctl restore frank
	expect_status 1
	expect_output 'has come to know it: .*with uid 20005; .* Take it away there, or register another agent'
	run agentauthctl register gus --role deploy --uid "$uid"
	expect_status 1
	expect_output 'retired'
}

@test "a group of the directory with a role's gid: no session comes into it, and doctor says so" {
	local gid
	gid=$(getent group agent-deploy | cut -d: -f3)
	directory_group developers "$gid" carol
	directory_is_known
	run agentauthctl session reap
	expect_output 'agent-deploy is somebody else.s name or id as well: .*developers'
	run agent_ssh twin 'id; sudo -n restart-app'
	expect_output '^uid=7000.\(twin\) .*\(agent-logs\)'
	expect_no_output developers
	expect_no_output "[=,]$gid"
	expect_no_output '^restarted'
	run person_ssh carol 'id; sudo -n restart-app'
	expect_output "$gid\(developers\)"
	expect_no_output '^restarted'
	run agentauthctl doctor
	expect_status 1
	expect_output "PROBLEM +directory .*developers.* deploy of another name"
}

@test "a group called agents in the directory: doctor says what to do, and done to the letter it gives people their keys back" {
	install -d -m 0700 -o 20001 -g 20001 /home/carol/.ssh
	install -m 0600 -o 20001 -g 20001 /home/dev/.ssh/id_person.pub /home/carol/.ssh/authorized_keys
	run person_ssh_by_key carol id
	expect_status 0
	run agentauthctl doctor
	expect_no_output 'PROBLEM +directory'
	directory_group agents 20006 carol
	directory_is_known
	run person_ssh_by_key carol id
	expect_status 255
	run agentauthctl doctor
	expect_status 1
	expect_output 'PROBLEM +directory .*the group agents or its gid too: .*20006.* Set accounts.group in agentauth.conf'
	told 'write that name wherever this finds the old one: (grep -rw agents [a-z/. ]*[a-z])'
	cp /etc/agentauth/agentauth.conf "$BATS_TEST_TMPDIR/conf"
	agents_are_robots /etc/agentauth/agentauth.conf
	run agentauthctl apply
	expect_status 0
	mapfile -t files < <(sh -c "$order" | cut -d: -f1 | sort -u)
	sed -i 's/\bagents\b/robots/' "${files[@]}"
	sshd -t
	visudo -c -q
	kill -HUP "$(cat /run/sshd.pid)"
	wait_until dev ssh-keyscan "$HOST" >/dev/null 2>&1
	run person_ssh_by_key carol id
	expect_status 0
	expect_output '20006\(agents\)'
	run agent_ssh twin 'id; sudo -n restart-app'
	expect_status 0
	expect_output '\(robots\)'
	expect_output '^restarted'
	run dev ssh -i "$KEYS/twin.ssh" -o IdentitiesOnly=yes -o BatchMode=yes "twin@$HOST" id -un
	expect_status 0
	run agentauthctl doctor
	expect_no_output 'PROBLEM +directory'
	sed -i 's/\brobots\b/agents/' "${files[@]}"
	cp "$BATS_TEST_TMPDIR/conf" /etc/agentauth/agentauth.conf
	kill -HUP "$(cat /run/sshd.pid)"
	directory_is_as_at_first
	agentauthctl apply
}

@test "a registry that is new takes no group that the directory has, and another name for it" {
	local there=(--confdir "$BATS_TEST_TMPDIR/conf" --statedir "$BATS_TEST_TMPDIR/state")
	directory_group agents 20006 carol
	run agentauthctl "${there[@]}" init
	expect_status 1
	expect_output 'accounts.group: another source of names .*agents'
	agents_are_robots "$BATS_TEST_TMPDIR/conf/agentauth.conf"
	run agentauthctl "${there[@]}" apply
	expect_status 0
}

@test "nscd, which does not say whose group it asks about: an agent is in the group of all agents, the person is not" {
	install -d /run/nscd
	nscd 3>&-
	wait_until test -S /run/nscd/socket
	run agent_ssh twin id
	expect_output '\(agents\)'
	twin_person 20002
	agentauthctl session reap
	person_has_everything twin 20002
	nscd --shutdown
}
