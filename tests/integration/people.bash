# SPDX-License-Identifier: Apache-2.0
# What must work for people whatever becomes of the registry: used with a good one and with every kind of broken one.
# shellcheck shell=bash disable=SC2154,SC2016

person_logs_in_by_password() {
	run dev env SSH_ASKPASS=/usr/local/bin/alice-askpass SSH_ASKPASS_REQUIRE=force \
		ssh -o PubkeyAuthentication=no "alice@$HOST" 'id -un; env'
	expect_status 0 && expect_output '^alice$' && expect_no_output '^AGENTAUTH_'
}

person_logs_in_by_key() {
	run dev ssh -i /home/dev/.ssh/id_alice -o BatchMode=yes "alice@$HOST" 'id -un; env'
	expect_status 0 && expect_output '^alice$' && expect_no_output '^AGENTAUTH_'
}

root_logs_in_by_key() {
	run dev ssh -i /home/dev/.ssh/id_root -o BatchMode=yes "root@$HOST" id -un
	expect_status 0 && expect_output '^root$'
}

person_runs_sudo() {
	run as alice sudo -k -S id -un <<<'alice-password'
	expect_status 0 && expect_output 'root$'
}

person_becomes_another() {
	run as bob su alice -c 'id -un' <<<'alice-password'
	expect_status 0 && expect_output 'alice$'
}

person_logs_in_at_a_terminal() {
	run expect -c '
		set timeout 20
		# login.expect says why something holds the terminal.
		spawn -noecho sh -c {(while [ -e /proc/$$/exe ]; do sleep 0.1; done) & exec login}
		expect "login: " { send "alice\r" }
		expect "Password: " { send "alice-password\r" }
		expect -re {\$ $} { send "echo i-am-\$(id -un)\r" }
		expect "i-am-alice" { send "exit\r"; expect eof; exit 0 }
		exit 1'
	expect_status 0
}

people_are_untouched() {
	person_logs_in_by_password && person_logs_in_by_key && root_logs_in_by_key && person_runs_sudo &&
		person_becomes_another && person_logs_in_at_a_terminal
}
