#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What one host hands out and another takes: the same agents with the same uids, and no name or uid of theirs for anybody else.

load support
load agents
load golden

OTHER=/run/other

setup_file() {
	host_init
	new_agent web-1 ES256 --role deploy --owner alice@example.com --expires 2037-01-31 --source 10.0.0.0/8 --local-user dev
	new_agent web-2 EdDSA --role logs --uid 70500 --description 'two "words"' --max-sessions 3 --mixed-sessions refuse
	new_agent gone-1 ES256
	agentauthctl retire gone-1 >/dev/null
	dev ssh-keygen -q -t ed25519 -N '' -C second -f "$KEYS/second"
	agentauthctl set web-2 --key "$KEYS/second.pub" --kid second --key-expires 2036-01-31 >/dev/null 2>&1
	sed -i '1i # a comment of a colleague' /etc/agentauth/agents.d/web-2.conf
	agentauthctl apply >/dev/null 2>&1
}
setup() {
	rm -rf "$OTHER" && mkdir -p "$OTHER"/{etc,state,run}
	cd "$OTHER" || return
	other init >/dev/null 2>&1
}
other() {
	agentauthctl "$@" --confdir "$OTHER/etc" --statedir "$OTHER/state" --rundir "$OTHER/run"
}
shown() { # [other]: all agents, but for when and where they were used
	local name
	for name in web-1 web-2; do
		"$@" show $name --json | jq -S 'del(.last_login, .last_sudo, .sessions, .generation, .host)'
	done
}

@test "what another host imports is what was exported: names, uids, roles, keys, and nothing is to publish" {
	turn nowhere agentauthctl export
	turn tree agentauthctl export --to "$OTHER/tree"
	[ "$(ls "$OTHER/tree/agents.d")" = $'web-1.conf\nweb-2.conf' ]
	turn without-roles other import "$OTHER/tree"
	turn imported other import "$OTHER/tree" --roles --accept-risk
	run other diff
	expect_output '^The text is what is published\.$'
	diff <(shown agentauthctl) <(shown other)
	cmp /etc/agentauth/agents.d/web-2.conf "$OTHER/etc/agents.d/web-2.conf"
	run other register gone-1
	expect_status 1
	expect_output 'its name and its id [0-9]+ are never given again'
	expect_no_output restore
}

@test "JSON brings the same, through a pipe, and what comes back is what was sent" {
	agentauthctl export --json >all.json 2>/dev/null
	run other import - --roles --accept-risk <all.json
	expect_status 0
	run other diff
	expect_output '^The text is what is published\.$'
	diff <(shown agentauthctl) <(shown other)
	other export --json >again.json 2>/dev/null
	diff <(jq -S '.agents, .roles, .issuers, ([.ids[] | del(.time)] | sort_by(.id))' all.json) \
		<(jq -S '.agents, .roles, .issuers, ([.ids[] | del(.time)] | sort_by(.id))' again.json)
	run other import all.json --update --roles
	expect_output 'Nothing has changed'
}

@test "a role that differs is refused unless it is to be updated, and ids of the other host are kept free" {
	agentauthctl export web-1 --json >one.json 2>/dev/null
	[ "$(jq -c '[.agents[].name]' one.json)" = '["web-1"]' ]
	other role add deploy --service sshd >/dev/null 2>&1
	other register mine --uid 70999 >/dev/null 2>&1
	run other import one.json --roles
	expect_status 1
	expect_output 'one.json:[0-9]+:15: roles.deploy: this host has it with other settings; --update has those of one.json take their place'
	run other import one.json --roles --update --accept-risk
	expect_status 0
	# web-2 was not exported, and its name and uid are nobody else's here.
	turn uid-kept other register somebody --uid 70500
	turn name-kept other register web-2
	run other register web-2 --uid 70500
	expect_status 0
	run id web-2
	expect_status 0
	[ "$(other list --json | jq -c '[.agents[].name] | sort')" = '["mine","web-1","web-2"]' ]
	turn ids-clash other import - <<<'{"agents": [{"name": "mine-2"}], "ids": [{"kind": "agent", "name": "mine", "id": 70001, "retired": false, "time": "2026-01-01T00:00:00Z"}, {"kind": "agent", "name": "../x", "id": 0}]}'
}

@test "what is not published, not there or no public text is not exported" {
	echo '# edited' >>/etc/agentauth/agents.d/web-1.conf
	turn not-published agentauthctl export --to "$OTHER/tree"
	[ ! -e "$OTHER/tree" ]
	agentauthctl apply >/dev/null 2>&1
	turn not-there agentauthctl export web-1 web-9 --to "$OTHER/tree"
	turn exists agentauthctl export --to "$OTHER/etc"
	sed 's/^/# /' "$KEYS/web-1.pem" >>/etc/agentauth/agents.d/web-1.conf
	agentauthctl apply >/dev/null 2>&1
	turn private agentauthctl export --to "$OTHER/tree"
	[ ! -e "$OTHER/tree" ]
	run agentauthctl export --json
	expect_status 1
	expect_no_output "$(sed -n 2p "$KEYS/web-1.pem" | tr -d '+/')"
	sed -i '/^# /d' /etc/agentauth/agents.d/web-1.conf
	agentauthctl apply >/dev/null 2>&1
	run agentauthctl export --to "$OTHER/tree2"
	expect_status 0
}

@test "a tree that others could have written to, or that is none, is not taken" {
	agentauthctl export --to "$OTHER/tree" >/dev/null 2>&1
	chmod o+w "$OTHER/tree/agents.d"
	run other import "$OTHER/tree" --roles
	expect_status 1
	chmod o-w "$OTHER/tree/agents.d"
	echo 'roles = [ "x"' >>"$OTHER/tree/agents.d/web-1.conf"
	echo 'use agent' >>"$OTHER/tree/ids"
	run other import "$OTHER/tree" --roles
	expect_status 1
	expect_output 'tree/agents.d/web-1.conf:[0-9]+:[0-9]+: '
	expect_output 'tree/ids:[0-9]+:1: this line is damaged'
	mkdir "$OTHER/empty"
	run other import "$OTHER/empty"
	expect_status 1
	[ -z "$(ls "$OTHER/etc/agents.d")" ]
}
