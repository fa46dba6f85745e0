#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a line of the audit log costs, one writer and sixteen together, with audit_sync "none" and "always", beside what takes
# the same bytes and makes no chain: a plain append, one under flock(2), one that waits for the disk, and a datagram as
# syslog(3) sends it. The mean is the time that all lines took, divided by their number; the percentiles are of what each
# writer waited for its line. Sixteen that write one line after another wait for each other and for the processor, so that
# their 99th percentile is the scheduler's; with pauses of 1 to 3 ms before each line, which are still 7,000 lines a second, it
# is the lock's. Exit status 1: a limit does not hold.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
	echo "usage: audit_line.sh BUILDDIR [DIRECTORY]   (where the log is written; a new folder of BUILDDIR)" >&2
	exit 2
fi
bench=$1/bench/bench_audit
[ -e "$bench" ] || { echo "audit_line.sh: $bench is missing: make it first" >&2; exit 2; }
dir=$(mktemp -d -p "${2-$1}")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

"$bench" "$dir" 32000 | awk '
	{ mean[$1 " " $2] = $3; p50[$1 " " $2] = $4; p99[$1 " " $2] = $5 }
	function times(key) {
		return sprintf("%.1f, %.1f, %.1f us", mean[key] / 1e3, p50[key] / 1e3, p99[key] / 1e3)
	}
	function line(what, key, peer, value, limit,    ok) {
		ok = limit == 0 || value <= limit
		printf "%-44s %26s   %-48s %s\n", what, times(key), peer " " times(peer " " writers), \
			limit == 0 ? "" : sprintf("limit %.0f us: %s", limit / 1e3, ok ? "holds" : "EXCEEDED")
		if (!ok) over = 1
	}
	END {
		print "mean, median and 99th percentile"
		for (writers = 1; writers <= 16; writers += 15) {
			w = writers == 1 ? "1 writer" : "16 writers"
			line("a line, " w, "ours " writers, "append+flock", mean["ours " writers], writers == 1 ? 0 : 50000)
			line("", "ours " writers, "append", 0, 0)
			line("", "ours " writers, "syslog", 0, 0)
			line("a line on the disk, " w, "ours+fdatasync " writers, "append+fdatasync", 0, 0)
		}
		writers = 16
		line("a line, 16 writers with pauses: what each waits", "ours+pauses 16", "append+flock+pauses", \
			p99["ours+pauses 16"], 1000000)
		exit over
	}'
