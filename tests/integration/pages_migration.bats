#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doc/migration.md as it stands: a shared account whose two programs move to accounts of their own, both ways open meanwhile.

load support
load agents
load pages

setup_file() {
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	# The box has no journal: what sshd wrote stands in its place, as journalctl would show it.
	printf '#!/bin/sh\nsed "s/^/Nov 30 02:00:00 web01 sshd[4711]: /" /var/log/sshd.log\n' >/usr/bin/journalctl
	chmod 755 /usr/bin/systemctl /usr/bin/journalctl
	agentauthctl init >/dev/null
	shared_account
}
setup() {
	log_mark
	audit_mark
}

shared_account() {
	useradd --create-home --shell /bin/bash deploy
	echo 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart app' >/etc/sudoers.d/deploy
	install -d -o deploy -g deploy /srv/app /srv/app/current
	echo '0 6 * * * /usr/local/bin/report' | crontab -u deploy -
	dev ssh-keygen -q -t ed25519 -N '' -C builder@ci -f /home/dev/.ssh/id_builder
	dev ssh-keygen -q -t ed25519 -N '' -C reports@cron -f /home/dev/.ssh/id_reports
	install -d -m 0700 -o deploy -g deploy /home/deploy/.ssh
	cat /home/dev/.ssh/id_builder.pub /home/dev/.ssh/id_reports.pub /home/dev/.ssh/id_alice.pub |
		sed 's/ alice$/ alice@laptop/' >/home/deploy/.ssh/authorized_keys
	chown deploy: /home/deploy/.ssh/authorized_keys
}
gets_in() { # KEY USER
	run dev ssh -i "/home/dev/.ssh/$1" -o BatchMode=yes "$2@$HOST" id -un
	expect_status 0 && expect_output "^$2\$"
}
stays_out() { # KEY USER
	run dev ssh -i "/home/dev/.ssh/$1" -o BatchMode=yes "$2@$HOST" id -un
	expect_status 255
}

@test "steps 1 to 3: accounts of their own, by the keys that there are, and the old way open" {
	walk doc/migration.md '1. What there is'
	walk doc/migration.md '2. A role for what the account may do'
	walk doc/migration.md '3. An agent for each program, by the key that it has'
	gets_in id_builder deploy
	gets_in id_builder builder-7
	gets_in id_reports deploy
	run dev ssh -i /home/dev/.ssh/id_builder -o BatchMode=yes "builder-7@$HOST" 'touch /srv/app/current/by-agent; stat -c "%U %G" /srv/app/current/by-agent'
	expect_output '^builder-7 app$'
}

@test "steps 4 and 5: who still uses the old way is seen, and it ends one key at a time" {
	walk doc/migration.md '4. Who still uses the old way'
	walk doc/migration.md '5. The old way ends, one key at a time' 1 2
	gets_in id_reports deploy
	gets_in id_builder builder-7
	walk doc/migration.md '5. The old way ends, one key at a time' 3
	stays_out id_reports deploy
	gets_in id_builder builder-7
	[ "$(stat -c %U /srv/app)" = deploy ]
}

@test "the way back: the old account and its keys as before, and the agents stay" {
	walk doc/migration.md 'The way back'
	gets_in id_reports deploy
	gets_in id_builder builder-7
	stays_out id_reports reporter
}
