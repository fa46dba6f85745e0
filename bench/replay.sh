#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a replay mark costs a login with 1,000 and with 1,000,000 live ones, in a tmpfs as /run is one, beside a file that is
# made with O_EXCL and no more. As many marks end as are made. Usage: replay.sh BUILDDIR [LIVE], as root; a million take 1 GB
# of memory. Exit status 1: a limit does not hold.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
	echo "usage: replay.sh BUILDDIR [LIVE]" >&2
	exit 2
fi
bench=$(cd "$1" && pwd)/bench/bench_replay live=${2-1000000} top=$(cd "$(dirname "$0")" && pwd)
[ -e "$bench" ] || { echo "replay.sh: $bench is missing: make it first" >&2; exit 2; }
if [ "${AGENTAUTH_BENCH_MOUNT-}" = "" ]; then
	AGENTAUTH_BENCH_MOUNT=1 exec unshare --mount -- "$0" "$@"
fi
[ "${BENCH_QUICK-}" != yes ] || live=20000
# shellcheck source=bench/row.bash
. "$top/row.bash"
dir=$(mktemp -d)
trap 'umount "$dir" && rmdir "$dir"' EXIT
trap 'exit 1' INT TERM HUP
mount -t tmpfs -o mode=700,size=1g,nr_inodes=$((live * 3 / 2 + 100000)) tmpfs "$dir"

microseconds() { # NANOSECONDS
	awk -v ns="$1" 'BEGIN { printf "%.6g", ns / 1000 }'
}

rows() { # LIVE
	local method n mean p50 p99 left='' ours=() theirs=()
	mkdir "$dir/$1"
	while read -r method n mean p50 p99; do
		case $method in
		ours) ours=(ours="$(microseconds "$p50")" mean="$(microseconds "$mean")" p99="$(microseconds "$p99")") ;;
		file) theirs=(theirs="$(microseconds "$p50")" theirs_mean="$(microseconds "$mean")" theirs_p99="$(microseconds "$p99")") ;;
		left) left=$mean ;;
		esac
	done < <("$bench" "$dir/$1" "$1" 20000)
	row area='replay marks' name="a mark, $1 live: mean" unit=us "${ours[@]}" peer='a file' "${theirs[@]}" by=mean limit=30
	row area='replay marks' name="a mark, $1 live: 99th percentile" unit=us "${ours[@]}" peer='a file' "${theirs[@]}" by=p99 limit=200
	row area='replay marks' name="marks there are, of $1 live" unit=marks ours="$left" peer=live theirs="$1" by=ratio limit=1.2
	rm -rf "${dir:?}/$1"
}

row_begin
for n_live in 1000 "$live"; do rows "$n_live"; done
row_end
