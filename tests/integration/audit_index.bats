#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The log is asked by its index, and gives the same answers without one, and with one that is damaged, old or another's.
# shellcheck disable=SC2154

load support
load audit_steps

LOGS=/var/log/agentauth
INDEX=$LOGS/index

# Six files that were turned away, some of them packed, and the one that is written to.
setup_file() {
	agentauthctl init >/dev/null
	write_long_log 130000 20000
	gzip -1 "$AUDIT-000"
	zstd -q --rm "$AUDIT-001"
	xz -1 "$AUDIT-003"
	agentauthctl audit index >/dev/null
	cp -a $LOGS /var/log-as-written
}
setup() {
	rm -rf $LOGS
	cp -a /var/log-as-written $LOGS
	agentauthctl audit index >/dev/null
}

member() { # NAME: of a line somewhere
	zcat "$AUDIT-000.gz" | sed -n "$((RANDOM % 19000 + 1))p" | jq -r ".$1 // empty"
}
one_filter() {
	case $((RANDOM % 11)) in
	0) echo "--agent bot-$((RANDOM % 51))" ;;
	1) echo "--uid $((70000 + RANDOM % 51))" ;;
	2) echo "--user user$((RANDOM % 300))@example.com" ;;
	3) echo "--session $(member 'session' | cut -c "1-$((RANDOM % 30 + 3))")" ;;
	4) echo "--jti $(member jti)" ;;
	5) echo "--reason expired" ;;
	6) echo "--kid release-2026-0$((RANDOM % 9)) --result ok" ;;
	7) echo "--event sudo --command app-$((RANDOM % 42)).service" ;;
	8) echo "--since 2026-01-0$((RANDOM % 3 + 1))T$((RANDOM % 14 + 10)):00" ;;
	9) echo "--since 2026-01-01T12:00 --until 2026-01-0$((RANDOM % 3 + 2))" ;;
	10) echo "--result denied --service sudo" ;;
	esac
}
# Two filters, of which an option may not be given twice with two values.
filters() { # into f
	read -ra f <<<"$(one_filter) $(one_filter)"
	[ "$(printf '%s\n' "${f[@]}" | grep -- -- | sort | uniq -d)" = '' ] || filters
	[[ ${f[*]} != *'--session --'* && ${f[*]} != *--session ]] || filters
}
asked() {
	agentauthctl audit show --raw "${f[@]}" 2>&1 | sha256sum
}
damage() { # FILE: a byte in it, or its end, or all of it, or another's in its place
	local size
	size=$(stat -c %s "$1")
	case $((RANDOM % 5)) in
	0) printf 'X' | dd of="$1" bs=1 seek=$((RANDOM * 32768 % size)) conv=notrunc status=none ;;
	1) truncate -s $((size - 8)) "$1" ;;
	2) : >"$1" ;;
	3) cp "$(find "$INDEX" -type f | head -n 1)" "$1.x" && mv "$1.x" "$1" ;;
	4) printf '\377' | dd of="$1" bs=1 seek=$((RANDOM % 200)) conv=notrunc status=none ;;
	esac
}

