#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The real logrotate turns the audit log by the file that is shipped for it: logins go on, and no line is lost.

load support
load agents

RULES=/etc/logrotate.d/agentauth

setup_file() {
	cat /usr/share/agentauth/sudo.conf >>/etc/sudo.conf # sudo's plugins write beside PAM's module
	host_init
	new_agent builder-7 ES256 --role deploy
}
setup() {
	log_mark
	audit_mark
}

# As from cron: logrotate(8) has nothing but root's rights, and says what is wrong with the rules.
turn_the_log() { # [OPTION OF LOGROTATE]... [RULES]
	[ $# -gt 0 ] || set -- --force $RULES
	run logrotate --state "$BATS_TEST_TMPDIR/state" "$@"
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
	ssh_with "$(token_file builder-7)" "builder-7@$HOST" sudo -n restart-app >/dev/null
}
logs_in_until_turned() { # WRITER
	local n=0
	until [ -e "$BATS_TEST_TMPDIR/turned" ]; do
		logs_in_once || return
		n=$((n + 1))
	done
	echo $n >"$BATS_TEST_TMPDIR/logins.$1"
}
log_is_over() { # BYTES
	[ "$(stat -c %s "$AUDIT" 2>/dev/null || echo 0)" -gt "$1" ]
}
# The shipped rules, but for the size that turns the log: 64 MB of log are not written here.
rules_of_size() { # BYTES
	sed "s/maxsize 64M/maxsize $1/" $RULES >"$BATS_TEST_TMPDIR/rules"
	grep -q "maxsize $1" "$BATS_TEST_TMPDIR/rules"
	chmod 644 "$BATS_TEST_TMPDIR/rules"
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

@test "while agents log in and have sudo the log is turned four times by its size: no line is lost, the chain holds over all files" {
	local pid pids=() before logins files i
	all_of_the_log "$BATS_TEST_TMPDIR/before"
	before=$(cat "$BATS_TEST_TMPDIR"/before/* | jq -s '[.[] | select(.event == "auth" and .result == "ok")] | length')
	rules_of_size 1000
	files=$(find /var/log/agentauth -name 'audit.jsonl-*' | wc -l)
	for i in 1 2 3; do
		logs_in_until_turned "$i" 3>&- &
		pids+=($!)
	done
	turn_the_log "$BATS_TEST_TMPDIR/rules" # the first look only remembers
	for _ in 1 2 3 4; do
		wait_until log_is_over 1000
		turn_the_log "$BATS_TEST_TMPDIR/rules"
	done
	touch "$BATS_TEST_TMPDIR/turned"
	for pid in "${pids[@]}"; do wait "$pid"; done
	logins=$(awk '{ n += $1 } END { print n }' "$BATS_TEST_TMPDIR"/logins.*)
	echo "# $logins logins with sudo meanwhile" >&3
	logs_in_once # after the last turn, so that there is a file to look at
	all_of_the_log "$BATS_TEST_TMPDIR/all"
	chain_holds "$BATS_TEST_TMPDIR"/all/*
	[ "$(cat "$BATS_TEST_TMPDIR"/all/* | jq -s '[.[] | select(.event == "auth" and .result == "ok")] | length')" -eq $((before + logins + 1)) ]
	# What sudo's plugins wrote, and how each command ended.
	[ "$(cat "$BATS_TEST_TMPDIR"/all/* | jq -s '[.[] | select(.event == "sudo" and .result == "ok")] | length')" -eq $((before + logins + 1)) ]
	[ "$(cat "$BATS_TEST_TMPDIR"/all/* | jq -s '[.[] | select(.event == "sudo-exit")] | length')" -eq $((before + logins + 1)) ]
	[ "$(find /var/log/agentauth -name 'audit.jsonl-*' | wc -l)" -ge $((files + 4)) ]
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
	rules_of_size 100
	logrotate --state "$BATS_TEST_TMPDIR/state" "$BATS_TEST_TMPDIR/rules"
	[ ! -e "$AUDIT" ]
	logs_in_once
	[ -s "$AUDIT" ]
}
