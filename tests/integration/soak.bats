#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Everything that a host with agents does, at the same time, and all that must hold is looked at throughout.
# SECONDS_OF_STRESS=3600 tests/integration/run BUILDDIR soak.bats runs it for longer than the suite does.

load support
load agents

LONG=${SECONDS_OF_STRESS:-10}

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	printf '#!/bin/sh\necho "stopped by $(id -un): $*"\n' >/usr/local/sbin/stop-app
	chmod 755 /usr/local/sbin/stop-app
	host_init
	agentauthctl role add ops --service sshd --service sudo --approval '(root) /usr/local/sbin/stop-app' >/dev/null
	local name
	for name in worker-1 worker-2 worker-3 turner victim barred gone; do
		new_agent $name ES256
	done
	new_agent asker ES256 --role ops
	agentauthctl suspend barred >/dev/null
	agentauthctl retire gone >/dev/null
}

@test "logins, sudo, publishes, rotations, suspensions, approvals and a log that turns, all at once, and everything holds" {
	run "$BATS_TEST_DIRNAME/soak" "$LONG" "$KEYS"
	echo "# ${output##*$'\n'}" >&3
	expect_status 0
	expect_output ' logins \([1-9][0-9]* narrowed\), .* 0 do not hold$'
}

@test "the control: an agent that is let in and shall not be is found, and a line that is gone from the log" {
	agentauthctl resume barred
	sed -i 2d "$AUDIT"
	run "$BATS_TEST_DIRNAME/soak" 0 "$KEYS"
	expect_status 1
	expect_output 'does not hold: barred is not let in'
	expect_output 'does not hold: no number of the log is missing'
	expect_output 'does not hold: agentauthctl audit verify ends with 0'
}
