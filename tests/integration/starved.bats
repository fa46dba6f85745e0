#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The caller's limits: with as good as no descriptors, with files that may not grow, with no time and no processes an agent
# gets no more, and whatever is decided stands in the log.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
	dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" true
}

setup() {
	log_mark
	audit_mark
}

by_key() {
	dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" "$@"
}

policy() { # deny|warn
	sed -i '/audit_failure/d; s/^host = {$/&\n\taudit_failure = "'"$1"'";/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
}

# The log has as many lines of this kind as there were of that in what was printed.
lines_of() { # FILTER
	audit_since_mark | jq -s "[.[] | select($1)] | length"
}

each_limit() { # COMMAND: under each number of descriptors, and with files that may not grow
	by_key "for n in \$(seq 3 64); do (ulimit -n \$n; $1); done; (ulimit -f 0; $1); (ulimit -S -f 0; $1); (ulimit -t 1; $1); (ulimit -u 1; $1); (ulimit -v 60000; $1); (ulimit -d 1000; $1); (ulimit -s 100; $1)"
}

no_sudo_without_a_line() { # deny|warn
	policy "$1"
	audit_mark
	run each_limit 'sudo -n restart-app'
	ran=$(grep -c '^restarted by root' <<<"$output")
	logged=$(lines_of '.service == "sudo" and .result == "ok"')
	echo "$1: $ran ran, $logged are in the log"
	[ "$ran" -gt 50 ]
	[ "$logged" -ge "$ran" ]
}

@test "no sudo runs without a line of the log: where the log must be written" {
	no_sudo_without_a_line deny
}

@test "nor where a line may be missing for other reasons" {
	no_sudo_without_a_line warn
}

@test "the control: where the disk is why there is no line, warn lets it run and syslog has the line" {
	mount -t tmpfs -o size=4k,nr_inodes=1,mode=700 full /var/log/agentauth
	run by_key 'sudo -n restart-app'
	umount /var/log/agentauth
	expect_status 0
	expect_output '^restarted by root'
	run log_since_mark
	expect_output 'not in the audit log: .*"service":"sudo"'
}

# Tries of one who has no credential, each in a process with limits of its own.
each_su() { # OPTION OF ULIMIT...
	local limit
	for limit in "$@"; do
		as dev sh -c "ulimit $limit; exec su builder-7 -c id" <<<"no.cred.ential" >/dev/null 2>&1 || :
	done
}

@test "a try through su that is refused has a line, and counts" {
	policy deny
	sed -i 's/max_failures = 1000;/max_failures = 5;/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
	rm -f /run/agentauth/failures
	audit_mark
	each_su '-n 64' '-S -f 0' '-S -n 12' '-t 1' '-n 32'
	[ "$(lines_of '.service == "su" and .result == "denied" and .reason != "rate_limited"')" -eq 5 ]
	each_su '-n 64'
	wait_for_audit '.service == "su" and .reason == "rate_limited"'
	# Where no file may grow at all, and root itself cannot change that, nothing is listened to.
	audit_mark
	each_su '-f 0'
	if [ "$(lines_of '.service == "su"')" -eq 0 ]; then
		run log_since_mark
		expect_output 'not in the audit log: .*"service":"su"'
	fi
	sed -i 's/max_failures = 5;/max_failures = 1000;/' /etc/agentauth/agentauth.conf
	agentauthctl apply --yes >/dev/null
}
