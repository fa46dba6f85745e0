#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The line of sudo.conf that loads the approval plugin: what the tools say to do about it is done to the letter, and people
# have sudo after it.

load support
load people
load agents

setup_file() {
	host_init
	cp /etc/sudo.conf /root/sudo.conf
	PLUGIN=$(find /usr/libexec/agentauth -name agentauth_approval.so)
	export PLUGIN
}

setup() {
	log_mark
	n_roles=0
}

teardown() {
	[ -e "$PLUGIN" ] || mv /root/plugin.so "$PLUGIN"
	chown root:root "$PLUGIN"
	chmod 755 "$PLUGIN"
	install -m 0644 /root/sudo.conf /etc/sudo.conf
	agentauthctl apply --yes >/dev/null 2>&1 || :
	[ ! -e /etc/sudoers.d/agentauth ] || visudo -c -q
}

# A role's name is never given twice.
add_role() {
	role=ops-$BATS_TEST_NUMBER-$((n_roles++))
	run agentauthctl role add "$role" --service sshd --service sudo --approval '(root) /usr/local/sbin/restart-app'
}
remove_role() {
	agentauthctl role remove "$role" >/dev/null
}
# What follows "As root:" is done, by root, as it stands there.
do_what_it_says() {
	local command
	command=$(sed -n 's/.*As root: //p' <<<"$output" | head -n 1)
	[ "$command" ] || return 1
	sh -e -c "$command"
}
sudo_asks() {
	sudo -V | grep -q 'agentauth: approval plugin'
}

@test "role add says which line to add; added to the letter it is right, and people have sudo" {
	add_role
	expect_status 1
	expect_output 'does not load it'
	expect_output 'As root: agentauthctl enable --yes sudo$'
	do_what_it_says
	person_runs_sudo
	sudo_asks
	add_role
	expect_status 0
	remove_role
}

# Whoever wrote the last line by hand may have left it without its end.
@test "a sudo.conf whose last line has no end: what is said, and the shipped file appended, leaves that line as it is" {
	local last
	for last in 'Plugin sudoers_policy sudoers.so' '# ours' 'Set disable_coredump false'; do
		printf '%s' "$last" >/etc/sudo.conf
		add_role
		expect_status 1
		do_what_it_says
		grep -qxF "$last" /etc/sudo.conf
		person_runs_sudo
		sudo_asks
		printf '%s' "$last" >/etc/sudo.conf
		cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
		grep -qxF "$last" /etc/sudo.conf
		person_runs_sudo
		sudo_asks
	done
}

@test "a relative path, a file that is not there, one that is no plugin: refused, and the cure gives people sudo back" {
	local path
	echo 'not a plugin' >/root/other.so
	for path in agentauth_approval.so /nowhere/agentauth_approval.so /root/other.so; do
		echo "Plugin agentauth_approval $path" >/etc/sudo.conf
		run person_runs_sudo
		[ "$status" -ne 0 ]
		add_role
		expect_status 1
		expect_output '/etc/sudo.conf:1 names .*sudo refuses everybody'
		do_what_it_says
		person_runs_sudo
		sudo_asks
		add_role
		expect_status 0
		remove_role
	done
}

@test "a plugin that others may write to, or of another owner: refused, and the cure gives people sudo back" {
	echo "Plugin agentauth_approval $PLUGIN" >>/etc/sudo.conf
	chmod g+w "$PLUGIN"
	add_role
	expect_status 1
	expect_output 'must be root.s'
	do_what_it_says
	person_runs_sudo
	chown bob "$PLUGIN"
	add_role
	expect_status 1
	do_what_it_says
	person_runs_sudo
	add_role
	expect_status 0
	remove_role
}

@test "a sudo.conf that sudo passes over: refused, and the cure has it read" {
	echo "Plugin agentauth_approval $PLUGIN" >>/etc/sudo.conf
	chmod 666 /etc/sudo.conf
	run sudo_asks
	[ "$status" -ne 0 ]
	add_role
	expect_status 1
	expect_output 'sudo does not read /etc/sudo.conf'
	do_what_it_says
	sudo_asks
	person_runs_sudo
}

@test "the plugin taken away while the line stands: what to do gives people sudo, and agents none unasked" {
	echo "Plugin agentauth_approval $PLUGIN" >>/etc/sudo.conf
	add_role
	expect_status 0
	[ -e /etc/sudoers.d/agentauth ]
	mv "$PLUGIN" /root/plugin.so
	run person_runs_sudo
	[ "$status" -ne 0 ]
	run agentauthctl check
	expect_status 1
	expect_output 'sudo refuses everybody'
	do_what_it_says
	person_runs_sudo
	[ ! -e /etc/sudoers.d/agentauth ]
	mv /root/plugin.so "$PLUGIN"
	run agentauthctl check
	expect_output 'does not load it'
	do_what_it_says
	agentauthctl apply --yes
	[ -e /etc/sudoers.d/agentauth ]
	sudo_asks
	person_runs_sudo
	remove_role
}

@test "make uninstall takes nothing away while the line stands, and says what to do first" {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	run make -C "$AGENTAUTH_BUILD" uninstall
	[ "$status" -ne 0 ]
	expect_output 'without it nobody has sudo'
	[ -e "$PLUGIN" ] && [ -x /usr/sbin/agentauthctl ]
	sh -e -c "$(grep -o 'rm -f .*' <<<"$output")"
	run make -C "$AGENTAUTH_BUILD" uninstall
	expect_status 0
	[ ! -e "$PLUGIN" ]
	person_runs_sudo
	person_logs_in_by_key
	root_logs_in_by_key
	make -C "$AGENTAUTH_BUILD" install >/dev/null 2>&1
	person_runs_sudo
}
