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
	expect_output '^daemon:'
	# What serves already stays, and is not told of again.
	run agentauthctl set builder-7 --owner alice
	expect_status 0
	expect_no_output 'allows more'
	agentauthctl role set deploy --no-sudo '(root) /usr/bin/cat /var/log/app*.log' >/dev/null
	run agentauthctl role set deploy --sudo '(root) /usr/bin/cat /var/log/app.log'
	expect_status 0
	expect_no_output 'allows more'
	run by_key 'sudo -n cat /var/log/app /etc/shadow .log'
	expect_no_output '^daemon:'
	agentauthctl role set deploy --no-sudo '(root) /usr/bin/cat /var/log/app.log' >/dev/null
}

@test "a shell that is written into the text by hand is refused by apply as well" {
	sed -i 's|"(root) /usr/local/sbin/restart-app"|&, "(root) /usr/bin/vi /etc/app.conf"|' /etc/agentauth/agentauth.conf
	run agentauthctl apply
	expect_status 1
	expect_output 'is an editor.*, as root'
	run by_key 'sudo -n -l'
	expect_no_output '/usr/bin/vi'
	run agentauthctl check
	expect_status 1
	expect_output 'is an editor.*, as root'
	run agentauthctl diff
	expect_status 0
	expect_output 'warning: .*is an editor.*, as root'
	expect_output '/usr/bin/vi /etc/app.conf'
	run agentauthctl check --accept-risk
	expect_status 0
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

@test "what lies under a name already is shown and refused, by register and by apply, unless --adopt" {
	groupadd --system docker
	sed -i 's/^docker:.*/&heir/' /etc/group
	install -d -m 0755 /home/agents
	install -d -m 0700 -o bob /home/agents/heir
	run agentauthctl register heir --role deploy
	expect_status 1
	expect_output 'member of the group docker .*containers as root.*/home/agents/heir is there and belongs to uid [0-9]+'
	expect_output 'Take it away or choose another name; if the agent is to have it, say --adopt to register or apply'
	run getent passwd heir
	expect_status 2
	expect_untouched
	printf 'uid = 71000;\n' >/etc/agentauth/agents.d/heir.conf
	run agentauthctl apply
	expect_status 1
	expect_output 'heir.conf: .*member of the group docker'
	run agentauthctl check --file /etc/agentauth/agents.d/heir.conf
	expect_status 1
	expect_output 'member of the group docker'
	run agentauthctl check --file /etc/agentauth/agents.d/heir.conf --adopt
	expect_status 0
	rm /etc/agentauth/agents.d/heir.conf
	run agentauthctl register other-heir --role deploy
	expect_status 0
	run agentauthctl register heir --role deploy --adopt
	expect_status 0
	expect_output 'member of the group docker'
	expect_audit '.event == "admin" and .agent == "heir" and (.command | test("--adopt"))'
	# It is no newcomer any more, and nothing is asked again.
	run agentauthctl set heir --owner alice
	expect_status 0
	expect_no_output 'docker'
}

@test "a name, a uid or a group that another source of names has is refused" {
	mkdir -p /etc/userdb
	echo '{"userName":"carol","uid":71500,"gid":71500,"homeDirectory":"/home/carol","shell":"/bin/bash","disposition":"regular"}' >/etc/userdb/carol.user
	ln -s carol.user /etc/userdb/71500.user
	echo '{"groupName":"agent-taken","gid":71600}' >/etc/userdb/agent-taken.group
	ln -s agent-taken.group /etc/userdb/71600.group
	run getent -s systemd passwd carol
	[ "$status" -eq 0 ] || skip "this systemd knows no /etc/userdb"
	run agentauthctl register carol
	expect_status 1
	expect_output 'systemd knows an account of this name, with uid 71500'
	run agentauthctl register carola --uid 71500
	expect_status 1
	expect_output 'systemd knows an account with uid 71500, carol'
	run agentauthctl register carola --uid 71501
	expect_status 0
	# Without --uid it is one that nobody has.
	local next
	run agentauthctl --json register before-dave
	next=$(($(jq .uid <<<"$output") + 1))
	echo "{\"userName\":\"dave\",\"uid\":$next,\"gid\":$next,\"homeDirectory\":\"/home/dave\",\"disposition\":\"regular\"}" >/etc/userdb/dave.user
	ln -s dave.user /etc/userdb/$next.user
	run agentauthctl --json register behind-dave
	expect_status 0
	[ "$(jq .uid <<<"$output")" -eq $((next + 1)) ]
	printf 'uid = 71502;\n' >/etc/agentauth/agents.d/carol.conf
	run agentauthctl apply
	expect_status 1
	expect_output 'carol.conf: .*systemd knows an account of this name'
	rm /etc/agentauth/agents.d/carol.conf
	run agentauthctl role add taken
	expect_status 1
	expect_output 'systemd knows a group agent-taken, with gid 71600'
	run agentauthctl role add taken2 --gid 71600
	expect_status 1
	expect_output 'systemd knows a group with gid 71600, agent-taken'
	run agentauthctl role add taken2
	expect_status 0
	run id carol
	expect_output '^uid=71500\(carol\)'
}

# A registry of its own, made by init; what it warned of is in $output.
fresh_init() {
	rm -rf /tmp/fresh
	mkdir /tmp/fresh
	run agentauthctl --confdir /tmp/fresh/conf --statedir /tmp/fresh/state init
}

@test "init says what overlaps with the ids of agents, and what it says to do makes it good" {
	fresh_init
	expect_status 0
	expect_no_output 'overlaps'
	cp -a /etc/subuid "$BATS_TEST_TMPDIR"
	echo 'alice:90000:65536' >>/etc/subuid
	fresh_init
	expect_status 0
	expect_output 'subuid gives alice the ids 90000 to 155535 for containers, which overlaps'
	sed -i '/uid_min = /d; /uid_max = /d; /\<gid = /d' /tmp/fresh/conf/agentauth.conf
	sed -i "s/^accounts = {\$/& $(grep -Eo 'uid_min = .* gid = [0-9]+;' <<<"$output")/" /tmp/fresh/conf/agentauth.conf
	run agentauthctl --confdir /tmp/fresh/conf --statedir /tmp/fresh/state apply
	expect_status 0
	run agentauthctl --confdir /tmp/fresh/conf --statedir /tmp/fresh/state role add ops
	expect_status 0
	run agentauthctl --confdir /tmp/fresh/conf --statedir /tmp/fresh/state register first --role ops
	expect_status 0
	run agentauthctl --confdir /tmp/fresh/conf --statedir /tmp/fresh/state init
	expect_status 0
	expect_no_output 'overlaps'
	cp -a "$BATS_TEST_TMPDIR/subuid" /etc/
}
