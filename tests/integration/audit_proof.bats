#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What was done to a long log is found in the file and at the line in which it was done, packed files included.
#   AUDIT_LINES=10000000 tests/integration/run build tests/integration/audit_proof.bats
# does so with ten million lines, each within a minute.
# shellcheck disable=SC2154

load support
load audit_steps

setup_file() {
	LINES_OF_FILE=$((${AUDIT_LINES:-100000} / 8))
	export LINES_OF_FILE
	write_long_log $((8 * LINES_OF_FILE)) $LINES_OF_FILE
	xz -1 "$AUDIT-000"
	zstd -q --rm "$AUDIT-001"
	gzip -1 "$AUDIT-002"
	bzip2 -1 "$AUDIT-003"
	gzip -1 "$AUDIT-004"
}
teardown() {
	give_back
}

@test "a long log is whole, in constant memory and without a word about how far it is, but on a terminal" {
	measured agentauthctl audit verify
	expect_status 0
	expect_output "^The log is whole: $((8 * LINES_OF_FILE)) records in 8 files, to seq $((8 * LINES_OF_FILE))\.$"
	[ "$cpu_ms" -lt 60000 ]
	[ "$took_kb" -lt 32768 ]
	# A program that takes long, as ten million lines do.
	mv /usr/bin/zstd /usr/bin/zstd.true
	printf '#!/bin/sh\nsleep 0.8\nexec /usr/bin/zstd.true "$@"\n' >/usr/bin/zstd
	chmod 755 /usr/bin/zstd
	run --separate-stderr agentauthctl audit verify
	[ -z "$stderr" ]
	run script -qec 'agentauthctl audit verify' /dev/null
	mv /usr/bin/zstd.true /usr/bin/zstd
	expect_status 0
	expect_output 'agentauthctl: [0-9]+ of [0-9]+ MB of the log \([0-9]+ %\), [0-9]+ a second, [0-9]+ s left'
	expect_output 'The log is whole'
}

@test "a line that was changed is found in a plain file and in each that is packed" {
	local file n=0
	for file in 000.xz 001.zst 002.gz 003.bz2 005; do
		edit "$file" "$((LINES_OF_FILE / 3))s/\"uid\":7/\"uid\":8/"
		expect_only "$AUDIT-$file:$((LINES_OF_FILE / 3))" \
			"this line was changed after it was written (seq $((n * LINES_OF_FILE + LINES_OF_FILE / 3)))"
		give_back
		n=$((n == 3 ? 5 : n + 1))
	done
}

@test "a line that was changed last in its file, or first, is found there" {
	edit 005 '$s/"uid":7/"uid":8/'
	expect_only "$AUDIT-005:$LINES_OF_FILE" "this line was changed after it was written (seq $((6 * LINES_OF_FILE)))"
	give_back
	edit 002.gz '1s/"uid":7/"uid":8/'
	expect_only "$AUDIT-002.gz:1" "this line was changed after it was written (seq $((2 * LINES_OF_FILE + 1)))"
	give_back
	edit 005 '70s/^{/[/'
	expect_only "$AUDIT-005:70" "this line was changed after it was written (seq $((5 * LINES_OF_FILE + 70)))"
	give_back
	edit 005 "71s/\"prev\":\"..../\"prev\":\"ffff/"
	expect_only "$AUDIT-005:71" "this line was changed after it was written (seq $((5 * LINES_OF_FILE + 71)))"
	give_back
	# Nor is a file moved by a number that somebody wrote into its first line.
	edit 005 '1s/"seq":[0-9]*/"seq":1/'
	expect_only "$AUDIT-005:1" "1 line was put in here, which agentauth did not write" \
		"$AUDIT-005:2" "1 line is missing before this one: seq $((5 * LINES_OF_FILE + 1))"
}

