#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What agentauth token costs when the cache has the token, as a new process, beside `openssl version`, which does nothing but
# start: 10 ms, and twice as long. Usage: token.sh BUILDDIR. Exit status 1: the budget does not hold.
set -eu
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: token.sh BUILDDIR" >&2
	exit 2
fi
# shellcheck source=bench/row.bash
. "$(dirname "$0")/row.bash"
build=$(cd "$1" && pwd)
for f in "$build/bench/bench_token" "$build/tools/agentauth/agentauth"; do
	[ -e "$f" ] || { echo "token.sh: $f is missing: make it first" >&2; exit 2; }
done
row_begin
results=$("$build/bench/bench_token" "$build/tools/agentauth/agentauth") || results=''
of() { # KIND COLUMN
	awk -v kind="$1" -v column="$2" '$1 == kind { print $column }' <<<"$results"
}
row area=credentials name='agentauth token from its cache' unit=ns ours="$(of token 2)" p99="$(of token 3)" \
	peer='openssl version' theirs="$(of openssl 2)" theirs_p99="$(of openssl 3)" by=ratio limit=2.0
row_end
