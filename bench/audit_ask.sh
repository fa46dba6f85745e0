#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How long it takes to prove and to ask an audit log, beside grep and jq on the same file in the same run: with the log's
# index and without. Usage: audit_ask.sh BUILDDIR [LINES [FOLDER]]. Ten million lines (5.5 GB, in /var/tmp) without; they are
# removed at the end. It needs jq and GNU time. Exit status 1: an answer is another than grep's, or a budget does not hold.
set -eu

build=$(cd "$1" && pwd)
lines=${2:-10000000}
work=$(mktemp -d "${3:-/var/tmp}/agentauth-log.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/audit.jsonl
"$build/bench/write_log" "$work" "$lines" "$lines"
printf '%d lines, %d MB\n' "$lines" $(($(stat -c %s "$log") / 1000000))

status=0
# Prints the time on the clock, that of the processors and the resident memory of a command whose output is kept.
measure() { # WHAT COMMAND...
	/usr/bin/time -f '%e %U %S %M' -o "$work/time" "${@:2}" >"$work/out"
	read -r clock user system kb <"$work/time"
	printf '%-34s %8s s, %6s s of processor, %7d kB, %d lines\n' "$1" "$clock" \
		"$(awk "BEGIN { print $user + $system }")" "$kb" "$(wc -l <"$work/out")"
}
audit=("$build/tools/agentauthctl/agentauthctl" --statedir "$work" --logdir "$work" audit)
ask=("${audit[@]}" show --raw)
within() { # SECONDS KB
	awk "BEGIN { exit !($user + $system <= $1 && $kb <= $2) }" || {
		echo "OVER: $1 s, $2 kB"
		status=1
	}
}
# A question with the index, without, by grep and by jq; all of them have one answer.
question() { # NAME PATTERN JQ FILTER...
	local name=$1 pattern=$2 query=$3
	shift 3
	[ ! -e "$work/away" ] || mv "$work/away" "$work/index"
	measure "$name, index" "${ask[@]}" "$@"
	within 1 32768
	mv "$work/out" "$work/answer"
	mv "$work/index" "$work/away"
	measure "$name, no index" "${ask[@]}" "$@"
	cmp -s "$work/out" "$work/answer" || { echo "OTHER than with the index"; status=1; }
	LC_ALL=C measure "$name, grep" grep -E "$pattern" "$log" || :
	cmp -s "$work/out" "$work/answer" || { echo "OTHER than grep's"; status=1; }
	[ "${JQ:-yes}" = no ] || measure "$name, jq" jq -c "select($query)" "$log"
}

measure verify "${audit[@]}" verify
within 60 32768
measure 'index, written' "${audit[@]}" index
printf '%d kB of index\n' "$(du -sk "$work/index" | cut -f 1)"
somewhere=$(tail -c "+$(($(stat -c %s "$log") / 2))" "$log" | sed -n '2,100p' | jq -c 'select(.session)' | head -n 1)
session=$(jq -r .session <<<"$somewhere")
jti=$(jq -r .jti <<<"$somewhere")
day=$(jq -r '.time[:10]' <<<"$somewhere")
next=$(date -u -d "$day + 1 day" +%F)
question 'a day of one agent' "^\\{\"time\":\"$day.*\"agent\":\"bot-7\"" ".agent == \"bot-7\" and .time[:10] == \"$day\"" \
	--agent bot-7 --since "$day" --until "$next"
JQ=no question 'one session' "\"session\":\"$session\"" ".session == \"$session\"" --session "$session"
JQ=no question 'one jti' "\"jti\":\"$jti\"" '' --jti "$jti"
mv "$work/away" "$work/index"
measure 'refusals of a reason, index' "${ask[@]}" --reason expired
measure 'refusals of a reason, grep' grep -F '"reason":"expired"' "$log"
measure 'the last ten' "${audit[@]}" tail
exit $status
