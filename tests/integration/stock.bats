#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What an upgrade or another administrator puts back, takes away or turns off: no agent gets past us, and people get in.

load support
load advice

setup_file() {
	host_init
	new_agent builder-7 ES256
	new_agent gone ES256
	agentauthctl suspend gone >/dev/null
	mkdir /root/kept
	cp -a /etc/pam.d /etc/ssh /root/kept
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	rm -rf /etc/pam.d /etc/ssh
	cp -a /root/kept/pam.d /root/kept/ssh /etc/
	reload_sshd
}

agent_gets_in_by_key() {
	run by_key builder-7 id -un
	expect_status 0 && expect_output '^builder-7$'
}
stays_out_by_key() { # AGENT
	run by_key "$1" id -un
	expect_status 255 && expect_no_output "^$1\$"
}
stays_out_by_credential() { # AGENT
	run ssh_with "$(token_file "$1")" "$1@$HOST" id -un
	[ "$status" -ne 0 ] && expect_no_output "^$1\$"
}
# A key is all that sshd takes by itself: where the module is asked for a credential it decides on it.
no_key_lets_in() {
	stays_out_by_key builder-7 && stays_out_by_key gone && stays_out_by_credential gone
}
no_agent_gets_in() {
	no_key_lets_in && stays_out_by_credential builder-7
}
people_get_in() {
	person_logs_in_by_key && root_logs_in_by_key && person_runs_sudo
}

@test "with our stack a key lets the agent in, and not one that is suspended" {
	agent_gets_in_by_key
	run by_key gone true
	expect_status 255
	people_get_in
	run log_since_mark
	expect_no_output 'no agent.s key is admitted'
}

@test "the stock stack of sshd is put back: no agent is let in past us, and the log says why" {
	stock_stack sshd
	no_agent_gets_in
	people_get_in
	person_logs_in_by_password
	run log_since_mark
	expect_output 'no agent.s key is admitted.*/etc/pam.d/sshd: account does not ask pam_agentauth.so'
}

@test "a stack that asks in one phase alone, or does not mind a refusal, or is passed by" {
	sed -i '/^session.*pam_agentauth/d; /pam_mkhomedir/d' /etc/pam.d/sshd
	no_key_lets_in
	people_get_in
	cp /root/kept/pam.d/sshd /etc/pam.d/
	sed -i 's/^account.*pam_agentauth.so/account optional pam_agentauth.so/; /notingroup agents/d' /etc/pam.d/sshd
	no_key_lets_in
	people_get_in
	cp /root/kept/pam.d/sshd /etc/pam.d/
	sed -i 's/^account.*pam_nologin.so/account sufficient pam_permit.so\n&/' /etc/pam.d/sshd
	no_key_lets_in
	people_get_in
	cp /root/kept/pam.d/sshd /etc/pam.d/
	agent_gets_in_by_key
}

@test "the module's lines in a file that the stack includes serve as well" {
	mv /etc/pam.d/sshd /etc/pam.d/of-sshd
	echo '@include of-sshd' >/etc/pam.d/sshd
	agent_gets_in_by_key
	people_get_in
}

@test "UsePAM no: no agent is let in, and people log in by key" {
	sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config
	reload_sshd
	no_agent_gets_in
	people_get_in
	run log_since_mark
	expect_output 'no agent.s key is admitted.*UsePAM is not yes'
}

@test "UsePAM no in a file that comes first, and UsePAM yes that does" {
	echo 'UsePAM no' >/etc/ssh/sshd_config.d/00-site.conf
	reload_sshd
	no_agent_gets_in
	people_get_in
	echo 'UsePAM yes' >/etc/ssh/sshd_config.d/00-site.conf
	sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config
	reload_sshd
	agent_gets_in_by_key
	people_get_in
}

# A second sshd that is started so: whether the agent's key is taken, and alice's is in any case.
key_is_taken_by() { # SSHD-ARGUMENT...
	local agent alice
	second_sshd "$@"
	agent=$(ssh_2222 -i "$KEYS/builder-7.pem" "builder-7@$HOST" id -un || :)
	alice=$(ssh_2222 -i /home/dev/.ssh/id_alice "alice@$HOST" id -un || :)
	end_second_sshd
	[ "$alice" = alice ] || return 2
	[ "$agent" = builder-7 ]
}

@test "UsePAM said on the command line, and another configuration" {
	run key_is_taken_by -o UsePAM=no
	expect_status 1
	run key_is_taken_by -oUsePAM=yes
	expect_status 0
	sed 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config >/etc/ssh/other_config
	run key_is_taken_by -f /etc/ssh/other_config
	expect_status 1
	sed 's/^UsePAM .*/UsePAM yes/' /etc/ssh/sshd_config >/etc/ssh/other_config
	run key_is_taken_by -f /etc/ssh/other_config
	expect_status 0
	agent_gets_in_by_key
}
@test "a configuration of sshd that nobody may read is not believed" {
	chmod 600 /etc/ssh/sshd_config
	no_key_lets_in
	people_get_in
	chmod 644 /etc/ssh/sshd_config
	agent_gets_in_by_key
}

@test "the module's file is gone while the stacks name it: people get in, agents do not" {
	local module
	module=$(find /usr/lib -name pam_agentauth.so)
	mv "$module" /root/kept/
	run no_agent_gets_in
	local refused=$status
	run people_get_in
	mv /root/kept/pam_agentauth.so "$module"
	[ "$refused" -eq 0 ] && [ "$status" -eq 0 ]
	agent_gets_in_by_key
}
