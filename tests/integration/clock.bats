#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A clock that was ahead and is right again: nobody stays out, and nothing that was used comes in a second time.
# No clock is turned: the store is made to look as one does that was made then.

load support
load agents

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
}

setup() {
	audit_mark
	rm -f /var/lib/agentauth/clock
	install -d -m 0700 "${SINCE%/*}"
	[ -e "$SINCE" ] || : >"$SINCE"
	touch -d '-1 day' "$SINCE"
}

SINCE=/run/agentauth/replay/since

made_ahead() { # BY
	touch -d "+$1" "$SINCE"
}
present() { # FILE
	run ssh_with "$1" "builder-7@$HOST" id -un
}
fresh() {
	sleep 1.1 # issued in a second of its own
	"$HERE/forge" --agent builder-7 --key "$KEYS/builder-7.pem" >"$BATS_TEST_TMPDIR/token"
	chmod 644 "$BATS_TEST_TMPDIR/token"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	present "$BATS_TEST_TMPDIR/token"
}

@test "a store made while the clock was ahead by hours, days or ten years: doctor says it, reap mends it" {
	local by
	fresh
	expect_status 0
	for by in '3 hours' '4 days' '10 years'; do
		made_ahead "$by"
		fresh
		expect_status 255
		cp "$BATS_TEST_TMPDIR/token" "$BATS_TEST_TMPDIR/before"
		run agentauthctl doctor
		expect_output '^PROBLEM +clock .*refused until .*the clock was ahead'
		expect_output '^ +As root: agentauthctl session reap$'
		run agentauthctl session reap
		expect_status 0
		expect_output 'the clock was ahead when the replay store was made.*is let in again'
		expect_audit '.event == "admin" and .command == "session reap" and .result == "ok"'
		present "$BATS_TEST_TMPDIR/before" # issued before then
		expect_status 255
		expect_audit '.agent == "builder-7" and .reason == "replay_unavailable"'
		fresh
		expect_status 0
		present "$BATS_TEST_TMPDIR/token"
		expect_status 255
		expect_audit '.agent == "builder-7" and .reason == "replayed"'
		run agentauthctl doctor
		expect_no_output '^(PROBLEM|note) +clock '
	done
}

@test "where an earlier boot saw a later time, reap asks a person first" {
	made_ahead '3 hours'
	echo "another-boot 0 $(($(date +%s) + 7200))" >/var/lib/agentauth/clock
	run agentauthctl session reap
	expect_status 1
	expect_output 'is behind now.*before this boot it stood at .*agentauthctl session reap --clock-is-right'
	fresh
	expect_status 255
	run agentauthctl doctor
	expect_output '^PROBLEM +clock .*or is behind now; set it right first'
	expect_output '^ +As root: agentauthctl session reap --clock-is-right$'
	run agentauthctl session reap --clock-is-right
	expect_status 0
	fresh
	expect_status 0
	made_ahead '3 hours' # and the person's word holds
	run agentauthctl session reap
	expect_status 0
	# Positive control: an earlier boot that saw nothing later is reason enough.
	made_ahead '3 hours'
	echo "another-boot 0 $(($(date +%s) - 7200))" >/var/lib/agentauth/clock
	run agentauthctl session reap
	expect_status 0
	fresh
	expect_status 0
}

@test "a store made while the clock was behind lets in what is issued now, and --dry-run mends nothing" {
	touch -d '2001-01-01' "$SINCE"
	fresh
	expect_status 0
	made_ahead '3 hours'
	run agentauthctl session reap --dry-run
	expect_status 0
	fresh
	expect_status 255
	run agentauthctl session reap
	fresh
	expect_status 0
}
