#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The audit log is asked and proved: who was it, on whose behalf, what ran as root, and can this file be believed.
# shellcheck disable=SC2154

load support
load agents
load sessions
load audit_steps

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf
	host_init
	new_agent builder-7 ES256 --role deploy --owner alice@example.com
	new_agent builder-8 ES256 --role deploy
	printf '#!/bin/sh\n' >/usr/local/sbin/restart-app
	by_key builder-7 'sudo -n restart-app; sudo -n id' || :
	by_key builder-8 true
	agentauthctl suspend builder-8
	by_key builder-8 true || :
	cp -a /var/log/agentauth /var/log-as-written
}
# The log as it was written; a test changes a copy.
setup() {
	rm -rf /var/log/agentauth
	cp -a /var/log-as-written /var/log/agentauth
}

line_of() { # JQ: the number of the first line for which it is true
	jq -r "if $1 then input_line_number else empty end" "$AUDIT" | head -n 1
}
expect_place() { # LINE SENTENCE
	expect_status 1
	[ "$(printf '%s\n' "${lines[@]}")" = "$AUDIT:$1: $2" ] || { echo "$output" >&2; return 1; }
}

@test "what an agent did stands below its login, with the key, the role and the command" {
	run agentauthctl audit show --agent builder-7 --by-session
	expect_status 0
	expect_output '^20[0-9-]{8} [0-9:]{8}  ok      builder-7        session-open  sshd from [0-9.:a-f]+, publickey, key [^ ]+, role deploy  \[[0-9a-f]{8}\]$'
	expect_output '^  20[0-9-]{8} [0-9:]{8}  ok      builder-7        sudo          .*restart-app.*\[[0-9a-f]{8}\]$'
	expect_output '^  .*session-close '
	[[ $output != *builder-8* ]]
}

@test "who an uid was at a moment is asked by the moment, and another moment has another answer" {
	local at uid
	at=$(jq -r 'select(.event == "sudo-asked" and .agent == "builder-7") | .time[:19]' "$AUDIT" | head -n 1)
	uid=$(id -u builder-7)
	run agentauthctl audit show --at "$at" --uid "$uid"
	expect_status 0
	expect_output 'builder-7        session-open '
	expect_output '^  .*restart-app'
	run agentauthctl audit show --at 2026-01-01 --uid "$uid"
	expect_status 0
	expect_output '^No agent had a session then\.$'
}

@test "a refusal is found by its reason, with its sentence; a reason that there is not is no empty answer" {
	run agentauthctl audit show --result denied --agent builder-8 --why
	expect_status 0
	expect_output 'denied  builder-8 .*— agent_suspended'
	expect_output '^    the agent is suspended'
	run agentauthctl audit show --reason agent_suspended --agent builder-7
	expect_status 0
	expect_output '^The log has no such record\.$'
	run agentauthctl audit show --agent biulder-7 --since today
	expect_status 0
	expect_output '^The log has no record of an agent "biulder-7"\.$'
	run agentauthctl audit show --reason agent_suspnded
	expect_status 2
	expect_output 'there is no reason "agent_suspnded" \(did you mean agent_suspended\?\)'
	run agentauthctl audit show --event session-opn
	expect_status 2
	expect_output 'there is no event "session-opn" \(did you mean session-open\?\); agentauth-audit\(5\) has all of them'
	run agentauthctl audit show --result refused
	expect_status 2
	expect_output -- '--result is ok, denied or error, not "refused"'
	run agentauthctl audit show --result denyed
	expect_output '\(did you mean denied\?\)'
}

