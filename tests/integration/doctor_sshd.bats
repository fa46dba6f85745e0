#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor, on PAM's stacks and sshd: each thing that is not as it should be is planted, is named, and is mended by the command that
# doctor prints, done to the letter by root; people have ssh and sudo before and after it.

# shellcheck disable=SC2030,SC2031,SC2154  # advice.bash gives order
load support
load advice
load doctor

setup_file() {
	doctors_host
}
setup() {
	log_mark
	audit_mark
}
teardown() {
	as_shipped
}

@test "stock stacks: sshd, sudo, su, cron, login" {
	local service
	for service in sshd sudo sudo-i su cron login systemd-user runuser passwd; do
		stock_stack "$service"
		expect_problem pam "the stack of $service: .*does not ask pam_agentauth.so"
	done
	expect_problem pam 'the stack of su-l' # su-l has su's
	run agentauthctl --json doctor
	jq -e '[.findings[] | select(.finding == "problem") | .check] | unique == ["pam"]' <<<"$output"
	while read -r cure; do sh -e -c "$cure"; done < <(jq -r '.findings[] | select(.finding == "problem") | .cure' <<<"$output")
	people_have_ssh_and_sudo
	expect_order
	agent_gets_in
}

@test "the stacks of another release: a - before a module, and ~/.pam_environment, which is read on" {
	stock_stack login
	stock_stack sshd
	sed -i 's/^-session/session/' /etc/pam.d/login
	sed -i '/pam_env.so.*envfile/s/pam_env.so/& user_readenv=1/' /etc/pam.d/sshd
	expect_problem pam 'the stack of sshd'
	done_to_the_letter
	grep -q '^session.*pam_env.so.*user_readenv=1' /etc/pam.d/sshd
	expect_order
	agent_gets_in
	people_have_ssh_and_sudo
}

@test "stacks that ask and do not mind, that are passed by, and that ask by way of another" {
	sed -i 's/^account.*pam_agentauth.so/account optional pam_agentauth.so/' /etc/pam.d/su
	mended pam '/etc/pam.d/su:[0-9]+: account lets a refusal .* be overruled'
	sed -i 's/^account.*pam_agentauth.so/account sufficient pam_permit.so\n&/' /etc/pam.d/sshd
	mended pam '/etc/pam.d/sshd:[0-9]+: account may end or skip'
	grep -q '^account sufficient pam_permit.so$' /etc/pam.d/sshd
	as_shipped
	mv /etc/pam.d/cron /etc/pam.d/of-cron
	echo '@include of-cron' >/etc/pam.d/cron
	expect_order
}

@test "a stack to which the host added a line of its own keeps it, and gets ours" {
	stock_stack sshd
	sed -i 's/^account .*pam_nologin.so/&\naccount required pam_access.so/' /etc/pam.d/sshd
	mended pam 'the stack of sshd'
	grep -q '^account required pam_access.so$' /etc/pam.d/sshd
}

@test "the module's file gone while the stacks name it" {
	local module
	module=$(find /usr/lib -name pam_agentauth.so)
	mv "$module" /root/
	run agentauthctl doctor
	mv /root/pam_agentauth.so "$module"
	expect_status 1
	expect_output '^PROBLEM  pam +the stack of sshd: .*names pam_agentauth.so, which is not there'
	expect_order
}

@test "UsePAM off, not said, or turned off in a file that comes first" {
	sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config
	mended usepam '/etc/ssh/sshd_config:[0-9]+: UsePAM is off'
	as_shipped
	sed -i '/^UsePAM/d' /etc/ssh/sshd_config
	mended usepam 'does not say UsePAM yes'
	as_shipped
	echo 'UsePAM no' >/etc/ssh/sshd_config.d/00-site.conf
	mended usepam '/etc/ssh/sshd_config.d/00-site.conf:1: UsePAM is off'
}

@test "an sshd that was told on its command line to do without PAM" {
	second_sshd -o UsePAM=no
	run agentauthctl doctor
	end_second_sshd
	expect_status 1
	expect_output "^PROBLEM  usepam +the sshd of process [0-9]+ .*sshd's command line: UsePAM is not yes; take them out of what starts it"
	second_sshd -o UsePAM=yes
	run doctor_is_silent
	end_second_sshd
	expect_status 0
}

