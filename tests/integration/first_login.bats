#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# From nothing to the first login, word for word as README and the man page have it: three commands on the agent's machine,
# two on the host, and between them one line that is handed over.

load support
load agents

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP
	# The app of README's example, which the box does not run.
	printf '#!/bin/sh\necho "$* by $(id -un) for $SUDO_USER"\n' >/usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
}
setup() {
	log_mark
	audit_mark
}

# The commands that README's "How it goes" has up to the first login, in its order: "agent COMMAND" or "root COMMAND". What
# the host's installation begins with (step 1 of "On a real host") is no part of it.
readme_commands() {
	"$BATS_TEST_DIRNAME/pages" steps "$TOP/README.md" 'How it goes' 1 2 | jq -r '.who + " " + .command'
}
# Those of agentauth(1).
manual_commands() {
	mandoc -T ascii -O width=1000 "$TOP/man/agentauth.1" | col -b | sed -n '/^DESCRIPTION/,/^COMMANDS/p' |
		sed -nE -e 's/^[[:blank:]]+\$ /agent /p' -e 's/^[[:blank:]]+# /root /p'
}
installation_begins() {
	local first
	first=$(sed -n '/^## On a real host/,$s/^1\. `\([^`]*\)`.*/\1/p' "$TOP/README.md")
	[ "$first" = 'agentauthctl init' ]
	$first >/dev/null
}

count() { # agent|root FILE
	grep -c "^$1 " "$2"
}

# What the agent's side was told to hand over stands in the place of README's: the text between the quotes.
handed_over() { # COMMAND
	local key
	[[ $1 == *--key\ * ]] || { echo "$1"; return; }
	key=$(sed -nE "s/^  agentauthctl register NAME .*--key '(.*)'$/\1/p" /home/dev/told)
	[ "$key" ] || { echo "keygen names no line to hand over: $(cat /home/dev/told)" >&2; return 1; }
	sed -E "s|--key '[^']*'|--key '$key'|" <<<"$1"
}

do_line() { # agent|root COMMAND
	echo "$1: $2"
	case $1 in
	agent) setpriv --reuid dev --regid dev --init-groups --reset-env -- bash -c "cd && $2" </dev/null 2>/home/dev/told ;;
	root) (cd /root && bash -c "$(handed_over "$2")" </dev/null) ;;
	esac
}

# All of the file's lines in their order; what the last one prints is in `output`.
do_lines() { # FILE
	local who line n
	n=$(wc -l <"$1")
	while read -r who line; do
		if [ $((--n)) -gt 0 ]; then
			do_line "$who" "$line" || { cat /home/dev/told >&2; return 1; }
		else
			run do_line "$who" "$line"
		fi
	done <"$1"
}

nothing_is_there() {
	rm -rf /home/dev/.config /home/dev/.cache /etc/agentauth /var/lib/agentauth /var/log/agentauth /home/agents /run/agentauth/*
}

@test "README: three commands on the agent's machine and two on the host, and the agent is in" {
	nothing_is_there
	installation_begins
	readme_commands >"$BATS_TEST_TMPDIR/commands"
	cat "$BATS_TEST_TMPDIR/commands"
	[ "$(count agent "$BATS_TEST_TMPDIR/commands")" -eq 3 ]
	[ "$(count root "$BATS_TEST_TMPDIR/commands")" -eq 2 ]
	do_lines "$BATS_TEST_TMPDIR/commands"
	expect_status 0
	expect_output '^restart app by root for builder-7$'
	expect_audit '.event == "auth" and .agent == "builder-7" and .result == "ok"'
}

@test "agentauth(1): the same, and no more commands" {
	nothing_is_there
	installation_begins
	manual_commands >"$BATS_TEST_TMPDIR/commands"
	cat "$BATS_TEST_TMPDIR/commands"
	[ "$(count agent "$BATS_TEST_TMPDIR/commands")" -eq 3 ]
	[ "$(count root "$BATS_TEST_TMPDIR/commands")" -eq 2 ]
	do_lines "$BATS_TEST_TMPDIR/commands"
	expect_status 0
	expect_output ' up .* load average'
}

@test "in another order: the profile first, the key last, registered without a role" {
	nothing_is_there
	installation_begins
	run dev agentauth profile add "builder-7@$HOST"
	expect_status 0
	expect_output 'agentauth keygen'
	agentauthctl register builder-7
	agentauthctl role add deploy --service sshd
	agentauthctl set builder-7 --role deploy
	dev agentauth keygen 2>/home/dev/told >/dev/null
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 255
	bash -c "$(handed_over "agentauthctl set builder-7 --key ''")"
	run dev agentauth ssh "builder-7@$HOST" id -un
	expect_status 0
	expect_output '^builder-7$'
}
