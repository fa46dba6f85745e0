#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An agent stops its own sudo, at whatever moment, and goes on with it later: what was taken away meanwhile is gone.

load support
load agents
load sessions

setup_file() {
	host_init
	printf '#!/bin/sh\ndate +%%s%%N >>/var/ran\n' >/usr/local/sbin/restart-app
	install -m 0755 -t "$CLIENTS" "$HERE/stopper"
	new_agent builder-7 ES256
	by_key builder-7 true
}

setup() {
	log_mark
	audit_mark
	rm -f /var/ran
	forget_file builder-7 stopped go ended
}

teardown() {
	agentauthctl resume builder-7 >/dev/null 2>&1 || :
	agentauthctl session kill --agent builder-7 >/dev/null 2>&1 || :
	rm -f /etc/sudoers.d/zz-pty
}

# Sixty sudos are stopped; THEN is done to the agent; they go on. How many commands were started since is in $after.
stop_and() { # WHAT COMMAND-OF-ROOT...
	local what=$1 now
	shift
	stay builder-7 "$CLIENTS/stopper 60 $what sudo -n restart-app 2>said" ${TERMINAL:+"$TERMINAL"}
	wait_until test -e /home/agents/builder-7/stopped || wait_for_file builder-7 stopped
	"$@"
	now=$(date +%s%N)
	before=$(wc -l 2>/dev/null </var/ran || echo 0)
	touch_home builder-7 go
	xargs -r kill -CONT </home/agents/builder-7/stopped 2>/dev/null || :
	wait_for_file builder-7 ended
	after=$(awk -v now="$now" '$1 > now' /var/ran 2>/dev/null | wc -l)
	unfinished=$(sed -n 's/^unfinished \([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/stay.out")
	echo "$what: $unfinished of 60 had not ended, $before had run, $after ran afterwards"
	# shellcheck disable=SC2154  # stay sets it
	wait "$client" || :
}

@test "a sudo that was stopped runs when it goes on, where nothing was taken away" {
	stop_and sudo true
	# How many are stopped in time is the machine's: enough of them that a yes could be kept.
	[ "$unfinished" -gt 3 ]
	[ "$after" -gt 3 ]
	[ $((before + after)) -eq 60 ]
}

@test "after suspend nothing starts, whenever it was stopped" {
	stop_and sudo agentauthctl suspend builder-7
	[ "$unfinished" -gt 3 ]
	[ "$after" -eq 0 ]
	run cat /home/agents/builder-7/said
	expect_output '^agentauth: sudo is refused: the agent is suspended'
	expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .result == "denied" and .reason == "agent_suspended"'
}

@test "nor where the process that becomes the command is stopped" {
	stop_and child agentauthctl suspend builder-7
	[ "$after" -eq 0 ]
}

@test "nor under a terminal of sudo's own" {
	echo 'Defaults use_pty' >/etc/sudoers.d/zz-pty
	TERMINAL=-tt stop_and sudo agentauthctl suspend builder-7
	[ "$after" -eq 0 ]
	agentauthctl resume builder-7
	forget_file builder-7 stopped go ended
	TERMINAL=-tt stop_and child agentauthctl suspend builder-7
	[ "$after" -eq 0 ]
}

none_looks() {
	! cat /proc/[0-9]*/comm 2>/dev/null | grep -q '^aalook-'
}

@test "what runs already is not waited for, under a terminal of sudo's own neither" {
	printf '#!/bin/sh\ntouch /var/ran\nsleep 3\necho whole >>/var/ran\n' >/usr/local/sbin/stay-app
	chmod 755 /usr/local/sbin/stay-app
	agentauthctl role add staying --service sshd --service sudo --sudo '(root) /usr/local/sbin/stay-app' >/dev/null
	agentauthctl set builder-7 --role staying >/dev/null
	echo 'Defaults use_pty' >/etc/sudoers.d/zz-pty
	stay builder-7 'sudo -n stay-app; touch ended' -tt
	wait_until test -e /var/ran
	none_looks
	SECONDS=0
	agentauthctl suspend builder-7
	[ "$SECONDS" -lt 2 ]
	wait_for_file builder-7 ended
	[ "$(cat /var/ran)" = whole ]
}

@test "nor after the role was taken, or the session's credential revoked" {
	stop_and sudo agentauthctl set builder-7 --no-role deploy
	agentauthctl set builder-7 --role deploy >/dev/null
	[ "$unfinished" -gt 3 ]
	[ "$after" -eq 0 ]
	forget_file builder-7 stopped go ended
	stop_and sudo agentauthctl revoke --agent builder-7 --before now
	[ "$unfinished" -gt 3 ]
	[ "$after" -eq 0 ]
	sleep 1 # nobody logs in in the second of the revocation
}

@test "no PAM session, no terminal: sudo forks for agents all the same" {
	run grep '^Defaults:%agents' /etc/sudoers.d/agentauth
	expect_output 'pam_session, pam_setcred'
	sed -i '1i Defaults !pam_session, !pam_setcred' /etc/sudoers
	stop_and sudo agentauthctl suspend builder-7
	sed -i 1d /etc/sudoers
	[ "$unfinished" -gt 3 ]
	[ "$after" -eq 0 ]
}
