#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# /run fills up, by marks or by anything: agents are refused, by a reason of its own, while there is room for everybody else.

load support
load agents
load people

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
}

teardown() {
	rm -rf /run/agentauth/filler
	whole_run 2>/dev/null || :
}

fresh() {
	"$HERE/forge" --agent builder-7 --key "$KEYS/builder-7.pem" >"$BATS_TEST_TMPDIR/token"
	chmod 644 "$BATS_TEST_TMPDIR/token"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	audit_mark
	run ssh_with "$BATS_TEST_TMPDIR/token" "builder-7@$HOST" id -un
}

@test "with an eighth of the files left agents are refused, and people are not; with some more they are let in, and doctor warns" {
	small_run 300
	fresh
	expect_status 0
	run agentauthctl doctor
	expect_status 1
	expect_output '^PROBLEM +marks +the file system of /run/agentauth fills up: [0-9]+ of 2000 files can still be made there'
	whole_run
	small_run 240
	fresh
	expect_status 255
	expect_audit '.agent == "builder-7" and .reason == "replay_full"'
	run agentauthctl doctor
	expect_status 1
	expect_output '^PROBLEM +marks +what agents present is refused, .* are marks of used credentials'
	person_logs_in_by_key
	[ "$(stat -f -c %d /run/agentauth)" -ge 230 ]
	# Done as doctor says, the files that fill it are found, and without them agents are let in again.
	run bash -c "$(agentauthctl doctor | sed -n 's/^ *As root: \(df -i .*\)$/\1/p')"
	expect_output '[0-9]+ /run/agentauth/filler'
	find /run/agentauth/filler -type f | head -n 200 | xargs rm
	run ssh_with "$BATS_TEST_TMPDIR/token" "builder-7@$HOST" id -un
	expect_status 0 # what was refused so was not used up
	rm -rf /run/agentauth/filler
	run agentauthctl doctor
	expect_no_output '^PROBLEM +marks'
}

@test "by key an agent logs in, since no credential is used up" {
	small_run 240
	run dev ssh -o BatchMode=yes -i "$KEYS/builder-7.pem" "builder-7@$HOST" id -un
	expect_status 0
}
