#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whatever is presented and however it is refused, no piece of it is in the audit log, in the system's or sshd's log, or in /run:
# not when it is let in, not when it is refused, not where the log takes no line and syslog has it instead.

load support
load agents

LOGS=/var/log/agentauth
PIECE=24 # characters

setup_file() {
	host_init
	new_agent builder-7 ES256
	as dev sh -c "umask 077; printf %s 'correct horse battery staple of dev' >$KEYS/words; printf %s alice-password >$KEYS/password"
}

setup() {
	log_mark
	audit_mark
}

teardown() {
	[ ! -L $LOGS ] || { rm $LOGS && mv $LOGS.aside $LOGS; }
}

# All pieces of a text, by half their length apart; of a short one all of it.
pieces() { # FILE
	/usr/bin/python3 -c '
import sys
text, size = open(sys.argv[1]).read(), int(sys.argv[2])
for line in [text] if len(text) < 2 * size else text.replace(".", "\n").split():
    for at in range(0, max(1, len(line) - size + 1), size // 2):
        print(line[at:at + size])
' "$1" $PIECE
}
nowhere() { # FILE
	pieces "$1" >"$BATS_TEST_TMPDIR/pieces"
	[ -s "$BATS_TEST_TMPDIR/pieces" ]
	run grep -F -r -n -f "$BATS_TEST_TMPDIR/pieces" /var/log /run/agentauth /var/lib/agentauth/state
	expect_status 1
}
# The log that is broken has no line: the system's has it.
logged() { # FILTER
	if [ -L $LOGS ]; then
		log_since_mark | sed -n 's/.*not in the audit log: //p' | jq -e -s "any(.[]; $1)" >/dev/null
	else
		expect_audit "$1"
	fi
}

presents() { # RESULT REASONS FILE: REASONS is a pattern
	audit_mark
	log_mark
	run ssh_with "$3" "builder-7@$HOST" true
	logged ".event == \"auth\" and .result == \"$1\" and (.reason | test(\"^($2)\$\"))"
	nowhere "$3"
}
as_file() { # TEXT: as token_file() would
	local file
	file=$(mktemp "$KEYS/token.XXXXXX")
	printf %s "$1" >"$file"
	chown dev: "$file"
	echo "$file"
}

refusals() { # beside one that is let in
	local good token
	good=$(token_file builder-7)
	[ -L $LOGS ] || presents ok ok "$good"
	[ -L $LOGS ] || presents denied replayed "$good"
	presents denied expired "$(token_file builder-7 --claim exp=@-600 --claim iat=@-700)"
	presents denied wrong_audience "$(token_file builder-7 --aud ssh://elsewhere.example.com)"
	presents denied unknown_key "$(token_file builder-7 --header 'kid="nobody"')"
	presents denied alg_not_allowed "$(token_file builder-7 --header 'alg="none"' --unsigned)"
	presents denied 'alg_not_allowed|bad_signature' "$(token_file builder-7 --header 'alg="HS256"' --hs256 "$KEYS/builder-7.pub")"
	token=$(forge builder-7)
	presents denied bad_signature "$(as_file "${token%.*}.$(tr A-Za-z B-ZAb-za <<<"${token##*.}" | cut -c 1-80)${token: -6}")"
	presents denied 'claim_required|malformed' "$(token_file builder-7 --claim jti=)"
	presents denied malformed "$(as_file "${token:0:-3}!!!")"
	presents denied malformed "$KEYS/words"
	presents denied malformed "$KEYS/password"
	ANSWER=STOP=2 presents denied 'truncated|no_credential|malformed' "$(token_file builder-7 --claim "task=\"$(printf '%0600d' 0)\"")"
	presents denied 'oversize|malformed' "$(token_file builder-7 --claim "x=\"$(head -c 15000 /dev/urandom | base64 -w 0)\"")"
}

@test "what an agent presents at sshd" {
	refusals
}

@test "and where the log takes no line, so that syslog has all of it" {
	mv $LOGS $LOGS.aside
	ln -s /dev/full $LOGS
	refusals
}

@test "at su, and to sudo" {
	local token
	token=$(token_file builder-7 --claim exp=@-600 --claim iat=@-700)
	run as dev su builder-7 -c id <"$token"
	expect_audit '.service == "su" and .result == "denied"'
	nowhere "$token"
	nowhere "$KEYS/words"
	run in_session "sudo -S -k id" <"$KEYS/words"
	nowhere "$KEYS/words"
}

@test "a private key that a person hands in, as a file, in words, among others" {
	local pem=$KEYS/builder-7.pem
	run agentauthctl register another --key "$pem" --role deploy
	[ "$status" -ne 0 ]
	nowhere "$pem"
	run agentauthctl register another --key "$(cat "$pem")" --role deploy
	[ "$status" -ne 0 ]
	nowhere "$pem"
	run agentauthctl set builder-7 --key - <"$pem"
	[ "$status" -ne 0 ]
	nowhere "$pem"
	# The control: a command that changed something is there.
	agentauthctl set builder-7 --description 'a word that is looked for' >/dev/null
	expect_audit '.event == "admin" and (.command | test("a word that is looked for"))'
}

@test "the control: a piece of what was presented would be found in each of these places" {
	local token place
	token=$(token_file builder-7)
	presents ok ok "$token"
	for place in $LOGS/planted /var/log/planted /run/agentauth/planted; do
		printf 'x%sx\n' "$(cut -d. -f2 "$token" | cut -c 13-60)" >"$place"
		run nowhere "$token"
		[ "$status" -ne 0 ]
		rm "$place"
	done
	nowhere "$token"
	# What is no secret of it is there: its number, and who signed it.
	expect_audit '.jti and .kid'
}
