# SPDX-License-Identifier: Apache-2.0
# What the stories of doctor share: a host that is in order, what is planted there, and whether it is mended.
# shellcheck shell=bash disable=SC2154

doctors_host() {
	host_init
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	agentauthctl role add ops --service sshd --service sudo --approval '(root) /usr/local/sbin/restart-app' >/dev/null
	new_agent builder-7 ES256 --role deploy
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
	groupadd --system agentauth-approvers
	usermod --append --groups agentauth-approvers alice
	mkdir /root/kept
	cp -a /etc/pam.d /etc/ssh /etc/sudoers.d /etc/sudoers /etc/sudo.conf /etc/nsswitch.conf /etc/group /etc/gshadow /root/kept/
}

# What the tests change, as it was.
as_shipped() {
	local path name
	for path in /root/kept/*; do
		name=${path##*/}
		rm -rf "/etc/${name:?}"
		cp -a "$path" /etc/
	done
	rm -f /etc/doas.conf /run/agentauth/doctor
	reload_sshd
}

expect_problem() { # CHECK PATTERN
	run agentauthctl doctor
	expect_status 1
	expect_output "^PROBLEM  $1 +.*$2"
	expect_output '^[0-9]+ problems?\.$'
}
expect_order() {
	doctor_is_silent
}
agent_gets_in() {
	run by_key builder-7 sudo -n restart-app
	expect_status 0 && expect_output '^restarted by root'
}
agent_gets_in_by_credential() {
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 0 && expect_output '^builder-7$'
}
mended() { # CHECK PATTERN
	expect_problem "$@" && done_to_the_letter && agent_gets_in
}