# A dozen in the suite, four times as many with KILLS=all (SUITE=long).
@test "questions at random have the same answers with the index, without, and with a damaged one" {
	local i with found=0 file f=() questions=12
	[ "${KILLS:-}" != all ] || questions=48
	RANDOM=20260101
	[ "$(find $INDEX -type f | wc -l)" -eq 6 ]
	for ((i = 0; i < questions; i++)); do
		filters
		with=$(asked)
		mv $INDEX $INDEX.away
		[ "$(asked)" = "$with" ] || { echo "without: ${f[*]}" >&2; return 1; }
		[ -z "$(agentauthctl audit show --raw "${f[@]}" | head -c 1)" ] || found=$((found + 1))
		cp -a $INDEX.away $INDEX
		for file in "$INDEX"/*; do damage "$file"; done
		[ "$(asked)" = "$with" ] || { echo "damaged: ${f[*]}" >&2; return 1; }
		rm -r $INDEX
		mv $INDEX.away $INDEX
	done
	echo "# $found of $questions questions found something" >&3
	[ "$found" -ge $((questions / 4)) ]
	# Nor is the answer wrong in all three.
	[ "$(agentauthctl audit show --raw --agent bot-7 --since 2026-01-02 --until 2026-01-03 | sha256sum)" = "$(
		{ zcat "$AUDIT-000.gz" && zstdcat "$AUDIT-001.zst" && cat "$AUDIT-002" && xzcat "$AUDIT-003.xz" && cat "$AUDIT"-00[456] "$AUDIT"; } 2>/dev/null |
			grep -F '"agent":"bot-7"' | grep -F '{"time":"2026-01-02T' | sha256sum
	)" ]
}

@test "a packed file in which nothing can be is not unpacked, and one in which something is, is" {
	local session
	session=$(zcat "$AUDIT-000.gz" | jq -r 'select(.session) | .session' | head -n 1)
	mv /usr/bin/xz /usr/bin/xz.away
	run agentauthctl audit show --session "$session"
	[ "$status" -eq 0 ] || { mv /usr/bin/xz.away /usr/bin/xz; return 1; }
	expect_output 'session-open'
	rm -r $INDEX
	run agentauthctl audit show --session "$session"
	mv /usr/bin/xz.away /usr/bin/xz
	expect_status 1
	expect_output 'audit.jsonl-003.xz cannot be read to its end: this host lacks the program that unpacks it'
}

@test "an index of a file that was changed since is not believed, and verify believes none" {
	local f=(--agent bot-777)
	[ "$(agentauthctl audit show --raw "${f[@]}")" = '' ]
	# In its place, and of the same length: the time of its change tells.
	sed -n 500p "$AUDIT-004" >"$BATS_TEST_TMPDIR/line"
	/usr/bin/python3 - "$AUDIT-004" <<-'END'
		import re, sys
		text = open(sys.argv[1]).read()
		at = text.index("\n", 200000) + 1
		line = text[at:text.index("\n", at)]
		new = re.sub(r'"agent":"bot-\d+"', '"agent":"bot-777"', line).replace('"host":"web01.example.com"', '"host":"web01"')
		new = new[:-1] + ',"x":"' + "x" * (len(line) - len(new) - 7) + '"}'
		f = open(sys.argv[1], "r+")
		f.seek(at)
		f.write(new)
	END
	[ "$(agentauthctl audit show --raw "${f[@]}" | wc -l)" -eq 1 ]
	run agentauthctl audit verify
	expect_status 1
	expect_output 'audit.jsonl-004:[0-9]+: this line was changed after it was written'
	agentauthctl audit index
	[ "$(agentauthctl audit show --raw "${f[@]}" | wc -l)" -eq 1 ]
}

@test "the file that is written to is indexed as it grows, by session reap, and its newest lines are found at once" {
	write_long_log 300000 300000
	run agentauthctl audit show --agent bot-3 --raw
	agentauthctl session reap
	[ "$(find $INDEX -type f | wc -l)" -eq 1 ] # one at a time
	agentauthctl session reap
	agentauthctl session reap
	[ "$(find $INDEX -type f | wc -l)" -eq 2 ] # 2 times 64 MiB of 160
	[ "$(agentauthctl audit show --agent bot-3 --raw | sha256sum)" = "$(sha256sum <<<"$output")" ]
	agentauthctl revoke --jti fresh-one --why why >/dev/null
	run agentauthctl audit show --event admin
	expect_status 0
	expect_output 'fresh-one'
	# Turned away it is the same file, and all of it is indexed.
	mv "$AUDIT" "$AUDIT-1"
	agentauthctl revoke --jti fresh-two >/dev/null
	agentauthctl session reap
	[ "$(find $INDEX -type f | wc -l)" -eq 3 ]
	run agentauthctl audit index
	expect_output '^The index has all that it can have\.$'
	# Files that are gone take theirs along.
	rm "$AUDIT-1"
	agentauthctl session reap
	[ "$(find $INDEX -type f | wc -l)" -eq 0 ]
}

@test "an index that others could have written is not looked at, and one that cannot be written is said" {
	chmod 777 $INDEX
	run agentauthctl audit show --agent bot-7 --until 2026-01-02 --raw
	expect_status 0
	chmod 700 $INDEX
	[ "$(agentauthctl audit show --agent bot-7 --until 2026-01-02 --raw)" = "$output" ]
	rm -r $INDEX
	: >$INDEX
	run agentauthctl audit index
	expect_status 1
	expect_output "the index cannot be written to $INDEX: "
	run agentauthctl audit show --agent bot-7 --until 2026-01-02 --raw
	expect_status 0
	rm $INDEX
	run agentauthctl audit index
	expect_status 0
	expect_output '^6 parts of the index were written\.$'
}
