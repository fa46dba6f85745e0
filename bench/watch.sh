#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How long after a change in a fleet's directory every host that watches it has the changed file: many watchers in one process, with
# the protocol code of agentauth-sync and a TLS connection each, against a real slapd as trial-slapd sets it up. The time is from
# the moment in which the change is sent to the one in which a watcher has seen that the file is what its name says.
# Usage: watch.sh BUILDDIR [--watchers N] [--rounds N]; 1000 and 5, and with BENCH_QUICK=yes 50 and 2. Ten thousand are for by hand:
# they need 11,000 descriptors for each side, minutes and some 500 MB.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
	echo "usage: watch.sh BUILDDIR [--watchers N] [--rounds N]" >&2
	exit 2
fi
# shellcheck source=bench/row.bash
. "$(dirname "$0")/row.bash"
build=$1 watchers=1000 rounds=5
row_only_in_box "$build" "$(realpath "$0")" "$@"
shift
[ "${BENCH_QUICK-}" != yes ] || watchers=50 rounds=2
while [ $# -gt 1 ]; do
	case $1 in
	--watchers) watchers=$2 ;;
	--rounds) rounds=$2 ;;
	*) echo "watch.sh: there is no $1" >&2; exit 2 ;;
	esac
	shift 2
done
dir=$(mktemp -d)
base=ou=agentauth,dc=example,dc=com
ulimit -n $((watchers + 1000))
"$(dirname "$0")/../etc/ldap/trial-slapd" "$dir/directory" 6636 >/dev/null
slapd=$(cat "$dir/directory/pid")
trap 'kill "$slapd"; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
row_begin

resident() {
	awk '/^VmRSS/ { print $2 }' "/proc/$slapd/status"
}
before=$(resident)
coproc watch { "$build/bench/bench_watch" ldaps://localhost:6636 "$dir/directory/ca.pem" $base "cn=web01,ou=hosts,$base" \
	"$dir/directory/host.password" "cn=publisher,ou=operators,$base" "$dir/directory/publisher.password" "$watchers" "$rounds"; }
while read -r name value <&"${watch[0]}"; do
	case $name in
	server) break ;;
	latency) echo "$value" >>"$dir/latency.us" ;;
	*) declare "$name=$value" ;;
	esac
done
after=$(resident)
awk '{ print $1 / 1000 }' "$dir/latency.us" >"$dir/latency" || :
[ -z "${watch[1]-}" ] || echo >&"${watch[1]}"
[ -z "${watch[0]-}" ] || read -r _ reconnect <&"${watch[0]}" || :

many="$watchers watchers"
row area='fleet' name="a change, until a watcher has it, $many" unit=ms ours="@$dir/latency" by=p99 limit=1000
row area='fleet' name="a change, until the last has it, $many" unit=ms ours="$(sort -g "$dir/latency" | tail -n 1)"
row area='fleet' name="all come back at once, TLS and refresh, $many" unit=s ours="$(awk -v us="${reconnect-}" 'BEGIN { if (us) print us / 1e6 }')"
row area='fleet' name="memory of slapd, $many" unit=MB ours=$(((after - before) / 1024))
row area='fleet' name="memory of the watchers, all in one process, $many" unit=MB ours=$((${memory-0} / 1024))
row_end
