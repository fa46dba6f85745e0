#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The rows of benchmarks: which are held, which are not, and which have no answer, each beside one that differs in one thing.
set -eu
top=$(cd "${srcdir:?is set by make check}/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# The words of the rows that a script records, and its exit status.
judged() { # QUICK COMMANDS
	printf '%s\n' 'set -eu' ". $top/bench/row.bash" row_begin "$2" row_end >"$dir/script"
	: >"$dir/rows"
	status=0
	BENCH_ROWS=$dir/rows BENCH_QUICK=$1 bash "$dir/script" >"$dir/out" 2>&1 || status=$?
	words=$(cut -f14 "$dir/rows" | paste -sd, -)
}
holds() { # WHAT WORDS STATUS
	if [ "$words" = "$2" ] && [ "$status" -eq "$3" ]; then
		echo "ok: $1"
	else
		failed=1
		printf 'FAILED: %s\nwords "%s", status %s\n' "$1" "$words" "$status"
		cat "$dir/out"
	fi
}

judged '' 'row area=a name=b unit=us ours=95 peer=P theirs=100 by=ratio limit=0.95'
holds 'a ratio at its limit is held' held 0
judged '' 'row area=a name=b unit=us ours=96 peer=P theirs=100 by=ratio limit=0.95'
holds 'a ratio over its limit is not held, and the script fails' 'not held' 1
judged yes 'row area=a name=b unit=us ours=189 peer=P theirs=100 by=ratio limit=0.95'
holds 'a quick run shows a ratio, and holds it against nothing' shown 0
judged yes 'row area=a name=b unit=us ours=900 peer=P theirs=100 by=ratio limit=0.95'
holds 'a quick run does not judge a ratio far over its limit' shown 0
judged '' 'row area=a name=b unit=us ours=10 peer=P theirs= by=ratio limit=0.95'
holds 'a row whose peer says nothing has no answer, and the script fails' 'no answer' 1
judged yes 'row area=a name=b unit=us ours=10 peer=P theirs= by=ratio limit=0.95'
holds 'in a quick run, too' 'no answer' 1
judged '' 'row area=a name=b unit=us ours=10 peer=P theirs='
holds 'a row without a limit has no answer either where its peer says nothing' 'no answer' 1
judged '' 'row area=a name=b unit=us ours=10 peer=P theirs=5'
holds 'a row without a limit is shown' shown 0
judged '' 'row_failed area=a name=b unit=us peer=P by=ratio limit=2 why="it is down"'
holds 'a row that failed has no answer' 'no answer' 1
judged '' 'row area=a name=b unit=us ours=10 peer=P theirs=5 by=more limit=5; row area=a name=b unit=us ours=11 peer=P theirs=5 by=more limit=5'
holds 'what ours takes more is held against a limit' 'held,not held' 1
judged '' "seq 100 >$dir/n; row area=a name=b unit=us ours=@$dir/n by=p99 limit=99; row area=a name=b unit=us ours=@$dir/n by=p99 limit=98.9"
holds 'the 99th percentile of a hundred values is the 99th' 'held,not held' 1
judged '' "seq 4 >$dir/n; row area=a name=b unit=us ours=@$dir/n by=median limit=2.5; row area=a name=b unit=us ours=@$dir/n by=mean limit=2.4"
holds 'median and mean are of the values' 'held,not held' 1
judged '' "row area=a name=b unit=us ours=@$dir/nothing by=median limit=2.5"
holds 'a row without values has no answer' 'no answer' 1

judged '' 'row area="a \"b\"" name=b unit=us ours=1500 p99=2000 peer=P theirs=3000 by=ratio limit=1
row area=c name=d unit=us ours=2 by=median limit=1'
"$top/bench/table" --json "$dir/rows" >"$dir/json"
words=$(/usr/bin/python3 -c 'import json, sys
print([(r["area"], r["ours"], r.get("p99"), r["word"]) for r in json.load(sys.stdin)])' <"$dir/json" 2>&1) status=0
holds 'JSON has the rows' "[('a \"b\"', 1500, 2000, 'held'), ('c', 2, None, 'not held')]" 0
status=0
words=$("$top/bench/table" "$dir/rows" | grep -c -e '^b  *1\.50 ms  *2 ms  *P  *3 ms  *-  *0\.50 x  *1 x  *held$' -e '^d .* not held$') || status=$?
holds 'the table has a line a row, with times in the largest unit of which there is one' 2 0
exit $failed
