#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a line of the audit log costs, one writer and sixteen together, with audit_sync "none" and "always", beside what takes
# the same bytes and makes no chain: a plain append, one under flock(2), one that waits for the disk, and a datagram as
# syslog(3) sends it. The mean is the time that all lines took, divided by their number; the percentiles are of what each
# writer waited for its line. Sixteen that write one line after another wait for each other and for the processor, so that
# their 99th percentile is the scheduler's; with pauses of 1 to 3 ms before each line, which are still 7,000 lines a second, it
# is the lock's. BENCH_QUICK=yes: a tenth of the lines. Exit status 1: a limit does not hold.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
	echo "usage: audit_line.sh BUILDDIR [DIRECTORY]   (where the log is written; a new folder of BUILDDIR)" >&2
	exit 2
fi
# shellcheck source=bench/row.bash
. "$(dirname "$0")/row.bash"
bench=$1/bench/bench_audit
[ -e "$bench" ] || { echo "audit_line.sh: $bench is missing: make it first" >&2; exit 2; }
dir=$(mktemp -d -p "${2-$1}")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
lines=32000
[ "${BENCH_QUICK-}" != yes ] || lines=3200
row_begin
mkdir -m 700 "$dir/log"
"$bench" "$dir/log" $lines >"$dir/results" || :

of() { # KIND WRITERS COLUMN, in microseconds
	awk -v kind="$1" -v writers="$2" -v column="$3" '$1 == kind && $2 == writers { print $column / 1000 }' "$dir/results"
}
line() { # NAME KIND WRITERS PEER PEER-KIND [KEY=VALUE]...
	row area='audit log' name="$1" unit=us ours="$(of "$2" "$3" 4)" mean="$(of "$2" "$3" 3)" p99="$(of "$2" "$3" 5)" peer="$4" \
		theirs="$(of "$5" "$3" 4)" theirs_mean="$(of "$5" "$3" 3)" theirs_p99="$(of "$5" "$3" 5)" "${@:6}"
}
line 'a line, 1 writer' ours 1 'append, flock' append+flock
line 'a line, 1 writer' ours 1 'syslog datagram' syslog
line 'a line on the disk, 1 writer' ours+fdatasync 1 'append, fdatasync' append+fdatasync
line 'a line, 16 writers' ours 16 'append, flock' append+flock by=mean limit=30
line 'a line, 16 writers' ours 16 'syslog datagram' syslog
line 'a line on the disk, 16 writers' ours+fdatasync 16 'append, fdatasync' append+fdatasync
line 'a line, 16 writers that pause' ours+pauses 16 'append, flock' append+flock+pauses by=p99 limit=1000
row_end
