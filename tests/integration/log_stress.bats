#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sixteen processes write to the log and are killed at any moment, agents log in and root gives commands, while the real
# logrotate turns the log by the rules that are shipped: what was acknowledged is in the log, once, and the chain holds.
# SECONDS_OF_STRESS=600 tests/integration/run BUILDDIR log_stress.bats runs it for longer than the suite does.

load support
load agents

LOGS=/var/log/agentauth
LONG=${SECONDS_OF_STRESS:-8}

setup_file() {
	host_init
	new_agent builder-7 ES256
}

# What runs beside ends by the file, and not in the middle of something.
go_on() {
	[ ! -e "$BATS_TEST_TMPDIR/over" ]
}

# The shipped rules, but that the size turns the log sooner.
turn_by_size() {
	sed 's/maxsize 64M/maxsize 50k/' /etc/logrotate.d/agentauth >"$BATS_TEST_TMPDIR/rules"
	grep -q 'maxsize 50k' "$BATS_TEST_TMPDIR/rules"
	chmod 644 "$BATS_TEST_TMPDIR/rules"
	while sleep 1.1 && go_on; do
		logrotate --state "$BATS_TEST_TMPDIR/state" "$BATS_TEST_TMPDIR/rules"
	done
}
logins() {
	while go_on; do
		ssh_with "$(token_file builder-7)" "builder-7@$HOST" true && echo in
	done
}
commands() {
	while go_on; do
		agentauthctl revoke --jti "stress-$RANDOM$RANDOM" && echo given
	done
}
# Looks for each acknowledged line in all files of the log, and prints what is wrong.
look_for() { # FILE
	/usr/bin/python3 -c '
import collections, glob, gzip, json, sys
ids, seqs, torn, found = collections.Counter(), [], 0, collections.Counter()
for name in glob.glob(sys.argv[1] + "/audit.jsonl*"):
    for line in (gzip.open if name.endswith(".gz") else open)(name, "rb"):
        try:
            record = json.loads(line)
        except ValueError:
            torn += 1
            continue
        found[record.get("found")] += 1
        ids[record.get("jti")] += 1
        seqs.append(record["seq"])
acknowledged = open(sys.argv[2]).read().split()
lost = [i for i in acknowledged if ids[i] == 0]
twice = [i for i, n in ids.items() if i and i.startswith("together-") and n > 1]
print("%d lines acknowledged, %d lines in %d files, %d torn, said of the log: %s" % (len(acknowledged), len(seqs),
    len(glob.glob(sys.argv[1] + "/audit.jsonl*")), torn, {k: n for k, n in found.items() if k}))
assert len(acknowledged) > 200
assert not lost, "lost: %s" % lost[:5]
assert not twice, "twice: %s" % twice[:5]
assert sorted(seqs) == list(range(1, len(seqs) + 1)), "a number is missing or there twice"
assert torn == found["line_cut"] and set(found) <= {None, "line_cut"}
' "$LOGS" "$1"
}

@test "nothing that was acknowledged is lost, nothing is there twice, and the chain holds over all files" {
	local pids=()
	turn_by_size 3>&- &
	pids+=($!)
	logins >"$BATS_TEST_TMPDIR/logins" 2>&1 3>&- &
	pids+=($!)
	commands >"$BATS_TEST_TMPDIR/commands" 2>&1 3>&- &
	pids+=($!)
	run --separate-stderr nice -n 5 "$AGENTAUTH_BUILD/bench/write_together" "$LOGS" "$LONG"
	expect_status 0
	echo "$output" >"$BATS_FILE_TMPDIR/acknowledged"
	touch "$BATS_TEST_TMPDIR/over"
	wait "${pids[@]}" || :
	agentauthctl suspend builder-7 # closes a line that the last of them left torn
	# shellcheck disable=SC2154  # of bats
	echo "# $stderr"
	echo "# $(grep -c in "$BATS_TEST_TMPDIR/logins") logins, $(wc -l <"$BATS_TEST_TMPDIR/commands") commands"
	cat "$BATS_TEST_TMPDIR/logins"
	[ "$(grep -c '^in$' "$BATS_TEST_TMPDIR/logins")" -gt 0 ]
	run look_for "$BATS_FILE_TMPDIR/acknowledged"
	echo "# $output" >&3
	expect_status 0
	[ "$(find "$LOGS" -name 'audit.jsonl-*' | wc -l)" -ge 2 ]
	run agentauthctl audit verify
	expect_status 0
	expect_output '^The log is whole: '
}

@test "the control: a line that was acknowledged and is gone, or is there twice, is found" {
	local kept=$BATS_FILE_TMPDIR/acknowledged
	run look_for "$kept"
	expect_status 0
	{ cat "$kept"; echo together-0-1; } >"$BATS_TEST_TMPDIR/more"
	run look_for "$BATS_TEST_TMPDIR/more"
	expect_status 1
	expect_output 'lost: .*together-0-1'
	grep -h -m 1 together- "$AUDIT" "$AUDIT"-* | head -n 1 >"$AUDIT-20260101-1"
	run look_for "$kept"
	expect_status 1
	expect_output 'twice: .*together-'
	rm "$AUDIT-20260101-1"
}

@test "sixteen that are refused alike, and killed, leave a few lines a minute and one count for all others" {
	local asked said counted
	rm -f "$LOGS"/audit.* "$STATE/state/audit-begun"
	run --separate-stderr "$AGENTAUTH_BUILD/bench/write_together" "$LOGS" 3 5
	expect_status 0
	asked=$(wc -l <<<"$output")
	# A minute later: as if each window had begun a minute earlier.
	run jq -s 'length' "$AUDIT"
	expect_output '^[5-9]$|^1[0-9]$'
	said=$output
	/usr/bin/python3 -c '
import struct, sys
f = open(sys.argv[1], "r+b")
f.seek(8)
f.write(struct.pack("q", 0)) # due
for at in range(16, f.seek(0, 2), 512):
    f.seek(at)
    key, since = struct.unpack("Qq", f.read(16))
    if key:
        f.seek(at + 8)
        f.write(struct.pack("q", since - 120))
' "$LOGS/audit.brake"
	run agentauthctl session reap
	expect_status 0
	counted=$(jq -s '[.[] | select(.count)] | length' "$AUDIT")
	echo "# $asked refusals acknowledged, $said lines, $counted lines with a count" >&3
	[ "$counted" -eq 1 ]
	# One that was killed between the count and the pipe was counted and not acknowledged.
	[ "$(jq -s 'map(select(.event == "auth") | .count // 1) | add' "$AUDIT")" -ge "$asked" ]
	run agentauthctl audit verify
	expect_status 0
}
