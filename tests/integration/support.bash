# SPDX-License-Identifier: Apache-2.0
# What every story uses. The stories run in a box (tests/box), as root; `dev` is the machine that clients run on.
# shellcheck shell=bash disable=SC2034,SC2154  # bats gives status and output, stories use HOST
bats_require_minimum_version 1.5.0

# They change accounts, /etc and /var: on a host that somebody needs they must not begin.
[ -e /run/agentauth-box ] || {
	echo "stories run in a box only: tests/integration/run BUILDDIR FILE.bats" >&2
	exit 1
}

HOST=web01.example.com

# A command as the local user who stands for the client's machine.
dev() {
	setpriv --reuid dev --regid dev --init-groups --reset-env -- "$@" </dev/null
}

# A command as someone of this host, as after a login but without PAM.
as() {
	local who=$1
	shift
	setpriv --reuid "$who" --regid "$(id -g "$who")" --init-groups --reset-env -- "$@"
}

# Runs cron, with what its tables say for @reboot, until a job has made the file.
cron_until_file() {
	local pid i
	rm -f /run/crond.reboot
	cron -f &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$1" ] || break
		sleep 0.05
	done
	kill "$pid"
	wait "$pid" || :
	rm -f /run/crond.pid
}

# A table for cron, as crontab(1) would leave it.
cron_table() { # USER LINE
	echo "$2" >"/var/spool/cron/crontabs/$1"
	chown "$1:crontab" "/var/spool/cron/crontabs/$1"
	chmod 600 "/var/spool/cron/crontabs/$1"
}

# sshd's own log and the system's, since the test began.
log_mark() {
	wc -c </var/log/sshd.log >"$BATS_TEST_TMPDIR/sshd.mark"
	wc -c </var/log/box.log >"$BATS_TEST_TMPDIR/box.mark"
}
log_since_mark() {
	tail -c "+$(($(cat "$BATS_TEST_TMPDIR/sshd.mark") + 1))" /var/log/sshd.log
	tail -c "+$(($(cat "$BATS_TEST_TMPDIR/box.mark") + 1))" /var/log/box.log
}

# What a person reads when an assertion fails: the status and output of the last `run`.
expect_status() {
	[ "$status" -eq "$1" ] && return
	printf 'status %s, expected %s; output:\n%s\n' "$status" "$1" "$output" >&2
	[ ! -e "$BATS_TEST_TMPDIR/box.mark" ] || log_since_mark | tail -n 40 >&2
	return 1
}
expect_output() { # an extended regular expression
	grep -Eq -e "$1" <<<"$output" && return
	printf 'no line matches %s; output:\n%s\n' "$1" "$output" >&2
	return 1
}
expect_no_output() {
	if grep -Eq -e "$1" <<<"$output"; then
		printf 'a line matches %s; output:\n%s\n' "$1" "$output" >&2
		return 1
	fi
}

# A second sshd on port 2222 for tests that need other settings; teardown ends it.
second_sshd() { # SSHD-ARGUMENT...
	/usr/sbin/sshd -E /var/log/sshd.log -p 2222 -o PidFile=/run/sshd-2222.pid "$@"
	wait_until test -s /run/sshd-2222.pid
}
end_second_sshd() {
	[ -e /run/sshd-2222.pid ] || return 0
	kill "$(cat /run/sshd-2222.pid)"
	wait_until test ! -e /run/sshd-2222.pid
}
ssh_2222() { # SSH-ARGUMENT...: by key alone
	dev ssh -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=no "$@"
}
none_runs() { # PATTERN: for wait_until, which runs a command anew each time, and not what "$(…)" gave once
	! pgrep -f "$1" >/dev/null
}
wait_until() { # COMMAND...
	local i
	for ((i = 0; i < 1500; i++)); do
		"$@" && return
		sleep 0.02
	done
	return 1
}