@test "a time is what people type: how long ago, a day, today and yesterday, a time of day, all of it in UTC" {
	local when all
	all=$(agentauthctl audit show --raw)
	for when in 7d 2h 1w today "$(date -u +%F)" "$(date -u +%F)T00:00" "$(date -u +%F) 00:00:00" yesterday 'yesterday 14:02' "$(date -u -d '1 minute ago' +%H:%M)Z"; do
		run agentauthctl audit show --raw --since "$when"
		expect_status 0
		case $when in
		*Z | today | "$(date -u +%F)"*) ;; # midnight may be between
		*) [ "$output" = "$all" ] || { echo "$when" >&2; return 1; } ;;
		esac
	done
	run agentauthctl audit show --raw --until yesterday
	expect_status 0
	[ -z "$output" ]
	for when in tuesday 25:00 14:2 2027-13-01 2027-01-15T 7x; do
		run agentauthctl audit show --since "$when"
		expect_status 2
		expect_output -- '--since is a time in UTC \(14:02, yesterday, 2027-01-15, 2027-01-15T14:02\) or how long ago'
	done
	# An hour of the clock on the wall, where that is ahead of UTC.
	run agentauthctl audit show --at "$(date -u -d '2 days' +%FT%H:%M)"
	expect_status 2
	expect_output -- '--at 20[0-9-]+T[0-9:]+ is still to come: times are in UTC, and there it is 20[0-9T:-]+Z now$'
}

