#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doc/runbook.md as it stands: each test brings about what its entry is for, does what it says, and sees that it is over.

# shellcheck disable=SC2030,SC2031,SC2034  # bats runs each test in a shell of its own; pages.bash reads FILL
load support
load advice
load key_server
load pages

LOGS=/var/log/agentauth

setup_file() {
	# The log has a file system of its own, which can be filled.
	install -d -m 700 $LOGS
	mount -t tmpfs -o size=80m,mode=700 logs $LOGS
	host_init
	install -m 0644 /usr/share/agentauth/cron.d/agentauth-reap /etc/cron.d/
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	install -m 0440 /dev/stdin /etc/sudoers.d/alice <<<'alice ALL=(root) NOPASSWD: /usr/bin/true'
	(cd /home/dev && dev agentauth keygen >/run/builder-7.pub 2>/dev/null)
	agentauthctl register builder-7 --role deploy --key /run/builder-7.pub >/dev/null
	dev agentauth profile add "builder-7@$HOST" >/dev/null
}
setup() {
	log_mark
	audit_mark
}

kid_of() { # AGENT
	agentauthctl --json show "$1" | jq -r '.agent.keys[-1].kid'
}
agent_gets_in() {
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 0 && expect_output '^builder-7$'
}
agent_is_refused() {
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 255
}

@test "an agent that cannot log in" {
	agentauthctl suspend builder-7 --why 'deletes branches' >/dev/null
	walk doc/runbook.md 'An agent cannot log in'
	expect_output 'load average'
}

@test "an agent's key that has leaked" {
	dev agentauth ssh "builder-7@$HOST" 'touch up; exec sleep 600' 3>&- &
	wait_until test -e /home/agents/builder-7/up
	FILL=([KEY-ID]=$(kid_of builder-7))
	walk doc/runbook.md "An agent's key has leaked"
	run pgrep -u builder-7
	expect_status 1
	dev cp -p /home/dev/.config/agentauth/key.pem /home/dev/new.pem
	dev cp -p /home/dev/.config/agentauth/key.leaked /home/dev/.config/agentauth/key.pem
	agent_is_refused
	dev mv /home/dev/new.pem /home/dev/.config/agentauth/key.pem
	agent_gets_in
}

@test "an identity provider that cannot be reached" {
	corp_init
	agentauthctl issuer refresh corp >/dev/null
	stop_server
	dev mv /home/dev/.config/agentauth/key.pem /home/dev/kept.pem
	walk doc/runbook.md 'The identity provider cannot be reached' 1
	touch -d '25 hours ago' "$KEYSET"
	token_refused keys_stale k1
	walk doc/runbook.md 'The identity provider cannot be reached' 2 3
	token_logs_in k1
	walk doc/runbook.md 'The identity provider cannot be reached' 4
	start_server
	FILL=([KEY-ID]=$(kid_of tokener))
	walk doc/runbook.md 'The identity provider cannot be reached' 5
	dev mv /home/dev/kept.pem /home/dev/.config/agentauth/key.pem
	token_logs_in k1
}

@test "sudo that refuses everybody" {
	local plugin=/usr/libexec/agentauth/agentauth_approval.so
	mv $plugin /root/plugin.so
	walk doc/runbook.md 'Nobody has sudo' 1 2
	walk doc/runbook.md 'Nobody has sudo' 3 4
	mv /root/plugin.so $plugin
	agentauthctl apply >/dev/null
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	people_have_ssh_and_sudo
}

@test "a clock that was wrong" {
	touch -d '+3 hours' /run/agentauth/replay/since
	agent_is_refused
	walk doc/runbook.md 'The clock was wrong' 1 2
	sleep 1.1 # issued in a second of its own
	walk doc/runbook.md 'The clock was wrong' 3
	run agentauthctl doctor
	expect_no_output 'clock'
}

# The page in which the log ends has room for some lines, until not even the shortest fits.
disk_fills() {
	local i
	dd if=/dev/zero of=$LOGS/fill bs=1M 2>/dev/null || :
	for ((i = 0; i < 60; i++)); do
		agentauthctl suspend builder-7 >/dev/null 2>&1
		run agentauthctl resume builder-7
		[[ $output != *'cannot be written'* ]] || return 0
	done
	return 1
}

@test "a disk that is full" {
	disk_fills
	agent_is_refused
	people_have_ssh_and_sudo
	walk doc/runbook.md 'The disk is full' 1
	rm $LOGS/fill
	walk doc/runbook.md 'The disk is full' 2
}

@test "all of it lost, and restored from a backup" {
	walk doc/runbook.md 'Backup and restore' 1
	umount $LOGS
	rm -rf /etc/agentauth /var/lib/agentauth $LOGS
	agent_is_refused
	people_have_ssh_and_sudo
	walk doc/runbook.md 'Backup and restore' 2 3 4
}

@test "an upgrade ends with the new version" {
	walk doc/runbook.md 'Upgrade'
}
