#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The real logrotate turns the audit log by the file that is shipped for it: logins go on, and no line is lost.

load support
load agents

RULES=/etc/logrotate.d/agentauth

setup_file() {
	host_init
	new_agent builder-7 ES256 --role deploy
}
setup() {
	log_mark
	audit_mark
}

# As from cron: logrotate(8) has nothing but root's rights, and says what is wrong with the rules.
turn_the_log() {
	run logrotate --force --state "$BATS_TEST_TMPDIR/state" $RULES
	expect_status 0 && expect_output '^$'
	sleep 1.1 # the files are named by the second
}
# The log's files, the oldest first, unpacked where they are packed.
all_of_the_log() { # TO: a directory
	local file
	mkdir -p "$1"
	for file in "$AUDIT"-*; do
		if [[ $file == *.gz ]]; then zcat "$file" >"$1/$(basename "$file" .gz)"; else cp "$file" "$1/"; fi
	done
	cp "$AUDIT" "$1/audit.jsonl-now"
}
logs_in_once() {
	ssh_with "$(token_file builder-7)" "builder-7@$HOST" true
}

@test "after the log was turned a login begins a new file, which goes on from the last line of the old one" {
	local old
	logs_in_once
	turn_the_log
	[ ! -e "$AUDIT" ] # nocreate: the next line makes it, as ours
	logs_in_once
	[ "$(stat -c '%a %U' "$AUDIT")" = '600 root' ]
	audit_mark # the file is new: all of it is since
	[ "$(jq -r 'select(.event == "auth") | .result' "$AUDIT")" = ok ]
	old=$(echo "$AUDIT"-*)
	[ -f "$old" ]
	[ "$(stat -c '%a %U' "$old")" = '600 root' ]
	chain_holds "$old" "$AUDIT"
	# The other order does not hold.
	run chain_holds "$AUDIT" "$old"
	expect_status 1
	expect_output 'does not follow'
}

@test "while agents log in the log is turned four times: every login has its line, and the chain holds over all files" {
	local pid pids=() before logins=24
	all_of_the_log "$BATS_TEST_TMPDIR/before"
	before=$(cat "$BATS_TEST_TMPDIR"/before/* | jq -s '[.[] | select(.event == "auth" and .result == "ok")] | length')
	for _ in 1 2 3; do
		(for _ in $(seq $((logins / 3))); do logs_in_once || exit 1; done) 3>&- &
		pids+=($!)
	done
	for _ in 1 2 3 4; do turn_the_log; done
	for pid in "${pids[@]}"; do wait "$pid"; done
	logs_in_once # after the last turn, so that there is a file to look at
	all_of_the_log "$BATS_TEST_TMPDIR/all"
	chain_holds "$BATS_TEST_TMPDIR"/all/*
	[ "$(cat "$BATS_TEST_TMPDIR"/all/* | jq -s '[.[] | select(.event == "auth" and .result == "ok")] | length')" -eq $((before + logins + 1)) ]
	# No number is missing, and none is there twice.
	[ "$(cat "$BATS_TEST_TMPDIR"/all/* | jq -s 'map(.seq) | . == [range(1; length + 1)]')" = true ]
	ls "$AUDIT"-*.gz # the older ones are packed
}

@test "what is older than 400 days is removed, what is younger is kept, and an empty log is not turned" {
	local old=$AUDIT-20250101-1735689600.gz young=$AUDIT-20250201-1738368000.gz
	gzip </dev/null >"$old"
	cp "$old" "$young"
	touch -d '-402 days' "$old"
	touch -d '-398 days' "$young"
	logs_in_once
	turn_the_log
	[ ! -e "$old" ]
	[ -e "$young" ]
	rm "$young"
	install -m 600 /dev/null "$AUDIT"
	old=$(ls /var/log/agentauth)
	turn_the_log
	[ "$(ls /var/log/agentauth)" = "$old" ]
	rm "$AUDIT"
}

@test "the size alone turns it, before the week is over" {
	logs_in_once
	logrotate --state "$BATS_TEST_TMPDIR/state" $RULES # the first look only remembers
	[ -e "$AUDIT" ]
	# A log of 65 MB, without the 65 MB.
	sed 's/maxsize 64M/maxsize 100/' $RULES >"$BATS_TEST_TMPDIR/rules"
	grep -q 'maxsize 100' "$BATS_TEST_TMPDIR/rules"
	chmod 644 "$BATS_TEST_TMPDIR/rules"
	logrotate --state "$BATS_TEST_TMPDIR/state" "$BATS_TEST_TMPDIR/rules"
	[ ! -e "$AUDIT" ]
	logs_in_once
	[ -s "$AUDIT" ]
}