@test "each filter finds what jq finds, two of them what fits both, and values are completed" {
	local filter query
	while read -r filter query; do
		read -ra filter <<<"${filter//=/ }"
		run agentauthctl audit show --raw "${filter[@]}"
		expect_status 0
		[ -n "$output" ] || { echo "nothing: ${filter[*]}" >&2; return 1; }
		[ "$output" = "$(jq -c "select($query)" "$AUDIT")" ] || { echo "${filter[*]}" >&2; return 1; }
	done <<-END
		--agent=builder-7 .agent == "builder-7"
		--uid=$(id -u builder-8) .uid == $(id -u builder-8)
		--user=root .by == "root" or .on_behalf_of == "root"
		--result=denied .result == "denied"
		--reason=agent_suspended .reason == "agent_suspended"
		--service=sshd .service == "sshd"
		--kid=$(jq -r 'select(.event == "session-open") | .kid' "$AUDIT" | head -n 1) .kid == "$(jq -r 'select(.event == "session-open") | .kid' "$AUDIT" | head -n 1)"
		--session=$(jq -r 'select(.event == "session-open") | .session[:8]' "$AUDIT" | head -n 1) .session == "$(jq -r 'select(.event == "session-open") | .session' "$AUDIT" | head -n 1)"
		--command=restart-app (.command // "") | contains("restart-app")
		--agent=builder-7=--service=sudo=--result=ok .agent == "builder-7" and .service == "sudo" and .result == "ok"
	END
	run agentauthctl --complete audit show --reason ''
	expect_output '^agent_suspended'
	run agentauthctl --complete audit show --agent ''
	expect_output '^builder-7'
	run agentauthctl --complete audit show --event ''
	expect_output '^sudo-exit'
}

@test "raw lines are those of the log, and --json has the same records" {
	run agentauthctl audit show --agent builder-7 --raw
	[ "$output" = "$(grep -F '"agent":"builder-7"' "$AUDIT")" ]
	run --separate-stderr agentauthctl --json audit show --agent builder-7
	expect_status 0
	[ "$(jq -c '[.records[].seq]' <<<"$output")" = "$(jq -sc '[.[] | select(.agent == "builder-7") | .seq]' "$AUDIT")" ]
}

@test "tail shows the last records, and with --follow those that come, also when the log is turned" {
	local tail
	run agentauthctl audit tail --lines 2
	expect_status 0
	[ "${#lines[@]}" -eq 2 ]
	agentauthctl audit tail --lines 1 --follow --agent builder-7 >"$BATS_TEST_TMPDIR/tail" 3>&- &
	tail=$!
	sleep 0.5
	by_key builder-7 true
	wait_until grep -q 'session-close' "$BATS_TEST_TMPDIR/tail"
	mv "$AUDIT" "$AUDIT.1"
	by_key builder-7 true
	wait_until eval '[ "$(grep -c "session-open" "$BATS_TEST_TMPDIR/tail")" -ge 2 ]'
	kill "$tail"
}

@test "the log that was written is whole, over a file that was turned away and packed, too" {
	run agentauthctl audit verify
	expect_status 0
	expect_output '^The log is whole: [0-9]+ records in 1 file, to seq [0-9]+\.$'
	mv "$AUDIT" "$AUDIT-20260101"
	gzip "$AUDIT-20260101"
	by_key builder-7 true
	run agentauthctl audit verify
	expect_status 0
	expect_output '^The log is whole: [0-9]+ records in 2 files'
	run agentauthctl audit show --agent builder-7 --event sudo
	expect_output restart-app
}

@test "each change is found at its line" {
	local line
	line=$(line_of '.event == "sudo" and .result == "ok"')
	sed -i "${line}s/restart-app/restart-xyz/" "$AUDIT"
	run agentauthctl audit verify
	expect_place "$line" "this line was changed after it was written (seq $line)"
	setup
	sed -i "${line}d" "$AUDIT"
	run agentauthctl audit verify
	expect_place "$line" "1 line is missing before this one: seq $line"
	setup
	sed -i "${line}p" "$AUDIT"
	run agentauthctl audit verify
	expect_place "$((line + 1))" '1 line was put in here, which agentauth did not write'
	setup
	sed -i '$d' "$AUDIT"
	line=$(wc -l <"$AUDIT")
	run agentauthctl audit verify
	expect_place "$line" "1 line is missing behind this one: seq $((line + 1))"
	setup
	run agentauthctl audit verify
	expect_status 0
}

@test "a log that root wrote anew holds by itself, and not against a seal that was kept elsewhere" {
	local seals=$BATS_TEST_TMPDIR/seals key=$BATS_TEST_TMPDIR/seal.pub
	run agentauthctl audit verify
	expect_output '^There is no seal, .*: agentauthctl audit seal makes one\.$'
	run --separate-stderr agentauthctl audit seal
	expect_status 0
	[[ $stderr == *'a key for seals was made'* ]]
	echo "$output" >"$seals"
	cp /var/lib/agentauth/seal.pub "$key"
	[ "$(stat -c '%a %U' /var/lib/agentauth/seal.key)" = '600 root' ]
	run agentauthctl audit verify --seals "$seals" --key "$key"
	expect_status 0
	expect_output ', 1 seal fits\.$'
	write_anew restart-app
	rm /var/log/agentauth/audit.seals
	run agentauthctl audit verify
	expect_status 0
	run agentauthctl audit verify --seals "$seals" --key "$key"
	expect_status 1
	expect_output "^$AUDIT:[0-9]+: this is not the line that was sealed on [0-9TZ:-]+ \(seq [0-9]+\): it and all before it"
	# Nor does a seal by another key count.
	openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout >"$key"
	run agentauthctl audit verify --seals "$seals" --key "$key"
	expect_status 1
	expect_output "^$seals:1: this seal cannot be believed: "
}

@test "a slip in the question is told, and no log is no answer" {
	local seal=(agentauthctl audit seal)
	run agentauthctl audit show --uid builder-7
	expect_status 2
	expect_output -- '--uid is a number, not "builder-7"; --agent takes a name'
	run agentauthctl audit show --uid "$(id -u builder-7)" --event sudo
	expect_status 0 && expect_output restart-app
	run agentauthctl audit show --at 14:02 --since 12h
	expect_status 2
	expect_output -- '--at is a moment, --since and --until are a time'
	run agentauthctl audit show --since 2026-01-02 --until 2026-01-01
	expect_status 2
	expect_output 'nothing is between them'
	run agentauthctl audit tail --lines 0
	expect_status 2
	expect_output -- '--lines is a number from 1 to 10000, not "0"'
	run agentauthctl --statedir /var/lib/agentauth audit show
	expect_status 2
	expect_output 'say which by --logdir'
	run agentauthctl --statedir /var/lib/agentauth --logdir /var/log/agentauth audit show --event sudo
	expect_status 0 && expect_output restart-app
	rm -rf /var/log/agentauth
	run agentauthctl audit show
	expect_status 1
	expect_output 'there is no audit log in /var/log/agentauth yet'
	run "${seal[@]}"
	expect_status 1
	expect_output '/var/log/agentauth cannot be opened: No such file or directory'
}

@test "nobody but root reads the log, and a log that others could have written is not believed" {
	run dev /usr/sbin/agentauthctl audit show
	expect_status 1
	expect_output 'sudo agentauthctl audit show'
	chmod 666 "$AUDIT"
	run agentauthctl audit verify
	expect_status 1
	expect_output "$AUDIT cannot be read: others could have written it"
}
