#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The log deleted, emptied, cut off, torn, put back from a copy, its head gone, the clock set back: the next line says so before
# it goes on, audit verify names the place, and doctor says it.

load support
load agents

LOGS=/var/log/agentauth

setup_file() {
	host_init
	new_agent builder-7 ES256
}

setup() {
	rm -f "$LOGS"/audit.* "$STATE/state/audit-begun"
	echo 0 >"$BATS_TEST_TMPDIR/audit.mark" # all lines are of this test
	some_lines 2
}

some_lines() { # N: twice as many
	local i
	for ((i = 0; i < $1; i++)); do
		agentauthctl suspend builder-7 >/dev/null
		agentauthctl resume builder-7 >/dev/null
	done
}
notes() {
	jq -R -c 'fromjson? | select(.event == "log")' "$AUDIT"
}
last_seq() {
	tail -n 1 "$AUDIT" | jq .seq
}
# The next line, which is a login's, comes behind one that says what was found; none says it again.
says() { # FOUND FILTER WHAT-DOCTOR-SAYS
	run ssh_with "$(token_file builder-7)" "builder-7@$HOST" id -un
	expect_status 0
	some_lines 1
	run notes # a line may be torn
	[ "${#lines[@]}" -eq 1 ]
	jq -e ".found == \"$1\" and .result == \"error\" and ($2)" <<<"$output"
	run agentauthctl audit show --event log
	expect_status 0
	expect_output "error .* log .*: .*$3"
	run agentauthctl doctor
	expect_output "note +log +the log says of itself, at .*$3"
}
verify_says() { # STATUS PATTERN
	run agentauthctl audit verify
	expect_status "$1"
	expect_output "$2"
}

@test "the control: of a log that is well, or that was turned, nothing is said" {
	some_lines 1
	mv "$AUDIT" "$AUDIT-20260101-1"
	some_lines 1
	expect_no_audit '.event == "log"'
	verify_says 0 'The log is whole: .* in 2 files'
	run agentauthctl doctor
	expect_no_output 'says of itself'
	rm "$AUDIT-20260101-1"
}

@test "deleted" {
	local seq
	seq=$(last_seq)
	rm "$AUDIT"
	says log_gone ".seq == $seq + 1" 'deleted or emptied'
	verify_says 0 'audit.jsonl:1: .*deleted or emptied'
	expect_output "begins with seq $((seq + 1))"
}

@test "emptied" {
	: >"$AUDIT"
	says log_gone true 'deleted or emptied'
	verify_says 0 'audit.jsonl:1: .*deleted or emptied'
}

@test "cut off by two lines" {
	local seq
	seq=$(last_seq)
	sed -i '$d' "$AUDIT"
	sed -i '$d' "$AUDIT"
	says log_cut ".lines == 2 and .seq == $seq + 1" 'lines before this one are missing'
	verify_says 1 "2 lines are missing before this one: seq $((seq - 1)) to $seq"
}

@test "its last line cut short by a writer that was killed: closed, and nothing is missing" {
	printf '{"time":"2027-01-15T08:00:00.0' >>"$AUDIT"
	says line_cut true 'cut short'
	verify_says 0 'audit.jsonl:6: .*cut short'
}

@test "put back from a copy that is older" {
	cp "$AUDIT" "$LOGS/../copy"
	some_lines 2
	cat "$LOGS/../copy" >"$AUDIT"
	says log_cut '.lines == 4' 'lines before this one are missing'
	verify_says 1 '4 lines are missing before this one'
}

@test "audit.head gone, or full of something else" {
	rm "$LOGS/audit.head"
	says head_gone true 'audit.head'
	verify_says 0 'audit.jsonl:5: .*audit.head, which knew the last line'
}

@test "audit.head of another log" {
	local seq
	seq=$(last_seq)
	printf '%020d %064d %020d\n' $((seq + 40)) 7 9000 >"$LOGS/audit.head"
	says log_cut ".lines == 40 and .seq == $seq + 41" 'lines before this one are missing'
	verify_says 1 '40 lines are missing before this one'
}

@test "the clock set back by an hour" {
	local head
	read -r -a head <"$LOGS/audit.head"
	printf '%s %s %s %s %020d\n' "${head[@]:0:4}" $((10#${head[4]} + 3600000000)) >"$LOGS/audit.head"
	says clock_back '(.since > .until)' 'the clock was set back'
}

# The lines that were written last are not on the disk yet when the host loses its power; the head may be.
@test "the host gone down: what was not on the disk is missed, and the chain goes on" {
	local seq
	seq=$(last_seq)
	head -c -100 "$AUDIT" >"$LOGS/../copy"
	cat "$LOGS/../copy" >"$AUDIT"
	says log_cut ".lines == 1 and .seq == $seq + 1" 'a crash of the host lost what was not on the disk yet'
	verify_says 1 "$seq: this line was changed after it was written \(seq $seq\)"
}

@test "all of the folder gone: the numbers begin anew, and that is said" {
	rm -rf "$LOGS"
	install -d -m 700 "$LOGS"
	says log_gone '.seq == 1' 'deleted or emptied'
	verify_says 0 'audit.jsonl:1: .*deleted or emptied'
}
