#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What names, groups and rules bring along on a host that was there before: told, and refused unless it is meant.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
}

setup() {
	log_mark
	audit_mark
	cp -a /etc/agentauth/agentauth.conf "$BATS_TEST_TMPDIR/conf"
}

# Nothing of the text was changed, nor is anything else published.
expect_untouched() {
	run cmp /etc/agentauth/agentauth.conf "$BATS_TEST_TMPDIR/conf"
	expect_status 0
	run agentauthctl diff
	expect_output 'is what is published'
}

by_key() { # COMMAND
	dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" "$1"
}

@test "a rule with a star in its arguments is refused, and is what it was said to be where it is accepted" {
	run agentauthctl role set deploy --sudo '(root) /usr/bin/cat /var/log/app*.log'
	expect_status 1
	expect_output '/usr/bin/cat /var/log/app /etc/shadow \.log'
	expect_output '\-\-accept-risk'
	expect_untouched
	run agentauthctl role set deploy --accept-risk --sudo '(root) /usr/bin/cat /var/log/app*.log'
	expect_status 0
	expect_output '/etc/shadow'
	expect_audit '.event == "admin" and (.command | test("role set deploy.*--accept-risk|--accept-risk.*"))'
	run by_key 'sudo -n cat /var/log/app /etc/shadow .log'
	expect_output '^root:'
	# What serves already stays, and is not told of again.
	run agentauthctl set builder-7 --owner alice
	expect_status 0
	expect_no_output 'allows more'
	agentauthctl role set deploy --no-sudo '(root) /usr/bin/cat /var/log/app*.log' >/dev/null
	run agentauthctl role set deploy --sudo '(root) /usr/bin/cat /var/log/app.log'
	expect_status 0
	expect_no_output 'allows more'
	run by_key 'sudo -n cat /var/log/app /etc/shadow .log'
	expect_no_output '^root:'
	agentauthctl role set deploy --no-sudo '(root) /usr/bin/cat /var/log/app.log' >/dev/null
}

@test "a shell that is written into the text by hand is refused by apply as well" {
	sed -i 's|"(root) /usr/local/sbin/restart-app"|&, "(root) /usr/bin/vi /etc/app.conf"|' /etc/agentauth/agentauth.conf
	run agentauthctl apply
	expect_status 1
	expect_output 'is an editor.*, as root'
	run by_key 'sudo -n -l'
	expect_no_output '/usr/bin/vi'
	run agentauthctl apply --accept-risk
	expect_status 0
	expect_audit '.event == "admin" and .command == "apply --accept-risk"'
	run by_key 'sudo -n -l'
	expect_output '/usr/bin/vi /etc/app.conf'
	cp -a "$BATS_TEST_TMPDIR/conf" /etc/agentauth/agentauth.conf
	agentauthctl apply >/dev/null
}

@test "names that carry power are no agents, and groups that sudoers name are no role's" {
	run agentauthctl register google-sudoers
	expect_status 1
	expect_output 'carries power on a host: its members may run every command by sudo'
	run agentauthctl register google-sudo
	expect_status 0
	groupadd webops
	run agentauthctl role set deploy --group webops
	expect_status 0
	agentauthctl role set deploy --no-group webops >/dev/null
	echo '%webops ALL = (root) NOPASSWD: /usr/bin/true' >/etc/sudoers.d/webops
	cp -a /etc/agentauth/agentauth.conf "$BATS_TEST_TMPDIR/conf"
	run agentauthctl role set deploy --group webops
	expect_status 1
	expect_output "this host's sudoers give its members commands"
	rm /etc/sudoers.d/webops
	expect_untouched
}
