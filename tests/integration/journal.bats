#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# systemd: the journal has each line of the audit log once, its members as fields, and is in nobody's way.
# shellcheck disable=SC2154

load support
load agents
load sessions

SOCKET=/run/systemd/journal/socket

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
	new_agent builder-8 ES256 --role deploy
	by_key builder-7 'sudo -n restart-app'
	by_key builder-7 $'sudo -n /usr/bin/id "a\nAGENTAUTH_AGENT=root\nb"' || :
	agentauthctl suspend builder-8
	by_key builder-8 true || :
}
teardown() {
	systemctl kill --signal CONT systemd-journald
	[ ! -e "$SOCKET.away" ] || mv "$SOCKET.away" "$SOCKET"
	agentauthctl resume builder-7 >/dev/null 2>&1 || :
}

fields() { # NAME=VALUE...: the entries, as objects
	journalctl --sync
	journalctl --output json "$@"
}

@test "journalctl finds what an agent did by the members of its records" {
	run fields AGENTAUTH_AGENT=builder-7
	expect_status 0
	[ "$(jq -sc 'map(.AGENTAUTH_SEQ | tonumber) | sort' <<<"$output")" = \
		"$(jq -sc '[.[] | select(.agent == "builder-7") | .seq]' "$AUDIT")" ]
	jq -se 'any(.AGENTAUTH_EVENT == "session-open" and .AGENTAUTH_RESULT == "ok" and .AGENTAUTH_ROLES == "deploy"
		and .AGENTAUTH_KIND == "publickey" and .SYSLOG_IDENTIFIER == "sshd" and ._COMM == "sshd")' <<<"$output"
	run fields AGENTAUTH_REASON=agent_suspended
	jq -se 'length > 0 and all(.AGENTAUTH_AGENT == "builder-8" and .AGENTAUTH_RESULT == "denied")' <<<"$output"
	run fields AGENTAUTH_EVENT=admin
	jq -se 'any(.AGENTAUTH_BY != null and (.AGENTAUTH_COMMAND | test("builder-8")))' <<<"$output"
}

@test "no line appears twice, and the text is what syslog had" {
	journalctl --sync
	run journalctl --output cat --grep '^agentauth: \{'
	[ "${#lines[@]}" -ge 8 ]
	[ "$(jq -Rc 'ltrimstr("agentauth: ") | fromjson | .seq' <<<"$output" | sort -n)" = "$(jq .seq "$AUDIT" | sort -n)" ]
	[ "$(sort <<<"$output")" = "$(sed 's/^/agentauth: /' "$AUDIT" | sort)" ]
}

@test "what an agent typed begins no field" {
	run fields AGENTAUTH_AGENT=root
	[ -z "$output" ]
	run fields AGENTAUTH_AGENT=builder-7
	jq -se 'any((.AGENTAUTH_COMMAND // "") | contains("AGENTAUTH_AGENT=root"))' <<<"$output"
}

@test "a journal that does not read is not waited for" {
	local begun seq
	systemctl kill --signal STOP systemd-journald
	# Until there is no room: the next one would wait for ever.
	run /usr/bin/python3 - "$SOCKET" <<-'END'
		import socket, sys
		logs, n = [], 1
		while n > 0: # a socket has a limit of its own, below that of the journal
		    logs.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
		    logs[-1].setblocking(False)
		    try:
		        n = 0
		        while True:
		            logs[-1].sendto(b"MESSAGE=filled\n", sys.argv[1])
		            n += 1
		    except BlockingIOError:
		        pass
		print("full after", len(logs))
	END
	expect_output '^full after [0-9]+$'
	seq=$(wc -l <"$AUDIT")
	begun=${EPOCHREALTIME/./}
	run timeout 30 agentauthctl suspend builder-7
	expect_status 0
	echo "# agentauthctl suspend beside a journal that is full: $(((${EPOCHREALTIME/./} - begun) / 1000)) ms" >&3
	[ "$(wc -l <"$AUDIT")" -gt "$seq" ]
}

@test "where there is no journal, or its folder is anybody's, syslog has the line as before" {
	mv "$SOCKET" "$SOCKET.away"
	agentauthctl suspend builder-7
	mv "$SOCKET.away" "$SOCKET"
	run fields _TRANSPORT=syslog SYSLOG_IDENTIFIER=agentauthctl
	[ "$(jq -rs '.[-1].MESSAGE' <<<"$output")" = "agentauth: $(tail -n 1 "$AUDIT")" ]
	agentauthctl resume builder-7
	chmod o+w "${SOCKET%/*}"
	agentauthctl suspend builder-7
	chmod o-w "${SOCKET%/*}"
	run fields _TRANSPORT=syslog SYSLOG_IDENTIFIER=agentauthctl
	[ "$(jq -rs '.[-1].MESSAGE' <<<"$output")" = "agentauth: $(tail -n 1 "$AUDIT")" ]
	# The control: the same with the journal in place has the fields.
	agentauthctl resume builder-7
	run fields _TRANSPORT=journal "AGENTAUTH_SEQ=$(wc -l <"$AUDIT")"
	[ "$(jq -r .MESSAGE <<<"$output")" = "agentauth: $(tail -n 1 "$AUDIT")" ]
}
