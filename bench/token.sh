#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What agentauth token costs when the cache has the token, as a new process: 10 ms, or twice what `openssl version`
# takes to start on the same machine at the same time, where that is more. Exit status 1: the budget does not hold.
set -eu
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: token.sh BUILDDIR" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
for f in "$build/bench/bench_token" "$build/tools/agentauth/agentauth"; do
	[ -e "$f" ] || { echo "token.sh: $f is missing: make it first" >&2; exit 2; }
done
results=$("$build/bench/bench_token" "$build/tools/agentauth/agentauth")
printf '%s\n' "$results" | awk '
	{ median[$1] = $2 / 1e6; least[$1] = $3 / 1e6 }
	END {
		limit = 2 * median["openssl"] > 10 ? 2 * median["openssl"] : 10
		ok = median["token"] <= limit
		printf "%-36s %22s   %-60s %s\n", "agentauth token, from the cache", \
			sprintf("%.2f ms (least %.2f)", median["token"], least["token"]), \
			sprintf("limit %.1f ms; openssl version %.2f (%.2f), true %.2f (%.2f)", limit, median["openssl"], \
				least["openssl"], median["true"], least["true"]), ok ? "holds" : "EXCEEDED"
		exit !ok
	}'
