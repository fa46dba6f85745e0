#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# People are untouched: everything that a local user did before agentauth was installed goes on as it was.

load support
load people

setup() {
	log_mark
}

@test "alice logs in with her password" {
	person_logs_in_by_password
}

@test "alice logs in with her key" {
	person_logs_in_by_key
}

@test "root logs in with root's key" {
	root_logs_in_by_key
}

@test "a wrong password is refused, and asked for as Debian asks" {
	run dev env SSH_ASKPASS=/bin/echo SSH_ASKPASS_REQUIRE=force ssh -o PubkeyAuthentication=no "alice@$HOST" true
	expect_status 255
	expect_output 'Permission denied \(publickey,password\)'
}

@test "alice runs sudo with her password" {
	person_runs_sudo
}

@test "sudo refuses alice a wrong password" {
	run as alice sudo -k -S id -u <<<'wrong'
	expect_status 1
	expect_output 'incorrect password|Authentication failed, try again'
}

@test "sudo refuses alice without a password under -n" {
	run as alice sudo -k -n id -u
	expect_status 1
	expect_output '(a password|interactive authentication) is required'
}

@test "sudo refuses bob, whom no rule names" {
	run as bob sudo -k -S id -u <<<'bob-password'
	expect_status 1
	expect_output "bob is not in the sudoers file|I'm sorry bob\. I'm afraid I can't do that"
}

@test "alice runs sudo -i with her password" {
	run as alice sudo -k -S -i id -un <<<'alice-password'
	expect_status 0
	expect_output 'root$'
}

@test "bob becomes alice with her password, and not with his own" {
	person_becomes_another
	run as bob su alice -c 'id -un' <<<'bob-password'
	expect_status 1
	expect_output 'Authentication failure'
}

@test "root becomes alice without a password" {
	run su - alice -c 'id -un'
	expect_status 0
	expect_output '^alice$'
}

@test "alice logs in at a terminal with her password" {
	person_logs_in_at_a_terminal
}

@test "while /etc/nologin exists root gets in and alice does not" {
	echo 'closed for repair' >/etc/nologin
	run dev ssh -i /home/dev/.ssh/id_alice -o BatchMode=yes "alice@$HOST" true
	rm /etc/nologin
	expect_status 255
	expect_output 'closed for repair|Connection closed'
	root_logs_in_by_key
	person_logs_in_by_key
}

@test "alice changes her password" {
	run as alice sh -c 'printf "%s\n" alice-password another-Pass-9876 another-Pass-9876 | passwd'
	expect_status 0
	expect_output 'password updated successfully'
	echo alice:alice-password | chpasswd
	person_logs_in_by_password
}

@test "a job of alice's runs under cron" {
	cron_table alice '@reboot id -un >/tmp/cron-ran'
	cron_until_file /tmp/cron-ran
	run cat /tmp/cron-ran
	expect_output '^alice$'
}

@test "the stacks keep people's password prompt: no prompt of ours is in front of it" {
	printf '#!/bin/sh\necho "prompt: $1" >&2\n' >/usr/local/bin/prompt-recorder
	chmod 755 /usr/local/bin/prompt-recorder
	run dev env SSH_ASKPASS=/usr/local/bin/prompt-recorder SSH_ASKPASS_REQUIRE=force \
		ssh -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 "alice@$HOST" true
	expect_output "alice@$HOST's password"
	expect_no_output 'Agent credential'
}

@test "sshd's settings for people are Debian's" {
	run sshd -T -C user=alice,host=localhost,addr=127.0.0.1
	expect_status 0
	expect_output '^passwordauthentication yes$'
	expect_output '^kbdinteractiveauthentication no$'
	expect_output '^authorizedkeysfile \.ssh/authorized_keys'
	expect_output '^authorizedkeyscommand none$'
}

@test "the sudoers files are in order" {
	run visudo -c
	expect_status 0
	[ "$AGENTAUTH_SUDO" = sudo-rs ] || expect_output '/etc/sudoers.d/agentauth-run: parsed OK' # its visudo names the first file alone
}

@test "alice's groups and home are what the host's files say" {
	run id alice
	expect_output 'groups=[0-9]+\(alice\),27\(sudo\),[0-9]+\(agentauth\)$'
	run getent passwd alice
	expect_output ':/home/alice:/bin/bash$'
}