@test "a configuration of sshd that nobody cannot read" {
	chmod 600 /etc/ssh/sshd_config
	mended usepam 'nobody, as whom sshd asks'
}

@test "sshd without our block, or with one that is not read, or was changed, or is refused" {
	rm /etc/ssh/sshd_config.d/agentauth.conf
	mended sshd 'has not: .*passwordauthentication no.*authorizedkeyscommand'
	sed -i '/^Include/d' /etc/ssh/sshd_config
	mended sshd 'has not: .*authorizedkeyscommand'
	sed -i '/TrustedUserCAKeys/d; s/KbdInteractiveAuthentication yes/KbdInteractiveAuthentication no/' \
		/etc/ssh/sshd_config.d/agentauth.conf
	mended sshd 'has not: kbdinteractiveauthentication yes'
	agent_gets_in_by_credential
	as_shipped
	echo 'NoSuchSetting yes' >/etc/ssh/sshd_config.d/99-site.conf
	expect_problem sshd 'NoSuchSetting'
}

@test "a Match block before ours that wins, and one that is for others" {
	printf 'Match Address 10.0.0.0/8\n\tPasswordAuthentication yes\n' >/etc/ssh/sshd_config.d/00-site.conf
	mended match '00-site.conf:2: Match Address 10.0.0.0/8 sets PasswordAuthentication yes'
	as_shipped
	printf 'Match User b*\n\tKbdInteractiveAuthentication no\n' \
		>/etc/ssh/sshd_config.d/00-site.conf
	mended match 'Match User b\* sets KbdInteractiveAuthentication no'
	agent_gets_in_by_credential
	as_shipped
	printf 'Match Group sudo,!agents\n\tPasswordAuthentication yes\nMatch User alice\n\tAuthorizedKeysFile none\n' \
		>/etc/ssh/sshd_config.d/00-site.conf
	expect_order
}

@test "the password method in a block for agents alone is a choice, which doctor names; in any other it is a problem" {
	local block
	for block in 'Group agents' 'Group agents User builder-*'; do
		printf 'Match %s\n\tPasswordAuthentication yes\n' "$block" >/etc/ssh/sshd_config.d/agentauth-password.conf
		doctor_is_silent
		expect_output '^note +sshd +/etc/ssh/sshd_config.d/agentauth-password.conf:2 has agents give a credential as a password'
		agent_gets_in_by_credential
	done
	printf '\tAuthenticationMethods password publickey\n' >>/etc/ssh/sshd_config.d/agentauth-password.conf
	doctor_is_silent
	rm /etc/ssh/sshd_config.d/agentauth-password.conf
	sed -i 's/PasswordAuthentication no/PasswordAuthentication yes/' /etc/ssh/sshd_config.d/agentauth.conf
	doctor_is_silent
	as_shipped
	for block in 'Group agents,sudo' 'User builder-*'; do
		printf 'Match %s\n\tPasswordAuthentication yes\n' "$block" >/etc/ssh/sshd_config.d/agentauth-password.conf
		mended match 'agentauth-password.conf:2: Match .* sets PasswordAuthentication yes'
		as_shipped
	done
}

@test "lists of who may log in" {
	echo 'AllowGroups alice root bob' >/etc/ssh/sshd_config.d/00-site.conf
	reload_sshd
	run by_key builder-7 true
	expect_status 255
	mended allowed 'AllowGroups has not the group agents'
	echo 'AllowUsers alice root bob@10.*' >/etc/ssh/sshd_config.d/00-site.conf
	mended allowed 'AllowUsers has not builder-7'
	echo 'DenyGroups agents' >/etc/ssh/sshd_config.d/00-site.conf
	mended allowed 'DenyGroups has a group'
	echo 'DenyUsers builder-*' >/etc/ssh/sshd_config.d/00-site.conf
	mended allowed 'DenyUsers has builder-7'
	as_shipped
	echo 'AllowGroups alice agents root' >/etc/ssh/sshd_config.d/00-site.conf
	expect_order
}

@test "methods that an agent has not" {
	echo 'AuthenticationMethods publickey,password publickey' >/etc/ssh/sshd_config.d/00-site.conf
	mended methods 'asks agents for what they have not'
	agent_gets_in_by_credential
	as_shipped
	echo 'AuthenticationMethods publickey,keyboard-interactive publickey' >/etc/ssh/sshd_config.d/00-site.conf
	expect_order
}