@test "lines that were removed are counted, and a whole file of them is named by the next" {
	edit 004.gz '100,199d'
	expect_only "$AUDIT-004.gz:100" "100 lines are missing before this one: seq $((4 * LINES_OF_FILE + 100)) to $((4 * LINES_OF_FILE + 199))"
	give_back
	take_away 003.bz2
	expect_only "$AUDIT-004.gz:1" "$LINES_OF_FILE lines are missing before this one: seq $((3 * LINES_OF_FILE + 1)) to $((4 * LINES_OF_FILE))"
}

@test "a line that was put in, and one that was moved, are found" {
	edit 001.zst '500p'
	expect_only "$AUDIT-001.zst:501" '1 line was put in here, which agentauth did not write'
	give_back
	edit 005 -n '40{h;d};90{p;x};p'
	expect_only "$AUDIT-005:90" "this line stood elsewhere (seq $((5 * LINES_OF_FILE + 40)))"
}

@test "a clock that was set back is said with the line, and is no fault" {
	# The log as it is written over a clock that loses an hour: chained anew from the line on.
	clock_back 006 700
	run agentauthctl audit verify
	expect_status 0
	expect_output "^$AUDIT-006:700: warning: the clock was set back here, from 2026-[0-9T:-]+Z to 2026-[0-9T:-]+Z$"
	expect_output '^The log is whole'
}

@test "a log that was cut off at its end is, and one that was cut off at its beginning where it has to reach back" {
	edit audit.jsonl '$d'
	expect_only "$AUDIT:$((LINES_OF_FILE - 1))" "1 line is missing behind this one: seq $((8 * LINES_OF_FILE))"
	give_back
	take_away audit.jsonl
	expect_only "$AUDIT-006:$LINES_OF_FILE" "$LINES_OF_FILE lines are missing behind this one: seq $((7 * LINES_OF_FILE + 1)) to $((8 * LINES_OF_FILE))"
	give_back
	edit 000.xz '1,70d'
	run agentauthctl audit verify
	expect_status 0
	expect_output '^It begins with seq 71 of 2026-01-01T00:02:22Z: what was before is rotated away, or was deleted'
	run agentauthctl audit verify --back-to 2026-01-01
	expect_status 1
	expect_output "^$AUDIT-000.xz:1: the log begins here with seq 71 of 2026-01-01T00:02:22Z, and was to reach back to 2026-01-01T00:00:00Z"
	give_back
	run agentauthctl audit verify --back-to 2025-01-01 # it begins with seq 1: nothing is before
	expect_status 0
}

@test "a packed file that is damaged, or that nothing here unpacks, is said" {
	keep 002.gz
	truncate -s -1000 "$AUDIT-002.gz"
	run agentauthctl audit verify
	expect_status 1
	expect_output "^agentauthctl: $AUDIT-002.gz cannot be read to its end: it is damaged"
	give_back
	mv /usr/bin/xz /usr/bin/xz.away
	run agentauthctl audit verify
	mv /usr/bin/xz.away /usr/bin/xz
	expect_status 1
	expect_output "^agentauthctl: $AUDIT-000.xz cannot be read to its end: this host lacks the program that unpacks it"
	run agentauthctl audit verify
	expect_status 0
}

@test "a log that was deleted with its head, and begun anew, is read in the order in which it was written" {
	local new=$BATS_TEST_TMPDIR/new
	mkdir "$new"
	"$AGENTAUTH_BUILD/bench/write_log" "$new" 40 40
	keep audit.jsonl && keep audit.head
	mv "$new/audit.head" "${AUDIT%/*}/audit.head"
	sed 's/"time":"2026-01-01/"time":"2027-01-01/' "$new/audit.jsonl" >"$AUDIT"
	run agentauthctl audit verify
	expect_status 1
	expect_output "^$AUDIT:1: the log begins anew here with seq 1, after seq $((7 * LINES_OF_FILE)): audit.head was removed with the log"
	expect_no_output 'put in|missing before'
}
