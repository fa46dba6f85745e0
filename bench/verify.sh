#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What it costs to decide on a credential, each beside what it is held against: EVP_DigestVerify alone, with a key that
# has been used before (and, to compare, with one that has not: OpenSSL then prepares its modulus), a new process that
# only loads a key and verifies, and pam_unix with yescrypt, for which it goes into the box and so needs root and
# BUILDDIR/box.tar (tests/box/image makes it). Exit status 1: a budget does not hold.
set -eu
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: verify.sh BUILDDIR" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
module=$build/pam/.libs/pam_agentauth.so
for f in "$build/bench/bench_verify" "$build/bench/bench_pam" "$build/bench/bench_openssl" "$module"; do
	[ -e "$f" ] || { echo "verify.sh: $f is missing: make it first" >&2; exit 2; }
done
results=$(mktemp)
trap 'rm -f "$results"' EXIT
trap 'exit 1' INT TERM HUP

"$build/bench/bench_verify" algorithms >"$results"
"$build/bench/bench_verify" memory >>"$results"
if [ "$(id -u)" -eq 0 ] && [ -e "$build/box.tar" ]; then
	"$top/tests/box/box" --layer "$build/box.tar" --bind "$top" --bind "$build" -- \
		"$build/bench/bench_verify" process "$build/bench" "$module" bob-password >>"$results"
else
	echo "verify.sh: not root, or no $build/box.tar: pam_unix is left out" >&2
	"$build/bench/bench_verify" process "$build/bench" "$module" >>"$results"
fi

awk '
	{ v[$1 " " $2] = $3; if (!($1 in seen)) { seen[$1] = 1; order[++n] = $1 } }
	function line(what, value, held, ok) {
		printf "%-36s %22s   %-44s %s\n", what, value, held, ok ? "holds" : "EXCEEDED"
		if (!ok) over = 1
	}
	END {
		for (i = 1; i <= n; i++) {
			a = order[i]; ours = v[a " ours"]; peer = v[a " openssl"]
			if (a == "memory") {
				line("memory of one verification", sprintf("%.0f KiB more", (ours - peer) / 1024), \
					sprintf("limit 256 KiB more than OpenSSL, %.0f KiB", peer / 1024), ours - peer <= 262144)
			} else if (a == "process") {
				line("PAM auth + account, new process", sprintf("%.2f ms, %.2f x", ours / 1e6, ours / peer), \
					sprintf("limit 1.5 x OpenSSL alone, %.2f ms", peer / 1e6), ours <= 1.5 * peer)
				if (v["process pam_unix"])
					line("", sprintf("%.3f x", ours / v["process pam_unix"]), \
						sprintf("limit 0.1 x pam_unix, yescrypt, %.2f ms", v["process pam_unix"] / 1e6), \
						ours <= 0.1 * v["process pam_unix"])
			} else
				line(a ", key load included", sprintf("%.1f us, %.2f x", ours / 1e3, ours / peer), \
					sprintf("limit 1.25 x %.1f us (on a new key %.1f)", peer / 1e3, v[a " first"] / 1e3), \
					ours <= 1.25 * peer)
		}
		exit over
	}' "$results"
