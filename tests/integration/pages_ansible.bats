#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doc/ansible.md as it stands, with Debian's Ansible.

load support
load agents
load pages

setup_file() {
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
	agentauthctl init >/dev/null
	agentauthctl role add deploy --service sshd --service sudo --sudo '(root) /usr/bin/systemctl restart app' >/dev/null
	(cd /home/dev && dev agentauth keygen 2>/dev/null) >/run/builder-7.pub
	agentauthctl register builder-7 --role deploy --key /run/builder-7.pub >/dev/null
	dev agentauth profile add "builder-7@$HOST" >/dev/null
}
setup() {
	log_mark
	audit_mark
}
# The connections that ControlPersist keeps are those of one play: the next begins with a login of its own.
teardown() {
	pkill -u dev -f 'ssh: .*mux' || :
}

# A block of the page in the file that its first line names.
file_of() { # SECTION LANGUAGE [N]
	local text name
	text=$("$HERE/pages" text "$TOP/doc/ansible.md" "$@")
	name=$(head -n 1 <<<"$text" | sed 's/^# //')
	install -m 0644 -o dev -g dev /dev/stdin "/home/dev/$name" <<<"$text"
}

@test "the inventory and the plays of the page, as they stand there" {
	file_of 'The connection' ini
	walk doc/ansible.md 'The connection'
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "ok"'
	file_of 'A task as root, by a rule' yaml
	walk doc/ansible.md 'A task as root, by a rule'
	expect_audit '.event == "sudo-asked" and .agent == "builder-7" and .result == "ok"'
	teardown
	walk doc/ansible.md '`become`, and what it takes' 1 2
	file_of '`become`, and what it takes' yaml
	walk doc/ansible.md '`become`, and what it takes' 3
	[ "$(cat /etc/motd)" = 'back at eight' ]
	walk doc/ansible.md '`become`, and what it takes' 4
	teardown
	run dev bash -c 'cd && ansible-playbook -i hosts configure.yml'
	[ "$status" -ne 0 ]
}
