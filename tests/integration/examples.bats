#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The EXAMPLES of the man pages, taken from the pages and done in their order on one host.

load support
load agents
load idp

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP
	# The app of the examples, which the box does not run.
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
	rm -rf /etc/agentauth /var/lib/agentauth /var/log/agentauth
	(cd /home/dev && dev agentauth keygen 2>/dev/null) >/root/builder-7.pem
	realm_begins
}
setup() {
	log_mark
}
teardown_file() {
	kill "$(cat "$IDP/pid")" 2>/dev/null || :
}

# The realm of the examples, as far as a host asks it: metadata and keys.
realm_begins() {
	mkdir -p "$IDP/answers"
	idp_authority 2>/dev/null
	idp_host idp 127.0.0.3 2>/dev/null
	mv "$IDP/idp.pem" "$IDP/tls.pem"
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$IDP/realm.pem" 2>/dev/null
	jq -n --arg body "$("$HERE/jwks" "realm-1:$IDP/realm.pem")" '{body: $body}' >"$IDP/answers/certs.json"
	jq -n --arg at "$ISSUER" '{body: ({issuer: ($at + "/realms/agents"), jwks_uri: ($at + "/certs")} | tojson)}' \
		>"$IDP/answers/realms_agents_.well-known_openid-configuration.json"
	("$HERE/key_server" "$IDP" 443 >>"$IDP/output" 2>&1 </dev/null 3>&-) &
	echo $! >"$IDP/pid"
	wait_until curl -s -o /dev/null "$ISSUER/certs"
}

# The literal text of a page's EXAMPLES, without roff's escapes.
literal() { # PAGE
	awk '/^\.Sh /{ in_section = $2 == "EXAMPLES" } !in_section { next } /^\.Ed/ { open = 0 } open { print }
		/^\.Bd -literal/ { open = 1 } sub(/^\.Dl /, "")' "$TOP/man/$1" | sed -e 's/\\e/\\/g; s/\\(dq/"/g; s/\\(aq/'"'"'/g; s/\\-/-/g'
}
# Its commands, a line each, without prompts.
commands() { # PAGE
	literal "$1" | sed -E -e ':a' -e '/\\$/{N;s/\\\n[[:blank:]]*//;ta' -e '}' | sed -E 's/^[$#] //'
}
# Does each as root, or as whoever the rest says, in the home directory.
all_are_done() { # PAGE COMMAND...
	local page=$1 line n=0
	shift
	while read -r line; do
		echo "$page: $line"
		before_it "$line"
		"$@" bash -c "cd && $line" </dev/null || { echo "failed: $line" >&2; return 1; }
		n=$((n + 1))
	done < <(commands "$page")
	[ "$n" -gt 1 ]
}
# What the page's words say has happened before.
before_it() { # COMMAND
	case $1 in
	'agentauthctl check'*) echo 'description = "edited by hand";' >>/etc/agentauth/agents.d/builder-7.conf ;;
	esac
}

@test "agentauthctl(8): from nothing to an agent, an edit, an issuer, and an agent shut out" {
	run all_are_done agentauthctl.8 env HOME=/root
	expect_status 0
	expect_output '^agentauthctl.8: agentauthctl init$'
	run agentauthctl --json show builder-7
	jq -e '.agent.state == "suspended" and .agent.roles == ["deploy"] and .agent.description == "edited by hand"' <<<"$output"
	jq -e '.agent.bindings[0].issuer == "corp"' <<<"$output"
	agentauthctl resume builder-7
}

@test "agentauth.conf(5): the example is accepted" {
	local at=$BATS_TEST_TMPDIR/etc
	cp -r /etc/agentauth "$at"
	literal agentauth.conf.5 >"$BATS_TEST_TMPDIR/example"
	sed -n '/^# agents.d/,$p' "$BATS_TEST_TMPDIR/example" >"$at/agents.d/builder-7.conf"
	{ sed '/^roles/,/^};/d; /^issuers/,/^};/d' /etc/agentauth/agentauth.conf && sed '/^# agents.d/,$d' "$BATS_TEST_TMPDIR/example"; } \
		>"$at/agentauth.conf"
	run agentauthctl --confdir "$at" --statedir "$BATS_TEST_TMPDIR/state" check
	expect_status 0
	expect_output '1 agent'
	# The control: a word of it bent.
	sed -i 's/max_session /max_sesion /' "$at/agentauth.conf"
	run agentauthctl --confdir "$at" --statedir "$BATS_TEST_TMPDIR/state" check
	expect_status 1
}

@test "agentauth(1): a credential, a signature, a login that says its purpose" {
	TOKEN=$(dev agentauth assert --agent builder-7 --audience "ssh://$HOST")
	"$HERE/jwks" "$(agentauthctl --json show builder-7 | jq -r ".agent.keys[0].kid"):/home/dev/.config/agentauth/key.pem" >/home/dev/jwks.json
	dev agentauth profile add "builder-7@$HOST"
	run all_are_done agentauth.1 setpriv --reuid dev --regid dev --init-groups --reset-env -- env TOKEN="$TOKEN"
	expect_status 0
	jq -e -s 'any(.[]; .event == "auth" and .agent == "builder-7" and .task == "release 4.2" and .result == "ok")' "$AUDIT"
}

@test "agentauth-audit(5): what was refused, and what people have done" {
	dev ssh -o BatchMode=yes "builder-7@$HOST" true || :
	agentauthctl suspend builder-7
	dev agentauth ssh "builder-7@$HOST" true </dev/null || :
	agentauthctl resume builder-7
	run all_are_done agentauth-audit.5 env HOME=/root
	expect_status 0
	expect_output '"builder-7","agent_suspended"'
	expect_output ' root register builder-7 '
}

@test "agentauth-audit(5) names every member that the log has, and none that no source writes" {
	local member
	sed -nE '/^\.Ss Members/,/^\.Ss Reasons/s/^\.(It )?Va //p' "$TOP/man/agentauth-audit.5" | tr -d ',' | tr ' ' '\n' |
		grep -E '^[a-z_]+$' | sort -u >"$BATS_TEST_TMPDIR/page"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/page")" -gt 25 ]
	run bash -c "jq -r 'keys[]' $AUDIT | sort -u | comm -23 - $BATS_TEST_TMPDIR/page"
	expect_output '^$'
	# As it is with reasons: those of the log, and what stands beside "ok" in the sources.
	kill "$(cat "$IDP/pid")"
	agentauthctl issuer refresh corp || :
	sed -nE 's/^\.It Li ([a-z_]+)$/\1/p' "$TOP/man/agentauth-audit.5" | sort -u >"$BATS_TEST_TMPDIR/reasons"
	run bash -c "{ jq -r .reason $AUDIT; grep -rl ctl_audit $TOP/tools | xargs grep -hoE '\? \"[a-z_]+\" : \"ok\"' | cut -d'\"' -f2; } |
		grep -v '^error$' | sort -u | tee $BATS_TEST_TMPDIR/seen | comm -23 - $BATS_TEST_TMPDIR/reasons"
	expect_output '^$'
	grep -qx fetch_failed "$BATS_TEST_TMPDIR/seen"
	while read -r member; do
		grep -rqF "\"$member\"" "$TOP"/common/state "$TOP"/tools/agentauthctl || { echo "nothing writes $member" >&2; return 1; }
	done <"$BATS_TEST_TMPDIR/page"
}
