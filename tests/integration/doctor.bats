#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor: a host that is as shipped is in order, and each thing that is not as it should be is named, with what to do.

load support
load agents

setup_file() {
	host_init
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	agentauthctl role add ops --service sshd --service sudo --approval '(root) /usr/local/sbin/restart-app' >/dev/null
	new_agent builder-7 ES256 --role deploy
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
}

# The line of one check; the rest must be as it was.
expect_problem() { # CHECK PATTERN
	run agentauthctl doctor
	expect_status 1
	expect_output "^PROBLEM  $1 +.*$2"
	expect_output '^1 problem\.$'
	run agentauthctl --json doctor
	jq -e --arg check "$1" '.problems == 1 and [.findings[] | select(.finding == "problem") | .check] == [$check]' <<<"$output"
}
expect_order() {
	run agentauthctl doctor
	expect_status 0
	expect_output '^This host is in order\.$'
	expect_no_output 'PROBLEM'
}

@test "the shipped host is in order" {
	expect_order
	for check in registry sessions audit names pam sshd sudoers approval deadlines mixing; do
		expect_output "^ok +$check "
	done
	run agentauthctl --json doctor
	jq -e '.problems == 0 and (.findings | length == 10 and all(.finding == "ok"))' <<<"$output"
}

@test "sudo without the plugin that asks" {
	sed -i 's/^Plugin agentauth/# &/' /etc/sudo.conf
	expect_problem approval 'ops .*UNASKED.*sudo.conf'
	sed -i 's/^# \(Plugin agentauth\)/\1/' /etc/sudo.conf
	expect_order
}

@test "an NSS that does not ask us" {
	sed -i 's/ agentauth//' /etc/nsswitch.conf
	run agentauthctl doctor
	expect_status 1
	expect_output '^PROBLEM  names +builder-7 .*nsswitch.conf'
	expect_output '^PROBLEM  sshd ' # whose Match goes by the group
	sed -i 's/^\(passwd\|group\):.*files/& agentauth/' /etc/nsswitch.conf
	expect_order
}

@test "a stack without the module, and one that has it by way of another" {
	cp /etc/pam.d/su /etc/pam.d/cron "$BATS_TEST_TMPDIR"
	sed -i '/pam_agentauth/d' /etc/pam.d/su
	mv /etc/pam.d/cron /etc/pam.d/of-cron
	echo '@include of-cron' >/etc/pam.d/cron
	expect_problem pam 'stacks of su, su-l do not' # su-l has su's
	cp "$BATS_TEST_TMPDIR/su" "$BATS_TEST_TMPDIR/cron" /etc/pam.d/
	rm /etc/pam.d/of-cron
	expect_order
}

@test "sshd without our block, or with a configuration that it refuses" {
	mv /etc/ssh/sshd_config.d/agentauth.conf /root/
	expect_problem sshd 'has not: .*passwordauthentication no.*authorizedkeyscommand'
	echo 'NoSuchSetting yes' >/etc/ssh/sshd_config.d/agentauth.conf
	expect_problem sshd 'NoSuchSetting'
	mv /root/agentauth.conf /etc/ssh/sshd_config.d/
	expect_order
}

@test "sudoers that were changed, or are broken by somebody else" {
	sed -i 's/restart-app/anything/' /etc/sudoers.d/agentauth
	expect_problem sudoers 'not what was published.*apply'
	agentauthctl apply --yes >/dev/null
	expect_order
	echo 'what is this' >/etc/sudoers.d/by-hand
	chmod 440 /etc/sudoers.d/by-hand
	expect_problem sudoers 'visudo -c .*by-hand'
	rm /etc/sudoers.d/by-hand
	expect_order
}

@test "nothing that ends sessions, directories that others can write, a registry that is gone" {
	rm /etc/cron.d/agentauth-reap
	expect_problem deadlines 'cron.d/agentauth-reap'
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
	chmod 777 /var/log/agentauth
	expect_problem audit 'nobody else can write'
	chmod 700 /var/log/agentauth
	expect_order
	mv "$STATE/current" /root/current
	run agentauthctl doctor
	mv /root/current "$STATE/current"
	expect_status 1
	expect_output '^PROBLEM  registry +.*apply'
	expect_order
}

@test "sessions of one agent that are no boundary are a note" {
	agentauthctl set builder-7 --role ops >/dev/null
	run agentauthctl doctor
	expect_status 0
	expect_output '^note +mixing +1 agent \(builder-7\) .*mixed_sessions'
	agentauthctl set builder-7 --mixed-sessions refuse >/dev/null
	expect_order
}
