#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whatever becomes of the registry, people are untouched and agents are refused.

load support
load people
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256
}

setup() {
	log_mark
	audit_mark
	rm -rf /var/lib/saved
	cp -a "$STATE" /var/lib/saved
}

teardown() {
	rm -rf "$STATE"
	cp -a /var/lib/saved "$STATE"
	restore_log
	rm -f /etc/nologin
}

restore_log() {
	[ -d /var/log/agentauth.away ] || return 0
	rm -f /var/log/agentauth
	mv /var/log/agentauth.away /var/log/agentauth
}

agent_gets_in() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 0 && expect_output '^builder-7$'
}
agent_is_refused() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 255 && expect_output 'Permission denied' || return 1
	run dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" id -un
	[ "$status" -ne 0 ] && expect_no_output '^builder-7$'
}

@test "with a good registry: people as ever, and the agent gets in" {
	people_are_untouched
	agent_gets_in
}

@test "the state directory missing" {
	rm -rf "$STATE"
	people_are_untouched
	agent_is_refused
}

@test "the state directory empty" {
	find "$STATE" -mindepth 1 -delete
	people_are_untouched
	agent_is_refused
}

@test "current points nowhere" {
	ln -sfn generations/999999 "$STATE/current"
	people_are_untouched
	agent_is_refused
}

@test "both files full of garbage" {
	for file in accounts.cdb policy.cdb; do
		head -c 100000 /dev/urandom >"$STATE/current/$file"
	done
	people_are_untouched
	agent_is_refused
}

@test "the accounts good, the policy garbage" {
	head -c 100000 /dev/urandom >"$STATE/current/policy.cdb"
	people_are_untouched
	agent_is_refused
}

@test "the accounts garbage, the policy good" {
	head -c 100000 /dev/urandom >"$STATE/current/accounts.cdb"
	people_are_untouched
	agent_is_refused
}

@test "both files empty" {
	: >"$STATE/current/accounts.cdb"
	: >"$STATE/current/policy.cdb"
	people_are_untouched
	agent_is_refused
}

@test "the files owned by somebody else, or writable by anybody" {
	chown alice "$STATE/current/policy.cdb" "$STATE/current/accounts.cdb"
	people_are_untouched
	agent_is_refused
	chown root "$STATE/current/policy.cdb" "$STATE/current/accounts.cdb"
	agent_gets_in
	chmod o+w "$STATE/current/policy.cdb" "$STATE/current/accounts.cdb"
	agent_is_refused
}

@test "a FIFO and a directory in place of the files: nobody hangs" {
	rm "$STATE/current/accounts.cdb" "$STATE/current/policy.cdb"
	mkfifo "$STATE/current/accounts.cdb"
	mkdir "$STATE/current/policy.cdb"
	people_are_untouched
	agent_is_refused
}

@test "the state directory not readable by others, as sshd's and sudo's users see it" {
	chmod 700 "$STATE"
	people_are_untouched
	run as bob id alice
	expect_status 0
}

@test "the directory of /run missing" {
	rm -rf /run/agentauth
	people_are_untouched
	systemd-tmpfiles --create /usr/lib/tmpfiles.d/agentauth.conf
	agent_gets_in
}

@test "the log not writable: people as ever, agents as the host's policy says" {
	mv /var/log/agentauth /var/log/agentauth.away
	ln -s /dev/full /var/log/agentauth
	people_are_untouched
	agent_is_refused
	restore_log
	agent_gets_in
}

@test "the module file missing: people as ever, agents are refused" {
	mv /usr/lib/*/security/pam_agentauth.so /root/
	people_are_untouched
	run dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" id -un
	mv /root/pam_agentauth.so "$(dirname /usr/lib/*/security/pam_unix.so)/"
	expect_status 255
	agent_gets_in
}

@test "pam_nologin holds agents back too" {
	echo 'closed for repair' >/etc/nologin
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	rm /etc/nologin
	expect_status 255
	agent_gets_in
}

@test "pam_access holds an agent back where the administrator uses it" {
	sed -i 's/^# account  required     pam_access.so/account required pam_access.so/' /etc/pam.d/sshd
	echo '-:builder-7:ALL' >>/etc/security/access.conf
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	sed -i '/^-:builder-7:ALL/d' /etc/security/access.conf
	expect_status 255
	agent_gets_in
}
