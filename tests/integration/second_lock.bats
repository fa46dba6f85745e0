#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The approval plugin as the second lock: whatever sudo was told to skip of PAM, or to ask it under another name, an agent has
# sudo in a live session only, nobody else has it by an agents' group, each is logged, and people's own goes on.

load support
load agents

LEFT=/var/tmp/left
RULES=/etc/sudoers.d/zz-hosts-own

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	new_agent builder-7 ES256
	printf '%s\n' 'import posix, sys' 'g = posix.getegid()' 'posix.setregid(g, g)' 'posix.execv("/usr/bin/sudo", ["sudo"] + sys.argv[1:])' \
		>/usr/local/lib/as-group.py
	in_session "cp \$(readlink -f /usr/bin/python3) $LEFT && chgrp agent-deploy $LEFT && chmod 2755 $LEFT"
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	rm -f $RULES
}

outside() { # COMMAND...
	setpriv --reuid builder-7 --regid builder-7 --groups agents,agent-deploy --reset-env -- "$@" </dev/null
}
n_lines() { # FILTER: of what the two locks say
	audit_since_mark | jq -s "map(select((.event == \"sudo-asked\" or .event == \"sudo\" and .result != \"ok\") and $1)) | length"
}

# All of it under one line of sudoers.
with_setting() { # LINE
	echo "$1" >$RULES
	chmod 440 $RULES
	visudo -c -q
	audit_mark
	run outside sudo -n restart-app
	echo "# $1"
	expect_status 1
	expect_no_output 'restarted'
	expect_output '^agentauth: .*refused: the caller is not inside a live session'
	expect_audit '.agent == "builder-7" and .result == "denied" and .reason == "no_session" and (.command | test("restart-app"))'
	[ "$(n_lines true)" -eq 1 ]
	audit_mark
	run as bob $LEFT /usr/local/lib/as-group.py -n restart-app
	expect_status 1
	expect_no_output 'restarted'
	expect_audit "(.event == \"sudo\" or .event == \"sudo-asked\") and .uid == $(id -u bob) and .reason == \"group_denied\" and .roles == [\"deploy\"] and (.command | test(\"restart-app\"))"
	[ "$(n_lines true)" -eq 1 ]
}

# And what goes on under it.
goes_on() {
	audit_mark
	run in_session 'sudo -n restart-app'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	[ "$(n_lines '.agent == "builder-7" and .result == "ok" and (.session | length) == 32 and (.command | test("restart-app"))')" -eq 1 ]
	[ "$(n_lines true)" -eq 1 ]
}
people_go_on() { # PASSWORD
	run as alice sudo -k -S id -un <<<"$1"
	expect_status 0
	expect_output 'root$'
	run setpriv --reuid 0 sudo -n id -un
	expect_status 0
}

@test "with PAM asked as it is shipped: one line for each, by the account phase" {
	with_setting '# nothing'
	goes_on
	people_go_on alice-password
}

@test "with the account phase skipped" {
	with_setting 'Defaults !pam_acct_mgmt'
	goes_on
	people_go_on alice-password
}

@test "with the account phase skipped for the agent, by name, by group, by command" {
	for whom in ':builder-7' ':%agents' ':%agent-deploy' '!/usr/local/sbin/restart-app'; do
		echo "Defaults$whom !pam_acct_mgmt" >$RULES
		chmod 440 $RULES
		audit_mark
		run outside sudo -n restart-app
		expect_status 1
		expect_no_output 'restarted'
		[ "$(n_lines '.reason == "no_session"')" -eq 1 ]
		goes_on
	done
}

@test "with PAM asked under the name of su, of sshd, of a service without our module" {
	local -a services=(su su-l sshd cron)
	# The profile is in every service's stack: there PAM lets agents' sudo pass under sudo's own names alone.
	[ "$AGENTAUTH_BOX" = packages ] || services+=(other)
	for service in "${services[@]}"; do
		with_setting "Defaults pam_service=$service, pam_login_service=$service"
		goes_on
	done
}

@test "with PAM asked about another user than the caller" {
	for setting in rootpw targetpw runaspw; do
		with_setting "Defaults $setting"
		goes_on
		people_go_on root-password
	done
}

@test "with no authentication at all" {
	with_setting 'Defaults !authenticate'
	goes_on
	people_go_on ''
}

@test "for -i, -s, -e and -u too" {
	printf '%s\n' 'Defaults !pam_acct_mgmt' '%agent-deploy ALL = (ALL) NOPASSWD: /bin/bash, sudoedit /etc/motd' >$RULES
	chmod 440 $RULES
	touch /etc/motd
	for what in '-i id -u' '-s id -u' '-u bob /bin/bash -c id' '-e /etc/motd'; do
		audit_mark
		# shellcheck disable=SC2086
		run outside env SHELL=/bin/bash EDITOR=/bin/true sudo -n $what
		expect_status 1
		[ "$(n_lines '.reason == "no_session"')" -eq 1 ]
		audit_mark
		run in_session "SHELL=/bin/bash EDITOR=/bin/true sudo -n $what"
		expect_status 0
		[ "$(n_lines '.result == "ok"')" -eq 1 ]
	done
}

@test "what an intercepted command starts is asked about and logged each time" {
	# By name: of what is intercepted sudo looks the groups up anew, and finds no role's.
	printf '%s\n' 'Defaults intercept' 'builder-7 ALL = (root) NOPASSWD: /usr/bin/id' >$RULES
	chmod 440 $RULES
	audit_mark
	run in_session 'sudo -n restart-app'
	expect_status 0
	expect_output '^restarted by root for builder-7$'
	expect_audit '.event == "sudo-asked" and .result == "ok" and (.command | test("bin/id"))'
}

@test "a log that cannot be written lets nothing run that PAM has not logged" {
	echo 'Defaults !pam_acct_mgmt' >$RULES
	chmod 440 $RULES
	in_session 'touch ready; until [ -e go ]; do sleep 0.05; done; sudo -n restart-app' >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	wait_until test -e /home/agents/builder-7/ready
	mount -t tmpfs -o size=4k,nr_inodes=1,mode=700 full /var/log/agentauth
	touch_home builder-7 go
	wait $! || :
	umount /var/log/agentauth
	run cat "$BATS_TEST_TMPDIR/said"
	expect_output '^agentauth: refused: the audit log cannot be written'
	expect_no_output 'restarted'
	goes_on
}
