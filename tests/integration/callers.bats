#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whose sudo it is: what an agent leaves lying about gives nobody else its roles, and what people may gives no agent more.

load support
load agents

LEFT=/var/tmp/left # a setgid file of the role's group, where everybody reaches it

setup_file() {
	host_init
	new_agent builder-7 ES256
	new_agent other ES256 --role logs
	# With the real gid of the group: that is what sudo goes by.
	printf '%s\n' 'import posix, sys' 'g = posix.getegid()' 'posix.setregid(g, g)' 'posix.execv("/usr/bin/sudo", ["sudo"] + sys.argv[1:])' \
		>/usr/local/lib/as-group.py
	leave_file
}

setup() {
	log_mark
	audit_mark
}

# The agent leaves it, in a session that has the role.
leave_file() {
	in_session "cp \$(readlink -f /usr/bin/python3) $LEFT && chgrp agent-deploy $LEFT && chmod 2755 $LEFT"
	[ "$(stat -c '%A %G' $LEFT)" = '-rwxr-sr-x agent-deploy' ]
}

# Somebody's sudo by way of that file; without -n it would wait for a password.
by_file() { # USER SUDO-ARGUMENT...
	local who=$1
	shift
	as "$who" $LEFT /usr/local/lib/as-group.py "$@"
}

expect_refused_to() { # USER
	expect_status 1
	expect_no_output 'restarted'
	[ "$(audit_since_mark | jq -s length)" -eq 1 ]
	expect_audit ".event == \"sudo-asked\" and .service == \"sudo\" and .result == \"denied\" and .reason == \"group_denied\"
		and .uid == $(id -u "$1") and .roles == [\"deploy\"] and (has(\"agent\") | not) and (.command | test(\"restart-app\"))"
}

@test "the agent itself, in its session, runs the role's command" {
	run in_session 'sudo -n restart-app'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	run in_session "$LEFT /usr/local/lib/as-group.py -n restart-app"
	expect_status 0
	expect_output '^restarted by root for builder-7$'
}

@test "a person, nobody and a service account get nothing by a setgid file of a role's group, and one line each" {
	for who in bob nobody www-data; do
		audit_mark
		run by_file $who -n restart-app
		expect_refused_to $who
		expect_output '^agentauth: sudo is refused: .*setgid'
	done
}

@test "nor with the group as the effective or the saved one, where sudo has a rule of its own for them" {
	echo 'bob ALL = (root) NOPASSWD: /usr/bin/whoami' >/etc/sudoers.d/bob
	chmod 440 /etc/sudoers.d/bob
	run as bob sudo -n whoami
	expect_status 0
	expect_output '^root$'
	expect_no_audit true
	run as bob $LEFT -c 'import posix; posix.execv("/usr/bin/sudo", ["sudo", "-n", "whoami"])'
	rm /etc/sudoers.d/bob
	expect_status 1
	expect_no_output '^root$'
	expect_audit '.reason == "group_denied" and .roles == ["deploy"]'
}

@test "people's own sudo goes on, with a password and without" {
	run as alice sudo -k -S id -un <<<'alice-password'
	expect_status 0
	expect_output 'root$'
	run by_file alice -k -S restart-app <<<'alice-password'
	expect_refused_to alice
	run as alice sudo -k -S id -un <<<'alice-password'
	expect_status 0
	expect_no_audit '.result == "ok"'
}

@test "a person whom the host itself put into a group of such a number keeps sudo" {
	groupadd -g 99042 theirs
	usermod -aG theirs alice
	run as alice sudo -k -S id -un <<<'alice-password'
	expect_status 0
	gpasswd -d alice theirs >/dev/null
	# As a setgid file of that group's, or a service's SupplementaryGroups=.
	run setpriv --reuid alice --regid alice --groups alice,sudo,theirs --reset-env -- sudo -k -S id -un <<<'alice-password'
	expect_status 0
	# The same number, and it is no group of the host's: that of a role that was.
	groupdel theirs
	run setpriv --reuid alice --regid alice --groups alice,sudo,99042 --reset-env -- sudo -k -S id -un <<<'alice-password'
	expect_status 1
	expect_audit '.reason == "group_denied"'
}

@test "with the agent suspended, stripped of the role or retired the file gives nothing either" {
	agentauthctl suspend builder-7
	audit_mark
	run by_file bob -n restart-app
	expect_refused_to bob
	agentauthctl resume builder-7
	agentauthctl set builder-7 --no-role deploy
	audit_mark
	run by_file bob -n restart-app
	expect_refused_to bob
	agentauthctl retire builder-7
	audit_mark
	run by_file bob -n restart-app
	expect_refused_to bob
}

@test "nor once the role is gone, where the host has a rule of its own for its gid" {
	local gid
	gid=$(getent group agent-deploy | cut -d: -f3)
	agentauthctl role remove deploy
	run getent group agent-deploy
	expect_status 2
	audit_mark
	echo "%#$gid ALL = (root) NOPASSWD: /usr/local/sbin/restart-app" >/etc/sudoers.d/by-number
	chmod 440 /etc/sudoers.d/by-number
	run by_file bob -n restart-app
	rm /etc/sudoers.d/by-number
	expect_status 1
	expect_no_output restarted
	expect_audit '.reason == "group_denied" and (has("roles") | not)'
}
