#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# stock: doc/quickstart.md from its first command to its last on a host that has its own stacks, and what doc/runbook.md has
# of enable and disable: in the way of people, and the removal.

load support
load agents
load people
load pages

setup_file() {
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
	# Here it is not apt that puts the files in place.
	make -C "$AGENTAUTH_BUILD" install >/var/log/install.out 2>&1 || { tail /var/log/install.out >&2; return 1; }
	cp -a /etc /var/etc-before
}
setup() {
	log_mark
	audit_mark
}

@test "the quick start, from its first command to its last" {
	walk doc/quickstart.md 'The host'
	walk doc/quickstart.md "The agent's machine"
	walk doc/quickstart.md "The agent's account"
	walk doc/quickstart.md 'The first login'
	expect_output '^restart app by root for builder-7$'
	walk doc/quickstart.md 'What the host knows'
	expect_output 'session-open'
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "ok"'
	person_logs_in_by_key
	person_runs_sudo
}

@test "people who cannot log in: agentauth is taken out of the host's files, and put back" {
	walk doc/runbook.md 'People cannot log in'
	run diff -r --no-dereference /var/etc-before/pam.d /etc/pam.d
	expect_status 0
	person_logs_in_by_key
	agentauthctl enable --yes >/dev/null
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_output '^builder-7$'
}

@test "the removal: the host's files are what they were, but for the registry" {
	walk doc/runbook.md 'Removal'
	rm -rf /etc/agentauth
	run diff -r --no-dereference --exclude='*-' --exclude=.pwd.lock /var/etc-before /etc
	expect_output '^$'
	person_logs_in_by_key
	person_runs_sudo
}
